//! The options for a codec's settings, made from the library's own tables: a new setting there is a new option here.

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};
use frame_compression::recipes::Recipe;
use frame_compression::{Codec, Setting, Settings};

use crate::treatment::{Draw, Treatment};

/// What is done to the pixels.
#[derive(Debug)]
pub(crate) struct CodingOptions {
    /// What is done, or why the library does not take the settings.
    pub(crate) treatment: Result<Treatment, String>,
    /// Whether a frame rate was given, so that no other one is put in its place.
    pub(crate) has_rate: bool,
}

/// A codec, or one with settings, for a report.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    pub(crate) settings: Settings,
    /// Whether the settings were given, so that no other strength is put in their place.
    pub(crate) fixed: bool,
}

/// Reads `h264`, another name of it, or settings in one text.
pub(crate) fn choice(text: &str) -> Result<Choice, String> {
    let (name, rest) = text.split_once(':').map_or((text, None), |(name, rest)| (name, Some(rest)));
    let known = Codec::ALL.into_iter().find(|codec| codec.name() == name || codec.aliases().contains(&name));
    let codec = known.ok_or_else(|| {
        let names = Codec::ALL.map(Codec::name).join(", ");
        format!("{name} is no codec: there are {names}")
    })?;
    let settings = match rest {
        None => Settings::from(codec),
        Some(rest) => format!("{}:{rest}", codec.name()).parse().map_err(|error| format!("{error}"))?,
    };
    Ok(Choice { settings, fixed: rest.is_some() })
}

/// The option of a setting: `--quant-tables` of `quant_tables`.
pub(crate) fn option_name(setting: &str) -> String {
    setting.replace('_', "-")
}

/// A setting of one codec or more, which may say other things about it.
struct Named {
    name: &'static str,
    of: Vec<(Codec, Setting)>,
}

/// The settings of all codecs by their names, the shared ones first.
fn named() -> Vec<Named> {
    let mut all: Vec<Named> = ["quality", "crf"].map(|name| Named { name, of: Vec::new() }).into();
    for codec in Codec::ALL {
        for setting in Settings::from(codec).table() {
            match all.iter_mut().find(|named| named.name == setting.name) {
                Some(named) => named.of.push((codec, setting)),
                None => all.push(Named { name: setting.name, of: vec![(codec, setting)] }),
            }
        }
    }
    all
}

impl Named {
    /// Whether all codecs have it.
    fn is_shared(&self) -> bool {
        self.of.len() == Codec::ALL.len()
    }

    /// What the setting does, for each codec where they differ.
    fn help(&self) -> String {
        let line = |setting: &Setting| {
            let default = setting.default.map_or(String::new(), |default| format!("; {default} by default"));
            format!("{}: {}{default}", setting.help, setting.kind)
        };
        // What all codecs have is told once; its default is that of the codec's own strength.
        if self.is_shared() {
            let (_, setting) = &self.of[0];
            return format!("{}: {}", setting.help, setting.kind);
        }
        let mut lines: Vec<(Vec<String>, String)> = Vec::new();
        for (codec, setting) in &self.of {
            let line = line(setting);
            match lines.iter_mut().find(|(_, other)| *other == line) {
                Some((codecs, _)) => codecs.push(codec.to_string()),
                None => lines.push((vec![codec.to_string()], line)),
            }
        }
        let lines = lines.into_iter().map(|(codecs, line)| format!("{}: {line}", codecs.join(", ")));
        lines.collect::<Vec<_>>().join(". ")
    }
}

impl Args for CodingOptions {
    fn augment_args(command: Command) -> Command {
        let names = Codec::ALL.map(Codec::name).join(", ");
        let codec = Arg::new("codec")
            .short('c')
            .long("codec")
            .value_name("CODEC")
            .default_value("h264")
            .value_parser(choice)
            .help(format!("Whose artifacts: {names}; settings may follow: h265:crf=23:preset=medium"));
        let names: Vec<&str> = Recipe::ALL.iter().map(|recipe| recipe.name).collect();
        let recipe = Arg::new("recipe")
            .long("recipe")
            .value_name("RECIPE")
            .value_parser(recipe)
            .conflicts_with("codec")
            .help(format!(
                "Draw codec and settings as a training pipeline does, once for each picture or clip: {}; \
                 `frame-compression recipes` shows them. Settings given beside it take the place of those drawn, where the codec has them",
                names.join(", ")
            ));
        let seed = Arg::new("seed")
            .long("seed")
            .value_name("N")
            .value_parser(clap::value_parser!(u64))
            .requires("recipe")
            .help(
                "The seed of the draws, which depend on it and on the picture's name below its input alone [default: 0]",
            );
        let command = command.arg(codec).arg(recipe).arg(seed);
        named().into_iter().fold(command, |command, named| {
            let mut arg = Arg::new(named.name)
                .long(option_name(named.name))
                .value_name(named.name.to_uppercase())
                .help(named.help())
                .help_heading((!named.is_shared()).then_some("Settings of some codecs"))
                .allow_negative_numbers(true);
            arg = match named.name {
                "quality" => arg.short('q'),
                "crf" => arg.conflicts_with("quality"),
                "subsampling" => arg.short('s'),
                "release" => arg.alias("x265-version"),
                _ => arg,
            };
            command.arg(arg)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for CodingOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = given(matches);
        let mut codec = matches.get_raw("codec").into_iter().flatten();
        let has_rate = given.iter().any(|&(name, _)| name == "fps")
            || codec.any(|text| text.to_string_lossy().contains(":fps="));
        let treatment = if let Some(recipe) = matches.get_one::<&'static Recipe>("recipe") {
            let seed = matches.get_one("seed").copied().unwrap_or_default();
            let fixed = given.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
            Ok(Treatment::Drawn(Draw { recipe, seed, fixed }))
        } else {
            let chosen = matches.get_one::<Choice>("codec");
            let settings =
                chosen.map_or_else(|| Settings::from(Codec::H264), |chosen| chosen.settings.clone());
            with_options(settings, &given).map(Treatment::Same)
        };
        Ok(Self { treatment, has_rate })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The settings that were given by options of their own, as names and texts.
fn given(matches: &ArgMatches) -> Vec<(&'static str, &str)> {
    let mut names: Vec<&'static str> = named().iter().map(|named| named.name).collect();
    // The backend changes which settings there are.
    names.sort_by_key(|name| *name != "backend");
    names.into_iter().filter_map(|name| Some((name, matches.get_one::<String>(name)?.as_str()))).collect()
}

fn with_options(mut settings: Settings, given: &[(&str, &str)]) -> Result<Settings, String> {
    for (name, text) in given {
        settings.set(name, text).map_err(|error| format!("--{}: {error}", option_name(name)))?;
    }
    Ok(settings)
}

fn recipe(name: &str) -> Result<&'static Recipe, String> {
    Recipe::named(name).map_err(|error| error.to_string())
}
