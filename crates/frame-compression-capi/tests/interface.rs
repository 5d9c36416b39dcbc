//! The C functions give what the library gives, and refuse what they should.

#![allow(unsafe_code, reason = "calls as a C program makes them")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;

use frame_compression::recipes::{self, Recipe};
use frame_compression::{
    Codec, ErrorKind, FrameCompressor, Jpeg, Sample, SettingKind, Settings, Subsampling, TensorView,
    ValueRange,
};
use frame_compression_c::{
    fc_apply, fc_codec_name, fc_compressor_apply, fc_compressor_create, fc_compressor_free, fc_element,
    fc_image, fc_recipe_description, fc_recipe_draw, fc_recipe_name, fc_settings, fc_status, fc_strength,
    fc_value_range, fc_version,
};
use half::{bf16, f16};

const HEIGHT: usize = 18;
const WIDTH: usize = 34;

fn settings(codec: &CStr) -> fc_settings {
    fc_settings { codec: codec.as_ptr(), strength_kind: 0, strength: 0.0, value_range: 0 }
}

fn image<T>(elements: &mut [T], element: fc_element) -> fc_image {
    fc_image {
        elements: elements.as_mut_ptr().cast(),
        length: elements.len(),
        element_type: element as u32,
        height: HEIGHT,
        width: WIDTH,
        row_stride: 0,
        column_stride: 0,
        channel_stride: 0,
    }
}

/// Calls `fc_apply` and gives status and text.
fn apply(settings: *const fc_settings, input: *const fc_image, output: *const fc_image) -> (c_int, String) {
    let mut message = [0x55 as c_char; 1024];
    // SAFETY: the tests give pointers that are null, misaligned, or right.
    let status = unsafe { fc_apply(settings, input, output, message.as_mut_ptr(), message.len()) };
    // SAFETY: `fc_apply` ends every text.
    let text = unsafe { CStr::from_ptr(message.as_ptr()) };
    (status, text.to_str().unwrap().to_owned())
}

fn samples() -> Vec<f32> {
    (0..HEIGHT * WIDTH * 3).map(|i| ((i * 37 % 511) as f32 / 255.0) - 1.0).collect()
}

fn same_as_the_library<T: Sample + PartialEq + std::fmt::Debug>(
    element: fc_element,
    from: impl Fn(f32) -> T,
) {
    let mut input: Vec<T> = samples().into_iter().map(from).collect();
    for (i, codec) in Codec::ALL.into_iter().enumerate() {
        // SAFETY: a name is static and ended by a NUL.
        let name = unsafe { CStr::from_ptr(fc_codec_name(i)) };
        assert_eq!(name.to_str(), Ok(codec.name()));
        let mut settings = settings(name);
        settings.strength_kind = fc_strength::FC_STRENGTH_CRF as u32;
        settings.strength = 33.5;
        settings.value_range = fc_value_range::FC_RANGE_UNIT as u32;
        let view = TensorView::new(&input, &[1, HEIGHT, WIDTH, 3]).unwrap();
        let mut compressor = FrameCompressor::new(codec).crf(33.5).unwrap().value_range(ValueRange::Unit);
        let expected = compressor.apply(&view).unwrap().into_vec();

        let mut output = vec![T::default(); input.len()];
        let to = image(&mut output, element);
        assert_eq!(apply(&settings, &image(&mut input, element), &to), (0, String::new()));
        assert_eq!(output, expected, "{codec}");

        let mut in_place = input.clone();
        let both = image(&mut in_place, element);
        assert_eq!(apply(&settings, &both, &both).0, 0);
        assert_eq!(in_place, expected, "{codec} in place");
    }
}

#[test]
fn every_element_type_gives_what_the_library_gives() {
    same_as_the_library(fc_element::FC_ELEMENT_F32, |v| v);
    same_as_the_library(fc_element::FC_ELEMENT_F64, f64::from);
    same_as_the_library(fc_element::FC_ELEMENT_F16, f16::from_f32);
    same_as_the_library(fc_element::FC_ELEMENT_BF16, bf16::from_f32);
    same_as_the_library(fc_element::FC_ELEMENT_U8, |v| ((v + 1.0) * 127.5) as u8);
}

