//! Shots made by a text-to-video model that looks at clips of the library for its motion.
//!
//! The clips are references of the request: [`ReferenceRole::Motion`] with a [`ReferenceClip`], nearest to the prompt
//! first. What the model makes is scaled to the film's frame. A shot that lasts longer than the model's video is that
//! video slowed down, and the record says so.
//!
//! Memory: base and controller, one video of the model's size, one frame of the film's.

use std::{
    path::Path,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use candle_core::{DType, Device, Tensor};
use kinora_diffusion::{DiffusionError, SampleRequest, TextToVideoPipeline, config};
use kinora_image::frame::{cover, to_picture};
use kinora_inference::{
    FrameSink, GenerateError, Reference, ReferenceClip, ReferenceRole, ShotGenerator, ShotRequest,
};
use kinora_types::{Control, GeneratorRecord, Picture, Size, YuvFrame};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    controller::Ragme,
    error::{RagmeError, Result},
    fingerprint::fingerprint,
    retrieved::Retrieved,
    sampling::RetrievalInput,
};

/// Name in records and in `--generator`.
pub const RAGME: &str = "ragme";
/// Folder of the controller inside the base's folder.
pub const CONTROLLER_FOLDER: &str = "ragme";
/// File with a [`GenerationConfig`] beside the controller's `config.json`. Without it the values are those with which
/// ZeroScope was released.
pub const GENERATION_FILE: &str = "generation.json";

/// Time between two looks at whether to stop, while the weights are read.
const POLL: Duration = Duration::from_millis(20);

/// How base and controller are sampled: the content of `generation.json`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct GenerationConfig {
    /// Width of a frame in pixels.
    pub width: u32,
    /// Height of a frame in pixels.
    pub height: u32,
    /// Frames of a video.
    pub frames: u32,
    /// Frames a second of a video; retrieved clips are read at this rate.
    pub fps: u32,
    /// Steps of the sampler.
    pub steps: usize,
    /// Scale of the classifier-free guidance by text.
    pub guidance_scale: f64,
    /// Scale of the guidance by retrieval; 1 is the paper's.
    pub retrieval_scale: f64,
    /// Number of clips that are retrieved for a prompt.
    pub clips: usize,
    /// Whether sampling starts from the clips' latents (RagInit).
    pub rag_init: bool,
    /// The negative prompt: what is not to be seen.
    pub negative_prompt: String,
}

impl Default for GenerationConfig {
    fn default() -> Self {
        Self {
            width: 448,
            height: 256,
            frames: 12,
            fps: 8,
            steps: 50,
            guidance_scale: 10.0,
            retrieval_scale: 1.0,
            clips: 5,
            rag_init: false,
            negative_prompt: String::new(),
        }
    }
}

impl GenerationConfig {
    /// Reads the configuration of a model's folder; gives the defaults if the folder has none.
    ///
    /// # Errors
    /// A file that cannot be read, or an option that is not known.
    pub fn of(folder: &Path) -> Result<Self> {
        Self::beside(&folder.join(CONTROLLER_FOLDER))
    }

    /// Reads the configuration of a controller's folder; gives the defaults if the folder has none.
    ///
    /// # Errors
    /// A file that cannot be read, or an option that is not known.
    pub fn beside(controller: &Path) -> Result<Self> {
        let file = controller.join(GENERATION_FILE);
        Ok(if file.is_file() { config::read(&file)? } else { Self::default() })
    }
}

/// The generator: on the CPU in `f32`, deterministic on one machine. It keeps nothing of one shot for the next.
#[derive(Debug)]
pub struct RagmeGenerator {
    pipeline: TextToVideoPipeline,
    ragme: Ragme,
    config: GenerationConfig,
    model: String,
}

/// The clips that a request follows, nearest first.
type Clips<'r> = Vec<(&'r Reference, &'r ReferenceClip)>;

