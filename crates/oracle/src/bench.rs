//! What the comparisons with the reference codecs share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use frame_compression::{FrameCompressor, Planes};

/// How long some work takes.
pub fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Width and height of a text like `512x512`.
///
/// # Panics
/// If it is none.
pub fn size(text: &str) -> (usize, usize) {
    let (width, height) = text.split_once('x').expect("a size like 512x512");
    (width.parse().expect("a width"), height.parse().expect("a height"))
}

/// The median in milliseconds.
pub fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

/// One line of `docs/performance.md`.
pub struct Comparison<'a> {
    /// What is done.
    pub work: &'a str,
    /// By whom else.
    pub against: &'a str,
    /// To what.
    pub picture: &'a str,
    /// Its width.
    pub width: usize,
    /// Its height.
    pub height: usize,
}

impl Comparison<'_> {
    /// Prints the comparison as a line of JSON; times in milliseconds.
    pub fn print(&self, ours: f64, theirs: f64) {
        let Self { work, against, picture, width, height } = self;
        println!(
            "{{\"work\": \"{work}\", \"against\": \"{against}\", \"picture\": \"{picture}\", \"size\": \"{width}x{height}\", \
             \"ours_ms\": {ours:.4}, \"peer_ms\": {theirs:.4}, \"ratio\": {:.3}}}",
            theirs / ours
        );
    }
}

/// A pool of so many threads, each kept on a core of its own, as systems that have the choice do not always part them.
///
/// # Panics
/// If the system gives no threads.
pub fn pinned_pool(threads: usize) -> rayon::ThreadPool {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .start_handler(move |thread| {
            if let Some(&core) = cores.get(thread) {
                core_affinity::set_for_current(core);
            }
        })
        .build()
        .expect("threads")
}

/// Two frames that have nothing to do with each other, each on a thread of its own: what the machine's two cores can
/// do at most. The time until both are done, from a moment at which both threads are awake.
///
/// # Panics
/// If the codec does not take the picture.
pub fn side_by_side(
    compressors: [&mut FrameCompressor; 2],
    works: [&mut Planes; 2],
    source: &Planes,
) -> Duration {
    let ready = AtomicUsize::new(0);
    let encode = |compressor: &mut FrameCompressor, work: &mut Planes| {
        work.clone_from(source);
        ready.fetch_add(1, Ordering::AcqRel);
        while ready.load(Ordering::Acquire) < 2 {
            std::hint::spin_loop();
        }
        let start = Instant::now();
        compressor.apply_to_planes(work).expect("a picture that the codec takes");
        (start, Instant::now())
    };
    let ([here, there], [work_here, work_there]) = (compressors, works);
    let (first, second) = std::thread::scope(|scope| {
        let there = scope.spawn(|| encode(there, work_there));
        (encode(here, work_here), there.join().expect("an encode that does not panic"))
    });
    first.1.max(second.1) - first.0.min(second.0)
}
