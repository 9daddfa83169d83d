//! Errors of reading a picture, by who can fix them.

use std::{io, path::PathBuf, time::Duration};

use kinora_types::Size;

use super::Format;

/// A picture could not be read.
///
/// `Io` and `Thread` come from the environment, `Cancelled` is no fault, `Internal` is a decoder's bug; all others come
/// from the file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("cannot read the file: {source}: `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The system has no thread to decode in.
    #[error("cannot start a thread: {source}")]
    Thread {
        /// The cause.
        source: io::Error,
    },
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// The content is none of the known formats.
    #[error("not a picture in a format that Kinora reads")]
    UnknownFormat,
    /// The file ends before the picture does.
    #[error("the {format} file is cut off")]
    Truncated {
        /// Format of its beginning.
        format: Format,
    },
    /// The content breaks the rules of its format.
    #[error("the {format} file is damaged: {message}")]
    Damaged {
        /// Format that it claims.
        format: Format,
        /// The decoder's own words.
        message: String,
    },
    /// The content is valid but of a kind that the decoder cannot do.
    #[error("this kind of {format} file is not supported: {message}")]
    Unsupported {
        /// Format of the file.
        format: Format,
        /// The decoder's own words.
        message: String,
    },
    /// More bytes than the limit.
    #[error("the file has {bytes} bytes, more than the limit of {limit}")]
    TooManyBytes {
        /// Size of the file.
        bytes: u64,
        /// [`super::Limits::bytes`].
        limit: u64,
    },
    /// More pixels than the limit, by the header.
    #[error("the picture claims {size} pixels, more than the limit of {limit} in all")]
    TooManyPixels {
        /// Size in the header.
        size: Size,
        /// [`super::Limits::pixels`].
        limit: u64,
    },
    /// Decoding would take more memory than the limit.
    #[error("decoding would take {needed} bytes of memory, more than the limit of {limit}")]
    TooMuchMemory {
        /// Estimate from the header.
        needed: u64,
        /// [`super::Limits::memory`].
        limit: u64,
    },
    /// Decoding takes longer than the limit.
    #[error("the picture takes too long to decode: more than {} s", limit.as_secs())]
    TooSlow {
        /// [`super::Limits::time`], with what the number of pixels adds.
        limit: Duration,
    },
    /// Decoding would take far more work than the picture's pixels are worth.
    #[error("the picture takes too much work to decode: {what}")]
    TooMuchWork {
        /// The part that takes too much work.
        what: String,
    },
    /// The work was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// A decoder panicked, which only a broken file brings about; the process lives on.
    #[error("the {format} file is damaged: its decoder gave up: {message}")]
    Internal {
        /// Format that was being decoded.
        format: Format,
        /// The panic's message.
        message: String,
    },
}

impl ReadError {
    /// Hint on how to fix it, separate from the message.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("give yourself permission to read it")
            }
            Self::Io { .. } | Self::Thread { .. } | Self::Cancelled => None,
            Self::Empty | Self::Truncated { .. } => {
                Some("copy the file again from where it came from")
            }
            Self::UnknownFormat => {
                Some("Kinora reads JPEG, PNG, WebP, GIF, TIFF, BMP, HEIC and AVIF")
            }
            Self::Damaged { .. }
            | Self::Unsupported { .. }
            | Self::TooSlow { .. }
            | Self::TooMuchWork { .. }
            | Self::Internal { .. } => {
                Some("open it in a picture editor and save it as JPEG or PNG")
            }
            Self::TooManyBytes { .. } | Self::TooManyPixels { .. } | Self::TooMuchMemory { .. } => {
                Some("save a smaller version of it")
            }
        }
    }

    pub(super) fn thread(source: io::Error) -> Self {
        Self::Thread { source }
    }

    pub(super) fn damaged(format: Format, message: impl ToString) -> Self {
        Self::Damaged { format, message: message.to_string() }
    }

    pub(super) fn unsupported(format: Format, message: impl ToString) -> Self {
        Self::Unsupported { format, message: message.to_string() }
    }
}
