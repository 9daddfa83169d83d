//! Shots: where one ends and the next begins, by what joins them.
//!
//! Way in: [`ShotDetector::push`] every frame of [`crate::Frames`], then
//! [`ShotDetector::finish`]. A cut is a step against its surroundings that is still there some frames
//! later (a flash is not); a dissolve is a window whose inside is a blend of its ends; a fade is a dip
//! in contrast with another picture behind it.
//!
//! Memory: sketches of the last 160 frames (11 KB each) and 24 bytes a frame.

mod blend;
mod cut;
mod detector;
mod fade;
mod sketch;
#[cfg(test)]
mod tests;

pub use detector::{Boundary, BoundaryKind, Shot, ShotDetector};
