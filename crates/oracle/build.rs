//! Compiles one C shim per reference codec against the installed headers.

use std::env;

fn main() {
    for (feature, package, shim) in [
        ("X264", "x264", "shim/x264.c"),
        ("X265", "x265", "shim/x265.c"),
        ("JPEG", "libjpeg", "shim/jpeg.c"),
        ("JPEG", "libturbojpeg", "shim/turbojpeg.c"),
        ("WEBP", "libwebp", "shim/webp.c"),
    ] {
        if env::var_os(format!("CARGO_FEATURE_{feature}")).is_none() {
            continue;
        }
        println!("cargo:rerun-if-changed={shim}");
        let library = pkg_config::probe_library(package)
            .unwrap_or_else(|error| panic!("{package} and its headers are needed by the tests: {error}"));
        cc::Build::new()
            .file(shim)
            .includes(&library.include_paths)
            .warnings_into_errors(true)
            .compile(&format!("oracle_{package}"));
        // The shim's own archive has to come before the library it calls.
        for name in &library.libs {
            println!("cargo:rustc-link-lib={name}");
        }
    }
}
