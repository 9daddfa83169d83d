//! What can go wrong between a picture and a film.

use std::{io, path::PathBuf};

use kinora_image::frame::FrameError;
use kinora_types::{OddSize, Rect, Size};
use kinora_video::FFmpegError;

/// A picture could not be rendered, words could not be set, or a film could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The frame size cannot be encoded: the user's to mend.
    #[error(transparent)]
    OddSize(#[from] OddSize),
    /// The font lacks a character: the user's to mend.
    #[error("the font has no glyph for `{character}` (U+{code:04X}) in `{text}`", code = u32::from(*character))]
    MissingGlyph {
        /// The character.
        character: char,
        /// The words it stands in.
        text: String,
    },
    /// Words do not fit on the screen even at the smallest size that can be read: the user's.
    #[error("too many words to be shown at once: `{0}`")]
    TooManyWords(String),
    /// The font file cannot be read as a font.
    #[error("no font in `{0}`")]
    BadFont(String),
    /// The view has another shape than the frame: a fault of the planner.
    #[error("view {view:?} would be distorted in a frame of `{size}`")]
    Distorts {
        /// The view, in fractions of the picture.
        view: Rect,
        /// The frame.
        size: Size,
    },
    /// A crop that reaches over the edge: a fault of the planner.
    #[error("view {view:?} leaves the picture")]
    OutsidePicture {
        /// The view, in fractions of the picture.
        view: Rect,
    },
    /// ffmpeg cannot be used: the environment's.
    #[error(transparent)]
    FFmpeg(#[from] FFmpegError),
    /// The encoder died: the environment's.
    #[error("ffmpeg died ({status}): {said}")]
    Encoder {
        /// Exit status or signal.
        status: String,
        /// Its last words.
        said: String,
    },
    /// The disk is full: the environment's.
    #[error("no space left for the film: {}", .0.display())]
    DiskFull(PathBuf),
    /// A file could not be read or written: the environment's.
    #[error("{action}: {source}: {path}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        source: io::Error,
        /// Where.
        path: PathBuf,
    },
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// A fault of ours.
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
    /// What to do about it, if there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::OddSize(_) => "choose a size with even sides, such as 1280x720",
            Self::MissingGlyph { .. } => "choose a font that has it with `--font FILE`",
            Self::BadFont(_) => "give a TrueType or OpenType file with `--font FILE`",
            Self::TooManyWords(_) => "shorten the words, or spread them over two shots",
            Self::FFmpeg(error) => error.hint(),
            Self::Io { action, .. } if action.contains("ffmpeg") => {
                "`kinora models pull ffmpeg` gets one that works; `KINORA_FFMPEG` names your own"
            }
            Self::Io { .. } => "is the folder there, and may it be written?",
            Self::DiskFull(_) => "free some space or write to another disk",
            Self::Encoder { .. } | Self::Distorts { .. } => return None,
            Self::OutsidePicture { .. } | Self::Cancelled | Self::Internal(_) => return None,
        };
        Some(hint.to_owned())
    }
}
