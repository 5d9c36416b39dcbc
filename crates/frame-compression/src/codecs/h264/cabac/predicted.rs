//! The bins of macroblocks of P and B slices before their residual (H.264 7.3.5, 9.3.3.1.1; docs/spec/h264-clips.md,
//! section 15).

use super::super::inter::{Field, Shape};
use super::super::motion::{Moves, Pointer, Vector};
use super::{BIT, Contexts};

/// From this sum on the differences beside give a component another context.
const SMALL: u32 = 2;
const LARGE: u32 = 32;
/// No more of a difference counts.
const MOST: u32 = 66;

/// The kind of a slice that is predicted from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Slice {
    P,
    B,
}

/// What the contexts of later macroblocks need to know of how one is predicted.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Trace {
    pub(in super::super) skipped: bool,
    /// Skipped, or without pointers of its own.
    direct: bool,
    /// By list, bits of the 8x8 blocks whose frame is not the nearest.
    far: [u8; 2],
    /// By list and 8x8 block: how far the vector is from what was predicted.
    differences: [[[u8; 2]; 4]; 2],
}

impl Trace {
    pub(in super::super) const SKIPPED: Self =
        Self { skipped: true, direct: true, far: [0; 2], differences: [[[0; 2]; 4]; 2] };
}

/// The traces to the left and above.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Traces {
    pub(in super::super) left: Option<Trace>,
    pub(in super::super) above: Option<Trace>,
}

impl Traces {
    fn count(&self, property: impl Fn(&Trace) -> bool) -> usize {
        [&self.left, &self.above].into_iter().flatten().filter(|trace| property(trace)).count()
    }
}

/// How a macroblock is predicted, as it is written.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Outline {
    shape: Shape,
    moves: [Moves; 4],
    /// Bits of the 8x8 blocks that take their pointers over.
    direct: u8,
    /// By list and 8x8 block, of each part's first block: how far its vector is from what is predicted.
    differences: [[Vector; 4]; 2],
}

impl Outline {
    /// Of pointers among neighbours; `direct` has bits of the 8x8 blocks that take theirs over.
    pub(in super::super) fn new(fields: &[Field; 2], shape: Shape, moves: &[Moves; 4], direct: u8) -> Self {
        let mut outline = Self { shape, moves: *moves, direct, differences: [[Vector::ZERO; 4]; 2] };
        if outline.is_direct() {
            return outline;
        }
        for (list, field) in fields.iter().enumerate() {
            let mut field = field.clone();
            for &part in shape.parts() {
                let block = 2 * part.y + part.x;
                let pointer = moves[block][list];
                if let Some(Pointer { vector, entry }) = pointer.filter(|_| direct >> block & 1 == 0) {
                    outline.differences[list][block] = vector - field.predicted(part, entry);
                }
                field.set(part, pointer);
            }
        }
        outline
    }

    /// Whether the macroblock as a whole takes its pointers over.
    fn is_direct(&self) -> bool {
        self.shape == Shape::Whole && self.direct != 0
    }

    /// The pointer that is written for a block in a list.
    fn written(&self, list: usize, block: usize) -> Option<Pointer> {
        self.moves[block][list].filter(|_| self.direct >> block & 1 == 0)
    }

    pub(in super::super) fn trace(&self) -> Trace {
        let mut trace = Trace { direct: self.is_direct(), ..Trace::default() };
        for list in 0..2 {
            for part in self.shape.parts() {
                let first = 2 * part.y + part.x;
                let Some(pointer) = self.written(list, first) else { continue };
                let Vector { x, y } = self.differences[list][first];
                let capped = [x, y].map(|component| component.unsigned_abs().min(MOST) as u8);
                for block in part.blocks() {
                    trace.far[list] |= u8::from(pointer.entry > 0) << block;
                    trace.differences[list][block] = capped;
                }
            }
        }
        trace
    }
}

/// A macroblock's way to be predicted among its neighbours.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Predicted<'a> {
    pub(in super::super) slice: Slice,
    /// How many frames the lists have.
    pub(in super::super) frames: [u8; 2],
    pub(in super::super) traces: &'a Traces,
}

