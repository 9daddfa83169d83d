//! `kinora`: the command line over `kinora-engine`.
//!
//! Results go to stdout (JSON with `--json`), progress and messages to stderr, all of it through [`output`]. Exit code:
//! 0 done, 1 failed or partly failed, 2 wrong usage, 130 ended by Ctrl-C, 143 by SIGTERM. Memory: what the engine uses;
//! results are small.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod commands;
mod log;
mod output;
mod signals;

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    process::ExitCode,
};

use kinora_engine::{Engine, EngineError, ErrorKind, Settings};

use crate::{
    args::{Cli, Command, LibrariesCommand, ModelsCommand},
    signals::{Rule, Signals},
};

/// Exit code of a Rust program that panicked.
const PANICKED: u8 = 101;

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
    std::panic::set_hook(Box::new(panicked));
    output::settle(asks_for_json(), false);
    let (cli, name) = Cli::read().unwrap_or_else(|error| output::usage(error));
    output::settle(cli.json, cli.quiet);
    let signals = match Signals::listen(rule(&cli.command)) {
        Ok(signals) => signals,
        Err(error) => return report(&error),
    };
    let result = run(&cli, &name, &signals);
    match (result, signals.heard()) {
        (Ok(Outcome::Done), _) => ExitCode::SUCCESS,
        (Ok(Outcome::Partly) | Err(_), Some(signal)) => signals.cancelled(signal),
        (Ok(Outcome::Partly), None) => ExitCode::FAILURE,
        // Nobody waits for the rest of an answer.
        (Err(_), None) if output::is_unread() && signals.control().is_cancelled() => {
            ExitCode::SUCCESS
        }
        (Err(error), None) => report(&error),
    }
}

/// Whether a command line that may be wrong asks for JSON.
fn asks_for_json() -> bool {
    std::env::args_os().skip(1).take_while(|word| word != "--").any(|word| word == "--json")
}

/// A panic's words may hold names too.
fn panicked(panic: &std::panic::PanicHookInfo<'_>) {
    let trace = Backtrace::capture();
    let trace = (trace.status() == BacktraceStatus::Captured).then(|| format!("\n{trace}"));
    let message = format!("internal error: {panic}{}", trace.unwrap_or_default());
    output::fail(&output::Failure {
        kind: ErrorKind::Internal,
        message,
        hint: None,
        exit_code: PANICKED,
    });
}

/// What a signal means to a command.
fn rule(command: &Command) -> Rule {
    match command {
        Command::Add(_) | Command::Remove(_) | Command::Make(_) | Command::Edit(_) => Rule::Writes,
        Command::Libraries { command: Some(LibrariesCommand::Check { repair: true, .. }) } => {
            Rule::Writes
        }
        Command::Libraries { command: Some(LibrariesCommand::Rename { .. }) } => Rule::Writes,
        Command::Models(ModelsCommand::Pull { .. }) => Rule::Writes,
        Command::Train(_) => Rule::EndsItsStep,
        _ => Rule::Looks,
    }
}

fn run(cli: &Cli, name: &str, signals: &Signals) -> anyhow::Result<Outcome> {
    // These tell of the command itself, and need no home.
    match &cli.command {
        Command::Completions(args) => return commands::completions::run(args, cli.json),
        Command::Man(args) => return commands::man::run(args, cli.json, &signals.control()),
        _ => {}
    }
    let settings = Settings::settle(cli.home.clone())?;
    log::start(&settings, cli.log.as_deref(), cli.verbose);
    let version = env!("CARGO_PKG_VERSION");
    let _span = tracing::info_span!("kinora", version, command = name).entered();
    tracing::info!("begun");
    let engine = Engine::open(settings)?;
    let (json, control) = (cli.json, &signals.control());
    match &cli.command {
        Command::Add(args) => commands::add::run(&engine, args, json, control),
        Command::Remove(args) => commands::remove::run(&engine, args, json),
        Command::Problems(args) => commands::problems::run(&engine, args, json),
        Command::Search(args) => commands::search::run(&engine, args, json, control),
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
        Command::Completions(args) => commands::completions::run(args, json),
        Command::Man(args) => commands::man::run(args, json, control),
    }
}

/// Says what is wrong and, separately, what to do.
fn report(error: &anyhow::Error) -> ExitCode {
    let engine = error.downcast_ref::<EngineError>();
    let wrong = engine.is_some_and(EngineError::is_usage) || error.is::<commands::Usage>();
    let exit_code = if wrong { 2 } else { 1 };
    let hint = engine.and_then(EngineError::hint).map(|hint| output::hint(&hint));
    let failure = output::Failure { kind: kind(error), message: chain(error), hint, exit_code };
    output::fail(&failure);
    log::failed(&failure);
    ExitCode::from(exit_code)
}

fn kind(error: &anyhow::Error) -> ErrorKind {
    let files = || error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    match error.downcast_ref::<EngineError>() {
        Some(engine) => engine.kind(),
        None if error.is::<commands::Usage>() => ErrorKind::Invalid,
        None => files().map_or(ErrorKind::Internal, ErrorKind::from),
    }
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
