//! AdamW (Loshchilov and Hutter 2019) as torch computes it, and clipping by the norm of all gradients.
//!
//! Memory: two more tensors for each variable.

use std::collections::BTreeMap;

use candle_core::{DType, Result, Tensor};
use kinora_diffusion::Variables;
use serde::{Deserialize, Serialize};

/// Gradients by the name of their variable.
pub type Gradients = BTreeMap<String, Tensor>;

/// Options of the optimiser.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdamWConfig {
    /// Learning rate.
    pub lr: f64,
    /// Decay of the mean of gradients.
    pub beta1: f64,
    /// Decay of the mean of their squares.
    pub beta2: f64,
    /// Added to the root of the latter.
    pub eps: f64,
    /// Decay of the variables, times the learning rate.
    pub weight_decay: f64,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self { lr: 1e-4, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01 }
    }
}

/// The optimiser with its two means.
#[derive(Clone, Debug)]
pub struct AdamW {
    config: AdamWConfig,
    /// Means of gradients.
    pub(crate) m: Gradients,
    /// Means of their squares.
    pub(crate) v: Gradients,
    /// Steps done.
    pub(crate) steps: u64,
}

impl AdamW {
    /// Before the first step.
    ///
    /// # Errors
    /// No memory for the means.
    pub fn new(config: AdamWConfig, variables: &Variables) -> Result<Self> {
        let zeros = || -> Result<Gradients> {
            let zero = |(name, var): (&String, &candle_core::Var)| {
                Ok((name.clone(), var.as_tensor().zeros_like()?.detach()))
            };
            variables.iter().map(zero).collect()
        };
        Ok(Self { config, m: zeros()?, v: zeros()?, steps: 0 })
    }

    /// Its options.
    pub fn config(&self) -> &AdamWConfig {
        &self.config
    }

    /// Moves every variable that has a gradient.
    ///
    /// # Errors
    /// A gradient of another shape than its variable.
    pub fn step(&mut self, variables: &Variables, gradients: &Gradients) -> Result<()> {
        self.steps += 1;
        let AdamWConfig { lr, beta1, beta2, eps, weight_decay } = self.config;
        let power = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let (first, second) = (1.0 - beta1.powi(power), 1.0 - beta2.powi(power));
        for (name, variable) in variables {
            let Some(gradient) = gradients.get(name) else {
                continue;
            };
            let blend =
                |old: &Tensor, new: Tensor, beta: f64| (old * beta)? + (new * (1.0 - beta))?;
            let m = blend(&self.m[name], gradient.clone(), beta1)?;
            let v = blend(&self.v[name], gradient.sqr()?, beta2)?;
            let scale = ((v.sqrt()? / second.sqrt())? + eps)?;
            let decayed = (variable.as_tensor().detach() * (1.0 - lr * weight_decay))?;
            variable.set(&(decayed - (m.div(&scale)? * (lr / first))?)?)?;
            self.m.insert(name.clone(), m);
            self.v.insert(name.clone(), v);
        }
        Ok(())
    }
}

/// The norm of all gradients together; they are scaled down to `most` if it is larger.
///
/// # Errors
/// The tensor library's.
pub fn clip(gradients: &mut Gradients, most: f64) -> Result<f64> {
    let mut sum = 0.0;
    for gradient in gradients.values() {
        sum += f64::from(gradient.to_dtype(DType::F32)?.sqr()?.sum_all()?.to_scalar::<f32>()?);
    }
    let norm = sum.sqrt();
    if norm > most {
        for gradient in gradients.values_mut() {
            *gradient = (&*gradient * (most / (norm + 1e-6)))?;
        }
    }
    Ok(norm)
}
