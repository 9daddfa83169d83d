//! Errors of reading a video, by who can fix them.

use std::{io, path::PathBuf, time::Duration};

use kinora_types::{Size, TimeRange, advice};

/// A video could not be read.
///
/// `Io`, `Died` and `NotStarted` come from the environment, `Internal` is a bug in Kinora, `Cancelled` is no fault; all
/// others come from the file.
#[derive(Debug, thiserror::Error)]
pub enum VideoError {
    /// The file cannot be opened.
    #[error("cannot read the file: {source}: `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// The content is no known container of moving pictures or sound.
    #[error("not a video or sound in a format that Kinora reads: {said}")]
    UnknownFormat {
        /// Message of ffmpeg.
        said: String,
    },
    /// There is no moving picture in it (cover art does not count).
    #[error("the file has no video in it")]
    NoVideo,
    /// There is no sound in it.
    #[error("the file has no sound in it")]
    NoSound,
    /// Not one sample could be decoded.
    #[error("the sound is damaged, nothing of it can be decoded: {said}")]
    SilentSound {
        /// Message of ffmpeg.
        said: String,
    },
    /// Not one frame could be decoded.
    #[error("the video is damaged, no frame of it can be decoded: {said}")]
    Undecodable {
        /// Message of ffmpeg.
        said: String,
    },
    /// This ffmpeg has no decoder for it.
    #[error("this ffmpeg cannot decode the video: {said}")]
    NoDecoder {
        /// Message of ffmpeg.
        said: String,
    },
    /// Frames of more pixels than the limit.
    #[error("the video claims frames of more than {limit} pixels")]
    TooManyPixels {
        /// [`super::VideoLimits::pixels`].
        limit: u64,
    },
    /// More frames than the limit.
    #[error("the video has more than {limit} frames")]
    TooManyFrames {
        /// [`super::VideoLimits::frames`].
        limit: u64,
    },
    /// The decoder gave nothing for too long, or took too long in all; it was ended.
    #[error("decoding took too long: {} s for {frames} frames", waited.as_secs())]
    TooSlow {
        /// Time spent waiting for the decoder.
        waited: Duration,
        /// Frames that came.
        frames: u64,
    },
    /// More work than any valid file of its size makes.
    #[error("decoding takes more than {} s of processor time, too much for a file of this size", limit.as_secs())]
    TooMuchWork {
        /// By [`super::VideoLimits::per_megabyte`] and its like.
        limit: Duration,
    },
    /// A span that lies outside of the video.
    #[error("the span {span} lies outside of the video{}", ending(*end))]
    OutsideVideo {
        /// The span that was asked for.
        span: TimeRange,
        /// Where the video ends, if it says.
        end: Option<Duration>,
    },
    /// A span that the video should have by the length it claims, but has not: cut off, or its sound is longer.
    #[error("the pictures of the video end at {}, before the span {span}", clock(*end))]
    BreaksOff {
        /// The span that was asked for.
        span: TimeRange,
        /// End of the last frame that can be decoded.
        end: Duration,
    },
    /// A film size that cannot be encoded.
    #[error("both sides of a frame must be even and at least 2: `{0}`")]
    OddSize(Size),
    /// The work was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// ffmpeg could not be started.
    #[error("cannot start ffmpeg: {source}: `{}`", ffmpeg.display())]
    NotStarted {
        /// The binary.
        ffmpeg: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// ffmpeg was killed, or refused its own arguments.
    #[error("ffmpeg died ({status}): {said}")]
    Died {
        /// Exit status or signal.
        status: String,
        /// Last lines of its output.
        said: String,
    },
    /// A bug in Kinora.
    #[error("internal: {0}")]
    Internal(String),
}

impl VideoError {
    /// Hint on how to fix it, separate from the message.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("give yourself permission to read it")
            }
            Self::Empty | Self::Undecodable { .. } => {
                Some("copy the file again from where it came from")
            }
            Self::UnknownFormat { .. } => Some(
                "Kinora reads MP4, MOV, MKV, WebM, AVI, MPEG, animations as GIF, WebP, APNG and AVIF, \
                     and sound as MP3, M4A, WAV, FLAC and Ogg",
            ),
            Self::TooManyPixels { .. } | Self::TooManyFrames { .. } | Self::TooSlow { .. } => {
                Some("save a smaller version of it")
            }
            Self::TooMuchWork { .. } => Some("save a shorter or smaller version of it"),
            Self::OutsideVideo { .. } => Some("choose a span before the end of the video"),
            Self::BreaksOff { .. } => Some(
                "choose a span before that; if pictures are missing, copy the file again from where it came from",
            ),
            Self::NotStarted { .. } | Self::NoDecoder { .. } => Some(advice::GET_FFMPEG),
            Self::OddSize(_) => Some("choose a size with even sides, such as 1280x720"),
            Self::Died { .. } => Some("was memory short? try again with fewer things running"),
            Self::Internal(_) => Some("please report this with the file"),
            Self::SilentSound { .. } => Some("mute the shot (`sound = \"mute\"`)"),
            Self::NoVideo => Some("add the video that its words or data belong to"),
            Self::NoSound => None,
            Self::Io { .. } | Self::Cancelled => None,
        }
    }
}

fn ending(end: Option<Duration>) -> String {
    end.map_or_else(String::new, |end| format!(", which ends at {}", clock(end)))
}

/// As [`TimeRange`] writes its ends.
fn clock(at: Duration) -> String {
    let range = TimeRange::between(at, at).to_string();
    range.split('-').next().unwrap_or_default().to_owned()
}