#[test]
fn a_compressor_takes_strides_and_settings() {
    let mut settings = settings(c"jpeg:subsampling=444");
    settings.strength_kind = fc_strength::FC_STRENGTH_QUALITY as u32;
    settings.strength = 30.0;
    let mut input = samples();
    let planar = [0, WIDTH, 1, HEIGHT * WIDTH];
    let view = TensorView::with_strides(&input, &[1, HEIGHT, WIDTH, 3], planar).unwrap();
    let mut library = FrameCompressor::new(Jpeg::quality(30.0).unwrap().subsampling(Subsampling::S444));
    let expected = library.apply(&view).unwrap().into_vec();

    let mut output = vec![0.0f32; input.len()];
    let to = image(&mut output, fc_element::FC_ELEMENT_F32);
    let from = fc_image {
        row_stride: WIDTH,
        column_stride: 1,
        channel_stride: HEIGHT * WIDTH,
        ..image(&mut input, fc_element::FC_ELEMENT_F32)
    };
    let mut compressor = ptr::null_mut();
    // SAFETY: every pointer is right, and the compressor is freed once.
    unsafe {
        assert_eq!(fc_compressor_create(&settings, &mut compressor, ptr::null_mut(), 0), 0);
        for _ in 0..3 {
            output_is_cleared(&to);
            assert_eq!(fc_compressor_apply(compressor, &from, &to, ptr::null_mut(), 0), 0);
        }
        fc_compressor_free(compressor);
        fc_compressor_free(ptr::null_mut());
    }
    assert_eq!(output, expected);
}

#[test]
fn texts_are_those_of_the_library() {
    let mut input: Vec<u8> = samples().into_iter().map(|v| ((v + 1.0) * 127.5) as u8).collect();
    for codec in Codec::ALL {
        for setting in Settings::from(codec).table() {
            let SettingKind::Choice { names } = setting.kind else { continue };
            for name in names {
                let text =
                    CString::new(format!("{}:quality=14:{}={name}", codec.name(), setting.name)).unwrap();
                let view = TensorView::new(&input, &[1, HEIGHT, WIDTH, 3]).unwrap();
                let expected = text.to_str().unwrap().parse::<Settings>();
                let expected = expected.and_then(|settings| FrameCompressor::new(settings).apply(&view));
                let mut output = vec![0u8; input.len()];
                let to = image(&mut output, fc_element::FC_ELEMENT_U8);
                let from = image(&mut input, fc_element::FC_ELEMENT_U8);
                let (status, message) = apply(&settings(&text), &from, &to);
                match expected {
                    Ok(expected) => {
                        assert_eq!((status, output), (0, expected.into_vec()), "{text:?}: {message}");
                    }
                    Err(error) => assert_eq!((status, message), (error.code(), error.to_string())),
                }
            }
        }
    }
    assert!(fc_codec_name(Codec::ALL.len()).is_null() && fc_codec_name(usize::MAX).is_null());
}

/// Calls `fc_recipe_draw` with `size` bytes, and gives status, what was drawn, and the message.
fn draw(recipe: *const c_char, seed: u64, key: *const c_char, size: usize) -> (c_int, String, String) {
    let (mut drawn, mut message) = ([0x55 as c_char; 512], [0x55 as c_char; 512]);
    let place = if size == 0 { ptr::null_mut() } else { drawn.as_mut_ptr() };
    // SAFETY: the tests give texts or null; `size` is at most what there is.
    let status =
        unsafe { fc_recipe_draw(recipe, seed, key, place, size, message.as_mut_ptr(), message.len()) };
    if status != 0 {
        assert!(drawn.iter().all(|&byte| byte == 0x55), "an error has written");
        drawn[0] = 0;
    }
    // SAFETY: texts are ended: by the library, or above.
    let texts = unsafe { [CStr::from_ptr(drawn.as_ptr()), CStr::from_ptr(message.as_ptr())] };
    let [drawn, message] = texts.map(|text| text.to_str().unwrap().to_owned());
    (status, drawn, message)
}

#[test]
fn recipes_draw_what_the_library_draws() {
    for (i, recipe) in Recipe::ALL.iter().enumerate() {
        // SAFETY: names and descriptions are static and ended by a NUL.
        let texts = unsafe { [fc_recipe_name(i), fc_recipe_description(i)].map(|text| CStr::from_ptr(text)) };
        assert_eq!(texts[0].to_str(), Ok(recipe.name));
        assert_eq!(texts[1].to_str(), Ok(&*recipe.to_string()));
        for number in 0..100 {
            let key = CString::new(format!("{number}.png")).unwrap();
            let (status, drawn, message) = draw(texts[0].as_ptr(), 7, key.as_ptr(), 512);
            assert_eq!((status, &*message), (0, ""));
            let settings = |line: &str| (!line.is_empty()).then(|| line.parse::<Settings>().unwrap());
            let given: Vec<Option<Settings>> = drawn.lines().map(settings).collect();
            assert_eq!(given, recipes::draw(recipe.name, 7, key.to_str().unwrap()).unwrap(), "{drawn}");
            assert!(drawn.ends_with('\n'));
        }
    }
    assert!(fc_recipe_name(Recipe::ALL.len()).is_null() && fc_recipe_name(usize::MAX).is_null());
    assert!(fc_recipe_description(Recipe::ALL.len()).is_null());
}

