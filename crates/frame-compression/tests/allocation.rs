//! After the first picture of a size and an element type, a compressor allocates nothing.

use frame_compression::{Codec, Crf, FrameCompressor, Jpeg, Subsampling, TensorViewMut};
use test_pictures::{Content, Photograph, Rng, random_picture};

/// Allocations of coding one picture, after others of the same size went before.
fn allocations(mut compressor: FrameCompressor, width: usize, height: usize) -> u64 {
    let shape = [1, height, width, 3];
    let mut rng = Rng::new(21);
    let mut picture = Content::Scaled(Photograph::Astronaut).picture(width, height).rgb;
    compressor.apply_in_place(TensorViewMut::new(&mut picture, &shape).unwrap()).unwrap();
    let mut images: Vec<Vec<u8>> = (0..4).map(|_| random_picture(&mut rng, width, height).rgb).collect();
    let mut floats: Vec<f32> = images[0].iter().map(|&byte| f32::from(byte) / 127.5 - 1.0).collect();
    compressor.apply_in_place(TensorViewMut::new(&mut floats, &shape).unwrap()).unwrap();
    let counted = allocation_counter::measure(|| {
        for (image, crf) in images.iter_mut().zip([1.0, 20.0, 35.0, 51.0]) {
            compressor.set_crf(Crf::new(crf).unwrap());
            compressor.apply_in_place(TensorViewMut::new(image, &shape).unwrap()).unwrap();
        }
        compressor.apply_in_place(TensorViewMut::new(&mut floats, &shape).unwrap()).unwrap();
    });
    counted.count_total
}

#[test]
fn no_allocation_after_the_first_picture_of_a_size() {
    for codec in Codec::ALL {
        for (width, height) in [(16, 16), (130, 98), (320, 200)] {
            assert_eq!(
                allocations(FrameCompressor::new(codec), width, height),
                0,
                "{codec} {width}x{height}"
            );
        }
    }
    for subsampling in Subsampling::ALL {
        let compressor = FrameCompressor::new(Jpeg::default().subsampling(subsampling));
        assert_eq!(allocations(compressor, 131, 97), 0, "JPEG {subsampling}");
    }
}

#[test]
fn allocations_are_counted() {
    let counted = allocation_counter::measure(|| {
        let mut compressor = FrameCompressor::new(Codec::H264);
        let mut picture = vec![0u8; 64 * 64 * 3];
        compressor.apply_in_place(TensorViewMut::new(&mut picture, &[1, 64, 64, 3]).unwrap()).unwrap();
    });
    assert!(counted.count_total > 1, "the counter has to see the first picture's allocations");
}
