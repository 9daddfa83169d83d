//! `kinora search`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kinora_engine::SearchRequest;

use super::{FilterArgs, LibraryArg, unit_interval};

#[derive(Args)]
#[command(after_help = "Exit code 1 if nothing is found.", group = clap::ArgGroup::new("question").multiple(true))]
pub(crate) struct SearchArgs {
    /// What to look for; `-` reads it from standard input. With filters alone all that passes them is shown, the newest
    /// first, without a score.
    #[arg(group = "question")]
    pub text: Option<String>,
    /// Look for pictures like this one; may be given several times.
    #[arg(long, value_name = "FILE", group = "question")]
    pub like: Vec<PathBuf>,
    /// What `--like` compares: what is shown, or how it moves.
    #[arg(long, value_enum, default_value_t = By::Content, requires = "like", conflicts_with_all = ["text", "minus"])]
    pub by: By,
    /// Weight of the words against the pictures where both are given, 0 to 1.
    #[arg(long, value_name = "W", default_value_t = SearchRequest::default().text_weight, value_parser = unit_interval, requires = "question")]
    pub text_weight: f32,
    /// What the pictures shall not show.
    #[arg(long, value_name = "TEXT", requires = "question")]
    pub minus: Option<String>,
    /// At most so many pictures.
    #[arg(long, value_name = "N", default_value_t = SearchRequest::default().limit as u16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// Prefer pictures that differ from each other: 0 not at all, 1 above all.
    #[arg(long, value_name = "D", value_parser = unit_interval, requires = "question")]
    pub diversity: Option<f32>,
    /// Search the pictures alone, not the words that files and people gave them.
    #[arg(long, requires = "question")]
    pub dense_only: bool,
    /// Keep near-duplicates.
    #[arg(long)]
    pub keep_duplicates: bool,
    /// Show how the answer came about.
    #[arg(long, requires = "question")]
    pub explain: bool,
    /// Show the pictures as a contact sheet in the browser.
    #[arg(long)]
    pub open: bool,
    /// Write the contact sheet to a file.
    #[arg(long, value_name = "FILE.html")]
    pub sheet: Option<PathBuf>,
    #[command(flatten)]
    pub library: LibraryArg,
    #[command(flatten)]
    pub filter: FilterArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    Content,
    Motion,
}