#[test]
fn wrong_draws_are_refused_and_write_nothing() {
    let name = c"real_esrgan".as_ptr();
    let whole = draw(name, 1, c"a".as_ptr(), 512).1;
    assert_eq!(draw(name, 1, c"a".as_ptr(), whole.len() + 1).1, whole);
    let refused = |status: c_int, word: &str, given: (c_int, String, String)| {
        assert_eq!(given.0, status, "{}", given.2);
        assert!(given.2.contains(word), "{:?} has no {word:?}", given.2);
    };
    let null = fc_status::FC_ERROR_NULL_POINTER as c_int;
    let short = ErrorKind::BufferLength as c_int;
    refused(short, &format!("needs {}", whole.len() + 1), draw(name, 1, c"a".as_ptr(), whole.len()));
    refused(null, "recipe", draw(ptr::null(), 1, c"a".as_ptr(), 512));
    refused(null, "key", draw(name, 1, ptr::null(), 512));
    refused(null, "drawn", draw(name, 1, c"a".as_ptr(), 0));
    refused(ErrorKind::InvalidSetting as c_int, "apisr", draw(c"none".as_ptr(), 1, c"a".as_ptr(), 512));
}

fn output_is_cleared(image: &fc_image) {
    // SAFETY: `image` describes a vector of the test.
    unsafe { ptr::write_bytes(image.elements.cast::<f32>(), 0, image.length) };
}

#[test]
fn wrong_calls_are_refused_and_write_nothing() {
    let good = settings(c"h264");
    let (mut input, mut output) = (samples(), vec![9.0f32; HEIGHT * WIDTH * 3]);
    let from = image(&mut input, fc_element::FC_ELEMENT_F32);
    let to = image(&mut output, fc_element::FC_ELEMENT_F32);
    let refused = |status: c_int, word: &str, settings: *const fc_settings, from: *const _, to: *const _| {
        let (given, text) = apply(settings, from, to);
        assert_eq!(given, status, "{text}");
        assert!(text.contains(word), "{text:?} has no {word:?}");
    };
    let moved = |bytes: usize| -> *mut c_void { to.elements.cast::<u8>().wrapping_add(bytes).cast() };
    let null = fc_status::FC_ERROR_NULL_POINTER as c_int;
    let misaligned = fc_status::FC_ERROR_MISALIGNED_POINTER as c_int;
    let value = fc_status::FC_ERROR_INVALID_VALUE as c_int;

    refused(null, "settings", ptr::null(), &from, &to);
    refused(null, "input", &good, ptr::null(), &to);
    refused(null, "output", &good, &from, ptr::null());
    refused(null, "input.elements", &good, &fc_image { elements: ptr::null_mut(), ..from }, &to);
    refused(null, "output.elements", &good, &from, &fc_image { elements: ptr::null_mut(), ..to });
    refused(misaligned, "output.elements", &good, &from, &fc_image { elements: moved(2), ..to });
    refused(misaligned, "input", &good, (&raw const from).cast::<u8>().wrapping_add(1).cast(), &to);

    let with = |codec: &CStr| fc_settings { codec: codec.as_ptr(), ..good };
    let setting = ErrorKind::InvalidSetting as c_int;
    refused(null, "codec", &fc_settings { codec: ptr::null(), ..good }, &from, &to);
    refused(setting, "h264", &with(c""), &from, &to);
    refused(setting, "h264", &with(c"betamax"), &from, &to);
    refused(setting, "h264", &with(c"h264\xff"), &from, &to);
    refused(setting, "native", &with(c"h264:backend=cuda"), &from, &to);
    refused(ErrorKind::UnsupportedSetting as c_int, "crf", &with(c"h264:colour=red"), &from, &to);
    refused(ErrorKind::InvalidCrf as c_int, "52", &with(c"h264:crf=52"), &from, &to);
    refused(value, "strength_kind 9", &fc_settings { strength_kind: 9, ..good }, &from, &to);
    refused(value, "value_range 2", &fc_settings { value_range: 2, ..good }, &from, &to);
    let element = ErrorKind::InvalidElementType as c_int;
    refused(element, "input.element_type 6", &good, &fc_image { element_type: 6, ..from }, &to);
    refused(element, "output.element_type 0", &good, &from, &fc_image { element_type: 0, ..to });

    let quality = fc_settings { strength_kind: 1, strength: 101.0, ..good };
    refused(ErrorKind::InvalidQuality as c_int, "101", &quality, &from, &to);
    let crf = fc_settings { strength_kind: 2, strength: f32::NAN, ..good };
    refused(ErrorKind::InvalidCrf as c_int, "NaN", &crf, &from, &to);
    refused(ErrorKind::InvalidShape as c_int, "0", &good, &fc_image { height: 0, ..from }, &to);
    refused(ErrorKind::TooLarge as c_int, "16385", &good, &fc_image { width: 16385, ..from }, &to);
    refused(ErrorKind::TooLarge as c_int, "x", &good, &fc_image { width: usize::MAX, ..from }, &to);
    let short = from.length - 1;
    refused(ErrorKind::BufferLength as c_int, "1835", &good, &fc_image { length: short, ..from }, &to);
    refused(ErrorKind::BufferLength as c_int, "1835", &good, &from, &fc_image { length: short, ..to });
    refused(ErrorKind::BufferLength as c_int, "memory", &good, &fc_image { length: usize::MAX, ..from }, &to);
    let shared = fc_image { row_stride: 1, column_stride: 1, channel_stride: 1, ..to };
    refused(ErrorKind::InvalidStrides as c_int, "strides", &good, &from, &shared);
    refused(
        ErrorKind::OddSize as c_int,
        "even",
        &good,
        &fc_image { width: 33, ..from },
        &fc_image { width: 33, ..to },
    );
    refused(ErrorKind::OutputSize as c_int, "16", &good, &fc_image { height: 16, ..from }, &to);
    let shifted = fc_image { elements: moved(4), length: to.length - 1, width: 32, ..to };
    let overlap = fc_status::FC_ERROR_OVERLAP as c_int;
    refused(overlap, "share", &good, &fc_image { width: 32, ..to }, &shifted);
    if !cfg!(target_vendor = "apple") {
        let backend = with(c"h264:backend=videotoolbox");
        refused(ErrorKind::BackendUnavailable as c_int, "videotoolbox", &backend, &from, &to);
    }
    let mut infinite = samples();
    infinite[700] = f32::INFINITY;
    let infinite = image(&mut infinite, fc_element::FC_ELEMENT_F32);
    refused(ErrorKind::NonFiniteSample as c_int, "inf", &good, &infinite, &to);
    assert!(output.iter().all(|&sample| sample == 9.0));

    let mut compressor = ptr::dangling_mut();
    let wrong = with(c"h264:crf=x");
    // SAFETY: the pointers are right, or null, which is refused.
    unsafe {
        assert_eq!(fc_compressor_create(&wrong, &mut compressor, ptr::null_mut(), 0), setting);
        assert!(compressor.is_null());
        assert_eq!(fc_compressor_apply(compressor, &from, &to, ptr::null_mut(), 0), null);
        assert_eq!(fc_compressor_create(&good, ptr::null_mut(), ptr::null_mut(), 0), null);
    }
}

