//! Completion scripts and manual pages, made from the arguments' own description.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::args::Arguments;
use crate::{Exit, Stop};

/// Prints a completion script.
pub(crate) fn completions(shell: Shell) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "frame-compression", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Exit::Success)
}

/// Prints a manual page, or writes all of them to a folder.
pub(crate) fn man(command: Option<&str>, dir: Option<&Path>) -> Result<Exit, Stop> {
    let mut root = Arguments::command();
    root.build();
    let pages: Vec<_> = root.get_subcommands().filter(|page| page.get_name() != "help").cloned().collect();
    if let Some(dir) = dir {
        let unwritable = |error: io::Error| Stop::Usage(format!("{}: {error}", dir.display()));
        fs::create_dir_all(dir).map_err(unwritable)?;
        for page in [root].into_iter().chain(pages) {
            Man::new(page).generate_to(dir).map_err(unwritable)?;
        }
        return Ok(Exit::Success);
    }
    let page = match command {
        None => root,
        Some(name) => {
            let names = || pages.iter().map(|page| page.get_name().to_owned()).collect::<Vec<_>>().join(", ");
            let page = pages.iter().find(|page| page.get_name() == name);
            page.cloned()
                .ok_or_else(|| Stop::Usage(format!("there is no command {name}: there are {}", names())))?
        }
    };
    let mut rendered = Vec::new();
    Man::new(page).render(&mut rendered)?;
    io::stdout().lock().write_all(&rendered)?;
    Ok(Exit::Success)
}
