//! H.264 and H.265 through VideoToolbox: one key frame, encoded and decoded, in sessions of its own.
//!
//! Both sessions give their result to a callback, which may run on another thread but has run by the time that
//! `VTCompressionSessionCompleteFrames` or `VTDecompressionSessionWaitForAsynchronousFrames` returns. A C callback
//! and a pointer do the work of the frameworks' output handlers without Objective-C blocks.

use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use objc2_core_foundation::{CFBoolean, CFNumber, CFRetained, CFString, CFType, Type};
use objc2_core_media::{
    CMSampleBuffer, CMTime, kCMTimeInvalid, kCMTimeZero, kCMVideoCodecType_H264, kCMVideoCodecType_HEVC,
};
use objc2_core_video::{
    CVImageBuffer, CVPixelBuffer, kCVPixelBufferPixelFormatTypeKey, kCVPixelFormatType_32BGRA,
};
use objc2_video_toolbox::{
    VTCompressionSession, VTDecodeFrameFlags, VTDecodeInfoFlags, VTDecompressionOutputCallbackRecord,
    VTDecompressionSession, VTEncodeInfoFlags, VTSessionSetProperty,
    kVTCompressionPropertyKey_AllowFrameReordering, kVTCompressionPropertyKey_ExpectedFrameRate,
    kVTCompressionPropertyKey_MaxKeyFrameInterval, kVTCompressionPropertyKey_ProfileLevel,
    kVTCompressionPropertyKey_Quality, kVTCompressionPropertyKey_RealTime,
    kVTEncodeFrameOptionKey_ForceKeyFrame, kVTProfileLevel_H264_High_AutoLevel,
    kVTProfileLevel_HEVC_Main_AutoLevel, kVTPropertyNotSupportedErr,
};

use super::core_foundation::{check, created, dictionary, gave_nothing};
use super::pixel_buffer;
use crate::error::Error;

/// The codecs of VideoToolbox.
#[derive(Debug, Clone, Copy)]
pub(super) enum Video {
    H264,
    H265,
}

/// Encodes packed BGRA8 as one key frame and puts what decoding gives in its place.
pub(super) fn encode_and_decode(
    bgra: &mut [u8],
    width: usize,
    height: usize,
    codec: Video,
    quality: f32,
) -> Result<(), Error> {
    let source = pixel_buffer::from_bgra(bgra, width, height)?;
    let frame = Encoder::new(codec, width, height)?.encode(&source, quality)?;
    let decoded = Decoder::new(&frame)?.decode(&frame)?;
    pixel_buffer::to_bgra(&decoded, bgra, width, height)
}

/// Where a callback, on whatever thread, leaves its status and its result. It only stores, so it cannot unwind.
struct Captured<T: Type> {
    status: AtomicI32,
    object: AtomicPtr<T>,
}

impl<T: Type> Captured<T> {
    fn new() -> Box<Self> {
        Box::new(Self { status: AtomicI32::new(0), object: AtomicPtr::new(ptr::null_mut()) })
    }

    /// What the framework hands to the callback.
    fn as_context(&self) -> *mut c_void {
        ptr::from_ref(self).cast_mut().cast()
    }

    /// Keeps what a callback was given.
    ///
    /// # Safety
    /// `context` is that of a living `Captured` of the same type, and `object` is null or alive.
    unsafe fn keep(context: *mut c_void, status: i32, object: *mut T) {
        // SAFETY: guaranteed by the caller; only shared access is made, here and by the owner.
        let captured = unsafe { &*context.cast_const().cast::<Self>() };
        // The object is the framework's: it needs a reference of ours to outlive the callback.
        // SAFETY: guaranteed by the caller.
        let object = NonNull::new(object).map(|object| unsafe { CFRetained::retain(object) });
        let object = object.map_or(ptr::null_mut(), |object| CFRetained::into_raw(object).as_ptr());
        captured.status.store(status, Ordering::Relaxed);
        drop(captured.swap(object));
    }

    fn swap(&self, object: *mut T) -> Option<CFRetained<T>> {
        let object = NonNull::new(self.object.swap(object, Ordering::AcqRel));
        // SAFETY: what `keep` stores has one reference, and each pointer leaves the place once.
        object.map(|object| unsafe { CFRetained::from_raw(object) })
    }

