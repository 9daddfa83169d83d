//! What sort of failure an error is, for callers that must tell by a code: exit codes, HTTP, retries.

use std::io;

use kinora_catalog::CatalogError;
use kinora_chat::ChatError;
use kinora_diffusion::DiffusionError;
use kinora_film::{FilmError, SourceError};
use kinora_inference::{GenerateError, InferenceError};
use kinora_ingest::{HearError, IngestError};
use kinora_language::EndpointError;
use kinora_models::ModelError;
use kinora_provenance::RecordError;
use kinora_ragme::RagmeError;
use kinora_render::RenderError;
use kinora_retrieval::SearchError;
use kinora_store::StoreError;
use kinora_video::{VideoError, audio::AudioError};
use serde::{Deserialize, Serialize};

use crate::EngineError;

/// The sorts of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// What was named is not there.
    NotFound,
    /// The request, or a file that it names, cannot be used as it is.
    Invalid,
    /// It contradicts what is there.
    Conflict,
    /// A model, a program or a setting is missing on this machine.
    Missing,
    /// It was stopped, or its deadline passed.
    Cancelled,
    /// Too many do the same at once; later it may work.
    Busy,
    /// A fault of ours or of the machine's.
    Internal,
}

use ErrorKind::{Busy, Cancelled, Conflict, Internal, Invalid, Missing, NotFound};

impl EngineError {
    /// What sort of failure it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Cancelled(_) | Self::Deadline => Cancelled,
            Self::NoLibrary { .. } | Self::NoRecord(_) | Self::NothingThere(_) => NotFound,
            Self::NotThere(_) => NotFound,
            Self::Unmeant(wrong) if wrong.iter().any(|one| one.candidates.len() > 1) => Conflict,
            Self::Unmeant(_) => NotFound,
            Self::NoHome | Self::NoVideoModel | Self::NotHeard(_) | Self::Language { .. } => {
                Missing
            }
            Self::Config { .. } | Self::LibraryName(_) | Self::Place(_) | Self::Brief(_) => Invalid,
            Self::Picture { .. } | Self::NoMotion(_) | Self::Subtitles { .. } => Invalid,
            Self::NothingToLearn { .. } => Invalid,
            Self::Gazetteer { .. } => Internal,
            Self::ForeignFiles { .. } => Conflict,
            Self::PinnedSpace { .. } | Self::VideoModelSpace { .. } | Self::Exists(_) => Conflict,
            Self::Io { source, .. } => of_io(source),
            Self::Video { source, .. } => of_video(source),
            Self::Hear { source, .. } => of_hearing(source),
            Self::Catalog(e) | Self::DamagedLibrary { source: e, .. } => of_catalog(e),
            Self::Index(_) => Internal,
            Self::Store(e) => of_store(e),
            Self::Model(e) => of_model(e),
            Self::Inference(e) => of_inference(e),
            Self::Ingest(e) => of_ingest(e),
            Self::Search(e) => of_search(e),
            Self::Film(e) => of_film(e),
            Self::Render(e) => of_render(e),
            Self::Record(e) => of_record(e),
            Self::Chat(e) => of_chat(e),
            Self::Endpoint(e) => of_endpoint(e),
            Self::Ragme(e) => of_ragme(e),
        }
    }
}

impl From<&io::Error> for ErrorKind {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => NotFound,
            io::ErrorKind::AlreadyExists => Conflict,
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Invalid,
            _ => Internal,
        }
    }
}

fn of_io(error: &io::Error) -> ErrorKind {
    error.into()
}

fn of_video(error: &VideoError) -> ErrorKind {
    match error {
        VideoError::Cancelled => Cancelled,
        VideoError::Io { source, .. } => of_io(source),
        VideoError::NotStarted { .. } | VideoError::NoDecoder { .. } => Missing,
        VideoError::Died { .. } | VideoError::Internal(_) => Internal,
        _ => Invalid,
    }
}

fn of_hearing(error: &HearError) -> ErrorKind {
    match error {
        HearError::Audio(error) => of_audio(error),
        HearError::Model(error) => of_inference(error),
    }
}

fn of_audio(error: &AudioError) -> ErrorKind {
    match error {
        AudioError::File(error) => of_video(error),
        _ => Invalid,
    }
}

fn of_catalog(error: &CatalogError) -> ErrorKind {
    match error {
        CatalogError::NoLibrary { .. } | CatalogError::Moved { .. } => NotFound,
        CatalogError::Reference(_) => NotFound,
        CatalogError::Exists { .. } | CatalogError::Space(_) => Conflict,
        CatalogError::Folder { source, .. } => of_io(source),
        CatalogError::TooNew { .. } | CatalogError::TooOld { .. } => Missing,
        _ if error.is_busy() => Busy,
        _ => Internal,
    }
}

fn of_store(error: &StoreError) -> ErrorKind {
    match error {
        StoreError::Cancelled(_) => Cancelled,
        StoreError::UnknownId(_) => NotFound,
        StoreError::UnknownSpace { .. } | StoreError::UnknownSpeech { .. } => NotFound,
        StoreError::Missing(_) | StoreError::Offline(_) | StoreError::NoPlatform { .. } => Missing,
        StoreError::NoClient { .. } | StoreError::Unreachable { .. } => Missing,
        StoreError::Io { source, .. } => of_io(source),
        _ => Internal,
    }
}