impl Predicted<'_> {
    /// Whether the macroblock is skipped.
    pub(in super::super) fn pass_skip(&self, contexts: &mut Contexts, skipped: bool) -> u32 {
        let base = if self.slice == Slice::P { 11 } else { 24 };
        contexts.pass(base + self.traces.count(|trace| !trace.skipped), skipped)
    }

    /// That the macroblock is not predicted from another frame; the first context of its type.
    pub(in super::super) fn pass_intra(&self, contexts: &mut Contexts) -> (u32, usize) {
        if self.slice == Slice::P {
            return (contexts.pass(14, true), 17);
        }
        let mut bits = contexts.pass(self.first_context(), true);
        for (context, bin) in [(30, true), (31, true), (32, true), (32, false), (32, true)] {
            bits += contexts.pass(context, bin);
        }
        (bits, 32)
    }

    /// Of a B macroblock's type.
    fn first_context(&self) -> usize {
        27 + self.traces.count(|trace| !trace.direct)
    }

    /// Type, frames and vectors.
    pub(in super::super) fn pass(&self, contexts: &mut Contexts, outline: &Outline) -> u32 {
        let mut bits = if self.slice == Slice::P {
            pass_p_type(contexts, outline.shape)
        } else if outline.is_direct() {
            return contexts.pass(self.first_context(), false);
        } else {
            contexts.pass(self.first_context(), true) + pass_b_type(contexts, outline)
        };
        for list in 0..2 {
            if self.frames[list] > 1 {
                bits += self.pass_entries(contexts, outline, list);
            }
        }
        for list in 0..2 {
            bits += self.pass_differences(contexts, outline, list);
        }
        bits
    }

    fn pass_entries(&self, contexts: &mut Contexts, outline: &Outline, list: usize) -> u32 {
        let far = |block: usize| outline.written(list, block).is_some_and(|pointer| pointer.entry > 0);
        let beside = |trace: &Option<Trace>, block: usize| {
            trace.is_some_and(|trace| trace.far[list] >> block & 1 != 0)
        };
        let mut bits = 0;
        for part in outline.shape.parts() {
            let block = 2 * part.y + part.x;
            let Some(Pointer { entry, .. }) = outline.written(list, block) else { continue };
            let left = if part.x > 0 { far(block - 1) } else { beside(&self.traces.left, block + 1) };
            let above = if part.y > 0 { far(block - 2) } else { beside(&self.traces.above, block + 2) };
            let mut context = 54 + usize::from(left) + 2 * usize::from(above);
            for i in 0..entry {
                bits += contexts.pass(context, true);
                context = if i == 0 { 58 } else { 59 };
            }
            bits += contexts.pass(context, false);
        }
        bits
    }

    fn pass_differences(&self, contexts: &mut Contexts, outline: &Outline, list: usize) -> u32 {
        let own = outline.trace().differences[list];
        let beside = |trace: &Option<Trace>, block: usize| {
            trace.map_or([0; 2], |trace| trace.differences[list][block])
        };
        let mut bits = 0;
        for part in outline.shape.parts() {
            let block = 2 * part.y + part.x;
            if outline.written(list, block).is_none() {
                continue;
            }
            let left = if part.x > 0 { own[block - 1] } else { beside(&self.traces.left, block + 1) };
            let above = if part.y > 0 { own[block - 2] } else { beside(&self.traces.above, block + 2) };
            let Vector { x, y } = outline.differences[list][block];
            for (i, (base, difference)) in [(40, x), (47, y)].into_iter().enumerate() {
                let sum = u32::from(left[i]) + u32::from(above[i]);
                bits += pass_difference(contexts, base, sum, difference);
            }
        }
        bits
    }
}

fn pass_p_type(contexts: &mut Contexts, shape: Shape) -> u32 {
    let bins: &[(usize, bool)] = match shape {
        Shape::Whole => &[(14, false), (15, false), (16, false)],
        Shape::Rows => &[(14, false), (15, true), (17, true)],
        Shape::Columns => &[(14, false), (15, true), (17, false)],
        Shape::Quarters => {
            &[(14, false), (15, false), (16, true), (21, true), (21, true), (21, true), (21, true)]
        }
    };
    bins.iter().map(|&(context, bin)| contexts.pass(context, bin)).sum()
}

/// The lists that a part uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lists {
    First,
    Second,
    Both,
}

