//! A filter for raw pictures in 4:2:0, for scripts in other languages: reads requests and answers each with the
//! picture that H.265 leaves.
//!
//! A request is a line `width height crf preset tune fps release` (`none` for no tune), followed by the samples of Y, Cb and Cr; the answer is
//! the samples alone.

use std::error::Error;
use std::io::{self, BufRead, Read, Write};

use frame_compression::{Component, FrameCompressor, H265, Planes, Subsampling};

const COMPONENTS: [Component; 3] = [Component::Y, Component::Cb, Component::Cr];

fn main() -> Result<(), Box<dyn Error>> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [width, height, crf, preset, tune, fps, version] = fields[..] else {
            return Err(format!("{line:?} is not: width height crf preset tune fps release").into());
        };
        let mut planes = Planes::new(width.parse()?, height.parse()?, Subsampling::S420)?;
        for component in COMPONENTS {
            for y in 0..planes.size(component).1 {
                input.read_exact(planes.row_mut(component, y))?;
            }
        }
        let settings = H265::crf(crf.parse::<f32>()?)?
            .preset(preset.parse()?)
            .tune(if tune == "none" { None } else { Some(tune.parse()?) })
            .fps(fps.parse()?)
            .release(version.parse()?);
        FrameCompressor::new(settings).apply_to_planes(&mut planes)?;
        for component in COMPONENTS {
            for y in 0..planes.size(component).1 {
                output.write_all(planes.row(component, y))?;
            }
        }
        output.flush()?;
        line.clear();
    }
    Ok(())
}
