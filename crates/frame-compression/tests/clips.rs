//! Clips: golden hashes of libx264's frames, and the contract of the entrances.

use frame_compression::{
    ClipCompressor, ClipTensor, Codec, Component, Error, FrameCompressor, FrameRate, H264, H264Preset,
    H264Tune, H265, Jpeg, Planes, Settings, Subsampling, Tensor, TensorViewMut, apply_to_clip,
};
use test_pictures::{Rng, random_picture};

/// The clips of docs/spec/h264-clips.md, annex B.
mod golden {
    fn tri(i: i64) -> i64 {
        let j = i & 63;
        if j < 32 { j } else { 63 - j }
    }

    fn pattern(u: i64, v: i64) -> i64 {
        48 + 3 * tri(u) + 2 * tri(v + (u >> 2)) + (((u * v) >> 4) & 15)
    }

    fn noise(x: i64, y: i64, t: i64) -> i64 {
        let sum = x * 1_103_515_245 + y * 12_345 * 7919 + t * 2_654_435_761;
        ((sum & 0xffff_ffff) >> 13) & 7
    }

    /// Y, Cb or Cr (0, 1, 2) of clip `which` (1, 2, 3).
    pub(super) fn sample(which: usize, plane: usize, (x, y, t): (i64, i64, i64)) -> u8 {
        let value = match (which, plane) {
            (1, 0) => pattern(x + 2 * t, y + t),
            (1, 1) => 112 + tri(x + t),
            (1, _) => 120 + (tri(y + x) >> 1),
            (2, 0) if t >= 7 => 255 - pattern(y + 3 * t, x),
            (2, 0) => {
                let inside = (8 + 3 * t..28 + 3 * t).contains(&x) && (4 + 2 * t..20 + 2 * t).contains(&y);
                if inside { 200 + ((x + y + t) & 15) } else { pattern(x, y) }
            }
            (2, 1) if t >= 7 => 100 + tri(y),
            (2, 1) => 128,
            (2, _) if t >= 7 => 140 - tri(x + t),
            (2, _) => 118 + (tri(x) >> 1),
            (_, 0) => ((pattern(x, y) * (16 - t)) >> 4) + noise(x, y, t),
            (_, 1) => 128 + ((tri(x) * (16 - t)) >> 5),
            (_, _) => 128 + ((-tri(y) * (16 - t)) >> 5),
        };
        value.clamp(0, 255) as u8
    }
}

const COMPONENTS: [Component; 3] = [Component::Y, Component::Cb, Component::Cr];

fn golden_clip(which: usize) -> Vec<Planes> {
    (0..16)
        .map(|t| {
            let mut planes = Planes::new(96, 80, Subsampling::S420).unwrap();
            for (plane, component) in COMPONENTS.into_iter().enumerate() {
                for y in 0..planes.size(component).1 {
                    for (x, to) in planes.row_mut(component, y).iter_mut().enumerate() {
                        *to = golden::sample(which, plane, (x as i64, y as i64, t));
                    }
                }
            }
            planes
        })
        .collect()
}

fn checksum(frames: &[Planes]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for planes in frames {
        for component in COMPONENTS {
            (0..planes.size(component).1).for_each(|y| hasher.update(planes.row(component, y)));
        }
    }
    hasher.finalize()
}

/// For each CRF the checksums of a whole clip, of frame 0 and of frame 1.
type Golden = [(f32, [u32; 3]); 3];

/// Compares the clips of docs/spec/h264-clips.md, annex B, with what libx264 leaves of them.
fn check_golden_clips(parameters: &str, golden: [Golden; 3]) {
    let sources = [[0xf7d4_cf14, 0xd2d6_7ab9], [0x9f31_0a17, 0x5076_4cbe], [0xb49d_72df, 0xf42a_b55d]];
    for (i, (source, results)) in sources.into_iter().zip(golden).enumerate() {
        let which = i + 1;
        let clip = golden_clip(which);
        assert_eq!([checksum(&clip), checksum(&clip[..1])], source, "the source of clip {which}");
        for (crf, expected) in results {
            let mut frames = clip.clone();
            frame_compression::reconstruct_h264_clip(&mut frames, crf, parameters, 250).unwrap();
            let found = [checksum(&frames), checksum(&frames[..1]), checksum(&frames[1..2])];
            assert_eq!(found, expected, "clip {which} at CRF {crf}, {parameters}");
        }
    }
}

