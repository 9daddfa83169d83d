//! `UNet3DConditionModel` of diffusers (`models/unets/unet_3d_condition.py`): the noise in a video's latents.
//!
//! Way in: [`UNet3DConditionModel::open`] for a folder, or `new` below [`crate::build`].
//!
//! Memory: the weights, and the activations of the way down until the way up has used them.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::{
    config::{self, Activation, Sides},
    embeddings::{TimestepEmbedding, timesteps},
    error::{DiffusionError, Result},
    hook::{Block, Site, SiteContext, TemporalHook},
    nn::{Conv2d, GroupNorm},
    resnet::ResnetOptions,
    transformer_temporal::TransformerTemporalModel,
    unet_3d_blocks::{
        BlockOptions, BlockShape, DownBlock3D, Pass, Stage, UNetMidBlock3DCrossAttn, UpBlock3D, run,
    },
    weights::{Variables, Weights, build},
};

/// Kinds of blocks on the way down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum DownKind {
    /// With spatial and temporal attention.
    CrossAttnDownBlock3D,
    /// Without.
    DownBlock3D,
}

/// Kinds of blocks on the way up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum UpKind {
    /// With spatial and temporal attention.
    CrossAttnUpBlock3D,
    /// Without.
    UpBlock3D,
}

/// `unet/config.json`; names and defaults are diffusers'.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct UNet3DConfig {
    /// Side of the latents it was trained on; only a default for sampling.
    pub sample_size: Option<Sides>,
    /// Channels of the latents.
    pub in_channels: usize,
    /// Channels of the answer.
    pub out_channels: usize,
    /// From the top down.
    pub down_block_types: Vec<DownKind>,
    /// From the bottom up.
    pub up_block_types: Vec<UpKind>,
    /// Widths, from the top down.
    pub block_out_channels: Vec<usize>,
    /// Layers of a down block; up blocks have one more.
    pub layers_per_block: usize,
    /// Padding of the strided convolutions.
    pub downsample_padding: usize,
    /// Sums of the middle block are divided by it.
    pub mid_block_scale_factor: f64,
    /// Between layers.
    pub act_fn: Activation,
    /// Groups of the norms.
    pub norm_num_groups: usize,
    /// Added to variances.
    pub norm_eps: f64,
    /// Width of the text embedding.
    pub cross_attention_dim: usize,
    /// Width of a head.
    pub attention_head_dim: usize,
    /// Not offered by diffusers either; must be absent.
    pub num_attention_heads: Option<usize>,
    /// Not supported; must be absent.
    pub time_cond_proj_dim: Option<usize>,
}

impl Default for UNet3DConfig {
    fn default() -> Self {
        use DownKind::{CrossAttnDownBlock3D as CrossDown, DownBlock3D as Down};
        use UpKind::{CrossAttnUpBlock3D as CrossUp, UpBlock3D as Up};
        Self {
            sample_size: None,
            in_channels: 4,
            out_channels: 4,
            down_block_types: vec![CrossDown, CrossDown, CrossDown, Down],
            up_block_types: vec![Up, CrossUp, CrossUp, CrossUp],
            block_out_channels: vec![320, 640, 1280, 1280],
            layers_per_block: 2,
            downsample_padding: 1,
            mid_block_scale_factor: 1.0,
            act_fn: Activation::Silu,
            norm_num_groups: 32,
            norm_eps: 1e-5,
            cross_attention_dim: 1024,
            attention_head_dim: 64,
            num_attention_heads: None,
            time_cond_proj_dim: None,
        }
    }
}

impl UNet3DConfig {
    fn check(&self) -> Result<()> {
        let fault = |detail: &str| Err(DiffusionError::config("UNet3DConditionModel", detail));
        let blocks = self.block_out_channels.len();
        if self.num_attention_heads.is_some() || self.time_cond_proj_dim.is_some() {
            return fault("`num_attention_heads` and `time_cond_proj_dim` are not supported");
        }
        if blocks == 0
            || self.down_block_types.len() != blocks
            || self.up_block_types.len() != blocks
        {
            return fault(
                "as many `block_out_channels` as types of down and of up blocks are needed",
            );
        }
        if self.attention_head_dim == 0 || self.norm_num_groups == 0 || self.layers_per_block == 0 {
            return fault(
                "`attention_head_dim`, `norm_num_groups` and `layers_per_block` start at 1",
            );
        }
        Ok(())
    }

    fn options(&self, scale: f64) -> BlockOptions {
        let resnet = ResnetOptions {
            groups: self.norm_num_groups,
            eps: self.norm_eps,
            act: self.act_fn,
            temb_channels: Some(self.time_embed_dim()),
            output_scale_factor: scale,
        };
        BlockOptions {
            resnet,
            dim_head: self.attention_head_dim,
            cross_attention_dim: self.cross_attention_dim,
        }
    }

