//! H.264 from RGB to RGB.

use std::ops::Range;

use super::{H264, Reconstruction, codes_by_strips};
use crate::colour::Picture;
use crate::engine;
use crate::error::Error;
use crate::names::{Codec, Subsampling};
use crate::planes::{BLOCK, Planes};

/// The engine: colour there and back, and the reconstruction between. Rows of macroblocks are coded as they come, while
/// their samples are in the cache, unless settings or threads ask for the whole picture first.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    pub(super) settings: H264,
    picture: Picture,
    reconstruction: Reconstruction,
    by_strips: bool,
    /// How many strips are coded, and how many rows of the result were given.
    coded: usize,
    given: usize,
}

impl engine::Engine for Engine {
    fn begin(&mut self, width: usize, height: usize) -> Result<(), Error> {
        engine::even_sides(Codec::H264, width, height)?;
        self.settings.check()?;
        let (colours, machine) = self.settings.conversion();
        self.picture.begin(colours, machine, width, height);
        (self.coded, self.given) = (0, 0);
        let parameters = self.settings.parameters();
        let planes = self.picture.planes();
        self.by_strips = codes_by_strips(&parameters, planes.strips());
        if self.by_strips {
            self.reconstruction.begin(planes, &parameters);
        }
        Ok(())
    }

    fn put(&mut self, y: usize, rows: [&[u8]; 2]) -> Result<Range<usize>, Error> {
        let chroma = self.picture.put(y, rows);
        let planes = self.picture.planes();
        let is_last = y + 2 >= planes.height();
        if !self.by_strips {
            if is_last {
                self.reconstruction.run(planes, &self.settings);
            }
            return Ok(if is_last { 0..planes.height() } else { 0..0 });
        }
        // Chroma, filtered, is behind luma.
        let complete = if is_last { planes.strips() } else { 2 * chroma / BLOCK };
        let mut ready = self.given;
        for strip in self.coded..complete {
            planes.extend_strip(strip);
            ready = self.reconstruction.code_strip(planes, strip);
        }
        self.coded = complete;
        // Both rows of RGB that share chroma need no other.
        let first = self.given;
        self.given = ready.min(planes.height());
        Ok(first..self.given)
    }

    fn get(&mut self, y: usize, rgb: &mut [u8]) {
        self.picture.get(y, rgb);
    }

    fn planes(&mut self, planes: &mut Planes) -> Result<(), Error> {
        engine::subsampled(Codec::H264, planes, Subsampling::S420)?;
        engine::even_sides(Codec::H264, planes.width(), planes.height())?;
        self.settings.check()?;
        self.reconstruction.run(planes, &self.settings);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use test_pictures::{Picture, Rng, random_picture};

    use super::*;
    use crate::engine::Engine as _;
    use crate::settings::Settings;

    /// The picture that the engine makes, and how many of its rows it gave before it had seen the last.
    fn through(engine: &mut Engine, picture: &Picture, may_give_early: bool) -> (Vec<u8>, usize) {
        let (stride, height) = (picture.width * 3, picture.height);
        engine.begin(picture.width, height).unwrap();
        engine.by_strips &= may_give_early;
        let (mut out, mut early, mut next) = (vec![0; stride * height], 0, 0);
        for y in (0..height).step_by(2) {
            let row = |y: usize| &picture.rgb[y * stride..][..stride];
            let ready = engine.put(y, [row(y), row(y + 1)]).unwrap();
            assert_eq!(ready.start, next, "rows come in order");
            next = ready.end;
            if y + 2 < height {
                assert!(next <= y + 2, "a row has been put in before it is given");
                early = next;
            }
            for y in ready {
                engine.get(y, &mut out[y * stride..][..stride]);
            }
        }
        assert_eq!(next, height);
        (out, early)
    }

    #[test]
    fn strips_give_the_picture_that_the_whole_gives() {
        // Whether rows can be given early.
        const SETTINGS: [(&str, bool); 9] = [
            ("h264", true),
            ("h264:preset=ultrafast:crf=12", true),
            ("h264:preset=superfast:slices=4", true),
            ("h264:crf=44:tune=grain:machine=arm64", true),
            ("h264:preset=medium", true),
            ("h264:preset=slow:slices=2", true),
            ("h264:colours=ffmpeg", true),
            ("h264:tune=ssim", false),
            ("h264:crf=0", false),
        ];
        let mut rng = Rng::new(23);
        let (mut engine, mut whole) = (Engine::default(), Engine::default());
        for case in 0..90 {
            let (text, is_early) = SETTINGS[case % SETTINGS.len()];
            let Ok(Settings::H264(settings)) = text.parse() else { panic!("{text} is of another codec") };
            let (width, height) = (2 + 2 * rng.below(60), 2 + 2 * rng.below(90));
            let picture = random_picture(&mut rng, width, height);
            engine.settings.clone_from(&settings);
            whole.settings = settings;
            let (expected, early) = through(&mut whole, &picture, false);
            assert_eq!(early, 0);
            let (found, early) = through(&mut engine, &picture, true);
            assert!(found == expected, "{text}: {width}x{height}");
            // The second strip waits for rows of the third.
            if height > 48 || height <= 34 {
                assert_eq!(early > 0, is_early && height > 34, "{text}: {early} of {height} rows");
            }
        }
    }
}
