//! `kinora add`

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Instant,
};

use kinora_engine::{
    AddRequest, AddSummary, Added, Control, Engine, Event, FileFailure, Job, Waiting,
};
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
struct AddReport<'a> {
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
    hint: Option<String>,
}

impl<'a> From<&'a FileFailure> for Failure<'a> {
    fn from(FileFailure { path, message, hint }: &'a FileFailure) -> Self {
        Self { path: path.to_string_lossy(), message, hint: hint.as_deref().map(output::hint) }
    }
}

/// Shows progress and keeps what the report needs.
struct Screen {
    bar: Bar,
    failures: Vec<FileFailure>,
    vanished: Vec<PathBuf>,
    gathered: Gathered,
}

impl Screen {
    fn show(&mut self, event: Event) {
        match event {
            Event::Found { files } => self.bar.length(files),
            Event::Added(_) => self.bar.step(),
            Event::Failed(failure) => self.failed(failure),
            Event::Damaged(damage) => {
                self.bar
                    .warn(&format!("damaged: {}: {}", damage.message, damage.path.display()), None);
            }
            Event::Vanished { path } => {
                self.bar.say(&format!("vanished: {}", path.display()));
                self.vanished.push(path);
            }
            Event::LeftOut(left) => self.gathered.left_out.push(left),
            Event::MotionPhoto { path } => self.gathered.motion_photos.push(path),
            Event::LivePhoto(pair) => self.gathered.live_photos.push(pair),
            Event::Analysing { path, at_ms, duration_ms } => {
                let at = place(at_ms, duration_ms);
                self.bar.message(&format!("looking through {}{at}", name(&path)));
            }
            Event::Perceiving { kind, path, at_ms, duration_ms } => {
                let at = place(at_ms, duration_ms);
                self.bar.message(&format!("looking for {} in {}{at}", kind.name(), name(&path)));
            }
            Event::Watching { folders } => {
                let names: Vec<_> = folders.iter().map(|folder| folder.to_string_lossy()).collect();
                self.bar.say(&format!("watching, Ctrl-C ends it: {}", names.join(", ")));
            }
            // Also if the run ends early.
            Event::Sent(sent) => {
                self.bar.clear();
                say_sent(&sent);
            }
            _ => {}
        }
    }

    fn failed(&mut self, failure: FileFailure) {
        self.bar.step();
        let hint = failure.hint.as_deref().map(output::hint);
        let told = format!("failed: {}: {}", failure.message, failure.path.display());
        self.bar.warn(&told, hint.as_deref());
        self.failures.push(failure);
    }
}

fn name(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

/// Where in a recording it is; nothing for a picture.
fn place(at_ms: u64, duration_ms: u64) -> String {
    let clock = |ms: u64| output::timecode(ms as f64 / 1000.0);
    match duration_ms {
        0 => String::new(),
        length => format!(": {} of {}", clock(at_ms), clock(length)),
    }
}

/// Runs the command.
pub(crate) fn run(
    engine: &Engine,
    args: &AddArgs,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    if args.caption {
        // A model that cannot be had is known before a library is made.
        engine.vision_model()?;
    }
    let name = &args.library.library;
    let library = engine.library_or_new(name, args.space.as_deref())?;
    let request = AddRequest {
        paths: args.paths.clone(),
        attributions: args.attributions.clone(),
        index_names: !args.no_words,
        again: args.again,
        without: args.without.iter().copied().map(Into::into).collect(),
        captions: args.caption,
        watch: args.watch,
    };
    let start = Instant::now();
    let bar = output::progress::bar(0, "files");
    let screen =
        Screen { bar, failures: Vec::new(), vanished: Vec::new(), gathered: Gathered::default() };
    let screen = Arc::new(Mutex::new(screen));
    let shown = Arc::clone(&screen);
    let job = Job::new(control).on_event(move |event| output::locked(&shown).show(event));
    let result = library.add(&request, &job);
    let screen = output::locked(&screen);
    screen.bar.clear();
    let mut added = result?;
    for waiting in &mut added.waiting {
        waiting.hint = waiting.hint.as_deref().map(output::hint);
    }
    let summary = &added.summary;
    let seconds = start.elapsed().as_secs_f64();
    if json {
        let failures = screen.failures.iter().map(Failure::from).collect();
        let vanished_files = screen.vanished.iter().map(|path| path.to_string_lossy()).collect();
        let sent = added.sent.as_ref().map(SentReport::from);
        let (added, gathered) = (&added, &screen.gathered);
        output::json(&AddReport {
            library: name,
            added,
            failures,
            vanished_files,
            gathered,
            sent,
            seconds,
        })?;
    } else {
        output::line(sentence(name, summary, start))?;
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
    let hint = hint.as_ref().map(|hint| format!("{hint}, then add them again"));
    output::warn(
        &format!("{assets} not searched for {} yet: {message}", kind.name()),
        hint.as_deref(),
    );
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
