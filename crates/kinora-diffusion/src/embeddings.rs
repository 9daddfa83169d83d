//! `Timesteps` and `TimestepEmbedding` of diffusers (`models/embeddings.py`).

use candle_core::{DType, Result, Tensor};

use crate::{config::Activation, nn::Linear, weights::Weights};

/// Sinusoidal features of step numbers (b,): (b, channels) in `f32`, cosines first (`flip_sin_to_cos`).
///
/// # Errors
/// If the shapes do not fit together, or the device fails.
pub fn timesteps(steps: &Tensor, channels: usize) -> Result<Tensor> {
    let half = channels / 2;
    let rate = -(10_000f64.ln()) / half as f64;
    let rates: Vec<f32> = (0..half).map(|i| (i as f64 * rate).exp() as f32).collect();
    let rates = Tensor::from_vec(rates, (1, half), steps.device())?;
    let angles = steps.to_dtype(DType::F32)?.unsqueeze(1)?.broadcast_mul(&rates)?;
    Tensor::cat(&[angles.cos()?, angles.sin()?], 1)
}

/// Two linear layers on the sinusoidal features.
#[derive(Clone, Debug)]
pub struct TimestepEmbedding {
    linear_1: Linear,
    linear_2: Linear,
    act: Activation,
}

impl TimestepEmbedding {
    /// `channels` in, `dim` out.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(channels: usize, dim: usize, act: Activation, w: &Weights) -> Result<Self> {
        let linear_1 = Linear::new(channels, dim, &w.at("linear_1"))?;
        Ok(Self { linear_1, linear_2: Linear::new(dim, dim, &w.at("linear_2"))?, act })
    }

    /// (b, channels) to (b, dim).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, sample: &Tensor) -> Result<Tensor> {
        self.linear_2.forward(&self.act.forward(&self.linear_1.forward(sample)?)?)
    }
}
