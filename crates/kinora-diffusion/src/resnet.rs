//! `ResnetBlock2D`, `TemporalConvLayer`, `Downsample2D`, `Upsample2D` of diffusers (`models/resnet.py` and siblings).

use candle_core::{Result, Tensor};

use crate::{
    config::Activation,
    nn::{Conv2d, FrameConv, GroupNorm, Linear},
    ops,
    weights::Weights,
};

/// Options shared by the residual blocks of a network.
#[derive(Clone, Copy, Debug)]
pub struct ResnetOptions {
    /// Groups of the norms.
    pub groups: usize,
    /// Added to variances.
    pub eps: f64,
    /// Between layers.
    pub act: Activation,
    /// Width of the time embedding, if the network has one.
    pub temb_channels: Option<usize>,
    /// The sum of both ways is divided by it.
    pub output_scale_factor: f64,
}

/// Two convolutions with a shortcut, the time embedding added between them.
#[derive(Clone, Debug)]
pub struct ResnetBlock2D {
    norm1: GroupNorm,
    conv1: Conv2d,
    time_emb_proj: Option<Linear>,
    norm2: GroupNorm,
    conv2: Conv2d,
    conv_shortcut: Option<Conv2d>,
    options: ResnetOptions,
}

impl ResnetBlock2D {
    /// The shortcut is a 1 x 1 convolution where the widths differ.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(
        in_channels: usize,
        out_channels: usize,
        options: ResnetOptions,
        w: &Weights,
    ) -> Result<Self> {
        let norm = |name: &str, channels| {
            GroupNorm::new(options.groups, channels, options.eps, &w.at(name))
        };
        let shortcut = (in_channels != out_channels)
            .then(|| Conv2d::new(in_channels, out_channels, 1, 1, 0, &w.at("conv_shortcut")));
        let time =
            options.temb_channels.map(|t| Linear::new(t, out_channels, &w.at("time_emb_proj")));
        Ok(Self {
            norm1: norm("norm1", in_channels)?,
            conv1: Conv2d::new(in_channels, out_channels, 3, 1, 1, &w.at("conv1"))?,
            time_emb_proj: time.transpose()?,
            norm2: norm("norm2", out_channels)?,
            conv2: Conv2d::new(out_channels, out_channels, 3, 1, 1, &w.at("conv2"))?,
            conv_shortcut: shortcut.transpose()?,
            options,
        })
    }

    /// (n, in, h, w), time embedding (n, temb), to (n, out, h, w).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor, temb: Option<&Tensor>) -> Result<Tensor> {
        let act = self.options.act;
        let hidden = self.conv1.forward(&act.forward(&self.norm1.forward(x)?)?)?;
        let hidden = match (&self.time_emb_proj, temb) {
            (Some(proj), Some(temb)) => {
                let temb = proj.forward(&act.forward(temb)?)?;
                hidden.broadcast_add(&temb.unsqueeze(2)?.unsqueeze(3)?)?
            }
            _ => hidden,
        };
        let hidden = self.conv2.forward(&act.forward(&self.norm2.forward(&hidden)?)?)?;
        let shortcut = match &self.conv_shortcut {
            Some(conv) => conv.forward(x)?,
            None => x.clone(),
        };
        let sum = (shortcut + hidden)?;
        if self.options.output_scale_factor == 1.0 {
            Ok(sum)
        } else {
            sum / self.options.output_scale_factor
        }
    }
}

/// Four convolutions over time with a shortcut; the last starts at zero, so an untrained layer is the identity.
#[derive(Clone, Debug)]
pub struct TemporalConvLayer {
    convs: Vec<(GroupNorm, FrameConv)>,
}

impl TemporalConvLayer {
    /// Widths in and out are the same. Dropout is for training the base, which is not done here.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(channels: usize, groups: usize, w: &Weights) -> Result<Self> {
        // torch's Sequential numbers the convolution 2, or 3 where a dropout stands before it.
        let layers = [("conv1", 2), ("conv2", 3), ("conv3", 3), ("conv4", 3)];
        let convs = layers.iter().map(|(name, at)| {
            let w = w.at(name);
            let make = if *name == "conv4" { FrameConv::zeros } else { FrameConv::new };
            Ok((
                GroupNorm::new(groups, channels, 1e-5, &w.at(0))?,
                make(channels, channels, &w.at(at))?,
            ))
        });
        Ok(Self { convs: convs.collect::<Result<_>>()? })
    }

    /// (b · frames, C, h, w).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor, frames: usize) -> Result<Tensor> {
        let (n, channels, height, width) = x.dims4()?;
        let mut hidden = x.reshape((n / frames, frames, channels, height * width))?;
        for (norm, conv) in &self.convs {
            hidden = conv.forward(&norm.over_frames(&hidden)?.silu()?)?;
        }
        x + hidden.reshape((n, channels, height, width))?
    }
}

/// Halves height and width by a strided convolution.
#[derive(Clone, Debug)]
pub struct Downsample2D {
    conv: Conv2d,
    padding: usize,
}

impl Downsample2D {
    /// With padding 0 one row and one column of zeros are put below and to the right.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(channels: usize, padding: usize, w: &Weights) -> Result<Self> {
        Ok(Self { conv: Conv2d::new(channels, channels, 3, 2, padding, &w.at("conv"))?, padding })
    }

    /// (n, C, h, w) to (n, C, about h/2, about w/2).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if self.padding > 0 {
            return self.conv.forward(x);
        }
        self.conv.forward(&x.pad_with_zeros(2, 0, 1)?.pad_with_zeros(3, 0, 1)?)
    }
}

/// Doubles height and width, or brings them to a size, then a convolution.
#[derive(Clone, Debug)]
pub struct Upsample2D {
    conv: Conv2d,
}

impl Upsample2D {
    /// Same width in and out.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(channels: usize, w: &Weights) -> Result<Self> {
        Ok(Self { conv: Conv2d::new(channels, channels, 3, 1, 1, &w.at("conv"))? })
    }

    /// (n, C, h, w) to (n, C, height, width).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor, size: Option<(usize, usize)>) -> Result<Tensor> {
        let (_, _, h, w) = x.dims4()?;
        let (height, width) = size.unwrap_or((2 * h, 2 * w));
        self.conv.forward(&ops::resize_nearest(x, height, width)?)
    }
}
