//! `TextToVideoSDPipeline` of diffusers (`pipelines/deprecated/text_to_video_synthesis`): a prompt as a video.
//!
//! Memory: all four networks, and on the way through the decoder a few frames at a time.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use kinora_types::Control;
use serde::Deserialize;

use crate::{
    clip_text::CLIPTextModel,
    clip_tokenizer::CLIPTokenizer,
    codec::FrameCodec,
    config,
    error::{DiffusionError, Result},
    hook::{Identity, TemporalHook},
    noise::Noise,
    scheduler::{Scheduler, SchedulerConfig, SchedulerKind},
    unet_3d_condition::UNet3DConditionModel,
};

/// Request for a sample.
#[derive(Clone, Debug)]
pub struct SampleRequest {
    /// Prompt.
    pub prompt: String,
    /// Negative prompt.
    pub negative_prompt: String,
    /// Pixels; a multiple of the codec's scale.
    pub height: usize,
    /// Pixels; a multiple of the codec's scale.
    pub width: usize,
    /// Frames of the video.
    pub frames: usize,
    /// Steps of the sampler.
    pub steps: usize,
    /// Scale of classifier-free guidance; at 1 or below there is none.
    pub guidance_scale: f64,
    /// Noise that DDIM adds, 0 to 1.
    pub eta: f64,
    /// Names the noise at the start.
    pub seed: u64,
    /// Sampler; the model's own if absent.
    pub scheduler: Option<SchedulerKind>,
}

impl SampleRequest {
    /// ZeroScope's setting for a prompt: 12 frames of 448 x 256, 50 steps of DDIM, guidance 10.
    pub fn new(prompt: &str) -> Self {
        Self {
            prompt: prompt.to_owned(),
            negative_prompt: String::new(),
            height: 256,
            width: 448,
            frames: 12,
            steps: 50,
            guidance_scale: 10.0,
            eta: 0.0,
            seed: 0,
            scheduler: Some(SchedulerKind::Ddim),
        }
    }
}

#[derive(Deserialize)]
struct SchedulerClass {
    #[serde(rename = "_class_name")]
    kind: SchedulerKind,
}

/// The four networks and the sampler's options.
#[derive(Debug)]
pub struct TextToVideoPipeline {
    /// Words to tokens.
    pub tokenizer: CLIPTokenizer,
    /// Tokens to vectors.
    pub text_encoder: CLIPTextModel,
    /// Noise in latents.
    pub unet: UNet3DConditionModel,
    /// Latents to pictures.
    pub codec: FrameCodec,
    /// Options of the sampler.
    pub scheduler: SchedulerConfig,
    /// The model's own sampler.
    pub kind: SchedulerKind,
    device: Device,
}

impl TextToVideoPipeline {
    /// The pipeline of a folder as diffusers saves it, in `f32`, `f16` or `bf16`.
    ///
    /// # Errors
    /// A file is missing, an option is not known, tensors do not fit; each is named.
    pub fn open(folder: &Path, dtype: DType, device: &Device) -> Result<Self> {
        let text_encoder = CLIPTextModel::open(&folder.join("text_encoder"), dtype, device)?;
        let length = text_encoder.config().max_position_embeddings;
        let file = folder.join("scheduler").join("scheduler_config.json");
        let class = config::text(&file)?;
        let class: SchedulerClass = serde_json::from_str(&config::without_infinities(&class))
            .map_err(|e| DiffusionError::config("scheduler", e.to_string()))?;
        let unet = UNet3DConditionModel::open(&folder.join("unet"), dtype, device)?;
        Ok(Self {
            tokenizer: CLIPTokenizer::open(&folder.join("tokenizer"), length)?,
            text_encoder,
            codec: FrameCodec::open(folder, unet.config().in_channels, dtype, device)?,
            unet,
            scheduler: config::read(&file)?,
            kind: class.kind,
            device: device.clone(),
        })
    }

    /// Device of the networks.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The text encoder's last hidden state (texts, tokens, width).
    ///
    /// # Errors
    /// The tokenizer's or the network's.
    pub fn encode_text(&self, texts: &[&str]) -> Result<Tensor> {
        let ids: Vec<Vec<u32>> =
            texts.iter().map(|text| self.tokenizer.encode(text)).collect::<Result<_>>()?;
        Ok(self.text_encoder.forward(&Tensor::new(ids, &self.device)?)?)
    }

