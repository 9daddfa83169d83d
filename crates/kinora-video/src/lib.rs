//! Videos to frames: facts, keyframes, timed frames, spans for films.
//!
//! Way in: [`VideoFile::open`] asks ffmpeg what a file is ([`VideoFacts`]); [`VideoFile::keyframes`] is
//! the quick first look, [`VideoFile::frames`] the one full decode that feeds everything else,
//! [`VideoFile::clip`] a span at a film's size and frame rate, [`VideoFile::soundtrack`] its sound; [`shots`] finds where shots meet,
//! [`motion`] how they move, [`stabilisation`] smooths the camera path of a span.
//!
//! A file is decoded in a child process with limits on time, memory, pixels and output
//! ([`VideoLimits`]); it can reach no network and no other file, and dies with the stream that reads it.
//! What comes out is upright, has square pixels, stands on white where it is transparent, is deinterlaced where the file says that it is
//! interlaced, and is BT.709 SDR where the ffmpeg at hand can map it ([`Tone`] says if not).
//! Damage never hides: a stream gives what can be decoded and its [`Outcome`] says what went wrong.
//!
//! Memory: a handful of frames at the size asked for; never a whole video.

pub mod audio;
#[cfg(test)]
mod awkward_tests;
pub(crate) mod child;
mod clip;
pub(crate) mod dump;
mod error;
mod facts;
pub(crate) mod feed;
mod ffmpeg;
mod file;
mod filter;
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;
mod frames;
pub(crate) mod head;
mod keyframes;
mod limits;
pub(crate) mod log;
#[cfg(test)]
mod made;
pub mod motion;
pub(crate) mod probe;
mod reach;
pub mod shots;
#[cfg(test)]
mod sound_tests;
mod soundtrack;
pub mod spawn;
pub mod stabilisation;
pub mod subtitles;
pub(crate) mod tags;
#[cfg(test)]
mod tests;
pub(crate) mod timeouts;

pub use clip::{Clip, ClipSpec};
pub use error::VideoError;
pub use facts::{AudioStream, Hdr, Tags, Tone, VideoFacts, VideoStream, main_sound};
pub use feed::Outcome;
pub use ffmpeg::{FFmpeg, FFmpegError};
pub use file::{Cancelled, VideoFile, never};
pub use frames::{Frame, Frames};
pub use keyframes::{Keyframe, KeyframeSpec, Keyframes};
pub use limits::VideoLimits;
pub use probe::probe;
pub use soundtrack::{SOUND_CHANNELS, SOUND_RATE, Soundtrack};
