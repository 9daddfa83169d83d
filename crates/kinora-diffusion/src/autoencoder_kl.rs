//! `AutoencoderKL` of diffusers (`models/autoencoders/autoencoder_kl.py`): pictures to latents and back.
//!
//! Memory: [`AutoencoderKL::encode`] and [`AutoencoderKL::decode`] work on so many pictures at a time as they
//! are told; a picture's widest activations have its height and width and `block_out_channels[0]` channels or more.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::{
    config::{self, Activation, Sides},
    error::{DiffusionError, Result},
    nn::Conv2d,
    noise::Noise,
    vae::{Decoder, Encoder, VaeOptions},
    weights::{Weights, build},
};

/// `vae/config.json`; names and defaults are diffusers'.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AutoencoderKLConfig {
    /// Channels of pictures.
    pub in_channels: usize,
    /// Channels of decoded pictures.
    pub out_channels: usize,
    /// All `DownEncoderBlock2D`.
    pub down_block_types: Vec<String>,
    /// All `UpDecoderBlock2D`.
    pub up_block_types: Vec<String>,
    /// Widths, from the top down.
    pub block_out_channels: Vec<usize>,
    /// Residual blocks of an encoder block.
    pub layers_per_block: usize,
    /// Between layers.
    pub act_fn: Activation,
    /// Channels of latents.
    pub latent_channels: usize,
    /// Groups of the norms.
    pub norm_num_groups: usize,
    /// Side of the pictures it was trained on.
    pub sample_size: Sides,
    /// Latents times it have unit variance.
    pub scaling_factor: f64,
    /// Not supported; must be absent.
    pub shift_factor: Option<f64>,
    /// Not supported; must be absent.
    pub latents_mean: Option<Vec<f64>>,
    /// Not supported; must be absent.
    pub latents_std: Option<Vec<f64>>,
    /// An option of image pipelines; without effect here.
    pub force_upcast: bool,
    /// A 1 x 1 convolution after the encoder.
    pub use_quant_conv: bool,
    /// A 1 x 1 convolution before the decoder.
    pub use_post_quant_conv: bool,
    /// Attention in the middle.
    pub mid_block_add_attention: bool,
}

impl Default for AutoencoderKLConfig {
    fn default() -> Self {
        Self {
            in_channels: 3,
            out_channels: 3,
            down_block_types: vec!["DownEncoderBlock2D".into()],
            up_block_types: vec!["UpDecoderBlock2D".into()],
            block_out_channels: vec![64],
            layers_per_block: 1,
            act_fn: Activation::Silu,
            latent_channels: 4,
            norm_num_groups: 32,
            sample_size: Sides::Both(32),
            scaling_factor: 0.18215,
            shift_factor: None,
            latents_mean: None,
            latents_std: None,
            force_upcast: true,
            use_quant_conv: true,
            use_post_quant_conv: true,
            mid_block_add_attention: true,
        }
    }
}

impl AutoencoderKLConfig {
    fn check(&self) -> Result<()> {
        let fault = |detail: &str| Err(DiffusionError::config("AutoencoderKL", detail));
        let all = |types: &[String], name: &str| {
            types.len() == self.block_out_channels.len() && types.iter().all(|t| t == name)
        };
        if !all(&self.down_block_types, "DownEncoderBlock2D")
            || !all(&self.up_block_types, "UpDecoderBlock2D")
        {
            return fault(
                "blocks other than `DownEncoderBlock2D` and `UpDecoderBlock2D`, or not one per width",
            );
        }
        if self.shift_factor.is_some() || self.latents_mean.is_some() || self.latents_std.is_some()
        {
            return fault("`shift_factor`, `latents_mean` and `latents_std` are not supported");
        }
        if self.block_out_channels.is_empty() {
            return fault("`block_out_channels` is empty");
        }
        Ok(())
    }
}

/// A Gaussian for every latent, as the encoder gives it.
#[derive(Clone, Debug)]
pub struct DiagonalGaussianDistribution {
    /// (n, latent, h, w).
    pub mean: Tensor,
    /// (n, latent, h, w).
    pub std: Tensor,
}

impl DiagonalGaussianDistribution {
    /// From (n, 2 · latent, h, w): means, then logarithms of variances, which are cut to -30..20.
    fn new(parameters: &Tensor) -> candle_core::Result<Self> {
        let halves = parameters.chunk(2, 1)?;
        let std = (halves[1].clamp(-30.0, 20.0)? * 0.5)?.exp()?;
        Ok(Self { mean: halves[0].contiguous()?, std })
    }

    /// A sample of it.
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn sample(&self, noise: &mut Noise) -> candle_core::Result<Tensor> {
        let drawn = noise.normal(self.mean.shape(), self.mean.device())?;
        &self.mean + (drawn.to_dtype(self.mean.dtype())? * &self.std)?
    }
}

/// The network.
#[derive(Clone, Debug)]
pub struct AutoencoderKL {
    encoder: Encoder,
    decoder: Decoder,
    quant_conv: Option<Conv2d>,
    post_quant_conv: Option<Conv2d>,
    config: AutoencoderKLConfig,
    dtype: DType,
}

