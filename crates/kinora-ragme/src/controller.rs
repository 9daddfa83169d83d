//! The added modules together: the enhancer and one site behind each temporal attention of a base model.

use std::{collections::BTreeMap, path::Path};

use candle_core::{DType, Device, Tensor, Var};
use kinora_diffusion::{
    Site, SiteContext, TemporalHook, UNet3DConditionModel, Variables, Weights, build, config,
};
use kinora_types::Control;

use crate::{
    config::RagmeConfig,
    error::Result,
    rag_attention::RagAttention,
    released::{self, RELEASED_FILE},
    retrieved::Retrieved,
    temporal_enhancer::{TemporalEnhancer, Tokens},
};

/// File of the weights in a controller's folder; `config.json` stands beside it.
pub const WEIGHTS_FILE: &str = "ragme.safetensors";

/// The controller. Tensors are named `temporal_enhancer.…` and, for each site, `down_blocks.0.rag_attentions.1.…`
/// as diffusers names the attention before it.
/// Checkpoints of the authors have names of their own, which [`Ragme::open`] knows.
#[derive(Clone, Debug)]
pub struct Ragme {
    enhancer: TemporalEnhancer,
    sites: BTreeMap<Site, RagAttention>,
    config: RagmeConfig,
}

impl Ragme {
    /// The controller of a folder for a base model; `dtype` is the base's. Ours, or one as the authors save it
    /// (`controller.safetensors`).
    ///
    /// # Errors
    /// A file is missing, an option is not known, a tensor is missing, extra or of another shape.
    pub fn open(
        folder: &Path,
        unet: &UNet3DConditionModel,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let (options, released) = (folder.join("config.json"), folder.join(RELEASED_FILE));
        if !released.is_file() {
            let config = config::read(&options)?;
            let weights = Weights::open(&folder.join(WEIGHTS_FILE), dtype, device)?;
            return Ok(Self::build(config, unet, weights)?.0);
        }
        let weights = Weights::open(&released, dtype, device)?;
        let rest = if options.is_file() { config::read(&options)? } else { RagmeConfig::default() };
        let config = released::config(&weights, rest);
        let sites = unet.sites();
        let weights = weights.renamed(|name| Some(released::renamed(name, &sites)));
        Ok(Self::build(config, unet, weights)?.0)
    }

    /// On given tensors, or on fresh ones, whose variables come with it.
    ///
    /// # Errors
    /// Options that contradict each other or the base; tensors that do not fit.
    pub fn build(
        config: RagmeConfig,
        unet: &UNet3DConditionModel,
        weights: Weights,
    ) -> Result<(Self, Variables)> {
        config.check()?;
        let time = unet.config().time_embed_dim();
        let made = build("RAGME", weights, |w| {
            let site = |site: Site| {
                let w = w.at(site.path("rag_attentions"));
                Ok((site, RagAttention::new(&config, site.channels, time, &w)?))
            };
            Ok(Self {
                enhancer: TemporalEnhancer::new(&config, &w.at("temporal_enhancer"))?,
                sites: unet.sites().into_iter().map(site).collect::<candle_core::Result<_>>()?,
                config: config.clone(),
            })
        });
        Ok(made?)
    }

    /// Its options.
    pub fn config(&self) -> &RagmeConfig {
        &self.config
    }

    /// Mean size of the gates' weights; zero while all are shut.
    ///
    /// # Errors
    /// The tensor library's.
    pub fn opening(&self) -> Result<f32> {
        let gates = self.sites.values().map(RagAttention::opening);
        let gates = gates.collect::<candle_core::Result<Vec<f32>>>()?;
        Ok(gates.iter().sum::<f32>() / gates.len().max(1) as f32)
    }

    /// Encodes what was retrieved for b samples, once for all steps of sampling.
    ///
    /// # Errors
    /// Embeddings of another width, or a mask that does not belong to them.
    pub fn condition(&self, retrieved: &Retrieved) -> Result<Conditioned<'_>> {
        retrieved.check(self.config.embed_dim)?;
        let tokens = self.enhancer.forward(retrieved)?;
        Ok(Conditioned { ragme: self, tokens, control: Control::default() })
    }
}

/// A controller with the tokens of b samples: the hook for a forward pass of b samples.
#[derive(Clone, Debug)]
pub struct Conditioned<'a> {
    ragme: &'a Ragme,
    tokens: Tokens,
    control: Control,
}

impl Conditioned<'_> {
    /// The same under a control that is polled at every site: a forward pass fails at the next one once it is
    /// cancelled. On a CPU one pass takes many seconds.
    pub fn until(self, control: &Control) -> Self {
        Self { control: control.clone(), ..self }
    }

    /// How many samples it is for.
    ///
    /// # Errors
    /// The tensor library's.
    pub fn samples(&self) -> Result<usize> {
        Ok(self.tokens.tokens.dim(0)?)
    }

    /// All samples once for each of `with`, one after the other, each time with their tokens or without any.
    ///
    /// # Errors
    /// The tensor library's.
    pub fn rows(&self, with: &[bool]) -> Result<Self> {
        let Tokens { tokens, mask } = &self.tokens;
        let masks =
            with.iter().map(|with| if *with { Ok(mask.clone()) } else { mask.zeros_like() });
        let masks = masks.collect::<candle_core::Result<Vec<_>>>()?;
        let tokens = Tensor::cat(&vec![tokens; with.len()], 0)?;
        let tokens = Tokens { tokens, mask: Tensor::cat(&masks, 0)? };
        Ok(Self { ragme: self.ragme, tokens, control: self.control.clone() })
    }

    /// The same with its tokens as a variable of their own, cut off from the enhancer.
    pub(crate) fn as_leaf(&self) -> Result<Self> {
        let tokens = Var::from_tensor(&self.tokens.tokens.detach())?.into_inner();
        let mask = self.tokens.mask.clone();
        let control = self.control.clone();
        Ok(Self { ragme: self.ragme, tokens: Tokens { tokens, mask }, control })
    }

    /// The encoded videos.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }
}

impl TemporalHook for Conditioned<'_> {
    fn apply(
        &self,
        site: Site,
        hidden: &Tensor,
        context: &SiteContext<'_>,
    ) -> candle_core::Result<Tensor> {
        self.control.check().map_err(candle_core::Error::wrap)?;
        let Some(module) = self.ragme.sites.get(&site) else {
            candle_core::bail!(
                "the controller was not made for `{}`",
                site.path("temp_attentions")
            );
        };
        module.forward(hidden, &self.tokens, context)
    }
}
