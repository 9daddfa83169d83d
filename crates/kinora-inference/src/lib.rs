//! Seams to models, as traits only: embedders, perception (speech, text in pictures, tags, captions), language models
//! and shot generators.
//!
//! Backends live above this floor and are chosen in `kinora-engine`; fakes and conformance suites are in
//! `kinora-testing`.
//!
//! Memory: pictures pass through one batch at a time; frames are handed to a [`FrameSink`] one by
//! one, so no generator and no consumer holds a whole shot.

mod delta;
mod embed;
mod error;
mod generate;
mod language;
mod perceive;

pub use delta::DeltaStream;
pub use embed::{ImageEmbedder, PreparedImage, ScoreModel, TextEmbedder};
pub use error::InferenceError;
pub use generate::{
    FrameSink, GenerateError, Reference, ReferenceClip, ReferenceContent, ReferenceRole,
    ShotGenerator, ShotRequest, SinkError,
};
pub use language::{
    Completion, CompletionRequest, Destination, Finish, LanguageModel, Message, Part, Role, Sent,
    TokenCount, VisionLanguageModel,
};
pub use perceive::{
    Captioner, SAMPLE_RATE, Samples, SpeechRecognizer, SpeechSegment, TagGuess, Tagger, TextLine,
    TextReader,
};
