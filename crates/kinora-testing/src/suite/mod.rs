//! Conformance suites: what every backend of a seam must do, run on each of them.

pub mod captioner;
pub mod embedder;
#[cfg(feature = "film")]
pub mod finder;
pub mod generator;
pub mod index;
pub mod language;
pub mod reader;
pub mod speech;
pub mod tagger;
