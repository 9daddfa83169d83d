//! Training of the added modules: the autoencoder and the text encoder stay frozen, and the base too, or all
//! of it but what [`Trainer::with_base`] is given.
//!
//! The paper's authors published no training; this one minimises the squared error of the predicted noise by
//! AdamW, drops all retrieved videos of a sample with some probability, clips gradients, and keeps a moving
//! average of the weights. A run is named by its seed and options: one that is resumed gives the losses of
//! one that was never broken.
//!
//! Memory: the graph of one micro-batch from the first site on (nothing before it depends on a variable), since
//! gradients of `accumulate` micro-batches are added up before a step; five times the added weights besides. With
//! `checkpointing`, an activation a layer and the graph of one layer instead, for one more forward pass.

mod adamw;
mod checkpoint;
mod clips;
mod metrics;
mod session;

use std::{collections::BTreeMap, time::Instant};

use candle_core::{DType, Device, Tensor};
use kinora_diffusion::{
    Noise, PredictionType, SchedulerConfig, UNet3DConditionModel, UNetInput, Variables, Weights,
};
use serde::{Deserialize, Serialize};

pub use adamw::{AdamW, AdamWConfig, Gradients, clip};
pub use checkpoint::BASE_FILE;
pub use clips::{Clip, ClipFolder, Clips, Entry};
pub use metrics::{Metrics, plot};
pub use session::TrainingSession;

use crate::{
    config::RagmeConfig,
    controller::Ragme,
    error::{RagmeError, Result},
    retrieved::Retrieved,
};

/// Before the names of the base's tensors.
const BASE: &str = "base.";

/// Options of a run.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// The modules.
    pub ragme: RagmeConfig,
    /// The optimiser.
    pub adamw: AdamWConfig,
    /// Clips in a micro-batch.
    pub batch: usize,
    /// Micro-batches in a step.
    pub accumulate: usize,
    /// Largest norm of all gradients.
    pub clip_norm: f64,
    /// Decay of the moving average; slower at the start.
    pub ema_decay: f64,
    /// Probability that a sample sees no retrieved video.
    pub retrieval_dropout: f64,
    /// Retrieved videos of a sample.
    pub videos: usize,
    /// Makes activations inside layers again on the way back: a quarter of the memory on a small base, 7 % more time.
    pub checkpointing: bool,
    /// Names the start of the weights and all that is drawn.
    pub seed: u64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            ragme: RagmeConfig::default(),
            adamw: AdamWConfig::default(),
            batch: 1,
            accumulate: 8,
            clip_norm: 1.0,
            ema_decay: 0.9999,
            retrieval_dropout: 0.1,
            videos: 5,
            checkpointing: false,
            seed: 0,
        }
    }
}

/// Inputs and target of one forward pass.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Noisy latents (b, C, frames, h, w).
    pub sample: Tensor,
    /// Step numbers (b,), `f32`.
    pub timesteps: Tensor,
    /// (b, tokens, width).
    pub text: Tensor,
    /// What the network should say, as `sample`.
    pub target: Tensor,
    /// Retrieved videos of b samples.
    pub retrieved: Retrieved,
}

/// A run.
#[derive(Debug)]
pub struct Trainer<'a> {
    unet: &'a UNet3DConditionModel,
    ragme: Ragme,
    variables: Variables,
    optimizer: AdamW,
    ema: BTreeMap<String, Tensor>,
    noise: Noise,
    alphas_cumprod: Vec<f32>,
    prediction: PredictionType,
    config: TrainConfig,
    device: Device,
}

impl<'a> Trainer<'a> {
    /// The start of a run on a frozen base; `scheduler` tells how noise was mixed when the base was trained.
    ///
    /// # Errors
    /// Options that contradict each other or the base.
    pub fn new(
        unet: &'a UNet3DConditionModel,
        scheduler: &SchedulerConfig,
        config: TrainConfig,
        device: &Device,
    ) -> Result<Self> {
        if config.batch == 0 || config.accumulate == 0 {
            return Err(RagmeError::Input("`batch` and `accumulate` start at 1".into()));
        }
        if unet.dtype() != DType::F32 {
            return Err(RagmeError::Input("training needs the base in `f32`".into()));
        }
        let weights = Weights::fresh(config.seed, DType::F32, device);
        Self::on(unet, scheduler, config, weights, device)
    }

