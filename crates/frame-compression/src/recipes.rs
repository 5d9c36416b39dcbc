//! The codec part of published training pipelines, as data: what they compress with, how strongly, how often.
//!
//! ```
//! use frame_compression::FrameCompressor;
//! use frame_compression::recipes::{Numbers, Recipe};
//!
//! let recipe: &Recipe = Recipe::named("apisr")?;
//! println!("{recipe}"); // what it draws, where that is from, and what it does not cover
//! let drawn = recipe.draw(&mut Numbers::new(7, "photo.png"));
//! for settings in drawn.into_iter().flatten() {
//!     println!("{settings}"); // such as webp:quality=34:method=5
//!     let compressor = FrameCompressor::new(settings);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A recipe covers the codecs alone. Blur, noise and scaling, which pipelines do between the steps, are the caller's.

mod numbers;
mod tables;

use std::fmt;

use crate::error::Error;
use crate::names::{Codec, OneOf, UnknownName};
use crate::settings::Settings;

pub use numbers::Numbers;

/// The codec part of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Recipe {
    /// What the pipeline is called, in lower case.
    pub name: &'static str,
    /// What it is, in one line.
    pub description: &'static str,
    /// The repository, commit and files that say so.
    pub source: &'static str,
    /// Its compressions, one after another.
    pub steps: &'static [Step],
    /// Which of the pipeline's draws are left out, and what is done instead.
    pub not_covered: &'static [&'static str],
}

/// One compression: one of some codings, or none at all.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The probability that there is any, 0 to 1.
    pub p: f64,
    /// What may be drawn.
    pub codings: &'static [Coding],
}

/// A codec that may be drawn, with what may be drawn for its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Coding {
    /// The codec.
    pub codec: Codec,
    /// How often it is drawn, against the others of its step.
    pub weight: f64,
    /// Settings by name, in the order of their names, which is that of the draws.
    pub settings: &'static [(&'static str, Values)],
}

/// What may be drawn for a setting.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Values {
    /// Always this one.
    One(&'static str),
    /// Any whole number from the first to the last, each as often.
    Whole(u32, u32),
    /// Any number between these two.
    Between(f64, f64),
    /// One of these, each with its weight.
    Weighted(&'static [(&'static str, f64)]),
}

/// What the recipe of this name draws for the picture that has this key among the others of the seed: one entry for each
/// step, `None` where the step leaves the picture as it is. The command draws the same with `--recipe` and `--seed` for a
/// picture of this name below its input.
///
/// ```
/// let drawn = frame_compression::recipes::draw("cnn_detection", 7, "a.png")?;
/// assert_eq!(drawn, frame_compression::recipes::draw("cnn_detection", 7, "a.png")?);
/// # Ok::<(), frame_compression::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidSetting`] where no recipe has the name.
pub fn draw(name: &str, seed: u64, key: &str) -> Result<Vec<Option<Settings>>, Error> {
    let recipe = Recipe::named(name).map_err(|_| Error::InvalidSetting {
        setting: "recipe",
        given: name.to_owned(),
        allowed: OneOf(&names()).to_string(),
    })?;
    Ok(recipe.draw(&mut Numbers::new(seed, key)))
}

fn names() -> Vec<&'static str> {
    Recipe::ALL.iter().map(|recipe| recipe.name).collect()
}

impl Recipe {
    /// Every recipe.
    pub const ALL: &'static [Recipe] = tables::ALL;

    /// The recipe of this name.
    ///
    /// # Errors
    /// [`UnknownName`], which says what names there are.
    pub fn named(name: &str) -> Result<&'static Recipe, UnknownName> {
        let known = Self::ALL.iter().find(|recipe| recipe.name == name);
        known.ok_or_else(|| UnknownName::none_of(name, &names()))
    }

    /// Draws the settings of one picture: one entry for each step, `None` where the step leaves the picture as it is.
    /// `uniform` gives numbers in [0, 1), such as [`Numbers`]; one that is none, or missing, counts as 0.
    pub fn draw(&self, uniform: &mut dyn Iterator<Item = f64>) -> Vec<Option<Settings>> {
        self.steps.iter().map(|step| step.draw(uniform)).collect()
    }
}

