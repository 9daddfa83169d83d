//! `kinora search`

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::Context;
use kinora_engine::{
    Control, Engine, Example, Filter, Job, Library, Mode, Place, SearchOutcome, SearchRequest,
};
use kinora_types::{Candidate, Hit, Passage, RejectReason};
use serde::Serialize;

use crate::{
    Outcome,
    args::{By, SearchArgs},
    output,
};

/// Bytes; ours are some ten kilobytes.
const LARGEST_THUMBNAIL: u64 = 16 << 20;

#[derive(Serialize)]
struct SearchReport<'a> {
    library: &'a str,
    query: &'a Option<String>,
    like: &'a [PathBuf],
    #[serde(flatten)]
    outcome: &'a SearchOutcome,
}

/// Runs the command.
pub(crate) fn run(
    engine: &Engine,
    args: &SearchArgs,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let library = engine.library(&args.library.library)?;
    let request = request(args);
    let job = Job::new(control);
    if args.by == By::Motion {
        let limit = usize::from(args.limit);
        let hits = library.search_by_motion(&request.like, &request.filter, limit, &job)?;
        return by_motion(library.name(), &args.like, &hits, json);
    }
    let outcome = library.search(&request, &job)?;
    if args.sheet.is_some() || args.open {
        let path = write_sheet(engine, &library, args, &outcome, control)?;
        if args.open {
            open(&path)?;
        }
    }
    if json {
        let (library, query) = (library.name(), &args.text);
        output::json(&SearchReport { library, query, like: &args.like, outcome: &outcome })?;
    } else {
        print(&outcome, args.explain)?;
    }
    Ok(Outcome::Done)
}

#[derive(Serialize)]
struct MotionReport<'a> {
    library: &'a str,
    like: &'a [PathBuf],
    hits: &'a [Hit],
}

fn by_motion(library: &str, like: &[PathBuf], hits: &[Hit], json: bool) -> anyhow::Result<Outcome> {
    if json {
        output::json(&MotionReport { library, like, hits })?;
        return Ok(Outcome::Done);
    }
    if hits.is_empty() {
        output::line("no video of this library has been looked through yet")?;
    }
    for hit in hits {
        output::line(hit_line(hit))?;
    }
    Ok(Outcome::Done)
}

fn request(args: &SearchArgs) -> SearchRequest {
    SearchRequest {
        text: args.text.clone(),
        like: args.like.iter().map(|path| example(path)).collect(),
        text_weight: args.text_weight,
        minus: args.minus.clone(),
        near: args.near.as_deref().map(|place| (Place::parse(place), args.within)),
        filter: Filter {
            after: args.after,
            before: args.before,
            kind: args.kind.map(Into::into),
            licences: args.licence.clone(),
            at_least_ms: args.longer.map(milliseconds),
            at_most_ms: args.shorter.map(milliseconds),
            speech: args.speech.then_some(true),
            language: args.language.clone(),
            camera: args.camera.map(|camera| camera.0),
            ..Filter::default()
        },
        limit: usize::from(args.limit),
        diversity: args.diversity,
        mode: if args.dense_only { Mode::DenseOnly } else { Mode::Hybrid },
        deduplicate: !args.keep_duplicates,
    }
}

/// A file that is there, else what the library calls so.
fn example(path: &Path) -> Example {
    match path.to_str() {
        Some(name) if !path.exists() => Example::Asset(name.to_owned()),
        _ => Example::Path(path.to_owned()),
    }
}

fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}

fn print(outcome: &SearchOutcome, explain: bool) -> anyhow::Result<()> {
    if !outcome.fits {
        let shown = |score: Option<f32>| score.map_or("none".into(), |s| format!("{s:.3}"));
        let why = match outcome.best_score {
            None if denied(outcome).is_some() => String::new(),
            None => ": it is empty, or no picture passes the filters".to_owned(),
            best => format!(" (best score {}, needed {})", shown(best), shown(outcome.threshold)),
        };
        output::line(format!("nothing in this library fits{why}"))?;
    }
    for hit in &outcome.hits {
        output::line(hit_line(hit))?;
        for passage in &hit.passages {
            output::line(format!("{:12}{}", "", passage_line(passage)))?;
        }
    }
    if let Some(note) = denied(outcome) {
        output::line(note)?;
    }
    if explain {
        explanation(outcome)?;
    }
    Ok(())
}

