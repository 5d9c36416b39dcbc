//! Generated pictures: each stresses one thing that photographs seldom hold.

use crate::{Picture, Rng};

type Generator = fn(usize, usize) -> Picture;

/// The generators and their names.
pub(crate) const GENERATORS: &[(&str, Generator)] = &[
    ("gradient-horizontal", |w, h| Picture::from_fn(w, h, |x, _| [ramp(x, w); 3])),
    ("gradient-vertical", |w, h| Picture::from_fn(w, h, |_, y| [ramp(y, h); 3])),
    ("gradient-colour", |w, h| {
        Picture::from_fn(w, h, |x, y| [ramp(x, w), ramp(y, h), 255 - ramp(x + y, w + h)])
    }),
    ("noise", |w, h| noise(w, h, 256, 1)),
    ("noise-low", |w, h| noise(w, h, 9, 2)),
    ("noise-grey", noise_grey),
    ("flat-grey", |w, h| Picture::from_fn(w, h, |_, _| [127; 3])),
    ("flat-black", |w, h| Picture::from_fn(w, h, |_, _| [0; 3])),
    ("flat-white", |w, h| Picture::from_fn(w, h, |_, _| [255; 3])),
    ("flat-red", |w, h| Picture::from_fn(w, h, |_, _| [255, 0, 0])),
    ("checkerboard-1", |w, h| checkerboard(w, h, 1)),
    ("checkerboard-8", |w, h| checkerboard(w, h, 8)),
    ("checkerboard-colour", checkerboard_colour),
    ("stripes", |w, h| Picture::from_fn(w, h, |x, _| [if x / 3 % 2 == 0 { 230 } else { 20 }; 3])),
    ("stripes-diagonal", |w, h| Picture::from_fn(w, h, |x, y| [((x * 2 + y) * 8 % 256) as u8; 3])),
    ("bars", bars),
    ("text", text),
    ("blocks", blocks),
    ("zone-plate", zone_plate),
    ("half-flat", half_flat),
    ("grain", grain),
    ("near-flat", |w, h| Picture::from_fn(w, h, |x, y| [100 + ((x ^ y) & 1) as u8, 100, 101])),
];

/// 0 at the first of `size` places, 255 at the last.
fn ramp(at: usize, size: usize) -> u8 {
    (at * 255 / size.max(2).saturating_sub(1)).min(255) as u8
}

fn noise(width: usize, height: usize, amplitude: usize, seed: u64) -> Picture {
    let mut rng = Rng::new(seed);
    let base = 128 - amplitude / 2;
    Picture::from_fn(width, height, |_, _| std::array::from_fn(|_| (base + rng.below(amplitude)) as u8))
}

fn noise_grey(width: usize, height: usize) -> Picture {
    let mut rng = Rng::new(3);
    Picture::from_fn(width, height, |_, _| [rng.byte(); 3])
}

fn checkerboard(width: usize, height: usize, side: usize) -> Picture {
    Picture::from_fn(width, height, |x, y| [if (x / side + y / side).is_multiple_of(2) { 255 } else { 0 }; 3])
}

fn checkerboard_colour(width: usize, height: usize) -> Picture {
    let colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [0, 255, 255], [255, 0, 255]];
    Picture::from_fn(width, height, |x, y| colours[(x / 5 + 2 * (y / 3)) % colours.len()])
}

/// Eight vertical bars of the fully saturated colours.
fn bars(width: usize, height: usize) -> Picture {
    Picture::from_fn(width, height, |x, _| {
        let bar = x * 8 / width;
        [1, 2, 4].map(|bit| if bar & bit != 0 { 255 } else { 0 })
    })
}

/// A page of glyph-like black marks on white: hard edges in 6x10 cells.
fn text(width: usize, height: usize) -> Picture {
    let mark = |x: usize, y: usize| {
        let (cell_x, cell_y) = (x / 6, y / 10);
        let bits = Rng::new((cell_x * 7919 + cell_y * 104_729) as u64).next_u64();
        let (in_x, in_y) = (x % 6, y % 10);
        let blank = in_x == 5 || in_y >= 7 || bits.is_multiple_of(5);
        !blank && (bits >> (8 + in_y * 5 + in_x)) & 1 == 1
    };
    Picture::from_fn(width, height, |x, y| if mark(x, y) { [16, 16, 24] } else { [250, 250, 245] })
}

/// Flat rectangles of random colours whose borders lie off the coding grid.
fn blocks(width: usize, height: usize) -> Picture {
    Picture::from_fn(width, height, |x, y| {
        let bits = Rng::new((x / 13 * 31 + y / 11 * 1009) as u64).next_u64();
        [bits as u8, (bits >> 8) as u8, (bits >> 16) as u8]
    })
}

/// Rings whose frequency grows outwards, by the integer square of the distance.
fn zone_plate(width: usize, height: usize) -> Picture {
    Picture::from_fn(width, height, |x, y| {
        let (dx, dy) = (x as i64 * 2 - width as i64, y as i64 * 2 - height as i64);
        let phase = ((dx * dx + dy * dy) / 16 % 512) as i32;
        let triangle = if phase < 256 { phase } else { 511 - phase };
        [triangle as u8, triangle as u8, (255 - triangle) as u8]
    })
}

fn half_flat(width: usize, height: usize) -> Picture {
    let mut rng = Rng::new(4);
    Picture::from_fn(width, height, |x, _| {
        let [r, g, b] = [rng.byte(), rng.byte(), rng.byte()];
        if x < width / 2 { [90, 120, 150] } else { [r, g, b] }
    })
}

/// A soft gradient under film-like grain.
fn grain(width: usize, height: usize) -> Picture {
    let mut rng = Rng::new(5);
    Picture::from_fn(width, height, |x, y| {
        let dust = (rng.below(16) + rng.below(16)) as i32 - 15;
        let base = [ramp(x, width) / 2 + 60, ramp(y, height) / 2 + 50, ramp(x + y, width + height) / 2 + 70];
        base.map(|sample| (i32::from(sample) + dust).clamp(0, 255) as u8)
    })
}

/// Random overlapping rectangles and slopes, with noise of a random strength on top.
pub(crate) fn shapes(rng: &mut Rng, width: usize, height: usize) -> Picture {
    let ground = [rng.byte(), rng.byte(), rng.byte()];
    let slope = [rng.below(9) as i32 - 4, rng.below(9) as i32 - 4, rng.below(9) as i32 - 4];
    let mut picture = Picture::from_fn(width, height, |x, y| {
        std::array::from_fn(|c| {
            (i32::from(ground[c]) + slope[c] * (x as i32 + y as i32 * (c as i32 + 1)) / 8).clamp(0, 255) as u8
        })
    });
    for _ in 0..rng.below(12) {
        let (left, top) = (rng.below(width), rng.below(height));
        let (right, bottom) = (left + 1 + rng.below(width - left), top + 1 + rng.below(height - top));
        let colour = [rng.byte(), rng.byte(), rng.byte()];
        for y in top..bottom.min(height) {
            for x in left..right.min(width) {
                let at = (y * width + x) * 3;
                picture.rgb[at..at + 3].copy_from_slice(&colour);
            }
        }
    }
    let amplitude = [0, 0, 3, 20, 90, 256][rng.below(6)];
    if amplitude > 0 {
        for sample in &mut picture.rgb {
            let dust = rng.below(amplitude) as i32 - amplitude as i32 / 2;
            *sample = (i32::from(*sample) + dust).clamp(0, 255) as u8;
        }
    }
    picture
}
