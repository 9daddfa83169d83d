//! Seams to what computes: embedders, what turns pictures and sound into words, language models, and
//! shot generators, as traits only.
//!
//! Backends live above this floor and are chosen in `kinora-engine`. [`fake`] holds a deterministic
//! models for tests of the floors above; it is never reachable from a command. [`conformance`] is
//! what every shot generator is held to, [`embed_conformance`] what every embedder is,
//! [`language_conformance`] what every language model is.
//!
//! Memory: pictures pass through one batch at a time; frames are handed to a [`FrameSink`] one by
//! one, so no generator and no consumer holds a whole shot.

pub mod conformance;
mod control;
mod embed;
pub mod embed_conformance;
mod error;
pub mod fake;
mod fake_language;
mod generate;
mod language;
pub mod language_conformance;
mod perceive;
mod stop;

pub use control::{Cancelled, Control};
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
pub use stop::PieceStream;
