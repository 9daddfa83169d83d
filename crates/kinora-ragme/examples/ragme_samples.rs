//! Bench: videos of a small model with and without retrieval, for `bench/ragme/evaluate.py` to judge.
//!
//!     ragme_samples WORK OUT
//!
//! WORK holds `model/` (a pipeline's folder), `library.safetensors` (frame embeddings and latents of clips), the
//! controllers' folders, and `plan.json`: the runs, each with its prompts, seeds and the clips found for each prompt.
//! Writes the frames (n, frames, 3, height, width), 0 to 1, of every run to OUT/NAME.safetensors; one that is there
//! already is not made again. Threads: `RAYON_NUM_THREADS`.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context;
use candle_core::{DType, Device, Tensor};
use kinora_diffusion::{Noise, TextToVideoPipeline, UNet3DConditionModel, denoise};
use kinora_ragme::{Guidance, Ragme, Retrieved, guided, rag_init};
use kinora_types::Control;
use serde::Deserialize;

const CPU: Device = Device::Cpu;
/// Samples made together.
const BATCH: usize = 16;

#[derive(Deserialize)]
struct Plan {
    frames: usize,
    side: usize,
    steps: usize,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    name: String,
    /// Folder of the network in `model/`.
    unet: String,
    /// Folder of the controller in WORK.
    controller: String,
    text: f64,
    retrieval: f64,
    /// Start from the clips' latents.
    init: bool,
    prompts: Vec<String>,
    seeds: Vec<u64>,
    /// Rows of the library for each prompt; none for the base alone.
    clips: Vec<Vec<u32>>,
}

struct Bench {
    plan: Plan,
    pipeline: TextToVideoPipeline,
    library: HashMap<String, Tensor>,
    work: PathBuf,
}

impl Bench {
    fn open(work: &Path) -> anyhow::Result<Self> {
        let plan = std::fs::read_to_string(work.join("plan.json")).context("no `plan.json`")?;
        Ok(Self {
            plan: serde_json::from_str(&plan)?,
            pipeline: TextToVideoPipeline::open(&work.join("model"), DType::F32, &CPU)?,
            library: candle_core::safetensors::load(work.join("library.safetensors"), &CPU)?,
            work: work.to_owned(),
        })
    }

    fn run(&self, run: &Run) -> anyhow::Result<Tensor> {
        let folder = self.work.join("model").join(&run.unet);
        let unet = UNet3DConditionModel::open(&folder, DType::F32, &CPU)?;
        let ragme = Ragme::open(&self.work.join(&run.controller), &unet, DType::F32, &CPU)?;
        let mut made = Vec::new();
        for at in (0..run.prompts.len()).step_by(BATCH) {
            let rows = at..(at + BATCH).min(run.prompts.len());
            made.push(self.batch(run, &unet, &ragme, rows)?);
        }
        Ok(Tensor::cat(&made, 0)?)
    }

    fn batch(
        &self,
        run: &Run,
        unet: &UNet3DConditionModel,
        ragme: &Ragme,
        rows: std::ops::Range<usize>,
    ) -> anyhow::Result<Tensor> {
        let clips = &run.clips[rows.clone()];
        let videos = clips.iter().map(|clips| self.videos(clips)).collect::<Result<Vec<_>, _>>()?;
        let hook = ragme.condition(&Retrieved::batch(&videos, ragme.config().embed_dim, &CPU)?)?;
        let mut texts = vec![""; rows.len()];
        texts.extend(run.prompts[rows.clone()].iter().map(String::as_str));
        let text = self.pipeline.encode_text(&texts)?;
        let mut sampler = self.pipeline.kind.start(&self.pipeline.scheduler, self.plan.steps)?;
        let first = sampler.first_alpha_cumprod();
        let start = rows.map(|row| self.start(run, row, first)).collect::<Result<Vec<_>, _>>()?;
        let guidance = Guidance { text: run.text, retrieval: run.retrieval };
        let predict = |latents: &Tensor, timestep: usize| {
            guided(unet, &hook, latents, timestep, &text, guidance)
                .map_err(candle_core::Error::wrap)
        };
        let (start, control) = (Tensor::cat(&start, 0)?, Control::default());
        let latents = denoise(sampler.as_mut(), start, None, predict, &mut |_| (), &control)?;
        let frames = (0..latents.dim(0)?).map(|row| {
            let decoded = self.pipeline.decode(&latents.narrow(0, row, 1)?, &control)?;
            Ok(decoded.unsqueeze(0)?)
        });
        Ok(Tensor::cat(&frames.collect::<anyhow::Result<Vec<_>>>()?, 0)?)
    }

    fn videos(&self, clips: &[u32]) -> candle_core::Result<Vec<Vec<Vec<f32>>>> {
        let frames = &self.library["library.frames"];
        clips.iter().map(|row| frames.get(*row as usize)?.to_vec2::<f32>()).collect()
    }

    fn start(&self, run: &Run, row: usize, alpha: f64) -> anyhow::Result<Tensor> {
        let (channels, side) =
            (self.pipeline.unet.config().in_channels, self.pipeline.codec.scale());
        let side = self.plan.side / side;
        let shape = (1, channels, self.plan.frames, side, side);
        let noise = Noise::new(run.seeds[row]).normal(shape, &CPU)?;
        if !run.init || run.clips[row].is_empty() {
            return Ok(noise);
        }
        let rows = Tensor::new(run.clips[row].as_slice(), &CPU)?;
        let latents = self.library["library.latents"].index_select(&rows, 0)?;
        Ok(rag_init(&latents, self.pipeline.codec.scaling_factor(), alpha, &noise)?)
    }
}

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (work, out) = args.next().zip(args.next()).context("usage: ragme_samples WORK OUT")?;
    let bench = Bench::open(&work)?;
    std::fs::create_dir_all(&out)?;
    for run in &bench.plan.runs {
        let path = out.join(format!("{}.safetensors", run.name));
        if path.is_file() {
            continue;
        }
        let started = Instant::now();
        let frames = bench.run(run)?;
        let aside = path.with_extension("part");
        candle_core::safetensors::save(&HashMap::from([("frames", frames)]), &aside)?;
        std::fs::rename(aside, &path)?;
        let seconds = started.elapsed().as_secs_f64();
        println!("{}: {} videos, {seconds:.1} s", run.name, run.prompts.len());
    }
    Ok(())
}
