//! Sampling with retrieval: guidance by text and by retrieval, and a start from the retrieved videos.
//!
//! Memory: two samples a step, three if the retrieval has a scale of its own.

use candle_core::{DType, Tensor};
use kinora_diffusion::{
    DiffusionError, Noise, SampleRequest, TemporalHook, TextToVideoPipeline, UNet3DConditionModel,
    denoise,
};
use kinora_types::Control;

use crate::{
    controller::{Conditioned, Ragme},
    error::{RagmeError, Result},
    retrieved::Retrieved,
};

/// How much of each condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guidance {
    /// Of the text; 1 is the text as it is.
    pub text: f64,
    /// Of the retrieved videos; 1 is the paper's, 0 is none.
    pub retrieval: f64,
}

/// What retrieval gives a sampling run.
#[derive(Clone, Debug)]
pub struct RetrievalInput {
    /// Frame embeddings of one sample.
    pub retrieved: Retrieved,
    /// Scale of the retrieval's own guidance; 1 is the paper's.
    pub scale: f64,
    /// Latents (K, C, frames, h, w) of the retrieved clips, as the autoencoder gives them, to start from.
    pub init: Option<Tensor>,
}

/// The guided prediction for latents (b, C, frames, h, w) at a step:
/// e(∅,∅) + `s_r` · (e(∅,R) - e(∅,∅)) + `s_t` · (e(T,R) - e(∅,R)), where `text` (2 · b, tokens, width) holds b times ∅
/// and then each sample's T, and `hook` was conditioned on b samples.
///
/// With a retrieval scale of 1 the first two terms are e(∅,R), so that pass is left out.
///
/// # Errors
/// The network's, or a hook for another number of samples.
pub fn guided(
    unet: &UNet3DConditionModel,
    hook: &Conditioned<'_>,
    latents: &Tensor,
    timestep: usize,
    text: &Tensor,
    guidance: Guidance,
) -> Result<Tensor> {
    let b = latents.dim(0)?;
    if text.dim(0)? != 2 * b || hook.samples()? != b {
        let (texts, samples) = (text.dims(), hook.samples()?);
        return Err(RagmeError::Input(format!(
            "texts {texts:?} and retrieval for {samples} samples cannot guide {b} samples"
        )));
    }
    let (empty, prompt) = (text.narrow(0, 0, b)?, text.narrow(0, b, b)?);
    let run = |with: &[bool], texts: &[&Tensor]| -> Result<Vec<Tensor>> {
        let hook = hook.rows(with)?;
        predict(unet, &hook, latents, timestep, texts)
    };
    if guidance.retrieval == 1.0 {
        let parts = run(&[true, true], &[&empty, &prompt])?;
        return Ok((&parts[0] + ((&parts[1] - &parts[0])? * guidance.text)?)?);
    }
    let parts = run(&[false, true, true], &[&empty, &empty, &prompt])?;
    let retrieval = ((&parts[1] - &parts[0])? * guidance.retrieval)?;
    let text = ((&parts[2] - &parts[1])? * guidance.text)?;
    Ok(((&parts[0] + retrieval)? + text)?)
}

/// The prediction of each text (b, tokens, width) for the same latents.
fn predict(
    unet: &UNet3DConditionModel,
    hook: &dyn TemporalHook,
    latents: &Tensor,
    timestep: usize,
    texts: &[&Tensor],
) -> Result<Vec<Tensor>> {
    let rows = texts.len();
    let steps = Tensor::full(timestep as f32, rows * latents.dim(0)?, latents.device())?;
    let noise = unet.forward(
        &Tensor::cat(&vec![latents; rows], 0)?,
        &steps,
        &Tensor::cat(texts, 0)?,
        hook,
    )?;
    Ok(noise.chunk(rows, 0)?)
}

/// RagInit: √ᾱ · z̄ + √(1-ᾱ) · ε, where z̄ is the mean of the retrieved latents (K, C, frames, h, w) times
/// `scaling_factor`, ᾱ that of the sampler's first timestep and ε noise (1, C, frames, h, w). Clips of another
/// length are resampled to the nearest frames.
///
/// # Errors
/// Latents of another size.
pub fn rag_init(
    latents: &Tensor,
    scaling_factor: f64,
    alpha_cumprod: f64,
    noise: &Tensor,
) -> Result<Tensor> {
    let (_, channels, frames, height, width) = latents.dims5()?;
    let (_, c, wanted, h, w) = noise.dims5()?;
    if (channels, height, width) != (c, h, w) || frames == 0 {
        let (theirs, ours) = (latents.dims(), noise.dims());
        return Err(RagmeError::Input(format!("latents {theirs:?} cannot start latents {ours:?}")));
    }
    let mean = (latents.to_dtype(DType::F32)?.mean_keepdim(0)? * scaling_factor)?;
    let picked: Vec<u32> = (0..wanted).map(|at| (at * frames / wanted) as u32).collect();
    let mean = mean.index_select(&Tensor::new(picked, mean.device())?, 2)?;
    let start = (mean * alpha_cumprod.sqrt())? + (noise * (1.0 - alpha_cumprod).sqrt())?;
    Ok(start?)
}

impl Ragme {
    /// Latents (1, C, frames, h, w) of a request with what was retrieved for it; `progress` sees the steps done.
    ///
    /// # Errors
    /// Sizes, shapes, a network's failure, or cancellation, which is polled before each step and at each site in it.
    pub fn sample_latents(
        &self,
        pipeline: &TextToVideoPipeline,
        request: &SampleRequest,
        input: &RetrievalInput,
        progress: &mut dyn FnMut(usize),
        control: &Control,
    ) -> Result<Tensor> {
        let hook = self.condition(&input.retrieved)?.until(control);
        let text = pipeline.encode_text(&[&request.negative_prompt, &request.prompt])?;
        let mut sampler = pipeline.sampler(request)?;
        let noise = pipeline.start(request)?;
        let start = match &input.init {
            None => noise,
            Some(latents) => {
                let scale = pipeline.codec.scaling_factor();
                rag_init(latents, scale, sampler.first_alpha_cumprod(), &noise)?
            }
        };
        let guidance = Guidance { text: request.guidance_scale, retrieval: input.scale };
        let predict = |latents: &Tensor, timestep: usize| {
            guided(&pipeline.unet, &hook, latents, timestep, &text, guidance)
                .map_err(candle_core::Error::wrap)
        };
        let stochastic = (request.eta > 0.0).then(|| (request.eta, Noise::new(!request.seed)));
        let made = denoise(sampler.as_mut(), start, stochastic, predict, progress, control);
        made.map_err(|error| match control.check() {
            // The hook's own failure comes as one of the tensor library.
            Err(cancelled) => DiffusionError::from(cancelled).into(),
            Ok(()) => error.into(),
        })
    }

    /// As [`Ragme::sample_latents`], decoded: frames (frames, 3, height, width), 0 to 1.
    ///
    /// # Errors
    /// As there.
    pub fn sample(
        &self,
        pipeline: &TextToVideoPipeline,
        request: &SampleRequest,
        input: &RetrievalInput,
        progress: &mut dyn FnMut(usize),
        control: &Control,
    ) -> Result<Tensor> {
        let latents = self.sample_latents(pipeline, request, input, progress, control)?;
        Ok(pipeline.decode(&latents, control)?)
    }
}
