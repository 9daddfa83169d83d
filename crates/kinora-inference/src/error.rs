//! Why a model could not do its work.

use crate::Cancelled;

/// A model could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// The input is not what the model works on (empty text, say): the user's to mend.
    #[error("no input for the model: {0}")]
    Input(String),
    /// A model or library is missing; the hint says how to get it.
    #[error("{message}")]
    Missing {
        /// What is missing.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The runtime failed: ours or the environment's fault.
    #[error("inference failed: {0}")]
    Runtime(String),
    /// Somebody asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
