//! The command line: what can be asked for. Meanings are in the help texts, which users read.

mod add;
mod chat;
mod edit;
mod libraries;
mod make;
#[cfg(test)]
mod mentions;
mod search;
mod shell;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

pub(crate) use self::{
    add::{AddArgs, ProblemsArgs, RemoveArgs},
    chat::{AnswerArgs, AskArgs, ChatArgs, ChatCommand},
    edit::{EditArgs, PassageArg, ShowArgs, TranscriptArgs},
    libraries::LibrariesCommand,
    make::{
        FilmsArgs, GeneratorArg, MakeArgs, SoundArg, StabilisationArg, TransitionArg, VerifyArgs,
    },
    search::{By, SearchArgs},
    shell::{CompletionsArgs, ManArgs},
};
pub(crate) use crate::commands::train::TrainArgs;

/// Films and answers from your own pictures, with every frame accounted for.
///
/// Everything happens on this machine; nothing is sent anywhere, unless config.toml names a language
/// model's address, and nothing is downloaded but by `kinora models pull`.
#[derive(Parser)]
#[command(name = "kinora", version, max_term_width = 100, after_help = exit_codes())]
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
        help_heading = GLOBAL, display_order = 900
    )]
    pub home: Option<PathBuf>,
    /// Print results as JSON on stdout, and messages and errors as JSON lines on stderr.
    #[arg(long, global = true, help_heading = GLOBAL, display_order = 901)]
    pub json: bool,
    /// Show neither progress nor notes; warnings and errors stay.
    #[arg(short, long, global = true, help_heading = GLOBAL, display_order = 902)]
    pub quiet: bool,
    /// Tell on stderr what is done; twice, every step.
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet", help_heading = GLOBAL, display_order = 903)]
    pub verbose: u8,
    /// Write the log to this file [default: `logs/kinora.log` in the home folder].
    #[arg(long, global = true, value_name = "FILE", help_heading = GLOBAL, display_order = 904)]
    pub log: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Add pictures, videos and folders of them to a library, or go on with the work that waits in it.
    Add(AddArgs),
    /// Take pictures, videos and recordings out of a library; the files stay.
    Remove(RemoveArgs),
    /// List what is wrong with files, and what waits for models that are missing.
    Problems(ProblemsArgs),
    /// Find pictures, and moments of videos, by words, by a picture, or by both.
    Search(SearchArgs),
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
    /// List the libraries; show, check, rename or delete one.
    Libraries {
        #[command(subcommand)]
        command: Option<LibrariesCommand>,
    },
    /// List the films made from a library.
    Films(FilmsArgs),
    /// List, fetch, check and locate models and programs.
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Print what completes commands in a shell.
    Completions(CompletionsArgs),
    /// Print a page for `man`, or write all of them.
    Man(ManArgs),
}

/// Over the options that every command has.
const GLOBAL: &str = "Global options";

/// Exit codes of every command.
pub(crate) const EXIT_CODES: [(&str, &str); 5] = [
    ("0", "done"),
    ("1", "failed, partly failed, or nothing was found"),
    ("2", "the command line or what it names cannot be followed"),
    ("130", "ended by Ctrl-C"),
    ("143", "ended by SIGTERM"),
];

fn exit_codes() -> String {
    let line = |(code, meaning): (&str, &str)| format!("  {code:<5} {meaning}");
    format!("Exit codes:\n{}", EXIT_CODES.map(line).join("\n"))
}

impl Cli {
    /// Reads this process's command line; gives the command's name too, without what it was given.
    ///
    /// # Errors
    /// As clap has it; the help that was asked for is one of them.
    pub(crate) fn read() -> Result<(Self, String), clap::Error> {
        let matches = Self::command().try_get_matches()?;
        let (mut names, mut inner) = (Vec::new(), &matches);
        while let Some((name, below)) = inner.subcommand() {
            names.push(name);
            inner = below;
        }
        let cli = Self::from_arg_matches(&matches).map_err(|e| e.format(&mut Self::command()))?;
        Ok((cli, names.join(" ")))
    }
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
    /// JSON list of `{query, relevant: [file name, …]}`; nothing relevant means that nothing fits.
    pub queries: PathBuf,
    #[command(flatten)]
    pub library: LibraryArg,
    /// Search the pictures alone, not the words that files and people gave them.
    #[arg(long)]
    pub dense_only: bool,
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
