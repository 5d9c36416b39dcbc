//! `frame-compression info`: what this build has.

use std::io::{self, Write};

use frame_compression::recipes::Recipe;
use frame_compression::{Backend, Codec, Crf, Error, Quality, Settings};

use crate::args::option_name;
use crate::coding::check;
use crate::{Exit, Stop};

/// Prints version, codecs with their engines, and how quality and CRF go together.
pub(crate) fn run() -> Result<Exit, Stop> {
    let mut page = Vec::new();
    write_page(&mut page)?;
    io::stdout().lock().write_all(&page)?;
    Ok(Exit::Success)
}

/// Prints what recipes draw: the one of this name, or all.
pub(crate) fn recipes(name: Option<&str>) -> Result<Exit, Stop> {
    let recipes = match name {
        Some(name) => {
            std::slice::from_ref(Recipe::named(name).map_err(|error| Stop::Usage(error.to_string()))?)
        }
        None => Recipe::ALL,
    };
    let page: Vec<String> = recipes.iter().map(Recipe::to_string).collect();
    io::stdout().lock().write_all(page.join("\n").as_bytes())?;
    Ok(Exit::Success)
}

fn write_page(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "frame-compression {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "\nCodecs")?;
    for codec in Codec::ALL {
        for backend in Backend::ALL {
            writeln!(out, "  {:5} {:13} {}", codec.name(), backend.name(), state(codec, backend))?;
        }
    }
    writeln!(out, "\nSettings, each an option of apply, or in one text such as h265:crf=23:preset=medium")?;
    for codec in Codec::ALL {
        writeln!(out, "  {:5} {}", codec.name(), codec.description())?;
        for setting in Settings::from(codec).table() {
            let default = setting.default.map_or(String::new(), |default| format!(" [default: {default}]"));
            writeln!(
                out,
                "    --{:14} {}: {}{default}",
                option_name(setting.name),
                setting.help,
                setting.kind
            )?;
        }
    }
    writeln!(
        out,
        "\nRecipes of training pipelines, for apply --recipe; `frame-compression recipes` shows what they draw"
    )?;
    for recipe in Recipe::ALL {
        writeln!(out, "  {}: {}", recipe.name, recipe.description)?;
    }
    writeln!(
        out,
        "\nProcessor {}, vector instructions {} (FRAME_COMPRESSION_SIMD lowers them; pictures stay the same)",
        std::env::consts::ARCH,
        frame_compression::simd_level()
    )?;
    writeln!(out, "\nQuality and CRF (a quality between two lines takes the nearest whole CRF)")?;
    writeln!(out, "  {}", ["CRF  quality  "; 4].join("    ").trim_end())?;
    let lines = crf_lines();
    let rows = lines.len().div_ceil(4);
    for row in 0..rows {
        let cells: Vec<&str> = lines.iter().skip(row).step_by(rows).map(String::as_str).collect();
        writeln!(out, "  {}", cells.join("    ").trim_end())?;
    }
    writeln!(
        out,
        "\nJPEG takes the quality itself, rounded to 1..=100. LTX-Video compresses its start images"
    )?;
    writeln!(out, "at CRF 29, LTX-2 at 33, and from 2.4 at 18.")
}

/// Whose picture an engine gives, or why it is not here.
fn state(codec: Codec, backend: Backend) -> String {
    let mut settings = Settings::from(codec);
    match settings.set("backend", backend.name()).and_then(|()| check(&settings)) {
        Ok(()) => match settings.exact_with() {
            Some(encoder) => format!("the picture of {encoder}, bit for bit"),
            None => "the operating system's codec".to_owned(),
        },
        Err(Error::BackendUnavailable { reason, .. }) => format!("not here: {reason}"),
        Err(error) => format!("not here: {error}"),
    }
}

/// For each whole CRF, the whole qualities that stand for it: a cell of the table.
fn crf_lines() -> Vec<String> {
    let qualities = |crf: u8| {
        let stands = |quality: &u8| {
            Quality::new(f32::from(*quality)).is_ok_and(|quality| Crf::from(quality).get() == f32::from(crf))
        };
        let all: Vec<u8> = (0..=100).filter(stands).collect();
        match all[..] {
            [] => String::new(),
            [one] => one.to_string(),
            [first, .., last] => format!("{first}-{last}"),
        }
    };
    (0..=51).map(|crf| format!("{crf:>3}  {:9}", qualities(crf))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_crf_with_its_qualities() {
        let lines = crf_lines();
        assert_eq!(lines.len(), 52);
        for (crf, qualities) in [(0, "100"), (29, "43-44"), (51, "0")] {
            assert_eq!(
                lines[crf].split_whitespace().collect::<Vec<_>>(),
                [crf.to_string().as_str(), qualities]
            );
        }
    }
}