#[test]
fn golden_clips_of_ultrafast() {
    let golden = [
        [
            (18.0, [0x2e11_8a47, 0x50fd_cccb, 0xd4d6_03e4]),
            (28.0, [0x1e6f_50a6, 0x7916_c5a0, 0xe703_3dbd]),
            (40.0, [0xf45d_10b4, 0xc4d4_7af7, 0x2e5d_7c83]),
        ],
        [
            (18.0, [0xc0ad_b6d1, 0x9e24_d557, 0xe98a_a840]),
            (28.0, [0xe38e_dbdf, 0x5ca8_6e71, 0x4457_20d0]),
            (40.0, [0x9d9d_5e3a, 0x5a46_1211, 0x23d3_1c7b]),
        ],
        [
            (18.0, [0x9d4b_fabe, 0x867e_8a0a, 0xcbdc_b75c]),
            (28.0, [0xecdb_87c2, 0x9323_f263, 0xe1f5_d05e]),
            (40.0, [0xb84a_7c13, 0xc608_7be0, 0x84b8_d795]),
        ],
    ];
    check_golden_clips("preset=ultrafast:fps=25", golden);
}

/// The same clips at CRF 28 with tunes.
#[test]
fn golden_clips_of_tunes() {
    let golden = [
        ("ultrafast", "film", [0x1e6f_50a6, 0xe38e_dbdf, 0xecdb_87c2]),
        ("superfast", "fastdecode", [0x9aaa_939b, 0x87ce_6541, 0x5cfd_db30]),
        ("superfast", "animation", [0xdb50_f341, 0x3d68_b9d1, 0x1d34_0604]),
        ("veryfast", "zerolatency", [0x9057_6159, 0x80af_b2d5, 0x5b4c_7470]),
        ("veryfast", "psnr", [0x69bd_6a9c, 0xa6b1_6206, 0xc95b_6134]),
        ("faster", "grain", [0x9d14_c04f, 0xb470_e4d9, 0xa885_2103]),
        ("fast", "stillimage", [0x90b6_30ef, 0xc792_8d1f, 0x9ffb_e671]),
        ("medium", "film", [0xe9bb_9a9f, 0xa856_0912, 0x95e0_4255]),
        ("medium", "animation", [0xe3e9_d0b4, 0x3750_cb05, 0x55bb_71a2]),
        ("medium", "grain", [0xa3e7_4d14, 0x6d74_3625, 0x0421_3c0b]),
        ("medium", "ssim", [0xd551_ab72, 0x3edd_1e58, 0x5090_d177]),
    ];
    for (preset, tune, results) in golden {
        for (which, expected) in (1..).zip(results) {
            let mut frames = golden_clip(which);
            let parameters = format!("preset={preset}:tune={tune}:fps=25");
            frame_compression::reconstruct_h264_clip(&mut frames, 28.0, &parameters, 250).unwrap();
            assert_eq!(checksum(&frames), expected, "clip {which}, {parameters}");
        }
    }
}

#[test]
fn golden_clips_of_superfast_without_b_frames() {
    let golden = [
        [
            (18.0, [0xf22f_3260, 0xaf45_bccb, 0x22be_6960]),
            (28.0, [0xd04c_e351, 0xead7_5f53, 0xe7ce_bede]),
            (40.0, [0xdd68_938f, 0x5533_9bb2, 0x51ac_043b]),
        ],
        [
            (18.0, [0x6b05_f319, 0xa3be_5c6c, 0x3f17_19cc]),
            (28.0, [0x4df1_94be, 0x776f_1130, 0xf89b_2f45]),
            (40.0, [0xeec9_5c29, 0x33e1_3917, 0x922d_d9ed]),
        ],
        [
            (18.0, [0xcdd0_aba8, 0xb901_9f1a, 0xa2c5_0502]),
            (28.0, [0x7fbd_65a2, 0x0d29_95b8, 0xeaac_30c2]),
            (40.0, [0x7443_c82e, 0x29c7_a9a8, 0x122a_1071]),
        ],
    ];
    check_golden_clips("preset=superfast:fps=25:bframes=0", golden);
}