impl Step {
    fn draw(&self, uniform: &mut dyn Iterator<Item = f64>) -> Option<Settings> {
        let mut next = || uniform.next().filter(|number| (0.0..1.0).contains(number)).unwrap_or_default();
        let (applies, at) = (next(), next());
        if applies >= self.p {
            return None;
        }
        let coding = chosen(self.codings, |coding| coding.weight, at)?;
        let mut settings = Settings::from(coding.codec);
        for (name, values) in coding.settings {
            // A test tries every value of every recipe.
            let set = settings.set(name, &values.at(next()));
            debug_assert_eq!(set, Ok(()), "{name}");
        }
        Some(settings)
    }
}

impl Coding {
    /// Settings of which each one is allowed only if all that may be drawn are: with every extreme and every name.
    ///
    /// # Errors
    /// None for the recipes of [`Recipe::ALL`].
    pub fn extremes(&self) -> Result<Vec<Settings>, Error> {
        let lowest = |settings: &mut Settings| {
            self.settings.iter().try_for_each(|(name, values)| settings.set(name, &values.at(0.0)))
        };
        let mut all = Vec::new();
        for (name, values) in self.settings {
            for value in values.ends() {
                let mut settings = Settings::from(self.codec);
                lowest(&mut settings)?;
                settings.set(name, &value)?;
                all.push(settings);
            }
        }
        Ok(all)
    }
}

impl Values {
    /// The value for a number in [0, 1), as text.
    fn at(&self, at: f64) -> String {
        match *self {
            Values::One(value) => value.to_owned(),
            Values::Whole(first, last) => {
                let steps = f64::from(last - first) + 1.0;
                (first + (at * steps) as u32).min(last).to_string()
            }
            Values::Between(low, high) => (low + (high - low) * at).to_string(),
            Values::Weighted(values) => chosen(values, |(_, weight)| *weight, at)
                .map_or(String::new(), |(value, _)| (*value).to_owned()),
        }
    }

    /// The lowest and the highest, or every name.
    fn ends(&self) -> Vec<String> {
        match *self {
            Values::One(value) => vec![value.to_owned()],
            Values::Whole(first, last) => vec![first.to_string(), last.to_string()],
            Values::Between(low, high) => vec![low.to_string(), high.to_string()],
            Values::Weighted(values) => values.iter().map(|(value, _)| (*value).to_owned()).collect(),
        }
    }
}

/// The one of some that a number in [0, 1) stands for, by their weights.
fn chosen<T>(of: &[T], weight: impl Fn(&T) -> f64, at: f64) -> Option<&T> {
    let ends = || {
        of.iter().scan(0.0, |sum, one| {
            *sum += weight(one);
            Some(*sum)
        })
    };
    let at = at * ends().last()?;
    let place = ends().position(|end| at < end).unwrap_or(of.len() - 1);
    of.get(place)
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Values::One(value) => f.write_str(value),
            Values::Whole(first, last) => write!(f, "{first}..={last}"),
            Values::Between(low, high) => write!(f, "{low:?}..{high:?}"),
            Values::Weighted(values) => {
                let parts: Vec<_> =
                    values.iter().map(|(value, weight)| format!("{value} {weight}")).collect();
                write!(f, "({})", parts.join(", "))
            }
        }
    }
}

