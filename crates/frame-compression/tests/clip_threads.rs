//! One clip on the threads of the caller's pool: the same frames as on one, whenever they are asked for.
#![cfg(feature = "rayon")]

use frame_compression::{
    ClipCompressor, Component, FrameRate, FrameStatistics, H264, H264Preset, H264Tune, Planes, Subsampling,
};
use rayon::{ThreadPool, ThreadPoolBuilder};
use test_pictures::{Picture, Rng, random_picture};

/// A picture that moves, cut off by another one now and then.
fn clip(rng: &mut Rng, frames: usize) -> Vec<Planes> {
    let (width, height) = (16 + 2 * rng.below(50), 16 + 2 * rng.below(50));
    let (dx, dy) = (rng.below(4), rng.below(3));
    let mut world = random_picture(rng, width + dx * frames, height + dy * frames);
    let frame = |t: usize| {
        if rng.below(15) == 0 {
            world = random_picture(rng, world.width, world.height);
        }
        planes(&Picture::from_fn(width, height, |x, y| world.pixel(x + dx * t, y + dy * t)))
    };
    (0..frames).map(frame).collect()
}

fn planes(picture: &Picture) -> Planes {
    let mut planes = Planes::new(picture.width, picture.height, Subsampling::S420).unwrap();
    for (component, samples) in
        [Component::Y, Component::Cb, Component::Cr].into_iter().zip(picture.ycbcr(2, 2))
    {
        planes.copy_from(component, &samples).unwrap();
    }
    planes
}

type Shown = (Vec<Vec<u8>>, Option<FrameStatistics>);

fn take(compressor: &mut ClipCompressor, shown: &mut Vec<Shown>) {
    while let Some(planes) = compressor.next_planes() {
        let rows = |component| (0..planes.size(component).1).map(move |y| (component, y));
        let all = rows(Component::Y).chain(rows(Component::Cb)).chain(rows(Component::Cr));
        let samples = all.map(|(component, y)| planes.row(component, y).to_vec()).collect();
        shown.push((samples, compressor.statistics()));
    }
}

/// The frames that come out where each is pushed in the pool that is given for it, or in none.
fn coded<'a>(
    compressor: &mut ClipCompressor,
    source: &[Planes],
    pool: impl Fn(usize) -> Option<&'a ThreadPool>,
) -> Vec<Shown> {
    let mut shown = Vec::new();
    for (i, frame) in source.iter().enumerate() {
        let mut push = || compressor.push_planes(frame.clone()).unwrap();
        match pool(i) {
            Some(pool) => pool.install(push),
            None => push(),
        }
        take(compressor, &mut shown);
    }
    match pool(source.len()) {
        Some(pool) => pool.install(|| compressor.finish()),
        None => compressor.finish(),
    }
    take(compressor, &mut shown);
    shown
}

#[test]
fn clips_do_not_depend_on_the_number_of_threads() {
    let mut rng = Rng::new(7);
    let pools = [1, 2, 3, 8].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    let presets = ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"];
    // Film's frames go on from what others leave of the source's coefficients.
    let tunes = [None, None, Some(H264Tune::Film), Some(H264Tune::Zerolatency), Some(H264Tune::Animation)];
    for case in 0..36 {
        let frames = 1 + rng.below(40);
        let source = clip(&mut rng, frames);
        let preset: H264Preset = presets[case % presets.len()].parse().unwrap();
        let (tune, slices) = (tunes[rng.below(tunes.len())], [1, 4][rng.below(2)]);
        let settings = H264::crf(20.0 + rng.below(20) as f32).unwrap().preset(preset).fps(FrameRate::FFMPEG);
        let settings = settings.tune(tune).slices(slices);
        let keyint = [250, 250, 1 + rng.below(12) as u32][rng.below(3)];
        let mut compressor = ClipCompressor::new(settings).keyint(keyint).unwrap();
        let alone = coded(&mut compressor, &source, |_| None);
        assert_eq!(alone.len(), frames);
        let name = format!("clip {case}: {frames} frames, {preset}, {tune:?}, keyint {keyint}");
        for pool in &pools {
            let together = coded(&mut compressor, &source, |_| Some(pool));
            assert!(together == alone, "{name}, {} threads", pool.current_num_threads());
        }
        let places: Vec<usize> = (0..=frames).map(|_| rng.below(5)).collect();
        let mixed = coded(&mut compressor, &source, |i| pools.get(places[i]));
        assert!(mixed == alone, "{name}, here and there");
    }
}

/// Frames that wait for others to be coded beside them come out when they are asked for, and the clip goes on.
#[test]
fn frames_catch_up_with_those_of_one_thread() {
    let mut rng = Rng::new(8);
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    for preset in ["ultrafast", "veryfast"] {
        let source = clip(&mut rng, 30);
        let settings = H264::crf(28.0).unwrap().preset(preset.parse::<H264Preset>().unwrap());
        let [mut one, mut two] = [0; 2].map(|_| ClipCompressor::new(settings.fps(FrameRate::FFMPEG)));
        let [mut alone, mut together] = [0; 2].map(|_| Vec::new());
        let mut waited = 0;
        for (i, frame) in source.iter().enumerate() {
            one.push_planes(frame.clone()).unwrap();
            pool.install(|| two.push_planes(frame.clone())).unwrap();
            take(&mut one, &mut alone);
            take(&mut two, &mut together);
            waited += alone.len() - together.len();
            if i % 4 == 3 {
                match rng.below(2) {
                    0 => two.catch_up(),
                    _ => pool.install(|| two.catch_up()),
                }
                take(&mut two, &mut together);
                assert_eq!(alone.len(), together.len(), "{preset}, frame {i}");
            }
        }
        [&mut one, &mut two].into_iter().for_each(ClipCompressor::finish);
        take(&mut one, &mut alone);
        take(&mut two, &mut together);
        assert!(alone == together && alone.len() == 30, "{preset}");
        assert!(waited > 0, "{preset}");
    }
}
