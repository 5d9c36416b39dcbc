//! The module behind the npm package: a picture as RGBA and settings as text go in, the degraded picture comes out in place.
//!
//! JavaScript writes into the module's room and calls functions on it, so that no pointer crosses in the other direction:
//!
//! 1. `room(length)` makes room and says where it is;
//! 2. JavaScript writes the pixels (R, G, B, A, row by row) and, after them, the settings (`h264:crf=23`);
//! 3. `apply(width, height, settings_length)` puts the artifacts into the pixels; alpha stays. 0 is success;
//! 4. after anything else, `text()` is where the error stands, `text_length()` bytes of UTF-8: its kind, a line feed, its
//!    message.
//!
//! `describe()` writes what codecs and settings there are, as JSON, to the same place.

#![allow(unsafe_code, reason = "functions for JavaScript have fixed names")]

use std::cell::RefCell;

use frame_compression::{Codec, Error, FrameCompressor, SettingKind, Settings, TensorViewMut, simd_level};
use serde_json::{Value, json};

/// What the module keeps between calls.
#[derive(Default)]
struct Module {
    room: Vec<u8>,
    text: Vec<u8>,
    compressor: Option<FrameCompressor>,
}

thread_local! {
    static MODULE: RefCell<Module> = RefCell::default();
}

/// Gives functions to JavaScript.
macro_rules! exports {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty = |$module:ident| $body:expr;)+) => {$(
        $(#[$doc])*
        #[cfg_attr(target_family = "wasm", expect(unsafe_code, reason = "a name for JavaScript; the module exports no other of it"))]
        #[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
        pub extern "C" fn $name($($argument: $type),*) -> $result {
            MODULE.with_borrow_mut(|$module| $body)
        }
    )+};
}

exports! {
    /// Makes room for `length` bytes and says where it starts. What was there before is no longer of use.
    fn room(length: usize) -> *mut u8 = |module| {
        module.room.resize(length, 0);
        module.room.as_mut_ptr()
    };

    /// Puts the artifacts into the picture in the room. Gives 0, or the number of the error's kind.
    fn apply(width: usize, height: usize, settings_length: usize) -> i32 = |module| {
        match module.apply(width, height, settings_length) {
            Ok(()) => 0,
            Err(error) => {
                module.text = format!("{:?}\n{error}", error.kind()).into_bytes();
                error.code()
            }
        }
    };

    /// Writes the codecs and their settings as JSON to where [`text`] says, and gives its length.
    fn describe() -> usize = |module| {
        module.text = description().to_string().into_bytes();
        module.text.len()
    };

    /// Where the last text starts.
    fn text() -> *const u8 = |module| module.text.as_ptr();

    /// How many bytes the last text has.
    fn text_length() -> usize = |module| module.text.len();
}

impl Module {
    fn apply(&mut self, width: usize, height: usize, settings_length: usize) -> Result<(), Error> {
        let pixels = self.room.len().saturating_sub(settings_length);
        let (picture, settings) = self.room.split_at_mut(pixels);
        let settings: Settings = String::from_utf8_lossy(settings).parse()?;
        let compressor = match &mut self.compressor {
            Some(compressor) => {
                compressor.set_settings(settings);
                compressor
            }
            none => none.insert(FrameCompressor::new(settings)),
        };
        let row = width.saturating_mul(4);
        let strides = [row.saturating_mul(height), row, 4, 1];
        compressor.apply_in_place(TensorViewMut::with_strides(picture, &[1, height, width, 3], strides)?)
    }
}

/// What codecs there are, and what they take.
fn description() -> Value {
    let codecs: Vec<Value> = Codec::ALL
        .into_iter()
        .map(|codec| {
            let settings = Settings::from(codec);
            let table: Vec<Value> = settings
                .table()
                .iter()
                // There is no other backend here.
                .filter(|setting| setting.name != "backend")
                .map(|setting| {
                    json!({
                        "name": setting.name,
                        "help": setting.help,
                        "default": setting.default,
                        "allowed": setting.kind.to_string(),
                        "values": values(&setting.kind),
                    })
                })
                .collect();
            json!({
                "name": codec.name(),
                "shown": codec.to_string(),
                "description": codec.description(),
                "exactWith": settings.exact_with(),
                "settings": table,
            })
        })
        .collect();
    json!({ "version": env!("CARGO_PKG_VERSION"), "simd": simd_level(), "codecs": codecs })
}

/// The values of a setting, as far as a control can be made for them.
fn values(kind: &SettingKind) -> Value {
    match kind {
        SettingKind::Number { least, most } => json!({ "kind": "number", "least": least, "most": most }),
        SettingKind::Whole { least, most } => json!({ "kind": "whole", "least": least, "most": most }),
        SettingKind::Choice { names } => json!({ "kind": "choice", "names": names }),
        _ => json!({ "kind": "text" }),
    }
}

#[cfg(test)]
mod tests {
    use frame_compression::{Tensor, apply_compression_artifacts};

    use super::*;

    /// What JavaScript does, with a module of one's own.
    fn call(pixels: &[u8], width: usize, height: usize, settings: &str) -> Result<Vec<u8>, Error> {
        let mut module = Module { room: [pixels, settings.as_bytes()].concat(), ..Module::default() };
        module.apply(width, height, settings.len())?;
        module.room.truncate(pixels.len());
        Ok(module.room)
    }

    #[test]
    fn the_picture_is_the_library_s_and_alpha_stays() {
        let (width, height) = (48, 32);
        let pixels: Vec<u8> = (0..width * height * 4).map(|i| (i * i / 7 % 251) as u8).collect();
        let rgb: Vec<u8> = pixels.chunks_exact(4).flat_map(|pixel| pixel[..3].to_vec()).collect();
        let tensor = Tensor::new(rgb, &[1, height, width, 3]).unwrap();
        for codec in Codec::ALL {
            let quality = frame_compression::Quality::new(30.0).unwrap();
            let expected = apply_compression_artifacts(&tensor, codec, quality).unwrap();
            let given = call(&pixels, width, height, &format!("{}:quality=30", codec.name())).unwrap();
            let colours = given.chunks_exact(4).flat_map(|pixel| pixel[..3].to_vec());
            assert!(colours.eq(expected.as_slice().iter().copied()), "{codec}");
            assert!(given.iter().zip(&pixels).skip(3).step_by(4).all(|(a, b)| a == b), "{codec}: alpha");
        }
    }

    #[test]
    fn what_cannot_be_done_is_an_error() {
        let wrong = |pixels: usize, width, height, settings| {
            call(&vec![0; pixels], width, height, settings).unwrap_err()
        };
        assert!(wrong(4, 1, 1, "betamax").to_string().contains("betamax"));
        assert!(wrong(4, 1, 1, "").to_string().contains("h264"));
        wrong(16, 2, 4, "jpeg");
        wrong(0, 0, 0, "jpeg");
        wrong(4, usize::MAX, usize::MAX, "jpeg");
    }

    #[test]
    fn every_codec_and_setting_is_described() {
        let description = description();
        let codecs = description["codecs"].as_array().unwrap();
        assert_eq!(codecs.len(), Codec::ALL.len());
        for codec in codecs {
            let name = codec["name"].as_str().unwrap();
            for setting in codec["settings"].as_array().unwrap() {
                let Some(default) = setting["default"].as_str() else { continue };
                let setting = setting["name"].as_str().unwrap();
                let mut settings: Settings = name.parse().unwrap();
                settings.set(setting, default).unwrap();
            }
        }
    }
}
