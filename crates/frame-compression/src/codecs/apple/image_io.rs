//! JPEG through ImageIO.

use std::ptr;

use objc2_core_foundation::{CFData, CFMutableData, CFNumber, CFString, CGPoint, CGRect, CGSize};
use objc2_core_graphics::{
    CGBitmapContextCreate, CGBitmapInfo, CGColorRenderingIntent, CGColorSpace, CGContext, CGDataProvider,
    CGImage, CGImageAlphaInfo, CGImageByteOrderInfo, kCGColorSpaceSRGB,
};
use objc2_image_io::{CGImageDestination, CGImageSource, kCGImageDestinationLossyCompressionQuality};

use super::core_foundation::{dictionary, gave_nothing};
use crate::error::Error;

/// B, G, R, unused: a 32-bit little-endian number with the unused byte on top.
const BGRX: CGBitmapInfo =
    CGBitmapInfo(CGImageAlphaInfo::NoneSkipFirst.0 | CGImageByteOrderInfo::Order32Little.0);

/// Encodes packed BGRA8 as a JPEG and puts what decoding gives in its place.
pub(super) fn encode_and_decode(
    bgra: &mut [u8],
    width: usize,
    height: usize,
    quality: f32,
) -> Result<(), Error> {
    // Source and result are of one colour space, so that no colour is matched on the way.
    // SAFETY: a constant of CoreGraphics.
    let srgb = CGColorSpace::with_name(Some(unsafe { kCGColorSpaceSRGB }))
        .ok_or(gave_nothing("CGColorSpaceCreateWithName"))?;
    let jpeg = encode(bgra, width, height, quality, &srgb)?;
    decode(&jpeg, bgra, width, height, &srgb)
}

fn encode(
    bgra: &[u8],
    width: usize,
    height: usize,
    quality: f32,
    srgb: &CGColorSpace,
) -> Result<objc2_core_foundation::CFRetained<CFMutableData>, Error> {
    let provider = CGDataProvider::with_cf_data(Some(&CFData::from_bytes(bgra)))
        .ok_or(gave_nothing("CGDataProviderCreateWithCFData"))?;
    // SAFETY: the provider owns `width * height * 4` bytes; a null pointer for the decode array asks for none.
    let image = unsafe {
        CGImage::new(
            width,
            height,
            8,
            32,
            width * 4,
            Some(srgb),
            BGRX,
            Some(&provider),
            ptr::null(),
            false,
            CGColorRenderingIntent::RenderingIntentDefault,
        )
    }
    .ok_or(gave_nothing("CGImageCreate"))?;
    let jpeg = CFMutableData::new(None, 0).ok_or(gave_nothing("CFDataCreateMutable"))?;
    // SAFETY: the destination and its properties are of the types that ImageIO documents, and the data outlives it.
    unsafe {
        let kind = CFString::from_static_str("public.jpeg");
        let destination = CGImageDestination::with_data(&jpeg, &kind, 1, None)
            .ok_or(gave_nothing("CGImageDestinationCreateWithData"))?;
        let quality = CFNumber::new_f32(quality);
        let properties = dictionary([kCGImageDestinationLossyCompressionQuality], [&quality]);
        destination.add_image(&image, Some(properties.as_opaque()));
        if !destination.finalize() {
            return Err(gave_nothing("CGImageDestinationFinalize"));
        }
    }
    Ok(jpeg)
}

fn decode(
    jpeg: &CFData,
    bgra: &mut [u8],
    width: usize,
    height: usize,
    srgb: &CGColorSpace,
) -> Result<(), Error> {
    // SAFETY: the data is not changed while the source and the image that reads from it live.
    let image = unsafe {
        CGImageSource::with_data(jpeg, None)
            .ok_or(gave_nothing("CGImageSourceCreateWithData"))?
            .image_at_index(0, None)
            .ok_or(gave_nothing("CGImageSourceCreateImageAtIndex"))?
    };
    if (CGImage::width(Some(&image)), CGImage::height(Some(&image))) != (width, height) {
        return Err(gave_nothing("CGImageGetWidth"));
    }
    // SAFETY: `bgra` has `height` rows of `width * 4` bytes, and the context is gone before the borrow ends.
    let context = unsafe {
        CGBitmapContextCreate(bgra.as_mut_ptr().cast(), width, height, 8, width * 4, Some(srgb), BGRX.0)
    }
    .ok_or(gave_nothing("CGBitmapContextCreate"))?;
    let whole = CGRect::new(CGPoint::new(0.0, 0.0), CGSize::new(width as f64, height as f64));
    CGContext::draw_image(Some(&context), whole, Some(&image));
    Ok(())
}
