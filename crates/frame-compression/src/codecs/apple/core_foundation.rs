//! What every call into Apple's C frameworks needs: statuses as errors, owned objects, dictionaries, an autorelease pool.

use std::ffi::c_void;
use std::ptr::NonNull;

use objc2_core_foundation::{CFDictionary, CFRetained, CFString, CFType, Type};

use crate::error::Error;

/// Turns the status of a call into an error that names the call.
pub(super) fn check(call: &'static str, status: i32) -> Result<(), Error> {
    if status == 0 { Ok(()) } else { Err(Error::Platform { call, status }) }
}

/// The error of a call that has no status, or that reports success and gives nothing.
pub(super) fn gave_nothing(call: &'static str) -> Error {
    Error::Platform { call, status: 0 }
}

/// Takes over what a call has created: its status, and the object that it left in its out-pointer.
///
/// # Safety
/// `object` is null or an object that the caller owns once (the frameworks' Create rule).
pub(super) unsafe fn created<T: Type>(
    call: &'static str,
    status: i32,
    object: *mut T,
) -> Result<CFRetained<T>, Error> {
    // SAFETY: this function's caller guarantees the one reference that is taken over here.
    let object = NonNull::new(object).map(|object| unsafe { CFRetained::from_raw(object) });
    check(call, status)?;
    object.ok_or(gave_nothing(call))
}

/// A dictionary of properties.
pub(super) fn dictionary<const N: usize>(
    keys: [&CFString; N],
    values: [&CFType; N],
) -> CFRetained<CFDictionary<CFString, CFType>> {
    CFDictionary::from_slices(&keys, &values)
}

#[link(name = "objc", kind = "dylib")]
unsafe extern "C" {
    fn objc_autoreleasePoolPush() -> *mut c_void;
    fn objc_autoreleasePoolPop(pool: *mut c_void);
}

/// Frees at its end what the frameworks have autoreleased since its start: a thread of Rust has no pool of its own,
/// and without one the memory of every picture would stay until the thread ends.
pub(super) struct AutoreleasePool(*mut c_void);

impl AutoreleasePool {
    pub(super) fn new() -> Self {
        // SAFETY: may be called at any time (clang's Objective-C ARC runtime interface).
        Self(unsafe { objc_autoreleasePoolPush() })
    }
}

impl Drop for AutoreleasePool {
    fn drop(&mut self) {
        // SAFETY: popped once, on the thread that pushed it (a raw pointer makes this struct stay there), and after
        // every pool made later, as each lives in a scope.
        unsafe { objc_autoreleasePoolPop(self.0) }
    }
}
