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
//! `describe()` writes what codecs, settings and recipes there are, as JSON, to the same place. `draw(recipe_length, seed)`
//! writes what a recipe draws, with the recipe's name and, after it, the picture's key in the room: an array of settings, one
//! for each step, `null` where the step leaves the picture as it is.

#![allow(unsafe_code, reason = "functions for JavaScript have fixed names")]

use std::cell::RefCell;

use frame_compression::recipes::{self, Recipe};
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
        let done = module.apply(width, height, settings_length);
        module.answer(done)
    };

    /// Draws from the recipe whose name is in the room, before the picture's key. Gives 0, or the number of the error's
    /// kind; what was drawn, as JSON, is where [`text`] says.
    fn draw(recipe_length: usize, seed: u64) -> i32 = |module| {
        let done = module.draw(recipe_length, seed);
        module.answer(done)
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
    /// The number of a call's result; an error becomes the text.
    fn answer(&mut self, done: Result<(), Error>) -> i32 {
        let Err(error) = done else { return 0 };
        self.text = format!("{:?}\n{error}", error.kind()).into_bytes();
        error.code()
    }

    fn draw(&mut self, recipe_length: usize, seed: u64) -> Result<(), Error> {
        let (recipe, key) = self.room.split_at(recipe_length.min(self.room.len()));
        let drawn = recipes::draw(&String::from_utf8_lossy(recipe), seed, &String::from_utf8_lossy(key))?;
        let steps = drawn.iter().map(|step| step.as_ref().map(Settings::to_string));
        self.text = Value::from_iter(steps).to_string().into_bytes();
        Ok(())
    }

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
    let recipes: Vec<Value> = Recipe::ALL.iter().map(described).collect();
    json!({ "version": env!("CARGO_PKG_VERSION"), "simd": simd_level(), "codecs": codecs, "recipes": recipes })
}

/// What a recipe says of itself.
fn described(recipe: &Recipe) -> Value {
    json!({
        "name": recipe.name,
        "description": recipe.description,
        "source": recipe.source,
        "notCovered": recipe.not_covered,
        "shown": recipe.to_string(),
    })
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
    fn recipes_draw_what_the_library_draws() {
        let drawn = |recipe: &str, key: &str| {
            let mut module = Module { room: [recipe, key].concat().into_bytes(), ..Module::default() };
            module.draw(recipe.len(), u64::MAX)?;
            Ok(serde_json::from_slice::<Vec<Option<String>>>(&module.text).unwrap())
        };
        for recipe in Recipe::ALL {
            for number in 0..50 {
                let key = format!("{number} \u{00fc}.png");
                let expected = recipes::draw(recipe.name, u64::MAX, &key).unwrap();
                let expected: Vec<_> =
                    expected.iter().map(|step| step.as_ref().map(Settings::to_string)).collect();
                assert_eq!(drawn(recipe.name, &key), Ok(expected));
            }
        }
        let refused: Error = drawn("none", "").unwrap_err();
        assert!(refused.to_string().contains("apisr"));
        assert!(Module::default().draw(usize::MAX, 0).is_err());
    }

    #[test]
    fn every_codec_and_setting_is_described() {
        let description = description();
        assert_eq!(description["recipes"].as_array().unwrap().len(), Recipe::ALL.len());
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
