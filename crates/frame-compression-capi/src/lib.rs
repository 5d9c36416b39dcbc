//! The C interface of `frame-compression`: a few functions over buffers of the caller's.
//!
//! What a C program reads is `include/frame_compression.h`, made from this crate by cbindgen (`tests/header.rs`
//! compares them). The rules that hold for every function stand at the top of that header. No panic crosses the
//! interface, and no state is global.

#![allow(unsafe_code, reason = "pointers of C programs")]

mod call;
mod clip;
mod compressor;
mod image;
mod recipes;
mod settings;

use std::ffi::{c_char, c_int};

pub use clip::fc_clip;
pub use compressor::fc_compressor;
pub use image::{fc_element, fc_image};
pub use settings::{fc_settings, fc_strength, fc_value_range};

/// What a function answers. 1 to 99 are the errors of the library, from 101 those of the C interface alone. The numbers
/// stay as they are; new errors get new numbers.
#[allow(non_camel_case_types)]
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum fc_status {
    /// Done.
    FC_OK = 0,
    /// The quality is not a number from 0 to 100.
    FC_ERROR_INVALID_QUALITY = 1,
    /// The CRF is not a number from 0 to 51.
    FC_ERROR_INVALID_CRF = 2,
    /// An entry of a quantisation table is not allowed.
    FC_ERROR_INVALID_QUANT_TABLE = 3,
    /// The image is not in main memory. Not given by this interface.
    FC_ERROR_NOT_ON_CPU = 4,
    /// The element type is none of `fc_element`.
    FC_ERROR_INVALID_ELEMENT_TYPE = 5,
    /// Height or width is 0.
    FC_ERROR_INVALID_SHAPE = 6,
    /// Height or width is over 16384, or over what the codec takes.
    FC_ERROR_TOO_LARGE = 7,
    /// The buffer has fewer elements than height, width and strides need, or fewer bytes than a text.
    FC_ERROR_BUFFER_LENGTH = 8,
    /// Strides with which elements of an output would share a place, or that leave the address space.
    FC_ERROR_INVALID_STRIDES = 9,
    /// The backend does not exist on this platform, or does not have this codec.
    FC_ERROR_BACKEND_UNAVAILABLE = 11,
    /// The codec does not have a setting that was given.
    FC_ERROR_UNSUPPORTED_SETTING = 12,
    /// Height or width is odd, and the codec is H.264 or H.265.
    FC_ERROR_ODD_SIZE = 13,
    /// Height or width is less than the codec takes.
    FC_ERROR_TOO_SMALL = 14,
    /// Planes of another chroma subsampling than the codec's. Not given by this interface.
    FC_ERROR_INVALID_SUBSAMPLING = 15,
    /// Input and output differ in height or width.
    FC_ERROR_OUTPUT_SIZE = 16,
    /// A sample is NaN or infinite.
    FC_ERROR_NON_FINITE_SAMPLE = 17,
    /// A call to the operating system's codec failed.
    FC_ERROR_PLATFORM = 18,
    /// A setting does not take the value given.
    FC_ERROR_INVALID_SETTING = 19,
    /// A pointer that has to point to something is null.
    FC_ERROR_NULL_POINTER = 101,
    /// A pointer is not aligned for what it points to.
    FC_ERROR_MISALIGNED_POINTER = 102,
    /// A number stands for none of the values of its enum.
    FC_ERROR_INVALID_VALUE = 103,
    /// Input and output share memory without being the same image.
    FC_ERROR_OVERLAP = 104,
    /// A defect of the library, stopped before it could reach the caller. Please report it.
    FC_ERROR_PANIC = 105,
}

/// The library's version, such as "0.1.0". Static memory; nothing to free.
#[unsafe(no_mangle)]
pub extern "C" fn fc_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The name of a codec, for `fc_settings.codec`, by its number from 0; NULL past the last one. Static memory; nothing to
/// free.
#[unsafe(no_mangle)]
pub extern "C" fn fc_codec_name(index: usize) -> *const c_char {
    std::panic::catch_unwind(|| settings::codec_name(index)).unwrap_or(std::ptr::null())
}

/// The name of a recipe, for `fc_recipe_draw`, by its number from 0; NULL past the last one. A recipe is the codec part of
/// a published training pipeline. Static memory; nothing to free.
#[unsafe(no_mangle)]
pub extern "C" fn fc_recipe_name(index: usize) -> *const c_char {
    std::panic::catch_unwind(|| recipes::name(index)).unwrap_or(std::ptr::null())
}

/// What the recipe of a number says of itself, in several lines: what it draws and how often, which files of which
/// repository say so, what it does not cover, and what is done instead. NULL past the last one. Static memory; nothing to
/// free.
#[unsafe(no_mangle)]
pub extern "C" fn fc_recipe_description(index: usize) -> *const c_char {
    std::panic::catch_unwind(|| recipes::description(index)).unwrap_or(std::ptr::null())
}

