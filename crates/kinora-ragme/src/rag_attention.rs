//! A site: retrieved tokens reach the activations behind one temporal attention.
//!
//! Queries are the activations of every pixel and frame, or their averages; keys and values are the tokens,
//! the same for all pixels of a sample, so they are never repeated for each. The way back is a 1 x 1
//! convolution that starts at zero: an untrained site leaves the base model as it is, bit for bit. (While training,
//! when the modules are variables, the base's convolutions take a way that needs less memory, and bits differ.)

use candle_core::{D, DType, Result, Tensor};
use kinora_diffusion::{
    SiteContext, Weights,
    attention::{Attention, FeedForward},
    nn::{Conv2d, Embedding, LayerNorm, Linear},
    ops,
};

use crate::{
    config::{AdaLn, RagmeConfig, Variant},
    temporal_enhancer::Tokens,
};

/// A layer norm whose weight and bias may come from the timestep (`AdaLayerNorm` of diffusers).
#[derive(Clone, Debug)]
enum Norm {
    Plain(LayerNorm),
    Own(Embedding, Linear),
    Time(Linear),
}

impl Norm {
    fn new(config: &RagmeConfig, channels: usize, time: usize, w: &Weights) -> Result<Self> {
        Self::of(config.adaln, config, channels, time, w)
    }

    fn of(
        adaln: AdaLn,
        config: &RagmeConfig,
        channels: usize,
        time: usize,
        w: &Weights,
    ) -> Result<Self> {
        Ok(match adaln {
            AdaLn::None => Self::Plain(LayerNorm::new(channels, 1e-5, w)?),
            AdaLn::Own => {
                let emb = Embedding::new(config.num_train_timesteps, channels, &w.at("emb"))?;
                Self::Own(emb, Linear::new(channels, 2 * channels, &w.at("linear"))?)
            }
            AdaLn::Time => Self::Time(Linear::new(time, 2 * channels, &w.at("linear"))?),
        })
    }

    /// (b, n, C).
    fn forward(&self, x: &Tensor, context: &SiteContext<'_>) -> Result<Tensor> {
        let (linear, time) = match self {
            Self::Plain(norm) => return norm.forward(x),
            Self::Own(emb, linear) => {
                (linear, emb.forward(&context.timesteps.to_dtype(DType::U32)?)?.silu()?)
            }
            Self::Time(linear) => (linear, context.time_embedding.clone()),
        };
        // (b, 2 · C) to two of (b, 1, C)
        let parts = linear.forward(&time.to_dtype(x.dtype())?)?.unsqueeze(1)?;
        let parts = parts.chunk(2, D::Minus1)?;
        let normed = ops::standardise(x, 1e-5)?.to_dtype(x.dtype())?;
        normed.broadcast_mul(&(&parts[0] + 1.0)?)?.broadcast_add(&parts[1])
    }
}

/// Cross-attention twice and feed-forward, each after a norm.
#[derive(Clone, Debug)]
struct CrossBlock {
    norms: [Norm; 3],
    attn1: Attention,
    attn2: Attention,
    ff: FeedForward,
}

impl CrossBlock {
    fn new(config: &RagmeConfig, channels: usize, time: usize, w: &Weights) -> Result<Self> {
        if !channels.is_multiple_of(config.heads) {
            candle_core::bail!("{channels} channels do not make {} heads", config.heads);
        }
        let norm = |name: &str| Norm::new(config, channels, time, &w.at(name));
        let attention = |name: &str| {
            let head = channels / config.heads;
            Attention::new(channels, config.embed_dim, config.heads, head, false, &w.at(name))
        };
        let last = if config.adaln_feed_forward { config.adaln } else { AdaLn::None };
        let last = Norm::of(last, config, channels, time, &w.at("norm3"))?;
        Ok(Self {
            norms: [norm("norm1")?, norm("norm2")?, last],
            attn1: attention("attn1")?,
            attn2: attention("attn2")?,
            ff: FeedForward::new(channels, &w.at("ff"))?,
        })
    }

    /// (b, n, C).
    fn forward(&self, x: &Tensor, tokens: &Tokens, context: &SiteContext<'_>) -> Result<Tensor> {
        let (keys, bias) = (tokens.tokens.to_dtype(x.dtype())?, tokens.bias(x.dtype())?);
        let [norm1, norm2, norm3] = &self.norms;
        let x = (self.attn1.forward(&norm1.forward(x, context)?, Some(&keys), Some(&bias))? + x)?;
        let x = (self.attn2.forward(&norm2.forward(&x, context)?, Some(&keys), Some(&bias))? + x)?;
        self.ff.forward(&norm3.forward(&x, context)?)? + x
    }
}

