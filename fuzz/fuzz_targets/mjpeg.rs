//! Calls of the public API with MJPEG.

#![no_main]

use frame_compression::Codec;
use frame_compression_fuzz::Call;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|call: Call| call.check(Codec::Mjpeg));
