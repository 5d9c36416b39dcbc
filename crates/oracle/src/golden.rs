//! Golden vectors: checksums of what the reference codecs leave of named pictures, for tests that have no
//! reference codec at hand. One function per codec gives the text of its file.

#[cfg(feature = "x264")]
pub use of_h264::h264;
#[cfg(feature = "x265")]
pub use of_h265::h265;

#[cfg(feature = "x264")]
mod of_h264 {
    use std::fmt::Write;

    use test_pictures::Content;

    use crate::x264::{Settings, reconstruct, version};
    use crate::{checksums, planes};

    /// The text of `h264.txt`.
    pub fn h264() -> String {
        let mut text = format!(
            "# Checksums of the pictures that libx264 leaves of generated ones.\n\
             # Made by `golden h264` of the crate oracle.\n\
             # Library: {}\n\
             # Settings: preset veryfast, 1 fps, CRF, 1 thread, one IDR frame, b_full_recon; reconstruction\n\
             # content width height crf crc32(Y) crc32(Cb) crc32(Cr)\n",
            version()
        );
        for content in Content::all() {
            for (width, height) in [(16, 16), (34, 18), (2, 130), (130, 98), (226, 178)] {
                for crf in [0.5, 3.0, 17.0, 23.0, 29.0, 33.25, 40.0, 51.0] {
                    let source = planes(&content.picture(width, height));
                    let [y, cb, cr] = checksums(&reconstruct(&source, &Settings::crf(crf)));
                    let name = content.name();
                    writeln!(text, "{name} {width} {height} {crf} {y:08x} {cb:08x} {cr:08x}")
                        .expect("a String takes everything");
                }
            }
        }
        text
    }
}

#[cfg(feature = "x265")]
mod of_h265 {
    use std::fmt::Write;

    use frame_compression::H265Preset;
    use test_pictures::Content;

    use crate::x265::{reconstruct, version};
    use crate::{checksums, planes};

    /// The text of `h265.txt`.
    pub fn h265() -> String {
        let mut text = format!(
            "# Checksums of the pictures that libx265 leaves of generated ones.\n\
             # Made by `golden h265` of the crate oracle.\n\
             # Library: {}\n\
             # Settings: 1 fps, CRF, a pool of 1 thread, one IDR frame; the encoder's reconstruction\n\
             # content width height crf preset release crc32(Y) crc32(Cb) crc32(Cr)\n",
            version()
        );
        let mut crfs = [5.0, 10.0, 17.0, 22.5, 28.0, 33.25, 40.0, 46.0, 51.0].into_iter().cycle();
        for content in Content::all() {
            for (width, height) in [(16, 16), (34, 18), (64, 64), (98, 194), (226, 178)] {
                let source = planes(&content.picture(width, height));
                for preset in [H265Preset::Veryfast].into_iter().chain(H265Preset::ALL) {
                    let crf = crfs.next().unwrap_or(28.0);
                    let [y, cb, cr] = checksums(&reconstruct(&source, crf, preset));
                    let name = content.name();
                    writeln!(text, "{name} {width} {height} {crf} {preset} 3.5 {y:08x} {cb:08x} {cr:08x}")
                        .expect("a String takes everything");
                }
            }
        }
        text
    }
}