/// That what a person denied is not among the hits; `None` if nothing was.
fn denied(outcome: &SearchOutcome) -> Option<String> {
    let word = |candidate: &Candidate| match &candidate.rejected {
        RejectReason::Denied { word, .. } => Some(word.clone()),
        _ => None,
    };
    let mut words: Vec<String> = outcome.rejected.iter().filter_map(word).collect();
    let count = words.len();
    words.sort_unstable();
    words.dedup();
    let words = words.join(" or ");
    match count {
        0 => None,
        1 => Some(format!("1 is left out: you said that it shows no {words}")),
        SearchOutcome::MAX_REJECTED => {
            Some(format!("{count} or more are left out: you said that they show no {words}"))
        }
        _ => Some(format!("{count} are left out: you said that they show no {words}")),
    }
}

fn hit_line(hit: &Hit) -> String {
    let path = hit.asset.paths.first().map_or("", String::as_str);
    let score = hit.scores.dense.map_or("  -  ".into(), |s| format!("{s:.3}"));
    let words = if hit.matched_words.is_empty() {
        String::new()
    } else {
        format!("  [{}]", hit.matched_words.join(" "))
    };
    let (label, times) = (hit.asset.label(), output::times(hit));
    format!("{:>3}  {score}  {label}  {path}{words}{times}{}", hit.rank, folded(hit))
}

/// `  +2 near-duplicates (--keep-duplicates shows them)`.
fn folded(hit: &Hit) -> String {
    match hit.near_duplicates {
        0 => String::new(),
        1 => "  +1 near-duplicate (--keep-duplicates shows it)".into(),
        many => format!("  +{many} near-duplicates (--keep-duplicates shows them)"),
    }
}

/// `speech 00:04.0-00:06.5: The dogs are barking.`
fn passage_line(passage: &Passage) -> String {
    let span = passage.range.map(|range| format!(" {}", output::span(range))).unwrap_or_default();
    format!("{}{span}: {}", passage.kind.name(), passage.text)
}

fn explanation(outcome: &SearchOutcome) -> anyhow::Result<()> {
    output::line("")?;
    let stages = outcome.plan.stages.iter().map(|stage| {
        vec![
            stage.name.clone(),
            stage.candidates.to_string(),
            format!("{:.1}", stage.ms),
            stage.note.clone(),
        ]
    });
    for line in output::table::lines(&["stage", "left", "ms", ""], &stages.collect::<Vec<_>>()) {
        output::line(line)?;
    }
    for candidate in outcome.rejected.iter().take(10) {
        let reason = &candidate.rejected;
        output::line(format!("  not taken: {}  ({reason})", hit_line(&candidate.hit).trim()))?;
    }
    Ok(())
}

/// Writes the contact sheet where the user wants it, else among Kinora's own pages, and gives its path.
fn write_sheet(
    engine: &Engine,
    library: &Library,
    args: &SearchArgs,
    outcome: &SearchOutcome,
    control: &Control,
) -> anyhow::Result<PathBuf> {
    let read = |hit: &Hit| {
        let path = library.thumbnail(&hit.asset.id)?;
        kinora_files::read(&path, LARGEST_THUMBNAIL).ok()
    };
    let thumbnails: Vec<_> = outcome.hits.iter().map(read).collect();
    let mut question = args.text.clone().unwrap_or_default();
    for like in &args.like {
        question.push_str(&format!(" like {}", like.display()));
    }
    let html = output::sheet::html(question.trim(), outcome, &thumbnails);
    let path = match &args.sheet {
        Some(path) => {
            output::file::write(path, html.as_bytes(), control)
                .with_context(|| format!("cannot write the sheet: {}", path.display()))?;
            path.clone()
        }
        None => engine.keep_page("search", &html)?,
    };
    output::say(&format!("contact sheet: {}", path.display()));
    Ok(path)
}

/// Hands the page to the desktop's own browser.
fn open(path: &Path) -> anyhow::Result<()> {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let mut command = Command::new(program);
    // Absolute, so that no name reads as an option.
    command.arg(std::path::absolute(path)?);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A browser that this starts outlives us, and the Ctrl-C that ends us.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    #[expect(clippy::disallowed_methods, reason = "the browser outlives this program")]
    let started = command.spawn();
    started.with_context(|| {
        format!("cannot open a browser with `{program}`; the page is at {}", path.display())
    })?;
    Ok(())
}
