//! `CLIPTextModel` of transformers (`models/clip/modeling_clip.py`): the words of a prompt as vectors.
//!
//! Memory: the weights (1.3 GB in `f32` for OpenCLIP-H); the activations of 77 tokens are small.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

use crate::{
    attention::{SCORES, scaled_dot_product_attention},
    config::{self, Activation},
    error::Result,
    nn::{Embedding, LayerNorm, Linear},
    weights::{Weights, build},
};

/// `text_encoder/config.json`; what does not shape the network is known by name and passed over.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CLIPTextConfig {
    /// Words.
    pub vocab_size: usize,
    /// Width.
    pub hidden_size: usize,
    /// Width of the feed-forward layers.
    pub intermediate_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Heads.
    pub num_attention_heads: usize,
    /// Longest text in tokens.
    pub max_position_embeddings: usize,
    /// In the feed-forward layers.
    #[serde(default = "quick_gelu")]
    pub hidden_act: Activation,
    /// Added to variances.
    #[serde(default = "small")]
    pub layer_norm_eps: f64,
    #[serde(default, rename = "architectures")]
    _architectures: serde::de::IgnoredAny,
    #[serde(default, rename = "attention_dropout")]
    _attention_dropout: serde::de::IgnoredAny,
    #[serde(default, rename = "bos_token_id")]
    _bos_token_id: serde::de::IgnoredAny,
    #[serde(default, rename = "dropout")]
    _dropout: serde::de::IgnoredAny,
    #[serde(default, rename = "dtype")]
    _dtype: serde::de::IgnoredAny,
    #[serde(default, rename = "eos_token_id")]
    _eos_token_id: serde::de::IgnoredAny,
    #[serde(default, rename = "initializer_factor")]
    _initializer_factor: serde::de::IgnoredAny,
    #[serde(default, rename = "initializer_range")]
    _initializer_range: serde::de::IgnoredAny,
    #[serde(default, rename = "model_type")]
    _model_type: serde::de::IgnoredAny,
    #[serde(default, rename = "pad_token_id")]
    _pad_token_id: serde::de::IgnoredAny,
    #[serde(default, rename = "projection_dim")]
    _projection_dim: serde::de::IgnoredAny,
    #[serde(default, rename = "torch_dtype")]
    _torch_dtype: serde::de::IgnoredAny,
    #[serde(default, rename = "transformers_version")]
    _transformers_version: serde::de::IgnoredAny,
}

fn quick_gelu() -> Activation {
    Activation::QuickGelu
}

fn small() -> f64 {
    1e-5
}

/// `CLIPEncoderLayer`: masked self-attention and feed-forward, each after a layer norm.
#[derive(Clone, Debug)]
struct EncoderLayer {
    layer_norm1: LayerNorm,
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    out_proj: Linear,
    layer_norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    act: Activation,
    heads: usize,
}

impl EncoderLayer {
    fn new(config: &CLIPTextConfig, w: &Weights) -> candle_core::Result<Self> {
        let (size, inner) = (config.hidden_size, config.intermediate_size);
        let proj = |name: &str| Linear::new(size, size, &w.at("self_attn").at(name));
        let norm = |name: &str| LayerNorm::new(size, config.layer_norm_eps, &w.at(name));
        Ok(Self {
            layer_norm1: norm("layer_norm1")?,
            q_proj: proj("q_proj")?,
            k_proj: proj("k_proj")?,
            v_proj: proj("v_proj")?,
            out_proj: proj("out_proj")?,
            layer_norm2: norm("layer_norm2")?,
            fc1: Linear::new(size, inner, &w.at("mlp.fc1"))?,
            fc2: Linear::new(inner, size, &w.at("mlp.fc2"))?,
            act: config.hidden_act,
            heads: config.num_attention_heads,
        })
    }

