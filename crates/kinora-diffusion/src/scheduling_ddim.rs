//! `DDIMScheduler` of diffusers (`schedulers/scheduling_ddim.py`); Song et al., "Denoising Diffusion Implicit
//! Models", 2021, equation 12.

use candle_core::Tensor;

use crate::{
    error::Result,
    noise::Noise,
    scheduler::{Scheduler, SchedulerConfig, TimestepSpacing, converted, rounded},
};

/// A run of DDIM.
#[derive(Clone, Debug)]
pub struct DDIMScheduler {
    config: SchedulerConfig,
    alphas_cumprod: Vec<f32>,
    timesteps: Vec<usize>,
}

impl DDIMScheduler {
    /// `steps` of the training's steps.
    ///
    /// # Errors
    /// Options that are not supported.
    pub fn new(config: &SchedulerConfig, steps: usize) -> Result<Self> {
        let alphas_cumprod = config.alphas_cumprod()?;
        let total = config.num_train_timesteps;
        let timesteps: Vec<usize> =
            match config.timestep_spacing.unwrap_or(TimestepSpacing::Leading) {
                TimestepSpacing::Leading => {
                    (0..steps).rev().map(|i| i * (total / steps) + config.steps_offset).collect()
                }
                TimestepSpacing::Linspace => {
                    let width = (total - 1) as f64 / (steps.max(2) - 1) as f64;
                    (0..steps).rev().map(|i| rounded(i as f64 * width)).collect()
                }
                TimestepSpacing::Trailing => {
                    let width = total as f64 / steps as f64;
                    (0..steps)
                        .map(|i| rounded(total as f64 - i as f64 * width).saturating_sub(1))
                        .collect()
                }
            };
        let timesteps = timesteps.into_iter().map(|t| t.min(total - 1)).collect();
        Ok(Self { config: config.clone(), alphas_cumprod, timesteps })
    }

    /// ᾱ one step further, or the final one.
    fn previous(&self, timestep: usize) -> f64 {
        let width = self.config.num_train_timesteps / self.timesteps.len();
        match timestep.checked_sub(width) {
            Some(before) => f64::from(self.alphas_cumprod[before]),
            None if self.config.set_alpha_to_one => 1.0,
            None => f64::from(self.alphas_cumprod[0]),
        }
    }
}

impl Scheduler for DDIMScheduler {
    fn timesteps(&self) -> &[usize] {
        &self.timesteps
    }

    fn first_alpha_cumprod(&self) -> f64 {
        self.timesteps.first().map_or(1.0, |t| f64::from(self.alphas_cumprod[*t]))
    }

    fn step(
        &mut self,
        at: usize,
        output: &Tensor,
        sample: &Tensor,
        stochastic: Option<(f64, &mut Noise)>,
    ) -> candle_core::Result<Tensor> {
        let timestep = self.timesteps[at];
        let now = f64::from(self.alphas_cumprod[timestep]);
        let next = self.previous(timestep);
        let levels = (now.sqrt(), (1.0 - now).sqrt());
        let (mut clean, noise) = converted(self.config.prediction_type, output, sample, levels)?;
        if self.config.clip_sample {
            let range = self.config.clip_sample_range;
            clean = clean.clamp(-range, range)?;
        }
        let variance = (1.0 - next) / (1.0 - now) * (1.0 - now / next);
        let deviation = stochastic.as_ref().map_or(0.0, |(eta, _)| eta * variance.max(0.0).sqrt());
        let direction = (noise * (1.0 - next - deviation * deviation).max(0.0).sqrt())?;
        let mut before = ((clean * next.sqrt())? + direction)?;
        if let Some((_, noise)) = stochastic.filter(|_| deviation > 0.0) {
            let drawn = noise.normal(before.shape(), before.device())?;
            before = (before + (drawn * deviation)?)?;
        }
        before.to_dtype(sample.dtype())
    }
}
