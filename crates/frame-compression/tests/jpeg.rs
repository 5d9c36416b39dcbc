//! JPEG through the public API: settings, tables, and pictures that were in Y, Cb, Cr already.

use frame_compression::{
    Codec, Component, Error, FrameCompressor, Planes, Quality, QuantTables, Subsampling, Tensor, TensorView,
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
        let by_tables = FrameCompressor::new(Codec::Jpeg).quant_tables(tables).apply(&image).unwrap();
        assert_eq!(by_quality, by_tables);
    }
}

#[test]
fn tables_take_the_place_of_the_quality_whichever_comes_first() {
    let image = photograph(40, 24);
    let tables = QuantTables::new([77; 64], [99; 64]).unwrap();
    let first =
        FrameCompressor::new(Codec::Jpeg).quant_tables(tables).quality(90.0f32).unwrap().apply(&image);
    let last = FrameCompressor::new(Codec::Jpeg).quality(10.0f32).unwrap().quant_tables(tables).apply(&image);
    assert_eq!(first.unwrap(), last.unwrap());
}

#[test]
fn the_video_codecs_take_no_tables() {
    let tables = QuantTables::new([1; 64], [1; 64]).unwrap();
    let refused = FrameCompressor::new(Codec::H264).quant_tables(tables).apply(&photograph(32, 32));
    assert!(matches!(refused, Err(Error::UnsupportedSetting { codec: Codec::H264, .. })), "{refused:?}");
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
    let degraded =
        FrameCompressor::new(Codec::Jpeg).subsampling(Subsampling::Grey).apply(&photograph(30, 20)).unwrap();
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
        let mut compressor =
            FrameCompressor::new(Codec::Jpeg).quality(20.0f32).unwrap().subsampling(subsampling);
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
fn an_error_leaves_the_output_as_it_was() {
    let mut image = vec![0.5f32; 40 * 30 * 3];
    image[40 * 29 * 3] = f32::NAN;
    let mut compressor = FrameCompressor::new(Codec::Jpeg);
    let mut output = vec![7u8; image.len()];
    let shape = [1, 30, 40, 3];
    let failed = compressor.apply_into(
        TensorView::new(&image, &shape).unwrap(),
        TensorViewMut::new(&mut output, &shape).unwrap(),
    );
    assert!(
        matches!(failed, Err(Error::NonFiniteSample { row: 29, column: 0, channel: 0, .. })),
        "{failed:?}"
    );
    assert!(output.iter().all(|&sample| sample == 7));
    let before: Vec<u32> = image.iter().map(|sample| sample.to_bits()).collect();
    assert!(compressor.apply_in_place(TensorViewMut::new(&mut image, &shape).unwrap()).is_err());
    assert!(image.iter().map(|sample| sample.to_bits()).eq(before));
}

#[test]
fn nothing_is_allocated_after_the_first_picture_of_a_size() {
    for subsampling in Subsampling::ALL {
        let mut compressor = FrameCompressor::new(Codec::Jpeg).subsampling(subsampling);
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
                FrameCompressor::new(Codec::Jpeg).subsampling(subsampling).value_range(ValueRange::Unit);
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

#[test]
fn a_wrong_sample_in_the_last_row_leaves_the_output_as_it_was() {
    let shape = [1, 70, 20, 3];
    let mut image = vec![0.25f32; 70 * 20 * 3];
    *image.last_mut().unwrap() = f32::NAN;
    let error = Error::NonFiniteSample { value: f64::NAN, row: 69, column: 19, channel: 2 };
    let mut compressor = FrameCompressor::new(Codec::Jpeg);
    let mut output = vec![7u8; image.len()];
    let input = TensorView::new(&image, &shape).unwrap();
    let failed = compressor.apply_into(input, TensorViewMut::new(&mut output, &shape).unwrap()).unwrap_err();
    assert_eq!(failed.to_string(), error.to_string());
    assert!(output.iter().all(|&sample| sample == 7));
    let failed = compressor.apply(&Tensor::new(image.clone(), &shape).unwrap()).unwrap_err();
    assert_eq!(failed.to_string(), error.to_string());
    compressor.apply_in_place(TensorViewMut::new(&mut image, &shape).unwrap()).unwrap_err();
    assert!(image[..image.len() - 1].iter().all(|&sample| sample == 0.25));
}
