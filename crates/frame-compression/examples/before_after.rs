//! Makes the picture at the top of the README: a piece of a photograph, and what each codec leaves of it.
//!
//! ```sh
//! cargo run --release --features image --example before_after -- assets/images/chelsea.png docs/before-after.png
//! ```

use frame_compression::{Codec, FrameCompressor};
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

/// The piece shown: left, top, width, height; twice as large in the picture.
const PIECE: (u32, u32, u32, u32) = (110, 60, 200, 150);
const SCALE: u32 = 2;
const GAP: u32 = 8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output] = &arguments[..] else { return Err("give an input and an output".into()) };
    let mut photograph = image::open(input)?.into_rgb8();
    let even = (photograph.width() / 2 * 2, photograph.height() / 2 * 2);
    photograph = imageops::crop_imm(&photograph, 0, 0, even.0, even.1).to_image();

    let mut shown = vec![photograph.clone()];
    for codec in Codec::ALL {
        shown.push(FrameCompressor::new(codec).crf(42.0)?.apply(&photograph)?);
    }
    let (left, top, width, height) = PIECE;
    let (tile_width, tile_height) = (width * SCALE, height * SCALE);
    let white = Rgb([255; 3]);
    let mut sheet = RgbImage::from_pixel(2 * tile_width + GAP, 2 * tile_height + GAP, white);
    for (i, picture) in shown.iter().enumerate() {
        let piece = imageops::crop_imm(picture, left, top, width, height).to_image();
        let tile = imageops::resize(&piece, tile_width, tile_height, FilterType::Nearest);
        let (column, row) = (i as u32 % 2, i as u32 / 2);
        let (x, y) = (column * (tile_width + GAP), row * (tile_height + GAP));
        imageops::replace(&mut sheet, &tile, i64::from(x), i64::from(y));
    }
    sheet.save(output)?;
    Ok(())
}
