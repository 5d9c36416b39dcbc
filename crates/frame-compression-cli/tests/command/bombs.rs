//! Small files that unpack to a great deal.

use crate::sandbox::{Sandbox, chunk, json};

/// A PNG of 8-bit RGB with what stands before its pixels and the pixels as they are packed.
fn png(width: u32, height: u32, before: &[u8], packed: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let parts = [&chunk(b"IHDR", &header)[..], before, &chunk(b"IDAT", packed), &chunk(b"IEND", b"")];
    [&b"\x89PNG\r\n\x1a\n"[..], &parts.concat()].concat()
}

fn packed(bytes: &[u8], times: usize) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..times {
        encoder.write_all(bytes).unwrap();
    }
    encoder.finish().unwrap()
}

#[test]
fn bombs_do_not_take_the_memory() {
    let sandbox = Sandbox::new();
    let zeros = vec![0; 1 << 20];
    // 300 MB of pixels, of a text and of a colour profile where a few bytes are due, and sides that nobody codes.
    let pixel = packed(&[0; 4], 1);
    let bomb = packed(&zeros, 300);
    sandbox.write("in/pixels.png", &png(1, 1, b"", &bomb));
    let text = [&b"Raw profile type exif\0\0"[..], &bomb].concat();
    sandbox.write("in/text.png", &png(1, 1, &chunk(b"zTXt", &text), &pixel));
    let profile = [&b"profile\0\0"[..], &bomb].concat();
    sandbox.write("in/profile.png", &png(1, 1, &chunk(b"iCCP", &profile), &pixel));
    sandbox.write("in/sides.png", &png(0x7fff_ffff, 0x7fff_ffff, b"", &pixel));
    // 256 MiB of address space, which is more than the same run of small pictures needs.
    let line = "ulimit -v 262144; exec \"$0\" apply in -o out --codec jpeg --jobs 1 --json";
    let run = sandbox.shell(line).assert().code(1);
    let report = json(&run.get_output().stdout);
    assert_eq!(report["files"].as_array().unwrap().len(), 4, "{report}");
    assert!(report["failed"].as_u64().unwrap() >= 1, "{report}");
    assert!(!sandbox.path("out/sides.png").exists());
}
