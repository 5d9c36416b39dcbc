//! Clips that a fuzzer makes up, and what has to hold of them: every frame comes out once, and when it is taken changes nothing.

use arbitrary::Arbitrary;
use frame_compression::{ClipCompressor, Codec, Error, Tensor};

use crate::element::Fill;
use crate::settings::Settings;

/// A clip, and when its frames are taken.
#[derive(Debug, Arbitrary)]
pub struct Clip {
    codec: u8,
    settings: Settings,
    keyint: u8,
    bframes: Option<u8>,
    width: u8,
    height: u8,
    frames: Vec<Frame>,
    /// Before which frame one of another size comes, which has to change nothing.
    stranger: Option<u8>,
}

/// A frame of its own, or one before it, moved.
#[derive(Debug, Arbitrary)]
enum Frame {
    New(Fill),
    Moved { by: i8, brighter: i8 },
}

/// Enough for a lookahead, several B frames and several macroblocks, and a call stays quick.
const FRAMES: usize = 12;
const SIDES: u8 = 72;

impl Clip {
    /// Codes the clip twice and checks what comes of it.
    pub fn check(&self) {
        let frames = self.pictures();
        let Ok(mut compressor) = self.compressor() else { return };
        let at_the_end = self.code(&mut compressor, &frames, false);
        let at_once = self.code(&mut compressor, &frames, true); // with memory that has been used
        match (at_the_end, at_once) {
            (Ok(at_the_end), Ok(at_once)) => {
                assert_eq!(at_the_end.len(), frames.len());
                assert!(at_the_end == at_once, "frames depend on when they are taken");
            }
            (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
            (one, other) => panic!("{:?} is not {:?}", one.err(), other.err()),
        }
    }

    fn compressor(&self) -> Result<ClipCompressor, Error> {
        let codec = Codec::ALL[usize::from(self.codec) % Codec::ALL.len()];
        let settings = self.settings.compressor(codec).settings().clone();
        let compressor = ClipCompressor::new(settings).keyint(u32::from(self.keyint))?;
        match self.bframes {
            Some(bframes) => compressor.bframes(u32::from(bframes)),
            None => Ok(compressor),
        }
    }

    fn size(&self) -> (usize, usize) {
        (usize::from(self.width % SIDES) + 1, usize::from(self.height % SIDES) + 1)
    }

    fn pictures(&self) -> Vec<Vec<u8>> {
        let (width, height) = self.size();
        let mut pictures: Vec<Vec<u8>> = Vec::new();
        for frame in self.frames.iter().take(FRAMES) {
            let picture = match (frame, pictures.last()) {
                (Frame::New(fill), _) => fill.samples(width * height * 3),
                (Frame::Moved { by, brighter }, Some(before)) => {
                    let mut moved: Vec<u8> =
                        before.iter().map(|s| s.saturating_add_signed(*brighter)).collect();
                    moved.rotate_left(usize::from(by.unsigned_abs()) * 3 % before.len());
                    moved
                }
                (Frame::Moved { brighter, .. }, None) => {
                    vec![128u8.saturating_add_signed(*brighter); width * height * 3]
                }
            };
            pictures.push(picture);
        }
        pictures
    }

    /// The frames as they are shown.
    fn code(
        &self,
        compressor: &mut ClipCompressor,
        frames: &[Vec<u8>],
        at_once: bool,
    ) -> Result<Vec<Tensor<u8>>, Error> {
        let (width, height) = self.size();
        let mut shown = Vec::new();
        for (number, frame) in frames.iter().enumerate() {
            if number > 0 && self.stranger == Some(number as u8) {
                let other = Tensor::new(vec![9u8; (height + 2) * width * 3], &[1, height + 2, width, 3])?;
                assert!(compressor.push(other.view()).is_err());
            }
            let frame = Tensor::new(frame.clone(), &[1, height, width, 3])?;
            if let Err(error) = compressor.push(frame.view()) {
                assert_eq!(number, 0, "{error} came late");
                return Err(error);
            }
            if at_once {
                shown.extend(compressor.frames::<u8>());
                assert!(shown.len() <= number + 1);
            }
        }
        compressor.finish();
        shown.extend(compressor.frames::<u8>());
        Ok(shown)
    }
}
