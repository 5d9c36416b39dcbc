//! The photographs of `assets/images`, decoded once.

use std::sync::OnceLock;

use crate::Picture;

/// A photograph of `assets/images` (credits stand beside the files).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Photograph {
    /// A portrait, 512x512.
    Astronaut,
    /// A cat, 451x300.
    Chelsea,
    /// A cup, 600x400.
    Coffee,
    /// A rocket's launch, 640x427.
    Rocket,
}

impl Photograph {
    /// All of them.
    pub const ALL: [Photograph; 4] =
        [Photograph::Astronaut, Photograph::Chelsea, Photograph::Coffee, Photograph::Rocket];

    /// The file's name without its extension.
    pub fn name(self) -> &'static str {
        match self {
            Photograph::Astronaut => "astronaut",
            Photograph::Chelsea => "chelsea",
            Photograph::Coffee => "coffee",
            Photograph::Rocket => "rocket",
        }
    }

    /// The whole photograph.
    pub fn picture(self) -> &'static Picture {
        static DECODED: [OnceLock<Picture>; 4] = [const { OnceLock::new() }; 4];
        DECODED[self as usize].get_or_init(|| {
            let path = format!("{}/../../assets/images/{}.png", env!("CARGO_MANIFEST_DIR"), self.name());
            let rgb = image::open(&path).unwrap_or_else(|error| panic!("{path}: {error}")).into_rgb8();
            Picture { width: rgb.width() as usize, height: rgb.height() as usize, rgb: rgb.into_raw() }
        })
    }

    /// A piece of the given size whose top left corner is `(left, top)`, mirrored at the photograph's edges.
    pub fn piece(self, width: usize, height: usize, left: usize, top: usize) -> Picture {
        let whole = self.picture();
        let mirror = |at: usize, size: usize| {
            let at = at % (2 * size);
            if at < size { at } else { 2 * size - 1 - at }
        };
        Picture::from_fn(width, height, |x, y| {
            whole.pixel(mirror(left + x, whole.width), mirror(top + y, whole.height))
        })
    }

    /// The middle of the photograph at its own scale.
    pub fn crop(self, width: usize, height: usize) -> Picture {
        let whole = self.picture();
        self.piece(
            width,
            height,
            whole.width.saturating_sub(width) / 2,
            whole.height.saturating_sub(height) / 2,
        )
    }

    /// The whole photograph scaled to the size, bilinear, in integers so that it is the same everywhere.
    pub fn scaled(self, width: usize, height: usize) -> Picture {
        let whole = self.picture();
        let place = |at: usize, size: usize, from: usize| {
            let fixed = at * (from - 1) * 256 / size.max(2).saturating_sub(1);
            ((fixed / 256).min(from - 1), (fixed / 256 + 1).min(from - 1), (fixed % 256) as u32)
        };
        Picture::from_fn(width, height, |x, y| {
            let (x0, x1, fx) = place(x, width, whole.width);
            let (y0, y1, fy) = place(y, height, whole.height);
            let corners = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)].map(|(x, y)| whole.pixel(x, y));
            std::array::from_fn(|c| {
                let top = u32::from(corners[0][c]) * (256 - fx) + u32::from(corners[1][c]) * fx;
                let bottom = u32::from(corners[2][c]) * (256 - fx) + u32::from(corners[3][c]) * fx;
                ((top * (256 - fy) + bottom * fy + (1 << 15)) >> 16) as u8
            })
        })
    }
}
