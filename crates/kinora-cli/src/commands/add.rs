//! `kinora add`

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
    time::Instant,
};

use kinora_engine::{
    AddRequest, AddSummary, Added, Control, Engine, FileFailure, Job, Pending, Waiting,
};
use serde::Serialize;

use super::{adding::Screen, ask::SentReport, gathered::Gathered, listed};
use crate::{Outcome, args::AddArgs, output};

#[derive(Serialize)]
struct AddReport<'a> {
    library: &'a str,
    #[serde(flatten)]
    added: &'a Added,
    failures: Vec<Failure<'a>>,
    vanished_files: Vec<Cow<'a, str>>,
    taken_out_files: Vec<Cow<'a, str>>,
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
    lasting: bool,
}

impl<'a> From<&'a FileFailure> for Failure<'a> {
    fn from(FileFailure { path, message, hint, lasting }: &'a FileFailure) -> Self {
        let hint = hint.as_deref().map(output::hint);
        Self { path: path.to_string_lossy(), message, hint, lasting: *lasting }
    }
}

/// Runs the command.
pub(crate) fn run(
    engine: &Engine,
    args: &AddArgs,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let request = request(args)?;
    // Nothing is loaded or made for what cannot be done.
    request.check()?;
    if args.caption {
        engine.vision_model()?;
    }
    let name = &args.library.library;
    let library = match args.paths.is_empty() {
        true => engine.library(name)?,
        false => engine.library_or_new(name, args.space.as_deref())?,
    };
    let start = Instant::now();
    let screen = Arc::new(Mutex::new(Screen::default()));
    let shown = Arc::clone(&screen);
    let job = Job::new(control).on_event(move |event| output::locked(&shown).show(event));
    let result = library.add(&request, &job);
    let mut screen = output::locked(&screen);
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
        let taken_out_files = screen.taken_out.iter().map(|path| path.to_string_lossy()).collect();
        let sent = added.sent.as_ref().map(SentReport::from);
        let (added, gathered) = (&added, &screen.gathered);
        output::json(&AddReport {
            library: name,
            added,
            failures,
            vanished_files,
            taken_out_files,
            gathered,
            sent,
            seconds,
        })?;
    } else {
        output::line(sentence(name, summary, request.resume, start))?;
        rest(summary).iter().try_for_each(output::line)?;
        for line in screen.gathered.lines() {
            output::line(line)?;
        }
        added.waiting.iter().for_each(say_waiting);
    }
    let whole = summary.failed == 0 && (!summary.cancelled || args.watch);
    Ok(if whole { Outcome::Done } else { Outcome::Partly })
}

fn request(args: &AddArgs) -> anyhow::Result<AddRequest> {
    Ok(AddRequest {
        paths: listed::paths(&args.paths, args.null)?,
        // An empty list is no command to go on.
        resume: args.resume || args.paths.is_empty(),
        exclude: args.exclude.clone(),
        attributions: args.attributions.clone(),
        index_names: !args.no_words,
        again: args.again,
        without: args.without.iter().copied().map(Into::into).collect(),
        captions: args.caption,
        watch: args.watch,
    })
}

/// What did not come in, and what waits.
fn rest(summary: &AddSummary) -> Vec<String> {
    let AddSummary { known_problems, removed_before, excluded, .. } = summary;
    let mut lines = Vec::new();
    if *known_problems > 0 {
        let what = if *known_problems == 1 { "known problem" } else { "known problems" };
        lines.push(format!("{known_problems} {what}: `kinora problems` lists them"));
    }
    if *removed_before > 0 {
        lines.push(format!(
            "{removed_before} removed before and left out: `kinora add PATH` of one file brings it back"
        ));
    }
    if *excluded > 0 {
        lines.push(format!("{excluded} left out by patterns"));
    }
    if !summary.pending.is_empty() {
        lines.push(pending(&summary.pending));
    }
    lines
}

fn pending(pending: &Pending) -> String {
    let wait = |count: u64, one: &str, many: &str| match count {
        1 => format!("1 {one} waits"),
        count => format!("{count} {many} wait"),
    };
    let mut parts = Vec::new();
    if pending.videos > 0 {
        parts.push(format!("{} to be looked through", wait(pending.videos, "video", "videos")));
    }
    for (kind, count) in &pending.words {
        parts.push(format!("{} to be searched for {}", wait(*count, "file", "files"), kind.name()));
    }
    format!("{}: `kinora add` goes on", parts.join(", "))
}

fn say_waiting(waiting: &Waiting) {
    let Waiting { kind, assets, message, hint } = waiting;
    let hint = hint.as_ref().map(|hint| format!("{hint}, then run `kinora add`"));
    output::warn(
        &format!("{assets} not searched for {} yet: {message}", kind.name()),
        hint.as_deref(),
    );
}

fn sentence(library: &str, summary: &AddSummary, resume: bool, start: Instant) -> String {
    let counts = [
        (summary.added, "added"),
        (summary.revised, "revised"),
        (summary.known, "known from elsewhere"),
        (summary.unchanged, "unchanged"),
        (summary.analysed, "videos looked through"),
        (summary.described, "described anew"),
        (summary.restored, "brought back"),
        (summary.vanished, "vanished"),
        (summary.taken_out, "taken out by `.kinoraignore`"),
        (summary.near_duplicates, "near-duplicates of older ones"),
        (summary.thumbnails, "thumbnails made again"),
        (summary.failed, "failed"),
    ];
    let mut parts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let perceived = summary.perceived.iter();
    parts.extend(perceived.map(|(kind, n)| format!("{n} searched for {}", kind.name())));
    let rest = summary.known_problems + summary.removed_before + summary.excluded;
    if parts.is_empty() && rest == 0 && summary.pending.is_empty() {
        parts.push(if resume { "nothing waits" } else { "nothing to add" }.into());
    } else if parts.is_empty() {
        parts.push("nothing new".into());
    }
    if summary.cancelled {
        parts.push("stopped early".into());
    }
    let elapsed = output::progress::duration(start.elapsed());
    format!("library `{library}`: {} ({elapsed})", parts.join(", "))
}
