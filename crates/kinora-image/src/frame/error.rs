//! Errors of frames.

use kinora_types::OddSize;

/// A frame could not be made of another.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// 4:2:0 needs even sides: the caller's to mend.
    #[error(transparent)]
    OddSize(#[from] OddSize),
    /// A fault of ours.
    #[error("internal: {0}")]
    Internal(String),
}
