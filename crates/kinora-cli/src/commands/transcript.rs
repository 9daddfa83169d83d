//! `kinora transcript`

use std::io::{self, Write};

use kinora_engine::{Studio, to_srt, to_webvtt};
use kinora_types::Passage;
use serde::Serialize;

use crate::{Outcome, args::TranscriptArgs, output};

#[derive(Serialize)]
struct Report<'a> {
    asset: &'a str,
    passages: &'a [Passage],
}

/// Runs the command.
pub fn run(studio: &Studio, args: &TranscriptArgs, json: bool) -> anyhow::Result<Outcome> {
    let control = super::interruptible()?;
    let bar = output::progress::spinner();
    let mut progress = |ms: u64| {
        bar.set_message(format!("listened to {}", output::timecode(ms as f64 / 1000.0)));
        bar.tick();
    };
    let found = studio.transcript(&args.library.library, &args.asset, &control, &mut progress);
    bar.finish_and_clear();
    let passages = found?;
    if json {
        output::json(&Report { asset: &args.asset, passages: &passages })?;
    } else if args.srt {
        io::stdout().lock().write_all(to_srt(&passages).as_bytes())?;
    } else if args.vtt {
        io::stdout().lock().write_all(to_webvtt(&passages).as_bytes())?;
    } else if passages.is_empty() {
        eprintln!("nobody is heard to speak in it");
    } else {
        for passage in &passages {
            let span = passage.range.map(output::span).unwrap_or_default();
            output::line(output::shown(&format!("{span}  {}", passage.text)))?;
        }
    }
    Ok(Outcome::Done)
}
