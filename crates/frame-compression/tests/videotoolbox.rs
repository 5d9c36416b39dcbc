//! Apple's codecs: what they do there, and what asking for them answers elsewhere.

use frame_compression::{
    Codec, Error, FrameCompressor, Planes, Settings, Subsampling, Tensor, TensorViewMut,
};

/// Apple's own of a codec.
fn of_apple(codec: Codec) -> Settings {
    let mut settings = Settings::from(codec);
    settings.set("backend", "videotoolbox").unwrap();
    settings
}

#[cfg(not(target_vendor = "apple"))]
mod elsewhere {
    use frame_compression::Backend;

    use super::*;

    #[test]
    fn the_backend_is_named_in_the_error_and_nothing_is_written() {
        for codec in [Codec::H264, Codec::H265, Codec::Jpeg] {
            let mut compressor = FrameCompressor::new(of_apple(codec));
            let mut samples = vec![0.3f32; 16 * 16 * 3];
            let image = TensorViewMut::new(&mut samples, &[1, 16, 16, 3]).unwrap();
            let error = compressor.apply_in_place(image).unwrap_err();
            assert!(
                matches!(error, Error::BackendUnavailable { backend: Backend::VideoToolbox, codec: given, .. }
                    if given == codec),
                "{error:?}"
            );
            let text = error.to_string();
            assert!(text.contains("videotoolbox") && text.contains("Apple"), "{text}");
            assert!(samples.iter().all(|&sample| sample == 0.3));

            let mut planes = Planes::new(16, 16, Subsampling::S420).unwrap();
            let error = compressor.apply_to_planes(&mut planes).unwrap_err();
            assert!(matches!(error, Error::BackendUnavailable { .. }), "{error:?}");
        }
    }

    #[test]
    fn a_codec_that_apple_does_not_have_is_refused_by_name() {
        for codec in [Codec::WebP, Codec::Mpeg2, Codec::Mpeg4, Codec::Mjpeg] {
            let mut settings = Settings::from(codec);
            let error = settings.set("backend", "videotoolbox").unwrap_err();
            assert!(
                matches!(error, Error::BackendUnavailable { backend: Backend::VideoToolbox, codec: given, .. }
                    if given == codec),
                "{error:?}"
            );
            assert_eq!(settings, Settings::from(codec));
        }
    }

    #[test]
    fn the_native_backend_may_be_named() {
        let image = Tensor::new(vec![0.3f32; 16 * 16 * 3], &[1, 16, 16, 3]).unwrap();
        let mut settings = Settings::from(Codec::H264);
        settings.set("backend", "native").unwrap();
        let named = FrameCompressor::new(settings).apply(&image);
        assert_eq!(named, FrameCompressor::new(Codec::H264).apply(&image));
    }
}

#[cfg(target_vendor = "apple")]
mod on_apple {
    use super::*;
    use half::f16;

    const SIDE: usize = 256;
    /// `kVTCouldNotFindVideoEncoderErr`: this machine has no such encoder.
    const NO_ENCODER: i32 = -12908;

    /// Waves in red, a checkerboard of 8 in green, slopes in blue.
    fn pattern() -> Tensor<f32> {
        let mut samples = Vec::with_capacity(SIDE * SIDE * 3);
        for y in 0..SIDE {
            for x in 0..SIDE {
                let (u, v) = (x as f32 / (SIDE - 1) as f32, y as f32 / (SIDE - 1) as f32);
                let waves = ((u * 40.0).sin() + (v * 30.0).sin()) * 0.5;
                let checkerboard = if (x / 8 + y / 8).is_multiple_of(2) { 0.8 } else { -0.8 };
                samples.extend([waves, checkerboard, u + v - 1.0]);
            }
        }
        Tensor::new(samples, &[1, SIDE, SIDE, 3]).unwrap()
    }

    fn compressor(codec: Codec, quality: f32) -> FrameCompressor {
        FrameCompressor::new(of_apple(codec)).quality(quality).unwrap()
    }

