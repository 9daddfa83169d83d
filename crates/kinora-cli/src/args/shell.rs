//! `kinora completions` and `man`: what a shell and `man` want to know of the command line.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

#[derive(Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub shell: Shell,
}

#[derive(Args)]
pub(crate) struct ManArgs {
    /// Whose page to print, such as `libraries check` [default: that of `kinora` itself].
    #[arg(conflicts_with = "out")]
    pub command: Vec<String>,
    /// Write all pages into this folder, made if missing.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
