//! `kinora transcript`

use std::io::{self, Write};

use kinora_engine::{Studio, to_srt, to_webvtt};
use kinora_types::{Asset, Passage};
use serde::Serialize;

use crate::{Outcome, args::TranscriptArgs, output};

#[derive(Serialize)]
struct Report<'a> {
    asset: &'a Asset,
    passages: &'a [Passage],
}

/// Runs the command.
pub fn run(studio: &Studio, args: &TranscriptArgs, json: bool) -> anyhow::Result<Outcome> {
    let (asset, passages) = studio.transcript(&args.library.library, &args.asset)?;
    if json {
        output::json(&Report { asset: &asset, passages: &passages })?;
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