impl AutoencoderKL {
    /// The network of a folder with `config.json` and weights as safetensors.
    ///
    /// # Errors
    /// A file is missing, an option is not known, a tensor is missing, extra or of another shape.
    pub fn open(folder: &Path, dtype: DType, device: &Device) -> Result<Self> {
        let config: AutoencoderKLConfig = config::read(&folder.join("config.json"))?;
        config.check()?;
        let file = crate::folder::weights_file(folder, "diffusion_pytorch_model")?;
        let weights = Weights::open(&file, dtype, device)?.renamed(current_name);
        Ok(build("AutoencoderKL", weights, |w| Self::new(config, dtype, w))?.0)
    }

    /// The network on tensors below `w`; `dtype` is theirs.
    ///
    /// # Errors
    /// Options that contradict each other.
    pub fn new(
        config: AutoencoderKLConfig,
        dtype: DType,
        w: &Weights,
    ) -> candle_core::Result<Self> {
        config.check().map_err(candle_core::Error::wrap)?;
        let options = VaeOptions {
            layers: config.layers_per_block,
            groups: config.norm_num_groups,
            act: config.act_fn,
            attends: config.mid_block_add_attention,
        };
        let (widths, latent) = (&config.block_out_channels, config.latent_channels);
        let conv = |wanted: bool, channels: usize, name: &str| {
            wanted.then(|| Conv2d::new(channels, channels, 1, 1, 0, &w.at(name))).transpose()
        };
        Ok(Self {
            encoder: Encoder::new(config.in_channels, latent, widths, &options, &w.at("encoder"))?,
            decoder: Decoder::new(latent, config.out_channels, widths, &options, &w.at("decoder"))?,
            quant_conv: conv(config.use_quant_conv, 2 * latent, "quant_conv")?,
            post_quant_conv: conv(config.use_post_quant_conv, latent, "post_quant_conv")?,
            config,
            dtype,
        })
    }

    /// Configuration of the network.
    pub fn config(&self) -> &AutoencoderKLConfig {
        &self.config
    }

    /// Picture sides over latent sides.
    pub fn scale(&self) -> usize {
        1 << (self.config.block_out_channels.len() - 1)
    }

    /// Latents (not yet scaled) of pictures (n, 3, h, w) in -1..1, `slice` of them at a time.
    ///
    /// # Errors
    /// Sides that are no multiple of [`AutoencoderKL::scale`].
    pub fn encode(
        &self,
        pictures: &Tensor,
        slice: usize,
    ) -> candle_core::Result<DiagonalGaussianDistribution> {
        let parameters = sliced(&pictures.to_dtype(self.dtype)?, slice, |part| {
            let encoded = self.encoder.forward(part)?;
            self.quant_conv.as_ref().map_or(Ok(encoded.clone()), |conv| conv.forward(&encoded))
        })?;
        DiagonalGaussianDistribution::new(&parameters)
    }

    /// Pictures (n, 3, h, w) about -1..1 of unscaled latents, `slice` of them at a time.
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn decode(&self, latents: &Tensor, slice: usize) -> candle_core::Result<Tensor> {
        sliced(&latents.to_dtype(self.dtype)?, slice, |part| {
            let z = match &self.post_quant_conv {
                Some(conv) => conv.forward(part)?,
                None => part.clone(),
            };
            self.decoder.forward(&z)
        })
    }
}

fn sliced(
    x: &Tensor,
    slice: usize,
    run: impl Fn(&Tensor) -> candle_core::Result<Tensor>,
) -> candle_core::Result<Tensor> {
    let (n, slice) = (x.dim(0)?, slice.max(1));
    let parts =
        (0..n).step_by(slice).map(|at| run(&x.narrow(0, at, slice.min(n - at))?.contiguous()?));
    Tensor::cat(&parts.collect::<candle_core::Result<Vec<_>>>()?, 0)
}

/// Before diffusers 0.14 the attention's layers had other names.
fn current_name(name: &str) -> Option<String> {
    let old = [("query", "to_q"), ("key", "to_k"), ("value", "to_v"), ("proj_attn", "to_out.0")];
    let renamed = old.iter().find_map(|(old, new)| {
        let (head, tail) = name.split_once(&format!(".{old}."))?;
        head.contains("attentions").then(|| format!("{head}.{new}.{tail}"))
    });
    Some(renamed.unwrap_or_else(|| name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_of_the_attention_are_known() {
        for (old, new) in [
            (
                "encoder.mid_block.attentions.0.query.weight",
                "encoder.mid_block.attentions.0.to_q.weight",
            ),
            (
                "decoder.mid_block.attentions.0.proj_attn.bias",
                "decoder.mid_block.attentions.0.to_out.0.bias",
            ),
            ("encoder.conv_in.weight", "encoder.conv_in.weight"),
        ] {
            assert_eq!(current_name(old).unwrap(), new);
        }
    }
}
