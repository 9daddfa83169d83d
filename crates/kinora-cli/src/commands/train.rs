//! `kinora train`

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
};

use clap::Args;
use kinora_engine::{Control, Filter, Studio, TrainConfig, TrainProgress, TrainRequest, Trained};
use kinora_types::Size;
use serde::Serialize;

use crate::{Outcome, args::LibraryArg, output};

/// Bytes of a file of options.
const LARGEST_CONFIG: u64 = 1 << 20;

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
pub fn run(
    studio: &Studio,
    args: &TrainArgs,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let request = request(args)?;
    let videos = output::progress::bar(0, "videos");
    let steps = OnceCell::new();
    let (mut loss, mut skipped) = (None, 0);
    let mut progress = |progress: TrainProgress<'_>| match progress {
        TrainProgress::Videos { done, total } => {
            videos.length(total);
            videos.position(done);
        }
        TrainProgress::Skipped { video, why } => {
            skipped += 1;
            videos.say(&format!("left out: {video}: {why}"));
        }
        TrainProgress::Step(step) => {
            loss = Some(step.loss);
            let bar = steps.get_or_init(|| {
                videos.clear();
                output::progress::bar(args.steps, "steps")
            });
            bar.position(step.step);
            bar.message(&format!("loss {:.4}", step.loss));
        }
    };
    let result = studio.train(&args.library.library, &request, control, &mut progress);
    videos.clear();
    if let Some(bar) = steps.get() {
        bar.clear();
    }
    let Trained { folder, clips, steps } = result?;
    if json {
        output::json(&Report { folder: &folder, clips, steps, loss })?;
    } else {
        let last = loss.map_or_else(String::new, |loss| format!(", loss {loss:.4}"));
        output::line(format!("{steps} steps on {clips} clips{last}: {}", folder.display()))?;
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
    let text = super::read_text(path, LARGEST_CONFIG)?;
    serde_json::from_str(&text)
        .map_err(|error| super::usage(format!("{error}: {}", path.display())))
}