    /// Width of the time embedding that hooks see.
    pub fn time_embed_dim(&self) -> usize {
        self.block_out_channels.first().map_or(0, |first| first * 4)
    }

    fn down_shape(&self, at: usize) -> BlockShape {
        let widths = &self.block_out_channels;
        BlockShape {
            block: Block::Down(at),
            in_channels: widths[at.saturating_sub(1)],
            out_channels: widths[at],
            layers: self.layers_per_block,
            attends: self.down_block_types[at] == DownKind::CrossAttnDownBlock3D,
            resizes: at + 1 < widths.len(),
        }
    }

    /// The block and the width that comes from below.
    fn up_shape(&self, at: usize) -> (BlockShape, usize) {
        let widths: Vec<usize> = self.block_out_channels.iter().rev().copied().collect();
        let last = widths.len() - 1;
        let shape = BlockShape {
            block: Block::Up(at),
            in_channels: widths[(at + 1).min(last)],
            out_channels: widths[at],
            layers: self.layers_per_block + 1,
            attends: self.up_block_types[at] == UpKind::CrossAttnUpBlock3D,
            resizes: at < last,
        };
        (shape, widths[at.saturating_sub(1)])
    }
}

/// Inputs of the network, as in [`UNet3DConditionModel::forward`].
#[derive(Clone, Copy, Debug)]
pub struct UNetInput<'a> {
    /// Latents (b, in, frames, h, w).
    pub sample: &'a Tensor,
    /// Step numbers (b,).
    pub steps: &'a Tensor,
    /// (b, tokens, width).
    pub text: &'a Tensor,
}

/// The input as the blocks take it.
pub(crate) struct Prepared {
    pub(crate) x: Tensor,
    pub(crate) frames: usize,
    pub(crate) temb: Tensor,
    pub(crate) text: Tensor,
    pub(crate) steps: Tensor,
    pub(crate) time_embedding: Tensor,
}

/// The network.
#[derive(Clone, Debug)]
pub struct UNet3DConditionModel {
    conv_in: Conv2d,
    time_embedding: TimestepEmbedding,
    transformer_in: TransformerTemporalModel,
    down_blocks: Vec<DownBlock3D>,
    mid_block: UNetMidBlock3DCrossAttn,
    up_blocks: Vec<UpBlock3D>,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
    config: UNet3DConfig,
    dtype: DType,
}

impl UNet3DConditionModel {
    /// The network of a folder with `config.json` and weights as safetensors.
    ///
    /// # Errors
    /// A file is missing, an option is not known, a tensor is missing, extra or of another shape.
    pub fn open(folder: &Path, dtype: DType, device: &Device) -> Result<Self> {
        Ok(Self::open_as(folder, dtype, device, Ok)?.0)
    }

    /// As [`UNet3DConditionModel::open`], with a say over the weights before the network is built on them: which
    /// are variables ([`Weights::trainable_if`]) or replaced by trained ones ([`Weights::replaced`]).
    ///
    /// # Errors
    /// As there, and those of `prepare`.
    pub fn open_as(
        folder: &Path,
        dtype: DType,
        device: &Device,
        prepare: impl FnOnce(Weights) -> Result<Weights>,
    ) -> Result<(Self, Variables)> {
        let config: UNet3DConfig = config::read(&folder.join("config.json"))?;
        config.check()?;
        let file = crate::folder::weights_file(folder, "diffusion_pytorch_model")?;
        let weights = prepare(Weights::open(&file, dtype, device)?)?;
        build("UNet3DConditionModel", weights, |w| Self::new(config, dtype, w))
    }

    /// The network on tensors below `w`; `dtype` is theirs.
    ///
    /// # Errors
    /// Options that contradict each other.
    pub fn new(config: UNet3DConfig, dtype: DType, w: &Weights) -> candle_core::Result<Self> {
        config.check().map_err(candle_core::Error::wrap)?;
        let widths = &config.block_out_channels;
        let (first, deepest) = (widths[0], widths[widths.len() - 1]);
        let (groups, options) = (config.norm_num_groups, config.options(1.0));
        let down = (0..widths.len()).map(|at| {
            let w = w.at("down_blocks").at(at);
            DownBlock3D::new(config.down_shape(at), config.downsample_padding, &options, &w)
        });
        let up = (0..widths.len()).map(|at| {
            let (shape, previous) = config.up_shape(at);
            UpBlock3D::new(shape, previous, &options, &w.at("up_blocks").at(at))
        });
        let (down_blocks, up_blocks) =
            (down.collect::<candle_core::Result<_>>()?, up.collect::<candle_core::Result<_>>()?);
        let middle = config.options(config.mid_block_scale_factor);
        let (time, head) = (config.time_embed_dim(), config.attention_head_dim);
        Ok(Self {
            conv_in: Conv2d::new(config.in_channels, first, 3, 1, 1, &w.at("conv_in"))?,
            time_embedding: TimestepEmbedding::new(
                first,
                time,
                config.act_fn,
                &w.at("time_embedding"),
            )?,
            transformer_in: TransformerTemporalModel::new(
                8,
                head,
                first,
                groups,
                &w.at("transformer_in"),
            )?,
            down_blocks,
            mid_block: UNetMidBlock3DCrossAttn::new(deepest, &middle, &w.at("mid_block"))?,
            up_blocks,
            conv_norm_out: GroupNorm::new(groups, first, config.norm_eps, &w.at("conv_norm_out"))?,
            conv_out: Conv2d::new(first, config.out_channels, 3, 1, 1, &w.at("conv_out"))?,
            config,
            dtype,
        })
    }

