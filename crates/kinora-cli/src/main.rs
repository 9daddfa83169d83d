//! `kinora`: the command line over `kinora-engine`.
//!
//! Results go to stdout (JSON with `--json`), progress and messages to stderr. Exit code: 0 done,
//! 1 failed or partly failed, 2 wrong usage. Memory: what the engine uses; results are small.

mod args;
mod commands;
mod output;

use std::process::ExitCode;

use clap::Parser;
use kinora_engine::{EngineError, Settings, Studio};

use crate::args::{Cli, Command};

/// How a command ended that did not fail outright.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// Some of it failed; what failed has been said.
    Partly,
}

fn main() -> ExitCode {
    // Before there is a second thread.
    kinora_engine::switch_off_telemetry();
    let cli = Cli::parse();
    match run(&cli) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Partly) => ExitCode::FAILURE,
        Err(error) => report(&error),
    }
}

fn run(cli: &Cli) -> anyhow::Result<Outcome> {
    let studio = Studio::open(Settings::settle(cli.home.clone())?)?;
    match &cli.command {
        Command::Add(args) => commands::add::run(&studio, args, cli.json),
        Command::Search(args) => commands::search::run(&studio, args, cli.json),
        Command::Show(args) => commands::show::run(&studio, args, cli.json),
        Command::Edit(args) => commands::edit::run(&studio, args, cli.json),
        Command::Transcript(args) => commands::transcript::run(&studio, args, cli.json),
        Command::Ask(args) => commands::ask::run(&studio, args, cli.json),
        Command::Chat(args) => commands::chat::run(&studio, args, cli.json),
        Command::Eval(args) => commands::eval::run(&studio, args, cli.json),
        Command::Make(args) => commands::make::run(&studio, args, cli.json),
        Command::Train(args) => commands::train::run(&studio, args, cli.json),
        Command::Verify(args) => commands::verify::run(&studio, args, cli.json),
        Command::Libraries { command } => {
            commands::libraries::run(&studio, command.as_ref(), cli.json)
        }
        Command::Films(args) => commands::films::run(&studio, args, cli.json),
        Command::Models(command) => commands::models::run(&studio, command, cli.json),
    }
}

/// Says what is wrong and, separately, what to do. A reader that went away is no error.
fn report(error: &anyhow::Error) -> ExitCode {
    if output::is_broken_pipe(error) {
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {}", chain(error));
    let engine = error.downcast_ref::<EngineError>();
    if let Some(hint) = engine.and_then(EngineError::hint) {
        eprintln!("hint: {hint}");
    }
    let usage = engine.is_some_and(EngineError::is_usage) || error.is::<commands::Usage>();
    ExitCode::from(if usage { 2 } else { 1 })
}

/// The error and its causes, but for causes that the messages above them tell already.
fn chain(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |told, cause| {
        let cause = cause.to_string();
        match (told.is_empty(), told.contains(&cause)) {
            (true, _) => cause,
            (false, true) => told,
            (false, false) => format!("{told}: {cause}"),
        }
    })
}