    fn mean_absolute_error(a: &Tensor<f32>, b: &Tensor<f32>) -> f64 {
        let sum: f64 = a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| f64::from((a - b).abs())).sum();
        sum / a.as_slice().len() as f64
    }

    /// The codecs of this machine: all, but that H.265 may be missing.
    fn codecs() -> Vec<Codec> {
        let has = |codec: Codec| match compressor(codec, 95.0).apply(&pattern()) {
            Err(Error::Platform { call: "VTCompressionSessionCreate", status: NO_ENCODER }) => {
                assert_eq!(codec, Codec::H265, "every Mac has {codec}");
                eprintln!("no H.265 encoder here: its tests are left out");
                false
            }
            _ => true,
        };
        Codec::ALL.into_iter().filter(|&codec| has(codec)).collect()
    }

    #[test]
    fn a_lower_quality_keeps_less_of_the_picture() {
        let original = pattern();
        for codec in codecs() {
            let [error_95, error_10] = [95.0, 10.0].map(|quality| {
                let degraded = compressor(codec, quality).apply(&original).unwrap();
                assert_eq!(degraded.shape(), original.shape());
                assert!(degraded.as_slice().iter().all(|sample| sample.abs() <= 1.0001), "{codec}");
                mean_absolute_error(&original, &degraded)
            });
            assert!(error_95 > 0.0001, "{codec}: {error_95}");
            assert!(error_10 > error_95 + 0.001, "{codec}: {error_10} and {error_95}");
            // Swapped channels or rows would err far more than any compression.
            assert!(error_95 < 0.2, "{codec}: {error_95}");
        }
    }

    #[test]
    fn one_compressor_codes_many_sizes_and_element_types() {
        for codec in codecs() {
            let mut compressor = compressor(codec, 80.0);
            for (height, width) in [(64, 64), (96, 160), (130, 98), (256, 64)] {
                let shape = [1, height, width, 3];
                let length = height * width * 3;
                let bytes = compressor.apply(&Tensor::new(vec![128u8; length], &shape).unwrap()).unwrap();
                assert!(bytes.as_slice().iter().all(|&b| b.abs_diff(128) <= 4), "{codec} {width}x{height}");
                let halves = vec![f16::from_f32(0.0); length];
                let halves = compressor.apply(&Tensor::new(halves, &shape).unwrap()).unwrap();
                assert!(
                    halves.as_slice().iter().all(|h| h.to_f32().abs() <= 0.04),
                    "{codec} {width}x{height}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_coded_is_refused_before_anything_is_written() {
        let odd = Tensor::new(vec![0.0f32; 15 * 16 * 3], &[1, 15, 16, 3]).unwrap();
        for codec in [Codec::H264, Codec::H265] {
            let error = compressor(codec, 50.0).apply(&odd);
            assert_eq!(error, Err(Error::OddSize { codec, width: 16, height: 15 }));
        }
        assert!(compressor(Codec::Jpeg, 50.0).apply(&odd).is_ok(), "JPEG takes every size");
        for codec in Codec::ALL {
            let mut samples = vec![0.0f32; 16 * 16 * 3];
            samples[20] = f32::NAN;
            let image = TensorViewMut::new(&mut samples, &[1, 16, 16, 3]).unwrap();
            let error = compressor(codec, 50.0).apply_in_place(image).unwrap_err();
            assert!(matches!(error, Error::NonFiniteSample { column: 6, channel: 2, .. }), "{error:?}");
            assert!(samples.iter().all(|&sample| sample == 0.0 || sample.is_nan()));

            let setting = of_apple(codec).set("subsampling", "444");
            assert!(matches!(setting, Err(Error::UnsupportedSetting { .. })), "{setting:?}");
            let mut planes = Planes::new(16, 16, Subsampling::S420).unwrap();
            let planes = compressor(codec, 50.0).apply_to_planes(&mut planes);
            assert!(matches!(planes, Err(Error::BackendUnavailable { .. })), "{planes:?}");
        }
    }

    #[test]
    fn many_threads_may_code_at_once() {
        let code = |codec| compressor(codec, 30.0).apply(&pattern()).unwrap();
        let jpeg = code(Codec::Jpeg);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    assert!(mean_absolute_error(&pattern(), &code(Codec::H264)) > 0.0001);
                    assert!(code(Codec::Jpeg) == jpeg, "ImageIO is one program on every thread");
                });
            }
        });
    }
}
