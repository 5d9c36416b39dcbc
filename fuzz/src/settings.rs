//! What a compressor is asked to do.

use arbitrary::Arbitrary;
use frame_compression::{
    Codec, FrameCompressor, Quality, Setting, SettingKind, Settings as LibrarySettings, ValueRange,
};

/// Settings, allowed or not.
#[derive(Debug, Arbitrary)]
pub(crate) struct Settings {
    changes: Vec<Change>,
    unit_range: bool,
}

/// A setting of the codec's own table, by number, or one of any name; a value of its kind, or any text.
#[derive(Debug, Arbitrary)]
enum Change {
    Allowed { setting: u8, value: u16 },
    Known { setting: u8, text: String },
    Any { name: String, text: String },
}

impl Settings {
    /// A compressor with these settings, of which those that are refused are left out.
    pub(crate) fn compressor(&self, codec: Codec) -> FrameCompressor {
        let mut settings = LibrarySettings::from(codec);
        for change in &self.changes {
            let before = settings.clone();
            let table = settings.table();
            let of_table = |number: u8| table[usize::from(number) % table.len()];
            let (name, text) = match change {
                Change::Allowed { setting, value } => {
                    let setting = of_table(*setting);
                    (setting.name, value_of(&setting, *value))
                }
                Change::Known { setting, text } => (of_table(*setting).name, text.clone()),
                Change::Any { name, text } => (name.as_str(), text.clone()),
            };
            match settings.set(name, &text) {
                Ok(()) => assert_reads_back(&settings),
                Err(error) => {
                    assert!(error.code() > 0 && !error.to_string().is_empty());
                    assert_eq!(settings, before, "an error has changed {name}");
                }
            }
        }
        FrameCompressor::new(settings).value_range(self.value_range())
    }

    pub(crate) fn value_range(&self) -> ValueRange {
        if self.unit_range { ValueRange::Unit } else { ValueRange::SignedUnit }
    }

    /// The quality, where nothing else is set.
    pub(crate) fn quality_alone(&self) -> Option<Quality> {
        (self.changes.is_empty() && !self.unit_range).then_some(Quality::DEFAULT)
    }
}

/// One of the values that a setting takes.
fn value_of(setting: &Setting, number: u16) -> String {
    let whole = |least: u32, most: u32, number: u16| least + u32::from(number) % (most - least + 1);
    match setting.kind {
        SettingKind::Number { least, most } => {
            (least + (most - least) * f64::from(number % 1001) / 1000.0).to_string()
        }
        SettingKind::Whole { least, most } => whole(least, most, number).to_string(),
        SettingKind::Choice { names } => names[usize::from(number) % names.len()].to_owned(),
        SettingKind::List { count, least, most } => {
            let entry = |i: usize| whole(least, most, number.wrapping_mul(i as u16)).to_string();
            (0..count).map(entry).collect::<Vec<_>>().join(",")
        }
        _ => String::new(),
    }
}

/// The text form says everything.
pub(crate) fn assert_reads_back(settings: &LibrarySettings) {
    let text = settings.to_string();
    assert_eq!(text.parse::<LibrarySettings>().as_ref(), Ok(settings), "{text}");
}
