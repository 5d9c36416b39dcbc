//! `frame-compression selftest`: whether every codec of this build does what it should, on this machine.

use std::io::{self, Write as _};

use frame_compression::{Backend, Codec, Error, FrameCompressor, Quality, Settings, Tensor};

use crate::args::SelftestOptions;
use crate::coding::check;
use crate::picture::Picture;
use crate::{Exit, Stop};

/// From little compression to much.
const QUALITIES: [f32; 3] = [90.0, 50.0, 10.0];

/// Each codec of the library; on Apple platforms, each of the system besides.
fn coders() -> impl Iterator<Item = (Codec, Backend)> {
    let backends: &[Backend] = if cfg!(target_vendor = "apple") {
        &[Backend::Native, Backend::VideoToolbox]
    } else {
        &[Backend::Native]
    };
    backends.iter().flat_map(|&backend| Codec::ALL.map(|codec| (codec, backend)))
}

/// What VideoToolbox answers where the machine has no encoder for H.265 (`kVTCouldNotFindVideoEncoderErr`).
const NO_ENCODER: i32 = -12908;

/// Why a codec is left out, where that is no defect.
fn left_out(codec: Codec, error: &Error) -> Option<String> {
    match error {
        Error::Platform { status: NO_ENCODER, .. } if codec == Codec::H265 => {
            Some("this machine has no encoder for it".to_owned())
        }
        _ => None,
    }
}

/// A side of the generated pattern, in pixels.
const PATTERN: usize = 256;

/// A picture as a tensor in [-1, 1].
struct Subject {
    name: String,
    tensor: Tensor<f32>,
}

/// Tests every codec on the pattern and on the images given, and prints the figures.
pub(crate) fn run(options: &SelftestOptions) -> Result<Exit, Stop> {
    let mut out = io::stdout().lock();
    let mut failures = 0;
    let mut subjects = vec![pattern()];
    for path in &options.images {
        match Picture::read(path) {
            Ok(picture) => subjects.push(even_subject(path.display().to_string(), &picture)),
            Err(error) => {
                failures += 1;
                writeln!(out, "FAILED  {} {error}", path.display())?;
            }
        }
    }
    let mut tested = 0;
    for (codec, backend) in coders() {
        let name = match backend {
            Backend::Native => codec.to_string(),
            other => format!("{codec} ({other})"),
        };
        let checked = settings(codec, backend, Quality::DEFAULT).and_then(|settings| check(&settings));
        if let Some(reason) = checked.err().and_then(|error| left_out(codec, &error)) {
            writeln!(out, "{name}: {reason}")?;
            continue;
        }
        tested += 1;
        for subject in &subjects {
            let (lines, verdict) = test(codec, backend, subject);
            let [_, height, width, _] = subject.tensor.shape();
            writeln!(out, "{name} on {} ({width}x{height})", subject.name)?;
            for line in lines {
                writeln!(out, "  {line}")?;
            }
            match verdict {
                Ok(()) => writeln!(out, "  passed")?,
                Err(reason) => {
                    failures += 1;
                    writeln!(out, "  FAILED: {reason}")?;
                }
            }
        }
    }
    if tested == 0 {
        failures += 1;
        writeln!(out, "FAILED: this build has no codec")?;
    }
    match failures {
        0 => writeln!(out, "selftest passed")?,
        _ => writeln!(out, "selftest FAILED: {failures} {}", if failures == 1 { "check" } else { "checks" })?,
    }
    Ok(if failures == 0 { Exit::Success } else { Exit::Failed })
}

fn settings(codec: Codec, backend: Backend, quality: Quality) -> Result<Settings, Error> {
    let mut settings = Settings::from(codec);
    settings.set("backend", backend.name())?;
    settings.set_quality(quality);
    Ok(settings)
}

