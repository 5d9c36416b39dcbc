//! The contract of the public functions: what is refused, in which order and words, and that what is
//! accepted gives the same picture whatever the element type, the strides and the output.

use frame_compression::{
    Backend, Codec, Component, Crf, Error, ErrorKind, FrameCompressor, MAX_SIDE, Planes, Quality, Sample,
    Subsampling, Tensor, TensorView, TensorViewMut, ValueRange, apply_compression_artifacts,
};
use half::{bf16, f16};
use test_pictures::{Content, Photograph, Rng, random_picture};

/// The codecs of this build with a size that each takes.
const CODECS: [Codec; 3] = Codec::ALL;
const SIZE: (usize, usize) = (34, 50);

fn bytes() -> Tensor<u8> {
    let picture = Content::Crop(Photograph::Chelsea).picture(SIZE.1, SIZE.0);
    Tensor::new(picture.rgb, &[1, SIZE.0, SIZE.1, 3]).unwrap()
}

fn floats(range: ValueRange) -> Tensor<f32> {
    let samples = bytes().into_vec().into_iter().map(|byte| match range {
        ValueRange::Unit => f32::from(byte) / 255.0,
        _ => f32::from(byte) * (2.0 / 255.0) - 1.0,
    });
    Tensor::new(samples.collect(), &[1, SIZE.0, SIZE.1, 3]).unwrap()
}

fn signed(byte: u8) -> f32 {
    f32::from(byte) * (2.0 / 255.0) - 1.0
}

#[test]
fn every_codec_degrades_and_lower_quality_degrades_more() {
    let image = floats(ValueRange::SignedUnit);
    for codec in CODECS {
        let error = |quality: f32| {
            let output = apply_compression_artifacts(&image, codec, Quality::new(quality).unwrap()).unwrap();
            assert_eq!(output.shape(), image.shape());
            assert!(output.as_slice().iter().all(|sample| (-1.0..=1.0).contains(sample)));
            let differences =
                output.as_slice().iter().zip(image.as_slice()).map(|(a, b)| f64::from((a - b).abs()));
            differences.sum::<f64>() / image.as_slice().len() as f64
        };
        let (high, low) = (error(95.0), error(10.0));
        assert!(high > 0.0001, "{codec}: {high}");
        assert!(low > high + 0.001, "{codec}: {low} and {high}");
    }
}

#[test]
fn element_types_ranges_and_outputs_agree() {
    for codec in CODECS {
        let mut compressor = FrameCompressor::new(codec).crf(35.0).unwrap();
        let expected = compressor.apply(&bytes()).unwrap();
        let expected_floats: Vec<f32> = expected.as_slice().iter().map(|&byte| signed(byte)).collect();

        let f32s = floats(ValueRange::SignedUnit);
        assert_eq!(compressor.apply(&f32s).unwrap().as_slice(), expected_floats);

        let f64s =
            Tensor::new(f32s.as_slice().iter().map(|&v| f64::from(v)).collect(), &f32s.shape()).unwrap();
        let output = compressor.apply(&f64s).unwrap();
        assert!(output.as_slice().iter().zip(&expected_floats).all(|(a, b)| *a == f64::from(*b)));

        let f16s =
            Tensor::new(f32s.as_slice().iter().map(|&v| f16::from_f32(v)).collect(), &f32s.shape()).unwrap();
        let output = compressor.apply(&f16s).unwrap();
        assert!(output.as_slice().iter().zip(&expected_floats).all(|(a, b)| *a == f16::from_f32(*b)));

        // bf16 cannot hold every byte: what it can hold goes in and comes out by the same formulas.
        let bf16s =
            Tensor::new(f32s.as_slice().iter().map(|&v| bf16::from_f32(v)).collect(), &f32s.shape()).unwrap();
        let widened =
            Tensor::new(bf16s.as_slice().iter().map(|v| v.to_f32()).collect(), &f32s.shape()).unwrap();
        let (output, wide) = (compressor.apply(&bf16s).unwrap(), compressor.apply(&widened).unwrap());
        assert!(output.as_slice().iter().zip(wide.as_slice()).all(|(a, b)| *a == bf16::from_f32(*b)));

        let mut unit = FrameCompressor::new(codec).crf(35.0).unwrap().value_range(ValueRange::Unit);
        let output = unit.apply(&floats(ValueRange::Unit)).unwrap();
        assert!(output.as_slice().iter().zip(expected.as_slice()).all(|(a, b)| *a == f32::from(*b) / 255.0));

        let mut into = vec![0.0f32; expected_floats.len()];
        let view = TensorViewMut::new(&mut into, &f32s.shape()).unwrap();
        compressor.apply_into(bytes().view(), view).unwrap();
        assert_eq!(into, expected_floats, "bytes in, floats out");

        let mut here = f32s.clone();
        compressor.apply_in_place(here.view_mut()).unwrap();
        assert_eq!(here.as_slice(), expected_floats);
    }
}

