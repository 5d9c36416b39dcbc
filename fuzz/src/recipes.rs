//! A draw of a recipe, and what has to hold of it.

use arbitrary::Arbitrary;
use frame_compression::recipes::{Numbers, Recipe};
use frame_compression::{FrameCompressor, Settings, Tensor, TensorViewMut};

use crate::element::Fill;
use crate::settings::assert_reads_back;
use crate::{SIDES, assert_bits};

/// A recipe drawn for a picture, and put into it.
#[derive(Debug, Arbitrary)]
pub struct Draw {
    recipe: u8,
    source: Source,
    width: u8,
    height: u8,
    fill: Fill,
}

/// Where the numbers come from.
#[derive(Debug, Arbitrary)]
enum Source {
    /// A seed and a key.
    Keyed { seed: u64, key: String },
    /// Any: NaN, infinities, numbers outside [0, 1), and too few.
    Any(Vec<f64>),
}

impl Source {
    fn draw(&self, recipe: &Recipe) -> Vec<Option<Settings>> {
        match self {
            Source::Keyed { seed, key } => recipe.draw(&mut Numbers::new(*seed, key)),
            Source::Any(numbers) => recipe.draw(&mut numbers.iter().copied()),
        }
    }
}

impl Draw {
    /// Draws, and gives the picture to each step in turn: the draw is one of the recipe's, can be written and read, and
    /// gives the same picture twice.
    pub fn check(&self) {
        let recipe = &Recipe::ALL[usize::from(self.recipe) % Recipe::ALL.len()];
        let drawn = self.source.draw(recipe);
        assert_eq!(drawn.len(), recipe.steps.len());
        assert_eq!(drawn, self.source.draw(recipe));
        for (step, settings) in recipe.steps.iter().zip(&drawn) {
            let Some(settings) = settings else {
                assert!(step.p < 1.0, "{} leaves out a step that is always taken", recipe.name);
                continue;
            };
            assert!(step.codings.iter().any(|coding| coding.codec == settings.codec()));
            assert_reads_back(settings);
        }
        let (width, height) = (usize::from(self.width % SIDES), usize::from(self.height % SIDES));
        let shape = [1, height, width, 3];
        let Ok(mut picture) = Tensor::new(self.fill.samples::<u8>(width * height * 3), &shape) else {
            assert!(width == 0 || height == 0);
            return;
        };
        for settings in drawn.into_iter().flatten() {
            let mut place = picture.as_slice().to_vec();
            let target = TensorViewMut::new(&mut place, &shape).expect("it is packed");
            let mut compressor = FrameCompressor::new(settings);
            let done = compressor.apply_in_place(target);
            match compressor.apply(&picture) {
                Ok(result) => picture = result,
                // The codecs of video take even sizes only.
                Err(error) => assert_eq!(done, Err(error)),
            }
            assert_bits(&place, picture.as_slice());
        }
    }
}
