//! `kinora search`

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::Context;
use kinora_engine::{
    Control, Engine, Example, Job, Library, Listed, Mode, SearchOutcome, SearchRequest,
};
use kinora_types::{Asset, Candidate, Hit, Passage, RejectReason};
use serde::Serialize;

use super::{filtered, list::taken};
use crate::{
    Outcome,
    args::{By, SearchArgs},
    output::{self, sheet::Figure},
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
    let no_question = args.text.is_none() && args.like.is_empty();
    if no_question && args.filter.is_empty() {
        let what = "there is nothing to look for: give words, `--like FILE`, or a filter such as `--after 2023`";
        return Err(super::usage(what.into()));
    }
    let text = args.text.as_deref().map(super::words).transpose()?;
    let request = request(args, text.as_deref());
    let library = engine.library(&args.library.library)?;
    let job = Job::new(control);
    if no_question {
        let sheet = |found: &[Listed]| {
            show_sheet(engine, &library, args, &request, found.iter().map(dated), control)
        };
        return filtered::run(&library, args, json, control, &sheet);
    }
    if args.by == By::Motion {
        let (near, limit) = (request.near.as_ref(), usize::from(args.limit));
        let hits = library.search_by_motion(&request.like, near, &request.filter, limit, &job)?;
        return by_motion(library.name(), &args.like, &hits, json);
    }
    let outcome = library.search(&request, &job)?;
    show_sheet(engine, &library, args, &request, outcome.hits.iter().map(scored), control)?;
    if json {
        let (library, query) = (library.name(), &request.text);
        output::json(&SearchReport { library, query, like: &args.like, outcome: &outcome })?;
    } else {
        print(&outcome, request.limit, args.explain)?;
    }
    Ok(if outcome.hits.is_empty() { Outcome::Nothing } else { Outcome::Done })
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
    } else if hits.is_empty() {
        output::line("no other video that was looked through and passes the filters")?;
    } else {
        hits.iter().try_for_each(|hit| output::line(hit_line(hit)))?;
    }
    Ok(if hits.is_empty() { Outcome::Nothing } else { Outcome::Done })
}

fn request(args: &SearchArgs, text: Option<&str>) -> SearchRequest {
    SearchRequest {
        text: text.map(str::to_owned),
        like: args.like.iter().map(|path| example(path)).collect(),
        text_weight: args.text_weight,
        minus: args.minus.clone(),
        near: args.filter.near(),
        filter: args.filter.filter(),
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

fn print(outcome: &SearchOutcome, limit: usize, explain: bool) -> anyhow::Result<()> {
    if !outcome.fits {
        let shown = |score: Option<f32>| score.map_or("none".into(), |s| format!("{s:.3}"));
        let why = match outcome.best_score {
            None if denied(outcome).is_some() => String::new(),
            None => ": it is empty, or no picture passes the filters".to_owned(),
            best => format!(" (best score {}, needed {})", shown(best), shown(outcome.threshold)),
        };
        output::line(format!("nothing in this library fits{why}"))?;
    }
    for line in output::suggestions(&outcome.suggestions, limit) {
        output::line(line)?;
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
    let span = passage.range.map(|range| format!(" {range}")).unwrap_or_default();
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

/// What a sheet says of a hit: its score, and when a video shows it.
fn scored(hit: &Hit) -> (&Asset, String) {
    let score = hit.scores.dense.map_or(String::new(), |score| format!("{score:.3}"));
    (&hit.asset, score + &output::times(hit))
}

/// What a sheet says of what has no score: when it was taken.
fn dated(listed: &Listed) -> (&Asset, String) {
    (&listed.asset, taken(listed))
}

/// Writes the contact sheet, if one is wanted, where the user wants it, else among Kinora's own pages, and opens it.
fn show_sheet<'a>(
    engine: &Engine,
    library: &Library,
    args: &SearchArgs,
    request: &SearchRequest,
    found: impl Iterator<Item = (&'a Asset, String)>,
    control: &Control,
) -> anyhow::Result<()> {
    if args.sheet.is_none() && !args.open {
        return Ok(());
    }
    let read =
        |asset: &Asset| kinora_files::read(&library.thumbnail(&asset.id)?, LARGEST_THUMBNAIL).ok();
    let figure = |(asset, note): (&'a Asset, String)| {
        let thumbnail = read(asset);
        Figure { asset, note, thumbnail }
    };
    let figures: Vec<Figure<'_>> = found.map(figure).collect();
    let mut question = request.text.clone().unwrap_or_default();
    for like in &args.like {
        question.push_str(&format!(" like {}", like.display()));
    }
    let html = output::sheet::html(question.trim(), &figures);
    let path = match &args.sheet {
        Some(path) => {
            output::file::write(path, html.as_bytes(), control)
                .with_context(|| format!("cannot write the sheet: {}", path.display()))?;
            path.clone()
        }
        None => engine.keep_page("search", &html)?,
    };
    output::say(&format!("contact sheet: {}", path.display()));
    if args.open { open(&path) } else { Ok(()) }
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