    /// Configuration of the network.
    pub fn config(&self) -> &UNet3DConfig {
        &self.config
    }

    /// Number format of weights and activations.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Every temporal attention of the blocks, in the order in which a hook sees them.
    pub fn sites(&self) -> Vec<Site> {
        let down = self.down_blocks.iter().flat_map(DownBlock3D::sites);
        let up = self.up_blocks.iter().flat_map(UpBlock3D::sites);
        down.chain([self.mid_block.site()]).chain(up).collect()
    }

    /// The predicted noise (b, out, frames, h, w) of latents (b, in, frames, h, w) at steps (b,) with text
    /// (b, tokens, width); `hook` is called at each of [`UNet3DConditionModel::sites`].
    ///
    /// # Errors
    /// Shapes that do not fit, or the hook's error.
    pub fn forward(
        &self,
        sample: &Tensor,
        steps: &Tensor,
        text: &Tensor,
        hook: &dyn TemporalHook,
    ) -> candle_core::Result<Tensor> {
        let prepared = self.prepare(UNetInput { sample, steps, text })?;
        let context = SiteContext {
            frames: prepared.frames,
            timesteps: &prepared.steps,
            time_embedding: &prepared.time_embedding,
        };
        let pass = Pass { temb: &prepared.temb, text: &prepared.text, hook, context };
        let y = run(self.stages(), &prepared.x, &pass, &mut Vec::new())?;
        self.answer(&y, prepared.frames)
    }

    pub(crate) fn prepare(&self, input: UNetInput<'_>) -> candle_core::Result<Prepared> {
        let (b, channels, frames, height, width) = input.sample.dims5()?;
        let steps = input.steps.to_dtype(DType::F32)?;
        let features =
            timesteps(&steps, self.config.block_out_channels[0])?.to_dtype(self.dtype)?;
        let time_embedding = self.time_embedding.forward(&features)?;
        // (b, C, frames, h, w) to (b · frames, C, h, w)
        let x = input.sample.to_dtype(self.dtype)?.transpose(1, 2)?;
        Ok(Prepared {
            x: x.reshape((b * frames, channels, height, width))?,
            frames,
            temb: each_frame(&time_embedding, frames)?,
            text: each_frame(&input.text.to_dtype(self.dtype)?, frames)?,
            steps,
            time_embedding,
        })
    }

    /// From the input to what [`UNet3DConditionModel::answer`] takes.
    pub(crate) fn stages(&self) -> impl Iterator<Item = Stage<'_>> {
        let down = self.down_blocks.iter().flat_map(DownBlock3D::stages);
        let up = self.up_blocks.iter().flat_map(UpBlock3D::stages);
        let first = Stage::In(&self.conv_in, &self.transformer_in);
        [first].into_iter().chain(down).chain([Stage::Middle(&self.mid_block)]).chain(up)
    }

    /// Output layers: (b · frames, C, h, w) to (b, out, frames, h, w).
    pub(crate) fn answer(&self, x: &Tensor, frames: usize) -> candle_core::Result<Tensor> {
        let (n, _, height, width) = x.dims4()?;
        let y = self.conv_out.forward(&self.conv_norm_out.forward(x)?.silu()?)?;
        y.reshape((n / frames, frames, self.config.out_channels, height, width))?
            .transpose(1, 2)?
            .contiguous()
    }
}

/// (b, …) to (b · frames, …), every row repeated.
fn each_frame(x: &Tensor, frames: usize) -> candle_core::Result<Tensor> {
    let mut shape = x.dims().to_vec();
    let b = shape[0];
    shape.insert(1, frames);
    let repeated = x.unsqueeze(1)?.broadcast_as(shape.clone())?;
    shape.splice(0..2, [b * frames]);
    repeated.reshape(shape)
}
