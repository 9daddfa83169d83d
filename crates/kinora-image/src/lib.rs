//! Files to pictures: decode, orientation, colour profile, metadata, thumbnails, perceptual hash.
//!
//! Way in: [`decode`] turns bytes of any known [`Format`] into an upright sRGB picture, as small as
//! its use allows; [`metadata`] reads the metadata in the file, [`sidecar`] that of
//! a file beside it; [`thumbnail`] and [`perceptual_hash`] are made from the decoded picture.
//!
//! The format is detected by content, never by name. Dimensions are checked against [`Limits`] before
//! anything is allocated, truncated and hostile files are errors, and a decoder's panic is caught.
//! Each picture has a [`Budget`] of time and work, and decoding can be cancelled.
//! Memory: one file and one picture per call; nothing is kept between calls.

mod animated;
mod apart;
mod av1;
mod avif;
mod bitmaps;
mod budget;
mod colour;
mod container;
pub mod dates;
mod decode;
mod error;
mod format;
pub mod frame;
mod guard;
mod heic;
mod heif;
mod hevc;
mod isobmff;
mod jpeg;
mod limits;
mod metadata;
mod motion;
mod orient;
mod path_words;
mod phash;
pub mod pil;

mod png;
mod raster;
mod resize;
mod signature;
mod space;
mod thumbnail;
mod tiff;
mod tone;

mod yuv;

pub use animated::is_animated;
pub use budget::Budget;
pub use decode::{Decoded, FULL_SIZE, decode, decode_file, decode_within, read_file};
pub use error::ReadError;
pub use format::{EXTENSIONS, Format};
pub use limits::Limits;
pub use metadata::{Metadata, metadata, sidecar, sidecar_from, sidecar_paths};
pub use motion::motion_photo;
pub use orient::Orientation;
pub use path_words::{words_of_path, words_of_text};
pub use phash::{hamming_distance, perceptual_hash};
pub use resize::{Filter, fit, resize};
pub use signature::Signature;
pub use thumbnail::{ThumbnailError, thumbnail};
