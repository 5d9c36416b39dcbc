//! Prints a checksum of what each codec leaves of one picture: `scripts/checks/check-wasm.sh` compares them with those that the
//! same picture gives in WebAssembly.

use frame_compression::{Codec, FrameCompressor, Tensor};

const HEIGHT: usize = 70;
const WIDTH: usize = 122;

fn main() -> Result<(), frame_compression::Error> {
    let samples: Vec<u8> = (0..HEIGHT * WIDTH * 3)
        .map(|i| {
            let (x, y, c) = (i / 3 % WIDTH, i / 3 / WIDTH, i % 3);
            ((x * y / (c + 2) + x * 3 + (x / 8 + y / 8) % 2 * 60) % 256) as u8
        })
        .collect();
    let picture = Tensor::new(samples, &[1, HEIGHT, WIDTH, 3])?;
    for codec in Codec::ALL {
        for crf in [12.0, 29.0, 40.0] {
            let result = FrameCompressor::new(codec).crf(crf)?.apply(&picture)?;
            // FNV-1a, which needs no more of JavaScript than an integer product.
            let checksum = result
                .as_slice()
                .iter()
                .fold(0x811c_9dc5_u32, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
            println!("{} {crf} {checksum:08x}", codec.name());
        }
    }
    Ok(())
}
