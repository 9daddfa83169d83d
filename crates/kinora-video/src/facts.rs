//! Facts about a media file.

use std::time::Duration;

use jiff::{Timestamp, civil::DateTime};
use kinora_types::{DateBasis, GeoPoint, Size};

/// A file of moving pictures, of sound, or of both.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoFacts {
    /// Container in lower case: `mp4`, `mov`, `matroska`, `webm`, `avi`, `mpeg`, `gif`, `webp`, … From the
    /// content, never from the name.
    pub container: String,
    /// How long the file claims to last, to 10 ms; some containers do not say.
    pub duration: Option<Duration>,
    /// First video stream that is not a cover picture.
    pub video: Option<VideoStream>,
    /// Audio streams, in the file's order.
    pub audio: Vec<AudioStream>,
    /// Streams of any kind, with subtitles and cover pictures.
    pub streams: usize,
    /// Tags of the container.
    pub tags: Tags,
    /// Errors that ffmpeg reported while probing.
    pub complaint: Option<String>,
}

/// The moving picture.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoStream {
    /// Number of its stream in the file, counted from 0.
    pub index: usize,
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
    /// Primaries as ffmpeg names them, `unknown` if the file does not say.
    pub primaries: String,
    /// Whether it may be transparent; it is shown on white then.
    pub transparent: bool,
    /// Number of the stream that holds its alpha channel, if that is another one.
    pub alpha: Option<usize>,
    /// The decoder that sees its alpha channel, if it is not ffmpeg's first choice.
    pub(super) decoder: Option<&'static str>,
}

/// Transfers of high dynamic range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hdr {
    /// Perceptual quantiser, SMPTE ST 2084.
    Pq,
    /// Hybrid log-gamma, ARIB STD-B67.
    Hlg,
}

/// Conversion of the brightness to SDR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// None: the video is SDR.
    Sdr,
    /// Mapped from HDR: its reference white (203 cd/m², ITU-R BT.2408) comes out at 227 of 255.
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
    /// Whether the file marks it as the default track, and enabled.
    pub default: bool,
}

/// The default of several tracks: the first that the file marks as such, else the first of a known format. Counted
/// from 0; `None` if there is none.
pub fn main_sound(tracks: &[AudioStream]) -> Option<usize> {
    let known = |track: &AudioStream| track.rate > 0 && track.codec != "none";
    let default = tracks.iter().position(|track| track.default && known(track));
    default.or_else(|| tracks.iter().position(known)).or((!tracks.is_empty()).then_some(0))
}

/// Words and places in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tags {
    /// When it was recorded, by its container's clock.
    pub created: Option<Timestamp>,
    /// Local time of the camera, if it was written; else that of `created` in UTC.
    pub taken_at: Option<DateTime>,
    /// Basis of `taken_at`; `None` where there is no date.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_track_is_heard() {
        let track = |codec: &str, rate, default| {
            let codec = codec.to_owned();
            AudioStream { codec, rate, channels: 2, language: None, default }
        };
        let (plain, main) = (track("aac", 48_000, false), track("mp3", 44_100, true));
        let unknown = track("none", 0, true);
        for (tracks, heard) in [
            (vec![], None),
            (vec![plain.clone()], Some(0)),
            (vec![plain.clone(), main.clone(), main.clone()], Some(1)),
            (vec![unknown.clone(), plain.clone()], Some(1)),
            (vec![unknown.clone(), plain, main], Some(2)),
            (vec![unknown], Some(0)),
        ] {
            assert_eq!(main_sound(&tracks), heard, "{tracks:?}");
        }
    }
}
