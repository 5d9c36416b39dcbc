//! The deblocking filter (H.264 8.7) for frames whose macroblocks are predicted from others
//! (docs/spec/h264-clips.md, section 11).

use super::super::deblock::{Filter, Qps, Thresholds, chroma_line, luma_normal, luma_strong};
use super::super::frame::Slices;
use super::super::kernels::deblock;
use super::super::motion::Pointer;
use super::super::predicted::{Kind, Motion};
use super::super::quantise::chroma_qp;
use super::super::rows::Coded;
use super::MOST_ENTRIES;
use crate::planes::{Plane, Planes};
use crate::simd::{Job, Simd, each};

/// Deblocks a frame.
pub(in super::super) struct FrameDeblocker<'a> {
    pub(in super::super) planes: &'a mut Planes,
    pub(in super::super) slices: Slices,
    pub(in super::super) coded: &'a [Coded],
    pub(in super::super) motions: &'a [Motion],
    /// The places in the clip of the lists' frames.
    pub(in super::super) frames: [[i64; MOST_ENTRIES]; 2],
    pub(in super::super) filter: Filter,
}

/// The boundary strengths of the edges of a macroblock in one direction, each of four lengths.
type Strengths = [[u8; 4]; 4];

impl Job for FrameDeblocker<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let columns = self.planes.y.stride / 16;
        for place in 0..self.coded.len() {
            let (x, y) = (place % columns, place / columns);
            let left = (x > 0).then(|| place - 1);
            let above = (y > 0 && !self.slices.start(y)).then(|| place.wrapping_sub(columns));
            let vertical = self.strengths(place, left, true);
            let horizontal = self.strengths(place, above, false);
            if vertical == [[0; 4]; 4] && horizontal == [[0; 4]; 4] {
                continue;
            }
            let qp = |at: usize| self.coded[at].qp;
            let qps = Qps { own: qp(place), left: left.map(qp), above: above.map(qp) };
            let chroma_offset = self.filter.chroma_offset();
            let qps = [qps, qps.map(|qp| chroma_qp(qp, chroma_offset))];
            if S::IS_SCALAR {
                self.filter_lines((x, y), &vertical, &horizontal, qps);
            } else {
                self.filter_macroblock(simd, (x, y), &vertical, &horizontal, qps);
            }
        }
    }
}

