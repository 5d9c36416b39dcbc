//! Parts of macroblocks, and how vectors are predicted from those beside (H.264 8.4.1).

use super::super::motion::{Pointer, Vector};

/// How a macroblock is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Shape {
    Whole,
    /// Two halves, one above the other.
    Rows,
    /// Two halves, side by side.
    Columns,
    Quarters,
}

impl Shape {
    /// Its parts.
    pub(in super::super) fn parts(self) -> &'static [Part] {
        const fn part(shape: Shape, (x, y): (usize, usize), (width, height): (usize, usize)) -> Part {
            Part { shape, x, y, width, height }
        }
        const WHOLE: [Part; 1] = [part(Shape::Whole, (0, 0), (2, 2))];
        const ROWS: [Part; 2] = [part(Shape::Rows, (0, 0), (2, 1)), part(Shape::Rows, (0, 1), (2, 1))];
        const COLUMNS: [Part; 2] =
            [part(Shape::Columns, (0, 0), (1, 2)), part(Shape::Columns, (1, 0), (1, 2))];
        const QUARTERS: [Part; 4] = [
            part(Shape::Quarters, (0, 0), (1, 1)),
            part(Shape::Quarters, (1, 0), (1, 1)),
            part(Shape::Quarters, (0, 1), (1, 1)),
            part(Shape::Quarters, (1, 1), (1, 1)),
        ];
        match self {
            Shape::Whole => &WHOLE,
            Shape::Rows => &ROWS,
            Shape::Columns => &COLUMNS,
            Shape::Quarters => &QUARTERS,
        }
    }
}

/// A part of a macroblock, in 8x8 blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Part {
    pub(in super::super) shape: Shape,
    pub(in super::super) x: usize,
    pub(in super::super) y: usize,
    pub(in super::super) width: usize,
    pub(in super::super) height: usize,
}

impl Part {
    /// The 8x8 blocks that it covers, by their numbers.
    pub(in super::super) fn blocks(self) -> impl Iterator<Item = usize> {
        (self.y..self.y + self.height)
            .flat_map(move |y| (self.x..self.x + self.width).map(move |x| 2 * y + x))
    }
}

/// What is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Beside {
    /// Nothing that was coded before.
    Nothing,
    /// What this list has no vector for: intra prediction, or that from the other list.
    Unmoved,
    Moved(Pointer),
}

impl Beside {
    /// A block that has this pointer in the list, or none.
    pub(in super::super) fn of(pointer: Option<Pointer>) -> Self {
        pointer.map_or(Beside::Unmoved, Beside::Moved)
    }

    fn pointer(self) -> Option<Pointer> {
        match self {
            Beside::Moved(pointer) => Some(pointer),
            Beside::Nothing | Beside::Unmoved => None,
        }
    }

    /// Its vector, if it points into this frame of the list.
    fn vector_into(self, entry: u8) -> Option<Vector> {
        self.pointer().filter(|pointer| pointer.entry == entry).map(|pointer| pointer.vector)
    }
}

/// The 8x8 blocks of a macroblock and those beside that their vectors are predicted from, in one list.
#[derive(Debug, Clone)]
pub(in super::super) struct Field {
    /// From the column to the left to the one to the right, from the row above on.
    places: [[Beside; 4]; 3],
}

impl Field {
    /// `above` has the top left neighbour's last block, the two lower ones of the top one, and the first lower one of the top right
    /// one; `left` the right ones of the left one.
    pub(in super::super) fn new(above: [Beside; 4], left: [Beside; 2]) -> Self {
        use Beside::Nothing;
        let row = |left| [left, Nothing, Nothing, Nothing];
        Self { places: [above, row(left[0]), row(left[1])] }
    }

    /// Gives a part a pointer, or none in this list.
    pub(in super::super) fn set(&mut self, part: Part, pointer: Option<Pointer>) {
        for row in &mut self.places[part.y + 1..=part.y + part.height] {
            row[part.x + 1..=part.x + part.width].fill(Beside::of(pointer));
        }
    }

    /// Left of a part, above it, and above at its right or else at its left.
    fn around(&self, part: Part) -> [Beside; 3] {
        let (x, y) = (part.x + 1, part.y + 1);
        let corner = match self.places[y - 1][x + part.width] {
            // What is inside has been given a vector only if it comes before.
            Beside::Nothing => self.places[y - 1][x - 1],
            corner => corner,
        };
        [self.places[y][x - 1], self.places[y - 1][x], corner]
    }

    /// The vector into an entry of the list that a part's neighbours predict (H.264 8.4.1.3). The parts before have theirs, and
    /// those after none of this shape.
    pub(in super::super) fn predicted(&self, part: Part, entry: u8) -> Vector {
        let [left, above, corner] = self.around(part);
        let favoured = match (part.shape, part.x, part.y) {
            (Shape::Rows, _, 0) => above,
            (Shape::Rows, ..) | (Shape::Columns, 0, _) => left,
            (Shape::Columns, ..) => corner,
            _ => Beside::Nothing,
        };
        if let Some(vector) = favoured.vector_into(entry) {
            return vector;
        }
        let vector = |beside: Beside| beside.pointer().unwrap_or_default().vector;
        if [above, corner] == [Beside::Nothing; 2] {
            return vector(left);
        }
        let all = [left, above, corner];
        let mut into = all.iter().filter_map(|beside| beside.vector_into(entry));
        if let (Some(only), None) = (into.next(), into.next()) {
            return only;
        }
        let [a, b, c] = all.map(vector);
        Vector::median(a, b, c)
    }