/// Draws from a recipe what to do with an image. The same recipe, seed and key always draw the same, which is what the
/// command draws with `--recipe`, `--seed` and a picture of this name below its input.
///
/// Returns `FC_OK` or an error; `drawn` is then as it was.
///
/// @param recipe        the recipe's name.
/// @param seed          any number.
/// @param key           what tells this image from the others of the seed, such as its file's name.
/// @param drawn         where the settings go, ended by a NUL: one line for each step, each ended by a line feed and in the
///                      form of `fc_settings.codec`. To be applied in turn; a line is empty where its step leaves the image
///                      as it is.
/// @param drawn_size    bytes at `drawn`; 512 hold every draw of the recipes that there are.
/// @param message       where the text of an error goes, or NULL.
/// @param message_size  bytes at `message`.
///
/// # Safety
/// The pointers are null or point to what their types say, texts to characters ended by a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fc_recipe_draw(
    recipe: *const c_char,
    seed: u64,
    key: *const c_char,
    drawn: *mut c_char,
    drawn_size: usize,
    message: *mut c_char,
    message_size: usize,
) -> c_int {
    call::answer(message, message_size, || {
        // SAFETY: the caller's pointers, as this function's contract has them.
        unsafe { recipes::draw(recipe, seed, key, drawn, drawn_size) }
    })
}

/// Puts the artifacts of a codec into an image: `output` becomes the picture that encoding `input` and decoding it would
/// have left. Input and output may be the same image, or of different element types and strides.
///
/// Returns `FC_OK` or an error; `output` is then as it was.
///
/// @param settings      codec, strength and the rest.
/// @param input         the image; it is only read, unless it is the output too.
/// @param output        where the result goes, of the same height and width.
/// @param message       where the text of an error goes, or NULL.
/// @param message_size  bytes at `message`.
///
/// # Safety
/// The pointers are null or point to what their types say, texts to characters ended by a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fc_apply(
    settings: *const fc_settings,
    input: *const fc_image,
    output: *const fc_image,
    message: *mut c_char,
    message_size: usize,
) -> c_int {
    call::answer(message, message_size, || {
        // SAFETY: the caller's pointers, as this function's contract has them.
        unsafe {
            let mut compressor = call::reference(settings, "settings")?.compressor()?;
            let (input, output) = (call::reference(input, "input")?, call::reference(output, "output")?);
            image::apply(&mut compressor, input, output)
        }
    })
}

/// Makes a compressor: settings with the memory that coding needs, for many images. Faster than `fc_apply` for the
/// second image of a size and those after it.
///
/// Returns `FC_OK` or an error; `*compressor` is then NULL.
///
/// @param settings      codec, strength and the rest.
/// @param compressor    where the new compressor goes; to be given to `fc_compressor_free` once.
/// @param message       where the text of an error goes, or NULL.
/// @param message_size  bytes at `message`.
///
/// # Safety
/// The pointers are null or point to what their types say, texts to characters ended by a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fc_compressor_create(
    settings: *const fc_settings,
    compressor: *mut *mut fc_compressor,
    message: *mut c_char,
    message_size: usize,
) -> c_int {
    call::answer(message, message_size, || {
        // SAFETY: the caller's pointers, as this function's contract has them.
        unsafe {
            call::create(compressor, "compressor", || {
                Ok(fc_compressor::new(call::reference(settings, "settings")?.compressor()?))
            })
        }
    })
}

/// Puts the artifacts into an image, as `fc_apply` does, with the settings and the memory of a compressor.
///
/// Returns `FC_OK` or an error; `output` is then as it was.
///
/// @param compressor    from `fc_compressor_create`; used by one thread at a time.
/// @param input         the image; it is only read, unless it is the output too.
/// @param output        where the result goes, of the same height and width.
/// @param message       where the text of an error goes, or NULL.
/// @param message_size  bytes at `message`.
///
/// # Safety
/// The pointers are null or point to what their types say, and no other call uses the compressor meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fc_compressor_apply(
    compressor: *mut fc_compressor,
    input: *const fc_image,
    output: *const fc_image,
    message: *mut c_char,
    message_size: usize,
) -> c_int {
    call::answer(message, message_size, || {
        // SAFETY: the caller's pointers, as this function's contract has them; nothing else uses the compressor now.
        unsafe {
            let compressor = call::place(compressor, "compressor")?.as_mut();
            let (input, output) = (call::reference(input, "input")?, call::reference(output, "output")?);
            image::apply(compressor.inner(), input, output)
        }
    })
}

/// Frees a compressor. NULL is allowed and does nothing.
///
/// @param compressor    from `fc_compressor_create`, not freed before; not to be used after.
///
/// # Safety
/// As said of `compressor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fc_compressor_free(compressor: *mut fc_compressor) {
    // SAFETY: made by `call::create` in `fc_compressor_create`, and freed once, as the caller guarantees.
    unsafe { call::free(compressor) }
}

