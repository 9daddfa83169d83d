//! A video file that was probed.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use kinora_types::{Framing, TimeRange};

use super::{
    Clip, ClipSpec, Frame, Frames, KeyframeSpec, Keyframes, Soundtrack, Tone, VideoError,
    VideoFacts, VideoLimits, VideoStream,
    child::Input,
    feed::Feed,
    filter::{self, Chain, Pixels},
    probe, reach,
    stabilisation::Survey,
};
use crate::FFmpeg;

/// Whether to stop; polled often, from the thread that reads.
pub type Cancelled<'a> = &'a (dyn Fn() -> bool + Sync);

/// Never cancels: `&never`.
pub fn never() -> bool {
    false
}

/// A file that ffmpeg can open, and what it is. Cheap to keep; nothing runs between calls.
#[derive(Clone, Debug)]
pub struct VideoFile {
    ffmpeg: FFmpeg,
    path: PathBuf,
    limits: VideoLimits,
    facts: VideoFacts,
    tone: Tone,
}

impl VideoFile {
    /// Probes a file, as [`probe()`] does.
    ///
    /// # Errors
    /// As [`probe()`].
    pub fn open(
        ffmpeg: &FFmpeg,
        path: &Path,
        limits: &VideoLimits,
        cancelled: Cancelled,
    ) -> Result<Self, VideoError> {
        let facts = probe::probe(ffmpeg, path, limits, cancelled)?;
        let hdr = facts.video.as_ref().and_then(|video| video.hdr);
        let tone = match hdr {
            None => Tone::Sdr,
            Some(_) if ffmpeg.maps_tones() => Tone::Mapped,
            Some(_) => Tone::Unmapped,
        };
        let (ffmpeg, path, limits) = (ffmpeg.clone(), path.to_owned(), limits.clone());
        Ok(Self { ffmpeg, path, limits, facts, tone })
    }

    /// The same file under other limits, without probing it again.
    pub fn within(self, limits: VideoLimits) -> Self {
        Self { limits, ..self }
    }

    /// Facts about the file.
    pub fn facts(&self) -> &VideoFacts {
        &self.facts
    }

    /// Path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Tone mapping of every frame that is read.
    pub fn tone(&self) -> Tone {
        self.tone
    }

