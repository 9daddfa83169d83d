//! The command line: what can be asked for. Meanings are in the help texts, which users read.

mod add;
mod chat;
mod edit;
mod filter;
mod list;
mod make;
mod search;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use self::{
    add::AddArgs,
    chat::{AnswerArgs, AskArgs, ChatArgs, ChatCommand},
    edit::{EditArgs, PassageArg, ShowArgs, TranscriptArgs},
    filter::FilterArgs,
    list::ListArgs,
    make::{
        FilmsArgs, GeneratorArg, MakeArgs, SoundArg, StabilisationArg, TransitionArg, VerifyArgs,
    },
    search::{By, SearchArgs},
};
pub(crate) use crate::commands::train::TrainArgs;

/// Films and answers from your own pictures, with every frame accounted for.
///
/// Everything happens on this machine; nothing is sent anywhere, unless config.toml names a language
/// model's address, and nothing is downloaded but by `kinora models pull`.
#[derive(Parser)]
#[command(name = "kinora", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// Folder of libraries, configuration and cache [default: the platform's data folder].
    #[arg(
        long,
        global = true,
        env = "KINORA_HOME",
        value_name = "DIR",
        hide_env_values = true,
        display_order = 900
    )]
    pub home: Option<PathBuf>,
    /// Print results as JSON.
    #[arg(long, global = true, display_order = 901)]
    pub json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Add pictures, videos and folders of them to a library.
    Add(AddArgs),
    Search(SearchArgs),
    /// List what is in a library, all of it or what passes filters.
    List(ListArgs),
    /// Show all that is known of one picture, video or recording.
    Show(ShowArgs),
    /// Correct what is known of one; your words win over those of models, now and later.
    Edit(EditArgs),
    /// Print what is said in a video or recording, of a library or any file.
    Transcript(TranscriptArgs),
    /// Answer a question from a library, each sentence with the picture or the second that it rests on.
    Ask(AskArgs),
    /// Talk about a library; conversations are kept in it.
    Chat(ChatArgs),
    /// Measure the search of a library with labelled queries.
    Eval(EvalArgs),
    /// Make a film from a brief.
    Make(MakeArgs),
    /// Train the motion modules of a text-to-video model on a library's videos.
    Train(TrainArgs),
    /// Check a film and its sources against its record, and show where every shot comes from.
    Verify(VerifyArgs),
    /// List the libraries, or check whether they are whole.
    Libraries {
        #[command(subcommand)]
        command: Option<LibrariesCommand>,
    },
    /// List the films made from a library.
    Films(FilmsArgs),
    /// List, fetch, check and locate models and programs.
    #[command(subcommand)]
    Models(ModelsCommand),
}

/// The library of a command.
#[derive(Args)]
pub(crate) struct LibraryArg {
    /// The library.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub library: String,
}

#[derive(Args)]
pub(crate) struct EvalArgs {
    /// JSON list of `{query, relevant: [file name, …]}`; nothing relevant means that nothing fits; `-` reads it from
    /// standard input.
    pub queries: PathBuf,
    #[command(flatten)]
    pub library: LibraryArg,
    /// Search the pictures alone, not the words that files and people gave them.
    #[arg(long)]
    pub dense_only: bool,
}

#[derive(Subcommand)]
pub(crate) enum LibrariesCommand {
    /// Check catalogue, vector index and thumbnails; exit code 1 if something is wrong.
    Check {
        /// The library [default: all].
        name: Option<String>,
        /// Make again what programs and models made; what you wrote stays, and is listed where it may have changed.
        #[arg(long)]
        repair: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum ModelsCommand {
    /// Show every model and program with its licence, size and state.
    List,
    /// Fetch models and programs [default: what the default space and films need].
    Pull {
        /// Names from `kinora models list`.
        names: Vec<String>,
    },
    /// Check the SHA-256 of what was fetched.
    Verify {
        /// Names from `kinora models list` [default: all that is there].
        names: Vec<String>,
    },
    /// Print where a model or program lies.
    Path {
        /// Name from `kinora models list` [default: the cache folder itself].
        name: Option<String>,
    },
}

fn seconds(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    if value > 0.0 && value <= 36_000.0 {
        Ok(value)
    } else {
        Err("must be more than 0 and at most 36000".into())
    }
}

fn unit_interval(text: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err("must be between 0 and 1".into()) }
}
