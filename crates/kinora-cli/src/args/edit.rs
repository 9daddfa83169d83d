//! `kinora show`, `edit` and `transcript`: one asset.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kinora_types::{Clock, PassageKind};

use super::LibraryArg;

#[derive(Args)]
pub(crate) struct ShowArgs {
    /// Content hash, file name or path.
    pub asset: String,
    #[command(flatten)]
    pub library: LibraryArg,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("edit").required(true).multiple(true))]
pub(crate) struct EditArgs {
    /// Content hash, file name or path.
    pub asset: String,
    /// Its title.
    #[arg(long, group = "edit")]
    pub title: Option<String>,
    /// What it shows, in a sentence; takes the place of what models say.
    #[arg(long, group = "edit")]
    pub caption: Option<String>,
    /// A keyword, in place of those it has; may be given several times.
    #[arg(long, value_name = "WORD", group = "edit")]
    pub keyword: Vec<String>,
    /// Something it shows; may be given several times.
    #[arg(long, value_name = "WORD", group = "edit")]
    pub tag: Vec<String>,
    /// Something it does not show, whatever models say; may be given several times.
    #[arg(long, value_name = "WORD", group = "edit")]
    pub not_tag: Vec<String>,
    /// What is said in it, all of it: subtitles as SRT or WebVTT.
    #[arg(long, value_name = "FILE", group = "edit")]
    pub transcript: Option<PathBuf>,
    /// What is said at a moment, as `MM:SS=WORDS`; may be given several times.
    #[arg(long, value_name = "TIME=WORDS", value_parser = said, group = "edit")]
    pub said: Vec<(u64, String)>,
    /// What is written instead of what was read, as `READ=WRITTEN`; `READ=` if nothing is.
    #[arg(long, value_name = "READ=WRITTEN", value_parser = written, group = "edit")]
    pub written: Vec<(String, String)>,
    /// Forget what you said of one kind, and show again what models found.
    #[arg(long, value_enum, value_name = "KIND", group = "edit")]
    pub restore: Vec<PassageArg>,
    #[command(flatten)]
    pub library: LibraryArg,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum PassageArg {
    Speech,
    Text,
    Caption,
    Tag,
}

impl From<PassageArg> for PassageKind {
    fn from(kind: PassageArg) -> Self {
        match kind {
            PassageArg::Speech => Self::Speech,
            PassageArg::Text => Self::Text,
            PassageArg::Caption => Self::Caption,
            PassageArg::Tag => Self::Tag,
        }
    }
}

#[derive(Args)]
pub(crate) struct TranscriptArgs {
    /// Content hash, file name or path.
    pub asset: String,
    /// As SubRip subtitles.
    #[arg(long, group = "format")]
    pub srt: bool,
    /// As WebVTT subtitles.
    #[arg(long, group = "format")]
    pub vtt: bool,
    #[command(flatten)]
    pub library: LibraryArg,
}

/// `TIME=WORDS`, the time as [`Clock`] reads it.
fn said(text: &str) -> Result<(u64, String), String> {
    let bad = || format!("`{text}` is not a moment and words such as `00:41=the words`");
    let (time, words) = text.split_once('=').ok_or_else(bad)?;
    let time: Clock = time.parse().map_err(|_| bad())?;
    Ok((time.0, words.trim().to_owned()))
}

fn written(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(read, _)| !read.trim().is_empty());
    let (read, written) = parts.ok_or_else(|| format!("`{text}` is not `READ=WRITTEN`"))?;
    Ok((read.trim().to_owned(), written.trim().to_owned()))
}
