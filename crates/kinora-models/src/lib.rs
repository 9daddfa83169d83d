//! Networks and their weights: the model store, ONNX Runtime, the embedding spaces, language models.
//!
//! Way in: [`Store`] fetches and finds what `models.toml` lists; [`open_space`] gives the two towers of
//! an embedding space behind the seams of `kinora-inference`, [`open_reader`] what reads text in pictures,
//! [`open_tagger`] what names what they show, [`open_speech`] what hears words, [`Endpoint`] and, with
//! the feature `llama`, `Llama` a language model, [`ModelCaptioner`] what describes pictures.
//!
//! Memory: a tower's weights, at most four times for the int8 vision tower (about 90 MB each), loaded at
//! its first use; speech recognition, see `open_speech`.

mod error;
mod first_output;
mod image;
mod language;
mod lazy;
mod lite;
mod manifest;
mod ocr;
mod preprocess;
mod protobuf;
mod reduce_range;
mod resample;
mod runtime;
mod space;
mod speech;
mod store;
mod tags;
mod text;

pub use error::ModelError;
pub use language::{
    CAPTION_PROMPT, Endpoint, EndpointConfig, EndpointError, ModelCaptioner, SeeingEndpoint,
};
#[cfg(feature = "llama")]
pub use language::{Llama, LlamaConfig, LlamaError, SeeingLlama};
pub use manifest::{
    Artifact, Batching, FileEntry, Manifest, ManifestError, Preprocess, Source, SpaceEntry,
    SpeechEntry, TextEntry, TextKind, Transform, platform,
};
pub use ocr::open_reader;
pub use runtime::{Provider, RuntimeOptions, switch_off_telemetry};
pub use space::{Space, open_space};
pub use speech::open_speech;
pub use store::{
    Fault, Progress, PullEvent, Record, Stage, Status, Store, StoreConfig, StoreError,
};
pub use tags::open_tagger;
