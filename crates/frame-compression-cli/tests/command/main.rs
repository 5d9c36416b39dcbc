//! The command as a user runs it, on real files.

mod accidents;
mod apply_files;
mod apply_formats;
mod apply_pictures;
mod apply_recipes;
mod apply_system;
// The address space of a process is limited by Linux alone.
#[cfg(target_os = "linux")]
mod bombs;
mod clip;
mod other_commands;
mod report;
mod sandbox;
mod selftest;
