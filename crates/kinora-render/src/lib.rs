//! Pictures to films: views, compositor, text, saliency, the ffmpeg encoder pipe.
//!
//! Ways in: [`ShotView`] paints what a camera sees of a picture, [`crossfade`] and [`dim`] join
//! frames, [`FilmEncoder`] turns frames into a file, [`Typesetter`] sets words, [`subject`] finds
//! what a picture is of.
//!
//! Memory: a source is held once as planes at the resolution that its shot needs; frames are reused.
//! Nothing here holds a whole shot.

mod aside;
mod blend;
mod ease;
mod encoder;
#[cfg(test)]
mod encoder_tests;
mod error;
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;
mod saliency;
mod sound;
mod text;
mod view;
#[cfg(test)]
mod view_tests;

pub use aside::sweep as sweep_leftovers;
pub use blend::{crossfade, dim};
pub use ease::ease;
pub use encoder::{Cancelled, EncodeSpec, EncodedFilm, FilmEncoder};
pub use error::RenderError;
pub use saliency::subject;
pub use sound::SoundFile;
pub use text::{Overlay, Typesetter};
pub use view::ShotView;
