//! The temporal enhancer: frame embeddings of a retrieved video to tokens that know of its motion.
//!
//! Each video by itself: a learnable token in front (unless it is configured away), then pre-norm transformer blocks without text. Tensor
//! names follow diffusers' `BasicTransformerBlock` (`norm1`, `attn1`, `norm3`, `ff`).

use candle_core::{D, DType, Result, Tensor};
use kinora_diffusion::{
    Init, Weights,
    attention::{Attention, FeedForward},
    nn::LayerNorm,
};

use crate::{
    config::{Combine, Head, Position, RagmeConfig},
    retrieved::Retrieved,
};

/// Magnitude of the additive mask on attention scores; finite, so that a fully masked row is no NaN.
fn mask_value(dtype: DType) -> f64 {
    if dtype == DType::F16 { 6e4 } else { 1e9 }
}

/// Tokens for the sites.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// (b, n, width).
    pub tokens: Tensor,
    /// (b, n), `f32`: 1 is a token, 0 is padding.
    pub mask: Tensor,
}

impl Tokens {
    /// (b, 1, 1, n): added to attention scores.
    pub(crate) fn bias(&self, dtype: DType) -> Result<Tensor> {
        unseen(&self.mask, dtype)
    }

    /// (b,): 1 if there is any token.
    pub(crate) fn present(&self) -> Result<Tensor> {
        self.mask.max(1)
    }

    /// The mean of all tokens that are no padding: (b, width).
    pub(crate) fn mean(&self) -> Result<Tensor> {
        masked_mean(&self.tokens, &self.mask, 1)
    }
}

/// (b, 1, 1, n) for a mask (b, n): 0 where it is 1, far below any score where it is 0.
fn unseen(mask: &Tensor, dtype: DType) -> Result<Tensor> {
    ((mask - 1.0)? * mask_value(dtype))?.unsqueeze(1)?.unsqueeze(1)?.to_dtype(dtype)
}

/// Mean over a dimension of `x` (…, width) of what the mask (…) lets through; zero if that is nothing.
fn masked_mean(x: &Tensor, mask: &Tensor, dimension: usize) -> Result<Tensor> {
    let weight = mask.to_dtype(x.dtype())?;
    let count = weight.sum(dimension)?.maximum(1.0)?;
    // Chosen, not multiplied: padding may hold anything.
    let chosen = mask.ne(0.0)?.unsqueeze(D::Minus1)?.broadcast_as(x.shape())?;
    let kept = chosen.where_cond(x, &x.zeros_like()?)?;
    kept.sum(dimension)?.broadcast_div(&count.unsqueeze(D::Minus1)?)
}

#[derive(Clone, Debug)]
struct Layer {
    norm1: LayerNorm,
    attn1: Attention,
    norm3: LayerNorm,
    ff: FeedForward,
}

/// The network.
#[derive(Clone, Debug)]
pub struct TemporalEnhancer {
    cls_token: Option<Tensor>,
    dtype: DType,
    layers: Vec<Layer>,
    config: RagmeConfig,
}