#[test]
fn strides_change_nothing_and_gaps_are_left_alone() {
    let (height, width) = SIZE;
    let packed = bytes();
    for codec in CODECS {
        let mut compressor = FrameCompressor::new(codec);
        let expected = compressor.apply(&packed).unwrap();

        // Channels first, each row followed by 5 bytes that belong to nobody.
        let (row, plane) = (width + 5, (width + 5) * height);
        let strides = [3 * plane, row, 1, plane];
        let mut planar = vec![7u8; 3 * plane];
        for (i, &sample) in packed.as_slice().iter().enumerate() {
            planar[i % 3 * plane + i / 3 / width * row + i / 3 % width] = sample;
        }
        let view = TensorView::with_strides(&planar, &packed.shape(), strides).unwrap();
        assert_eq!(compressor.apply(&view).unwrap(), expected);

        compressor
            .apply_in_place(TensorViewMut::with_strides(&mut planar, &packed.shape(), strides).unwrap())
            .unwrap();
        for (i, sample) in planar.iter().enumerate() {
            let (c, y, x) = (i / plane, i % plane / row, i % row);
            let wanted = if x < width { expected.as_slice()[(y * width + x) * 3 + c] } else { 7 };
            assert_eq!(*sample, wanted, "{codec} at channel {c}, row {y}, column {x}");
        }

        // One pixel for the whole picture.
        let broadcast = TensorView::with_strides(&[10u8, 200, 30], &packed.shape(), [0, 0, 0, 1]).unwrap();
        let flat = Tensor::new([10u8, 200, 30].repeat(height * width), &packed.shape()).unwrap();
        assert_eq!(compressor.apply(&broadcast).unwrap(), compressor.apply(&flat).unwrap());
    }
}

#[test]
fn a_compressor_gives_what_a_fresh_one_gives_whatever_came_before() {
    let mut rng = Rng::new(11);
    for codec in CODECS {
        let mut used = FrameCompressor::new(codec);
        for _ in 0..60 {
            let (width, height) = (16 + 2 * rng.below(50), 16 + 2 * rng.below(50));
            let picture = random_picture(&mut rng, width, height);
            let tensor = Tensor::new(picture.rgb, &[1, height, width, 3]).unwrap();
            let crf = Crf::new(rng.below(52) as f32).unwrap();
            used.set_crf(crf);
            let mut fresh = FrameCompressor::new(codec).crf(crf).unwrap();
            assert_eq!(
                used.apply(&tensor).unwrap(),
                fresh.apply(&tensor).unwrap(),
                "{codec} {width}x{height} {crf:?}"
            );
        }
    }
}

#[test]
fn errors_come_in_the_documented_order_and_say_what_was_given() {
    assert_eq!(Quality::new(101.0).unwrap_err().kind(), ErrorKind::InvalidQuality);
    assert_eq!(FrameCompressor::new(Codec::H264).crf(-0.5).unwrap_err(), Error::InvalidCrf { given: -0.5 });
    assert_eq!(
        FrameCompressor::new(Codec::H264).quality(f32::NAN).unwrap_err().kind(),
        ErrorKind::InvalidQuality
    );

    let big = MAX_SIDE + 2;
    assert_eq!(TensorView::<u8>::new(&[], &[1, big, 3, 4]).unwrap_err().kind(), ErrorKind::InvalidShape);
    let too_large = TensorView::<u8>::new(&[], &[1, big, 3, 3]).unwrap_err();
    assert_eq!(too_large, Error::TooLarge { width: 3, height: big });
    assert!(too_large.to_string().contains("3x16386") && too_large.to_string().contains("16384x16384"));
    assert_eq!(TensorView::<u8>::new(&[0; 9], &[1, 1, 4, 3]).unwrap_err().kind(), ErrorKind::BufferLength);

    let odd = Tensor::new(vec![f32::NAN; 3 * 5 * 3], &[1, 3, 5, 3]).unwrap();
    for codec in [Codec::H264, Codec::H265] {
        let quality = Quality::new(50.0).unwrap();
        let error = apply_compression_artifacts(&odd, codec, quality).unwrap_err();
        assert_eq!(error, Error::OddSize { codec, width: 5, height: 3 }, "sizes are checked before samples");
        assert!(error.to_string().contains("5x3") && error.to_string().contains("even"), "{error}");
        let error = FrameCompressor::new(codec).subsampling(Subsampling::S444).apply(&odd).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedSetting);
    }
    if !cfg!(target_vendor = "apple") {
        for codec in CODECS {
            let error = FrameCompressor::new(codec).backend(Backend::VideoToolbox).apply(&odd).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BackendUnavailable);
        }
    }
}

