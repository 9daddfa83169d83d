//! `kinora transcript`

use std::{path::Path, sync::Arc};

use kinora_engine::{Control, Engine, EngineError, ErrorKind, Event, Job, to_srt, to_webvtt};
use kinora_types::{Certainty, Clock, Passage};
use serde::Serialize;

use crate::{Outcome, args::TranscriptArgs, output};

#[derive(Serialize)]
struct TranscriptReport<'a> {
    asset: &'a str,
    /// Seconds of doubtful words, and of speech without any.
    doubtful_s: f64,
    not_understood_s: f64,
    passages: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    certainty: Certainty,
    #[serde(flatten)]
    passage: &'a Passage,
}

impl<'a> TranscriptReport<'a> {
    fn new(asset: &'a str, passages: &'a [Passage]) -> Self {
        let line = |passage: &'a Passage| Line { certainty: passage.certainty(), passage };
        Self {
            asset,
            doubtful_s: seconds(passages, Certainty::Doubtful),
            not_understood_s: seconds(passages, Certainty::NotUnderstood),
            passages: passages.iter().map(line).collect(),
        }
    }
}

/// How long passages of one certainty last together.
fn seconds(passages: &[Passage], certainty: Certainty) -> f64 {
    let of_it = passages.iter().filter(|passage| passage.certainty() == certainty);
    of_it.filter_map(|passage| passage.range).map(|range| range.length().as_secs_f64()).sum()
}

/// Runs the command.
pub(crate) fn run(
    engine: &Engine,
    args: &TranscriptArgs,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let passages = passages(engine, args, control)?;
    if json {
        output::json(&TranscriptReport::new(&args.asset, &passages))?;
    } else if args.srt {
        output::document(&to_srt(&passages))?;
    } else if args.vtt {
        output::document(&to_webvtt(&passages))?;
    } else if passages.is_empty() {
        output::say("nobody is heard to speak in it");
    } else {
        for passage in &passages {
            let span = passage.range.map(|range| range.to_string()).unwrap_or_default();
            output::line(format!("{span}  {}", words(passage)))?;
        }
    }
    if !json {
        tell(&passages);
    }
    Ok(Outcome::Done)
}

/// What the library knows; a file that is in no library is heard here and now.
fn passages(
    engine: &Engine,
    args: &TranscriptArgs,
    control: &Control,
) -> Result<Vec<Passage>, EngineError> {
    let library = engine.library(&args.library.library);
    let known = library.and_then(|library| library.transcript(&args.asset));
    let file = Path::new(&args.asset);
    match known {
        Err(error) if error.kind() == ErrorKind::NotFound && file.is_file() => {
            let bar = Arc::new(output::progress::spinner());
            let shown = Arc::clone(&bar);
            let job = Job::new(control).on_event(move |event| {
                if let Event::Listened { ms } = event {
                    shown.message(&format!("listened to {}", Clock(ms)));
                    shown.tick();
                }
            });
            let heard = engine.hear(file, &job);
            bar.clear();
            heard
        }
        known => known,
    }
}

/// The words with a mark where they are doubtful.
fn words(passage: &Passage) -> String {
    match passage.certainty() {
        Certainty::Certain => passage.text.clone(),
        Certainty::Doubtful => format!("[?] {}", passage.text),
        Certainty::NotUnderstood => "[not understood]".to_owned(),
    }
}

/// Says on the error output how much of the speech has no words to rely on.
fn tell(passages: &[Passage]) {
    let counts = [
        (Certainty::NotUnderstood, "not understood ([not understood])"),
        (Certainty::Doubtful, "doubtful ([?])"),
    ];
    for (certainty, name) in counts {
        let seconds = seconds(passages, certainty);
        if seconds > 0.0 {
            output::say(&format!("note: {seconds:.1} s of speech are {name}"));
        }
    }
}
