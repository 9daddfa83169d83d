//! One error for all that the engine does; the hint says what to do.

use std::{io, path::PathBuf};

use kinora_catalog::CatalogError;
use kinora_chat::ChatError;
use kinora_film::{BriefError, FilmError};
use kinora_image::ReadError;
use kinora_index::IndexError;
use kinora_inference::InferenceError;
use kinora_ingest::{HearError, IngestError};
use kinora_language::EndpointError;
use kinora_models::ModelError;
use kinora_provenance::RecordError;
use kinora_ragme::RagmeError;
use kinora_render::RenderError;
use kinora_retrieval::SearchError;
use kinora_store::StoreError;
use kinora_types::{Cancelled, advice};
use kinora_video::{FFmpegError, VideoError, subtitles::SubtitleError};

use crate::Unmeant;

/// Something the engine was asked for could not be done.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Somebody asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// It took longer than it was allowed to.
    #[error("not done within the time that was given")]
    Deadline,
    /// The platform has no data folder and none was given.
    #[error("there is no home folder")]
    NoHome,
    /// The configuration file is wrong.
    #[error("{message}: {}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A name that cannot be a library's.
    #[error("not a name for a library: `{}`", .0.escape_debug())]
    LibraryName(String),
    /// The library does not exist.
    #[error("there is no library `{name}`")]
    NoLibrary {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A library's folder holds what Kinora did not make; it is not deleted.
    #[error(
        "the folder of library `{name}` holds what Kinora did not make, such as {}",
        shown(paths)
    )]
    ForeignFiles {
        /// The library.
        name: String,
        /// Some of it: files, links, folders of other disks.
        paths: Vec<PathBuf>,
    },
    /// The library is pinned to another space than the one asked for.
    #[error("library `{library}` is pinned to space `{pinned}`, not `{asked}`")]
    PinnedSpace {
        /// The library.
        library: String,
        /// Its space.
        pinned: String,
        /// The other.
        asked: String,
    },
    /// A library's catalogue cannot be used.
    #[error("library `{name}`: {source}")]
    DamagedLibrary {
        /// Its folder's name.
        name: String,
        /// Why.
        source: CatalogError,
    },
    /// A place that is not known.
    #[error("{0}")]
    Place(String),
    /// The list of places cannot be read.
    #[error("the list of places is broken: {message}: {}", path.display())]
    Gazetteer {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// A file could not be read or written.
    #[error("{source}: {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A picture given on the command line cannot be read.
    #[error("{source}: {}", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// A video given on the command line cannot be read.
    #[error("{source}: {}", path.display())]
    Video {
        /// The file.
        path: PathBuf,
        /// Why.
        source: VideoError,
    },
    /// A recording given on the command line cannot be heard.
    #[error("{source}: {}", path.display())]
    Hear {
        /// The file.
        path: PathBuf,
        /// Why.
        source: HearError,
    },
    /// Nothing can be measured in an example of motion.
    #[error("no motion can be measured in it: {}", .0.display())]
    NoMotion(PathBuf),
    /// Subtitles cannot be read.
    #[error("{source}: {}", path.display())]
    Subtitles {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SubtitleError,
    },
    /// Paths that were given to be added are not there.
    #[error("there is no such file or folder: {}", all(.0))]
    NotThere(Vec<PathBuf>),
    /// References that do not mean one asset or folder.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Unmeant(Vec<Unmeant>),
    /// What shall be corrected is not there.
    #[error("{0}")]
    NothingThere(String),
    /// Nobody has listened to this asset yet.
    #[error("nobody has listened to `{0}` yet")]
    NotHeard(String),
    /// No record tells of this film.
    #[error("there is no record of this film: {}", .0.display())]
    NoRecord(PathBuf),
    /// The generator `ragme` was asked for without a model.
    #[error("the generator `ragme` needs a text-to-video model, and none was given")]
    NoVideoModel,
    /// A model whose controller reads embeddings of another space than the library's.
    #[error(
        "the controller reads embeddings of {wanted} numbers; those of space `{space}` have {own}"
    )]
    VideoModelSpace {
        /// Width that the controller reads.
        wanted: usize,
        /// Width of the library's.
        own: usize,
        /// Name and revision of the library's space.
        space: String,
    },
    /// Training needs videos whose motion can be learnt from each other.
    #[error("{videos} of the library's videos give clips to train on; two are the least")]
    NothingToLearn {
        /// With a shot that is long enough.
        videos: usize,
    },
    /// The output exists.
    #[error("the file exists: {}", .0.display())]
    Exists(PathBuf),
    /// The catalogue.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The vector index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The model store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A network.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An embedding.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// Adding.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// Searching.
    #[error(transparent)]
    Search(SearchError),
    /// A brief.
    #[error(transparent)]
    Brief(#[from] BriefError),
    /// A film.
    #[error(transparent)]
    Film(#[from] FilmError),
    /// Drawing or encoding.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A film's record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// An answer.
    #[error(transparent)]
    Chat(ChatError),
    /// The address of a language model.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The section `[language]` cannot be followed.
    #[error("{message}")]
    Language {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The text-to-video model.
    #[error(transparent)]
    Ragme(#[from] RagmeError),
}

/// Each path in backticks.
fn all(paths: &[PathBuf]) -> String {
    let each: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    each.join(", ")
}

fn shown(paths: &[PathBuf]) -> String {
    let first = paths.iter().take(3).map(|path| format!("`{}`", path.display()));
    first.collect::<Vec<_>>().join(", ")
}

impl From<SearchError> for EngineError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            error => Self::Search(error),
        }
    }
}

