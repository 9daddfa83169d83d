//! `CrossAttnDownBlock3D`, `DownBlock3D`, `UNetMidBlock3DCrossAttn`, `CrossAttnUpBlock3D`, `UpBlock3D` of
//! diffusers (`models/unets/unet_3d_blocks.py`).
//!
//! A down or up block without attention is the same block with empty lists, as its tensors show.

use candle_core::{Result, Tensor};

use crate::{
    hook::{Block, Site, SiteContext, TemporalHook},
    nn::Conv2d,
    resnet::{Downsample2D, ResnetBlock2D, ResnetOptions, TemporalConvLayer, Upsample2D},
    transformer_2d::Transformer2DModel,
    transformer_temporal::TransformerTemporalModel,
    weights::Weights,
};

/// Options shared by the blocks of a network.
#[derive(Clone, Copy, Debug)]
pub struct BlockOptions {
    /// Residual blocks.
    pub resnet: ResnetOptions,
    /// Width of an attention head.
    pub dim_head: usize,
    /// Width of the text embedding.
    pub cross_attention_dim: usize,
}

/// Inputs that every block gets in a pass.
pub struct Pass<'a> {
    /// Time embedding (b · frames, temb).
    pub temb: &'a Tensor,
    /// Text (b · frames, tokens, width).
    pub text: &'a Tensor,
    /// Called at every site.
    pub hook: &'a dyn TemporalHook,
    /// Handed to the hook.
    pub context: SiteContext<'a>,
}