#[test]
fn golden_clips_of_faster() {
    let golden = [
        [
            (18.0, [0x737d_9bd6, 0x892c_6562, 0x412a_7e1f]),
            (28.0, [0x6d0b_7aab, 0x6231_caae, 0xdb2a_d286]),
            (40.0, [0x5424_b362, 0xb9fe_7a9f, 0x2913_32ee]),
        ],
        [
            (18.0, [0xe471_b4d7, 0x8987_6094, 0xa897_f3c5]),
            (28.0, [0x57c2_272e, 0x8d50_48a9, 0x599b_3b16]),
            (40.0, [0xea6b_f57d, 0x6840_308c, 0xb0fb_1aaf]),
        ],
        [
            (18.0, [0xdaa7_e788, 0x5da6_bf58, 0xa8a3_238d]),
            (28.0, [0x09ea_dc17, 0x1524_7939, 0xfa38_b8f2]),
            (40.0, [0xf591_db83, 0x51e3_fa37, 0x1822_a907]),
        ],
    ];
    check_golden_clips("preset=faster:fps=25", golden);
}

#[test]
fn golden_clips_of_medium() {
    let golden = [
        [
            (18.0, [0x758c_7432, 0xfc4d_1a1d, 0x900e_d937]),
            (28.0, [0x5015_46b1, 0xc360_6025, 0x75b1_f92a]),
            (40.0, [0x0add_6277, 0xe0b3_2e59, 0xf5ab_547e]),
        ],
        [
            (18.0, [0xa6d3_28a9, 0x9f07_1dea, 0xe158_ae23]),
            (28.0, [0xeff7_03fb, 0x9221_e26c, 0x938c_b2d1]),
            (40.0, [0x551c_9b8a, 0xb811_4021, 0xec14_5375]),
        ],
        [
            (18.0, [0x7976_4163, 0xea93_48a1, 0xd2bc_6efb]),
            (28.0, [0xfaff_27bb, 0x9157_cc15, 0x83eb_36f5]),
            (40.0, [0xf940_195a, 0xf271_9f06, 0x07f5_4a1d]),
        ],
    ];
    check_golden_clips("preset=medium:fps=25", golden);
}

#[test]
fn golden_clips_of_fast() {
    let golden = [
        [
            (18.0, [0x1da4_48fe, 0xfc4d_1a1d, 0x900e_d937]),
            (28.0, [0x8ec3_d43f, 0xc360_6025, 0x75b1_f92a]),
            (40.0, [0x56b4_561a, 0xe0b3_2e59, 0xf5ab_547e]),
        ],
        [
            (18.0, [0xc1a0_2ac8, 0x9f07_1dea, 0xf29a_5c9f]),
            (28.0, [0x5b5e_4b25, 0x9221_e26c, 0x7c69_b04a]),
            (40.0, [0x0cd8_2893, 0xb811_4021, 0x1f27_7617]),
        ],
        [
            (18.0, [0xb145_f0e8, 0xea93_48a1, 0x56c3_dfd1]),
            (28.0, [0x4e0f_2698, 0x9157_cc15, 0x9049_7225]),
            (40.0, [0xadbc_ae74, 0xf271_9f06, 0x8794_4c07]),
        ],
    ];
    check_golden_clips("preset=fast:fps=25", golden);
}

/// Made by libx264 inside PyAV 18, held to AVX2; with AVX-512 it gives another clip 2 (docs/spec/h264-clips.md, section 18).
#[test]
fn golden_clips_of_veryfast_without_b_frames() {
    let golden = [
        [(18.0, 0x15ec_8ec9), (28.0, 0xf9ae_8eb0), (40.0, 0x2db5_6c67)],
        [(18.0, 0x8c4b_02fa), (28.0, 0xbdb3_9072), (40.0, 0xebd3_f89c)],
        [(18.0, 0xa5a4_9dac), (28.0, 0x6157_c33c), (40.0, 0xcc34_121f)],
    ];
    for (which, results) in (1..).zip(golden) {
        for (crf, expected) in results {
            let mut frames = golden_clip(which);
            frame_compression::reconstruct_h264_clip(
                &mut frames,
                crf,
                "preset=veryfast:fps=25:bframes=0",
                250,
            )
            .unwrap();
            assert_eq!(checksum(&frames), expected, "clip {which} at CRF {crf}");
        }
    }
}

