//! Errors of plans and films, by who can fix them.

use std::{io, path::PathBuf};

use kinora_inference::{GenerateError, InferenceError};
use kinora_provenance::RecordError;
use kinora_render::RenderError;
use kinora_types::{Cancelled, Printable, advice};

use crate::{SourceError, TimelineError};

/// Why a shot gets no source.
#[derive(Clone, Debug, PartialEq)]
pub enum RefusalReason {
    /// Nothing in the library comes near enough.
    NothingFits {
        /// Best score of any source.
        best_score: Option<f32>,
        /// What it would have had to reach.
        threshold: Option<f32>,
        /// What came nearest.
        nearest: Option<String>,
    },
    /// What fits is shown by other shots.
    AllUsed {
        /// Names of the shots that show it.
        by: Vec<String>,
    },
}

/// A shot without a fitting source.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// Name of the shot.
    pub shot: String,
    /// What it should have shown.
    pub prompt: String,
    /// Why it cannot.
    pub reason: RefusalReason,
}

impl Refusal {
    /// The same without the name of what came nearest: what goes where the film goes.
    pub(crate) fn without_names(self) -> Self {
        let reason = match self.reason {
            RefusalReason::NothingFits { best_score, threshold, .. } => {
                RefusalReason::NothingFits { best_score, threshold, nearest: None }
            }
            used @ RefusalReason::AllUsed { .. } => used,
        };
        Self { reason, ..self }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "shot `{}`: ", self.shot)?;
        match &self.reason {
            RefusalReason::NothingFits { best_score, threshold, nearest } => {
                write!(f, "the library has no picture of `{}`", self.prompt)?;
                if let (Some(best), Some(least)) = (best_score, threshold) {
                    write!(f, " (best score {best:.3}, needed {least:.3}")?;
                    if let Some(nearest) = nearest {
                        write!(f, ", nearest `{nearest}`")?;
                    }
                    write!(f, ")")?;
                }
                Ok(())
            }
            RefusalReason::AllUsed { by } => write!(
                f,
                "the library has no further picture of `{}`; what fits is shown by `{}`",
                self.prompt,
                by.join("`, `")
            ),
        }
    }
}

fn listed(refusals: &[Refusal]) -> String {
    // A line each, whatever the names in it hold.
    let line = |refusal: &Refusal| Printable(&refusal.to_string()).to_string();
    refusals.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A film could not be planned or made.
#[derive(Debug, thiserror::Error)]
pub enum FilmError {
    /// Shots without a fitting source, all of them at once: the user's to mend.
    #[error("{}", listed(.0))]
    Refused(Vec<Refusal>),
    /// A pin that cannot be followed: the user's.
    #[error("{0}")]
    Pin(String),
    /// A pinned stretch that its video does not have: the user's.
    #[error("{0}")]
    Stretch(String),
    /// A video that ends before its shot does: the user's.
    #[error("shot `{shot}` needs {needs_ms} ms of the video `{label}`, which lasts {lasts_ms}")]
    TooShort {
        /// Name of the shot.
        shot: String,
        /// What people call the video.
        label: String,
        /// Length of the shot.
        needs_ms: u64,
        /// Length of the video.
        lasts_ms: u64,
    },
    /// A recording was pinned: the user's.
    #[error("`{label}` can only be heard, a shot needs something to see")]
    NoPicture {
        /// What people call the recording.
        label: String,
    },
    /// The parts do not fit the length: the user's.
    #[error(transparent)]
    Timeline(#[from] TimelineError),
    /// Where the film shall go: the user's.
    #[error("{problem}: {path}", path = path.display())]
    Output {
        /// What is wrong with it.
        problem: String,
        /// The path.
        path: PathBuf,
        /// What to do.
        hint: &'static str,
    },
    /// A source cannot be found or read.
    #[error(transparent)]
    Source(SourceError),
    /// A shot cannot be generated.
    #[error("shot `{shot}`: {source}")]
    Generate {
        /// Name of the shot.
        shot: String,
        /// Why.
        source: GenerateError,
    },
    /// A caption, the title or an attribution cannot be shown.
    #[error("{of}: {source}")]
    Words {
        /// What it is: `the title`, `the caption of shot ...`.
        of: String,
        /// Why.
        source: RenderError,
    },
    /// Compositing or encoding failed.
    #[error(transparent)]
    Render(RenderError),
    /// The record cannot be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The fidelity of a shot cannot be measured.
    #[error(transparent)]
    Embed(#[from] InferenceError),
    /// The finished film cannot be read back to be hashed.
    #[error("cannot read the film: {source}: {path}", path = path.display())]
    ReadBack {
        /// Why.
        source: io::Error,
        /// The film.
        path: PathBuf,
    },
    /// The user asked to stop; nothing of the film is left.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl From<RenderError> for FilmError {
    fn from(error: RenderError) -> Self {
        match error {
            RenderError::Cancelled => Self::Cancelled(Cancelled),
            error => Self::Render(error),
        }
    }
}

impl From<SourceError> for FilmError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            error => Self::Source(error),
        }
    }
}

impl FilmError {
    /// What to do about it, if there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused(_) => Some(format!(
                "add such pictures, change the words, {}, or {}",
                advice::PIN,
                advice::LEAVE_OUT
            )),
            Self::Pin(_) => Some(format!(
                "{}: a shot's name or number, and a picture's file name or content hash",
                advice::PIN
            )),
            Self::Stretch(_) => Some("pin a stretch that ends before that".into()),
            Self::TooShort { .. } => {
                Some("give the shot fewer seconds (`[seconds: …]`), or pin something longer".into())
            }
            Self::NoPicture { .. } => Some("pin a picture or a video".into()),
            Self::Timeline(error) => Some(error.hint()),
            Self::Output { hint, .. } => Some((*hint).into()),
            Self::Source(error) => error.hint(),
            Self::Words { source, .. } | Self::Render(source) => source.hint(),
            Self::Generate { source: GenerateError::Missing { hint, .. }, .. }
            | Self::Embed(InferenceError::Missing { hint, .. }) => Some(hint.clone()),
            Self::Record(error) => error.hint(),
            Self::Generate { .. } | Self::Embed(_) | Self::ReadBack { .. } | Self::Cancelled(_) => {
                None
            }
        }
    }
}
