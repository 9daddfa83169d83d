//! Pictures and videos in, films out: decoding, metadata, thumbnails; shots; compositing, text, encoding.
//!
//! [`read`] turns picture files into upright sRGB [`kinora_types::Picture`]s and what they say of
//! themselves; [`video`] turns video files into timed frames; [`render`] turns pictures into frames and
//! frames into a film. Both of the latter work through an ffmpeg child process, [`FFmpeg`].

mod ffmpeg;
pub mod read;
pub mod render;
pub mod video;

pub use ffmpeg::FFmpeg;
