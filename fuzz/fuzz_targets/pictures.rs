//! Picture files.

#![no_main]

use frame_compression_fuzz::check_file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| check_file(file));
