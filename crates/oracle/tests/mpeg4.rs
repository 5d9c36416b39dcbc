//! MPEG-4 against the command `ffmpeg` of Debian: not one sample may differ. crates/oracle/python/mpeg_compare.py compares more.

use frame_compression::{Colours, FrameCompressor, Mpeg4, Tensor};
use oracle::ffmpeg::round_trip;
use test_pictures::{Rng, random_picture};

#[test]
fn random_pictures() {
    let mut rng = Rng::new(7);
    for _ in 0..if std::env::var_os("FRAME_COMPRESSION_FULL").is_some() { 500 } else { 12 } {
        // FFmpeg 7.1 and older read beyond rows of odd widths.
        let (width, height) = (2 + 2 * rng.below(50), 1 + rng.below(80));
        let picture = random_picture(&mut rng, width, height);
        let qscale = 1 + rng.below(31) as u8;
        let settings = Mpeg4::qscale(qscale).unwrap().colours(Colours::Ffmpeg7);
        let image = Tensor::new(picture.rgb.clone(), &[1, height, width, 3]).unwrap();
        let ours = FrameCompressor::new(settings).apply(&image).unwrap();
        let theirs = round_trip(&picture.rgb, (width, height), "mpeg4", "yuv420p", qscale);
        assert!(ours.as_slice() == theirs, "{width}x{height}, qscale {qscale}");
    }
}
