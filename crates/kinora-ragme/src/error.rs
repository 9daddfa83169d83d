//! Errors of controllers: reading, sampling, training.

use std::path::PathBuf;

use kinora_diffusion::DiffusionError;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, RagmeError>;

/// A controller cannot be read, run or trained.
#[derive(Debug, thiserror::Error)]
pub enum RagmeError {
    /// The base model's fault, or a tensor that does not fit.
    #[error(transparent)]
    Base(#[from] DiffusionError),
    /// Retrieved videos, clips or options that cannot be used.
    #[error("{0}")]
    Input(String),
    /// A file cannot be read or written.
    #[error("cannot use {}: {detail}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// The thread that reads the weights could not be started, or died.
    #[error("cannot read the model's weights on a thread: {0}")]
    Thread(String),
    /// The loss is not a number any more.
    #[error("training diverged at step {step}: the loss is {loss}")]
    Diverged {
        /// Optimiser steps done before.
        step: u64,
        /// What came out.
        loss: f32,
    },
}

impl RagmeError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Base(error) => error.hint(),
            Self::File { .. } => {
                Some("a controller is a folder with `config.json` and `ragme.safetensors`".into())
            }
            Self::Diverged { .. } => {
                Some("resume from the last checkpoint with a smaller learning rate".into())
            }
            Self::Input(_) | Self::Thread(_) => None,
        }
    }

    pub(crate) fn file(path: &std::path::Path, detail: impl ToString) -> Self {
        Self::File { path: path.to_path_buf(), detail: detail.to_string() }
    }
}

impl From<candle_core::Error> for RagmeError {
    fn from(error: candle_core::Error) -> Self {
        Self::Base(error.into())
    }
}
