//! A run as the floor above sees it: a model's folder, a folder of clips made for it, and the run's own folder.
//!
//! OUT holds `clips-…/` (one folder for each base, size and embedding space, so that none is taken for another),
//! `metrics.jsonl`, `metrics.svg`, the state of the run, and the controller that [`crate::RagmeGenerator`] reads.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use kinora_diffusion::{TextToVideoPipeline, Variables};
use kinora_types::{Control, Picture, Size};

use super::{ClipFolder, Entry, Metrics, TrainConfig, Trainer, checkpoint, plot};
use crate::{
    error::{RagmeError, Result},
    fingerprint::fingerprint,
    generator::{GENERATION_FILE, GenerationConfig, clip_latents},
};

/// Steps between two states on disk.
const SAVED_EVERY: u64 = 100;
const METRICS: &str = "metrics.jsonl";
const PLOT: &str = "metrics.svg";

/// A run, or the place for one. On the CPU in `f32`.
#[derive(Debug)]
pub struct TrainingSession {
    pipeline: TextToVideoPipeline,
    generation: GenerationConfig,
    out: PathBuf,
    clips: PathBuf,
}

impl TrainingSession {
    /// For the base in `model`, as diffusers saves it, in the folder `out`; `generation` is how the controller will be
    /// sampled and kept with it, `space` names the frame embeddings.
    ///
    /// # Errors
    /// A file of the base is missing or does not fit, a folder cannot be made, or cancellation.
    pub fn open(
        model: &Path,
        out: &Path,
        generation: GenerationConfig,
        space: &str,
        control: &Control,
    ) -> Result<Self> {
        let pipeline = TextToVideoPipeline::open(model, DType::F32, &Device::Cpu)?;
        let GenerationConfig { width, height, frames, fps, .. } = &generation;
        // What latents and text come from; the trained network is not among it.
        let encoders: String = ["vae", "text_encoder"]
            .map(|part| model.join(part))
            .iter()
            .filter(|folder| folder.is_dir())
            .map(|folder| Ok(fingerprint(folder, control)?[..8].to_owned()))
            .collect::<Result<_>>()?;
        let space: String =
            space.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let clips =
            out.join(format!("clips-{width}x{height}x{frames}-{fps}fps-{encoders}-{space}"));
        std::fs::create_dir_all(&clips).map_err(|e| RagmeError::file(&clips, e))?;
        checkpoint::write_json(&out.join(GENERATION_FILE), &generation)?;
        Ok(Self { pipeline, generation, out: out.to_owned(), clips })
    }

    /// Size, length and rate of the clips.
    pub fn generation(&self) -> &GenerationConfig {
        &self.generation
    }

    /// The run's folder.
    pub fn folder(&self) -> &Path {
        &self.out
    }

    /// Whether the clip of this name is there already.
    pub fn has_clip(&self, name: &str) -> bool {
        self.clips.join(name).is_file()
    }

    /// Frame embeddings of a clip that was written.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn frames(&self, name: &str) -> Result<Vec<Vec<f32>>> {
        super::clips::frames(&self.clips.join(name), &Device::Cpu)
    }

    /// Encodes and writes a clip: all of its frames, its words, and the embeddings of every third frame.
    ///
    /// # Errors
    /// Another number of frames than the model makes, no embedding, or a file that cannot be written.
    pub fn write_clip(
        &self,
        name: &str,
        pictures: &[Picture],
        words: &str,
        embeddings: &[Vec<f32>],
        control: &Control,
    ) -> Result<()> {
        let wanted = self.generation.frames as usize;
        let width = embeddings.first().map_or(0, Vec::len);
        if pictures.len() != wanted || width == 0 {
            let found = pictures.len();
            return Err(RagmeError::Input(format!("{found} frames where {wanted} are needed")));
        }
        let size = Size { width: self.generation.width, height: self.generation.height };
        let latents = clip_latents(&self.pipeline, pictures, size, control)?;
        let latents = (latents * self.pipeline.codec.scaling_factor())?;
        let text = self.pipeline.encode_text(&[words])?.squeeze(0)?;
        let frames = Tensor::new(embeddings.to_vec(), &Device::Cpu)?;
        ClipFolder::write_clip(&self.clips, name, &latents, &text, &frames)
    }

    /// Trains on these clips until so many steps are done in all, or until it is cancelled: then too the state is
    /// kept, and the next call goes on from it. A run that is there keeps its own options; `options` begin one.
    ///
    /// Gives the steps done.
    ///
    /// # Errors
    /// Clips or state that cannot be read, a folder that cannot be written, [`RagmeError::Diverged`].
    pub fn run(
        &self,
        entries: &[Entry],
        options: &TrainConfig,
        steps: u64,
        control: &Control,
        done: &mut dyn FnMut(&Metrics),
    ) -> Result<u64> {
        ClipFolder::write_index(&self.clips, entries)?;
        let clips = ClipFolder::open(&self.clips, &Device::Cpu)?;
        let (unet, scheduler) = (&self.pipeline.unet, &self.pipeline.scheduler);
        let mut trainer = if checkpoint::is_there(&self.out) {
            Trainer::resume(&self.out, unet, Variables::new(), scheduler, &Device::Cpu)?
        } else {
            Trainer::new(unet, scheduler, options.clone(), &Device::Cpu)?
        };
        let metrics = self.out.join(METRICS);
        while trainer.steps() < steps && !control.is_cancelled() {
            let step = trainer.step(&clips)?;
            step.append(&metrics)?;
            done(&step);
            if trainer.steps() % SAVED_EVERY == 0 {
                trainer.save(&self.out)?;
            }
        }
        trainer.save(&self.out)?;
        if metrics.is_file() {
            let path = self.out.join(PLOT);
            let svg = plot(&Metrics::read(&metrics)?);
            std::fs::write(&path, svg).map_err(|e| RagmeError::file(&path, e))?;
        }
        Ok(trainer.steps())
    }
}
