//! Conformance suites: what every backend of a seam must do, run on each of them.

pub mod embedder;
pub mod generator;
pub mod index;
pub mod language;
