//! What a preset of x264 means for the frames of a clip that are predicted from others
//! (docs/spec/h264-clips.md, sections 0 and 1.1).

use super::preset::H264Preset;

/// What a preset of x264 means for frames that are predicted from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prediction {
    /// How many frames there are at most from one that stands for itself to the next.
    pub(crate) keyint: u32,
    /// How many B frames there are at most in a row.
    pub(crate) bframes: u32,
    /// How many frames the encoder looks ahead for its macroblock tree.
    pub(super) lookahead: u32,
    /// How readily a cut is seen, in hundredths; 0 does not look for cuts.
    pub(super) scenecut: u32,
    /// Whether P frames may fade out of their reference.
    pub(super) weighted: bool,
    /// Whether the nearer of the two frames that a B frame's block is mixed from counts more.
    pub(super) mixes_by_time: bool,
    /// Whether the nearest frame is in a P frame's list once more, a little darker.
    pub(super) repeats: bool,
    /// How many frames a list has at most.
    pub(super) references: u32,
    /// Whether they may where there is more than one.
    pub(super) mixed: bool,
    /// Whether vectors are searched for in a hexagon, not in a diamond.
    pub(super) hexagon: bool,
    /// Whether macroblocks may move in parts.
    pub(super) partitions: bool,
}

impl Prediction {
    pub(super) fn of(preset: H264Preset) -> Self {
        let (ultrafast, superfast) = (preset == H264Preset::Ultrafast, preset == H264Preset::Superfast);
        let references = match preset {
            H264Preset::Ultrafast | H264Preset::Superfast | H264Preset::Veryfast => 1,
            H264Preset::Faster | H264Preset::Fast => 2,
            _ => 3,
        };
        Self {
            keyint: 250,
            bframes: if ultrafast { 0 } else { 3 },
            lookahead: match preset {
                H264Preset::Ultrafast | H264Preset::Superfast => 0,
                H264Preset::Veryfast => 10,
                H264Preset::Faster => 20,
                H264Preset::Fast => 30,
                _ => 40,
            },
            scenecut: if ultrafast { 0 } else { 40 },
            weighted: !ultrafast,
            mixes_by_time: !ultrafast,
            repeats: references > 2,
            references,
            mixed: references > 1 && preset != H264Preset::Faster,
            hexagon: !ultrafast && !superfast,
            partitions: !ultrafast && !superfast,
        }
    }

    /// For drawings: more frames to be predicted from, and more B frames.
    pub(super) fn animate(&mut self) {
        if self.references > 1 {
            self.references *= 2;
        }
        self.bframes += 2;
    }

    /// For slow decoders: nothing is weighted.
    pub(super) fn spare_decoder(&mut self) {
        (self.weighted, self.repeats, self.mixes_by_time) = (false, false, false);
    }

    /// For calls: no frame waits for another.
    pub(super) fn hurry(&mut self) {
        (self.bframes, self.lookahead) = (0, 0);
    }

    /// Sets what x264 calls by this name; `None` where there is no such thing or the text is none of its values.
    pub(super) fn set(&mut self, name: &str, text: &str) -> Option<()> {
        match name {
            "keyint" => self.keyint = text.parse().ok().filter(|&keyint| keyint > 0)?,
            "bframes" => self.bframes = text.parse().ok().filter(|&bframes| bframes <= 16)?,
            "scenecut" => self.scenecut = text.parse().ok()?,
            "rc-lookahead" => self.lookahead = text.parse().ok().filter(|&frames| frames <= 250)?,
            "weightp" => {
                (self.weighted, self.repeats) = match text {
                    "0" => (false, false),
                    "1" => (true, false),
                    "2" => (true, true),
                    _ => return None,
                }
            }
            "ref" => self.references = text.parse().ok().filter(|references| (1..=3).contains(references))?,
            "mixed-refs" => {
                self.mixed = match text {
                    "0" => false,
                    "1" => true,
                    _ => return None,
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// B frames in a row, at most.
    pub(super) fn bframes(&self) -> usize {
        self.bframes.min(self.keyint - 1) as usize
    }

    /// Whether a B frame may be what others are predicted from.
    pub(super) fn pyramid(&self) -> bool {
        self.bframes() >= 2
    }

    /// Whether parts of a macroblock may come from different frames of a list.
    pub(super) fn mixes(&self) -> bool {
        self.mixed && self.references > 1
    }

    /// By how many frames the order of coding may be behind that of showing.
    pub(super) fn reorder(&self) -> u64 {
        self.bframes().min(2) as u64
    }

    /// Frames in the decoder's buffer.
    pub(super) fn buffer(&self) -> u64 {
        let least = if self.pyramid() { 4 } else { 1 + self.reorder() };
        least.max(self.references.into())
    }
}