    /// The pointer that a whole macroblock takes over from its neighbours; `None` where none of them has one
    /// (H.264 8.4.1.2.2).
    pub(in super::super) fn taken_over(&self) -> Option<Pointer> {
        let whole = Shape::Whole.parts()[0];
        let entries = self.around(whole).into_iter().filter_map(Beside::pointer).map(|pointer| pointer.entry);
        entries.min().map(|entry| Pointer { vector: self.predicted(whole, entry), entry })
    }

    /// The vector of a skipped macroblock (H.264 8.4.1.1).
    pub(in super::super) fn skipped(&self) -> Vector {
        let whole = Shape::Whole.parts()[0];
        let [left, above, _] = self.around(whole);
        let rests = |beside: Beside| beside == Beside::Nothing || beside.vector_into(0) == Some(Vector::ZERO);
        if rests(left) || rests(above) { Vector::ZERO } else { self.predicted(whole, 0) }
    }

    /// The entry of the farthest frame that the blocks beside point into, of those that `counts`; 0 where they point into none.
    pub(in super::super) fn farthest(&self, counts: impl Fn(u8) -> bool) -> u8 {
        let [above, first, second] = &self.places;
        let beside = above.iter().chain([&first[0], &second[0]]);
        let entries = beside.filter_map(|beside| beside.pointer()).map(|pointer| pointer.entry);
        entries.filter(|&entry| counts(entry)).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Vector = Vector::new(4, 0);
    const B: Vector = Vector::new(0, 8);
    const C: Vector = Vector::new(-4, 4);

    fn field() -> Field {
        let moved = |vector| Beside::Moved(Pointer::nearest(vector));
        Field::new([Beside::Unmoved, moved(B), moved(B), moved(C)], [moved(A); 2])
    }

    #[test]
    fn halves_favour_the_neighbour_on_their_side() {
        let predicted = |shape: Shape, i: usize, before: Vector| {
            let mut field = field();
            if i > 0 {
                field.set(shape.parts()[0], Some(Pointer::nearest(before)));
            }
            field.predicted(shape.parts()[i], 0)
        };
        assert_eq!(predicted(Shape::Whole, 0, A), Vector::new(0, 4));
        assert_eq!(predicted(Shape::Rows, 0, A), B);
        assert_eq!(predicted(Shape::Rows, 1, C), A);
        assert_eq!(predicted(Shape::Columns, 0, A), A);
        assert_eq!(predicted(Shape::Columns, 1, A), C);
    }

    #[test]
    fn blocks_inside_are_neighbours_once_they_are_coded() {
        let mut field = field();
        let parts = Shape::Quarters.parts();
        field.set(parts[0], Some(Pointer::nearest(Vector::new(1, 1))));
        assert_eq!(field.predicted(parts[1], 0), Vector::new(0, 4));
        field.set(parts[1], Some(Pointer::nearest(Vector::new(2, 2))));
        field.set(parts[2], Some(Pointer::nearest(Vector::new(3, 3))));
        // Above at the right there is nothing before the last block: its corner is the first.
        assert_eq!(field.predicted(parts[3], 0), Vector::new(2, 2));
    }

    #[test]
    fn skipped_macroblocks_rest_beside_what_rests_or_is_missing() {
        assert_eq!(field().skipped(), Vector::new(0, 4));
        use Beside::{Nothing, Unmoved};
        let moved = |vector| Beside::Moved(Pointer::nearest(vector));
        assert_eq!(Field::new([Nothing; 4], [moved(A); 2]).skipped(), Vector::ZERO);
        assert_eq!(Field::new([moved(B); 4], [moved(Vector::ZERO); 2]).skipped(), Vector::ZERO);
        assert_eq!(Field::new([moved(B); 4], [Unmoved; 2]).skipped(), B);
    }

    #[test]
    fn vectors_into_other_frames_count_where_none_is_into_the_same() {
        let into = |entry, vector| Beside::Moved(Pointer { vector, entry });
        let whole = Shape::Whole.parts()[0];
        let field = Field::new([Beside::Unmoved, into(1, B), into(1, B), into(0, C)], [into(1, A); 2]);
        assert_eq!(field.predicted(whole, 0), C);
        assert_eq!(field.predicted(whole, 1), Vector::new(0, 4));
        assert_eq!(field.taken_over(), Some(Pointer { vector: C, entry: 0 }));
        // In the first row the left neighbour counts thrice, whatever it points into.
        let first_row = Field::new([Beside::Nothing; 4], [into(1, A); 2]);
        assert_eq!(first_row.predicted(whole, 0), A);
        assert_eq!(field.farthest(|_| true), 1);
        assert_eq!(field.farthest(|entry| entry != 1), 0);
    }
}