/// A step through the network, from one activation (b · frames, C, h, w) to the next.
#[derive(Clone, Copy)]
pub(crate) enum Stage<'a> {
    /// Before the blocks.
    In(&'a Conv2d, &'a TransformerTemporalModel),
    /// A layer of a down block.
    Down(&'a Layer),
    /// The end of a down block.
    Halve(&'a Downsample2D),
    /// The middle block.
    Middle(&'a UNetMidBlock3DCrossAttn),
    /// A layer of an up block.
    Up(&'a Layer),
    /// The end of an up block.
    Double(&'a Upsample2D),
}

impl Stage<'_> {
    /// Whether its output is needed again on the way up.
    pub(crate) fn keeps(&self) -> bool {
        matches!(self, Self::In(..) | Self::Down(_) | Self::Halve(_))
    }

    /// Whether it needs the last of these that was not yet used.
    pub(crate) fn takes(&self) -> bool {
        matches!(self, Self::Up(_))
    }

    /// `size` is that of the kept output that comes next, so that odd sizes come back as they were.
    pub(crate) fn forward(
        &self,
        x: &Tensor,
        skip: Option<&Tensor>,
        size: Option<(usize, usize)>,
        pass: &Pass<'_>,
    ) -> Result<Tensor> {
        match (self, skip) {
            (Self::In(conv, transformer), _) => {
                transformer.forward(&conv.forward(x)?, pass.context.frames)
            }
            (Self::Down(layer), _) => layer.forward(x, pass),
            (Self::Halve(downsampler), _) => downsampler.forward(x),
            (Self::Middle(block), _) => block.forward(x, pass),
            (Self::Up(layer), Some(skip)) => layer.forward(&Tensor::cat(&[x, skip], 1)?, pass),
            (Self::Up(_), None) => {
                candle_core::bail!("the way up has more layers than the way down")
            }
            (Self::Double(upsampler), _) => upsampler.forward(x, size),
        }
    }
}

/// Residual block and temporal convolution, with the two attentions if the block has them.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    resnet: ResnetBlock2D,
    temp_conv: TemporalConvLayer,
    attention: Option<(Transformer2DModel, TransformerTemporalModel)>,
    site: Site,
}

impl Layer {
    fn new(
        in_channels: usize,
        site: Site,
        attends: bool,
        options: &BlockOptions,
        w: &Weights,
    ) -> Result<Self> {
        let (at, channels, groups) = (site.layer, site.channels, options.resnet.groups);
        let attention = attends.then(|| attention(at, channels, options, w)).transpose()?;
        let resnet =
            ResnetBlock2D::new(in_channels, channels, options.resnet, &w.at("resnets").at(at))?;
        let temp_conv = TemporalConvLayer::new(channels, groups, &w.at("temp_convs").at(at))?;
        Ok(Self { resnet, temp_conv, attention, site })
    }

    fn forward(&self, x: &Tensor, pass: &Pass<'_>) -> Result<Tensor> {
        let frames = pass.context.frames;
        let x = self.resnet.forward(x, Some(pass.temb))?;
        let x = self.temp_conv.forward(&x, frames)?;
        let Some((attn, temp_attn)) = &self.attention else {
            return Ok(x);
        };
        let x = temp_attn.forward(&attn.forward(&x, pass.text)?, frames)?;
        pass.hook.apply(self.site, &x, &pass.context)
    }
}

fn attention(
    at: usize,
    channels: usize,
    options: &BlockOptions,
    w: &Weights,
) -> Result<(Transformer2DModel, TransformerTemporalModel)> {
    let (head, groups) = (options.dim_head, options.resnet.groups);
    let spatial = Transformer2DModel::new(
        channels / head,
        head,
        channels,
        options.cross_attention_dim,
        groups,
        &w.at("attentions").at(at),
    )?;
    let w = w.at("temp_attentions").at(at);
    Ok((spatial, TransformerTemporalModel::new(channels / head, head, channels, groups, &w)?))
}

/// `CrossAttnDownBlock3D` or `DownBlock3D`.
#[derive(Clone, Debug)]
pub struct DownBlock3D {
    layers: Vec<Layer>,
    downsampler: Option<Downsample2D>,
}

/// Shape of a down or up block.
#[derive(Clone, Copy, Debug)]
pub struct BlockShape {
    /// Which one.
    pub block: Block,
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels inside and out.
    pub out_channels: usize,
    /// Residual blocks.
    pub layers: usize,
    /// Whether the block has the two attentions.
    pub attends: bool,
    /// Changes the size at its end.
    pub resizes: bool,
}

impl BlockShape {
    fn site(&self, layer: usize) -> Site {
        Site { block: self.block, layer, channels: self.out_channels }
    }
}

impl DownBlock3D {
    /// `padding` is that of the downsampling convolution.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(
        shape: BlockShape,
        padding: usize,
        options: &BlockOptions,
        w: &Weights,
    ) -> Result<Self> {
        let layers = (0..shape.layers).map(|at| {
            let inputs = if at == 0 { shape.in_channels } else { shape.out_channels };
            Layer::new(inputs, shape.site(at), shape.attends, options, w)
        });
        let layers = layers.collect::<Result<_>>()?;
        let down = || Downsample2D::new(shape.out_channels, padding, &w.at("downsamplers.0"));
        Ok(Self { layers, downsampler: shape.resizes.then(down).transpose()? })
    }

    /// (b · frames, in, h, w); what the way up will need is pushed to `skips`.
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor, pass: &Pass<'_>, skips: &mut Vec<Tensor>) -> Result<Tensor> {
        run(self.stages(), x, pass, skips)
    }

    /// Stages of the block in their order.
    pub(crate) fn stages(&self) -> impl Iterator<Item = Stage<'_>> {
        self.layers.iter().map(Stage::Down).chain(self.downsampler.iter().map(Stage::Halve))
    }

    /// Where its temporal attentions are.
    pub fn sites(&self) -> impl Iterator<Item = Site> + '_ {
        sites(&self.layers)
    }
}

/// Stages one after the other; outputs that are needed again are put on `skips` and taken from its end.
pub(crate) fn run<'a>(
    stages: impl Iterator<Item = Stage<'a>>,
    x: &Tensor,
    pass: &Pass<'_>,
    skips: &mut Vec<Tensor>,
) -> Result<Tensor> {
    let mut x = x.clone();
    for stage in stages {
        let skip = if stage.takes() { skips.pop() } else { None };
        let size = skips.last().map(|skip| skip.dims4()).transpose()?;
        let size = size.map(|(_, _, height, width)| (height, width));
        x = stage.forward(&x, skip.as_ref(), size, pass)?;
        if stage.keeps() {
            skips.push(x.clone());
        }
    }
    Ok(x)
}