impl TemporalEnhancer {
    /// On tensors below `w`.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(config: &RagmeConfig, w: &Weights) -> Result<Self> {
        let (dim, heads) = (config.embed_dim, config.enhancer_heads);
        let layer = |at: usize| {
            let w = w.at("transformer_blocks").at(at);
            Ok(Layer {
                norm1: LayerNorm::new(dim, 1e-5, &w.at("norm1"))?,
                attn1: Attention::new(dim, dim, heads, dim / heads, false, &w.at("attn1"))?,
                norm3: LayerNorm::new(dim, 1e-5, &w.at("norm3"))?,
                ff: FeedForward::new(dim, &w.at("ff"))?,
            })
        };
        let start = Init::Normal(1.0 / (dim as f64).sqrt());
        let cls = || w.tensor((1, 1, dim), "cls_token", start);
        Ok(Self {
            cls_token: config.cls_token.then(cls).transpose()?,
            dtype: w.dtype(),
            layers: (0..config.enhancer_layers).map(layer).collect::<Result<_>>()?,
            config: config.clone(),
        })
    }

    /// Tokens of all K videos of each sample, brought together as the configuration says.
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, retrieved: &Retrieved) -> Result<Tokens> {
        let (b, k, frames, dim) = retrieved.embeddings.dims4()?;
        // (b, K, frames, width) to (b · K, 1 + frames, width)
        let mut x = retrieved.embeddings.reshape((b * k, frames, dim))?.to_dtype(self.dtype)?;
        let mask = retrieved.mask.reshape((b * k, frames))?;
        let present = mask.max_keepdim(1)?;
        let mut seen = mask.clone();
        if let Some(cls) = &self.cls_token {
            x = Tensor::cat(&[&cls.broadcast_as((b * k, 1, dim))?, &x], 1)?;
            let one = Tensor::ones((b * k, 1), DType::F32, mask.device())?;
            seen = Tensor::cat(&[&one, &mask], 1)?;
        }
        let encoded = self.encode(x, &seen)?;
        let (tokens, mask) = match self.config.head {
            Head::Cls => (encoded.narrow(1, 0, 1)?, present),
            Head::Mean => (masked_mean(&encoded, &seen, 1)?.unsqueeze(1)?, present),
            // The front token of an absent video is no token.
            Head::Tokens => (encoded, seen.broadcast_mul(&present)?),
        };
        let n = tokens.dim(1)?;
        self.combined(&tokens.reshape((b, k, n, dim))?, &mask.reshape((b, k, n))?)
    }

    /// (b · K, n, width), mask (b · K, n).
    fn encode(&self, tokens: Tensor, mask: &Tensor) -> Result<Tensor> {
        let n = tokens.dim(1)?;
        let bias = unseen(mask, tokens.dtype())?;
        let waves = |width: usize| waves(n, width, &tokens);
        let turned = match self.config.position {
            Position::Rotary => Some(waves(self.config.embed_dim / self.config.enhancer_heads)?),
            Position::None | Position::Sinusoidal => None,
        };
        let mut x = match self.config.position {
            Position::Sinusoidal => {
                let (sines, cosines) = waves(self.config.embed_dim)?;
                let scale = (2.0 / self.config.embed_dim as f64).sqrt();
                tokens.broadcast_add(&(Tensor::cat(&[sines, cosines], 1)? * scale)?)?
            }
            Position::None | Position::Rotary => tokens,
        };
        for layer in &self.layers {
            let normed = layer.norm1.forward(&x)?;
            let turn = |t: &Tensor| turned.as_ref().map_or(Ok(t.clone()), |waves| rotate(t, waves));
            x = (layer.attn1.turned(&normed, None, Some(&bias), turn)? + x)?;
            x = (layer.ff.forward(&layer.norm3.forward(&x)?)? + x)?;
        }
        Ok(x)
    }

    /// (b, K, n, width) and mask (b, K, n) to tokens of a sample.
    fn combined(&self, tokens: &Tensor, mask: &Tensor) -> Result<Tokens> {
        let (b, k, n, dim) = tokens.dims4()?;
        match self.config.combine {
            Combine::Mean => {
                Ok(Tokens { tokens: masked_mean(tokens, mask, 1)?, mask: mask.max(1)? })
            }
            Combine::Concat => Ok(Tokens {
                tokens: tokens.reshape((b, k * n, dim))?,
                mask: mask.reshape((b, k * n))?,
            }),
        }
    }
}

/// Sines and cosines (n, width / 2) of positions 0..n at rates 10000^(-2i / width), in the format of `like`.
fn waves(n: usize, width: usize, like: &Tensor) -> Result<(Tensor, Tensor)> {
    let half = width / 2;
    let angle =
        |at: usize| (at / half) as f64 * 10_000f64.powf(-2.0 * (at % half) as f64 / width as f64);
    let angles: Vec<f64> = (0..n * half).map(angle).collect();
    let angles = Tensor::from_vec(angles, (n, half), like.device())?;
    Ok((angles.sin()?.to_dtype(like.dtype())?, angles.cos()?.to_dtype(like.dtype())?))
}

/// Turns the pairs (i, i + d/2) of (b, heads, n, d).
fn rotate(x: &Tensor, (sines, cosines): &(Tensor, Tensor)) -> Result<Tensor> {
    let halves = x.chunk(2, 3)?;
    let (a, b) = (&halves[0], &halves[1]);
    let first = (a.broadcast_mul(cosines)? - b.broadcast_mul(sines)?)?;
    let second = (b.broadcast_mul(cosines)? + a.broadcast_mul(sines)?)?;
    Tensor::cat(&[first, second], 3)
}
