//! The frames that others are predicted from (docs/spec/h264-clips.md, sections 6.4 and 12), one for each list of a frame.

use super::lookahead::Kind;
use super::predicted::Motion;
use super::samples::Reference;

/// A frame that others are predicted from.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Its place in the clip.
    pub(super) index: i64,
    pub(super) kind: Kind,
    /// How many frames before it the one is that its first list has; 0 where it stands for itself.
    pub(super) distance: i32,
    /// The mean of its macroblocks' quantisers, before they are adapted.
    pub(super) quantiser: f32,
    pub(super) reference: Reference,
    pub(super) motions: Vec<Motion>,
}

/// Those that there are.
#[derive(Debug, Default)]
pub(super) struct References {
    kept: Vec<Kept>,
    spare: Vec<Kept>,
}

impl References {
    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.spare.append(&mut self.kept);
    }

    /// Forgets those that are shown before a frame.
    pub(super) fn forget_before(&mut self, index: i64) {
        while let Some(at) = self.kept.iter().position(|kept| kept.index < index) {
            self.spare.push(self.kept.swap_remove(at));
        }
    }

    /// One to be filled.
    pub(super) fn spare(&mut self) -> Kept {
        self.spare.pop().unwrap_or_default()
    }

    pub(super) fn keep(&mut self, kept: Kept) {
        self.kept.push(kept);
    }

    /// The last one that is shown before a frame.
    pub(super) fn before(&self, index: i64) -> Option<&Kept> {
        self.kept.iter().filter(|kept| kept.index < index).max_by_key(|kept| kept.index)
    }

    /// The first one that is shown after a frame.
    pub(super) fn after(&self, index: i64) -> Option<&Kept> {
        self.kept.iter().filter(|kept| kept.index > index).min_by_key(|kept| kept.index)
    }
}

/// How much the first list counts in a block that uses both, of 64, in a frame so many frames after the one reference and
/// before the other (H.264 8.4.2.3.1).
pub(super) fn implicit_share(after_first: i32, before_second: i32) -> i32 {
    // Picture order counts go in twos.
    let (first, both) = (2 * after_first, 2 * (after_first + before_second));
    let (first, both) = (first.clamp(-128, 127), both.clamp(-128, 127));
    let scale = (16384 + both.abs() / 2) / both;
    let second = ((first * scale + 32) >> 6).clamp(-1024, 1023) >> 2;
    if (-64..=128).contains(&second) { 64 - second } else { 32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearer_references_count_more() {
        assert_eq!(implicit_share(1, 1), 32);
        assert_eq!(implicit_share(1, 2), 43);
        assert_eq!(implicit_share(2, 1), 22);
        assert_eq!(implicit_share(1, 3), 48);
    }

    #[test]
    fn neighbours_in_time_are_found() {
        let mut references = References::default();
        for index in [4, 8, 6] {
            references.keep(Kept { index, ..Kept::default() });
        }
        let near = |references: &References, index| {
            [references.before(index), references.after(index)].map(|kept| kept.map(|kept| kept.index))
        };
        assert_eq!(near(&references, 5), [Some(4), Some(6)]);
        assert_eq!(near(&references, 7), [Some(6), Some(8)]);
        assert_eq!(near(&references, 9), [Some(8), None]);
        references.forget_before(8);
        assert_eq!(near(&references, 9), [Some(8), None]);
        assert_eq!(near(&references, 8), [None, None]);
    }
}
