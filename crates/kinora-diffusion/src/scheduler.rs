//! Common parts of the samplers: options, noise levels, the trait.

use candle_core::{DType, Result as TensorResult, Tensor};
use serde::{Deserialize, Serialize};

use crate::{
    error::{DiffusionError, Result},
    noise::Noise,
    scheduling_ddim::DDIMScheduler,
    scheduling_dpmsolver_multistep::DPMSolverMultistepScheduler,
};

/// Schedule of the variances over the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BetaSchedule {
    /// Evenly.
    Linear,
    /// The square roots of the variances grow evenly.
    ScaledLinear,
}

/// Quantity that the network predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PredictionType {
    /// The noise.
    Epsilon,
    /// The clean sample.
    Sample,
    /// √ᾱ ε - √(1-ᾱ) x₀ (Salimans and Ho 2022).
    VPrediction,
}

/// Which of the training steps are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimestepSpacing {
    /// Multiples from zero up.
    Leading,
    /// Multiples from the last one down.
    Trailing,
    /// Evenly spaced, both ends included.
    Linspace,
}

/// Level after the last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalSigmas {
    /// None.
    Zero,
    /// The noise level of step 0.
    SigmaMin,
}

/// Second-order update of DPM-Solver++.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SolverType {
    /// As in the paper.
    Midpoint,
    /// After Heun.
    Heun,
}

/// `scheduler/scheduler_config.json` of any sampler: diffusers' samplers read one another's files, so the
/// options of all of them are known here; an absent one has its class's default.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SchedulerConfig {
    /// Steps of training.
    pub num_train_timesteps: usize,
    /// First variance.
    pub beta_start: f64,
    /// Last variance.
    pub beta_end: f64,
    /// Between them.
    pub beta_schedule: BetaSchedule,
    /// The variances themselves, instead.
    pub trained_betas: Option<Vec<f32>>,
    /// What the network predicts.
    pub prediction_type: PredictionType,
    /// Cut the predicted sample (DDIM).
    pub clip_sample: bool,
    /// To plus and minus this.
    pub clip_sample_range: f64,
    /// ᾱ after the last step is 1, else that of step 0 (DDIM).
    pub set_alpha_to_one: bool,
    /// Added to the step numbers.
    pub steps_offset: usize,
    /// `leading` for DDIM and `linspace` for DPM-Solver++ if absent.
    pub timestep_spacing: Option<TimestepSpacing>,
    /// 1 or 2 (DPM-Solver++).
    pub solver_order: usize,
    /// Only `dpmsolver++`.
    pub algorithm_type: String,
    /// Second-order update.
    pub solver_type: SolverType,
    /// First order at the end of less than 15 steps.
    pub lower_order_final: bool,
    /// First order at the end.
    pub euler_at_final: bool,
    /// Level after the last step.
    pub final_sigmas_type: FinalSigmas,
    /// Not supported; must be false.
    pub thresholding: bool,
    /// Option of thresholding.
    pub dynamic_thresholding_ratio: f64,
    /// Option of thresholding.
    pub sample_max_value: f64,
    /// Not supported; must be false.
    pub rescale_betas_zero_snr: bool,
    /// Not supported; must be false.
    pub use_karras_sigmas: Option<bool>,
    /// Not supported; must be false.
    pub use_exponential_sigmas: Option<bool>,
    /// Not supported; must be false.
    pub use_beta_sigmas: Option<bool>,
    /// Not supported; must be false.
    pub use_lu_lambdas: Option<bool>,
    /// Not supported; must be false.
    pub use_flow_sigmas: Option<bool>,
    /// Not supported; must be false.
    pub use_dynamic_shifting: bool,
    /// Option of flow matching.
    pub flow_shift: f64,
    /// Of flow matching.
    pub time_shift_type: String,
    /// Not supported; must be -∞, which is read as absent.
    pub lambda_min_clipped: Option<f64>,
    /// Not supported; must be absent.
    pub variance_type: Option<String>,
    /// Option of the PNDM sampler, whose files the ModelScope family carries; without effect here.
    pub skip_prk_steps: bool,
}

impl Default for SchedulerConfig {
    fn default() -> Self {
        Self {
            num_train_timesteps: 1000,
            beta_start: 0.0001,
            beta_end: 0.02,
            beta_schedule: BetaSchedule::Linear,
            trained_betas: None,
            prediction_type: PredictionType::Epsilon,
            clip_sample: true,
            clip_sample_range: 1.0,
            set_alpha_to_one: true,
            steps_offset: 0,
            timestep_spacing: None,
            solver_order: 2,
            algorithm_type: "dpmsolver++".into(),
            solver_type: SolverType::Midpoint,
            lower_order_final: true,
            euler_at_final: false,
            final_sigmas_type: FinalSigmas::Zero,
            thresholding: false,
            dynamic_thresholding_ratio: 0.995,
            sample_max_value: 1.0,
            rescale_betas_zero_snr: false,
            use_karras_sigmas: None,
            use_exponential_sigmas: None,
            use_beta_sigmas: None,
            use_lu_lambdas: None,
            use_flow_sigmas: None,
            use_dynamic_shifting: false,
            flow_shift: 1.0,
            time_shift_type: "exponential".into(),
            lambda_min_clipped: None,
            variance_type: None,
            skip_prk_steps: false,
        }
    }
}