#[test]
fn golden_clips_of_superfast() {
    let golden = [
        [
            (18.0, [0xd724_30f9, 0xaf45_bccb, 0xd3a8_0a1f]),
            (28.0, [0x7183_1be6, 0xead7_5f53, 0x59d1_8b99]),
            (40.0, [0xe8fc_66fc, 0x5533_9bb2, 0x4a7d_9d3e]),
        ],
        [
            (18.0, [0xf31f_d71c, 0xa3be_5c6c, 0x96d0_229a]),
            (28.0, [0x5a49_1207, 0x776f_1130, 0x9572_61ce]),
            (40.0, [0x4d2a_584e, 0x33e1_3917, 0x2946_4b71]),
        ],
        [
            (18.0, [0xcd77_5c9d, 0xb901_9f1a, 0x7f27_cbb9]),
            (28.0, [0xaa3e_6415, 0x0d29_95b8, 0x3a0f_c2d8]),
            (40.0, [0xb3c5_a640, 0x29c7_a9a8, 0xb31c_d566]),
        ],
    ];
    check_golden_clips("preset=superfast:fps=25", golden);
}

#[test]
fn golden_clips_of_veryfast() {
    let golden = [
        [
            (18.0, [0xb3a3_e3d1, 0xb237_9483, 0x3300_8542]),
            (28.0, [0x3018_1162, 0xcd8a_887b, 0x50f6_4f2b]),
            (40.0, [0x7667_7707, 0xc8d9_55a5, 0x856d_cce6]),
        ],
        [
            (18.0, [0x0a81_b9ac, 0xfe7b_4f49, 0x59e4_9c50]),
            (28.0, [0xc74c_1866, 0x6dd4_ee7a, 0x9086_a737]),
            (40.0, [0xc5d3_8e19, 0x202d_4e45, 0x6fee_559f]),
        ],
        [
            (18.0, [0x00ca_e922, 0x5dbb_b415, 0xa120_2a67]),
            (28.0, [0x6a15_73db, 0x7d77_3ec6, 0x187d_1633]),
            (40.0, [0xba73_3cdb, 0x7609_3405, 0xafc5_f061]),
        ],
    ];
    check_golden_clips("preset=veryfast:fps=25", golden);
}

const SHAPE: [usize; 4] = [7, 48, 64, 3];

/// A picture that moves.
fn clip() -> ClipTensor<u8> {
    let picture = random_picture(&mut Rng::new(5), 64 + 3 * 7, 48);
    let mut elements = Vec::new();
    for t in 0..7 {
        for y in 0..48 {
            let start = (y * picture.width + 3 * t) * 3;
            elements.extend_from_slice(&picture.rgb[start..start + 64 * 3]);
        }
    }
    ClipTensor::new(elements, &SHAPE).unwrap()
}

fn ultrafast() -> H264 {
    H264::crf(30.0).unwrap().preset(H264Preset::Ultrafast).fps(FrameRate::FFMPEG)
}

fn tensor(clip: &ClipTensor<u8>, i: usize) -> Tensor<u8> {
    let length = 48 * 64 * 3;
    Tensor::new(clip.as_slice()[i * length..][..length].to_vec(), &[1, 48, 64, 3]).unwrap()
}

#[test]
fn frames_one_by_one_are_those_of_the_whole_clip() {
    let source = clip();
    let whole = apply_to_clip(&source, ultrafast()).unwrap();
    let mut compressor = ClipCompressor::new(ultrafast());
    // The second time over it is another clip with the same frames.
    for _ in 0..2 {
        let mut shown = Vec::new();
        for i in 0..7 {
            compressor.push(source.frame(i).unwrap()).unwrap();
            shown.extend(compressor.frames::<u8>().flat_map(Tensor::into_vec));
        }
        compressor.finish();
        shown.extend(compressor.frames::<u8>().flat_map(Tensor::into_vec));
        assert_eq!(shown, whole.as_slice());
    }
    assert!(source.frame(7).is_none());
}

