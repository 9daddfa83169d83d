//! `kinora add`

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use indicatif::ProgressBar;
use kinora_engine::{
    AddRequest, AddSummary, Added, Done, FileFailure, IngestObserver, IngestOptions, LeftOut,
    LivePhoto, Studio, Waiting,
};
use kinora_types::{PassageKind, Printable};
use serde::Serialize;

use super::{
    ask::{SentReport, say_sent},
    gathered::Gathered,
};
use crate::{Outcome, args::AddArgs, output};

#[derive(Serialize)]
struct Report<'a> {
    library: &'a str,
    #[serde(flatten)]
    added: &'a Added,
    failures: &'a [FileFailure],
    vanished_files: &'a [PathBuf],
    #[serde(flatten)]
    gathered: &'a Gathered,
    sent: Option<SentReport<'a>>,
    seconds: f64,
}

/// Shows progress and keeps what the report needs.
struct Screen {
    bar: ProgressBar,
    failures: Vec<FileFailure>,
    vanished: Vec<PathBuf>,
    gathered: Gathered,
}

impl IngestObserver for Screen {
    fn found(&mut self, files: u64) {
        self.bar.set_length(files);
    }

    fn done(&mut self, _: &Done) {
        self.bar.inc(1);
    }

    fn failed(&mut self, failure: &FileFailure) {
        self.bar.inc(1);
        let path = output::shown(&failure.path.to_string_lossy());
        self.say(&format!("failed: {}: {path}", failure.message));
        if let Some(hint) = &failure.hint {
            self.say(&format!("  hint: {hint}"));
        }
        self.failures.push(failure.clone());
    }

    fn vanished(&mut self, path: &Path) {
        self.say(&format!("vanished: {}", output::shown(&path.to_string_lossy())));
        self.vanished.push(path.to_owned());
    }

    fn left_out(&mut self, left: &LeftOut) {
        self.gathered.left_out.push(left.clone());
    }

    fn motion_photo(&mut self, path: &Path) {
        self.gathered.motion_photos.push(path.to_owned());
    }

    fn live_photo(&mut self, pair: &LivePhoto) {
        self.gathered.live_photos.push(pair.clone());
    }

    fn analysing(&mut self, path: &Path, at_ms: u64, duration_ms: u64) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let clock = |ms: u64| output::timecode(ms as f64 / 1000.0);
        let at = format!("{} of {}", clock(at_ms), clock(duration_ms));
        self.bar.set_message(output::shown(&format!("looking through {name}: {at}")));
    }

    fn perceiving(&mut self, kind: PassageKind, path: &Path, at_ms: u64, duration_ms: u64) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let clock = |ms: u64| output::timecode(ms as f64 / 1000.0);
        let at = match duration_ms {
            0 => String::new(),
            length => format!(": {} of {}", clock(at_ms), clock(length)),
        };
        let message = format!("looking for {} in {name}{at}", kind.name());
        self.bar.set_message(output::shown(&message));
    }

    fn damaged(&mut self, damage: &FileFailure) {
        let path = output::shown(&damage.path.to_string_lossy());
        self.say(&format!("damaged: {}: {path}", damage.message));
    }

    fn watching(&mut self, folders: &[PathBuf]) {
        let names: Vec<_> = folders.iter().map(|f| output::shown(&f.to_string_lossy())).collect();
        self.say(&format!("watching, Ctrl-C ends it: {}", names.join(", ")));
    }
}

impl Screen {
    /// A line on stderr that does not tear the bar.
    fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }
}

/// Runs the command.
pub fn run(studio: &Studio, args: &AddArgs, json: bool) -> anyhow::Result<Outcome> {
    let library = &args.library.library;
    let captions = args.caption.then(|| studio.captioner()).transpose()?.map(Arc::new);
    let request = AddRequest {
        paths: args.paths.clone(),
        space: args.space.clone(),
        options: IngestOptions {
            attributions: args.attributions.clone(),
            index_names: !args.no_words,
            again: args.again,
            ..IngestOptions::default()
        },
        without: args.without.iter().copied().map(Into::into).collect(),
        captions: captions.clone(),
        watch: args.watch,
    };
    let control = super::interruptible()?;
    let start = Instant::now();
    let bar = output::progress::bar(0, "files");
    let mut screen =
        Screen { bar, failures: Vec::new(), vanished: Vec::new(), gathered: Gathered::default() };
    let result = studio.add(library, &request, &mut screen, &control);
    screen.bar.finish_and_clear();
    let sent = captions.and_then(|captioner| captioner.sent());
    // Also if the run ended early.
    sent.iter().for_each(say_sent);
    let added = result?;
    let summary = &added.summary;
    let seconds = start.elapsed().as_secs_f64();
    if json {
        let (failures, vanished_files) = (&screen.failures[..], &screen.vanished[..]);
        let sent = sent.as_ref().map(SentReport::from);
        let (added, gathered) = (&added, &screen.gathered);
        output::json(&Report {
            library,
            added,
            failures,
            vanished_files,
            gathered,
            sent,
            seconds,
        })?;
    } else {
        output::line(sentence(library, summary, start))?;
        for line in screen.gathered.lines() {
            output::line(Printable(&line).to_string())?;
        }
        added.waiting.iter().for_each(say_waiting);
    }
    let whole = summary.failed == 0 && (!summary.cancelled || args.watch);
    Ok(if whole { Outcome::Done } else { Outcome::Partly })
}

fn say_waiting(waiting: &Waiting) {
    let Waiting { kind, assets, message, hint } = waiting;
    eprintln!("{assets} not searched for {} yet: {message}", kind.name());
    if let Some(hint) = hint {
        eprintln!("  hint: {hint}, then add them again");
    }
}

fn sentence(library: &str, summary: &AddSummary, start: Instant) -> String {
    let counts = [
        (summary.added, "added"),
        (summary.revised, "revised"),
        (summary.known, "known from elsewhere"),
        (summary.unchanged, "unchanged"),
        (summary.analysed, "videos looked through"),
        (summary.described, "described anew"),
        (summary.vanished, "vanished"),
        (summary.near_duplicates, "near-duplicates of older ones"),
        (summary.thumbnails, "thumbnails made again"),
        (summary.failed, "failed"),
    ];
    let mut parts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let perceived = summary.perceived.iter();
    parts.extend(perceived.map(|(kind, n)| format!("{n} searched for {}", kind.name())));
    if parts.is_empty() {
        parts.push("nothing to add".into());
    }
    if summary.cancelled {
        parts.push("stopped early".into());
    }
    let elapsed = output::progress::duration(start.elapsed());
    format!("library `{library}`: {} ({elapsed})", parts.join(", "))
}