    /// What the callback has left.
    fn take(&self, call: &'static str) -> Result<CFRetained<T>, Error> {
        let object = self.swap(ptr::null_mut());
        check(call, self.status.load(Ordering::Relaxed))?;
        object.ok_or(gave_nothing(call))
    }
}

impl<T: Type> Drop for Captured<T> {
    fn drop(&mut self) {
        drop(self.swap(ptr::null_mut()));
    }
}

/// Waits by `complete`, which promises that no callback runs any more; should it fail, the place that a late callback
/// would write to is given up, never freed.
fn completed<T: Type>(
    captured: Box<Captured<T>>,
    call: &'static str,
    complete: i32,
) -> Result<Box<Captured<T>>, Error> {
    if complete != 0 {
        Box::leak(captured);
        return Err(Error::Platform { call, status: complete });
    }
    Ok(captured)
}

/// Keeps the encoded frame of [`Encoder::encode`], whose `Captured` is the frame's context.
unsafe extern "C-unwind" fn on_encoded(
    _session: *mut c_void,
    frame: *mut c_void,
    status: i32,
    _flags: VTEncodeInfoFlags,
    sample: *mut CMSampleBuffer,
) {
    // SAFETY: `encode` gave the context and keeps it alive; the sample is alive during the callback.
    unsafe { Captured::keep(frame, status, sample) }
}

/// Keeps the decoded picture of [`Decoder::decode`], whose `Captured` is the frame's context.
unsafe extern "C-unwind" fn on_decoded(
    _session: *mut c_void,
    frame: *mut c_void,
    status: i32,
    _flags: VTDecodeInfoFlags,
    picture: *mut CVImageBuffer,
    _presentation: CMTime,
    _duration: CMTime,
) {
    // SAFETY: `decode` gave the context and keeps it alive; the picture is alive during the callback.
    unsafe { Captured::keep(frame, status, picture) }
}

/// Whether the encoder has to take a property.
#[derive(PartialEq)]
enum Need {
    Required,
    Hint,
}

struct Encoder {
    session: CFRetained<VTCompressionSession>,
    codec: Video,
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the session is ours alone and is not used after this.
        unsafe { self.session.invalidate() }
    }
}

impl Encoder {
    fn new(codec: Video, width: usize, height: usize) -> Result<Self, Error> {
        let kind = match codec {
            Video::H264 => kCMVideoCodecType_H264,
            Video::H265 => kCMVideoCodecType_HEVC,
        };
        let mut session = ptr::null_mut();
        // SAFETY: the callback is a function of the type asked for, its session context is not used, and the
        // out-pointer is valid. Sides are at most `MAX_SIDE`.
        let session = unsafe {
            let status = VTCompressionSession::create(
                None,
                width as i32,
                height as i32,
                kind,
                None,
                None,
                None,
                Some(on_encoded),
                ptr::null_mut(),
                NonNull::from(&mut session),
            );
            created("VTCompressionSessionCreate", status, session)?
        };
        Ok(Self { session, codec })
    }

    fn set(&self, key: &CFString, value: &CFType, need: Need) -> Result<(), Error> {
        // SAFETY: the callers pair each key with a value of the type that VideoToolbox documents for it.
        match unsafe { VTSessionSetProperty(&self.session, key, Some(value)) } {
            status if status == kVTPropertyNotSupportedErr && need == Need::Hint => Ok(()),
            status => check("VTSessionSetProperty", status),
        }
    }

