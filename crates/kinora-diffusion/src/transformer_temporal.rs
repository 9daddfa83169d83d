//! `TransformerTemporalModel` of diffusers (`models/transformers/transformer_temporal.py`).

use candle_core::{Result, Tensor};

use crate::{
    attention::BasicTransformerBlock,
    nn::{GroupNorm, Linear},
    weights::Weights,
};

/// Temporal self-attention: every pixel by itself attends along the frames, twice.
#[derive(Clone, Debug)]
pub struct TransformerTemporalModel {
    norm: GroupNorm,
    proj_in: Linear,
    transformer_blocks: Vec<BasicTransformerBlock>,
    proj_out: Linear,
}

impl TransformerTemporalModel {
    /// One block; `heads · dim_head` need not be `channels`.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(
        heads: usize,
        dim_head: usize,
        channels: usize,
        groups: usize,
        w: &Weights,
    ) -> Result<Self> {
        let inner = heads * dim_head;
        let block = w.at("transformer_blocks.0");
        let block = BasicTransformerBlock::new(inner, heads, dim_head, None, &block)?;
        Ok(Self {
            norm: GroupNorm::new(groups, channels, 1e-6, &w.at("norm"))?,
            proj_in: Linear::new(channels, inner, &w.at("proj_in"))?,
            transformer_blocks: vec![block],
            proj_out: Linear::new(inner, channels, &w.at("proj_out"))?,
        })
    }

    /// (b · frames, C, h, w).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor, frames: usize) -> Result<Tensor> {
        let (n, channels, height, width) = x.dims4()?;
        let (b, pixels) = (n / frames, height * width);
        let normed = self.norm.over_frames(&x.reshape((b, frames, channels, pixels))?)?;
        // (b, frames, C, h · w) to (b · h · w, frames, C)
        let tokens = normed.permute((0, 3, 1, 2))?.reshape((b * pixels, frames, channels))?;
        let mut hidden = self.proj_in.forward(&tokens)?;
        for block in &self.transformer_blocks {
            hidden = block.forward(&hidden, None)?;
        }
        let hidden = self.proj_out.forward(&hidden)?.reshape((b, pixels, frames, channels))?;
        hidden.permute((0, 2, 3, 1))?.reshape((n, channels, height, width))? + x
    }
}