impl From<ChatError> for EngineError {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            error => Self::Chat(error),
        }
    }
}

impl From<FFmpegError> for EngineError {
    fn from(error: FFmpegError) -> Self {
        Self::Render(error.into())
    }
}

/// What to do about references that are not clear.
fn of_unmeant(wrong: &[Unmeant]) -> &'static str {
    if wrong.iter().any(|unmeant| unmeant.candidates.len() > 1) {
        return "give the path, or the content hash, of the one that is meant; nothing was removed";
    }
    if wrong.iter().all(|unmeant| unmeant.removed_before) {
        return "add the file by its own name to bring it back; nothing was removed";
    }
    "give a path, a file name or a content hash; nothing was removed"
}

impl EngineError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let owned = |hint: &str| Some(hint.to_owned());
        match self {
            Self::Cancelled(_) => None,
            Self::Deadline => owned("give it more time, or ask for less"),
            Self::NoHome => owned("set KINORA_HOME to a folder"),
            Self::Config { .. } => owned("mend the file, or move it away"),
            Self::LibraryName(_) => {
                owned("use letters, digits, `-`, `_` and `.`, at most 64 of them")
            }
            Self::NoLibrary { known, .. } if known.is_empty() => {
                Some(format!("make one {}", advice::BY_ADDING))
            }
            Self::NoLibrary { known, .. } => Some(format!("there is: {}", known.join(", "))),
            Self::ForeignFiles { .. } => owned("move that elsewhere first; nothing was deleted"),
            Self::PinnedSpace { .. } => owned(advice::OTHER_LIBRARY),
            Self::Place(_) => {
                owned("give `LATITUDE,LONGITUDE`, or the city's name as `Rome` or `Paris, FR`")
            }
            Self::Gazetteer { .. } => Some(format!("{} again", advice::fetch("places"))),
            Self::NoRecord(_) => {
                Some(format!("keep the film's `.json` beside it, or {}", advice::NAME_LIBRARY))
            }
            Self::NoVideoModel => Some(format!(
                "{}: a folder as diffusers saves it (ModelScope, ZeroScope), with a trained controller in its folder \
                 `ragme`: that of RAGME's authors, or {}",
                advice::NAME_VIDEO_MODEL,
                advice::TRAIN
            )),
            Self::VideoModelSpace { .. } => {
                owned("use a library in the space that the controller was trained on")
            }
            Self::NothingToLearn { .. } => {
                Some(format!("add more videos, or {}", advice::SHORTER_CLIPS))
            }
            Self::Exists(_) => Some(format!("give another name, or {}", advice::OVERWRITE)),
            Self::Video { source, .. } => source.hint().map(Into::into),
            Self::Hear { source: HearError::Audio(source), .. } => source.hint().map(Into::into),
            Self::Hear { source: HearError::Model(source), .. } => source.hint().map(Into::into),
            Self::NoMotion(_) => {
                owned("give a clip of some seconds that is neither dark nor plain")
            }
            Self::Subtitles { source, .. } => owned(source.hint()),
            Self::NothingThere(_) => owned(advice::LOOK_AT_ASSET),
            Self::NotHeard(_) => {
                Some(format!("{}, then {}", advice::fetch("whisper-base"), advice::RESUME))
            }
            Self::NotThere(_) => owned("check the paths; nothing was added"),
            Self::Unmeant(wrong) => owned(of_unmeant(wrong)),
            Self::Io { .. } | Self::Picture { .. } => None,
            Self::Catalog(e) | Self::DamagedLibrary { source: e, .. } => e.hint().map(Into::into),
            Self::Index(e) => e.hint().map(Into::into),
            Self::Store(e) => e.hint(),
            Self::Model(e) => e.hint(),
            Self::Inference(e) => e.hint().map(Into::into),
            Self::Ingest(e) => e.hint(),
            Self::Search(e) => e.hint().map(Into::into),
            Self::Brief(e) => owned(e.hint()),
            Self::Film(e) => e.hint(),
            Self::Render(e) => e.hint(),
            Self::Record(e) => e.hint(),
            Self::Chat(e) => e.hint().map(Into::into),
            Self::Endpoint(e) => Some(e.hint()),
            Self::Language { hint, .. } => Some(hint.clone()),
            Self::Ragme(e) => e.hint(),
        }
    }

    /// Whether the command itself was wrong (exit code 2), not what it met.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::LibraryName(_)
                | Self::Place(_)
                | Self::Exists(_)
                | Self::NothingThere(_)
                | Self::NoVideoModel
                | Self::Ingest(IngestError::Pattern { .. })
        )
    }
}
