//! `kinora add`, `remove` and `problems`: what is in a library.

use std::path::PathBuf;

use clap::Args;

use super::{LibraryArg, PassageArg};

#[derive(Args)]
pub(crate) struct AddArgs {
    /// Pictures and videos, or folders that are searched for them; `-` reads paths from standard input, one a line
    /// [default: go on with the work that waits in the library].
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub library: LibraryArg,
    /// Go on with the work that waits in the library, too: videos to look through, words to look for.
    #[arg(long = "continue")]
    pub resume: bool,
    /// Leave out files and folders that match, as in a `.gitignore`; may be given several times. Patterns in files named
    /// `.kinoraignore` hold in every run.
    #[arg(long, value_name = "PATTERN", requires = "paths")]
    pub exclude: Vec<String>,
    /// Paths from standard input end in NUL, as `find -print0` writes them.
    #[arg(short = '0', long, requires = "paths")]
    pub null: bool,
    /// Go on watching the folders and add what appears, until Ctrl-C.
    #[arg(long, requires = "paths")]
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
    /// Look for words again where another model or prompt did so before, and try known problems again.
    #[arg(long)]
    pub again: bool,
    /// Embedding space of a new library [default: clip-vit-b-16-lite].
    #[arg(long, value_name = "SPACE", requires = "paths")]
    pub space: Option<String>,
}

#[derive(Args)]
pub(crate) struct RemoveArgs {
    /// Path of a file or folder, file name or content hash; `-` reads them from standard input, one a line.
    #[arg(value_name = "REF", required = true)]
    pub references: Vec<PathBuf>,
    #[command(flatten)]
    pub library: LibraryArg,
    /// Show what would be taken out, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// What comes from standard input ends in NUL, as `find -print0` writes it.
    #[arg(short = '0', long)]
    pub null: bool,
}

#[derive(Args)]
pub(crate) struct ProblemsArgs {
    #[command(flatten)]
    pub library: LibraryArg,
}
