//! Pictures in and films out: decoding, metadata, thumbnails; compositing, text, encoding.
//!
//! [`read`] turns files into upright sRGB [`kinora_types::Picture`]s and what they say of themselves;
//! [`render`] turns pictures into frames and frames into a film, through an ffmpeg child process.

pub mod read;
pub mod render;
