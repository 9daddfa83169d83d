//! Networks and their weights: the model store, ONNX Runtime, the embedding spaces, language models.
//!
//! Way in: [`Store`] fetches and finds what `models.toml` lists; [`open_space`] gives the two towers of
//! an embedding space behind the seams of `kinora-inference`, [`Endpoint`] and `Llama` language models.
//!
//! Memory: a tower's weights, at most four times for the int8 vision tower (about 90 MB each), loaded at
//! its first use.

mod error;
mod image;
mod language;
mod lazy;
mod lite;
mod manifest;
mod preprocess;
mod reduce_range;
mod resample;
mod runtime;
mod space;
mod store;
mod text;

pub use error::ModelError;
pub use language::{Endpoint, EndpointConfig, EndpointError, SeeingEndpoint};
#[cfg(feature = "llama")]
pub use language::{Llama, LlamaConfig, LlamaError, SeeingLlama};
pub use manifest::{
    Artifact, Batching, FileEntry, Manifest, ManifestError, Preprocess, Source, SpaceEntry,
    TextEntry, TextKind, Transform, platform,
};
pub use runtime::{Provider, RuntimeOptions};
pub use space::{Space, open_space};
pub use store::{
    Fault, Progress, PullEvent, Record, Stage, Status, Store, StoreConfig, StoreError,
};