/// Tests one codec on one picture: the figures, and what is wrong, if anything is.
fn test(codec: Codec, backend: Backend, subject: &Subject) -> (Vec<String>, Result<(), String>) {
    let mut lines = Vec::new();
    let mut last = None;
    for quality in QUALITIES {
        let error = match mean_error(codec, backend, quality, &subject.tensor) {
            Ok(error) => error,
            Err(reason) => return (lines, Err(reason)),
        };
        lines.push(format!("quality {quality:>2}: mean absolute error {error:.5} (samples in [-1, 1])"));
        if is_flat(&subject.tensor) {
            continue; // one colour: there is nothing that more compression could take away
        }
        if error == 0.0 && quality < QUALITIES[0] {
            return (lines, Err(format!("quality {quality} leaves no artifacts")));
        }
        if last.is_some_and(|last| error <= last) {
            return (lines, Err("lower quality does not give more error".to_owned()));
        }
        last = Some(error);
    }
    (lines, Ok(()))
}

/// Applies the codec, checks the result by itself, and gives its mean absolute error.
fn mean_error(codec: Codec, backend: Backend, quality: f32, tensor: &Tensor<f32>) -> Result<f64, String> {
    let quality = Quality::new(quality).map_err(|error| error.to_string())?;
    let settings = settings(codec, backend, quality).map_err(|error| error.to_string())?;
    let mut compressor = FrameCompressor::new(settings);
    let result = compressor.apply(tensor).map_err(|error| error.to_string())?;
    if result.shape() != tensor.shape() {
        return Err(format!("shape {:?} has become {:?}", tensor.shape(), result.shape()));
    }
    if let Some(sample) = result.as_slice().iter().find(|sample| !(-1.0..=1.0).contains(*sample)) {
        return Err(format!("sample {sample} is outside [-1, 1]"));
    }
    // Of the system's codecs, nobody promises that.
    if backend == Backend::Native && compressor.apply(tensor).as_ref() != Ok(&result) {
        return Err("a second run gives another picture".to_owned());
    }
    let pairs = tensor.as_slice().iter().zip(result.as_slice());
    Ok(pairs.map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / result.as_slice().len() as f64)
}

fn is_flat(tensor: &Tensor<f32>) -> bool {
    let (pixels, _) = tensor.as_slice().as_chunks::<3>();
    pixels.iter().all(|pixel| *pixel == pixels[0])
}

/// A soft gradient, hard edges in luma and chroma, fine lines and noise: a quarter each.
fn pattern() -> Subject {
    let mut noise = 1u32;
    let mut samples = Vec::with_capacity(PATTERN * PATTERN * 3);
    for y in 0..PATTERN {
        for x in 0..PATTERN {
            let (h, v) = (x as f32 / PATTERN as f32, y as f32 / PATTERN as f32);
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let dust = (noise >> 8) as f32 / (1 << 24) as f32;
            samples.extend(match (x < PATTERN / 2, y < PATTERN / 2) {
                (true, true) => [h * 4.0 - 1.0, v * 4.0 - 1.0, 1.0 - (h + v) * 2.0],
                (false, true) => [
                    if (x / 24 + y / 16) % 2 == 0 { 0.9 } else { -0.8 },
                    if x / 40 % 2 == 0 { 0.7 } else { -0.9 },
                    if y / 20 % 2 == 0 { 0.2 } else { -0.4 },
                ],
                (true, false) => [if (x + y) % 5 < 2 { 0.6 } else { -0.6 }; 3],
                (false, false) => [dust - 0.5, dust * 0.8 - 0.2, 0.3 - dust],
            });
        }
    }
    subject("the pattern".to_owned(), samples, PATTERN, PATTERN)
}

/// The picture without its last column or row where the video codecs would not take them.
fn even_subject(name: String, picture: &Picture) -> Subject {
    let mut picture = picture.clone();
    let even = |side: usize| if side > 1 { side & !1 } else { side };
    picture.crop(even(picture.width), even(picture.height));
    let samples = picture.rgb.iter().map(|&byte| f32::from(byte) * (2.0 / 255.0) - 1.0).collect();
    subject(name, samples, picture.width, picture.height)
}

fn subject(name: String, samples: Vec<f32>, width: usize, height: usize) -> Subject {
    let tensor = Tensor::new(samples, &[1, height, width, 3]);
    Subject { name, tensor: tensor.unwrap_or_else(|error| unreachable!("checked when read: {error}")) }
}