impl FrameDeblocker<'_> {
    /// Those of the vertical edges, or of the horizontal ones, of a macroblock, the first one beside `neighbour`.
    fn strengths(&self, place: usize, neighbour: Option<usize>, vertical: bool) -> Strengths {
        let own = &self.motions[place];
        let other = neighbour.map(|at| &self.motions[at]);
        let mut strengths = if own.kind == Kind::Intra {
            let first = if other.is_some() { 4 } else { 0 };
            [[first; 4], [3; 4], [3; 4], [3; 4]]
        } else {
            self.strengths_of_moved(own, other, vertical)
        };
        if self.coded[place].transform_8x8 {
            (strengths[1], strengths[3]) = ([0; 4], [0; 4]);
        }
        strengths
    }

    fn strengths_of_moved(&self, own: &Motion, other: Option<&Motion>, vertical: bool) -> Strengths {
        // Bits of the blocks along an edge, edge after edge.
        let levels = |motion: &Motion| if vertical { transposed(motion.levels) } else { motion.levels };
        // The 8x8 blocks before and behind the edge in the middle.
        let (before, behind) = if vertical { ([0, 2], [1, 3]) } else { ([0, 1], [2, 3]) };
        let own_levels = levels(own);
        let coded = own_levels | own_levels << 4;
        let first = match other {
            None => [0; 4],
            Some(other) if other.kind == Kind::Intra => [4; 4],
            Some(other) => {
                strengths(own_levels | levels(other) >> 12, self.moved(own, before, other, behind))
            }
        };
        // 8x8 blocks are moved as a whole.
        let middle = strengths(coded >> 8, self.moved(own, behind, own, before));
        [first, strengths(coded >> 4, 0), middle, strengths(coded >> 12, 0)]
    }

    /// Bits of the 4x4 blocks along an edge whose vectors differ across it. Each 8x8 block has two.
    fn moved(&self, own: &Motion, places: [usize; 2], other: &Motion, other_places: [usize; 2]) -> u16 {
        let differ = |i: usize| {
            let (own, other) = (&own.moves[places[i]], &other.moves[other_places[i]]);
            self.differ(0, own[0], other[0]) || self.differ(1, own[1], other[1])
        };
        0b11 * u16::from(differ(0)) + 0b1100 * u16::from(differ(1))
    }

    /// Filters the edges of a macroblock; the QPs are those of luma and of chroma.
    fn filter_macroblock<S: Simd>(
        &mut self,
        simd: S,
        (x, y): (usize, usize),
        vertical: &Strengths,
        horizontal: &Strengths,
        [qps, chroma_qps]: [Qps; 2],
    ) {
        let filter = self.filter;
        let Planes { y: luma, cb, cr, .. } = &mut *self.planes;
        simd.vectorize(
            #[inline(always)]
            || {
                let directions = [(vertical, qps.left), (horizontal, qps.above)];
                let edges = each!(2, i => {
                    let (strengths, neighbour) = directions[i];
                    each!(4, edge => {
                        let qp = if edge == 0 { qps.with(neighbour) } else { Some(qps.own) };
                        kernel_edge::<S, 4>(simd, filter, qp, &strengths[edge])
                    })
                });
                let at = 16 * (y * luma.stride + x);
                let [vertical, horizontal] = each!(2, i => edges[i].each_ref().map(Option::as_ref));
                deblock::filter_luma(simd, &mut luma.samples, at, luma.stride, &vertical, &horizontal);
                let neighbours = [chroma_qps.left, chroma_qps.above];
                let edges = each!(2, i => each!(2, edge => {
                    let qp = if edge == 0 { chroma_qps.with(neighbours[i]) } else { Some(chroma_qps.own) };
                    kernel_edge::<S, 2>(simd, filter, qp, &directions[i].0[2 * edge])
                }));
                let (at, stride) = (8 * (y * cb.stride + x), cb.stride);
                let planes = [&mut cb.samples[..], &mut cr.samples[..]];
                let [vertical, horizontal] = each!(2, i => edges[i].each_ref().map(Option::as_ref));
                deblock::filter_chroma(simd, planes, at, stride, &vertical, &horizontal);
            },
        );
    }

    /// The same line by line.
    fn filter_lines(
        &mut self,
        (x, y): (usize, usize),
        vertical: &Strengths,
        horizontal: &Strengths,
        [qps, chroma_qps]: [Qps; 2],
    ) {
        let filter = self.filter;
        let Planes { y: luma, cb, cr, .. } = &mut *self.planes;
        for (strengths, neighbour, chroma_neighbour, is_vertical) in
            [(vertical, qps.left, chroma_qps.left, true), (horizontal, qps.above, chroma_qps.above, false)]
        {
            for (edge, strengths) in strengths.iter().enumerate() {
                let first = edge == 0;
                let qp = if first { qps.with(neighbour) } else { Some(qps.own) };
                let lines = Lines { plane: luma, x: 16 * x, y: 16 * y, offset: 4 * edge, is_vertical };
                lines.filter::<4>(strengths, |strength| filter.thresholds_at(qp?, strength), luma_line);
                if edge % 2 == 1 {
                    continue;
                }
                let qp = if first { chroma_qps.with(chroma_neighbour) } else { Some(chroma_qps.own) };
                for plane in [&mut *cb, &mut *cr] {
                    let lines = Lines { plane, x: 8 * x, y: 8 * y, offset: 2 * edge, is_vertical };
                    let thresholds = |strength| filter.thresholds_at(qp?, strength);
                    lines.filter::<2>(strengths, thresholds, chroma_line);
                }
            }
        }
    }

    /// Whether two blocks are predicted from different frames of a list, or from places that are apart.
    fn differ(&self, list: usize, own: Option<Pointer>, other: Option<Pointer>) -> bool {
        let (Some(own), Some(other)) = (own, other) else { return own.is_some() != other.is_some() };
        let frame = |pointer: Pointer| self.frames[list][usize::from(pointer.entry)];
        let apart = own.vector - other.vector;
        frame(own) != frame(other) || apart.x.abs() >= 4 || apart.y.abs() >= 4
    }
}

/// The bits of 4x4 blocks in raster order, column after column.
fn transposed(levels: u16) -> u16 {
    let swapped = (levels ^ levels >> 3) & 0x0a0a;
    let levels = levels ^ swapped ^ swapped << 3;
    let swapped = (levels ^ levels >> 6) & 0x00cc;
    levels ^ swapped ^ swapped << 6
}

/// The strengths along an edge, by the lowest four bits: 2 where one side has levels, else 1 where the sides are moved
/// differently.
fn strengths(coded: u16, moved: u16) -> [u8; 4] {
    /// Four bits as the lowest ones of four bytes.
    const fn bytes(bits: u16) -> u32 {
        ((bits as u32 & 15) * 0x0020_4081) & 0x0101_0101
    }
    (bytes(coded) << 1 | bytes(moved & !coded)).to_le_bytes()
}

