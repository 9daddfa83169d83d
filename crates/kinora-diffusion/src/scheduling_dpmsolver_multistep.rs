//! `DPMSolverMultistepScheduler` of diffusers (`schedulers/scheduling_dpmsolver_multistep.py`), algorithm
//! `dpmsolver++`, orders 1 and 2; Lu et al., "DPM-Solver++", 2022, algorithm 2.

use candle_core::Tensor;

use crate::{
    error::Result,
    noise::Noise,
    scheduler::{
        FinalSigmas, Scheduler, SchedulerConfig, SolverType, TimestepSpacing, converted, rounded,
    },
};

/// A run of DPM-Solver++ (2M).
#[derive(Clone, Debug)]
pub struct DPMSolverMultistepScheduler {
    config: SchedulerConfig,
    timesteps: Vec<usize>,
    /// Noise over signal at each step, and after the last.
    sigmas: Vec<f64>,
    /// The clean sample that the step before predicted.
    before: Option<Tensor>,
}

impl DPMSolverMultistepScheduler {
    /// `steps` of the training's steps.
    ///
    /// # Errors
    /// Options that are not supported.
    pub fn new(config: &SchedulerConfig, steps: usize) -> Result<Self> {
        let alphas = config.alphas_cumprod()?;
        let total = config.num_train_timesteps;
        let timesteps: Vec<usize> =
            match config.timestep_spacing.unwrap_or(TimestepSpacing::Linspace) {
                TimestepSpacing::Linspace => {
                    let width = (total - 1) as f64 / steps as f64;
                    (1..=steps).rev().map(|i| rounded(i as f64 * width)).collect()
                }
                TimestepSpacing::Leading => {
                    let width = total / (steps + 1);
                    (1..=steps).rev().map(|i| i * width + config.steps_offset).collect()
                }
                TimestepSpacing::Trailing => {
                    let width = total as f64 / steps as f64;
                    (0..steps)
                        .map(|i| rounded(total as f64 - i as f64 * width).saturating_sub(1))
                        .collect()
                }
            };
        let timesteps: Vec<usize> = timesteps.into_iter().map(|t| t.min(total - 1)).collect();
        let sigma = |t: usize| f64::from(((1.0 - alphas[t]) / alphas[t]).sqrt());
        let last = match config.final_sigmas_type {
            FinalSigmas::Zero => 0.0,
            FinalSigmas::SigmaMin => sigma(0),
        };
        let sigmas = timesteps.iter().map(|t| sigma(*t)).chain([last]).collect();
        Ok(Self { config: config.clone(), timesteps, sigmas, before: None })
    }

    /// Signal, noise and half the logarithm of the signal-to-noise ratio.
    fn level(&self, at: usize) -> (f64, f64, f64) {
        let alpha = 1.0 / (self.sigmas[at] * self.sigmas[at] + 1.0).sqrt();
        let sigma = self.sigmas[at] * alpha;
        (alpha, sigma, alpha.ln() - sigma.ln())
    }

    fn is_first_order(&self, at: usize) -> bool {
        let steps = self.timesteps.len();
        let ends_low = self.config.euler_at_final
            || (self.config.lower_order_final && steps < 15)
            || self.config.final_sigmas_type == FinalSigmas::Zero;
        self.config.solver_order == 1 || (at + 1 == steps && ends_low)
    }
}

impl Scheduler for DPMSolverMultistepScheduler {
    fn timesteps(&self) -> &[usize] {
        &self.timesteps
    }

    fn first_alpha_cumprod(&self) -> f64 {
        self.sigmas.first().map_or(1.0, |sigma| 1.0 / (sigma * sigma + 1.0))
    }

    fn step(
        &mut self,
        at: usize,
        output: &Tensor,
        sample: &Tensor,
        _stochastic: Option<(f64, &mut Noise)>,
    ) -> candle_core::Result<Tensor> {
        let (alpha_s, sigma_s, lambda_s) = self.level(at);
        let (alpha_t, sigma_t, lambda_t) = self.level(at + 1);
        let (clean, _) =
            converted(self.config.prediction_type, output, sample, (alpha_s, sigma_s))?;
        let h = lambda_t - lambda_s;
        let decay = (-h).exp() - 1.0;
        let wide = sample.to_dtype(candle_core::DType::F32)?;
        let first = ((wide * (sigma_t / sigma_s))? - (&clean * (alpha_t * decay))?)?;
        let before = self.before.replace(clean.clone());
        let next = match before.filter(|_| !self.is_first_order(at)) {
            None => first,
            Some(before) => {
                let ratio = (lambda_s - self.level(at - 1).2) / h;
                let slope = ((clean - before)? / ratio)?;
                let weight = match self.config.solver_type {
                    SolverType::Midpoint => -0.5 * alpha_t * decay,
                    SolverType::Heun => alpha_t * (decay / h + 1.0),
                };
                (first + (slope * weight)?)?
            }
        };
        next.to_dtype(sample.dtype())
    }
}
