//! Makes the picture at the top of the README: a piece of a photograph, and what each codec leaves of it.
//!
//! ```sh
//! cargo run --release --features image --example before_after -- assets/images/chelsea.png docs/before-after.png
//! ```

use font8x8::UnicodeFonts;
use frame_compression::{Codec, FrameCompressor};
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

/// The piece shown: left, top, width, height; twice as large in the picture.
const PIECE: (u32, u32, u32, u32) = (110, 60, 160, 130);
const SCALE: u32 = 2;
const GAP: u32 = 8;
const COLUMNS: u32 = 3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output] = &arguments[..] else { return Err("give an input and an output".into()) };
    let mut photograph = image::open(input)?.into_rgb8();
    let even = (photograph.width() / 2 * 2, photograph.height() / 2 * 2);
    photograph = imageops::crop_imm(&photograph, 0, 0, even.0, even.1).to_image();

    let mut shown = vec![(String::from("original"), photograph.clone())];
    for codec in [Codec::H264, Codec::H265, Codec::Jpeg, Codec::WebP, Codec::Mpeg2] {
        shown.push((codec.to_string(), FrameCompressor::new(codec).crf(42.0)?.apply(&photograph)?));
    }
    let (left, top, width, height) = PIECE;
    let (tile_width, tile_height) = (width * SCALE, height * SCALE);
    let rows = shown.len() as u32 / COLUMNS;
    let size = (COLUMNS * (tile_width + GAP) - GAP, rows * (tile_height + GAP) - GAP);
    let mut sheet = RgbImage::from_pixel(size.0, size.1, Rgb([255; 3]));
    for (i, (label, picture)) in shown.iter().enumerate() {
        let piece = imageops::crop_imm(picture, left, top, width, height).to_image();
        let mut tile = imageops::resize(&piece, tile_width, tile_height, FilterType::Nearest);
        write(&mut tile, label);
        let (column, row) = (i as u32 % COLUMNS, i as u32 / COLUMNS);
        let (x, y) = (column * (tile_width + GAP), row * (tile_height + GAP));
        imageops::replace(&mut sheet, &tile, i64::from(x), i64::from(y));
    }
    sheet.save(output)?;
    Ok(())
}

/// Writes a label into the top left corner, white on black, a letter 16 pixels high.
fn write(tile: &mut RgbImage, label: &str) {
    for y in 0..24 {
        for x in 0..label.len() as u32 * 16 + 8 {
            tile.put_pixel(x, y, Rgb([0; 3]));
        }
    }
    for (i, letter) in label.chars().enumerate() {
        let rows = font8x8::BASIC_FONTS.get(letter).unwrap_or_default();
        for (y, bits) in (0u32..16).map(|y| (y, rows[y as usize / 2])) {
            for x in (0u32..16).filter(|x| bits >> (x / 2) & 1 == 1) {
                tile.put_pixel(4 + i as u32 * 16 + x, 4 + y, Rgb([255; 3]));
            }
        }
    }
}