    /// Noise (1, latent, frames, h, w) to start from.
    ///
    /// # Errors
    /// [`DiffusionError::Request`] on sizes that the networks cannot make.
    pub fn start(&self, request: &SampleRequest) -> Result<Tensor> {
        let scale = self.codec.scale();
        let fits = |side: usize| side > 0 && side.is_multiple_of(scale);
        if !fits(request.height) || !fits(request.width) || request.frames == 0 {
            return Err(DiffusionError::Request(format!(
                "{} frames of {} x {}: sides must be multiples of {scale}",
                request.frames, request.width, request.height
            )));
        }
        let channels = self.unet.config().in_channels;
        let sides = (request.height / scale, request.width / scale);
        let shape = (1, channels, request.frames, sides.0, sides.1);
        Ok(Noise::new(request.seed).normal(shape, &self.device)?)
    }

    /// The sampler that a request asks for.
    ///
    /// # Errors
    /// Options that are not supported.
    pub fn sampler(&self, request: &SampleRequest) -> Result<Box<dyn Scheduler>> {
        request.scheduler.unwrap_or(self.kind).start(&self.scheduler, request.steps)
    }

    /// Makes the video of a request: frames (frames, 3, height, width), 0 to 1, `f32`. `progress` sees the
    /// number of steps done; `control` is asked before each step and each decoded frame.
    ///
    /// # Errors
    /// Wrong sizes, [`DiffusionError::Cancelled`], or a network's failure.
    pub fn sample(
        &self,
        request: &SampleRequest,
        progress: &mut dyn FnMut(usize),
        control: &Control,
    ) -> Result<Tensor> {
        let latents =
            self.sample_latents(request, self.start(request)?, &Identity, progress, control)?;
        self.decode(&latents, control)
    }

    /// As [`TextToVideoPipeline::sample`], from given noise and with a hook, up to the latents.
    ///
    /// # Errors
    /// As there.
    pub fn sample_latents(
        &self,
        request: &SampleRequest,
        start: Tensor,
        hook: &dyn TemporalHook,
        progress: &mut dyn FnMut(usize),
        control: &Control,
    ) -> Result<Tensor> {
        let guided = request.guidance_scale > 1.0;
        let texts = [request.negative_prompt.as_str(), request.prompt.as_str()];
        let text = self.encode_text(if guided { &texts } else { &texts[1..] })?;
        let predict = |latents: &Tensor, timestep: usize| {
            let rows = text.dim(0)?;
            let steps = Tensor::full(timestep as f32, rows, &self.device)?;
            let latents = Tensor::cat(&vec![latents; rows], 0)?;
            let noise = self.unet.forward(&latents, &steps, &text, hook)?;
            if !guided {
                return Ok(noise);
            }
            let (without, with) = (noise.narrow(0, 0, 1)?, noise.narrow(0, 1, 1)?);
            &without + ((with - &without)? * request.guidance_scale)?
        };
        let mut sampler = self.sampler(request)?;
        let noise = (request.eta > 0.0).then(|| (request.eta, Noise::new(!request.seed)));
        denoise(sampler.as_mut(), start, noise, predict, progress, control)
    }

    /// Frames (frames, 3, height, width), 0 to 1, `f32`, of latents (1, latent, frames, h, w).
    ///
    /// # Errors
    /// [`DiffusionError::Cancelled`], or the network's failure.
    pub fn decode(&self, latents: &Tensor, control: &Control) -> Result<Tensor> {
        let frames = latents.squeeze(0)?.transpose(0, 1)?.contiguous()?;
        let frames = (frames * (1.0 / self.codec.scaling_factor()))?;
        let one = |at: usize| -> Result<Tensor> {
            control.check()?;
            Ok(self.codec.decode(&frames.narrow(0, at, 1)?)?.to_dtype(DType::F32)?)
        };
        let decoded = (0..frames.dim(0)?).map(one).collect::<Result<Vec<_>>>()?;
        Ok(((Tensor::cat(&decoded, 0)? / 2.0)? + 0.5)?.clamp(0.0, 1.0)?)
    }
}

/// Runs a sampler from `start` to the clean latents; `predict` gives the network's output for latents at a step.
///
/// # Errors
/// [`DiffusionError::Cancelled`] before a step, or `predict`'s failure.
pub fn denoise(
    sampler: &mut dyn Scheduler,
    start: Tensor,
    mut stochastic: Option<(f64, Noise)>,
    mut predict: impl FnMut(&Tensor, usize) -> candle_core::Result<Tensor>,
    progress: &mut dyn FnMut(usize),
    control: &Control,
) -> Result<Tensor> {
    let timesteps = sampler.timesteps().to_vec();
    let mut latents = start;
    for (at, timestep) in timesteps.into_iter().enumerate() {
        control.check()?;
        let output = predict(&latents, timestep)?;
        let noise = stochastic.as_mut().map(|(eta, noise)| (*eta, noise));
        // Sampling needs no graph, whatever the network was trained with.
        latents = sampler.step(at, &output, &latents, noise)?.detach();
        progress(at + 1);
    }
    Ok(latents)
}
