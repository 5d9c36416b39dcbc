//! The pictures that tests, golden vectors and benchmarks share: the photographs of `assets/images`
//! and generated ones, each a pure function of its name and size, so that a case can be named in one line.

mod generated;
mod photograph;
mod ycbcr;

pub use photograph::Photograph;

/// A source of repeatable numbers (SplitMix64): the same seed gives the same sequence on every machine.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// Starts the sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..bound` (`bound` at least 1).
    pub fn below(&mut self, bound: usize) -> usize {
        (((self.next_u64() >> 32) * bound as u64) >> 32) as usize
    }

    /// A number in `[0, 1)`, a multiple of 2^-24.
    pub fn unit(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        (self.next_u64() >> 56) as u8
    }
}

/// One packed 8-bit RGB picture, rows top to bottom, three bytes a pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height * 3` samples: R, G, B.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// Makes a picture from a function of `(x, y)`.
    pub fn from_fn(width: usize, height: usize, mut pixel: impl FnMut(usize, usize) -> [u8; 3]) -> Self {
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                rgb.extend_from_slice(&pixel(x, y));
            }
        }
        Self { width, height, rgb }
    }

    /// The pixel at `(x, y)`.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }
}

/// Something a picture of any size can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The middle of a photograph at its own scale (mirrored outwards where it is too small).
    Crop(Photograph),
    /// A whole photograph, scaled to the size by bilinear interpolation.
    Scaled(Photograph),
    /// A generated picture, by name.
    Generated(&'static str),
}

impl Content {
    /// Every content, photographs first.
    pub fn all() -> Vec<Content> {
        let crops = Photograph::ALL.map(Content::Crop);
        let scaled = Photograph::ALL.map(Content::Scaled);
        let generated = generated::GENERATORS.iter().map(|(name, _)| Content::Generated(name));
        crops.into_iter().chain(scaled).chain(generated).collect()
    }

    /// The name under which golden vectors and failures speak of this content.
    pub fn name(&self) -> String {
        match self {
            Content::Crop(photograph) => photograph.name().to_owned(),
            Content::Scaled(photograph) => format!("{}-scaled", photograph.name()),
            Content::Generated(name) => (*name).to_owned(),
        }
    }

    /// The content with this name.
    pub fn named(name: &str) -> Option<Content> {
        Self::all().into_iter().find(|content| content.name() == name)
    }

    /// The picture of this content at a size.
    pub fn picture(&self, width: usize, height: usize) -> Picture {
        match self {
            Content::Crop(photograph) => photograph.crop(width, height),
            Content::Scaled(photograph) => photograph.scaled(width, height),
            Content::Generated(name) => {
                let (_, generate) = generated::GENERATORS
                    .iter()
                    .find(|(known, _)| known == name)
                    .unwrap_or_else(|| panic!("no generator is called {name}"));
                generate(width, height)
            }
        }
    }
}

/// A random picture: a piece of a photograph, a generated content, or random shapes with noise,
/// sometimes with its contrast changed. Meant for searches over many sizes and strengths.
pub fn random_picture(rng: &mut Rng, width: usize, height: usize) -> Picture {
    let mut picture = match rng.below(4) {
        0 => {
            let photograph = Photograph::ALL[rng.below(Photograph::ALL.len())];
            photograph.piece(width, height, rng.below(600), rng.below(400))
        }
        1 => {
            let all = Content::all();
            all[rng.below(all.len())].picture(width, height)
        }
        _ => generated::shapes(rng, width, height),
    };
    if rng.below(3) == 0 {
        let (gain, shift) = (rng.below(768) as i32, rng.below(256) as i32 - 128);
        for sample in &mut picture.rgb {
            *sample = (((i32::from(*sample) - 128) * gain / 256) + 128 + shift).clamp(0, 255) as u8;
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_many_distinct_and_of_the_asked_size() {
        let all = Content::all();
        assert!(all.len() >= 22, "only {} contents", all.len());
        for (i, a) in all.iter().enumerate() {
            let picture = a.picture(34, 18);
            assert_eq!((picture.width, picture.height, picture.rgb.len()), (34, 18, 34 * 18 * 3));
            assert_eq!(Content::named(&a.name()), Some(*a));
            for b in &all[..i] {
                assert_ne!(picture, b.picture(34, 18), "{} and {}", a.name(), b.name());
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_picture() {
        let (mut a, mut b) = (Rng::new(7), Rng::new(7));
        for size in [1, 2, 17, 64] {
            assert_eq!(random_picture(&mut a, size, size + 3), random_picture(&mut b, size, size + 3));
        }
    }
}