/// linear, norm, then twice linear, GELU, norm: one token to the width of the activations.
#[derive(Clone, Debug)]
struct AddBlock {
    linear: Linear,
    norm: Norm,
    layers: Vec<(Linear, Norm)>,
}

impl AddBlock {
    fn new(config: &RagmeConfig, channels: usize, time: usize, w: &Weights) -> Result<Self> {
        let layer = |at: usize| {
            let w = w.at("layers").at(at);
            let norm = Norm::new(config, channels, time, &w.at("norm"))?;
            Ok((Linear::new(channels, channels, &w.at("linear"))?, norm))
        };
        Ok(Self {
            linear: Linear::new(config.embed_dim, channels, &w.at("linear"))?,
            norm: Norm::new(config, channels, time, &w.at("norm"))?,
            layers: (0..2).map(layer).collect::<Result<_>>()?,
        })
    }

    /// (b, width) to (b, 1, C).
    fn forward(&self, token: &Tensor, context: &SiteContext<'_>) -> Result<Tensor> {
        let mut x = self.norm.forward(&self.linear.forward(&token.unsqueeze(1)?)?, context)?;
        for (linear, norm) in &self.layers {
            x = norm.forward(&linear.forward(&x)?.gelu_erf()?, context)?;
        }
        Ok(x)
    }
}

#[derive(Clone, Debug)]
enum Inner {
    Attention(Box<CrossBlock>),
    Add(AddBlock),
}

/// One site with its gate.
#[derive(Clone, Debug)]
pub struct RagAttention {
    inner: Inner,
    gate: Conv2d,
    spatial_pool: bool,
    temporal_pool: bool,
}

impl RagAttention {
    /// For activations of `channels`; `time` is the width of the UNet's time embedding.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(config: &RagmeConfig, channels: usize, time: usize, w: &Weights) -> Result<Self> {
        let inner = match config.variant {
            Variant::Attention => {
                Inner::Attention(Box::new(CrossBlock::new(config, channels, time, w)?))
            }
            Variant::Add => Inner::Add(AddBlock::new(config, channels, time, w)?),
        };
        Ok(Self {
            inner,
            gate: Conv2d::zeros(channels, channels, &w.at("gate"))?,
            spatial_pool: config.spatial_pool,
            temporal_pool: config.temporal_pool,
        })
    }

    /// Activations (b · frames, C, h, w) with what `tokens` add. A sample without tokens is left as it is.
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(
        &self,
        hidden: &Tensor,
        tokens: &Tokens,
        context: &SiteContext<'_>,
    ) -> Result<Tensor> {
        let (n, channels, height, width) = hidden.dims4()?;
        let frames = context.frames;
        let (b, pixels) = (n / frames, height * width);
        let x = hidden.reshape((b, frames, channels, pixels))?;
        // (b, frames', C, pixels'), where averaged dimensions are 1
        let added = match &self.inner {
            Inner::Attention(block) => self.attend(block, &x, tokens, context)?,
            Inner::Add(block) => {
                let token = block.forward(&tokens.mean()?.to_dtype(x.dtype())?, context)?;
                x.mean_keepdim(3)?.broadcast_add(&token.unsqueeze(3)?)?
            }
        };
        let (_, some_frames, _, some_pixels) = added.dims4()?;
        let added =
            self.gate.forward(&added.reshape((b * some_frames, channels, some_pixels, 1))?)?;
        let present = tokens.present()?.to_dtype(x.dtype())?.reshape((b, 1, 1, 1))?;
        let added = added.reshape((b, some_frames, channels, some_pixels))?;
        let added = added.broadcast_mul(&present)?;
        x.broadcast_add(&added)?.reshape((n, channels, height, width))
    }

    fn attend(
        &self,
        block: &CrossBlock,
        x: &Tensor,
        tokens: &Tokens,
        context: &SiteContext<'_>,
    ) -> Result<Tensor> {
        let x = if self.spatial_pool { x.mean_keepdim(3)? } else { x.clone() };
        let x = if self.temporal_pool { x.mean_keepdim(1)? } else { x };
        let (b, frames, channels, pixels) = x.dims4()?;
        // Attention to tokens is the same function of each query, so pixels and frames are one row of them.
        let queries = x.permute((0, 3, 1, 2))?.reshape((b, pixels * frames, channels))?;
        let y = block.forward(&queries, tokens, context)?;
        y.reshape((b, pixels, frames, channels))?.permute((0, 2, 3, 1))?.contiguous()
    }

    /// Mean size of the gate's weights; zero while it is shut.
    ///
    /// # Errors
    /// If the device fails.
    pub fn opening(&self) -> Result<f32> {
        self.gate.weight().abs()?.mean_all()?.to_dtype(DType::F32)?.to_scalar()
    }
}