impl SchedulerConfig {
    /// # Errors
    /// [`DiffusionError::Config`] with the name of an option that is not supported.
    fn check(&self) -> Result<()> {
        let flags = [
            ("thresholding", Some(self.thresholding)),
            ("rescale_betas_zero_snr", Some(self.rescale_betas_zero_snr)),
            ("use_karras_sigmas", self.use_karras_sigmas),
            ("use_exponential_sigmas", self.use_exponential_sigmas),
            ("use_beta_sigmas", self.use_beta_sigmas),
            ("use_lu_lambdas", self.use_lu_lambdas),
            ("use_flow_sigmas", self.use_flow_sigmas),
            ("use_dynamic_shifting", Some(self.use_dynamic_shifting)),
            ("variance_type", self.variance_type.as_ref().map(|_| true)),
            ("lambda_min_clipped", self.lambda_min_clipped.map(|_| true)),
            ("algorithm_type", Some(self.algorithm_type != "dpmsolver++")),
            ("solver_order", Some(!(1..=2).contains(&self.solver_order))),
            ("num_train_timesteps", Some(self.num_train_timesteps == 0)),
        ];
        match flags.iter().find(|(_, set)| *set == Some(true)) {
            None => Ok(()),
            Some((name, _)) => Err(DiffusionError::config(
                "scheduler",
                format!("this value of `{name}` is not supported"),
            )),
        }
    }

    /// ᾱ of every training step, rounded to `f32` where the reference rounds.
    ///
    /// # Errors
    /// Options that are not supported.
    pub fn alphas_cumprod(&self) -> Result<Vec<f32>> {
        self.check()?;
        let n = self.num_train_timesteps;
        let betas = match (&self.trained_betas, self.beta_schedule) {
            (Some(betas), _) => betas.clone(),
            (None, BetaSchedule::Linear) => linspace(self.beta_start, self.beta_end, n),
            (None, BetaSchedule::ScaledLinear) => {
                let roots = linspace(self.beta_start.sqrt(), self.beta_end.sqrt(), n);
                roots.into_iter().map(|root| root * root).collect()
            }
        };
        let product = betas.iter().scan(1.0f64, |product, beta| {
            *product *= f64::from(1.0 - beta);
            Some(*product as f32)
        });
        Ok(product.collect())
    }
}

/// torch's `linspace` in `f32`: from both ends to the middle.
fn linspace(start: f64, end: f64, count: usize) -> Vec<f32> {
    let (start, end) = (start as f32, end as f32);
    let step = (end - start) / (count.max(2) - 1) as f32;
    let at = |i: usize| {
        if i < count / 2 { start + step * i as f32 } else { end - step * (count - 1 - i) as f32 }
    };
    (0..count).map(at).collect()
}

/// numpy's `round`: half to even.
pub(crate) fn rounded(x: f64) -> usize {
    x.round_ties_even().max(0.0) as usize
}

/// The samplers that are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum SchedulerKind {
    /// Song et al. 2021.
    #[serde(rename = "DDIMScheduler")]
    Ddim,
    /// Lu et al. 2022, multistep.
    #[serde(rename = "DPMSolverMultistepScheduler")]
    DpmSolver,
}

impl SchedulerKind {
    /// A sampler of `steps` steps.
    ///
    /// # Errors
    /// Options that are not supported; no steps, or more than in training.
    pub fn start(self, config: &SchedulerConfig, steps: usize) -> Result<Box<dyn Scheduler>> {
        if steps == 0 || steps > config.num_train_timesteps {
            let most = config.num_train_timesteps;
            return Err(DiffusionError::Request(format!("1 to {most} steps, not {steps}")));
        }
        Ok(match self {
            Self::Ddim => Box::new(DDIMScheduler::new(config, steps)?),
            Self::DpmSolver => Box::new(DPMSolverMultistepScheduler::new(config, steps)?),
        })
    }
}

/// One run from noise to a sample.
///
/// Contract: `step` is called once for each of `timesteps`, in order, by one thread; tensors have any
/// shape, the same throughout. Memory: the outputs of as many steps as the order needs.
pub trait Scheduler: Send {
    /// Step numbers of training, from the noisiest.
    fn timesteps(&self) -> &[usize];
    /// ᾱ of the first timestep, the mixing of noise and picture at the start.
    fn first_alpha_cumprod(&self) -> f64;
    /// The sample before step number `at` of the run from the one after it and the network's prediction.
    /// With `eta` > 0 a sampler that can be stochastic adds noise.
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    fn step(
        &mut self,
        at: usize,
        output: &Tensor,
        sample: &Tensor,
        stochastic: Option<(f64, &mut Noise)>,
    ) -> TensorResult<Tensor>;
}

/// The clean sample and the noise that a prediction means.
pub(crate) fn converted(
    kind: PredictionType,
    output: &Tensor,
    sample: &Tensor,
    (alpha, sigma): (f64, f64),
) -> TensorResult<(Tensor, Tensor)> {
    let (output, sample) = (output.to_dtype(DType::F32)?, sample.to_dtype(DType::F32)?);
    match kind {
        PredictionType::Epsilon => Ok((((&sample - (&output * sigma)?)? / alpha)?, output)),
        PredictionType::Sample => {
            let noise = ((&sample - (&output * alpha)?)? / sigma)?;
            Ok((output, noise))
        }
        PredictionType::VPrediction => {
            let clean = ((&sample * alpha)? - (&output * sigma)?)?;
            Ok((clean, ((&output * alpha)? + (&sample * sigma)?)?))
        }
    }
}
