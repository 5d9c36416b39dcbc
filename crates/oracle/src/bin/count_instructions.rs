//! What `scripts/instructions.sh` runs under callgrind: the photograph `astronaut` at 512x512 through one codec,
//! a number of times. Without arguments, it names the codecs.
//!
//! ```sh
//! cargo run --release -p oracle --no-default-features --bin count_instructions -- h264 planes 3
//! ```

use frame_compression::{Codec, Component, FrameCompressor, Planes, Subsampling, TensorViewMut};
use test_pictures::Photograph;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        Codec::ALL.iter().for_each(|codec| println!("{}", codec.name()));
        return Ok(());
    }
    let [codec, what, times] = &arguments[..] else {
        return Err("give a codec, planes or call, and a number".into());
    };
    let picture = Photograph::Astronaut.picture();
    let shape = [1, picture.height, picture.width, 3];
    let mut compressor = FrameCompressor::new(codec.parse::<Codec>()?).crf(29.0)?;
    for _ in 0..times.parse()? {
        match what.as_str() {
            "call" => {
                let mut image = picture.rgb.clone();
                compressor.apply_in_place(TensorViewMut::new(&mut image, &shape)?)?;
            }
            _ => {
                // Green for luma, red and blue for chroma: any photograph-like planes will do.
                let mut planes = Planes::new(picture.width, picture.height, Subsampling::S420)?;
                for (component, channel) in [(Component::Y, 1), (Component::Cb, 2), (Component::Cr, 0)] {
                    let step = picture.width / planes.size(component).0;
                    for y in 0..planes.size(component).1 {
                        for (x, sample) in planes.row_mut(component, y).iter_mut().enumerate() {
                            *sample = picture.pixel(x * step, y * step)[channel];
                        }
                    }
                }
                compressor.apply_to_planes(&mut planes)?;
            }
        }
    }
    Ok(())
}
