//! Errors of rendering, by who can fix them.

use std::{io, path::PathBuf};

use kinora_image::frame::FrameError;
use kinora_types::{OddSize, Rect, Size, advice};
use kinora_video::FFmpegError;

/// A picture could not be rendered, words could not be set, or a film could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The frame size cannot be encoded; the user can choose another.
    #[error(transparent)]
    OddSize(#[from] OddSize),
    /// The font lacks a character; the user can choose another font or text.
    #[error("the font has no glyph for `{character}` (U+{code:04X}) in `{text}`", code = u32::from(*character))]
    MissingGlyph {
        /// The character.
        character: char,
        /// The words it stands in.
        text: String,
    },
    /// The text does not fit on the screen even at the smallest legible size; the user can shorten it.
    #[error("too many words to be shown at once: `{0}`")]
    TooManyWords(String),
    /// The font file cannot be read as a font.
    #[error("no font in `{0}`")]
    BadFont(String),
    /// The view has another shape than the frame: a bug of the planner.
    #[error("view {view:?} would be distorted in a frame of `{size}`")]
    Distorts {
        /// The view, in fractions of the picture.
        view: Rect,
        /// The frame.
        size: Size,
    },
    /// The crop leaves the picture: a bug of the planner.
    #[error("view {view:?} leaves the picture")]
    OutsidePicture {
        /// The view, in fractions of the picture.
        view: Rect,
    },
    /// ffmpeg cannot be used (environment).
    #[error(transparent)]
    FFmpeg(#[from] FFmpegError),
    /// The encoder died (environment).
    #[error("ffmpeg died ({status}): {said}")]
    Encoder {
        /// Exit status or signal.
        status: String,
        /// Last lines of its output.
        said: String,
    },
    /// The disk is full (environment).
    #[error("no space left for the film: {}", .0.display())]
    DiskFull(PathBuf),
    /// A file could not be read or written (environment).
    #[error("{action}: {source}: {path}", path = path.display())]
    Io {
        /// The action that failed.
        action: &'static str,
        /// Why it failed.
        source: io::Error,
        /// The path.
        path: PathBuf,
    },
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// A bug in Kinora.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<FrameError> for RenderError {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::OddSize(odd) => Self::OddSize(odd),
            FrameError::Internal(what) => Self::Internal(what),
        }
    }
}

impl RenderError {
    /// Hint on how to fix it, separate from the message.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::OddSize(_) => "choose a size with even sides, such as 1280x720",
            Self::MissingGlyph { .. } => "choose another font that has it",
            Self::BadFont(_) => "choose another font: a TrueType or OpenType file",
            Self::TooManyWords(_) => "shorten the words, or spread them over two shots",
            Self::FFmpeg(error) => error.hint(),
            Self::Io { action, .. } if action.contains("ffmpeg") => advice::GET_FFMPEG,
            Self::Io { .. } => "is the folder there, and may it be written?",
            Self::DiskFull(_) => "free some space or write to another disk",
            Self::Encoder { .. } | Self::Distorts { .. } => return None,
            Self::OutsidePicture { .. } | Self::Cancelled | Self::Internal(_) => return None,
        };
        Some(hint.to_owned())
    }
}
