//! JPEG through the public API: settings, tables, and pictures that were in Y, Cb, Cr already.

use frame_compression::{
    Codec, Component, FrameCompressor, Jpeg, Planes, Quality, QuantTables, Subsampling, Tensor, TensorView,
    TensorViewMut, ValueRange, apply_compression_artifacts,
};
use test_pictures::{Content, Photograph};

fn photograph(width: usize, height: usize) -> Tensor<u8> {
    Tensor::new(Photograph::Astronaut.crop(width, height).rgb, &[1, height, width, 3]).unwrap()
}

#[test]
fn tables_of_a_quality_give_the_picture_of_that_quality() {
    let image = photograph(51, 37);
    for quality in [1.0, 43.0, 100.0] {
        let quality = Quality::new(quality).unwrap();
        let by_quality = apply_compression_artifacts(&image, Codec::Jpeg, quality).unwrap();
        let tables = QuantTables::from_quality(quality);
        let by_tables = FrameCompressor::new(Jpeg::from(tables)).apply(&image).unwrap();
        assert_eq!(by_quality, by_tables);
    }
}

#[test]
fn tables_take_the_place_of_the_quality_whichever_comes_first() {
    let image = photograph(40, 24);
    let tables = QuantTables::new([77; 64], [99; 64]).unwrap();
    let first = FrameCompressor::new(Jpeg::from(tables)).quality(90.0f32).unwrap().apply(&image);
    let last = FrameCompressor::new(Jpeg::quality(10.0f32).unwrap().quant_tables(tables)).apply(&image);
    assert_eq!(first.unwrap(), last.unwrap());
}

#[test]
fn a_crf_is_the_quality_that_it_stands_for() {
    let image = photograph(33, 17);
    let by_crf = FrameCompressor::new(Codec::Jpeg).crf(29.0f32).unwrap().apply(&image).unwrap();
    assert_eq!(
        by_crf,
        apply_compression_artifacts(&image, Codec::Jpeg, Quality::new(43.0).unwrap()).unwrap()
    );
}

#[test]
fn one_compressor_gives_what_fresh_ones_give_whatever_came_before() {
    let mut kept = FrameCompressor::new(Codec::Jpeg);
    for (content, width, height, quality) in
        [("noise", 70, 50, 5.0), ("coffee", 9, 90, 95.0), ("bars", 1, 1, 40.0), ("noise", 70, 51, 6.0)]
    {
        let picture = Content::named(content).unwrap().picture(width, height);
        let image = Tensor::new(picture.rgb, &[1, height, width, 3]).unwrap();
        let quality = Quality::new(quality).unwrap();
        kept.set_quality(quality);
        assert_eq!(
            kept.apply(&image).unwrap(),
            apply_compression_artifacts(&image, Codec::Jpeg, quality).unwrap()
        );
    }
}

#[test]
fn grey_comes_back_as_three_equal_channels() {
    let degraded = FrameCompressor::new(Jpeg::default().subsampling(Subsampling::Grey))
        .apply(&photograph(30, 20))
        .unwrap();
    assert!(degraded.as_slice().chunks_exact(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]));
}

#[test]
fn planes_are_coded_as_they_are() {
    // Grey pictures need no conversion, so their planes have to come out as their pixels do.
    let image = photograph(45, 29);
    let grey = Tensor::new(
        image.as_slice().chunks_exact(3).flat_map(|pixel| [pixel[0]; 3]).collect(),
        &[1, 29, 45, 3],
    )
    .unwrap();
    for subsampling in Subsampling::ALL {
        let mut compressor = FrameCompressor::new(Jpeg::quality(20.0f32).unwrap().subsampling(subsampling));
        let expected = compressor.apply(&grey).unwrap();
        let mut planes = Planes::new(45, 29, subsampling).unwrap();
        for y in 0..29 {
            for (x, luma) in planes.row_mut(Component::Y, y).iter_mut().enumerate() {
                *luma = grey.as_slice()[(y * 45 + x) * 3];
            }
        }
        for component in [Component::Cb, Component::Cr] {
            for y in 0..planes.size(component).1 {
                planes.row_mut(component, y).fill(128);
            }
        }
        compressor.apply_to_planes(&mut planes).unwrap();
        for y in 0..29 {
            let luma = expected.as_slice()[y * 45 * 3..][..45 * 3].iter().step_by(3);
            assert!(planes.row(Component::Y, y).iter().eq(luma), "{subsampling}, row {y}");
        }
    }
}

#[test]
fn nothing_is_allocated_after_the_first_picture_of_a_size() {
    for subsampling in Subsampling::ALL {
        let mut compressor = FrameCompressor::new(Jpeg::default().subsampling(subsampling));
        let mut image = vec![0.25f32; 67 * 45 * 3];
        let mut apply =
            || compressor.apply_in_place(TensorViewMut::new(&mut image, &[1, 45, 67, 3]).unwrap()).unwrap();
        apply();
        let later = allocation_counter::measure(apply);
        assert_eq!(later.count_total, 0, "{subsampling}");
    }
}

#[test]
fn every_way_in_and_out_gives_the_same_picture() {
    for subsampling in Subsampling::ALL {
        for (width, height) in [(1, 1), (3, 15), (5, 16), (33, 17), (40, 31), (47, 33), (64, 50), (100, 96)] {
            let shape = [1, height, width, 3];
            let bytes = Photograph::Coffee.crop(width, height).rgb;
            let floats: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect();
            let to_bytes =
                |floats: &[f32]| floats.iter().map(|x| (x * 255.0).round() as u8).collect::<Vec<_>>();
            let mut compressor =
                FrameCompressor::new(Jpeg::default().subsampling(subsampling)).value_range(ValueRange::Unit);
            let expected = compressor.apply(&Tensor::new(bytes.clone(), &shape).unwrap()).unwrap().into_vec();

            let mut image = bytes.clone();
            compressor.apply_in_place(TensorViewMut::new(&mut image, &shape).unwrap()).unwrap();
            assert_eq!(image, expected, "bytes in place");
            let mut image = floats.clone();
            compressor.apply_in_place(TensorViewMut::new(&mut image, &shape).unwrap()).unwrap();
            assert_eq!(to_bytes(&image), expected, "floats in place");
            let image = compressor.apply(&Tensor::new(floats.clone(), &shape).unwrap()).unwrap();
            assert_eq!(to_bytes(image.as_slice()), expected, "floats into a tensor of their own");

            let (input, mut output) = (TensorView::new(&bytes, &shape).unwrap(), vec![0.0f32; bytes.len()]);
            compressor.apply_into(input, TensorViewMut::new(&mut output, &shape).unwrap()).unwrap();
            assert_eq!(to_bytes(&output), expected, "bytes into floats");
            let (input, mut output) = (TensorView::new(&floats, &shape).unwrap(), vec![0; bytes.len()]);
            compressor.apply_into(input, TensorViewMut::new(&mut output, &shape).unwrap()).unwrap();
            assert_eq!(output, expected, "floats into bytes");

            // Channels apart, in place: a row is not packed.
            let planar = |at: usize| at % 3 * width * height + at / 3;
            let mut image = vec![0; bytes.len()];
            for (at, &byte) in bytes.iter().enumerate() {
                image[planar(at)] = byte;
            }
            let strides = [0, width, 1, width * height];
            let view = TensorViewMut::with_strides(&mut image, &shape, strides).unwrap();
            compressor.apply_in_place(view).unwrap();
            assert!(
                expected.iter().enumerate().all(|(at, &byte)| image[planar(at)] == byte),
                "{width}x{height}"
            );
        }
    }
}
