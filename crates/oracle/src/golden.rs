//! Golden vectors: checksums of what the reference codecs leave of named pictures, for tests that have no
//! reference codec at hand. One function per codec gives the text of its file.

#[cfg(feature = "x264")]
pub use of_h264::{h264, h264_presets};
#[cfg(feature = "x265")]
pub use of_h265::{h265, h265_sources};

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

    /// The text of `h264-presets.txt`.
    pub fn h264_presets() -> String {
        let mut text = format!(
            "# Checksums of the pictures that libx264 leaves of generated ones by all presets and tunes.\n\
             # Made by `golden h264-presets` of the crate oracle.\n\
             # Library: {}\n\
             # Settings: CRF, a thread for each slice, one IDR frame, b_full_recon, asm=0 for arm64; reconstruction\n\
             # content width height crf settings crc32(Y) crc32(Cb) crc32(Cr)\n",
            version()
        );
        let presets = [
            "ultrafast",
            "superfast",
            "veryfast",
            "faster",
            "fast",
            "medium",
            "slow",
            "slower",
            "veryslow",
            "placebo",
        ];
        let tunes =
            ["none", "film", "animation", "grain", "stillimage", "psnr", "ssim", "fastdecode", "zerolatency"];
        // Whole CRFs and these rates: nothing near a tie.
        let mut crfs = [23, 29, 12, 35, 18, 41, 5, 46, 33, 51, 1].into_iter().cycle();
        let mut rates = ["25", "1", "24", "30", "30000/1001"].into_iter().cycle();
        let mut sizes = [(34, 18), (66, 50), (16, 16), (98, 34)].into_iter().cycle();
        let mut add = |content: Content, (width, height), crf: i32, settings: &str| {
            let source = planes(&content.picture(width, height));
            let asked = Settings::crf(crf as f32).with(settings);
            let [y, cb, cr] = checksums(&reconstruct(&source, &asked));
            let name = content.name();
            writeln!(text, "{name} {width} {height} {crf} {settings} {y:08x} {cb:08x} {cr:08x}")
                .expect("a String takes everything");
        };
        for (number, content) in Content::all().into_iter().enumerate() {
            for (place, preset) in presets.into_iter().enumerate() {
                for tune in ["none", tunes[(number + place) % tunes.len()]] {
                    let (Some(crf), Some(rate), Some(size)) = (crfs.next(), rates.next(), sizes.next())
                    else {
                        continue;
                    };
                    let more = match (number + 3 * place) % 8 {
                        0 => ":machine=arm64",
                        1 => ":profile=main",
                        2 => ":profile=baseline",
                        _ => "",
                    };
                    add(content, size, crf, &format!("preset={preset}:tune={tune}:fps={rate}{more}"));
                }
            }
            let slices = [2, 3, 5, 64][number % 4];
            let preset = presets[number % 3];
            for more in ["", ":machine=arm64"] {
                let crf = crfs.next().unwrap_or(29);
                add(content, (50, 290), crf, &format!("preset={preset}:slices={slices}{more}"));
            }
            let preset = presets[3 + number % 7];
            add(content, (34, 146), 29, &format!("preset={preset}:fps=25:slices={slices}"));
        }
        text
    }
}

#[cfg(feature = "x265")]
mod of_h265 {
    use std::fmt::Write;
    use std::io;

    use frame_compression::{H265Preset, H265Tune, Planes};
    use test_pictures::Content;

    use crate::x265::{Settings, packed, reconstruct, version};
    use crate::{checksums, planes};

    /// A picture with how it is to be coded.
    struct Vector {
        content: Content,
        width: usize,
        height: usize,
        settings: Settings,
    }

    impl Vector {
        /// The first fields of its line: `content width height crf preset tune fps`.
        fn fields(&self) -> String {
            let Settings { crf, preset, tune, fps: (num, den) } = &self.settings;
            let (name, tune) = (self.content.name(), tune.as_deref().unwrap_or("none"));
            format!("{name} {} {} {crf} {preset} {tune} {num}/{den}", self.width, self.height)
        }

        fn source(&self) -> Planes {
            planes(&self.content.picture(self.width, self.height))
        }
    }

    /// Every content at five sizes, with settings in turn: every preset, half of them without a tune, and frame rates that
    /// people use.
    fn vectors() -> Vec<Vector> {
        let mut crfs = [5.0, 10.0, 17.0, 22.5, 28.0, 33.25, 40.0, 46.0, 51.0, 23.1, 28.9].into_iter().cycle();
        let fps = [(1, 1), (25, 1), (24000, 1001), (24, 1), (30, 1), (60, 1), (30000, 1001), (10, 1)];
        let mut fps = fps.into_iter().cycle();
        let tunes = H265Tune::ALL.into_iter().flat_map(|tune| [None, Some(tune.name().to_owned())]);
        let mut tunes = tunes.collect::<Vec<_>>().into_iter().cycle();
        let presets = H265Preset::ALL.map(H265Preset::name).into_iter().filter(|&name| name != "faster");
        let mut presets = presets.collect::<Vec<_>>().into_iter().cycle();
        let mut vectors = Vec::new();
        for content in Content::all() {
            for (width, height) in [(16, 16), (34, 18), (64, 64), (98, 194), (226, 178)] {
                for _ in 0..6 {
                    let (crf, tune) = (crfs.next().unwrap_or(28.0), tunes.next().flatten());
                    let (preset, fps) = (presets.next().unwrap_or("slow"), fps.next().unwrap_or((1, 1)));
                    // It takes no smaller ones.
                    let preset =
                        if width.min(height) < 32 && preset == "placebo" { "medium" } else { preset };
                    let settings = Settings { crf, preset: preset.to_owned(), tune, fps };
                    vectors.push(Vector { content, width, height, settings });
                }
                // The numbers of settings have divisors in common: let all of them meet.
                tunes.next();
                if width == 64 {
                    fps.next();
                }
            }
        }
        vectors
    }

    /// The text of `h265.txt`.
    pub fn h265() -> String {
        let mut text = format!(
            "# Checksums of the pictures that libx265 leaves of generated ones.\n\
             # Made by `golden h265` of the crate oracle.\n\
             # Library: {}\n\
             # Settings: CRF, a pool of 1 thread, one IDR frame; the encoder's reconstruction\n\
             # content width height crf preset tune fps release crc32(Y) crc32(Cb) crc32(Cr)\n",
            version()
        );
        for vector in vectors() {
            let [y, cb, cr] = checksums(&reconstruct(&vector.source(), &vector.settings));
            writeln!(text, "{} 3.5 {y:08x} {cb:08x} {cr:08x}", vector.fields())
                .expect("a String takes everything");
        }
        text
    }

    /// What `python/h265_golden.py` makes the vectors of another release of: for each a line, and the samples.
    ///
    /// # Errors
    /// Those of writing.
    pub fn h265_sources(to: &mut impl io::Write) -> io::Result<()> {
        for vector in vectors() {
            writeln!(to, "{}", vector.fields())?;
            to.write_all(&packed(&vector.source()))?;
        }
        Ok(())
    }
}
