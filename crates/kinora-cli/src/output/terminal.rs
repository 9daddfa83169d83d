//! The one place that writes to stdout and stderr.
//!
//! What is written is [`Printable`], line by line: whatever names, titles and messages of others hold, they neither
//! steer a terminal nor add a line. `clippy.toml` forbids the standard streams everywhere else.
//!
//! A reader of stdout that goes away (`| head -1`) is no error: what follows is not written, and the command goes on to
//! its end and its exit code. Messages that cannot be written are dropped.

#![allow(clippy::disallowed_methods, reason = "the place where they are allowed")]

use std::{
    io::{self, IsTerminal, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use kinora_types::Printable;
use serde::Serialize;

/// Version of the JSON that `--json` prints; raised when a field changes its meaning or goes.
pub(super) const JSON_VERSION: u32 = 1;

/// Set once the reader of stdout went away.
static UNREAD: AtomicBool = AtomicBool::new(false);

#[derive(Serialize)]
struct Versioned<'a, T: Serialize> {
    version: u32,
    #[serde(flatten)]
    value: &'a T,
}

/// Whether the reader of stdout went away.
pub(crate) fn is_unread() -> bool {
    UNREAD.load(Ordering::Relaxed)
}

/// Whether stdout is a terminal.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Prints an object with the version of the format in front. Characters that steer a terminal are `\u` escapes.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(&Versioned { version: JSON_VERSION, value })?;
    Ok(write(&(escaped_json(&text) + "\n"))?)
}

/// Prints a line of results.
pub(crate) fn line(text: impl AsRef<str>) -> anyhow::Result<()> {
    Ok(write(&format!("{}\n", Printable(text.as_ref())))?)
}

/// Prints lines that we broke; no text of others in them may hold a break that is not escaped.
pub(crate) fn lines(text: &str) -> anyhow::Result<()> {
    text.lines().try_for_each(line)
}

/// Prints a piece of a line at once, after what stands between it and the piece before: nothing, a space or a break.
pub(crate) fn piece(between: &'static str, text: &str) -> anyhow::Result<()> {
    Ok(write(&format!("{between}{}", Printable(text)))?)
}

/// Prints a document (subtitles, Markdown) with its own lines: as a terminal may show it, else word for word, but for
/// controls, which none of these formats has.
pub(crate) fn document(text: &str) -> anyhow::Result<()> {
    if is_terminal() {
        return lines(text.trim_end());
    }
    let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    Ok(write(&text.chars().filter(kept).collect::<String>())?)
}

/// Prints the escapes that draw a picture; they are ours and hold nothing but numbers and base64.
pub(crate) fn picture(escapes: &super::inline::Escapes) -> anyhow::Result<()> {
    Ok(write(&format!("{}\n", escapes.0))?)
}

/// Writes a line to stderr.
pub(super) fn err(text: &str) {
    drop(writeln!(io::stderr().lock(), "{}", Printable(text)));
}

/// Writes an object to stderr, as a line of its own.
pub(super) fn object(value: &impl Serialize) {
    // Messages hold nothing but texts and numbers.
    if let Ok(text) = serde_json::to_string(&Versioned { version: JSON_VERSION, value }) {
        drop(writeln!(io::stderr().lock(), "{}", escaped_json(&text)));
    }
}

/// Takes away the bar that stands in the line of the cursor.
pub(super) fn clear_line() {
    if io::stderr().is_terminal() {
        drop(write!(io::stderr().lock(), "\r\x1b[2K"));
    }
}

/// Asks on a terminal; whether the answer is yes.
pub(crate) fn asked(question: &str) -> io::Result<bool> {
    let mut err = io::stderr().lock();
    drop(write!(err, "{} [y/N] ", Printable(question)).and_then(|()| err.flush()));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

/// Asks for a line of input on a terminal.
pub(crate) fn prompt() {
    let mut err = io::stderr().lock();
    drop(err.write_all(b"> ").and_then(|()| err.flush()));
}

fn write(text: &str) -> io::Result<()> {
    if is_unread() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            UNREAD.store(true, Ordering::Relaxed);
            Ok(())
        }
        written => written,
    }
}

/// JSON with `\u` escapes for what steers a terminal. Outside of strings JSON has no such character but line breaks,
/// and inside of them `serde_json` has escaped those.
fn escaped_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && Printable::is_unsafe(c) {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_the_same_value_and_steers_nothing() {
        let hostile = "a\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\"\\\u{e0041}\n\u{feff}é";
        let value = serde_json::json!({ "name": hostile, "more": [1, hostile] });
        let shown = escaped_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!shown.chars().any(|c| c != '\n' && Printable::is_unsafe(c)), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
