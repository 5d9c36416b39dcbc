//! Gives the shared library the name by which programs that were linked with it look for it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let version = env!("CARGO_PKG_VERSION_MAJOR");
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("VENDOR") == "apple" {
        println!(
            "cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libframe_compression_c.{version}.dylib"
        );
    } else if target("FAMILY") == "unix" {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libframe_compression_c.so.{version}");
    }
}