/// B frames are coded after what is shown after them.
#[test]
fn frames_come_out_in_the_order_in_which_they_are_shown() {
    let source = clip();
    let superfast = ultrafast().preset(H264Preset::Superfast);
    let whole = apply_to_clip(&source, superfast).unwrap();
    let plain = ClipCompressor::new(superfast).bframes(0).unwrap().apply(&source).unwrap();
    assert_ne!(whole, plain);
    let difference = |i: usize, t: usize| -> u32 {
        let (given, shown) = (tensor(&source, t), tensor(&whole, i));
        given.as_slice().iter().zip(shown.as_slice()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
    };
    let mut compressor = ClipCompressor::new(superfast);
    let mut shown = Vec::new();
    for i in 0..7 {
        let nearest = (0..7).min_by_key(|&t| difference(i, t));
        assert_eq!(nearest, Some(i));
        compressor.push(source.frame(i).unwrap()).unwrap();
        shown.extend(compressor.frames::<u8>().flat_map(Tensor::into_vec));
    }
    compressor.finish();
    shown.extend(compressor.frames::<u8>().flat_map(Tensor::into_vec));
    assert_eq!(shown, whole.as_slice());
}

#[test]
fn frames_are_predicted_from_one_another_up_to_keyint() {
    let source = clip();
    let image = |i| FrameCompressor::new(ultrafast()).apply(&tensor(&source, i)).unwrap();
    let whole = apply_to_clip(&source, ultrafast()).unwrap();
    assert_eq!(tensor(&whole, 0), image(0));
    assert_ne!(tensor(&whole, 3), image(3));
    let by_threes = ClipCompressor::new(ultrafast()).keyint(3).unwrap().apply(&source).unwrap();
    assert_eq!(tensor(&by_threes, 2), tensor(&whole, 2));
    assert_ne!(tensor(&by_threes, 3), tensor(&whole, 3));
}

#[test]
fn floats_are_taken_and_given() {
    let bytes = clip();
    let floats = bytes.as_slice().iter().map(|&byte| f32::from(byte) / 127.5 - 1.0).collect();
    let floats = ClipTensor::new(floats, &SHAPE).unwrap();
    let expected = apply_to_clip(&bytes, ultrafast()).unwrap();
    let found = apply_to_clip(&floats, ultrafast()).unwrap();
    assert_eq!(found.shape(), SHAPE);
    let found: Vec<u8> = found.as_slice().iter().map(|float| ((float + 1.0) * 127.5).round() as u8).collect();
    assert_eq!(found, expected.as_slice());
}

#[test]
fn other_codecs_treat_each_frame_by_itself() {
    let source = clip();
    let jpeg = Settings::from(Jpeg::quality(30.0).unwrap());
    for settings in [jpeg, Codec::WebP.into(), Codec::Mpeg2.into(), Codec::Mpeg4.into(), Codec::Mjpeg.into()]
    {
        let found = apply_to_clip(&source, settings.clone()).unwrap();
        for i in 0..7 {
            let image = FrameCompressor::new(settings.clone()).apply(&tensor(&source, i)).unwrap();
            assert_eq!(tensor(&found, i), image, "frame {i}, {settings}");
        }
    }
}

#[test]
fn nothing_is_lost_below_crf_1_but_colours() {
    let source = clip();
    let lossless = H264::crf(0.5).unwrap().preset(H264Preset::Ultrafast);
    let found = apply_to_clip(&source, lossless).unwrap();
    let image = FrameCompressor::new(lossless).apply(&tensor(&source, 4)).unwrap();
    assert_eq!(tensor(&found, 4), image);
}

#[test]
fn what_is_not_exact_is_refused() {
    let source = clip();
    let refused = |settings: Settings| apply_to_clip(&source, settings).unwrap_err().to_string();
    for preset in [H264Preset::Slow, H264Preset::Placebo] {
        let error = refused(ultrafast().preset(preset).into());
        assert!(error.contains(&preset.to_string()) && error.contains("ultrafast"), "{error}");
    }
    let superfast = ultrafast().preset(H264Preset::Superfast);
    let with_b_frames = ClipCompressor::new(ultrafast()).bframes(1).unwrap().apply(&source).unwrap_err();
    assert!(with_b_frames.to_string().contains("bframes"), "{with_b_frames}");
    assert!(ClipCompressor::new(ultrafast()).bframes(0).unwrap().apply(&source).is_ok());
    assert!(matches!(ClipCompressor::new(superfast).bframes(17), Err(Error::InvalidSetting { .. })));
    let error = refused(ultrafast().preset(H264Preset::Fast).tune(H264Tune::Fastdecode).into());
    assert!(error.contains("tune fastdecode"), "{error}");
    let animation = ultrafast().tune(H264Tune::Animation);
    assert!(refused(animation.into()).contains("bframes 2"));
    assert!(ClipCompressor::new(animation).bframes(0).unwrap().apply(&source).is_ok());
    let error = refused(H265::crf(30.0).unwrap().into());
    assert!(error.contains("H.265") || error.contains("h265"), "{error}");
    assert!(matches!(ClipCompressor::new(ultrafast()).keyint(0), Err(Error::InvalidSetting { .. })));
    for shape in [&[0, 48, 64, 3][..], &[7, 48, 64, 4], &[48, 64, 3]] {
        let error = ClipTensor::new(vec![0u8; 3], shape).unwrap_err();
        assert_eq!(error, Error::InvalidClipShape { given: shape.to_vec() });
    }
    for settings in [Settings::from(ultrafast()), Codec::Jpeg.into()] {
        let error = ClipCompressor::new(settings).push_planes(Planes::default()).unwrap_err();
        assert!(matches!(error, Error::InvalidShape { .. }), "{error}");
    }
    let error = ClipTensor::new(vec![0u8; 3], &SHAPE).unwrap_err();
    assert_eq!(error, Error::BufferLength { given: 3, needed: 7 * 48 * 64 * 3 });
}

#[test]
fn a_frame_that_is_refused_leaves_the_clip_as_it_was() {
    let source = clip();
    let whole = apply_to_clip(&source, ultrafast()).unwrap();
    let mut compressor = ClipCompressor::new(ultrafast());
    let odd = Tensor::new(vec![0u8; 47 * 64 * 3], &[1, 47, 64, 3]).unwrap();
    assert!(matches!(compressor.push(odd.view()), Err(Error::OddSize { .. })));
    let not_finite = Tensor::new(vec![f32::NAN; 48 * 64 * 3], &[1, 48, 64, 3]).unwrap();
    for i in 0..7 {
        compressor.push(source.frame(i).unwrap()).unwrap();
        assert!(matches!(compressor.push(odd.view()), Err(Error::InvalidSetting { .. })));
        assert!(matches!(compressor.push(not_finite.view()), Err(Error::NonFiniteSample { .. })));
        let mut small = [0u8; 12];
        let output = TensorViewMut::new(&mut small, &[1, 2, 2, 3]).unwrap();
        assert!(matches!(compressor.next_frame_into(output), Err(Error::OutputSize { .. })));
        assert_eq!(compressor.next_frame().unwrap(), tensor(&whole, i));
        assert_eq!(compressor.next_frame::<u8>(), None);
    }
}

#[test]
fn a_warm_compressor_allocates_nothing() {
    let source = clip();
    let mut compressor = ClipCompressor::new(ultrafast());
    let mut output = vec![0u8; 48 * 64 * 3];
    let mut frame = |compressor: &mut ClipCompressor, i: usize| {
        compressor.push(source.frame(i % 7).unwrap()).unwrap();
        let output = TensorViewMut::new(&mut output, &[1, 48, 64, 3]).unwrap();
        assert!(compressor.next_frame_into(output).unwrap());
    };
    (0..7).for_each(|i| frame(&mut compressor, i));
    let info = allocation_counter::measure(|| (7..21).for_each(|i| frame(&mut compressor, i)));
    assert_eq!(info.count_total, 0);
}

/// With B frames, which wait for others: as many frames wait in the end as in the middle of a clip that goes on.
#[test]
fn a_warm_compressor_with_b_frames_allocates_nothing() {
    let source = clip();
    let mut compressor = ClipCompressor::new(ultrafast().preset(H264Preset::Veryfast));
    let mut output = vec![0u8; 48 * 64 * 3];
    let mut shown = 0;
    let mut frame = |compressor: &mut ClipCompressor, i: usize| {
        compressor.push(source.frame(i % 7).unwrap()).unwrap();
        while {
            let output = TensorViewMut::new(&mut output, &[1, 48, 64, 3]).unwrap();
            compressor.next_frame_into(output).unwrap()
        } {
            shown += 1;
        }
    };
    (0..70).for_each(|i| frame(&mut compressor, i));
    let info = allocation_counter::measure(|| (70..105).for_each(|i| frame(&mut compressor, i)));
    assert_eq!(info.count_total, 0);
    assert!(shown > 90, "{shown}");
}