/// An edge for the kernels: each strength holds for `N` of its 16 lines, and the four repeat for the second chroma plane.
/// `None` if the filter changes nothing.
#[inline(always)]
fn kernel_edge<S: Simd, const N: usize>(
    simd: S,
    filter: Filter,
    qp: Option<u8>,
    strengths: &[u8; 4],
) -> Option<deblock::Edge<S::Words>> {
    let qp = qp.filter(|_| *strengths != [0; 4])?;
    let thresholds = filter.thresholds(qp)?;
    if strengths[0] >= 3 {
        // An intra macroblock is on one side: all lines have this strength.
        return Some(deblock::Edge::new(simd, thresholds, strengths[0] == 4));
    }
    let clip = |strength: u8| filter.thresholds_at(qp, strength).map(|thresholds| thresholds.clip as i16);
    let clips = [None, clip(1), clip(2)];
    let of_lines = std::array::from_fn(|line| clips[usize::from(strengths[line / N % 4])]);
    Some(deblock::Edge::of_clips(simd, thresholds, &of_lines))
}

fn luma_line(samples: &mut [u8], at: usize, step: usize, thresholds: &Thresholds, strong: bool) {
    if strong {
        luma_strong(samples, at, step, thresholds);
    } else {
        luma_normal(samples, at, step, thresholds);
    }
}

/// The lines across an edge of a macroblock whose first sample is at (x, y).
struct Lines<'a> {
    plane: &'a mut Plane,
    x: usize,
    y: usize,
    /// How far in the edge is.
    offset: usize,
    is_vertical: bool,
}

