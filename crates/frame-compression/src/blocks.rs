//! Square blocks out of planes, and back.

/// A block of W columns and N / W rows out of samples whose rows are `stride` apart.
#[inline(always)]
pub(crate) fn gather<const W: usize, const N: usize>(samples: &[u8], stride: usize, at: usize) -> [u8; N] {
    let samples = &samples[at..][..(N / W - 1) * stride + W];
    let mut block = [0; N];
    for (y, row) in block.chunks_exact_mut(W).enumerate() {
        row.copy_from_slice(&samples[y * stride..][..W]);
    }
    block
}

/// The reverse of [`gather`].
#[inline(always)]
pub(crate) fn scatter<const W: usize, const N: usize>(
    block: &[u8; N],
    samples: &mut [u8],
    stride: usize,
    at: usize,
) {
    let samples = &mut samples[at..][..(N / W - 1) * stride + W];
    for (y, row) in block.chunks_exact(W).enumerate() {
        samples[y * stride..][..W].copy_from_slice(row);
    }
}

/// Copies W columns of so many rows from samples whose rows are so far apart, from a place on, into others. No block
/// lies between them, which a processor would wait for to be in memory.
#[inline(always)]
pub(crate) fn copy_rows<const W: usize>(
    (from, from_stride, from_at): (&[u8], usize, usize),
    (to, to_stride, to_at): (&mut [u8], usize, usize),
    rows: usize,
) {
    let from = &from[from_at..][..(rows - 1) * from_stride + W];
    let to = &mut to[to_at..][..(rows - 1) * to_stride + W];
    for y in 0..rows {
        to[y * to_stride..][..W].copy_from_slice(&from[y * from_stride..][..W]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_back_to_its_place_and_touches_nothing_else() {
        let samples: Vec<u8> = (0..12 * 6).collect();
        let block = gather::<4, 16>(&samples, 12, 14);
        assert_eq!(block, [14, 15, 16, 17, 26, 27, 28, 29, 38, 39, 40, 41, 50, 51, 52, 53]);
        let mut others = samples.clone();
        scatter::<4, 16>(&[200; 16], &mut others, 12, 14);
        assert_eq!(others.iter().filter(|&&sample| sample == 200).count(), 16);
        scatter::<4, 16>(&block, &mut others, 12, 14);
        assert_eq!(others, samples);
        let mut copied = [200; 4 * 9];
        copy_rows::<4>((&samples, 12, 14), (&mut copied, 9, 1), 4);
        assert_eq!(gather::<4, 16>(&copied, 9, 1), block);
        assert_eq!(copied.iter().filter(|&&sample| sample == 200).count(), 20);
    }
}