fn sites(layers: &[Layer]) -> impl Iterator<Item = Site> + '_ {
    layers.iter().filter(|layer| layer.attention.is_some()).map(|layer| layer.site)
}

/// Residual block, then both attentions and a second residual block.
#[derive(Clone, Debug)]
pub struct UNetMidBlock3DCrossAttn {
    resnets: [ResnetBlock2D; 2],
    temp_convs: [TemporalConvLayer; 2],
    attention: (Transformer2DModel, TransformerTemporalModel),
    site: Site,
}

impl UNetMidBlock3DCrossAttn {
    /// `options` carry the scale factor of the middle block.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(channels: usize, options: &BlockOptions, w: &Weights) -> Result<Self> {
        let resnet = |at: usize| {
            ResnetBlock2D::new(channels, channels, options.resnet, &w.at("resnets").at(at))
        };
        let conv = |at: usize| {
            TemporalConvLayer::new(channels, options.resnet.groups, &w.at("temp_convs").at(at))
        };
        Ok(Self {
            resnets: [resnet(0)?, resnet(1)?],
            temp_convs: [conv(0)?, conv(1)?],
            attention: attention(0, channels, options, w)?,
            site: Site { block: Block::Mid, layer: 0, channels },
        })
    }

    /// (b · frames, C, h, w).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor, pass: &Pass<'_>) -> Result<Tensor> {
        let frames = pass.context.frames;
        let x = self.resnets[0].forward(x, Some(pass.temb))?;
        let x = self.temp_convs[0].forward(&x, frames)?;
        let x = self.attention.0.forward(&x, pass.text)?;
        let x = self.attention.1.forward(&x, frames)?;
        let x = self.resnets[1].forward(&x, Some(pass.temb))?;
        let x = self.temp_convs[1].forward(&x, frames)?;
        pass.hook.apply(self.site, &x, &pass.context)
    }

    /// Where its temporal attention is.
    pub fn site(&self) -> Site {
        self.site
    }
}

/// `CrossAttnUpBlock3D` or `UpBlock3D`.
#[derive(Clone, Debug)]
pub struct UpBlock3D {
    layers: Vec<Layer>,
    upsampler: Option<Upsample2D>,
}

impl UpBlock3D {
    /// `previous` channels come from below, `shape.in_channels` are those of the last skip.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(
        shape: BlockShape,
        previous: usize,
        options: &BlockOptions,
        w: &Weights,
    ) -> Result<Self> {
        let layers = (0..shape.layers).map(|at| {
            let skip = if at + 1 == shape.layers { shape.in_channels } else { shape.out_channels };
            let inputs = if at == 0 { previous } else { shape.out_channels };
            Layer::new(inputs + skip, shape.site(at), shape.attends, options, w)
        });
        let layers = layers.collect::<Result<_>>()?;
        let up = || Upsample2D::new(shape.out_channels, &w.at("upsamplers.0"));
        Ok(Self { layers, upsampler: shape.resizes.then(up).transpose()? })
    }

    /// (b · frames, previous, h, w); takes its skips from the end. The size is that of the next skip, so that
    /// odd sizes come back as they were.
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor, pass: &Pass<'_>, skips: &mut Vec<Tensor>) -> Result<Tensor> {
        run(self.stages(), x, pass, skips)
    }

    /// What it does, one after the other.
    pub(crate) fn stages(&self) -> impl Iterator<Item = Stage<'_>> {
        self.layers.iter().map(Stage::Up).chain(self.upsampler.iter().map(Stage::Double))
    }

    /// Where its temporal attentions are.
    pub fn sites(&self) -> impl Iterator<Item = Site> + '_ {
        sites(&self.layers)
    }
}
