//! `kinora`: the command line over `kinora-engine`.
//!
//! Results go to stdout (JSON with `--json`), progress and messages to stderr, all of it through [`output`]. Exit code:
//! 0 done, 1 failed, partly failed or nothing found, 2 wrong usage, 130 ended by Ctrl-C, 143 by SIGTERM. Memory: what the engine uses;
//! results are small.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod commands;
mod output;
mod signals;

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    process::ExitCode,
};

use clap::Parser;
use kinora_engine::{Engine, EngineError, Settings};

use crate::{
    args::{Cli, Command, LibrariesCommand, ModelsCommand},
    signals::{Rule, Signals},
};

/// How a command ended that did not fail outright.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// Some of it failed; what failed has been said.
    Partly,
    /// It was done, and nothing was found.
    Nothing,
}

fn main() -> ExitCode {
    // Before there is a second thread.
    kinora_engine::switch_off_telemetry();
    std::panic::set_hook(Box::new(panicked));
    let cli = Cli::try_parse().unwrap_or_else(|error| output::usage(error));
    let signals = match Signals::listen(rule(&cli.command)) {
        Ok(signals) => signals,
        Err(error) => return report(&error),
    };
    let result = run(&cli, &signals);
    match (result, signals.heard()) {
        (Ok(Outcome::Done), _) => ExitCode::SUCCESS,
        (Ok(Outcome::Nothing), _) => ExitCode::FAILURE,
        (Ok(Outcome::Partly) | Err(_), Some(signal)) => signals.cancelled(signal),
        (Ok(Outcome::Partly), None) => ExitCode::FAILURE,
        // Nobody waits for the rest of an answer.
        (Err(_), None) if output::is_unread() && signals.control().is_cancelled() => {
            ExitCode::SUCCESS
        }
        (Err(error), None) => report(&error),
    }
}

/// A panic's words may hold names too.
fn panicked(panic: &std::panic::PanicHookInfo<'_>) {
    output::complain("internal error", &panic.to_string());
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        output::complain("backtrace", &trace.to_string());
    }
}

/// What a signal means to a command.
fn rule(command: &Command) -> Rule {
    match command {
        Command::Add(_) | Command::Make(_) | Command::Edit(_) => Rule::Writes,
        Command::Libraries { command: Some(LibrariesCommand::Check { repair: true, .. }) } => {
            Rule::Writes
        }
        Command::Models(ModelsCommand::Pull { .. }) => Rule::Writes,
        Command::Train(_) => Rule::EndsItsStep,
        _ => Rule::Looks,
    }
}

fn run(cli: &Cli, signals: &Signals) -> anyhow::Result<Outcome> {
    let engine = Engine::open(Settings::settle(cli.home.clone())?)?;
    let (json, control) = (cli.json, &signals.control());
    match &cli.command {
        Command::Add(args) => commands::add::run(&engine, args, json, control),
        Command::Search(args) => commands::search::run(&engine, args, json, control),
        Command::List(args) => commands::list::run(&engine, args, json, control),
        Command::Show(args) => commands::show::run(&engine, args, json),
        Command::Edit(args) => commands::edit::run(&engine, args, json),
        Command::Transcript(args) => commands::transcript::run(&engine, args, json, control),
        Command::Ask(args) => commands::ask::run(&engine, args, json, control),
        Command::Chat(args) => commands::chat::run(&engine, args, json, signals),
        Command::Eval(args) => commands::eval::run(&engine, args, json, control),
        Command::Make(args) => commands::make::run(&engine, args, json, control),
        Command::Train(args) => commands::train::run(&engine, args, json, control),
        Command::Verify(args) => commands::verify::run(&engine, args, json, control),
        Command::Libraries { command } => commands::libraries::run(&engine, command.as_ref(), json),
        Command::Films(args) => commands::films::run(&engine, args, json),
        Command::Models(command) => commands::models::run(&engine, command, json, control),
    }
}

/// Says what is wrong and, separately, what to do.
fn report(error: &anyhow::Error) -> ExitCode {
    output::complain("error", &chain(error));
    let engine = error.downcast_ref::<EngineError>();
    if let Some(hint) = engine.and_then(EngineError::hint) {
        output::complain("hint", &output::hint(&hint));
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