/// Several lines: what is drawn with its weights, the source, and what is not covered.
impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.name, self.description)?;
        writeln!(f, "  source: {}", self.source)?;
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(f, "  step {}, probability {}:", number + 1, step.p)?;
            for coding in step.codings {
                let settings: Vec<_> =
                    coding.settings.iter().map(|(name, values)| format!("{name}={values}")).collect();
                writeln!(f, "    weight {} {}: {}", coding.weight, coding.codec.name(), settings.join(" "))?;
            }
        }
        self.not_covered.iter().try_for_each(|what| writeln!(f, "  not covered: {what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_every_recipe_is_allowed() {
        for recipe in Recipe::ALL {
            assert_eq!(Recipe::named(recipe.name), Ok(recipe));
            for coding in recipe.steps.iter().flat_map(|step| step.codings) {
                assert!(coding.settings.is_sorted_by_key(|(name, _)| name), "{}", recipe.name);
                assert!(!coding.extremes().unwrap().is_empty(), "{}", recipe.name);
            }
        }
        assert!(Recipe::named("none").unwrap_err().to_string().contains("apisr"));
        let refused = draw("none", 0, "").unwrap_err().to_string();
        assert!(refused.starts_with("recipe none is not allowed: apisr, wtp, "), "{refused}");
    }

    #[test]
    fn draws_reach_the_ends_of_what_is_drawn() {
        let (first, last) = (0.0, 1.0 - f64::EPSILON);
        for (values, lowest, highest) in [
            (Values::Whole(8, 31), "8", "31"),
            (Values::Whole(5, 5), "5", "5"),
            (Values::One("x"), "x", "x"),
            (Values::Weighted(&[("a", 0.1), ("b", 0.2), ("c", 0.3)]), "a", "c"),
        ] {
            assert_eq!((&*values.at(first), &*values.at(last)), (lowest, highest));
        }
        assert_eq!(Values::Between(30.0, 95.0).at(0.5), "62.5");
        assert_eq!(Values::Weighted(&[("a", 1.0), ("b", 3.0)]).at(0.25), "b");
    }

    #[test]
    fn a_key_repeats_its_draw_and_others_have_others() {
        let recipe = Recipe::named("real_esrgan").unwrap();
        let drawn = |seed, key: &str| recipe.draw(&mut Numbers::new(seed, key));
        assert_eq!(drawn(7, "a.png"), drawn(7, "a.png"));
        assert_ne!(drawn(7, "a.png"), drawn(7, "b.png"));
        assert_ne!(drawn(7, "a.png"), drawn(8, "a.png"));
        assert_eq!(drawn(7, "a.png").len(), 2);
        assert_eq!(draw("real_esrgan", 7, "a.png"), Ok(drawn(7, "a.png")));
    }

    #[test]
    fn numbers_that_are_none_count_as_0() {
        for recipe in Recipe::ALL {
            let expected = recipe.draw(&mut std::iter::repeat(0.0));
            for wrong in [f64::NAN, f64::INFINITY, -1.0, 1.0] {
                assert_eq!(recipe.draw(&mut std::iter::repeat(wrong)), expected, "{}", recipe.name);
            }
            assert_eq!(recipe.draw(&mut std::iter::empty()), expected);
        }
    }

    #[test]
    fn steps_and_codings_are_as_frequent_as_they_say() {
        for recipe in Recipe::ALL {
            let drawn: Vec<_> =
                (0..4000).map(|key| recipe.draw(&mut Numbers::new(1, &key.to_string()))).collect();
            for (number, step) in recipe.steps.iter().enumerate() {
                let share = |codec| {
                    let of = |step: &Option<Settings>| step.as_ref().map(Settings::codec) == codec;
                    drawn.iter().filter(|steps| of(&steps[number])).count() as f64 / 4000.0
                };
                let total: f64 = step.codings.iter().map(|coding| coding.weight).sum();
                assert!((share(None) - (1.0 - step.p)).abs() < 0.03, "{}", recipe.name);
                for coding in step.codings {
                    let expected = step.p * coding.weight / total;
                    assert!((share(Some(coding.codec)) - expected).abs() < 0.03, "{}", recipe.name);
                }
            }
        }
    }
}
