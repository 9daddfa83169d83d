//! One module a command: from arguments to the engine, from its answer to the screen.

pub(crate) mod add;
mod adding;
pub(crate) mod ask;
pub(crate) mod chat;
pub(crate) mod completions;
pub(crate) mod duplicates;
pub(crate) mod edit;
pub(crate) mod eval;
pub(crate) mod films;
pub(crate) mod filtered;
pub(crate) mod gathered;
pub(crate) mod libraries;
pub(crate) mod list;
mod listed;
pub(crate) mod make;
pub(crate) mod man;
pub(crate) mod models;
pub(crate) mod problems;
pub(crate) mod remove;
pub(crate) mod search;
pub(crate) mod show;
pub(crate) mod train;
pub(crate) mod transcript;
pub(crate) mod verify;

use std::{
    borrow::Cow,
    io::{self, Read},
    path::Path,
};

use anyhow::Context;

/// A command that cannot be followed as it was given: exit code 2.
#[derive(Debug)]
pub(crate) struct Usage(String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

fn usage(message: String) -> anyhow::Error {
    anyhow::Error::new(Usage(message))
}

/// Bytes of words that are read from standard input.
const LONGEST_WORDS: u64 = 4 << 20;

/// Words of the command line, or of standard input in place of `-`.
fn words(argument: &str) -> anyhow::Result<Cow<'_, str>> {
    if argument != "-" {
        return Ok(argument.into());
    }
    let text = text_of(io::stdin().lock(), LONGEST_WORDS)?;
    if text.trim().is_empty() {
        return Err(usage("standard input is empty".into()));
    }
    Ok(text.trim().to_owned().into())
}

/// All that a stream holds, as text.
fn text_of(stream: impl Read, limit: u64) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    stream.take(limit + 1).read_to_end(&mut bytes).context("cannot read standard input")?;
    if bytes.len() as u64 > limit {
        let most = limit >> 20;
        return Err(usage(format!("standard input holds more than {most} MB")));
    }
    String::from_utf8(bytes).map_err(|_| usage("standard input is not UTF-8".into()))
}

/// A file of options or queries that the user named, or standard input in place of `-`, as text.
fn read_text(path: &Path, limit: u64) -> anyhow::Result<String> {
    if path == Path::new("-") {
        return text_of(io::stdin().lock(), limit);
    }
    let cannot = || format!("cannot read {}", path.display());
    let bytes = kinora_files::read(path, limit).with_context(cannot)?;
    String::from_utf8(bytes).map_err(|_| usage(format!("it is not UTF-8: {}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_text_within_a_limit() {
        assert_eq!(text_of(&b"a dog"[..], 5).unwrap(), "a dog");
        for (bytes, told) in [(&b"a dog."[..], "more than"), (b"\xff\xfe", "not UTF-8")] {
            let error = text_of(bytes, 5).unwrap_err();
            assert!(error.is::<Usage>() && error.to_string().contains(told), "{error}");
        }
        assert_eq!(words("a dog").unwrap(), "a dog");
    }
}
