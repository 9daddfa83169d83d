//! Why sound cannot be read.

use std::time::Duration;

use crate::VideoError;

/// Sound could not be read. [`VideoError`] says who can fix which error; the others come from the file.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// There is nothing to be heard in it.
    #[error("the file has no sound in it")]
    NoAudio,
    /// A stream was asked for that is not there.
    #[error("the file has {has} sound streams, none is number `{asked}`, counted from 0")]
    NoSuchStream {
        /// Which one.
        asked: usize,
        /// How many there are.
        has: usize,
    },
    /// Not one sample could be decoded.
    #[error("the sound is damaged, nothing of it can be decoded: {said}")]
    Undecodable {
        /// Message of ffmpeg.
        said: String,
    },
    /// The sound is longer than any recording.
    #[error("the sound is longer than {} hours", limit.as_secs() / 3600)]
    TooLong {
        /// The limit.
        limit: Duration,
    },
    /// The decoder gave nothing for too long, or took too long in all; it was ended.
    #[error("decoding took too long: {} s for {} s of sound", waited.as_secs(), decoded.as_secs())]
    TooSlow {
        /// Time spent waiting for the decoder.
        waited: Duration,
        /// Sound that came.
        decoded: Duration,
    },
    /// The file or the child process.
    #[error(transparent)]
    File(#[from] VideoError),
}

impl AudioError {
    /// Hint on how to fix it, separate from the message.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Undecodable { .. } => Some("copy the file again from where it came from"),
            Self::TooLong { .. } => Some("cut it into parts"),
            Self::TooSlow { .. } => Some("save it again as WAV or FLAC"),
            Self::File(error) => error.hint(),
            Self::NoAudio | Self::NoSuchStream { .. } => None,
        }
    }
}
