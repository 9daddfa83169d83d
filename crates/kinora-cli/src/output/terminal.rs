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

/// Prints an object as [`json`] does, but on one line: JSON Lines, for lists.
pub(crate) fn json_line(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string(&Versioned { version: JSON_VERSION, value })?;
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

/// Says a line on stderr.
pub(crate) fn say(text: &str) {
    drop(writeln!(io::stderr().lock(), "{}", Printable(text)));
}

/// Says what is wrong. Lines after the first are set in, so that none of them reads as a message of its own.
pub(crate) fn complain(kind: &str, text: &str) {
    let mut lines = text.lines();
    say(&format!("{kind}: {}", lines.next().unwrap_or_default()));
    lines.for_each(|line| say(&format!("  {}", line.trim_start())));
}

/// Says a line from another thread than the one that draws bars.
pub(crate) fn say_over(text: &str) {
    if io::stderr().is_terminal() {
        drop(write!(io::stderr().lock(), "\r\x1b[2K"));
    }
    say(text);
}

/// Asks for a line of input on a terminal.
pub(crate) fn prompt() {
    let mut err = io::stderr().lock();
    drop(err.write_all(b"> ").and_then(|()| err.flush()));
}

/// Tells of a wrong command line, or the help that was asked for. What it repeats of the command line is printable.
pub(crate) fn usage(error: clap::Error) -> ! {
    use clap::error::{ContextKind, ContextValue};
    let mut shown = error;
    let printable = |text: &String| Printable(text).to_string();
    let context: Vec<_> = shown.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in context {
        let value = match value {
            ContextValue::String(text) => ContextValue::String(printable(&text)),
            ContextValue::Strings(texts) => {
                ContextValue::Strings(texts.iter().map(printable).collect())
            }
            // Only clap's own words.
            other => other,
        };
        shown.insert(kind, value);
    }
    // What a parser of ours repeats is no context, but the cause, which clap shows as it is.
    let cause = std::error::Error::source(&shown).map(ToString::to_string).unwrap_or_default();
    if cause.chars().any(Printable::is_unsafe) {
        let told = |kind| shown.get(kind).map(ToString::to_string).unwrap_or_default();
        let (value, argument) = (told(ContextKind::InvalidValue), told(ContextKind::InvalidArg));
        say(&format!("error: invalid value '{value}' for '{argument}': {}", Printable(&cause)));
        say("");
        say("For more information, try '--help'.");
        std::process::exit(shown.exit_code());
    }
    shown.exit()
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
