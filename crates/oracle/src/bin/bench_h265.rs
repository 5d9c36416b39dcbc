//! H.265 against libx265, side by side: the same photographs, planes to planes, in one process; lines of JSON.
//!
//! `taskset -c 0 cargo run --release -p oracle --bin bench_h265 -- [rounds [threads]]`
//!
//! Ours is the whole call; of libx265 only the encoder's own calls count (opening and closing aside), on a pool of
//! one thread. Pin the process to one core: libx265 hands its work to another thread.
//!
//! With `threads` behind the rounds (and on two cores) it times one frame on a pool of two threads against one instead.

use std::time::Instant;

use frame_compression::{Codec, FrameCompressor, Preset, X265Version};
use oracle::bench::{Comparison, median};
use oracle::{difference, planes, x265};
use test_pictures::Content;

const SIZES: [(usize, usize); 3] = [(512, 512), (1280, 720), (1920, 1080)];
const CRF: f32 = 28.0;

/// One frame on two threads against one, in one pool each.
fn time_threads(rounds: usize) {
    let pools =
        [1, 2].map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads"));
    for preset in [Preset::Veryfast, Preset::Ultrafast] {
        for (width, height) in SIZES {
            let content = Content::named("coffee-scaled").expect("a known content");
            let source = planes(&content.picture(width, height));
            let mut compressor = FrameCompressor::new(Codec::H265).preset(preset);
            compressor = compressor.crf(CRF).expect("a CRF in range");
            let mut times = [const { Vec::new() }; 2];
            for _ in 0..rounds {
                for (pool, times) in pools.iter().zip(&mut times) {
                    let mut result = source.clone();
                    let start = Instant::now();
                    pool.install(|| compressor.apply_to_planes(&mut result)).expect("a valid picture");
                    times.push(start.elapsed());
                }
            }
            let [one, two] = times.map(median);
            let work = format!("H.265 crf 28 {preset}, planes, 2 threads");
            Comparison { work: &work, against: "the same on 1 thread", picture: "coffee", width, height }
                .print(two, one);
        }
    }
}

fn main() {
    let rounds = std::env::args().nth(1).map_or(5, |rounds| rounds.parse().expect("a number of rounds"));
    if std::env::args().nth(2).as_deref() == Some("threads") {
        return time_threads(rounds);
    }
    for preset in [Preset::Veryfast, Preset::Ultrafast] {
        for (width, height) in SIZES {
            for name in ["astronaut-scaled", "chelsea-scaled", "coffee-scaled", "rocket-scaled"] {
                let content = Content::named(name).expect("a known content");
                let source = planes(&content.picture(width, height));
                let mut compressor =
                    FrameCompressor::new(Codec::H265).preset(preset).x265_version(X265Version::V3_5);
                compressor = compressor.crf(CRF).expect("a CRF in range");
                let (mut theirs, mut ours) = (Vec::new(), Vec::new());
                for _ in 0..rounds {
                    let encoded = x265::encode(&source, CRF.into(), preset);
                    theirs.push(encoded.time);
                    let mut result = source.clone();
                    let start = Instant::now();
                    compressor.apply_to_planes(&mut result).expect("a valid picture");
                    ours.push(start.elapsed());
                    assert_eq!(difference(&result, &encoded.reconstruction), None, "{name}");
                }
                let work = format!("H.265 crf 28 {preset}, planes");
                let against = "libx265, encode only, one thread";
                Comparison { work: &work, against, picture: name, width, height }
                    .print(median(ours), median(theirs));
            }
        }
    }
}
