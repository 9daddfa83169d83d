//! Words on frames: shaped once by `cosmic-text`, blended per frame.
//!
//! [`Typesetter`] holds the fonts it is given and no other: what a machine has installed never
//! changes a film. A character that no font has is an error that names it.

mod canvas;
mod cards;
mod overlay;
mod typesetter;

pub use overlay::Overlay;
pub use typesetter::Typesetter;
