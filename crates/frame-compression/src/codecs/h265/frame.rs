//! What all of a picture's rows share.

use super::aq::AdaptiveQuantisation;
use super::cost::Region;
use super::geometry::Geometry;
use super::preset::{Tools, X265Version};
use crate::planes::Planes;

/// What all rows share.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    pub(super) geometry: Geometry,
    pub(super) tools: Tools,
    pub(super) version: X265Version,
    pub(super) base_qp: f64,
    pub(super) slice_qp: i32,
    pub(super) adaptive_quantisation: &'a AdaptiveQuantisation,
    pub(super) source: &'a Planes,
    /// The row and column of a CTU whose coding is to panic.
    #[cfg(test)]
    pub(super) fails_at: Option<(usize, usize)>,
}

impl Frame<'_> {
    /// The quantisation parameters of a square region of the picture.
    pub(super) fn region(&self, x: usize, y: usize, size: usize) -> Region {
        let index = self.adaptive_quantisation.index(self.base_qp, x, y, size, &self.geometry);
        Region::new(index, self.version, &self.tools)
    }
}
