//! Rows of a block inside a plane, whose bounds are checked once and not row by row.

/// `count` rows of W samples, the first at the start of `samples`, each `stride` after the one before.
///
/// # Panics
/// If the samples end before the rows do.
#[inline(always)]
pub(crate) fn rows<const W: usize>(
    samples: &[u8],
    stride: usize,
    count: usize,
) -> impl Iterator<Item = &[u8; W]> {
    let reach = count.saturating_sub(1).saturating_mul(stride).saturating_add(W);
    assert!(count == 0 || reach <= samples.len(), "{count} rows {stride} apart in {} samples", samples.len());
    (0..count).map(move |y| {
        // SAFETY: y is at most count - 1, so that the row ends at (count - 1) * stride + W at the latest, which is inside of
        // the samples as checked above.
        unsafe { &*samples.as_ptr().add(y * stride).cast::<[u8; W]>() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_slices() {
        let samples: Vec<u8> = (0..100).collect();
        let found: Vec<[u8; 4]> = rows::<4>(&samples[3..], 10, 5).copied().collect();
        let expected: Vec<[u8; 4]> =
            (0..5).map(|y| std::array::from_fn(|x| samples[3 + 10 * y + x])).collect();
        assert_eq!(found, expected);
        assert_eq!(rows::<4>(&samples[56..], 10, 5).count(), 5);
        assert_eq!(rows::<4>(&[], 10, 0).count(), 0);
    }

    #[test]
    fn rows_that_do_not_fit_are_refused() {
        let samples = [0; 43];
        for (stride, count) in [(10, 5), (40, 2), (usize::MAX, 2), (usize::MAX / 2, 4)] {
            let refused = std::panic::catch_unwind(|| rows::<4>(&samples, stride, count).count());
            assert!(refused.is_err(), "{count} rows {stride} apart");
        }
        assert_eq!(rows::<4>(&samples, 39, 2).count(), 2);
    }
}
