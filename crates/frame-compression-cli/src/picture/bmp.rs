//! Bitmaps of 16 bits a pixel: how their few levels span 0 to 255.

/// Spreads samples of fewer than 8 bits as Pillow does, `level * 255 / most` rounded down, where the decoder rounds to
/// the nearest.
pub(super) fn spread_levels(data: &[u8], rgb: &mut [u8]) {
    let Some(bits) = depths(data) else { return };
    let (pixels, _) = rgb.as_chunks_mut::<3>();
    for (channel, bits) in bits.into_iter().enumerate().filter(|(_, bits)| (1..8).contains(bits)) {
        let most = (1u32 << bits) - 1;
        for pixel in &mut *pixels {
            let level = (u32::from(pixel[channel]) * most + 127) / 255;
            pixel[channel] = (level * 255 / most) as u8;
        }
    }
}

/// Bits of red, green and blue in a bitmap of 16 bits a pixel.
fn depths(data: &[u8]) -> Option<[u32; 3]> {
    let number = |at: usize| data.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    if data.get(28..30)? != [16, 0] {
        return None;
    }
    match number(30)? {
        0 => Some([5; 3]),
        3 | 6 => {
            let bits = |at| number(at).map(u32::count_ones);
            Some([bits(54)?, bits(58)?, bits(62)?])
        }
        _ => None,
    }
}
