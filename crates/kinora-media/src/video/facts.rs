//! What a video file says of itself.

use std::time::Duration;

use jiff::{Timestamp, civil::DateTime};
use kinora_types::{DateBasis, GeoPoint, Size};

/// A file of moving pictures, of sound, or of both.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoFacts {
    /// Container in lower case: `mp4`, `mov`, `matroska`, `webm`, `avi`, `mpeg`, `gif`, `webp`, … As told
    /// by content, never by name.
    pub container: String,
    /// How long the file claims to last, to 10 ms; some containers do not say.
    pub duration: Option<Duration>,
    /// Its first video that is not a cover picture.
    pub video: Option<VideoStream>,
    /// Its sound, in the file's order.
    pub audio: Vec<AudioStream>,
    /// Streams of any kind, with subtitles and cover pictures.
    pub streams: usize,
    /// What its maker wrote into it.
    pub tags: Tags,
    /// What ffmpeg complained of when it looked at the beginning.
    pub complaint: Option<String>,
}

/// The moving picture.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoStream {
    /// Codec as ffmpeg names it: `h264`, `hevc`, `vp9`, `av1`, `mpeg2video`, `gif`, …
    pub codec: String,
    /// Pixels as they are coded.
    pub coded: Size,
    /// Pixels as they are to be seen: upright and square.
    pub display: Size,
    /// Degrees clockwise that the coded picture is turned by to be upright: 0 to 359.
    pub rotation: u16,
    /// Mean frames a second, if the container says.
    pub fps: Option<f64>,
    /// Whether the container contradicts itself on the frame rate; [`super::Outcome::variable`] knows for sure.
    pub maybe_variable: bool,
    /// Whether frames are woven from two fields.
    pub interlaced: bool,
    /// Its transfer, if it is of high dynamic range.
    pub hdr: Option<Hdr>,
    /// Pixel format as ffmpeg names it, e.g. `yuv420p10le`.
    pub pixel_format: String,
    /// Width of a coded pixel over its height; 1 is square.
    pub pixel_aspect: f64,
    /// Colour matrix as ffmpeg names it, `unknown` if the file does not say.
    pub matrix: String,
}

/// Transfers of high dynamic range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hdr {
    /// Perceptual quantiser, SMPTE ST 2084.
    Pq,
    /// Hybrid log-gamma, ARIB STD-B67.
    Hlg,
}

/// How light was brought to SDR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It was SDR already.
    Sdr,
    /// Mapped from HDR (Hable's curve).
    Mapped,
    /// HDR shown as if it were SDR, too flat and grey, since this ffmpeg lacks `zscale` or `tonemap`.
    Unmapped,
}

/// One sound track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioStream {
    /// Codec as ffmpeg names it.
    pub codec: String,
    /// Samples a second.
    pub rate: u32,
    /// Channels, 0 if unknown.
    pub channels: u32,
    /// ISO 639-2 code of its language, unless undetermined.
    pub language: Option<String>,
}

/// Words and places in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tags {
    /// When it was recorded, by its container's clock.
    pub created: Option<Timestamp>,
    /// Local time of the camera, if it was written; else that of `created` in UTC.
    pub taken_at: Option<DateTime>,
    /// How `taken_at` is known; `None` where there is no date.
    pub date_basis: Option<DateBasis>,
    /// Where it was recorded.
    pub place: Option<GeoPoint>,
    /// Title.
    pub title: Option<String>,
    /// Comment or description.
    pub comment: Option<String>,
    /// Artist or author.
    pub artist: Option<String>,
    /// Copyright or licence.
    pub copyright: Option<String>,
    /// Maker and model of the camera.
    pub camera: Option<String>,
}
