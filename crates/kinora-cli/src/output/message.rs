//! Messages on stderr: notes, warnings, and the error that a command ends with.
//!
//! They are lines of text, or under `--json` one JSON object a line: `{"note": {"message"}}`,
//! `{"warning": {"message", "hint"}}`, `{"log": {"level", "message"}}` and at most one
//! `{"error": {"kind", "message", "hint", "exit_code"}}`. Results alone go to stdout, so that a script never takes an error
//! for one. `--quiet` leaves out notes.

use std::sync::atomic::{AtomicBool, Ordering};

use kinora_engine::ErrorKind;
use serde::Serialize;

use super::terminal;

static JSON: AtomicBool = AtomicBool::new(false);
static QUIET: AtomicBool = AtomicBool::new(false);

/// Why a command failed, as scripts read it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Failure {
    pub kind: ErrorKind,
    pub message: String,
    pub hint: Option<String>,
    pub exit_code: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Message<'a> {
    Note { message: &'a str },
    Warning { message: &'a str, hint: Option<&'a str> },
    Log { level: &'a str, message: &'a str },
    Error(&'a Failure),
}

/// Settles how messages are told, once the command line is read.
pub(crate) fn settle(json: bool, quiet: bool) {
    JSON.store(json, Ordering::Relaxed);
    QUIET.store(quiet, Ordering::Relaxed);
}

/// Whether neither notes nor progress are shown.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

pub(super) fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// Tells something worth knowing.
pub(crate) fn say(text: &str) {
    match (is_quiet(), is_json()) {
        (true, _) => {}
        (false, true) => terminal::object(&Message::Note { message: text.trim() }),
        (false, false) => terminal::err(text),
    }
}

/// Tells that something is wrong while the command goes on, and what to do about it.
pub(crate) fn warn(text: &str, hint: Option<&str>) {
    if is_json() {
        return terminal::object(&Message::Warning { message: text, hint });
    }
    paragraph(text);
    if let Some(hint) = hint {
        terminal::err(&format!("  hint: {hint}"));
    }
}

/// Tells why the command failed.
pub(crate) fn fail(failure: &Failure) {
    if is_json() {
        return terminal::object(&Message::Error(failure));
    }
    paragraph(&format!("error: {}", failure.message));
    if let Some(hint) = &failure.hint {
        paragraph(&format!("hint: {hint}"));
    }
}

/// Tells that the command was stopped, over a bar that another thread may draw.
pub(crate) fn cancelled(exit_code: u8) {
    if is_json() {
        let message = "cancelled".to_owned();
        return fail(&Failure { kind: ErrorKind::Cancelled, message, hint: None, exit_code });
    }
    terminal::clear_line();
    terminal::err("cancelled");
}

/// A note from another thread than the one that draws bars.
pub(crate) fn say_over(text: &str) {
    if !is_quiet() && !is_json() {
        terminal::clear_line();
    }
    say(text);
}

/// Tells a line of the log (`--verbose`).
pub(crate) fn log(level: &str, line: &str) {
    if is_json() {
        return terminal::object(&Message::Log { level, message: line });
    }
    terminal::clear_line();
    terminal::err(&format!("[{level}] {line}"));
}

/// Lines after the first are set in, so that none of them reads as a message of its own.
fn paragraph(text: &str) {
    let mut lines = text.lines();
    terminal::err(lines.next().unwrap_or_default());
    lines.for_each(|line| terminal::err(&format!("  {}", line.trim_start())));
}
