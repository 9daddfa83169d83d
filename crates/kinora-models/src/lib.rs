//! Networks and their weights: the model store, ONNX Runtime, and the embedding spaces.
//!
//! Way in: [`Store`] fetches and finds what `models.toml` lists.

mod manifest;
mod reduce_range;
mod store;

pub use manifest::{
    Artifact, Batching, FileEntry, Manifest, ManifestError, Preprocess, Source, SpaceEntry,
    TextEntry, TextKind, Transform, platform,
};
pub use store::{
    Fault, Progress, PullEvent, Record, Stage, Status, Store, StoreConfig, StoreError,
};
