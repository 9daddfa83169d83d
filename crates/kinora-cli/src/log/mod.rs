//! The log: what the engine does, as `tracing` tells it, in a file and, with `--verbose`, on stderr.
//!
//! The file is `KINORA_HOME/logs/kinora.log`, its owner's alone, with two older ones beside it, about a megabyte each. It
//! tells commands, versions, jobs and how long they took, models that were loaded, and files that failed with their
//! paths. It never tells what was searched for, asked, answered, said or written. `log` of `config.toml` sets how much
//! (`off`, `error`, `warn`, `info`, `debug`; `info` unless named), `--log FILE` another place. A log that cannot be written
//! is said once and stops nothing.
//!
//! Memory: 64 KB of lines at most, while there is no home folder yet.

mod file;
mod journal;

use std::path::Path;

use kinora_engine::{ErrorKind, LogLevel, Settings};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

use self::{file::LogFile, journal::Journal};
use crate::output::Failure;

/// Begins the log of this process: to the file named, else to that of the home folder. `verbose` counts `-v`.
pub(crate) fn start(settings: &Settings, file: Option<&Path>, verbose: u8) {
    let shown = [LevelFilter::OFF, LevelFilter::INFO, LevelFilter::DEBUG][verbose.min(2) as usize];
    let configured = settings.config.log.unwrap_or_default();
    let kept = match (file, level(configured)) {
        // Who names a file wants something in it.
        (Some(_), LevelFilter::OFF) => LevelFilter::INFO,
        (_, level) => level,
    };
    let kept = if kept == LevelFilter::OFF { kept } else { kept.max(shown) };
    let file = match file {
        Some(path) => LogFile::named(path),
        None => LogFile::of_home(&settings.home),
    };
    let subscriber = tracing_subscriber::registry().with(Journal::new(file, kept, shown));
    // There is one `main`.
    drop(tracing::subscriber::set_global_default(subscriber));
}

/// Keeps why the command failed. Messages about what was asked for may repeat it, so that of these the kind alone is kept.
pub(crate) fn failed(failure: &Failure) {
    let Failure { kind, exit_code, .. } = failure;
    if matches!(kind, ErrorKind::Invalid | ErrorKind::NotFound) {
        tracing::error!(?kind, exit_code, "failed");
    } else {
        tracing::error!(?kind, exit_code, why = failure.message, "failed");
    }
}

fn level(configured: LogLevel) -> LevelFilter {
    match configured {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    }
}
