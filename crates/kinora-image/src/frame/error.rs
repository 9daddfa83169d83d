//! Errors of frames.

use kinora_types::OddSize;

/// A frame could not be made of another.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// A side is odd; 4:2:0 needs even ones. The caller can fix it.
    #[error(transparent)]
    OddSize(#[from] OddSize),
    /// A bug in Kinora.
    #[error("internal: {0}")]
    Internal(String),
}