impl Lists {
    fn of([first, second]: Moves) -> Self {
        match (first, second) {
            (Some(_), Some(_)) => Self::Both,
            (Some(_), None) => Self::First,
            _ => Self::Second,
        }
    }
}

/// A B macroblock's type behind its first bin.
fn pass_b_type(contexts: &mut Contexts, outline: &Outline) -> u32 {
    use Lists::{Both, First, Second};
    let lists = |block: usize| Lists::of(outline.moves[block]);
    let code: &[u8] = match (outline.shape, lists(0), lists(3)) {
        (Shape::Whole, First, _) => b"00",
        (Shape::Whole, Second, _) => b"01",
        (Shape::Whole, Both, _) => b"10000",
        (Shape::Rows, First, First) => b"10001",
        (Shape::Columns, First, First) => b"10010",
        (Shape::Rows, Second, Second) => b"10011",
        (Shape::Columns, Second, Second) => b"10100",
        (Shape::Rows, First, Second) => b"10101",
        (Shape::Columns, First, Second) => b"10110",
        (Shape::Rows, Second, First) => b"10111",
        (Shape::Columns, Second, First) => b"11110",
        (Shape::Rows, First, Both) => b"110000",
        (Shape::Columns, First, Both) => b"110001",
        (Shape::Rows, Second, Both) => b"110010",
        (Shape::Columns, Second, Both) => b"110011",
        (Shape::Rows, Both, First) => b"110100",
        (Shape::Columns, Both, First) => b"110101",
        (Shape::Rows, Both, Second) => b"110110",
        (Shape::Columns, Both, Second) => b"110111",
        (Shape::Rows, Both, Both) => b"111000",
        (Shape::Columns, Both, Both) => b"111001",
        (Shape::Quarters, ..) => b"11111",
    };
    let mut bits = 0;
    for (i, &bin) in code.iter().enumerate() {
        let context = match i {
            0 => 30,
            1 if code[0] == b'1' => 31,
            _ => 32,
        };
        bits += contexts.pass(context, bin == b'1');
    }
    if outline.shape == Shape::Quarters {
        for block in 0..4 {
            let lists = (outline.direct >> block & 1 == 0).then(|| lists(block));
            bits += pass_b_quarter(contexts, lists);
        }
    }
    bits
}

/// The type of an 8x8 block of a B macroblock; `None` where it takes its pointers over.
fn pass_b_quarter(contexts: &mut Contexts, lists: Option<Lists>) -> u32 {
    let bins: &[(usize, bool)] = match lists {
        None => &[(36, false)],
        Some(Lists::First) => &[(36, true), (37, false), (39, false)],
        Some(Lists::Second) => &[(36, true), (37, false), (39, true)],
        Some(Lists::Both) => &[(36, true), (37, true), (38, false), (39, false), (39, false)],
    };
    bins.iter().map(|&(context, bin)| contexts.pass(context, bin)).sum()
}

/// A component of a vector's difference; `sum` is that of those beside.
fn pass_difference(contexts: &mut Contexts, base: usize, sum: u32, difference: i32) -> u32 {
    /// The longest run of ones; an escape follows it.
    const LONGEST: u32 = 9;
    let magnitude = difference.unsigned_abs();
    let mut context = base + usize::from(sum > SMALL) + usize::from(sum > LARGE);
    let mut bits = 0;
    for i in 0..magnitude.min(LONGEST) {
        bits += contexts.pass(context, true);
        context = base + [3, 4, 5, 6][(i as usize).min(3)];
    }
    if magnitude < LONGEST {
        bits += contexts.pass(context, false);
    } else {
        bits += BIT * escape_length(magnitude - LONGEST);
    }
    if magnitude > 0 { bits + BIT } else { bits }
}

/// The length of an Exp-Golomb code of order 3 (H.264 9.3.2.3).
fn escape_length(rest: u32) -> u32 {
    let ones = (rest / 8 + 1).ilog2();
    2 * ones + 1 + 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_as_long_as_their_codes() {
        for (rest, length) in [(0, 4), (7, 4), (8, 6), (23, 6), (24, 8), (55, 8), (56, 10)] {
            assert_eq!(escape_length(rest), length, "{rest}");
        }
    }
}
