//! Draws of the recipes, and the pictures that they make.

#![no_main]

use frame_compression_fuzz::Draw;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|draw: Draw| draw.check());
