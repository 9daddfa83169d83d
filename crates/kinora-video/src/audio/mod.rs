//! Sound of files: facts about it, and its samples for speech recognition.
//!
//! Way in: [`AudioFile::open`] asks ffmpeg what can be heard in a file, a video or a recording
//! ([`AudioFacts`]); [`AudioFile::samples`] gives one stream as mono f32 at [`SAMPLE_RATE`], the first
//! sample at presentation time zero, as [`crate::VideoFile`] counts it. [`begins_sound`] tells recordings by
//! their first bytes.
//!
//! The file is decoded in the same bounded child process as videos are, under the same
//! [`crate::VideoLimits`]. Damage never hides: [`Outcome`] says what went wrong.
//!
//! Memory: half a second of sound a piece, some pieces wait; never a whole recording.

mod error;
mod file;
mod kind;
mod samples;
#[cfg(test)]
mod tests;

pub use error::AudioError;
pub use file::{AudioFacts, AudioFile};
pub use kind::begins_sound;
pub use samples::{Outcome, Samples};

/// Samples a second of everything that is read here.
pub const SAMPLE_RATE: u32 = 16_000;
