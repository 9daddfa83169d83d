//! One module a command: from arguments to the engine, from its answer to the screen.

pub(crate) mod add;
mod adding;
pub(crate) mod ask;
pub(crate) mod chat;
pub(crate) mod completions;
pub(crate) mod edit;
pub(crate) mod eval;
pub(crate) mod films;
pub(crate) mod gathered;
pub(crate) mod libraries;
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

use std::path::Path;

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

/// A file of options or queries that the user named, as text.
fn read_text(path: &Path, limit: u64) -> anyhow::Result<String> {
    let cannot = || format!("cannot read {}", path.display());
    let bytes = kinora_files::read(path, limit).with_context(cannot)?;
    String::from_utf8(bytes).map_err(|_| usage(format!("it is not UTF-8: {}", path.display())))
}