impl RagmeGenerator {
    /// Opens a folder as diffusers saves it, with the controller in its folder `ragme`. The weights are read on a
    /// thread of their own, so that cancellation is heard within 20 ms; the thread ends with the file that it reads.
    ///
    /// # Errors
    /// A file is missing or does not fit; the error names it. Cancellation.
    pub fn open(folder: &Path, control: &Control) -> Result<Self> {
        let (folder, stop) = (folder.to_owned(), control.clone());
        let (made, ready) = mpsc::channel();
        // Nobody waits for it any more where sending fails.
        let load = move || drop(made.send(Self::load(&folder, &stop)));
        let thread = thread::Builder::new().name("ragme-load".into()).spawn(load);
        thread.map_err(|error| RagmeError::Thread(error.to_string()))?;
        loop {
            control.check().map_err(DiffusionError::from)?;
            match ready.recv_timeout(POLL) {
                Ok(loaded) => return loaded,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(RagmeError::Thread("it panicked".to_owned()));
                }
            }
        }
    }

    fn load(folder: &Path, control: &Control) -> Result<Self> {
        let (dtype, device) = (DType::F32, Device::Cpu);
        let model = fingerprint(folder, control)?;
        let pipeline = TextToVideoPipeline::open(folder, dtype, &device)?;
        control.check().map_err(DiffusionError::from)?;
        let controller = folder.join(CONTROLLER_FOLDER);
        let config = GenerationConfig::of(folder)?;
        let ragme = Ragme::open(&controller, &pipeline.unet, dtype, &device)?;
        Ok(Self { pipeline, ragme, config, model })
    }

    /// How base and controller are sampled.
    pub fn config(&self) -> &GenerationConfig {
        &self.config
    }

    /// Width of the frame embeddings that the controller reads.
    pub fn embed_dim(&self) -> usize {
        self.ragme.config().embed_dim
    }

    fn size(&self) -> Size {
        Size { width: self.config.width, height: self.config.height }
    }

    /// The video of a request, in the model's own size.
    fn sample(
        &self,
        request: &ShotRequest,
        clips: &Clips<'_>,
        control: &Control,
    ) -> Result<Vec<Picture>> {
        let config = &self.config;
        let videos: Vec<_> = clips.iter().map(|(_, clip)| values(clip)).collect();
        let input = RetrievalInput {
            retrieved: Retrieved::one(&videos, self.embed_dim(), &Device::Cpu)?,
            scale: config.retrieval_scale,
            init: config.rag_init.then(|| self.latents(clips, control)).transpose()?,
        };
        let sample = SampleRequest {
            negative_prompt: config.negative_prompt.clone(),
            height: config.height as usize,
            width: config.width as usize,
            frames: config.frames as usize,
            steps: config.steps,
            guidance_scale: config.guidance_scale,
            seed: request.seed,
            scheduler: None,
            ..SampleRequest::new(&request.prompt)
        };
        let frames = self.ragme.sample(&self.pipeline, &sample, &input, &mut |_| (), control)?;
        (0..frames.dim(0)?).map(|at| picture(&frames.get(at)?)).collect()
    }

    /// Latents (K, C, frames, h, w) of the clips, not scaled.
    fn latents(&self, clips: &Clips<'_>, control: &Control) -> Result<Tensor> {
        let size = self.size();
        let latents =
            |clip: &ReferenceClip| clip_latents(&self.pipeline, &clip.frames, size, control);
        let clips = clips.iter().map(|(_, clip)| latents(clip)).collect::<Result<Vec<_>>>()?;
        Ok(Tensor::stack(&clips, 0)?)
    }

    fn record(&self, request: &ShotRequest, clips: &Clips<'_>, speed: f64) -> GeneratorRecord {
        let found = |(reference, _): &(&Reference, &ReferenceClip)| {
            let source = &reference.source;
            let similarity = source.scores.and_then(|scores| scores.dense);
            json!({ "asset": source.asset, "range": source.range, "similarity": similarity })
        };
        GeneratorRecord {
            name: RAGME.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            model: Some(self.model.clone()),
            deterministic: true,
            synthetic: true,
            parameters: json!({
                "sampling": self.config,
                "controller": self.ragme.config(),
                "seed": request.seed,
                "speed": speed,
                "retrieved": clips.iter().map(found).collect::<Vec<_>>(),
            }),
        }
    }
}

impl ShotGenerator for RagmeGenerator {
    fn name(&self) -> &'static str {
        RAGME
    }

    fn generate(
        &mut self,
        request: &ShotRequest,
        sink: &mut dyn FrameSink,
        control: &Control,
    ) -> std::result::Result<GeneratorRecord, GenerateError> {
        control.check()?;
        let lacks = |what: &str| GenerateError::Request(what.to_owned());
        if request.frames == 0 || request.fps == 0 {
            return Err(lacks("a shot has at least one frame"));
        }
        let clips = followed(request);
        if clips.is_empty() {
            return Err(lacks("no clips were retrieved for its prompt"));
        }
        let video = self.sample(request, &clips, control).map_err(failed)?;
        let speed = speed(request, &self.config);
        let mut shown: Option<(usize, YuvFrame)> = None;
        for i in 0..request.frames {
            control.check()?;
            let at = shown_frame(i, request.fps, &self.config, speed);
            let frame = match shown.take() {
                Some((before, frame)) if before == at => frame,
                _ => cover(&video[at], request.size)
                    .map_err(|e| failed(RagmeError::Input(e.to_string())))?,
            };
            sink.frame(&frame)?;
            shown = Some((at, frame));
        }
        Ok(self.record(request, &clips, speed))
    }
}

/// The clips of a request whose motion is to be followed, in its order.
fn followed(request: &ShotRequest) -> Clips<'_> {
    let of_motion = request.references.iter().filter(|r| r.role == ReferenceRole::Motion);
    of_motion.filter_map(|reference| Some((reference, reference.clip()?))).collect()
}

/// Embeddings of a clip's frames as bare numbers.
fn values(clip: &ReferenceClip) -> Vec<Vec<f32>> {
    clip.embeddings.iter().map(|embedding| embedding.values().to_vec()).collect()
}

