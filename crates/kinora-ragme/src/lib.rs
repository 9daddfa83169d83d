//! RAGME: a text-to-video model that looks at retrieved videos for its motion (Peruzzo et al., arXiv 2504.06672).
//!
//! Way in: [`Ragme::open`] for a trained controller or [`Ragme::build`] for a fresh one, on a base model of
//! `kinora-diffusion`; [`Ragme::sample`] makes a video, [`RagmeGenerator`] shots of a film, [`Trainer`] trains the
//! added modules.
//!
//! The base stays as it is: the modules hang on its [`kinora_diffusion::TemporalHook`], and their gates start
//! at zero. A reference in PyTorch, written from the paper, proves the arithmetic (`parity/ragme.py` in the
//! repository, `fixtures/make_ragme.py`, `tests/`).
//!
//! Memory: the weights of base and controller; training keeps the graph of one micro-batch besides.

mod config;
mod controller;
mod error;
mod file;
mod fingerprint;
mod generator;
mod rag_attention;
mod released;
mod retrieved;
mod sampling;
mod temporal_enhancer;
mod train;

pub use config::{AdaLn, Combine, Head, Position, RagmeConfig, Variant};
pub use controller::{Conditioned, Ragme, WEIGHTS_FILE};
pub use error::{RagmeError, Result};
pub use generator::{CONTROLLER_FOLDER, GENERATION_FILE, GenerationConfig, RAGME, RagmeGenerator};
pub use rag_attention::RagAttention;
pub use retrieved::{Retrieved, encoded_times, video_embedding};
pub use sampling::{Guidance, RetrievalInput, guided, rag_init};
pub use temporal_enhancer::{TemporalEnhancer, Tokens};
pub use train::{
    AdamW, AdamWConfig, BASE_FILE, Batch, Clip, ClipFolder, Clips, Entry, Gradients, Metrics,
    TrainConfig, Trainer, TrainingSession, clip, plot,
};
