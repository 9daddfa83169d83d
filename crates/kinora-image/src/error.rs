//! Why a picture cannot be read, and whose it is to mend.

use std::{io, path::PathBuf, time::Duration};

use kinora_types::Size;

use super::Format;

/// A picture could not be read.
///
/// `Io` and `Thread` are the environment's fault, `Cancelled` is nobody's; all others lie in the file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("cannot read the file: {source}: `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system has no thread to decode in.
    #[error("cannot start a thread: {source}")]
    Thread {
        /// Why.
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
        /// What it began as.
        format: Format,
    },
    /// The content breaks the rules of its format.
    #[error("the {format} file is damaged: {message}")]
    Damaged {
        /// What it claims to be.
        format: Format,
        /// The decoder's own words.
        message: String,
    },
    /// The content is valid but of a kind that the decoder cannot do.
    #[error("this kind of {format} file is not supported: {message}")]
    Unsupported {
        /// What it is.
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
        /// What the header says.
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
        /// Of what there is too much.
        what: String,
    },
    /// Whoever asked for the picture does not want it any more.
    #[error("cancelled")]
    Cancelled,
    /// A decoder panicked, which only a broken file brings about; the process lives on.
    #[error("the {format} file is damaged: its decoder gave up: {message}")]
    Internal {
        /// What was being decoded.
        format: Format,
        /// The panic's message.
        message: String,
    },
}

impl ReadError {
    /// What the user can do about it.
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