/// Makes a clip: frames are pushed one by one, and taken as they are shown. A video codec predicts frames from one
/// another, so that what it leaves of a clip is not what it leaves of each frame. JPEG, MJPEG, WebP, MPEG-2 and MPEG-4
/// treat each frame by itself.
///
/// Returns `FC_OK` or an error; `*clip` is then NULL.
///
/// @param settings      codec, strength and the rest, the frame rate too: `"h264:preset=veryfast:fps=25"`.
/// @param keyint        how many frames there are at most from one that stands for itself to the next, at least 1; below 0:
///                      250, as in x264.
/// @param bframes       how many B frames there are at most in a row, 0 to 16; below 0: as many as the preset has.
/// @param clip          where the new clip goes; to be given to `fc_clip_free` once.
/// @param message       where the text of an error goes, or NULL.
/// @param message_size  bytes at `message`.
///
/// # Safety
/// The pointers are null or point to what their types say, texts to characters ended by a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fc_clip_create(
    settings: *const fc_settings,
    keyint: i32,
    bframes: i32,
    clip: *mut *mut fc_clip,
    message: *mut c_char,
    message_size: usize,
) -> c_int {
    call::answer(message, message_size, || {
        // SAFETY: the caller's pointers, as this function's contract has them.
        unsafe {
            call::create(clip, "clip", || {
                fc_clip::new(call::reference(settings, "settings")?, keyint, bframes)
            })
        }
    })
}

/// Gives a clip its next frame. After it, `fc_clip_next` may have no frame, or several.
///
/// Returns `FC_OK` or an error; the clip is then as it was. Settings that clips are not exact for are refused here.
///
/// @param clip          from `fc_clip_create`; used by one thread at a time.
/// @param frame         the frame, of the size of those before it; it is only read.
/// @param message       where the text of an error goes, or NULL.
/// @param message_size  bytes at `message`.
///
/// # Safety
/// The pointers are null or point to what their types say, and no other call uses the clip meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fc_clip_push(
    clip: *mut fc_clip,
    frame: *const fc_image,
    message: *mut c_char,
    message_size: usize,
) -> c_int {
    call::answer(message, message_size, || {
        // SAFETY: the caller's pointers, as this function's contract has them; nothing else uses the clip now.
        unsafe {
            let clip = call::place(clip, "clip")?.as_mut();
            image::push(clip.inner(), call::reference(frame, "frame")?)
        }
    })
}

/// Takes the next frame of a clip as it is shown, where there is one. To be called until there is none, after each
/// `fc_clip_push` and after `fc_clip_finish`.
///
/// Returns `FC_OK` or an error; the frame is then kept, and `output` as it was.
///
/// @param clip          from `fc_clip_create`; used by one thread at a time.
/// @param output        where the frame goes, of the clip's size.
/// @param taken         1 where a frame was written to `output`, otherwise 0.
/// @param message       where the text of an error goes, or NULL.
/// @param message_size  bytes at `message`.
///
/// # Safety
/// The pointers are null or point to what their types say, and no other call uses the clip meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fc_clip_next(
    clip: *mut fc_clip,
    output: *const fc_image,
    taken: *mut c_int,
    message: *mut c_char,
    message_size: usize,
) -> c_int {
    call::answer(message, message_size, || {
        // SAFETY: the caller's pointers, as this function's contract has them; nothing else uses the clip now.
        unsafe {
            let clip = call::place(clip, "clip")?.as_mut();
            let taken = call::place(taken, "taken")?;
            taken.write(0);
            taken.write(image::next(clip.inner(), call::reference(output, "output")?)?.into());
        }
        Ok(())
    })
}

/// Ends a clip: its last frames can then be taken. The next frame pushed begins another clip, with the same memory.
///
/// Returns `FC_OK` or an error.
///
/// @param clip          from `fc_clip_create`; used by one thread at a time.
/// @param message       where the text of an error goes, or NULL.
/// @param message_size  bytes at `message`.
///
/// # Safety
/// The pointers are null or point to what their types say, and no other call uses the clip meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fc_clip_finish(
    clip: *mut fc_clip,
    message: *mut c_char,
    message_size: usize,
) -> c_int {
    call::answer(message, message_size, || {
        // SAFETY: the caller's pointer, as this function's contract has it; nothing else uses the clip now.
        unsafe { call::place(clip, "clip")?.as_mut() }.inner().finish();
        Ok(())
    })
}

/// Frees a clip, with the frames that nobody took. NULL is allowed and does nothing.
///
/// @param clip          from `fc_clip_create`, not freed before; not to be used after.
///
/// # Safety
/// As said of `clip`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fc_clip_free(clip: *mut fc_clip) {
    // SAFETY: made by `call::create` in `fc_clip_create`, and freed once, as the caller guarantees.
    unsafe { call::free(clip) }
}
