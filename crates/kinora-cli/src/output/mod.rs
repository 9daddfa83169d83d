//! What people and programs read: tables, JSON, contact sheets, progress.
//!
//! Way in: [`line()`], [`json`] and [`document`] for results, [`say`], [`warn`] and [`fail`] for messages. Only [`terminal`]
//! writes to the standard streams, and what it writes is printable.

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

use kinora_types::{Hit, TimeRange};

pub(crate) use hint::hint;
pub(crate) use message::{Failure, cancelled, fail, is_quiet, log, say, say_over, settle, warn};
pub(crate) use terminal::{
    asked, document, is_terminal, is_unread, json, line, lines, picture, piece, prompt,
};
pub(crate) use usage::usage;

/// A stretch of time as `00:41.0-00:47.5`.
pub(crate) fn span(range: TimeRange) -> String {
    let clock = |ms: u64| timecode(ms as f64 / 1000.0);
    format!("{}-{}", clock(range.start_ms()), clock(range.end_ms()))
}

/// When a video shows it: ` at 00:41-00:47, 01:10-01:12`.
pub(crate) fn times(hit: &Hit) -> String {
    let spans: Vec<String> = hit.moments.iter().map(|moment| span(moment.range)).collect();
    if spans.is_empty() { String::new() } else { format!("  at {}", spans.join(", ")) }
}

/// What a job shows its events on.
pub(crate) fn locked<T>(screen: &Mutex<T>) -> MutexGuard<'_, T> {
    screen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Seconds as `MM:SS.s`.
pub(crate) fn timecode(seconds: f64) -> String {
    format!("{:02}:{:04.1}", (seconds / 60.0) as u64, seconds % 60.0)
}
