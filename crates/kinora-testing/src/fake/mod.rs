//! Deterministic models for tests, small and `Send + Sync`. What they know is colours: pictures, words and answers
//! that name the same colour belong together.
//!
//! Way in: [`ColourEmbedder`] is a whole embedding space, of any name and dimension; [`LoudnessRecognizer`],
//! [`ColourReader`], [`ColourTagger`] and [`ColourCaptioner`] perceive; [`ScriptedModel`] and [`ColourSeer`] answer;
//! [`GreyGenerator`] makes shots. [`Spied`] puts any of them under a [`Spy`], which counts how often a model was
//! loaded and called and holds calls in their middle, so that a test can cancel them there.

mod colour;
mod embedder;
mod generator;
mod language;
mod perception;
mod speech;
mod spied;
mod spy;

pub use embedder::ColourEmbedder;
pub use generator::GreyGenerator;
pub use language::{ColourSeer, ScriptedModel};
pub use perception::{ColourCaptioner, ColourReader, ColourTagger};
pub use speech::LoudnessRecognizer;
pub use spied::Spied;
pub use spy::{Held, Spy};
