//! The committed header is what cbindgen makes of the crate.
//!
//! After a change of the interface: `FRAME_COMPRESSION_UPDATE_HEADER=1 cargo test -p frame-compression-capi --test header`.

use std::path::Path;

#[test]
fn the_header_is_that_of_the_crate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("include/frame_compression.h");
    let mut made = Vec::new();
    cbindgen::generate(root).expect("cbindgen reads the crate").write(&mut made);
    if std::env::var_os("FRAME_COMPRESSION_UPDATE_HEADER").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read(&path).unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    assert!(text(&committed) == text(&made), "{} is not up to date", path.display());
}
