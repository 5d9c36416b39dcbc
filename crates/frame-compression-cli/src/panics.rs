//! A panic inside a picture's decoder ends that picture, not the run.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; if it panics, gives the panic's message, and nothing is printed. What `work` has
/// changed by then is for the caller to throw away.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !CONTAINED.get() {
                previous(info);
            }
        }));
    });
    let outer = CONTAINED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(outer);
    result.map_err(|payload| message(&*payload))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text =
        payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_become_messages() {
        assert_eq!(contained(|| 3), Ok(3));
        assert_eq!(contained(|| -> u8 { panic!("row {}", 7) }), Err("row 7".to_owned()));
        assert_eq!(contained(|| -> u8 { panic!("plain") }), Err("plain".to_owned()));
        assert_eq!(contained(|| 4), Ok(4), "the thread goes on");
        let inner = || contained(|| -> u8 { panic!("inner") });
        assert_eq!(contained(|| (inner(), 5)), Ok((Err("inner".to_owned()), 5)));
    }
}
