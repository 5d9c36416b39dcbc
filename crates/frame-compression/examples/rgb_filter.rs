//! A filter for raw pictures in RGB, for scripts in other languages: reads requests and answers each with the picture that
//! a codec leaves.
//!
//! A request is a line `width height settings` (`64 48 mpeg2:qscale=8`), followed by the samples, packed; the answer is
//! the samples alone. An error is answered by a line on standard error, and ends the program.

use std::error::Error;
use std::io::{self, BufRead, Read, Write};

use frame_compression::{FrameCompressor, Settings, TensorViewMut};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut line = String::new();
    let mut rgb = Vec::new();
    while input.read_line(&mut line)? > 0 {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [width, height, settings] = fields[..] else {
            return Err(format!("{line:?} is not: width height settings").into());
        };
        let (width, height): (usize, usize) = (width.parse()?, height.parse()?);
        rgb.resize(width * height * 3, 0);
        input.read_exact(&mut rgb)?;
        let mut compressor = FrameCompressor::new(settings.parse::<Settings>()?);
        compressor.apply_in_place(TensorViewMut::new(&mut rgb, &[1, height, width, 3])?)?;
        output.write_all(&rgb)?;
        output.flush()?;
        line.clear();
    }
    Ok(())
}
