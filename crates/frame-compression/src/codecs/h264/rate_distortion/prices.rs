//! Prices of bits and the scan orders (docs/spec/h264-presets.md, annex A).

/// λ of rate-distortion costs by quantiser: `min(2^27, 14.4 * 2^(q / 3))`.
#[rustfmt::skip]
static RATE: [u32; 70] = [
    14, 18, 22, 28, 36, 45, 57, 72, 91, 115, 145, 182, 230, 290, 365, 460, 580, 731, 921, 1161, 1462, 1843,
    2322, 2925, 3686, 4644, 5851, 7372, 9289, 11703, 14745, 18578, 23407, 29491, 37156, 46814, 58982, 74313,
    93628, 117964, 148626, 187257, 235929, 297252, 374514, 471859, 594505, 749029, 943718, 1189010, 1498059,
    1887436, 2378021, 2996119, 3774873, 4756042, 5992238, 7549747, 9512085, 11984476, 15099494, 19024170,
    23968953, 30198988, 38048341, 47937906, 60397977, 76096683, 95875813, 120795955,
];

/// λ of the trellis by quantiser.
#[rustfmt::skip]
static TRELLIS: [u32; 70] = [
    27, 34, 43, 54, 68, 86, 108, 136, 172, 216, 273, 343, 433, 545, 687, 865, 1090, 1374, 1731, 2180, 2747,
    3461, 4361, 5494, 6922, 8721, 10988, 13844, 17442, 21976, 27688, 34885, 43953, 55377, 69771, 87906, 110755,
    139543, 175813, 221511, 279087, 351627, 443023, 558174, 703255, 886046, 1116348, 1406511, 1772093, 2232697,
    2813022, 3544186, 4465396, 5626046, 7088374, 8930791, 11252092, 14176748, 17861583, 22504184, 28353495,
    35723165, 45008368, 56706990, 71446330, 90016736, 113413980, 134217727, 134217727, 134217727,
];

/// The same in macroblocks that are predicted from other frames (docs/spec/h264-clips.md, annex A).
#[rustfmt::skip]
static MOVED_TRELLIS: [u32; 70] = [
    46, 58, 73, 92, 117, 147, 185, 233, 294, 370, 466, 587, 740, 932, 1174, 1480, 1864, 2349, 2959, 3728,
    4697, 5918, 7457, 9395, 11837, 14914, 18790, 23674, 29828, 37581, 47349, 59656, 75163, 94699, 119313,
    150326, 189399, 238627, 300652, 378798, 477255, 601304, 757596, 954511, 1202608, 1515192, 1909022,
    2405217, 3030384, 3818045, 4810435, 6060769, 7636091, 9620872, 12121539, 15272182, 19241743, 24243077,
    30544363, 38483486, 48486154, 61088726, 76966972, 96972308, 122177453, 134217727, 134217727, 134217727,
    134217727, 134217727,
];

/// How much chroma distortion counts, 256 being as much as luma, by how far the chroma quantiser is below luma's.
#[rustfmt::skip]
static CHROMA_WEIGHT: [u16; 37] = [
    16, 20, 25, 32, 40, 50, 64, 80, 101, 128, 161, 203, 256, 322, 406, 512, 645, 812, 1024, 1290, 1625, 2048,
    2580, 3250, 4096, 5160, 6501, 8192, 10321, 13003, 16384, 20642, 26007, 32768, 41285, 52015, 65535,
];

/// The zigzag scan: the raster place of each scan position (H.264 6.5.6).
#[rustfmt::skip]
pub(in super::super) static ZIGZAG_4X4: [u8; 16] = [
    0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15,
];

/// The zigzag scan of 8x8 blocks.
#[rustfmt::skip]
pub(in super::super) static ZIGZAG_8X8: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
    53, 60, 61, 54, 47, 55, 62, 63,
];

/// λ of a rate-distortion cost at a quantiser in 0..=69.
pub(in super::super) fn rate_lambda(quantiser: u8) -> u32 {
    RATE[usize::from(quantiser.min(69))]
}

/// λ of the trellis at a quantiser in 0..=69.
pub(in super::super) fn trellis_lambda(quantiser: u8) -> u32 {
    TRELLIS[usize::from(quantiser.min(69))]
}

/// The same in a macroblock that is predicted from other frames.
pub(in super::super) fn moved_trellis_lambda(quantiser: u8) -> u32 {
    MOVED_TRELLIS[usize::from(quantiser.min(69))]
}

/// How much chroma distortion counts at a luma quantiser and the chroma quantiser beside it; 256 is as much as luma.
pub(super) fn chroma_weight(quantiser: u8, chroma: u8) -> u32 {
    let index = (i32::from(quantiser) - i32::from(chroma) + 12).clamp(0, 36);
    u32::from(CHROMA_WEIGHT[index as usize])
}
