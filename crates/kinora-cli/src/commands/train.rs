//! `kinora train`

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use clap::Args;
use kinora_engine::{Control, Engine, Event, Filter, Job, TrainConfig, TrainRequest, Trained};
use kinora_types::Size;
use serde::Serialize;

use crate::{
    Outcome,
    args::LibraryArg,
    output::{self, progress::Bar},
};

/// Bytes of a file of options.
const LARGEST_CONFIG: u64 = 1 << 20;

#[derive(Args)]
pub(crate) struct TrainArgs {
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
struct TrainingReport<'a> {
    folder: &'a Path,
    clips: usize,
    steps: u64,
    /// Of the last step of this run.
    loss: Option<f32>,
}

/// Runs the command.
pub(crate) fn run(
    engine: &Engine,
    args: &TrainArgs,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let request = request(args)?;
    let library = engine.library(&args.library.library)?;
    let videos = output::progress::bar(0, "videos");
    let screen = Screen { videos, steps: None, wanted: args.steps, loss: None, skipped: 0 };
    let screen = Arc::new(Mutex::new(screen));
    let shown = Arc::clone(&screen);
    let job = Job::new(control).on_event(move |event| output::locked(&shown).show(event));
    let result = library.train(&request, &job);
    let screen = output::locked(&screen);
    screen.clear();
    let (loss, skipped) = (screen.loss, screen.skipped);
    let Trained { folder, clips, steps } = result?;
    if json {
        output::json(&TrainingReport { folder: &folder, clips, steps, loss })?;
    } else {
        let last = loss.map_or_else(String::new, |loss| format!(", loss {loss:.4}"));
        output::line(format!("{steps} steps on {clips} clips{last}: {}", folder.display()))?;
    }
    let whole = steps >= args.steps && skipped == 0;
    Ok(if whole { Outcome::Done } else { Outcome::Partly })
}

/// Bars, first of videos, then of steps.
struct Screen {
    videos: Bar,
    steps: Option<Bar>,
    /// Steps in all.
    wanted: u64,
    /// Of the last step.
    loss: Option<f32>,
    skipped: u64,
}

impl Screen {
    fn show(&mut self, event: Event) {
        match event {
            Event::Videos { done, total } => {
                self.videos.length(total);
                self.videos.position(done);
            }
            Event::VideoSkipped { video, why } => {
                self.skipped += 1;
                self.videos.warn(&format!("left out: {video}: {why}"), None);
            }
            Event::Step(step) => {
                self.loss = Some(step.loss);
                let bar = self.steps.get_or_insert_with(|| {
                    self.videos.clear();
                    output::progress::bar(self.wanted, "steps")
                });
                bar.position(step.step);
                bar.message(&format!("loss {:.4}", step.loss));
            }
            _ => {}
        }
    }

    fn clear(&self) {
        self.videos.clear();
        if let Some(bar) = &self.steps {
            bar.clear();
        }
    }
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
