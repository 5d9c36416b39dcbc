//! What a macroblock's vectors predict (docs/spec/h264-clips.md, section 6.1).

use super::super::kernels::moved;
use super::super::lookahead::{Weight, Weights};
use super::super::macroblock::scatter;
use super::super::motion::{Moves, Pointer, Vector};
use super::super::references::implicit_share;
use super::super::samples::{Reference, average};
use crate::simd::{Simd, each};

/// Luma and chroma as vectors predict them.
#[derive(Debug)]
pub(in super::super) struct Prediction {
    pub(in super::super) luma: [u8; 256],
    pub(in super::super) chroma: [[u8; 64]; 2],
}

/// The most frames of a list.
pub(in super::super) const MOST_ENTRIES: usize = 8;

/// One of the frames of a list.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Entry<'a> {
    pub(in super::super) reference: &'a Reference,
    /// Of P frames.
    pub(in super::super) weights: Weights,
    /// The frame's place in the clip.
    pub(in super::super) index: i64,
    /// By how many frames the one that is predicted is after it.
    pub(in super::super) distance: i32,
}

/// The frames of a list, the nearest first.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct List<'a> {
    entries: [Entry<'a>; MOST_ENTRIES],
    count: usize,
    /// Whether the second is the first once more, only darker.
    repeats: bool,
}

impl<'a> List<'a> {
    /// Of a frame and further ones, at most [`MOST_ENTRIES`] in all.
    pub(in super::super) fn of(nearest: Entry<'a>, others: impl Iterator<Item = Entry<'a>>) -> Self {
        let mut list = Self { entries: [nearest; MOST_ENTRIES], count: 1, repeats: false };
        for (place, entry) in list.entries[1..].iter_mut().zip(others) {
            *place = entry;
            list.count += 1;
        }
        list
    }

    /// The same for a P frame where the nearest frame, if it is not alone, is there once more a little darker; and once as it is
    /// where it is weighted (docs/spec/h264-clips.md, section 12).
    pub(in super::super) fn repeating(nearest: Entry<'a>, others: impl Iterator<Item = Entry<'a>>) -> Self {
        let mut others = others.peekable();
        if others.peek().is_none() {
            return Self::of(nearest, others);
        }
        let darker = match nearest.weights[0] {
            None => Some(Weight::DARKER),
            Some(weight) => weight.darker(),
        };
        let weighted = nearest.weights[0].is_some();
        let darker_entry = darker.map(|weight| Entry { weights: [Some(weight), None, None], ..nearest });
        let plain = weighted.then_some(Entry { weights: Weights::default(), ..nearest });
        let all = darker_entry.into_iter().chain(plain).chain(others);
        Self { repeats: darker.is_some(), ..Self::of(nearest, all) }
    }

    pub(in super::super) fn at(&self, entry: u8) -> &Entry<'a> {
        &self.entries[usize::from(entry)]
    }

    /// Whether the second is the first once more, only darker.
    pub(in super::super) fn repeats(&self) -> bool {
        self.repeats
    }

    pub(in super::super) fn count(&self) -> u8 {
        self.count as u8
    }

    /// The places in the clip of the list's frames.
    pub(in super::super) fn indices(&self) -> [i64; MOST_ENTRIES] {
        self.entries.map(|entry| entry.index)
    }
}

/// What a frame is predicted from.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Sources<'a> {
    /// The second is that of B frames.
    pub(in super::super) lists: [List<'a>; 2],
    /// How much the first list's frame counts where both are used, of 64, by their entries.
    shares: [[i32; MOST_ENTRIES]; MOST_ENTRIES],
}

impl<'a> Sources<'a> {
    /// Of a P frame.
    pub(in super::super) fn one(list: List<'a>) -> Self {
        Self { lists: [list; 2], shares: [[32; MOST_ENTRIES]; MOST_ENTRIES] }
    }

    /// Of a B frame, in which the nearer frame counts more if `by_time`.
    pub(in super::super) fn both(lists: [List<'a>; 2], by_time: bool) -> Self {
        let share = |i: usize, j: usize| {
            let [first, second] = [&lists[0].entries[i], &lists[1].entries[j]];
            if by_time { implicit_share(first.distance, -second.distance) } else { 32 }
        };
        let shares = std::array::from_fn(|i| std::array::from_fn(|j| share(i, j)));
        Self { lists, shares }
    }

    /// A block of luma W samples wide, 8 or 16, at (x, y) in quarter samples from the lists that are used.
    #[inline(always)]
    pub(in super::super) fn luma<S: Simd, const W: usize, const A: usize>(
        &self,
        simd: S,
        moves: Moves,
        (x, y): (i32, i32),
    ) -> [u8; A] {
        let place = |vector: Vector| (x + vector.x, y + vector.y);
        match self.placed(moves, 0, |reference, vector| reference.luma.pair(place(vector), W, A / W)) {
            Some((first, second)) => moved::luma::<S, W, A>(simd, first, second),
            None => self.mix(
                moves,
                0,
                #[inline(always)]
                |reference, vector| reference.luma.block::<W, A>(x + vector.x, y + vector.y),
            ),
        }
    }

    /// An 8x8 block of a chroma plane at (x, y) in eighths of a sample from the lists that are used.
    #[inline(always)]
    fn chroma<S: Simd>(&self, simd: S, moves: Moves, plane: usize, (x, y): (i32, i32)) -> [u8; 64] {
        let lies = |reference: &'a Reference, vector: Vector| {
            reference.chroma[plane].corners(x + vector.x, y + vector.y)
        };
        match self.placed(moves, 1 + plane, lies) {
            Some((first, second)) => moved::chroma(simd, first, second),
            None => self.mix(
                moves,
                1 + plane,
                #[inline(always)]
                |reference, vector| reference.chroma[plane].eighths::<8, 64>(x + vector.x, y + vector.y),
            ),
        }
    }

