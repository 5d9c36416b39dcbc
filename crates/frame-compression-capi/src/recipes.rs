//! Recipes as a C program sees them: names, what each says of itself, and what it draws, as text.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use frame_compression::Settings;
use frame_compression::recipes::{self, Recipe};

use crate::call::{self, Refusal};
use crate::fc_status;
use crate::settings::text;

/// The text of the recipe of a number, or null.
fn of_all(texts: &[CString], index: usize) -> *const c_char {
    texts.get(index).map_or(std::ptr::null(), |text| text.as_ptr())
}

/// What each recipe gives, ended by a NUL.
fn texts(of: impl Fn(&Recipe) -> String) -> Vec<CString> {
    Recipe::ALL.iter().filter_map(|recipe| CString::new(of(recipe)).ok()).collect()
}

/// The name of the recipe of a number, or null.
pub(crate) fn name(index: usize) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    of_all(NAMES.get_or_init(|| texts(|recipe| recipe.name.to_owned())), index)
}

/// What the recipe of a number says of itself, or null.
pub(crate) fn description(index: usize) -> *const c_char {
    static DESCRIPTIONS: OnceLock<Vec<CString>> = OnceLock::new();
    of_all(DESCRIPTIONS.get_or_init(|| texts(Recipe::to_string)), index)
}

/// Writes what a recipe draws: a line for each step, empty where the step leaves the image as it is.
///
/// # Safety
/// `recipe` and `key` are null or point to texts ended by a NUL, `drawn` to `size` bytes.
pub(crate) unsafe fn draw(
    recipe: *const c_char,
    seed: u64,
    key: *const c_char,
    drawn: *mut c_char,
    size: usize,
) -> Result<(), Refusal> {
    let place = call::place(drawn, "drawn")?;
    // SAFETY: this function's caller guarantees it.
    let (recipe, key) = unsafe { (text(recipe, "recipe")?, text(key, "key")?) };
    let steps = recipes::draw(&recipe, seed, &key)?;
    let line = |step: &Option<Settings>| step.as_ref().map(Settings::to_string).unwrap_or_default() + "\n";
    let lines: String = steps.iter().map(line).collect();
    if size <= lines.len() {
        let needed = lines.len() + 1;
        let text = format!("{size} bytes at drawn are not allowed: this draw needs {needed}");
        return Err(Refusal::new(fc_status::FC_ERROR_BUFFER_LENGTH, text));
    }
    // SAFETY: there are `size` bytes at `drawn`, more than the lines have.
    unsafe {
        place.as_ptr().cast::<u8>().copy_from_nonoverlapping(lines.as_ptr(), lines.len());
        place.add(lines.len()).write(0);
    }
    Ok(())
}
