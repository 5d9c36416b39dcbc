//! The transforms of VP8: the encoder's DCT and its inverse (RFC 6386 14.4), and the Walsh-Hadamard transform of
//! the DCs and its inverse (14.3). Blocks are 4x4, row by row.

/// A block of coefficients.
pub(super) type Block = [i16; 16];

/// The coefficients of a block of `source - prediction`, both with rows `stride` apart.
pub(super) fn forward(source: &[u8], prediction: &[u8], stride: usize) -> Block {
    let mut rows = [[0; 4]; 4];
    for (y, row) in rows.iter_mut().enumerate() {
        let at = y * stride;
        let d: [i32; 4] = std::array::from_fn(|x| i32::from(source[at + x]) - i32::from(prediction[at + x]));
        let (a0, a1, a2, a3) = (d[0] + d[3], d[1] + d[2], d[1] - d[2], d[0] - d[3]);
        *row = [
            8 * (a0 + a1),
            (2217 * a2 + 5352 * a3 + 1812) >> 9,
            8 * (a0 - a1),
            (2217 * a3 - 5352 * a2 + 937) >> 9,
        ];
    }
    let mut block = [0; 16];
    for x in 0..4 {
        let t: [i32; 4] = std::array::from_fn(|y| rows[y][x]);
        let (a0, a1, a2, a3) = (t[0] + t[3], t[1] + t[2], t[1] - t[2], t[0] - t[3]);
        block[x] = ((a0 + a1 + 7) >> 4) as i16;
        block[4 + x] = (((2217 * a2 + 5352 * a3 + 12000) >> 16) + i32::from(a3 != 0)) as i16;
        block[8 + x] = ((a0 - a1 + 7) >> 4) as i16;
        block[12 + x] = ((2217 * a3 - 5352 * a2 + 51000) >> 16) as i16;
    }
    block
}

/// The prediction with the inverse transform of the coefficients added; rows are `stride` apart in both.
pub(super) fn inverse(block: &Block, prediction: &[u8], out: &mut [u8], stride: usize) {
    let larger = |v: i32| v + ((v * 20091) >> 16);
    let smaller = |v: i32| (v * 35468) >> 16;
    let pass = |x: [i32; 4]| {
        let (a, b) = (x[0] + x[2], x[0] - x[2]);
        let (c, d) = (smaller(x[1]) - larger(x[3]), larger(x[1]) + smaller(x[3]));
        [a + d, b + c, b - c, a - d]
    };
    let columns: [[i32; 4]; 4] =
        std::array::from_fn(|x| pass(std::array::from_fn(|y| i32::from(block[4 * y + x]))));
    for y in 0..4 {
        let row = columns.each_ref().map(|column| column[y]);
        let row = pass([row[0] + 4, row[1], row[2], row[3]]);
        for (x, value) in row.into_iter().enumerate() {
            let at = y * stride + x;
            out[at] = (i32::from(prediction[at]) + (value >> 3)).clamp(0, 255) as u8;
        }
    }
}

/// The Walsh-Hadamard transform of the 16 DCs of a macroblock.
pub(super) fn forward_walsh(dcs: &Block) -> Block {
    let pass = |x: [i32; 4]| {
        let (a0, a1, a2, a3) = (x[0] + x[2], x[1] + x[3], x[1] - x[3], x[0] - x[2]);
        [a0 + a1, a3 + a2, a3 - a2, a0 - a1]
    };
    let rows: [[i32; 4]; 4] =
        std::array::from_fn(|y| pass(std::array::from_fn(|x| i32::from(dcs[4 * y + x]))));
    let columns: [[i32; 4]; 4] = std::array::from_fn(|x| pass(std::array::from_fn(|y| rows[y][x])));
    std::array::from_fn(|at| (columns[at % 4][at / 4] >> 1) as i16)
}

/// Its inverse.
pub(super) fn inverse_walsh(coefficients: &Block) -> Block {
    let pass = |x: [i32; 4]| {
        let (a0, a1, a2, a3) = (x[0] + x[3], x[1] + x[2], x[1] - x[2], x[0] - x[3]);
        [a0 + a1, a3 + a2, a0 - a1, a3 - a2]
    };
    let columns: [[i32; 4]; 4] =
        std::array::from_fn(|x| pass(std::array::from_fn(|y| i32::from(coefficients[4 * y + x]))));
    let rows: [[i32; 4]; 4] =
        std::array::from_fn(|y| pass(std::array::from_fn(|x| columns[x][y] + if x == 0 { 3 } else { 0 })));
    std::array::from_fn(|at| (rows[at / 4][at % 4] >> 3) as i16)
}