    fn forward(&self, x: &Tensor, mask: &Tensor) -> candle_core::Result<Tensor> {
        let (b, n, size) = x.dims3()?;
        let split = |t: Tensor| t.reshape((b, n, self.heads, size / self.heads))?.transpose(1, 2);
        let normed = self.layer_norm1.forward(x)?;
        let q = split(self.q_proj.forward(&normed)?)?;
        let k = split(self.k_proj.forward(&normed)?)?;
        let v = split(self.v_proj.forward(&normed)?)?;
        let scale = 1.0 / ((size / self.heads) as f64).sqrt();
        let y = scaled_dot_product_attention(&q, &k, &v, scale, Some(mask), SCORES)?;
        let x = (x + self.out_proj.forward(&y.transpose(1, 2)?.reshape((b, n, size))?)?)?;
        let hidden = self.act.forward(&self.fc1.forward(&self.layer_norm2.forward(&x)?)?)?;
        &x + self.fc2.forward(&hidden)?
    }
}

/// The network.
#[derive(Clone, Debug)]
pub struct CLIPTextModel {
    token_embedding: Embedding,
    position_embedding: Embedding,
    layers: Vec<EncoderLayer>,
    final_layer_norm: LayerNorm,
    config: CLIPTextConfig,
    dtype: DType,
}

impl CLIPTextModel {
    /// The network of a folder with `config.json` and `model.safetensors`.
    ///
    /// # Errors
    /// A file is missing, an option is not known, a tensor is missing, extra or of another shape.
    pub fn open(folder: &Path, dtype: DType, device: &Device) -> Result<Self> {
        let config: CLIPTextConfig = config::read(&folder.join("config.json"))?;
        let file = crate::folder::weights_file(folder, "model")?;
        // transformers wrote `text_model.` before every name until version 5.
        let current = |name: &str| {
            let name = name.strip_prefix("text_model.").unwrap_or(name);
            (!name.ends_with("position_ids")).then(|| name.to_owned())
        };
        let weights = Weights::open(&file, dtype, device)?.renamed(current);
        Ok(build("CLIPTextModel", weights, |w| Self::new(config, dtype, w))?.0)
    }

    /// The network on tensors below `w`; `dtype` is theirs.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(config: CLIPTextConfig, dtype: DType, w: &Weights) -> candle_core::Result<Self> {
        let size = config.hidden_size;
        let layer = |at: usize| EncoderLayer::new(&config, &w.at("encoder.layers").at(at));
        let embedding =
            |name: &str, count: usize| Embedding::new(count, size, &w.at("embeddings").at(name));
        Ok(Self {
            token_embedding: embedding("token_embedding", config.vocab_size)?,
            position_embedding: embedding("position_embedding", config.max_position_embeddings)?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<candle_core::Result<_>>()?,
            final_layer_norm: LayerNorm::new(
                size,
                config.layer_norm_eps,
                &w.at("final_layer_norm"),
            )?,
            config,
            dtype,
        })
    }

    /// Configuration of the network.
    pub fn config(&self) -> &CLIPTextConfig {
        &self.config
    }

    /// The last hidden state (b, tokens, size) of token numbers (b, tokens), `u32`; padding is not masked, as the
    /// pipelines of diffusers do not mask it.
    ///
    /// # Errors
    /// More tokens than positions, or a number beyond the vocabulary.
    pub fn forward(&self, ids: &Tensor) -> candle_core::Result<Tensor> {
        let (_, n) = ids.dims2()?;
        let positions = Tensor::arange(0, n as u32, ids.device())?;
        let positions = self.position_embedding.forward(&positions)?.unsqueeze(0)?;
        let mut x = self.token_embedding.forward(ids)?.broadcast_add(&positions)?;
        let mask = causal_mask(n, ids.device())?.to_dtype(self.dtype)?;
        for layer in &self.layers {
            x = layer.forward(&x, &mask)?;
        }
        self.final_layer_norm.forward(&x)
    }
}

/// (1, 1, n, n): -∞ where a token would see a later one.
fn causal_mask(n: usize, device: &Device) -> candle_core::Result<Tensor> {
    let cell = |at: usize| if at % n > at / n { f32::NEG_INFINITY } else { 0.0 };
    Tensor::from_vec((0..n * n).map(cell).collect::<Vec<f32>>(), (1, 1, n, n), device)
}
