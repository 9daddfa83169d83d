//! `kinora train`

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use kinora_engine::{Filter, Studio, TrainConfig, TrainProgress, TrainRequest, Trained};
use kinora_types::Size;
use serde::Serialize;

use crate::{Outcome, args::LibraryArg, output};

#[derive(Args)]
pub struct TrainArgs {
    /// Folder of the model as diffusers saves it (ModelScope, ZeroScope).
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,
    #[command(flatten)]
    pub library: LibraryArg,
    /// Folder of the run and its controller; one that is there goes on [default: `ragme` in the model's folder].
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Optimiser steps in all, those of earlier runs included.
    #[arg(long, default_value_t = 1000)]
    pub steps: u64,
    /// Clips of one video at most.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub per_video: usize,
    /// Frame size of the clips [default: the run's, or 448x256].
    #[arg(long)]
    pub size: Option<Size>,
    /// Frames of a clip [default: the run's, or 12].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub frames: Option<u32>,
    /// Frames a second [default: the run's, or 8].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=120))]
    pub fps: Option<u32>,
    /// JSON file with options of a new run: modules, optimiser, batch, dropout, checkpointing.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use only videos under this licence, e.g. `CC0` or `CC BY`; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub licence: Vec<String>,
}

#[derive(Serialize)]
struct Report<'a> {
    folder: &'a Path,
    clips: usize,
    steps: u64,
    /// Of the last step of this run.
    loss: Option<f32>,
}

/// Runs the command.
pub fn run(studio: &Studio, args: &TrainArgs, json: bool) -> anyhow::Result<Outcome> {
    let request = request(args)?;
    let control = super::interruptible()?;
    let videos = output::progress::bar(0, "videos");
    let steps = OnceCell::new();
    let (mut loss, mut skipped) = (None, 0);
    let mut progress = |progress: TrainProgress<'_>| match progress {
        TrainProgress::Videos { done, total } => {
            videos.set_length(total);
            videos.set_position(done);
        }
        TrainProgress::Skipped { video, why } => {
            skipped += 1;
            videos.suspend(|| {
                eprintln!("left out: {}: {}", output::shown(video), output::shown(why))
            });
        }
        TrainProgress::Step(step) => {
            loss = Some(step.loss);
            let bar = steps.get_or_init(|| {
                videos.finish_and_clear();
                output::progress::bar(args.steps, "steps")
            });
            bar.set_position(step.step);
            bar.set_message(format!("loss {:.4}", step.loss));
        }
    };
    let result = studio.train(&args.library.library, &request, &control, &mut progress);
    videos.finish_and_clear();
    if let Some(bar) = steps.get() {
        bar.finish_and_clear();
    }
    let Trained { folder, clips, steps } = result?;
    if json {
        output::json(&Report { folder: &folder, clips, steps, loss })?;
    } else {
        let shown = folder.display().to_string();
        let last = loss.map_or_else(String::new, |loss| format!(", loss {loss:.4}"));
        output::line(format!("{steps} steps on {clips} clips{last}: {}", output::shown(&shown)))?;
    }
    let whole = steps >= args.steps && skipped == 0;
    Ok(if whole { Outcome::Done } else { Outcome::Partly })
}

fn request(args: &TrainArgs) -> anyhow::Result<TrainRequest> {
    let options = args.config.as_deref().map(read).transpose()?;
    Ok(TrainRequest {
        model: args.model.clone(),
        out: args.output.clone(),
        size: args.size,
        frames: args.frames,
        fps: args.fps,
        options,
        steps: args.steps,
        per_video: args.per_video,
        filter: Filter { licences: args.licence.clone(), ..Filter::default() },
    })
}

fn read(path: &Path) -> anyhow::Result<TrainConfig> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    serde_json::from_str(&text).map_err(|error| super::usage(format!("{name}: {error}")))
}