/// Latents (C, frames, h, w) of a clip in a model's size, not scaled.
pub(crate) fn clip_latents(
    pipeline: &TextToVideoPipeline,
    pictures: &[Picture],
    size: Size,
    control: &Control,
) -> Result<Tensor> {
    let frame = |picture: &Picture| -> Result<Tensor> {
        control.check().map_err(DiffusionError::from)?;
        let fitted =
            to_picture(&cover(picture, size).map_err(|e| RagmeError::Input(e.to_string()))?);
        Ok(pipeline.codec.encode(&tensor(&fitted)?)?)
    };
    let frames = pictures.iter().map(frame).collect::<Result<Vec<_>>>()?;
    if frames.is_empty() {
        return Err(RagmeError::Input("a clip without frames has no latents".into()));
    }
    Ok(Tensor::cat(&frames, 0)?.transpose(0, 1)?.contiguous()?)
}

/// 1, or less if the shot lasts longer than the model's video.
fn speed(request: &ShotRequest, config: &GenerationConfig) -> f64 {
    let own = f64::from(config.frames) / f64::from(config.fps.max(1));
    let shot = f64::from(request.frames) / f64::from(request.fps);
    (own / shot).min(1.0)
}

/// The model's frame that is on screen at frame `i` of the shot; none is blended.
fn shown_frame(i: u32, fps: u32, config: &GenerationConfig, speed: f64) -> usize {
    let at = (f64::from(i) + 0.5) / f64::from(fps) * speed * f64::from(config.fps);
    (at as usize).min(config.frames.saturating_sub(1) as usize)
}

/// A frame (3, height, width), 0 to 1, as a picture.
fn picture(frame: &Tensor) -> Result<Picture> {
    let (_, height, width) = frame.dims3()?;
    let bytes = ((frame * 255.0)?.round()?.clamp(0.0, 255.0)?).to_dtype(DType::U8)?;
    let rgb = bytes.permute((1, 2, 0))?.flatten_all()?.to_vec1::<u8>()?;
    Picture::new(width as u32, height as u32, rgb).map_err(|e| RagmeError::Input(e.to_string()))
}

/// A picture as (1, 3, height, width), -1 to 1.
fn tensor(picture: &Picture) -> Result<Tensor> {
    let shape = (1, picture.height() as usize, picture.width() as usize, 3);
    let bytes = Tensor::from_slice(picture.rgb(), shape, &Device::Cpu)?;
    let frame = bytes.permute((0, 3, 1, 2))?.contiguous()?.to_dtype(DType::F32)?;
    Ok(((frame / 127.5)? - 1.0)?)
}

fn failed(error: RagmeError) -> GenerateError {
    match error {
        RagmeError::Base(DiffusionError::Cancelled(cancelled)) => cancelled.into(),
        RagmeError::Input(_) => GenerateError::Request(error.to_string()),
        other => GenerateError::Failed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_shot_is_the_video_slowed_down() {
        let config = GenerationConfig { frames: 8, fps: 8, ..GenerationConfig::default() };
        let shown = |frames: u32| {
            let request = ShotRequest {
                prompt: String::new(),
                references: Vec::new(),
                camera: None,
                size: Size { width: 2, height: 2 },
                fps: 16,
                frames,
                seed: 0,
            };
            let speed = speed(&request, &config);
            let at = (0..frames).map(|i| shown_frame(i, 16, &config, speed));
            (speed, at.collect::<Vec<_>>())
        };
        assert_eq!(shown(4), (1.0, vec![0, 0, 1, 1]), "a short shot shows its beginning");
        let (speed, at) = shown(32);
        assert_eq!((speed, at[0], at[31]), (0.5, 0, 7), "all of it is seen");
        assert!((0..8).all(|frame| at.iter().filter(|seen| **seen == frame).count() == 4));
    }

    #[test]
    fn pictures_survive_the_way_through_tensors() {
        let made = Picture::new(2, 1, vec![0, 128, 255, 9, 8, 7]).unwrap();
        let frame = ((tensor(&made).unwrap().squeeze(0).unwrap() / 2.0).unwrap() + 0.5).unwrap();
        assert_eq!(picture(&frame).unwrap().rgb(), made.rgb());
    }

    #[test]
    fn the_middle_is_shown_in_the_shape_of_the_frame() {
        let mut wide = Picture::filled(40, 10, [255, 255, 255]);
        let dark = |at: usize| (at / 3) % 40 < 10 || (at / 3) % 40 >= 30;
        wide.rgb_mut().iter_mut().enumerate().filter(|(at, _)| dark(*at)).for_each(|(_, v)| *v = 0);
        let frame = cover(&wide, Size { width: 20, height: 20 }).unwrap();
        let middle = to_picture(&frame);
        assert!(middle.rgb().iter().all(|v| *v > 200), "only the bright middle is in view");
    }
}
