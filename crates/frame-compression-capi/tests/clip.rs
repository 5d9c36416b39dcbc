//! Clips through the C functions are those of the library.

#![allow(unsafe_code, reason = "calls as a C program makes them")]

use std::ffi::{CStr, c_char, c_int};
use std::ptr;

use frame_compression::{ClipCompressor, ClipTensor, ErrorKind, Settings, ValueRange};
use frame_compression_c::{
    fc_clip, fc_clip_create, fc_clip_finish, fc_clip_free, fc_clip_next, fc_clip_push, fc_element, fc_image,
    fc_settings, fc_status, fc_value_range,
};

const HEIGHT: usize = 34;
const WIDTH: usize = 50;
const FRAME: usize = HEIGHT * WIDTH * 3;

/// A pattern that moves.
fn frames(count: usize) -> Vec<f32> {
    let sample =
        |frame: usize, at: usize| ((at / 3 % WIDTH + 2 * frame) * 37 % 97 + at % 3 * 20) as f32 / 160.0;
    (0..count * FRAME).map(|at| sample(at / FRAME, at % FRAME)).collect()
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

/// Makes a call, and gives status and text.
fn answer(call: impl FnOnce(*mut c_char, usize) -> c_int) -> (c_int, String) {
    let mut message = [0x55 as c_char; 1024];
    let status = call(message.as_mut_ptr(), message.len());
    // SAFETY: every text is ended.
    let text = unsafe { CStr::from_ptr(message.as_ptr()) };
    (status, text.to_str().unwrap().to_owned())
}

fn create(codec: &CStr, keyint: i32, bframes: i32) -> Result<*mut fc_clip, (c_int, String)> {
    let value_range = fc_value_range::FC_RANGE_UNIT as u32;
    let settings = fc_settings { codec: codec.as_ptr(), strength_kind: 0, strength: 0.0, value_range };
    let mut clip = ptr::dangling_mut();
    // SAFETY: every pointer is right.
    let answer = answer(|message, size| unsafe {
        fc_clip_create(&settings, keyint, bframes, &mut clip, message, size)
    });
    assert_eq!(clip.is_null(), answer.0 != 0);
    if answer.0 == 0 { Ok(clip) } else { Err(answer) }
}

/// Takes the frames that there are.
fn take(clip: *mut fc_clip, shown: &mut Vec<f32>) {
    loop {
        let (mut frame, mut taken) = (vec![0.0f32; FRAME], 5);
        let to = image(&mut frame, fc_element::FC_ELEMENT_F32);
        // SAFETY: every pointer is right, and `frame` is not looked at meanwhile.
        let answer = answer(|message, size| unsafe { fc_clip_next(clip, &to, &mut taken, message, size) });
        assert_eq!(answer, (0, String::new()));
        match taken {
            1 => shown.append(&mut frame),
            _ => return assert_eq!(taken, 0),
        }
    }
}

fn push(clip: *mut fc_clip, frame: &fc_image) -> (c_int, String) {
    // SAFETY: every pointer is right.
    answer(|message, size| unsafe { fc_clip_push(clip, frame, message, size) })
}

#[test]
fn a_clip_is_that_of_the_library() {
    for (codec, keyint, bframes) in [
        (c"h264:preset=superfast:crf=33:fps=25", -1, -1),
        (c"h264:preset=veryfast:crf=27:fps=25", 4, 2),
        (c"h264:preset=ultrafast:crf=30", 3, 0),
        (c"jpeg:quality=30", -1, -1),
    ] {
        let clip = create(codec, keyint, bframes).unwrap();
        // Twice: after the end another clip begins.
        for count in [7, 3] {
            let mut frames = frames(count);
            let settings: Settings = codec.to_str().unwrap().parse().unwrap();
            let mut library = ClipCompressor::new(settings).value_range(ValueRange::Unit);
            if keyint >= 0 {
                library = library.keyint(keyint as u32).unwrap().bframes(bframes as u32).unwrap();
            }
            let whole = ClipTensor::new(frames.clone(), &[count, HEIGHT, WIDTH, 3]).unwrap();
            let expected = library.apply(&whole).unwrap().into_vec();

            let mut shown = Vec::new();
            for frame in frames.chunks_exact_mut(FRAME) {
                assert_eq!(push(clip, &image(frame, fc_element::FC_ELEMENT_F32)), (0, String::new()));
                take(clip, &mut shown);
            }
            // SAFETY: the pointer is right.
            assert_eq!(unsafe { fc_clip_finish(clip, ptr::null_mut(), 0) }, 0);
            take(clip, &mut shown);
            assert!(shown == expected, "{codec:?}, {count} frames");
        }
        // SAFETY: freed once.
        unsafe { fc_clip_free(clip) };
    }
    // SAFETY: null is allowed.
    unsafe { fc_clip_free(ptr::null_mut()) };
}

#[test]
fn wrong_calls_are_refused() {
    let refused = |status: c_int, word: &str, given: (c_int, String)| {
        assert_eq!(given.0, status, "{}", given.1);
        assert!(given.1.contains(word), "{:?} has no {word:?}", given.1);
    };
    let setting = ErrorKind::InvalidSetting as c_int;
    refused(setting, "keyint", create(c"h264:preset=ultrafast", 0, -1).unwrap_err());
    refused(setting, "bframes", create(c"h264:preset=ultrafast", -1, 17).unwrap_err());
    refused(setting, "h264", create(c"betamax", -1, -1).unwrap_err());

    let null = fc_status::FC_ERROR_NULL_POINTER as c_int;
    let mut samples = frames(1);
    let frame = image(&mut samples, fc_element::FC_ELEMENT_F32);
    let h265 = create(c"h265", -1, -1).unwrap();
    refused(setting, "clip", push(h265, &frame));

    let clip = create(c"jpeg", -1, -1).unwrap();
    refused(null, "frame.elements", push(clip, &fc_image { elements: ptr::null_mut(), ..frame }));
    refused(null, "clip", push(ptr::null_mut(), &frame));
    refused(0, "", push(clip, &frame));
    refused(setting, "34", push(clip, &fc_image { height: HEIGHT - 2, ..frame }));
    // A frame that finds no room is kept.
    let (mut output, mut taken) = (vec![0.0f32; FRAME], 5);
    let to = fc_image { height: HEIGHT - 2, ..image(&mut output, fc_element::FC_ELEMENT_F32) };
    let next = |to: *const fc_image, taken| {
        // SAFETY: every pointer is right or null.
        answer(|message, size| unsafe { fc_clip_next(clip, to, taken, message, size) })
    };
    refused(ErrorKind::OutputSize as c_int, "34", next(&to, &mut taken));
    assert_eq!(taken, 0);
    refused(null, "output", next(ptr::null(), &mut taken));
    refused(null, "taken", next(&to, ptr::null_mut()));
    let mut shown = Vec::new();
    take(clip, &mut shown);
    assert_eq!(shown.len(), FRAME);
    // SAFETY: freed once each.
    unsafe {
        fc_clip_free(clip);
        fc_clip_free(h265);
    }
}
