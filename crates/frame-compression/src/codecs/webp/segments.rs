//! Segments: macroblocks that share a quantiser and a filter strength.

use super::analysis::{Look, SEGMENTS, assign_segments};
use super::costs::bit;
use super::power::power;
use super::quantise::{ChromaOffsets, Segment};
use super::settings::WebP;
use super::tables::AC_STEPS;

/// The segments of a picture, and what they come from.
#[derive(Debug)]
pub(super) struct Segmentation {
    pub(super) segments: [Segment; SEGMENTS],
    /// How many of them there are.
    count: usize,
    /// What the map of segments costs.
    map_bits: u64,
    /// How many macroblocks have each alpha.
    histogram: [u32; 256],
    /// The sum of chroma's alphas.
    chroma: i64,
}

impl Default for Segmentation {
    fn default() -> Self {
        Self { segments: Default::default(), count: 1, map_bits: 0, histogram: [0; 256], chroma: 0 }
    }
}

/// The quantiser of a segment, from a quality of 0 to 100 and the segment's alpha.
fn quantiser(quality: f32, sns_strength: u8, alpha: i32) -> u8 {
    let amplitude = 0.9 * f64::from(sns_strength) / 100.0 / 128.0;
    let quality = f64::from(quality) / 100.0;
    let linear = if quality < 0.75 { quality * (2.0 / 3.0) } else { 2.0 * quality - 1.0 };
    let base = power(linear, 1.0 / 3.0);
    let compression = power(base, 1.0 - amplitude * f64::from(alpha));
    (127.0 * (1.0 - compression)) as u8
}

/// The lowest level of the filter that reaches over an edge of this height; the highest, where none does.
fn level_of_edge(height: i32, sharpness: u8) -> i32 {
    // Twice what an edge and its neighbourhood may differ by, and 3 more.
    let reach = |level: i32| {
        let room = 9 - i32::from(sharpness);
        let interior = match sharpness {
            0 => 2 * level,
            1..=4 => level.min(2 * room).max(2),
            _ => 2 * (level >> 2).min(room).max(1),
        };
        4 * level + interior + 3
    };
    (0..63).find(|&level| reach(level) >= 6 * height).unwrap_or(63)
}

/// The probability that two numbers of macroblocks stand for.
fn probability(first: u64, second: u64) -> u8 {
    match first + second {
        0 => 255,
        both => ((255 * first + both / 2) / both) as u8,
    }
}

impl Segmentation {
    /// Starts a picture.
    pub(super) fn start(&mut self) {
        self.histogram = [0; 256];
        self.chroma = 0;
    }

    /// Counts a macroblock.
    pub(super) fn count(&mut self, look: Look, chroma_alpha: i32) {
        self.histogram[usize::from(look.alpha)] += 1;
        self.chroma += i64::from(chroma_alpha);
    }

    /// What the map of segments costs.
    pub(super) fn map_bits(&self) -> u64 {
        self.map_bits
    }

    /// Forgets the edges seen.
    pub(super) fn reset_edges(&mut self) {
        for segment in &mut self.segments {
            segment.largest_edge = 0;
        }
    }

    /// Gives each macroblock its segment, in place of its alpha, and each segment what it is coded with.
    pub(super) fn set_up(&mut self, looks: &mut [Look], settings: &WebP) {
        let sns = i32::from(settings.sns_strength);
        let chroma = (self.chroma / looks.len().max(1) as i64) as i32;
        let offsets =
            ChromaOffsets { dc: -4 * sns / 100, ac: ((chroma - 64) * 10 / 70 * sns / 100).clamp(-4, 6) };
        self.count = usize::from(settings.segments).clamp(1, SEGMENTS);
        let susceptibilities = assign_segments(looks, &self.histogram, self.count);
        for (segment, of) in self.segments.iter_mut().zip(susceptibilities) {
            segment.quantiser = quantiser(settings.quality.get(), settings.sns_strength, of.alpha);
            let step = i32::from(AC_STEPS[usize::from(segment.quantiser)]) >> 2;
            // libwebp does not know the sharpness yet when it first asks, and asks once.
            let strength = level_of_edge(step, 0) * 5 * i32::from(settings.filter_strength) / (256 + of.beta);
            segment.strength = if strength < 2 { 0 } else { strength.min(63) as u8 };
        }
        self.merge(looks);
        let spectral = if settings.method >= 4 { sns } else { 0 };
        for segment in &mut self.segments[..self.count] {
            segment.set_up(offsets, spectral);
        }
        self.price_map(looks);
    }

    /// Makes segments that are coded alike one.
    fn merge(&mut self, looks: &mut [Look]) {
        let mut map = [0; SEGMENTS];
        let mut kept = 1;
        for (number, map) in map.iter_mut().enumerate().take(self.count).skip(1) {
            let like = |segment: &Segment| (segment.quantiser, segment.strength);
            let new = like(&self.segments[number]);
            let found = self.segments[..kept].iter().position(|segment| like(segment) == new);
            let to = found.unwrap_or(kept);
            *map = to as u8;
            if found.is_none() {
                self.segments.swap(kept, number);
                kept += 1;
            }
        }
        if kept < self.count {
            for look in looks {
                look.alpha = map[usize::from(look.alpha)];
            }
            self.count = kept;
        }
    }

    /// Finds what the map of segments costs. Where nearly all macroblocks are in the first one, they all are.
    fn price_map(&mut self, looks: &mut [Look]) {
        self.map_bits = 0;
        if self.count == 1 {
            return;
        }
        let mut sizes = [0u64; SEGMENTS];
        for look in &*looks {
            sizes[usize::from(look.alpha)] += 1;
        }
        let root = probability(sizes[0] + sizes[1], sizes[2] + sizes[3]);
        let leaves = [probability(sizes[0], sizes[1]), probability(sizes[2], sizes[3])];
        if (root, leaves) == (255, [255; 2]) {
            for look in looks {
                look.alpha = 0;
            }
        }
        for (number, size) in sizes.into_iter().enumerate() {
            let (half, leaf) = (number / 2, number % 2);
            self.map_bits += size * u64::from(bit(half == 1, root) + bit(leaf == 1, leaves[half]));
        }
    }

    /// The filter's level of each segment, once the picture is coded.
    pub(super) fn final_strengths(&self, settings: &WebP) -> [u8; SEGMENTS] {
        self.segments.each_ref().map(|segment| {
            if settings.filter_strength == 0 {
                return 0;
            }
            let height = (segment.largest_edge * i32::from(segment.dcs.steps[1])) >> 3;
            segment.strength.max(level_of_edge(height, settings.filter_sharpness) as u8)
        })
    }
}
