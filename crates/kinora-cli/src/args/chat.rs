//! `kinora ask` and `chat`.

use clap::{Args, Subcommand};

use super::LibraryArg;

#[derive(Args)]
pub(crate) struct AskArgs {
    /// The question; `-` reads it from standard input.
    pub question: String,
    #[command(flatten)]
    pub library: LibraryArg,
    #[command(flatten)]
    pub answer: AnswerArgs,
    /// Show how the question was understood and what was left out of the answer.
    #[arg(long)]
    pub explain: bool,
}

/// How answers are made.
#[derive(Args)]
pub(crate) struct AnswerArgs {
    /// Ask no language model: answer in the words of captions, tags, speech and text alone.
    #[arg(long)]
    pub extractive: bool,
    /// Pieces of evidence at most.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub evidence: u8,
    /// Draw no pictures, even if the terminal can.
    #[arg(long)]
    pub no_pictures: bool,
}

#[derive(Args)]
pub(crate) struct ChatArgs {
    #[command(subcommand)]
    pub command: Option<ChatCommand>,
    #[arg(long, value_name = "NAME", default_value = "default", global = true)]
    /// The library.
    pub library: String,
    /// Go on with an earlier conversation.
    #[arg(long, value_name = "ID")]
    pub resume: Option<u64>,
    #[command(flatten)]
    pub answer: AnswerArgs,
}

#[derive(Subcommand)]
pub(crate) enum ChatCommand {
    /// List the conversations, the last changed first.
    List,
    /// Print a conversation as Markdown, with the thumbnails of what it cites.
    Export {
        /// Number from `kinora chat list`.
        id: u64,
    },
    /// Call a conversation something else.
    Rename {
        /// Number from `kinora chat list`.
        id: u64,
        /// Its new name.
        title: String,
    },
    /// Forget a conversation.
    Delete {
        /// Number from `kinora chat list`.
        id: u64,
    },
}