    /// One key frame whose strength is a constant quality. No rate is set: a limit would let the encoder leave it.
    fn configure(&self, quality: f32) -> Result<(), Error> {
        let (yes, no) = (CFBoolean::new(true), CFBoolean::new(false));
        let one = CFNumber::new_i32(1);
        // A string in place of the constant, which would keep programs from loading before macOS 11 and iOS 14.
        let prefer_speed = CFString::from_static_str("PrioritizeEncodingSpeedOverQuality");
        // SAFETY: constants of VideoToolbox.
        unsafe {
            let profile = match self.codec {
                Video::H264 => kVTProfileLevel_H264_High_AutoLevel,
                Video::H265 => kVTProfileLevel_HEVC_Main_AutoLevel,
            };
            self.set(kVTCompressionPropertyKey_ProfileLevel, profile, Need::Required)?;
            self.set(kVTCompressionPropertyKey_AllowFrameReordering, no, Need::Required)?;
            self.set(kVTCompressionPropertyKey_MaxKeyFrameInterval, &one, Need::Required)?;
            self.set(kVTCompressionPropertyKey_ExpectedFrameRate, &one, Need::Hint)?;
            self.set(kVTCompressionPropertyKey_RealTime, no, Need::Hint)?;
            self.set(kVTCompressionPropertyKey_Quality, &CFNumber::new_f32(quality), Need::Required)?;
        }
        self.set(&prefer_speed, yes, Need::Hint)
    }

    /// Encodes one picture. The session ends with it.
    fn encode(self, source: &CVPixelBuffer, quality: f32) -> Result<CFRetained<CMSampleBuffer>, Error> {
        self.configure(quality)?;
        // SAFETY: a constant of VideoToolbox.
        let key_frame =
            dictionary([unsafe { kVTEncodeFrameOptionKey_ForceKeyFrame }], [CFBoolean::new(true)]);
        let captured = Captured::new();
        // SAFETY: the properties are of the types that VideoToolbox documents; `captured` stays alive until no
        // callback can come, by `completed`.
        let captured = unsafe {
            let status = self.session.encode_frame(
                source,
                kCMTimeZero,
                kCMTimeInvalid,
                Some(key_frame.as_opaque()),
                captured.as_context(),
                ptr::null_mut(),
            );
            let complete = self.session.complete_frames(kCMTimeInvalid);
            let captured = completed(captured, "VTCompressionSessionCompleteFrames", complete)?;
            check("VTCompressionSessionEncodeFrame", status)?;
            captured
        };
        captured.take("VTCompressionOutputCallback")
    }
}

struct Decoder(CFRetained<VTDecompressionSession>);

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: the session is ours alone and is not used after this.
        unsafe { self.0.invalidate() }
    }
}

impl Decoder {
    /// A decoder for the stream that a frame is of.
    fn new(frame: &CMSampleBuffer) -> Result<Self, Error> {
        // SAFETY: the frame is alive.
        let format = unsafe { frame.format_description() }
            .ok_or(gave_nothing("CMSampleBufferGetFormatDescription"))?;
        let bgra = CFNumber::new_i32(kCVPixelFormatType_32BGRA.cast_signed());
        // SAFETY: a constant of CoreVideo.
        let attributes = dictionary([unsafe { kCVPixelBufferPixelFormatTypeKey }], [&bgra]);
        let callback = VTDecompressionOutputCallbackRecord {
            decompressionOutputCallback: Some(on_decoded),
            decompressionOutputRefCon: ptr::null_mut(),
        };
        let mut session = ptr::null_mut();
        // SAFETY: the attributes are of the types that CoreVideo documents, the record is copied by the call, and the
        // out-pointer is valid.
        unsafe {
            let status = VTDecompressionSession::create(
                None,
                &format,
                None,
                Some(attributes.as_opaque()),
                &callback,
                NonNull::from(&mut session),
            );
            created("VTDecompressionSessionCreate", status, session).map(Self)
        }
    }

    /// Decodes one frame. The session ends with it.
    fn decode(self, frame: &CMSampleBuffer) -> Result<CFRetained<CVImageBuffer>, Error> {
        let captured = Captured::new();
        // SAFETY: `captured` stays alive until no callback can come, by `completed`.
        let captured = unsafe {
            let status =
                self.0.decode_frame(frame, VTDecodeFrameFlags(0), captured.as_context(), ptr::null_mut());
            let complete = self.0.wait_for_asynchronous_frames();
            let captured = completed(captured, "VTDecompressionSessionWaitForAsynchronousFrames", complete)?;
            check("VTDecompressionSessionDecodeFrame", status)?;
            captured
        };
        captured.take("VTDecompressionOutputCallback")
    }
}
