//! The contract of the public functions: what is refused, in which order and words, and that what is
//! accepted gives the same picture whatever the element type, the strides and the output.

use frame_compression::{
    Codec, Component, Crf, Error, ErrorKind, FrameCompressor, MAX_SIDE, Planes, Quality, Sample, Settings,
    Subsampling, Tensor, TensorView, TensorViewMut, ValueRange, apply_compression_artifacts,
};
use half::{bf16, f16};
use test_pictures::{Content, Photograph, Rng, random_picture};

/// The codecs of this build with a size that each takes.
const CODECS: [Codec; Codec::ALL.len()] = Codec::ALL;
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
        let error = Settings::from(codec).set("subsampling", "444").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedSetting);
    }
    if !cfg!(target_vendor = "apple") {
        for codec in CODECS {
            let mut settings = Settings::from(codec);
            // Of some codecs Apple has none, which is said at once.
            let set = settings.set("backend", "videotoolbox");
            let error = set.and_then(|()| FrameCompressor::new(settings).apply(&odd)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BackendUnavailable);
        }
    }
}

/// Tries every entrance with an image that is refused, and looks whether anything has been written.
fn refused_and_untouched<T: Sample + std::fmt::Debug>(
    codec: Codec,
    image: &Tensor<T>,
    bits: impl Fn(T) -> u64,
) -> Error {
    let mut compressor = FrameCompressor::new(codec);
    let shape = image.shape();
    let all_bits = |samples: &[T]| samples.iter().map(|&sample| bits(sample)).collect::<Vec<_>>();
    let error = compressor.apply(image).unwrap_err();
    let alike = |other: Error| assert_eq!(other.to_string(), error.to_string(), "{codec}");

    let mut in_place = image.clone();
    alike(compressor.apply_in_place(in_place.view_mut()).unwrap_err());
    assert_eq!(all_bits(in_place.as_slice()), all_bits(image.as_slice()), "{codec}, in place");

    let mut bytes = vec![9u8; image.as_slice().len()];
    alike(compressor.apply_into(image.view(), TensorViewMut::new(&mut bytes, &shape).unwrap()).unwrap_err());
    assert!(bytes.iter().all(|&byte| byte == 9), "{codec}, into bytes");
    let mut floats = vec![9.0f32; image.as_slice().len()];
    alike(compressor.apply_into(image.view(), TensorViewMut::new(&mut floats, &shape).unwrap()).unwrap_err());
    assert!(floats.iter().all(|&float| float == 9.0), "{codec}, into floats");

    // Channels first.
    let [_, height, width, _] = shape;
    let mut planar = vec![T::default(); image.as_slice().len()];
    for (i, &sample) in image.as_slice().iter().enumerate() {
        planar[i % 3 * height * width + i / 3] = sample;
    }
    let before = all_bits(&planar);
    let strides = [0, width, 1, height * width];
    alike(
        compressor
            .apply_in_place(TensorViewMut::with_strides(&mut planar, &shape, strides).unwrap())
            .unwrap_err(),
    );
    assert_eq!(all_bits(&planar), before, "{codec}, channels first");
    error
}

#[test]
fn an_error_leaves_the_caller_s_memory_as_it_was() {
    let (height, width) = SIZE;
    let last = (height - 1, width - 1, 2);
    for codec in CODECS {
        for (row, column, channel) in [(0, 0, 0), (31, 17, 2), last] {
            let at = (row * width + column) * 3 + channel;
            for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut image = floats(ValueRange::SignedUnit);
                image.as_mut_slice()[at] = wrong;
                let shape = image.shape();
                let with = |error: Error| {
                    let Error::NonFiniteSample { value, row: r, column: x, channel: c } = error else {
                        panic!("{error}")
                    };
                    assert_eq!((r, x, c), (row, column, channel), "{codec}");
                    assert!(value == f64::from(wrong) || value.is_nan() && wrong.is_nan());
                };
                with(refused_and_untouched(codec, &image, |v| v.to_bits().into()));
                let f64s = image.as_slice().iter().map(|&v| f64::from(v)).collect();
                with(refused_and_untouched(codec, &Tensor::new(f64s, &shape).unwrap(), f64::to_bits));
                let f16s = image.as_slice().iter().map(|&v| f16::from_f32(v)).collect();
                with(refused_and_untouched(codec, &Tensor::new(f16s, &shape).unwrap(), |v: f16| {
                    v.to_bits().into()
                }));
                let bf16s = image.as_slice().iter().map(|&v| bf16::from_f32(v)).collect();
                with(refused_and_untouched(codec, &Tensor::new(bf16s, &shape).unwrap(), |v: bf16| {
                    v.to_bits().into()
                }));
            }
        }
        // Sizes that a codec does not take, if there are any, and settings that are not to be had here.
        for (width, height) in [(1, 1), (2, 2), (5, 3), (33, 16), (16, 33)] {
            let image = Tensor::new(vec![7u8; width * height * 3], &[1, height, width, 3]).unwrap();
            if FrameCompressor::new(codec).apply(&image).is_err() {
                refused_and_untouched(codec, &image, u64::from);
            }
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
