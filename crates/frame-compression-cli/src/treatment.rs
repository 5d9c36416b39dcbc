//! What is done to the pixels of each picture: always the same, or what a recipe draws for it.

use frame_compression::recipes::{Numbers, Recipe};
use frame_compression::{Error, Settings};

use crate::coding::{check, shown};

/// What is done to the pixels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Treatment {
    /// One codec with one strength.
    Same(Settings),
    /// What a recipe draws for each picture.
    Drawn(Draw),
}

/// A recipe, with all that its draws depend on besides the picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draw {
    pub(crate) recipe: &'static Recipe,
    pub(crate) seed: u64,
    /// Settings that take the place of those drawn, by name, for the codecs that have them.
    pub(crate) fixed: Vec<(String, String)>,
}

impl Treatment {
    /// The settings of the steps for the picture of this key, which tells it apart from others; `None` for a step that
    /// leaves it as it is.
    pub(crate) fn of(&self, key: &str) -> Result<Vec<Option<Settings>>, Error> {
        match self {
            Treatment::Same(settings) => Ok(vec![Some(settings.clone())]),
            Treatment::Drawn(draw) => draw.of(key),
        }
    }

    /// Finds out before the work whether the settings can do any.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Treatment::Same(settings) => check(settings),
            Treatment::Drawn(draw) => draw.check(),
        }
    }

    /// In words, for the summary.
    pub(crate) fn shown(&self) -> String {
        match self {
            Treatment::Same(settings) => shown(settings),
            Treatment::Drawn(draw) => format!("recipe {}, seed {}", draw.recipe.name, draw.seed),
        }
    }
}

impl Draw {
    fn of(&self, key: &str) -> Result<Vec<Option<Settings>>, Error> {
        let drawn = self.recipe.draw(&mut Numbers::new(self.seed, key));
        drawn.into_iter().map(|step| step.map(|settings| self.with_fixed(settings)).transpose()).collect()
    }

    fn with_fixed(&self, mut settings: Settings) -> Result<Settings, Error> {
        for (name, text) in &self.fixed {
            if has(&settings, name) {
                settings.set(name, text)?;
            }
        }
        Ok(settings)
    }

    fn check(&self) -> Result<(), Error> {
        let codings = || self.recipe.steps.iter().flat_map(|step| step.codings);
        for (name, text) in &self.fixed {
            let mut codecs = codings().map(|coding| Settings::from(coding.codec));
            if !codecs.any(|settings| has(&settings, name)) {
                // The library says it of the first codec.
                let first = codings().map(|coding| Settings::from(coding.codec)).next();
                first.map_or(Ok(()), |mut settings| settings.set(name, text))?;
            }
        }
        for coding in codings() {
            for settings in coding.extremes()? {
                check(&self.with_fixed(settings)?)?;
            }
        }
        Ok(())
    }
}

/// Whether the codec has a setting of this name.
pub(crate) fn has(settings: &Settings, name: &str) -> bool {
    settings.table().iter().any(|setting| setting.name == name)
}
