//! `kinora add`

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use kinora_engine::{
    AddRequest, AddSummary, Added, Control, Done, FileFailure, IngestObserver, IngestOptions,
    LeftOut, LivePhoto, Studio, Waiting,
};
use kinora_types::PassageKind;
use serde::Serialize;

use super::{
    ask::{SentReport, say_sent},
    gathered::Gathered,
};
use crate::{
    Outcome,
    args::AddArgs,
    output::{self, progress::Bar},
};

#[derive(Serialize)]
struct Report<'a> {
    library: &'a str,
    #[serde(flatten)]
    added: &'a Added,
    failures: Vec<Failure<'a>>,
    vanished_files: Vec<Cow<'a, str>>,
    #[serde(flatten)]
    gathered: &'a Gathered,
    sent: Option<SentReport<'a>>,
    seconds: f64,
}

/// Names that are not UTF-8 are told as near as can be.
#[derive(Serialize)]
struct Failure<'a> {
    path: Cow<'a, str>,
    message: &'a str,
    hint: Option<&'a str>,
}

impl<'a> From<&'a FileFailure> for Failure<'a> {
    fn from(FileFailure { path, message, hint }: &'a FileFailure) -> Self {
        Self { path: path.to_string_lossy(), message, hint: hint.as_deref() }
    }
}

/// Shows progress and keeps what the report needs.
struct Screen {
    bar: Bar,
    failures: Vec<FileFailure>,
    vanished: Vec<PathBuf>,
    gathered: Gathered,
}

impl IngestObserver for Screen {
    fn found(&mut self, files: u64) {
        self.bar.length(files);
    }

    fn done(&mut self, _: &Done) {
        self.bar.step();
    }

    fn failed(&mut self, failure: &FileFailure) {
        self.bar.step();
        let path = failure.path.display();
        self.bar.say(&format!("failed: {}: {path}", failure.message));
        if let Some(hint) = &failure.hint {
            self.bar.say(&format!("  hint: {hint}"));
        }
        self.failures.push(failure.clone());
    }

    fn vanished(&mut self, path: &Path) {
        self.bar.say(&format!("vanished: {}", path.display()));
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
        self.bar.message(&format!("looking through {name}: {at}"));
    }

    fn perceiving(&mut self, kind: PassageKind, path: &Path, at_ms: u64, duration_ms: u64) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let clock = |ms: u64| output::timecode(ms as f64 / 1000.0);
        let at = match duration_ms {
            0 => String::new(),
            length => format!(": {} of {}", clock(at_ms), clock(length)),
        };
        self.bar.message(&format!("looking for {} in {name}{at}", kind.name()));
    }

    fn damaged(&mut self, damage: &FileFailure) {
        self.bar.say(&format!("damaged: {}: {}", damage.message, damage.path.display()));
    }

    fn watching(&mut self, folders: &[PathBuf]) {
        let names: Vec<_> = folders.iter().map(|folder| folder.to_string_lossy()).collect();
        self.bar.say(&format!("watching, Ctrl-C ends it: {}", names.join(", ")));
    }
}

/// Runs the command.
pub fn run(
    studio: &Studio,
    args: &AddArgs,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
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
    let start = Instant::now();
    let bar = output::progress::bar(0, "files");
    let mut screen =
        Screen { bar, failures: Vec::new(), vanished: Vec::new(), gathered: Gathered::default() };
    let result = studio.add(library, &request, &mut screen, control);
    screen.bar.clear();
    let sent = captions.and_then(|captioner| captioner.sent());
    // Also if the run ended early.
    sent.iter().for_each(say_sent);
    let added = result?;
    let summary = &added.summary;
    let seconds = start.elapsed().as_secs_f64();
    if json {
        let failures = screen.failures.iter().map(Failure::from).collect();
        let vanished_files = screen.vanished.iter().map(|path| path.to_string_lossy()).collect();
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
            output::line(line)?;
        }
        added.waiting.iter().for_each(say_waiting);
    }
    let whole = summary.failed == 0 && (!summary.cancelled || args.watch);
    Ok(if whole { Outcome::Done } else { Outcome::Partly })
}

fn say_waiting(waiting: &Waiting) {
    let Waiting { kind, assets, message, hint } = waiting;
    output::say(&format!("{assets} not searched for {} yet: {message}", kind.name()));
    if let Some(hint) = hint {
        output::say(&format!("  hint: {hint}, then add them again"));
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
