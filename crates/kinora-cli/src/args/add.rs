//! `kinora add`.

use std::path::PathBuf;

use clap::Args;

use super::{LibraryArg, PassageArg};

#[derive(Args)]
pub(crate) struct AddArgs {
    /// Pictures and videos, or folders that are searched for them.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub library: LibraryArg,
    /// Go on watching the folders and add what appears, until Ctrl-C.
    #[arg(long)]
    pub watch: bool,
    /// JSON list of `{file, title, author, licence, source, caption, keywords}`.
    #[arg(long, value_name = "FILE")]
    pub attributions: Option<PathBuf>,
    /// Keep names, titles and captions out of the word index (to measure vision alone).
    #[arg(long)]
    pub no_words: bool,
    /// Do not look for these words in this run; a later one does. May be given several times.
    #[arg(long, value_enum, value_name = "KIND")]
    pub without: Vec<PassageArg>,
    /// Let the vision-language model of config.toml describe pictures and shots.
    #[arg(long)]
    pub caption: bool,
    /// Look for words again where another model or prompt did so before.
    #[arg(long)]
    pub again: bool,
    /// Embedding space of a new library [default: clip-vit-b-16-lite].
    #[arg(long, value_name = "SPACE")]
    pub space: Option<String>,
}
