//! `Transformer2DModel` of diffusers (`models/transformers/transformer_2d.py`), with linear projections.

use candle_core::{Result, Tensor};

use crate::{
    attention::BasicTransformerBlock,
    nn::{GroupNorm, Linear},
    weights::Weights,
};

/// Spatial attention: every frame by itself, then the text.
#[derive(Clone, Debug)]
pub struct Transformer2DModel {
    norm: GroupNorm,
    proj_in: Linear,
    transformer_blocks: Vec<BasicTransformerBlock>,
    proj_out: Linear,
}

impl Transformer2DModel {
    /// One block, as the video networks have it.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(
        heads: usize,
        dim_head: usize,
        channels: usize,
        context: usize,
        groups: usize,
        w: &Weights,
    ) -> Result<Self> {
        let inner = heads * dim_head;
        let block = w.at("transformer_blocks.0");
        let block = BasicTransformerBlock::new(inner, heads, dim_head, Some(context), &block)?;
        Ok(Self {
            norm: GroupNorm::new(groups, channels, 1e-6, &w.at("norm"))?,
            proj_in: Linear::new(channels, inner, &w.at("proj_in"))?,
            transformer_blocks: vec![block],
            proj_out: Linear::new(inner, channels, &w.at("proj_out"))?,
        })
    }

    /// (n, C, h, w), text (n, tokens, context).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor, context: &Tensor) -> Result<Tensor> {
        let (n, channels, height, width) = x.dims4()?;
        // (n, C, h, w) to (n, h · w, C)
        let normed = self.norm.forward(x)?.reshape((n, channels, height * width))?;
        let mut hidden = self.proj_in.forward(&normed.transpose(1, 2)?)?;
        for block in &self.transformer_blocks {
            hidden = block.forward(&hidden, Some(context))?;
        }
        let hidden = self.proj_out.forward(&hidden)?.transpose(1, 2)?;
        hidden.reshape((n, channels, height, width))? + x
    }
}
