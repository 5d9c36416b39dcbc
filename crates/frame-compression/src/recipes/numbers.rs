//! The random numbers of a seed and a key.

/// Numbers in [0, 1) that depend on a seed and a key alone, on every machine and in every release: the same picture of a
/// data set gets the same draw, whatever the order, the number of threads and the other pictures.
///
/// SplitMix64, whose state is at first the 64-bit FNV-1a hash of the seed's eight bytes, least first, and of the key as
/// UTF-8, mixed once. A number is the upper 53 bits of an output.
///
/// ```
/// use frame_compression::recipes::Numbers;
///
/// let numbers = |key| Numbers::new(7, key).take(3).collect::<Vec<_>>();
/// assert_eq!(numbers("a.png"), numbers("a.png"));
/// assert_ne!(numbers("a.png"), numbers("b.png"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    state: u64,
}

impl Numbers {
    /// The numbers for a picture that has the key among the others of the seed.
    pub fn new(seed: u64, key: &str) -> Self {
        let bytes = seed.to_le_bytes().into_iter().chain(key.bytes());
        let hash = bytes.fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
        });
        Self { state: mixed(hash) }
    }
}

fn mixed(state: u64) -> u64 {
    let once = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let twice = (once ^ (once >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    twice ^ (twice >> 31)
}

/// Endless.
impl Iterator for Numbers {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        Some((mixed(self.state) >> 11) as f64 / (1u64 << 53) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SplitMix64's published outputs for the state 1234567.
    #[test]
    fn outputs_are_splitmix64_s() {
        let mut state = 1_234_567_u64;
        for expected in [6457827717110365317, 3203168211198807973, 9817491932198370423] {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            assert_eq!(mixed(state), expected);
        }
    }

    #[test]
    fn numbers_are_spread_evenly_over_keys() {
        let mut counts = [0; 10];
        for key in 0..10_000 {
            let first = Numbers::new(0, &format!("{key}.png")).next().unwrap();
            counts[(first * 10.0) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}
