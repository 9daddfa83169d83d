//! `kinora transcript`

use kinora_engine::{Control, Studio, to_srt, to_webvtt};
use kinora_types::Passage;
use serde::Serialize;

use crate::{Outcome, args::TranscriptArgs, output};

#[derive(Serialize)]
struct Report<'a> {
    asset: &'a str,
    passages: &'a [Passage],
}

/// Runs the command.
pub fn run(
    studio: &Studio,
    args: &TranscriptArgs,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let bar = output::progress::spinner();
    let mut progress = |ms: u64| {
        bar.message(&format!("listened to {}", output::timecode(ms as f64 / 1000.0)));
        bar.tick();
    };
    let found = studio.transcript(&args.library.library, &args.asset, control, &mut progress);
    bar.clear();
    let passages = found?;
    if json {
        output::json(&Report { asset: &args.asset, passages: &passages })?;
    } else if args.srt {
        output::document(&to_srt(&passages))?;
    } else if args.vtt {
        output::document(&to_webvtt(&passages))?;
    } else if passages.is_empty() {
        output::say("nobody is heard to speak in it");
    } else {
        for passage in &passages {
            let span = passage.range.map(output::span).unwrap_or_default();
            output::line(format!("{span}  {}", passage.text))?;
        }
    }
    Ok(Outcome::Done)
}