    /// Some keyframes, spread evenly over the video.
    ///
    /// # Errors
    /// [`VideoError::NoVideo`] for sound alone, and whatever keeps ffmpeg from starting; damage is an error of the
    /// frames.
    pub fn keyframes<'a>(
        &'a self,
        spec: KeyframeSpec,
        cancelled: Cancelled<'a>,
    ) -> Result<Keyframes<'a>, VideoError> {
        Keyframes::start(self, spec, cancelled)
    }

    /// Every frame in the order of time, its shorter side `short_side` pixels (never enlarged, both
    /// sides even).
    ///
    /// # Errors
    /// As [`VideoFile::keyframes`].
    pub fn frames<'a>(
        &'a self,
        short_side: u32,
        cancelled: Cancelled<'a>,
    ) -> Result<Frames<'a>, VideoError> {
        Frames::start(self, short_side, None, cancelled)
    }

    /// As [`VideoFile::frames`], but only the first frame and then each that comes at least `step`
    /// after the one before.
    ///
    /// # Errors
    /// As [`VideoFile::keyframes`].
    pub fn samples<'a>(
        &'a self,
        short_side: u32,
        step: Duration,
        cancelled: Cancelled<'a>,
    ) -> Result<Frames<'a>, VideoError> {
        Frames::start(self, short_side, Some(step), cancelled)
    }

    /// A span for a film.
    ///
    /// # Errors
    /// As [`VideoFile::keyframes`]; also an odd size, or a span outside of the video.
    pub fn clip<'a>(
        &'a self,
        spec: &ClipSpec,
        cancelled: Cancelled<'a>,
    ) -> Result<Clip<'a>, VideoError> {
        Clip::start(self, spec, None, cancelled)
    }

    /// Measures the shake of a clip and plans its stabilisation: one or two small decodes of its span.
    ///
    /// # Errors
    /// As [`VideoFile::clip`].
    pub fn survey(&self, spec: &ClipSpec, cancelled: Cancelled) -> Result<Survey, VideoError> {
        Clip::check(self, spec)?;
        Survey::of(self, spec, cancelled)
    }

    /// As [`VideoFile::clip`], stabilised where a survey of the same clip says so.
    ///
    /// # Errors
    /// As [`VideoFile::clip`].
    pub fn stabilised<'a>(
        &'a self,
        spec: &ClipSpec,
        survey: &'a Survey,
        cancelled: Cancelled<'a>,
    ) -> Result<Clip<'a>, VideoError> {
        Clip::start(self, spec, survey.plan.as_ref(), cancelled)
    }

    /// The sound from a moment on, at [`super::SOUND_RATE`].
    ///
    /// # Errors
    /// [`VideoError::NoSound`], and whatever keeps ffmpeg from starting.
    pub fn soundtrack<'a>(
        &'a self,
        from: Duration,
        cancelled: Cancelled<'a>,
    ) -> Result<Soundtrack<'a>, VideoError> {
        Soundtrack::start(self, from, cancelled)
    }

    /// When the last frame that can be decoded ends: the true duration of a file that was cut off but claims to be
    /// whole. Seeks to a few moments where the container allows it, else decodes everything.
    ///
    /// # Errors
    /// As [`VideoFile::keyframes`].
    pub fn reach(&self, cancelled: Cancelled) -> Result<Duration, VideoError> {
        reach::reach(self, cancelled)
    }

    /// `count` frames spread over a span, or as many as it has, their size as in [`VideoFile::frames`].
    ///
    /// # Errors
    /// As [`VideoFile::clip`].
    pub fn spread(
        &self,
        span: TimeRange,
        count: u32,
        short_side: u32,
        cancelled: Cancelled,
    ) -> Result<Vec<Frame>, VideoError> {
        let length = u32::try_from(span.length().as_millis()).unwrap_or(u32::MAX).max(1);
        let fps = count.saturating_mul(1000).div_ceil(length).max(1);
        let clip = self.clip(&self.small(span, short_side, fps)?, cancelled)?;
        let at = |number: u32| span.start() + Duration::from_secs(1) * number / fps;
        let frames = (0..count).zip(clip);
        frames.map(|(number, image)| Ok(Frame { at: at(number), image: image? })).collect()
    }

    /// The one frame that is shown at a moment, its size as in [`VideoFile::frames`].
    ///
    /// # Errors
    /// As [`VideoFile::clip`].
    pub fn still(
        &self,
        at: Duration,
        short_side: u32,
        cancelled: Cancelled,
    ) -> Result<Frame, VideoError> {
        let spec = self.small(TimeRange::between(at, at), short_side, 25)?;
        let image = self.clip(&spec, cancelled)?.next().unwrap_or(Err(VideoError::NoVideo))?;
        Ok(Frame { at, image })
    }

    /// A span in whole frames, small.
    fn small(&self, range: TimeRange, short_side: u32, fps: u32) -> Result<ClipSpec, VideoError> {
        let size = filter::short_side(self.video()?.display, short_side.max(2));
        Ok(ClipSpec { range, size, fps, focus: (0.5, 0.5), framing: Framing::Crop })
    }

    pub(crate) fn ffmpeg(&self) -> &FFmpeg {
        &self.ffmpeg
    }

    pub(crate) fn limits(&self) -> &VideoLimits {
        &self.limits
    }

    pub(super) fn video(&self) -> Result<&VideoStream, VideoError> {
        self.facts.video.as_ref().ok_or(VideoError::NoVideo)
    }

    /// A chain over the whole picture, to be narrowed.
    pub(super) fn chain(
        &self,
        size: kinora_types::Size,
        pixels: Pixels,
    ) -> Result<Chain<'_>, VideoError> {
        Ok(Chain { video: self.video()?, tone: self.tone, select: None, crop: None, size, pixels })
    }

    pub(super) fn feed<'a>(
        &'a self,
        before: &[&str],
        chain: &Chain,
        cancelled: Cancelled<'a>,
    ) -> Result<Feed<'a>, VideoError> {
        let decoder = probe::decoder(chain.video.index, chain.video.decoder);
        let before = before.iter().map(|word| (*word).to_owned());
        let before: Vec<String> = decoder.into_iter().chain(before).collect();
        Feed::start(self.input(), self.facts.duration, &before, chain, cancelled)
    }

    pub(super) fn input(&self) -> Input<'_> {
        let drawn = probe::DRAWN.contains(&self.facts.container.as_str());
        Input { ffmpeg: &self.ffmpeg, path: &self.path, limits: &self.limits, drawn }
    }

    /// Whether a moment can be sought. What is drawn on top of the frames before it cannot, and a bare stream has
    /// no index and no times; ffmpeg tries all the same, and gives nothing or the wrong frames.
    pub(super) fn seeks(&self) -> bool {
        // Not Ogg: now and then its Theora comes back black.
        const SOUGHT: [&str; 10] =
            ["mov", "mp4", "matroska", "avi", "mpeg", "mpegts", "flv", "asf", "mxf", "wtv"];
        SOUGHT.contains(&self.facts.container.as_str())
    }
}
