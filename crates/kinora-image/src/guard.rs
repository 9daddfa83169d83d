//! Decoders that panic: caught, and without a word on the terminal.

use std::{
    any::Any,
    cell::Cell,
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::Once,
};

use super::{Format, ReadError};

thread_local! {
    /// Whether a panic of this thread is caught and returned as an error.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Turns a decoder's panic into an error; none of them keeps state from call to call.
///
/// The panic's text is not printed: it becomes part of the error. For that the process's panic hook is
/// wrapped once; panics elsewhere reach the hook that was there before.
pub(super) fn guarded<T>(
    format: Format,
    work: impl FnOnce() -> Result<T, ReadError>,
) -> Result<T, ReadError> {
    let before = hush(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    hush(before);
    outcome.unwrap_or_else(|panic| Err(ReadError::Internal { format, message: message(&*panic) }))
}

/// Whether this thread's panics go without a word from here on; says how it was.
pub(super) fn hush(quiet: bool) -> bool {
    HOOK.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                loud(panic);
            }
        }));
    });
    QUIET.replace(quiet)
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_of_the_file() {
        let error = guarded::<()>(Format::Avif, || panic!("index out of bounds")).unwrap_err();
        let said = error.to_string();
        assert_eq!(said, "the AVIF file is damaged: its decoder gave up: index out of bounds");
        assert!(!error.hint().is_some_and(|hint| hint.contains("report")));
        assert!(!hush(false), "panics outside of the guard are heard");
    }
}