#[test]
fn numbers_of_errors_are_those_of_the_library() {
    use fc_status::*;
    let pairs = [
        (FC_ERROR_INVALID_QUALITY, ErrorKind::InvalidQuality),
        (FC_ERROR_INVALID_CRF, ErrorKind::InvalidCrf),
        (FC_ERROR_INVALID_QUANT_TABLE, ErrorKind::InvalidQuantTable),
        (FC_ERROR_NOT_ON_CPU, ErrorKind::NotOnCpu),
        (FC_ERROR_INVALID_ELEMENT_TYPE, ErrorKind::InvalidElementType),
        (FC_ERROR_INVALID_SHAPE, ErrorKind::InvalidShape),
        (FC_ERROR_TOO_LARGE, ErrorKind::TooLarge),
        (FC_ERROR_BUFFER_LENGTH, ErrorKind::BufferLength),
        (FC_ERROR_INVALID_STRIDES, ErrorKind::InvalidStrides),
        (FC_ERROR_BACKEND_UNAVAILABLE, ErrorKind::BackendUnavailable),
        (FC_ERROR_UNSUPPORTED_SETTING, ErrorKind::UnsupportedSetting),
        (FC_ERROR_ODD_SIZE, ErrorKind::OddSize),
        (FC_ERROR_TOO_SMALL, ErrorKind::TooSmall),
        (FC_ERROR_INVALID_SUBSAMPLING, ErrorKind::InvalidSubsampling),
        (FC_ERROR_OUTPUT_SIZE, ErrorKind::OutputSize),
        (FC_ERROR_NON_FINITE_SAMPLE, ErrorKind::NonFiniteSample),
        (FC_ERROR_PLATFORM, ErrorKind::Platform),
        (FC_ERROR_INVALID_SETTING, ErrorKind::InvalidSetting),
    ];
    for (here, there) in pairs {
        assert_eq!(here as c_int, there as c_int, "{there:?}");
    }
}

#[test]
fn the_version_is_that_of_the_crate() {
    // SAFETY: static and ended by a NUL.
    let version = unsafe { CStr::from_ptr(fc_version()) };
    assert_eq!(version.to_str(), Ok(env!("CARGO_PKG_VERSION")));
}
