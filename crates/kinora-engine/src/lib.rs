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
mod generator;
mod language;
mod library;
mod pages;
mod places;
mod ragme_generator;
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
pub use film::{BriefSource, FilmRequest, MakeProgress, Plan};
pub use film_of::{CROSSFADE_SECONDS, FilmOfAnswer};
pub use generator::Generator;
pub use kinora_catalog::{ConversationSummary, FilmSummary, Speaker, Turn};
pub use kinora_chat::{Answer, AskOptions, Mentions, Method, Sentence, Wish};
pub use kinora_film::BriefFormat;
pub use kinora_inference::{Control, Destination, LanguageModel, Sent};
pub use kinora_ingest::{
    Done, FileFailure, IngestObserver, LeftOut, LivePhoto, Options as IngestOptions,
    Summary as AddSummary,
};
pub use kinora_media::subtitles::{to_srt, to_webvtt};
pub use kinora_models::{ModelCaptioner, PullEvent, Stage, Status, Store, switch_off_telemetry};
pub use kinora_ragme::TrainConfig;
pub use kinora_retrieval::{Filter, Kind, Mode, Report, SearchOutcome};
pub use library::LibrarySummary;
pub use places::Place;
pub use search::SearchRequest;
pub use senses::Waiting;
pub use settings::{Config, Language, Settings};
pub use studio::Studio;
pub use train::{TrainProgress, TrainRequest, Trained};
pub use transcript::TranscriptFile;
pub use verify::{RecordOrigin, Verification};