    /// Where the blocks lie that one of a plane is predicted from, and how much the first of two counts, of 64; `None`
    /// where one is not inside, or weighted.
    #[inline(always)]
    fn placed<L>(
        &self,
        moves: Moves,
        plane: usize,
        lies: impl Fn(&'a Reference, Vector) -> Option<L>,
    ) -> Option<(L, Option<(L, i32)>)> {
        Some(match moves {
            [Some(first), Some(second)] => {
                let share = self.shares[usize::from(first.entry)][usize::from(second.entry)];
                (
                    self.placed_in(&lies, plane, (0, first))?,
                    Some((self.placed_in(&lies, plane, (1, second))?, share)),
                )
            }
            [Some(only), None] => (self.placed_in(&lies, plane, (0, only))?, None),
            [None, only] => (self.placed_in(&lies, plane, (1, only.unwrap_or_default()))?, None),
        })
    }

    /// The same of the one block of a list.
    #[inline(always)]
    fn placed_in<L>(
        &self,
        lies: &impl Fn(&'a Reference, Vector) -> Option<L>,
        plane: usize,
        (list, Pointer { vector, entry }): (usize, Pointer),
    ) -> Option<L> {
        let entry = self.lists[list].at(entry);
        if entry.weights[plane].is_some() { None } else { lies(entry.reference, vector) }
    }

    /// A block of a plane from the lists that are used; `block` is that of one reference.
    #[inline(always)]
    fn mix<const A: usize>(
        &self,
        moves: Moves,
        plane: usize,
        block: impl Fn(&Reference, Vector) -> [u8; A],
    ) -> [u8; A] {
        match moves {
            [Some(first), Some(second)] => {
                let share = self.shares[usize::from(first.entry)][usize::from(second.entry)];
                let [first, second] =
                    [self.of_list((0, first), plane, &block), self.of_list((1, second), plane, &block)];
                average(&first, &second, share)
            }
            [Some(only), None] => self.of_list((0, only), plane, &block),
            [None, only] => self.of_list((1, only.unwrap_or_default()), plane, &block),
        }
    }

    /// A block of a plane from one list.
    #[inline(always)]
    fn of_list<const A: usize>(
        &self,
        (list, Pointer { vector, entry }): (usize, Pointer),
        plane: usize,
        block: &impl Fn(&Reference, Vector) -> [u8; A],
    ) -> [u8; A] {
        let entry = self.lists[list].at(entry);
        let mut samples = block(entry.reference, vector);
        if let Some(weight) = entry.weights[plane] {
            weight.apply(&mut samples);
        }
        samples
    }
}

/// Predicts the macroblock (x, y), counted in macroblocks, from the pointers of its 8x8 blocks.
#[inline(always)]
pub(in super::super) fn predict<S: Simd>(
    simd: S,
    sources: &Sources<'_>,
    (x, y): (usize, usize),
    moves: &[Moves; 4],
) -> Prediction {
    let (x, y) = (64 * x as i32, 64 * y as i32);
    if moves.iter().any(|block| *block != moves[0]) {
        return by_blocks(simd, sources, (x, y), moves);
    }
    let luma = sources.luma::<S, 16, 256>(simd, moves[0], (x, y));
    let chroma = each!(2, plane => sources.chroma(simd, moves[0], plane, (x, y)));
    Prediction { luma, chroma }
}

#[inline(always)]
fn by_blocks<S: Simd>(simd: S, sources: &Sources<'_>, (x, y): (i32, i32), moves: &[Moves; 4]) -> Prediction {
    let mut prediction = Prediction { luma: [0; 256], chroma: [[0; 64]; 2] };
    for (i, moves) in moves.iter().enumerate() {
        let (column, row) = (i % 2, i / 2);
        let (x, y) = (x + 32 * column as i32, y + 32 * row as i32);
        let block = sources.luma::<S, 8, 64>(simd, *moves, (x, y));
        scatter::<8, 64>(&block, &mut prediction.luma, 16, 128 * row + 8 * column);
        for (plane, to) in prediction.chroma.iter_mut().enumerate() {
            let block = sources.mix(
                *moves,
                1 + plane,
                #[inline(always)]
                |reference, vector| reference.chroma[plane].eighths::<4, 16>(x + vector.x, y + vector.y),
            );
            scatter::<4, 16>(&block, to, 8, 32 * row + 4 * column);
        }
    }
    prediction
}
