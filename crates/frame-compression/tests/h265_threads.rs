//! One frame on the threads of the caller's pool: the same bits as on one.
#![cfg(feature = "rayon")]

use frame_compression::{Component, FrameCompressor, H265, H265Preset, Planes, Subsampling};
use test_pictures::{Rng, random_picture};

fn planes(rng: &mut Rng, width: usize, height: usize) -> Planes {
    let picture = random_picture(rng, width, height);
    let mut planes = Planes::new(width, height, Subsampling::S420).unwrap();
    for (component, samples) in
        [Component::Y, Component::Cb, Component::Cr].into_iter().zip(picture.ycbcr(2, 2))
    {
        planes.copy_from(component, &samples).unwrap();
    }
    planes
}

fn rows(planes: &Planes) -> Vec<&[u8]> {
    let of = |component| (0..planes.size(component).1).map(move |y| planes.row(component, y));
    of(Component::Y).chain(of(Component::Cb)).chain(of(Component::Cr)).collect()
}

#[test]
fn pictures_do_not_depend_on_the_number_of_threads() {
    let mut rng = Rng::new(2);
    let pools =
        [1, 2, 3, 8].map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    for case in 0..20 {
        let (width, height) = (32 + 2 * rng.below(100), 32 + 2 * rng.below(100));
        let source = planes(&mut rng, width, height);
        let preset = H265Preset::ALL[case % H265Preset::ALL.len()];
        let compressor = || FrameCompressor::new(H265::crf(26.5).unwrap().preset(preset));
        let mut alone = source.clone();
        compressor().apply_to_planes(&mut alone).unwrap();
        for pool in &pools {
            let mut together = source.clone();
            pool.install(|| compressor().apply_to_planes(&mut together)).unwrap();
            assert_eq!(rows(&together), rows(&alone), "{width}x{height} {preset}");
        }
    }
}
