//! Pictures and videos in, films out: decoding, metadata, thumbnails; shots; compositing, text, encoding.
//!
//! [`read`] turns picture files into upright sRGB [`kinora_types::Picture`]s and what they say of
//! themselves; [`video`] turns video files into timed frames; [`audio`] turns what has sound into samples
//! for speech recognition; [`render`] turns pictures into frames and
//! frames into a film. All of the latter work through an ffmpeg child process, [`FFmpeg`].
//! [`subtitles`] turns what is said into SRT and WebVTT and back.

pub mod audio;
pub mod dates;
mod ffmpeg;
#[cfg(test)]
mod made;
pub mod read;
pub mod render;
mod spawn;
pub mod subtitles;
pub mod video;

pub use ffmpeg::FFmpeg;
