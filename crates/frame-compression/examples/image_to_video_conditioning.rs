//! The start image of image-to-video generation as a model wants it: with the artifacts of the video frames that it was
//! trained on.
//!
//! Reads a picture into a candle tensor NHWC in [-1, 1], puts the artifacts of H.264 into it, or goes on with the
//! original where that cannot be done, and writes the picture that the model would see as a PNG that says what was done.
//!
//! ```sh
//! cargo run --release --features candle --example image_to_video_conditioning -- assets/images/coffee.png conditioning.png 29
//! ```

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;

use candle_core::{Device, Tensor};
use frame_compression::{Codec, Crf, FrameCompressor};
use image::RgbImage;

/// What was done to a picture, for whoever finds the file later.
enum Provenance {
    /// The artifacts of `codec` at `crf` are in the picture.
    Artifacts { codec: Codec, crf: Crf },
    /// The picture is the original, for this reason.
    Original { reason: String },
}

impl Provenance {
    /// Keywords and texts for the file's metadata.
    fn notes(&self) -> Vec<(&'static str, String)> {
        match self {
            Provenance::Artifacts { codec, crf } => vec![
                ("frame-compression:codec", codec.name().to_owned()),
                ("frame-compression:engine", concat!("native ", env!("CARGO_PKG_VERSION")).to_owned()),
                ("frame-compression:crf", crf.get().to_string()),
                ("frame-compression:exact-with", exact_with(*codec).to_owned()),
            ],
            Provenance::Original { reason } => vec![("frame-compression:skipped", reason.clone())],
        }
    }
}

/// The encoder whose picture the native engine gives, bit for bit.
fn exact_with(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => "x264, preset veryfast",
        Codec::H265 => "x265 4.2, preset veryfast",
        Codec::Jpeg => "libjpeg-turbo",
        _ => "see the documentation of frame-compression",
    }
}

/// A picture as (1, height, width, 3) in [-1, 1].
fn to_tensor(picture: &RgbImage) -> candle_core::Result<Tensor> {
    let shape = (1, picture.height() as usize, picture.width() as usize, 3);
    let bytes = Tensor::from_slice(picture.as_raw(), shape, &Device::Cpu)?;
    bytes.to_dtype(candle_core::DType::F32)?.affine(2.0 / 255.0, -1.0)
}

/// The artifacts, or the original with the reason why: a generation goes on without them rather than not at all.
fn with_artifacts_or_original(image: &Tensor, codec: Codec, crf: Crf) -> (Tensor, Provenance) {
    let mut compressor = FrameCompressor::new(codec);
    compressor.set_crf(crf);
    match compressor.apply(image) {
        Ok(degraded) => (degraded, Provenance::Artifacts { codec, crf }),
        Err(error) => (image.clone(), Provenance::Original { reason: error.to_string() }),
    }
}

/// Writes a tensor (1, height, width, 3) in [-1, 1] as a PNG with the notes as its text chunks.
fn write(path: &str, image: &Tensor, provenance: &Provenance) -> Result<(), Box<dyn Error>> {
    let (_, height, width, _) = image.dims4()?;
    let samples = image.flatten_all()?.to_vec1::<f32>()?;
    let bytes: Vec<u8> = samples.iter().map(|sample| ((sample + 1.0) * 127.5).round() as u8).collect();
    let mut encoder =
        png::Encoder::new(BufWriter::new(File::create(path)?), u32::try_from(width)?, u32::try_from(height)?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    for (keyword, text) in provenance.notes() {
        encoder.add_itxt_chunk(keyword.to_owned(), text)?;
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&bytes)?;
    Ok(writer.finish()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, crf] = &arguments[..] else {
        return Err("give an input, an output and a CRF".into());
    };
    let crf = Crf::new(crf.parse()?)?;
    let original = to_tensor(&image::open(input)?.into_rgb8())?;
    let (conditioning, provenance) = with_artifacts_or_original(&original, Codec::H264, crf);
    write(output, &conditioning, &provenance)?;
    for (keyword, text) in provenance.notes() {
        println!("{keyword}: {text}");
    }
    Ok(())
}
