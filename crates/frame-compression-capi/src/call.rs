//! What every call does: look at its pointers, keep a panic inside, and say what was wrong.

use std::ffi::{c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use frame_compression::Error;

use crate::fc_status;

/// Why a call is refused: its number and its text.
pub(crate) struct Refusal {
    status: c_int,
    text: String,
}

impl Refusal {
    pub(crate) fn new(status: fc_status, text: String) -> Self {
        Self { status: status as c_int, text }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { status: error.code(), text: error.to_string() }
    }
}

/// Runs a call, and gives its status; the text of an error, or an empty one, goes to `message`.
pub(crate) fn answer(
    message: *mut c_char,
    message_size: usize,
    call: impl FnOnce() -> Result<(), Refusal>,
) -> c_int {
    // What a panic leaves half done is a compressor's scratch memory, which every picture overwrites, or a clip, whose owner
    // is told.
    let result = catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let reason = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or(panic.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        let text = format!("a defect of the library: {reason}");
        // What was thrown may itself panic when it is dropped.
        std::mem::forget(panic);
        Err(Refusal::new(fc_status::FC_ERROR_PANIC, text))
    });
    let (status, text) = match result {
        Ok(()) => (fc_status::FC_OK as c_int, String::new()),
        Err(refusal) => (refusal.status, refusal.text),
    };
    if !message.is_null() && message_size > 0 {
        let room = text.len().min(message_size - 1);
        let end = (0..=room).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        // SAFETY: the caller guarantees `message_size` bytes at `message`; `end` and the terminator fit into them.
        unsafe {
            message.cast::<u8>().copy_from_nonoverlapping(text.as_ptr(), end);
            message.add(end).write(0);
        }
    }
    status
}

/// A pointer that may be written through: neither null nor misaligned.
pub(crate) fn place<T>(pointer: *mut T, name: &str) -> Result<NonNull<T>, Refusal> {
    let place = NonNull::new(pointer)
        .ok_or_else(|| Refusal::new(fc_status::FC_ERROR_NULL_POINTER, format!("{name} is null")))?;
    if !place.is_aligned() {
        return Err(Refusal::new(
            fc_status::FC_ERROR_MISALIGNED_POINTER,
            format!("{name} is not aligned to {} bytes", align_of::<T>()),
        ));
    }
    Ok(place)
}

/// What a pointer points to, which may be neither null nor misaligned.
///
/// # Safety
/// Otherwise it points to a `T` that stays as it is for `'a`.
pub(crate) unsafe fn reference<'a, T>(pointer: *const T, name: &str) -> Result<&'a T, Refusal> {
    let place = place(pointer.cast_mut(), name)?;
    // SAFETY: not null and aligned, and the rest is guaranteed by the caller.
    Ok(unsafe { place.as_ref() })
}

/// Makes what a C program holds until it calls [`free`]; `place` has null where that is refused.
///
/// # Safety
/// `place` is null, misaligned, or may be written to.
pub(crate) unsafe fn create<T>(
    place: *mut *mut T,
    name: &str,
    make: impl FnOnce() -> Result<T, Refusal>,
) -> Result<(), Refusal> {
    let place = self::place(place, name)?;
    // SAFETY: neither null nor misaligned, and the rest is guaranteed by the caller.
    unsafe {
        place.write(std::ptr::null_mut());
        place.write(Box::into_raw(Box::new(make()?)));
    }
    Ok(())
}

/// Frees what [`create`] made; null is nothing.
///
/// # Safety
/// The pointer is null or from [`create`], and freed once.
pub(crate) unsafe fn free<T>(pointer: *mut T) {
    if !pointer.is_null() {
        answer(std::ptr::null_mut(), 0, || {
            // SAFETY: the caller guarantees it.
            drop(unsafe { Box::from_raw(pointer) });
            Ok(())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(size: usize, text: &str) -> Vec<u8> {
        let mut message = vec![0x55u8; 16];
        let refusal = Refusal::new(fc_status::FC_ERROR_OVERLAP, text.to_owned());
        assert_eq!(answer(message.as_mut_ptr().cast(), size, || Err(refusal)), 104);
        message
    }

    #[test]
    fn a_text_is_cut_at_a_character_and_ended() {
        assert_eq!(text_of(16, "short")[..7], *b"short\0\x55");
        assert_eq!(text_of(4, "short")[..5], *b"sho\0\x55");
        assert_eq!(text_of(5, "a\u{20ac}\u{20ac}")[..6], *b"a\xe2\x82\xac\0\x55");
        assert_eq!(text_of(4, "a\u{20ac}\u{20ac}")[..3], *b"a\0\x55");
        assert_eq!(text_of(1, "short")[..2], *b"\0\x55");
        assert_eq!(text_of(0, "short")[..1], *b"\x55");
    }

    #[test]
    fn a_panic_stays_inside_and_is_told() {
        let mut message = [0u8; 64];
        let status = answer(message.as_mut_ptr().cast(), message.len(), || panic!("number {}", 7));
        assert_eq!(status, fc_status::FC_ERROR_PANIC as c_int);
        assert!(message.starts_with(b"a defect of the library: number 7\0"));
    }

    #[test]
    fn success_leaves_an_empty_text() {
        let mut message = [0x55u8; 4];
        assert_eq!(answer(message.as_mut_ptr().cast(), 4, || Ok(())), 0);
        assert_eq!(message, [0, 0x55, 0x55, 0x55]);
    }
}
