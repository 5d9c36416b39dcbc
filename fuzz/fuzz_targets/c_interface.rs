//! Calls of the C interface.

#![no_main]

use frame_compression_fuzz::CCalls;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|calls: CCalls| calls.check());
