//! Kinora's engine: what can be asked of it, and the one place where backends are chosen.
//!
//! Way in: [`Settings::settle`] finds the folders, [`Engine::open`] the engine, [`Engine::library`] a [`Library`]; then
//! [`Library::add`], [`Library::search`], [`Library::list`], [`Library::ask`], [`Library::plan`], [`Library::make`], [`Library::train`],
//! [`Engine::verify`], [`Engine::check`]. Whatever may take long has a [`Job`] as its last argument: it stops the work,
//! limits its time, and hears [`Event`]s. All of it may be called from any number of threads; nothing is asynchronous.
//!
//! Memory: models (about 90 MB for the default space's pictures, 45 MB for its words) and open libraries (the vector
//! index) stay as long as somebody uses them and `idle_seconds` longer; everything else as long as the call.

mod add;
mod ask;
mod check;
mod cited;
mod countries;
mod deletion;
mod details;
mod duplicates;
mod edit;
mod engine;
mod error;
mod error_kind;
mod event;
mod film;
mod film_of;
mod generator;
mod index;
mod job;
mod libraries;
mod library;
mod list;
mod memory;
mod models;
mod named_places;
mod pages;
mod perception;
mod places;
mod problems;
mod ragme_generator;
mod remove;
mod search;
mod settings;
mod suggest;
mod text;
mod tools;
mod train;
mod transcript;
mod verify;

pub use add::{AddRequest, Added};
pub use ask::AskRequest;
pub use check::LibraryCheck;
pub use cited::CitedPicture;
pub use deletion::LibraryContents;
pub use details::{Details, Perceived};
pub use duplicates::{DuplicateGroup, Duplicates};
pub use edit::EditRequest;
pub use engine::Engine;
pub use error::EngineError;
pub use error_kind::ErrorKind;
pub use event::Event;
pub use film::{BriefSource, FilmRequest, Plan};
pub use film_of::{CROSSFADE_SECONDS, FilmOfAnswer};
pub use generator::Generator;
pub use job::Job;
pub use kinora_catalog::{Contents, ConversationSummary, FilmSummary, Sort, Speaker, Turn};
pub use kinora_chat::{
    Answer, AskOptions, Command, FilmWish, Mentions, Method, Operation, Plan as AnswerPlan,
    SAYINGS, Saying, Sentence, Wish,
};
pub use kinora_film::BriefFormat;
pub use kinora_inference::{Destination, Sent};
pub use kinora_ingest::{
    Done, FileFailure, LeftOut, LivePhoto, Pending, Progress, Stage as AddStage,
    Summary as AddSummary,
};
pub use kinora_models::{Space, switch_off_telemetry};
pub use kinora_ragme::TrainConfig;
pub use kinora_retrieval::{
    Asked, EvaluationReport, Filter, Kind, Mode, SearchOutcome, Suggestion,
};
pub use kinora_store::{Stage, Status, Store, StoreError};
pub use kinora_types::Control;
pub use kinora_video::subtitles::{to_srt, to_webvtt};
pub use libraries::LibrarySummary;
pub use library::Library;
pub use list::{ListRequest, Listed, Listing};
pub use models::{Backends, Installed};
pub use perception::Waiting;
pub use places::Unnamed;
pub use problems::{FileProblem, Problems, WordProblem};
pub use remove::{RemoveRequest, Removed, RemovedAsset, Unmeant};
pub use search::{Example, Place, SearchRequest};
pub use settings::{Config, Language, LogLevel, Settings};
pub use train::{TrainRequest, Trained};
pub use transcript::TranscriptFile;
pub use verify::{RecordOrigin, Verification};
