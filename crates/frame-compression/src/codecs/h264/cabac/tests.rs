//! The golden numbers of annex B.4 of docs/spec/h264-presets.md.

use super::block::{Category, Order, coded_of, pass_block};
use super::*;

#[test]
fn counts_are_those_of_the_specification() {
    let mut block = [0; 16];
    block[..10].copy_from_slice(&[9, 0, -3, 1, 0, 0, 2, -1, 0, 1]);
    for order in [Order::Descending, Order::Ascending] {
        assert_eq!(
            pass_block(&mut Contexts::new(26), Category::Luma4x4, &block, coded_of(&block), order),
            8650
        );
    }
    let mut block = [0; 64];
    for (at, level) in [(0, 17), (5, 2), (15, -1), (20, 1), (30, -1), (35, 1)] {
        block[at] = level;
    }
    let count =
        |order| pass_block(&mut Contexts::new(26), Category::Luma8x8, &block, coded_of(&block), order);
    assert_eq!(count(Order::Descending), 15682);
    assert_eq!(count(Order::Ascending), 15674);
}

#[test]
fn a_run_of_ones_costs_what_its_bins_cost() {
    for ones in 0..=LONGEST_UNARY {
        for state in 0..126 {
            let (mut expected, mut now) = (0, state);
            for bin in std::iter::repeat_n(true, ones).chain((ones < LONGEST_UNARY).then_some(false)) {
                expected += cost(now, bin);
                now = next(now, bin);
            }
            assert_eq!(unary(state, ones), (expected, now));
        }
    }
}
