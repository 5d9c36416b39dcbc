//! What happens when somebody ends the program.

/// From now on, a signal that ends the program (Ctrl-C, SIGTERM, SIGHUP) removes the temporary files first.
#[cfg(unix)]
pub(crate) fn tidy_up_at_the_end() {
    use std::sync::Once;
    use std::thread;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // Where no thread can be started the signals end the program as they always do.
        let wanted = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|&signal| !is_ignored(signal));
        let Ok(mut signals) = Signals::new(wanted) else { return };
        let handle = signals.handle();
        let thread = thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                let _held = crate::apply::remove_temporary_files();
                let _ = emulate_default_handler(signal);
            }
        });
        if thread.is_err() {
            handle.close();
        }
    });
}

/// Whether whoever started the program asked for a signal to be ignored, as `nohup` does. Known on Linux.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}

/// Elsewhere the next run removes them.
#[cfg(not(unix))]
pub(crate) fn tidy_up_at_the_end() {}