fn of_model(error: &ModelError) -> ErrorKind {
    match error {
        ModelError::Store(error) => of_store(error),
        ModelError::UnknownProvider(_) => Invalid,
        ModelError::Library { .. } | ModelError::NoProvider { .. } => Missing,
        ModelError::Uncalibrated(_) => Missing,
        ModelError::OtherLibrary(_) | ModelError::Broken { .. } => Internal,
    }
}

fn of_inference(error: &InferenceError) -> ErrorKind {
    match error {
        InferenceError::Cancelled(_) => Cancelled,
        InferenceError::Busy => Busy,
        InferenceError::Input(_) | InferenceError::TooLong { .. } => Invalid,
        InferenceError::Missing { .. } | InferenceError::Service { .. } => Missing,
        InferenceError::Runtime(_) => Internal,
    }
}

fn of_ingest(error: &IngestError) -> ErrorKind {
    match error {
        IngestError::Attributions { .. } | IngestError::Pattern { .. } => Invalid,
        IngestError::Space(_) => Conflict,
        IngestError::Catalog(error) => of_catalog(error),
        _ => Internal,
    }
}

fn of_search(error: &SearchError) -> ErrorKind {
    match error {
        SearchError::Query(_) | SearchError::Judgements { .. } => Invalid,
        SearchError::Space(_) => Conflict,
        SearchError::Cancelled(_) => Cancelled,
        SearchError::Embed(error) => of_inference(error),
        SearchError::Catalog(error) => of_catalog(error),
        SearchError::Index(_) | SearchError::Internal(_) => Internal,
    }
}

fn of_film(error: &FilmError) -> ErrorKind {
    match error {
        FilmError::Cancelled(_) => Cancelled,
        FilmError::Pin(_) => NotFound,
        FilmError::Refused(_) | FilmError::Stretch(_) | FilmError::TooShort { .. } => Invalid,
        FilmError::NoPicture { .. } | FilmError::Timeline(_) | FilmError::Output { .. } => Invalid,
        FilmError::Words { source, .. } | FilmError::Render(source) => of_render(source),
        FilmError::Source(error) => of_source(error),
        FilmError::Generate { source, .. } => of_generator(source),
        FilmError::Embed(error) => of_inference(error),
        _ => Internal,
    }
}

fn of_source(error: &SourceError) -> ErrorKind {
    match error {
        SourceError::Cancelled(_) => Cancelled,
        SourceError::Pin(_) | SourceError::Vanished { .. } => NotFound,
        SourceError::Changed { .. } => Conflict,
        SourceError::Unreadable { .. } => Invalid,
        _ => Internal,
    }
}

fn of_generator(error: &GenerateError) -> ErrorKind {
    match error {
        GenerateError::Cancelled(_) => Cancelled,
        GenerateError::Request(_) => Invalid,
        GenerateError::Missing { .. } => Missing,
        GenerateError::Failed(_) | GenerateError::Sink(_) => Internal,
    }
}

fn of_render(error: &RenderError) -> ErrorKind {
    match error {
        RenderError::OddSize(_) | RenderError::MissingGlyph { .. } => Invalid,
        RenderError::TooManyWords(_) | RenderError::BadFont(_) => Invalid,
        RenderError::FFmpeg(_) => Missing,
        RenderError::Cancelled => Cancelled,
        RenderError::Io { source, .. } => of_io(source),
        _ => Internal,
    }
}

fn of_record(error: &RecordError) -> ErrorKind {
    match error {
        RecordError::Missing(_) => NotFound,
        RecordError::Malformed { .. } | RecordError::Version { .. } => Invalid,
        RecordError::Io { source, .. } => of_io(source),
    }
}

fn of_chat(error: &ChatError) -> ErrorKind {
    match error {
        ChatError::Empty | ChatError::NoPicture(_) => Invalid,
        ChatError::NotCited => NotFound,
        ChatError::Cancelled(_) => Cancelled,
        ChatError::Search(error) => of_search(error),
        ChatError::Catalog(error) => of_catalog(error),
        ChatError::Model(error) => of_inference(error),
    }
}

fn of_endpoint(error: &EndpointError) -> ErrorKind {
    match error {
        EndpointError::Address(_) | EndpointError::TooLong { .. } => Invalid,
        EndpointError::Limited { .. } => Busy,
        EndpointError::Unreachable { .. } | EndpointError::NotFound { .. } => Missing,
        EndpointError::Unauthorized { .. } | EndpointError::Silent { .. } => Missing,
        _ => Internal,
    }
}

fn of_ragme(error: &RagmeError) -> ErrorKind {
    match error {
        RagmeError::Base(DiffusionError::Cancelled(_)) => Cancelled,
        RagmeError::Base(DiffusionError::Read { .. } | DiffusionError::Config { .. }) => Invalid,
        RagmeError::Input(_) | RagmeError::File { .. } => Invalid,
        RagmeError::Base(_) | RagmeError::Diverged { .. } | RagmeError::Thread(_) => Internal,
    }
}