impl Lines<'_> {
    /// Filters them, `N` for each strength.
    #[inline(always)]
    fn filter<const N: usize>(
        self,
        strengths: &[u8; 4],
        thresholds: impl Fn(u8) -> Option<Thresholds>,
        line: impl Fn(&mut [u8], usize, usize, &Thresholds, bool),
    ) {
        let Plane { samples, stride, .. } = self.plane;
        let (along, across) = if self.is_vertical { (*stride, 1) } else { (1, *stride) };
        let at = self.y * *stride + self.x + self.offset * across;
        for (i, &strength) in strengths.iter().enumerate().filter(|(_, strength)| **strength > 0) {
            let Some(thresholds) = thresholds(strength) else { continue };
            for k in N * i..N * (i + 1) {
                line(samples, at + k * along, across, &thresholds, strength == 4);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use test_pictures::Rng;

    use super::super::super::motion::Vector;
    use super::super::super::preset::Deblock;
    use super::*;
    use crate::names::Subsampling;
    use crate::simd::Level;

    const COLUMNS: usize = 4;
    const ROWS: usize = 9;

    fn motion(rng: &mut Rng) -> Motion {
        let mut motion = Motion::INTRA;
        if rng.below(6) == 0 {
            return motion;
        }
        motion.kind = Kind::Moved;
        let mut block = || {
            let mut pointer = || {
                let component = |rng: &mut Rng| rng.below(11) as i32 - 5;
                let vector = Vector::new(component(rng), component(rng));
                Pointer { vector, entry: rng.below(3) as u8 }
            };
            let pointers = [pointer(), pointer()].map(Some);
            match rng.below(3) {
                0 => [pointers[0], None],
                1 => [None, pointers[1]],
                _ => pointers,
            }
        };
        motion.moves = std::array::from_fn(|_| block());
        if rng.below(3) == 0 {
            motion.moves = [motion.moves[0]; 4];
        }
        motion.levels = match rng.below(3) {
            0 => 0,
            1 => 1 << rng.below(16),
            _ => u16::from(rng.byte()) << 8 | u16::from(rng.byte()),
        };
        motion
    }

    struct Frame {
        planes: Planes,
        coded: Vec<Coded>,
        motions: Vec<Motion>,
    }

    impl Frame {
        fn new(rng: &mut Rng) -> Self {
            let mut planes = Planes::new(16 * COLUMNS, 16 * ROWS, Subsampling::S420).unwrap();
            for plane in [&mut planes.y, &mut planes.cb, &mut planes.cr] {
                let (mut value, steps) = (100, 1 + rng.below(12));
                for sample in &mut plane.samples {
                    value = if rng.below(60) == 0 { rng.byte().into() } else { value };
                    *sample = (value + rng.below(steps)).min(255) as u8;
                }
            }
            let qp = rng.below(40) as u8;
            let mut coded = || Coded { qp: qp + rng.below(12) as u8, transform_8x8: rng.below(3) == 0 };
            let coded = std::iter::repeat_with(&mut coded).take(COLUMNS * ROWS).collect();
            let motions = (0..COLUMNS * ROWS).map(|_| motion(rng)).collect();
            Self { planes, coded, motions }
        }

        fn deblocker<'a>(&'a self, planes: &'a mut Planes, slices: usize) -> FrameDeblocker<'a> {
            let mut frames = [[0; MOST_ENTRIES]; 2];
            // Entries 0 and 2 of the first list are one frame.
            (frames[0][0], frames[0][1], frames[0][2]) = (4, 3, 4);
            (frames[1][0], frames[1][1], frames[1][2]) = (7, 8, 9);
            let filter = Filter::new(Deblock { alpha: 1, beta: -1 }, 2);
            let slices = Slices::of(ROWS, slices);
            FrameDeblocker { planes, slices, coded: &self.coded, motions: &self.motions, frames, filter }
        }
    }

    /// bS of 8.7.2.1, block by block.
    fn strength(
        deblocker: &FrameDeblocker<'_>,
        (own, block): (&Motion, (usize, usize)),
        (other, other_block): (&Motion, (usize, usize)),
        at_border: bool,
    ) -> u8 {
        if own.kind == Kind::Intra || other.kind == Kind::Intra {
            return if at_border { 4 } else { 3 };
        }
        let has_levels = |motion: &Motion, (x, y): (usize, usize)| motion.levels >> (4 * y + x) & 1 != 0;
        if has_levels(own, block) || has_levels(other, other_block) {
            return 2;
        }
        let moves = |motion: &Motion, (x, y): (usize, usize)| motion.moves[y / 2 * 2 + x / 2];
        let (own, other) = (moves(own, block), moves(other, other_block));
        let differ = (0..2).any(|list| match (own[list], other[list]) {
            (Some(own), Some(other)) => {
                let frame = |pointer: Pointer| deblocker.frames[list][usize::from(pointer.entry)];
                let apart = own.vector - other.vector;
                frame(own) != frame(other) || apart.x.abs() >= 4 || apart.y.abs() >= 4
            }
            (own, other) => own.is_some() != other.is_some(),
        });
        u8::from(differ)
    }

    #[test]
    fn strengths_are_those_of_each_pair_of_blocks() {
        let mut rng = Rng::new(3);
        let mut seen = [0; 5];
        for _ in 0..60 {
            let frame = Frame::new(&mut rng);
            let mut planes = frame.planes.clone();
            let deblocker = frame.deblocker(&mut planes, 1);
            for place in COLUMNS..COLUMNS * ROWS {
                for (vertical, neighbour) in [(true, place - 1), (false, place - COLUMNS)] {
                    let neighbour = (!vertical || place % COLUMNS > 0).then_some(neighbour);
                    let found = deblocker.strengths(place, neighbour, vertical);
                    for (edge, found) in found.iter().enumerate() {
                        for (i, found) in found.iter().enumerate() {
                            let at = |edge: usize| if vertical { (edge, i) } else { (i, edge) };
                            let own = &frame.motions[place];
                            let skips = edge % 2 == 1 && frame.coded[place].transform_8x8;
                            let expected = match (edge, neighbour) {
                                _ if skips => 0,
                                (0, None) => 0,
                                (0, Some(neighbour)) => {
                                    let other = (&frame.motions[neighbour], at(3));
                                    strength(&deblocker, (own, at(0)), other, true)
                                }
                                _ => strength(&deblocker, (own, at(edge)), (own, at(edge - 1)), false),
                            };
                            assert_eq!(*found, expected, "edge {edge}, {i}, vertical: {vertical}");
                            seen[usize::from(expected)] += 1;
                        }
                    }
                }
            }
        }
        assert!(seen.iter().all(|&count| count > 1000), "strengths {seen:?}");
    }

    #[test]
    fn every_level_filters_as_line_by_line() {
        let mut rng = Rng::new(4);
        let mut changed = 0;
        for round in 0..60 {
            let frame = Frame::new(&mut rng);
            let run = |level: Level| {
                let mut planes = frame.planes.clone();
                level.run(frame.deblocker(&mut planes, 1 + round % 2));
                planes
            };
            let [plain, others @ ..] = &Level::available()[..] else { unreachable!("plain Rust is there") };
            let expected = run(*plain);
            for &level in others {
                let found = run(level);
                for (found, expected) in
                    [(&found.y, &expected.y), (&found.cb, &expected.cb), (&found.cr, &expected.cr)]
                {
                    assert!(found.samples == expected.samples, "{level:?}, round {round}");
                }
            }
            let pairs = expected.y.samples.iter().zip(&frame.planes.y.samples);
            changed += pairs.filter(|(now, before)| now != before).count();
        }
        assert!(changed > 10_000, "{changed} samples changed");
    }
}
