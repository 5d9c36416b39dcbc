//! Clips of every codec.

#![no_main]

use frame_compression_fuzz::Clip;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|clip: Clip| clip.check());
