//! Kinora's engine: what can be asked of it, and the one place where backends are chosen.
//!
//! Way in: [`Settings::settle`] finds the folders, [`Studio::open`] the engine; then
//! [`Studio::add`], [`Studio::captioner`], [`Studio::search`], [`Studio::ask`], [`Studio::evaluate`], [`Studio::plan`],
//! [`Studio::make`], [`Studio::train`], [`Studio::verify`], [`Studio::check`]. A model is loaded when it is first needed.
//!
//! Memory: models (about 90 MB for the default space's pictures, 45 MB for its words) live as long
//! as the [`Studio`]; everything else as long as the call.

mod add;
mod ask;
mod check;
mod cited;
mod details;
mod error;
mod film;
mod film_of;
mod language;
mod library;
mod motion;
mod pages;
mod places;
mod search;
mod senses;
mod settings;
mod studio;
mod text;
mod tools;
mod train;
mod transcript;
mod verify;
mod vision;

pub use add::{AddRequest, Added};
pub use ask::AskRequest;
pub use check::LibraryCheck;
pub use cited::CitedPicture;
pub use details::{Details, EditRequest, Perceived};
pub use error::EngineError;
pub use film::{FilmRequest, MakeProgress, Plan};
pub use film_of::{CROSSFADE_SECONDS, FilmOfAnswer};
pub use kinora_catalog::{ConversationSummary, FilmSummary, Speaker, Turn};
pub use kinora_chat::{Answer, AskOptions, Mentions, Method, Sentence, Wish};
pub use kinora_inference::{Destination, LanguageModel, Sent};
pub use kinora_ingest::{
    Done, FileFailure, IngestObserver, LeftOut, LivePhoto, Options as IngestOptions,
    Summary as AddSummary,
};
pub use kinora_language::ModelCaptioner;
pub use kinora_models::switch_off_telemetry;
pub use kinora_ragme::TrainConfig;
pub use kinora_retrieval::{Filter, Kind, Mode, Report, SearchOutcome};
pub use kinora_store::{PullEvent, Stage, Status, Store};
pub use kinora_types::Control;
pub use kinora_video::subtitles::{to_srt, to_webvtt};
pub use library::LibrarySummary;
pub use motion::Generator;
pub use places::{Gazetteer, Place};
pub use search::SearchRequest;
pub use senses::Waiting;
pub use settings::{Config, Language, Settings};
pub use studio::Studio;
pub use train::{TrainProgress, TrainRequest, Trained};
pub use transcript::TranscriptFile;
pub use verify::{RecordOrigin, Verification};
