//! The text-to-video base model: `UNet3DConditionModel`, `AutoencoderKL`, `CLIPTextModel`, samplers, pipeline.
//!
//! Everything mirrors diffusers and transformers: file and field names, tensor names, order of operations;
//! tiny models of theirs with random weights prove it (`fixtures/make_diffusion.py`, `tests/parity.rs`).
//!
//! Way in: [`TextToVideoPipeline::open`] for a folder as diffusers saves it (ModelScope, ZeroScope), or the
//! networks one by one. A [`TemporalHook`] sees the activations behind every temporal attention.
//!
//! All operations keep the gradient, so that what a hook adds can be trained.
//!
//! Memory: the weights in the number format asked for; attention makes its scores in bounded pieces.

pub mod attention;
mod autoencoder_kl;
mod checkpointing;
mod clip_text;
mod clip_tokenizer;
mod codec;
pub mod config;
pub mod embeddings;
mod error;
mod folder;
mod hook;
pub mod nn;
mod noise;
pub mod ops;
mod pipeline;
pub mod resnet;
mod scheduler;
mod scheduling_ddim;
mod scheduling_dpmsolver_multistep;
mod transformer_2d;
mod transformer_temporal;
mod unet_3d_blocks;
mod unet_3d_condition;
mod vae;
mod weights;

pub use autoencoder_kl::{AutoencoderKL, AutoencoderKLConfig, DiagonalGaussianDistribution};
pub use checkpointing::Checkpointed;
pub use clip_text::{CLIPTextConfig, CLIPTextModel};
pub use clip_tokenizer::CLIPTokenizer;
pub use codec::FrameCodec;
pub use error::{DiffusionError, Result};
pub use hook::{Block, Identity, Site, SiteContext, TemporalHook};
pub use noise::Noise;
pub use pipeline::{SampleRequest, TextToVideoPipeline, denoise};
pub use scheduler::{
    BetaSchedule, FinalSigmas, PredictionType, Scheduler, SchedulerConfig, SchedulerKind,
    SolverType, TimestepSpacing,
};
pub use scheduling_ddim::DDIMScheduler;
pub use scheduling_dpmsolver_multistep::DPMSolverMultistepScheduler;
pub use transformer_2d::Transformer2DModel;
pub use transformer_temporal::TransformerTemporalModel;
pub use unet_3d_blocks::{
    BlockOptions, BlockShape, DownBlock3D, Pass, UNetMidBlock3DCrossAttn, UpBlock3D,
};
pub use unet_3d_condition::{DownKind, UNet3DConditionModel, UNet3DConfig, UNetInput, UpKind};
pub use weights::{Init, Variables, Weights, build};