    /// As [`Trainer::new`], from given tensors.
    ///
    /// # Errors
    /// As there, and tensors that do not fit.
    pub fn on(
        unet: &'a UNet3DConditionModel,
        scheduler: &SchedulerConfig,
        config: TrainConfig,
        weights: Weights,
        device: &Device,
    ) -> Result<Self> {
        let (ragme, variables) = Ragme::build(config.ragme.clone(), unet, weights.trainable())?;
        let optimizer = AdamW::new(config.adamw, &variables)?;
        let copy = |(name, var): (&String, &candle_core::Var)| {
            Ok((name.clone(), var.as_tensor().copy()?.detach()))
        };
        Ok(Self {
            ema: variables.iter().map(copy).collect::<candle_core::Result<_>>()?,
            alphas_cumprod: scheduler.alphas_cumprod()?,
            prediction: scheduler.prediction_type,
            noise: Noise::new(config.seed ^ 0x7261_676d_6500_0000),
            device: device.clone(),
            unet,
            ragme,
            variables,
            optimizer,
            config,
        })
    }

    /// Trains these tensors of the base too, as its temporal attentions: the variables that the base was built on
    /// (`f32`). Before the first step.
    ///
    /// # Errors
    /// No memory for the optimiser.
    pub fn with_base(mut self, base: Variables) -> Result<Self> {
        for (name, variable) in base {
            let name = format!("{BASE}{name}");
            self.ema.insert(name.clone(), variable.as_tensor().copy()?.detach());
            self.variables.insert(name, variable);
        }
        self.optimizer = AdamW::new(self.config.adamw, &self.variables)?;
        Ok(self)
    }

    /// The modules as they are now.
    pub fn ragme(&self) -> &Ragme {
        &self.ragme
    }

    /// Their tensors by name.
    pub fn variables(&self) -> &Variables {
        &self.variables
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.optimizer.steps
    }

    /// One optimiser step on clips drawn from all.
    ///
    /// # Errors
    /// Clips that cannot be read or have other shapes; [`RagmeError::Diverged`].
    pub fn step(&mut self, clips: &dyn Clips) -> Result<Metrics> {
        let started = Instant::now();
        let (mut total, mut gradients) = (0.0, Gradients::new());
        for _ in 0..self.config.accumulate {
            let batch = self.draw(clips)?;
            total += self.accumulate(&batch, &mut gradients)? / self.config.accumulate as f32;
        }
        let gradient_norm = self.apply(gradients)?;
        Ok(Metrics {
            step: self.steps(),
            loss: total,
            gradient_norm,
            opening: self.ragme.opening()?,
            seconds: started.elapsed().as_secs_f64(),
        })
    }

