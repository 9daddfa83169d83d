//! What people and programs read: tables, JSON, contact sheets, progress.
//!
//! Way in: [`line()`], [`json`], [`json_line`] and [`document`] for results, [`say`], [`warn`] and [`fail`] for messages.
//! Only [`terminal`] writes to the standard streams, and what it writes is printable.

pub(crate) mod file;
mod hint;
pub(crate) mod inline;
mod message;
pub(crate) mod progress;
pub(crate) mod sheet;
pub(crate) mod table;
mod terminal;
mod usage;

use std::sync::{Mutex, MutexGuard, PoisonError};

use kinora_engine::{Asked, Suggestion};
use kinora_types::Hit;

pub(crate) use hint::hint;
pub(crate) use message::{Failure, cancelled, fail, is_quiet, log, say, say_over, settle, warn};
pub(crate) use terminal::{
    asked, document, is_terminal, is_unread, json, json_line, line, lines, picture, piece, prompt,
};
pub(crate) use usage::usage;

/// When a video shows it: ` at 00:41.0-00:47.5, 01:10.0-01:12.0`.
pub(crate) fn times(hit: &Hit) -> String {
    let spans: Vec<String> = hit.moments.iter().map(|moment| moment.range.to_string()).collect();
    if spans.is_empty() { String::new() } else { format!("  at {}", spans.join(", ")) }
}

/// What a job shows its events on.
pub(crate) fn locked<T>(screen: &Mutex<T>) -> MutexGuard<'_, T> {
    screen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Questions that find something where this one does not: "did you mean `strawberry`? (3 things)".
pub(crate) fn suggestions(suggestions: &[Suggestion], limit: usize) -> Vec<String> {
    let line = |suggestion: &Suggestion| {
        let Suggestion { of, text, found } = suggestion;
        let asked = match of {
            Asked::Words => text.clone(),
            Asked::Tag => format!("--tag {text}"),
        };
        let found = match found {
            1 => "1 thing".to_owned(),
            all if *all >= limit => format!("{all} things or more"),
            some => format!("{some} things"),
        };
        format!("did you mean `{asked}`? ({found})")
    };
    suggestions.iter().map(line).collect()
}
