//! `Encoder` and `Decoder` of diffusers (`models/autoencoders/vae.py`, blocks of `models/unets/unet_2d_blocks.py`).

use candle_core::{Result, Tensor};

use crate::{
    attention::Attention,
    config::Activation,
    nn::{Conv2d, GroupNorm},
    resnet::{Downsample2D, ResnetBlock2D, ResnetOptions, Upsample2D},
    weights::Weights,
};

/// Options shared by both halves of an autoencoder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VaeOptions {
    /// Residual blocks of an encoder block; decoder blocks have one more.
    pub layers: usize,
    /// Groups of the norms.
    pub groups: usize,
    /// Between layers.
    pub act: Activation,
    /// Attention in the middle.
    pub attends: bool,
}

impl VaeOptions {
    fn resnet(&self) -> ResnetOptions {
        ResnetOptions {
            groups: self.groups,
            eps: 1e-6,
            act: self.act,
            temb_channels: None,
            output_scale_factor: 1.0,
        }
    }

    /// `count` residual blocks, the first of which changes the width.
    fn resnets(
        &self,
        count: usize,
        from: usize,
        to: usize,
        w: &Weights,
    ) -> Result<Vec<ResnetBlock2D>> {
        let one = |at: usize| {
            let inputs = if at == 0 { from } else { to };
            ResnetBlock2D::new(inputs, to, self.resnet(), &w.at("resnets").at(at))
        };
        (0..count).map(one).collect()
    }
}

/// `UNetMidBlock2D`: residual block, attention over all pixels with one head, residual block.
#[derive(Clone, Debug)]
struct MidBlock {
    resnets: Vec<ResnetBlock2D>,
    attention: Option<(GroupNorm, Attention)>,
}

impl MidBlock {
    fn new(channels: usize, options: &VaeOptions, w: &Weights) -> Result<Self> {
        let make = || -> Result<(GroupNorm, Attention)> {
            let w = w.at("attentions.0");
            let norm = GroupNorm::new(options.groups, channels, 1e-6, &w.at("group_norm"))?;
            Ok((norm, Attention::new(channels, channels, 1, channels, true, &w)?))
        };
        Ok(Self {
            resnets: options.resnets(2, channels, channels, w)?,
            attention: options.attends.then(make).transpose()?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut x = self.resnets[0].forward(x, None)?;
        if let Some((norm, attention)) = &self.attention {
            let (n, channels, height, width) = x.dims4()?;
            let tokens =
                norm.forward(&x)?.reshape((n, channels, height * width))?.transpose(1, 2)?;
            let y = attention.forward(&tokens, None, None)?.transpose(1, 2)?;
            x = (y.reshape((n, channels, height, width))? + x)?;
        }
        self.resnets[1].forward(&x, None)
    }
}

/// Pictures to the parameters of latents.
#[derive(Clone, Debug)]
pub(crate) struct Encoder {
    conv_in: Conv2d,
    down_blocks: Vec<(Vec<ResnetBlock2D>, Option<Downsample2D>)>,
    mid_block: MidBlock,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
}

impl Encoder {
    /// `outputs` channels of mean and as many of the logarithm of the variance.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub(crate) fn new(
        inputs: usize,
        outputs: usize,
        widths: &[usize],
        options: &VaeOptions,
        w: &Weights,
    ) -> Result<Self> {
        let last = widths[widths.len() - 1];
        let block = |at: usize| {
            let w = w.at("down_blocks").at(at);
            let (from, to) = (widths[at.saturating_sub(1)], widths[at]);
            let down = || Downsample2D::new(to, 0, &w.at("downsamplers.0"));
            let down = (at + 1 < widths.len()).then(down).transpose()?;
            Ok((options.resnets(options.layers, from, to, &w)?, down))
        };
        Ok(Self {
            conv_in: Conv2d::new(inputs, widths[0], 3, 1, 1, &w.at("conv_in"))?,
            down_blocks: (0..widths.len()).map(block).collect::<Result<_>>()?,
            mid_block: MidBlock::new(last, options, &w.at("mid_block"))?,
            conv_norm_out: GroupNorm::new(options.groups, last, 1e-6, &w.at("conv_norm_out"))?,
            conv_out: Conv2d::new(last, 2 * outputs, 3, 1, 1, &w.at("conv_out"))?,
        })
    }

    /// (n, in, h, w) to (n, 2 · out, h / 2ᵇ, w / 2ᵇ).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut x = self.conv_in.forward(x)?;
        for (resnets, down) in &self.down_blocks {
            for resnet in resnets {
                x = resnet.forward(&x, None)?;
            }
            if let Some(down) = down {
                x = down.forward(&x)?;
            }
        }
        let x = self.mid_block.forward(&x)?;
        self.conv_out.forward(&self.conv_norm_out.forward(&x)?.silu()?)
    }
}

/// Latents to pictures.
#[derive(Clone, Debug)]
pub(crate) struct Decoder {
    conv_in: Conv2d,
    mid_block: MidBlock,
    up_blocks: Vec<(Vec<ResnetBlock2D>, Option<Upsample2D>)>,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
}

impl Decoder {
    /// `widths` from the top down, as in the configuration.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub(crate) fn new(
        inputs: usize,
        outputs: usize,
        widths: &[usize],
        options: &VaeOptions,
        w: &Weights,
    ) -> Result<Self> {
        let widths: Vec<usize> = widths.iter().rev().copied().collect();
        let (deepest, top) = (widths[0], widths[widths.len() - 1]);
        let block = |at: usize| {
            let w = w.at("up_blocks").at(at);
            let (from, to) = (widths[at.saturating_sub(1)], widths[at]);
            let up = || Upsample2D::new(to, &w.at("upsamplers.0"));
            let up = (at + 1 < widths.len()).then(up).transpose()?;
            Ok((options.resnets(options.layers + 1, from, to, &w)?, up))
        };
        Ok(Self {
            conv_in: Conv2d::new(inputs, deepest, 3, 1, 1, &w.at("conv_in"))?,
            mid_block: MidBlock::new(deepest, options, &w.at("mid_block"))?,
            up_blocks: (0..widths.len()).map(block).collect::<Result<_>>()?,
            conv_norm_out: GroupNorm::new(options.groups, top, 1e-6, &w.at("conv_norm_out"))?,
            conv_out: Conv2d::new(top, outputs, 3, 1, 1, &w.at("conv_out"))?,
        })
    }

    /// (n, in, h, w) to (n, out, h · 2ᵇ, w · 2ᵇ).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub(crate) fn forward(&self, z: &Tensor) -> Result<Tensor> {
        let mut x = self.mid_block.forward(&self.conv_in.forward(z)?)?;
        for (resnets, up) in &self.up_blocks {
            for resnet in resnets {
                x = resnet.forward(&x, None)?;
            }
            if let Some(up) = up {
                x = up.forward(&x, None)?;
            }
        }
        self.conv_out.forward(&self.conv_norm_out.forward(&x)?.silu()?)
    }
}
