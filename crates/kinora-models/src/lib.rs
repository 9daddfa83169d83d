//! Networks on ONNX Runtime: embedding spaces, text in pictures, tags, speech.
//!
//! Way in: [`open_space`] gives the two towers of an embedding space behind the seams of `kinora-inference`,
//! [`open_reader`] what reads text in pictures, [`open_tagger`] what names what they show, [`open_speech`] what hears
//! words. The files come from `kinora-store`.
//!
//! Memory: a tower's weights, at most four times for the int8 vision tower (about 90 MB each), loaded at
//! its first use; speech recognition, see `open_speech`.

mod error;
mod image;
mod lazy;
mod lite;
mod ocr;
mod preprocess;
mod runtime;
mod space;
mod speech;
mod tags;
mod text;

pub use error::ModelError;
pub use ocr::open_reader;
pub use runtime::{Provider, RuntimeOptions, switch_off_telemetry};
pub use space::{Space, open_space};
pub use speech::open_speech;
pub use tags::open_tagger;