#[test]
fn samples_that_are_not_finite_are_refused_by_place_and_nothing_is_written() {
    let at = (31 * SIZE.1 + 17) * 3 + 2;
    for codec in CODECS {
        let mut compressor = FrameCompressor::new(codec);
        for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut image = floats(ValueRange::SignedUnit);
            image.as_mut_slice()[at] = wrong;
            let error = compressor.apply(&image).unwrap_err();
            let Error::NonFiniteSample { value, row, column, channel } = error else { panic!("{error}") };
            assert_eq!((row, column, channel), (31, 17, 2));
            assert_eq!(value.to_bits(), f64::from(wrong).to_bits());

            let before: Vec<u32> = image.as_slice().iter().map(|sample| sample.to_bits()).collect();
            compressor.apply_in_place(image.view_mut()).unwrap_err();
            let after: Vec<u32> = image.as_slice().iter().map(|sample| sample.to_bits()).collect();
            assert_eq!(before, after);

            let mut output = vec![9u8; SIZE.0 * SIZE.1 * 3];
            let view = TensorViewMut::new(&mut output, &image.shape()).unwrap();
            compressor.apply_into(image.view(), view).unwrap_err();
            assert!(output.iter().all(|&byte| byte == 9));
        }
    }
}

#[test]
fn an_output_of_another_size_is_refused() {
    let mut output = Tensor::new(vec![0u8; 16 * 16 * 3], &[1, 16, 16, 3]).unwrap();
    let error = FrameCompressor::new(Codec::Jpeg).apply_into(bytes().view(), output.view_mut()).unwrap_err();
    assert_eq!(error, Error::OutputSize { given: (16, 16), needed: SIZE });
}

#[test]
fn qualities_43_and_44_are_the_same_crf_and_fractions_are_finer() {
    let apply = |compressor: Result<FrameCompressor, Error>| compressor.unwrap().apply(&bytes()).unwrap();
    for codec in [Codec::H264, Codec::H265] {
        let new = || FrameCompressor::new(codec);
        assert_eq!(apply(new().quality(43.0)), apply(new().quality(44.0)));
        assert_eq!(apply(new().quality(43.0)), apply(new().crf(29.0)));
        assert_eq!(apply(Ok(new())), apply(new().crf(29.0)), "the default");
        assert_ne!(apply(new().crf(29.5)), apply(new().crf(29.0)));
    }
    let new = || FrameCompressor::new(Codec::Jpeg);
    assert_eq!(apply(new().quality(42.6)), apply(new().quality(43.0)));
    assert_ne!(apply(new().quality(43.0)), apply(new().quality(44.0)));
    assert_eq!(apply(new().quality(0.0)), apply(new().quality(1.0)));
}

#[test]
fn planes_are_coded_as_the_image_is_and_their_subsampling_is_checked() {
    let mut planes = Planes::new(64, 48, Subsampling::S420).unwrap();
    for y in 0..48 {
        for (x, sample) in planes.row_mut(Component::Y, y).iter_mut().enumerate() {
            *sample = (x * y / 9) as u8;
        }
    }
    let before = planes.clone();
    for codec in CODECS {
        let mut planes = before.clone();
        FrameCompressor::new(codec).apply_to_planes(&mut planes).unwrap();
        assert_ne!(planes.row(Component::Y, 47), before.row(Component::Y, 47));
        assert_eq!((planes.width(), planes.height()), (64, 48));

        let mut full = Planes::new(64, 48, Subsampling::S444).unwrap();
        let error = FrameCompressor::new(codec).apply_to_planes(&mut full).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidSubsampling);
        let error = FrameCompressor::new(codec).apply_to_planes(&mut Planes::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidShape);
    }
}

#[test]
fn extreme_samples_are_clamped_not_guessed() {
    fn clamped<T: Sample + PartialEq + std::fmt::Debug>(low: T, high: T, lowest: T, highest: T) {
        for codec in CODECS {
            let mut compressor = FrameCompressor::new(codec);
            let pattern =
                |a: T, b: T| -> Vec<T> { (0..32 * 32 * 3).map(|i| if i % 7 < 3 { a } else { b }).collect() };
            let wild = Tensor::new(pattern(lowest, highest), &[1, 32, 32, 3]).unwrap();
            let tame = Tensor::new(pattern(low, high), &[1, 32, 32, 3]).unwrap();
            assert_eq!(compressor.apply(&wild).unwrap(), compressor.apply(&tame).unwrap());
        }
    }
    clamped(-1.0f32, 1.0, f32::MIN, f32::MAX);
    clamped(-1.0f64, 1.0, f64::MIN, f64::MAX);
    clamped(f16::NEG_ONE, f16::ONE, f16::MIN, f16::MAX);
    clamped(bf16::NEG_ONE, bf16::ONE, bf16::MIN, bf16::MAX);
}

#[test]
fn the_compressor_can_be_sent_and_the_function_called_from_many_threads() {
    fn is_send<T: Send>() {}
    is_send::<FrameCompressor>();
    let image = bytes();
    let expected = apply_compression_artifacts(&image, Codec::H264, Quality::DEFAULT).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let output = apply_compression_artifacts(&image, Codec::H264, Quality::DEFAULT).unwrap();
                assert_eq!(output, expected);
            });
        }
    });
}