    /// The squared error of a batch, with its graph.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn loss(&self, batch: &Batch) -> Result<Tensor> {
        let hook = self.ragme.condition(&batch.retrieved)?;
        let said = self.unet.forward(&batch.sample, &batch.timesteps, &batch.text, &hook)?;
        Ok(squared_error(&said, &batch.target)?)
    }

    /// Adds a batch's gradients, divided by the micro-batches of a step; gives its loss.
    ///
    /// # Errors
    /// [`RagmeError::Diverged`] if the loss is not finite.
    pub fn accumulate(&self, batch: &Batch, gradients: &mut Gradients) -> Result<f32> {
        let (value, found) =
            if self.config.checkpointing { self.checkpointed(batch)? } else { self.plain(batch)? };
        for (name, gradient) in found {
            let sum = match gradients.get(&name) {
                Some(before) => (before + gradient)?,
                None => gradient,
            };
            gradients.insert(name, sum.detach());
        }
        Ok(value)
    }

    /// Loss and gradients, divided by the micro-batches of a step.
    fn plain(&self, batch: &Batch) -> Result<(f32, Gradients)> {
        let loss = self.loss(batch)?;
        let value = self.finite(&loss)?;
        let found = (loss / self.config.accumulate as f64)?.backward()?;
        Ok((value, self.named(|variable| found.get(variable))))
    }

    /// As [`Trainer::plain`], with the memory of one layer.
    fn checkpointed(&self, batch: &Batch) -> Result<(f32, Gradients)> {
        let encoded = self.ragme.condition(&batch.retrieved)?;
        let hook = encoded.as_leaf()?;
        let tokens = &hook.tokens().tokens;
        let leaves: Vec<&Tensor> =
            self.variables.values().map(|v| v.as_tensor()).chain([tokens]).collect();
        let input = UNetInput { sample: &batch.sample, steps: &batch.timesteps, text: &batch.text };
        let scale = 1.0 / self.config.accumulate as f64;
        let found = self.unet.checkpointed(input, &hook, &leaves, |said| {
            squared_error(said, &batch.target)? * scale
        })?;
        let value = self.finite(&(&found.loss / scale)?)?;
        let Some(gradient) = found.get(tokens) else {
            return Ok((value, self.named(|variable| found.get(variable))));
        };
        // The enhancer stands before all sites; its graph is small and was kept.
        let enhancer = (&encoded.tokens().tokens * gradient)?.sum_all()?.backward()?;
        let of = |variable: &Tensor| found.get(variable).or_else(|| enhancer.get(variable));
        Ok((value, self.named(of)))
    }

    fn named<'g>(&self, of: impl Fn(&Tensor) -> Option<&'g Tensor>) -> Gradients {
        let one = |(name, variable): (&String, &candle_core::Var)| {
            Some((name.clone(), of(variable.as_tensor())?.clone()))
        };
        self.variables.iter().filter_map(one).collect()
    }

    fn finite(&self, loss: &Tensor) -> Result<f32> {
        let loss = loss.to_scalar::<f32>()?;
        if loss.is_finite() {
            return Ok(loss);
        }
        Err(RagmeError::Diverged { step: self.steps(), loss })
    }

    /// Clips, steps, averages; gives the norm before clipping.
    ///
    /// # Errors
    /// The tensor library's.
    pub fn apply(&mut self, mut gradients: Gradients) -> Result<f64> {
        let norm = clip(&mut gradients, self.config.clip_norm)?;
        self.optimizer.step(&self.variables, &gradients)?;
        let steps = self.steps() as f64;
        let decay = self.config.ema_decay.min((1.0 + steps) / (10.0 + steps));
        for (name, variable) in &self.variables {
            let new = (variable.as_tensor().detach() * (1.0 - decay))?;
            let mean = ((&self.ema[name] * decay)? + new)?;
            self.ema.insert(name.clone(), mean);
        }
        Ok(norm)
    }

    /// Draws clips, timesteps, noise and which samples see no video.
    fn draw(&mut self, clips: &dyn Clips) -> Result<Batch> {
        if clips.count() == 0 {
            return Err(RagmeError::Input("there are no clips to train on".into()));
        }
        let (mut latents, mut texts, mut videos, mut steps) = (vec![], vec![], vec![], vec![]);
        for _ in 0..self.config.batch {
            let at = self.noise.below(clips.count());
            let dropped = self.noise.uniform() < self.config.retrieval_dropout;
            steps.push(self.noise.below(self.alphas_cumprod.len()));
            let clip = clips.clip(at, self.config.videos)?;
            latents.push(clip.latents);
            texts.push(clip.text);
            videos.push(if dropped { Vec::new() } else { clip.videos });
        }
        let clean = Tensor::stack(&latents, 0)?;
        let drawn = self.noise.normal(clean.shape(), &self.device)?;
        let (sample, target) = self.mixed(&clean, &drawn, &steps)?;
        let timesteps: Vec<f32> = steps.iter().map(|step| *step as f32).collect();
        let width = self.config.ragme.embed_dim;
        Ok(Batch {
            sample,
            timesteps: Tensor::new(timesteps, &self.device)?,
            text: Tensor::stack(&texts, 0)?,
            target,
            retrieved: Retrieved::batch(&videos, width, &self.device)?,
        })
    }

    /// √ᾱ x + √(1-ᾱ) ε, and what the network should make of it.
    fn mixed(&self, clean: &Tensor, noise: &Tensor, steps: &[usize]) -> Result<(Tensor, Tensor)> {
        let levels = |level: &dyn Fn(f32) -> f32| -> candle_core::Result<Tensor> {
            let values: Vec<f32> = steps.iter().map(|t| level(self.alphas_cumprod[*t])).collect();
            Tensor::from_vec(values, (steps.len(), 1, 1, 1, 1), &self.device)
        };
        let (signal, sigma) = (levels(&f32::sqrt)?, levels(&|alpha| (1.0 - alpha).sqrt())?);
        let sample = (clean.broadcast_mul(&signal)? + noise.broadcast_mul(&sigma)?)?;
        let target = match self.prediction {
            PredictionType::Epsilon => noise.clone(),
            PredictionType::Sample => clean.clone(),
            PredictionType::VPrediction => {
                (noise.broadcast_mul(&signal)? - clean.broadcast_mul(&sigma)?)?
            }
        };
        Ok((sample, target))
    }
}

fn squared_error(said: &Tensor, target: &Tensor) -> candle_core::Result<Tensor> {
    (said.to_dtype(DType::F32)? - target)?.sqr()?.mean_all()
}
