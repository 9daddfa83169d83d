//! A span of a video as frames of a film: one size, one rate, cut to fill or whole on a matte, never
//! distorted.
//!
//! Every film frame shows the video frame whose time is nearest, so speed is kept and nothing is
//! blended; a slower video repeats frames, a faster one loses some. Memory: two frames and the queue.

use std::{borrow::Cow, time::Duration};

use kinora_types::{Framing, Size, TimeRange, YuvFrame};

use super::{
    Cancelled, Frame, Outcome, VideoError, VideoFile,
    feed::Feed,
    filter::{Crop, Pixels},
    frames,
    reach::span,
    stabilisation::Plan,
};
use kinora_image::frame::{FrameError, Matte, Warp};

/// Which span, in what form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipSpec {
    /// The span.
    pub range: TimeRange,
    /// The film's frame size, both sides even.
    pub size: Size,
    /// The film's frames a second.
    pub fps: u32,
    /// Point that stays in view when the picture is cut to the film's shape, in fractions of the upright
    /// picture; (0.5, 0.5) is its middle.
    pub focus: (f64, f64),
    /// Whether it is cut to the film's shape, or stands whole on a blurred, darkened copy of itself.
    pub framing: Framing,
}

impl ClipSpec {
    /// Film frames in the span: its length times the rate, rounded, at least 1.
    pub fn frames(&self) -> u64 {
        let length = self.range.length().as_millis() as u64 * u64::from(self.fps);
        ((length + 500) / 1000).max(1)
    }
}

/// The film frames of a span, exactly [`ClipSpec::frames`] of them unless an error ends it.
pub struct Clip<'a> {
    feed: Feed<'a>,
    spec: ClipSpec,
    /// Size of the frames that come, and what they stand on.
    size: Size,
    matte: Option<Matte>,
    /// Stabilisation plan, and the size at which whole frames are decoded for it.
    plan: Option<(&'a Plan, Size, Warp)>,
    made: u64,
    before: Option<Frame>,
    after: Option<Frame>,
    held: u64,
    failed: bool,
}

impl<'a> Clip<'a> {
    pub(super) fn start(
        file: &'a VideoFile,
        spec: &ClipSpec,
        plan: Option<&'a Plan>,
        cancelled: Cancelled<'a>,
    ) -> Result<Self, VideoError> {
        Self::check(file, spec)?;
        let display = file.video()?.display;
        let matte = match spec.framing {
            Framing::Crop => None,
            Framing::Matte => Some(Matte::new(display, spec.size).map_err(failed)?),
        };
        let shown = matte.as_ref().map_or(spec.size, Matte::inner);
        let size = plan.map_or(shown, |plan| plan.reading(display, shown));
        let mut chain = file.chain(size, Pixels::Yuv)?;
        let cut = matte.is_none() && plan.is_none();
        chain.crop = cut.then(|| Crop::fill(display, size, spec.focus));
        let feed = span(file, spec.range, &chain, cancelled)?;
        let plan = plan.map(|plan| (plan, shown, Warp::default()));
        let (before, after) = (None, None);
        let spec = *spec;
        Ok(Self { feed, spec, size, matte, plan, made: 0, before, after, held: 0, failed: false })
    }

    /// Whether such a clip can be cut out of a file.
    pub(super) fn check(file: &VideoFile, spec: &ClipSpec) -> Result<(), VideoError> {
        let even = |side: u32| side >= 2 && side.is_multiple_of(2);
        if !even(spec.size.width) || !even(spec.size.height) {
            return Err(VideoError::OddSize(spec.size));
        }
        let outside = |duration| spec.range.start() >= duration;
        if spec.fps == 0 || file.facts().duration.is_some_and(outside) {
            let (span, end) = (spec.range, file.facts().duration);
            return Err(VideoError::OutsideVideo { span, end });
        }
        file.video().map(|_| ())
    }

    /// Film frames that show the video's last frame for want of a later one, because the span
    /// reaches over the end.
    pub fn held(&self) -> u64 {
        self.held
    }

    /// Result of the stream so far.
    pub fn outcome(&self) -> Outcome {
        self.feed.outcome()
    }

    fn pull(&mut self) -> Result<Option<Frame>, VideoError> {
        let Some((at, bytes)) = self.feed.next()? else { return Ok(None) };
        frames::frame(at, self.size, bytes).map(Some)
    }

    fn make(&mut self) -> Result<YuvFrame, VideoError> {
        let moment = moment(&self.spec, self.made);
        if self.made == 0 {
            self.after = self.pull()?;
        }
        while self.after.as_ref().is_some_and(|frame| frame.at <= moment) {
            self.before = self.after.take();
            self.after = self.pull()?;
        }
        let late = self.before.as_ref().zip(self.after.as_ref());
        let near_after = late.is_some_and(|(b, a)| a.at - moment < moment - b.at);
        let chosen = match (&self.before, &self.after) {
            (Some(before), None) => {
                // The last frame is also shown for its own while.
                if moment >= self.feed.outcome().end.max(before.at) {
                    self.held += 1;
                }
                before
            }
            (Some(before), Some(_)) if !near_after => before,
            (_, Some(after)) => after,
            (None, None) => {
                return Err(VideoError::OutsideVideo { span: self.spec.range, end: None });
            }
        };
        self.made += 1;
        let image = match &mut self.plan {
            None => Cow::Borrowed(&chosen.image),
            Some((plan, size, warp)) => {
                let unseen = || VideoError::Internal("a frame that the survey did not see".into());
                let image = plan.show(warp, chosen, *size).ok_or_else(unseen)?;
                Cow::Owned(image.map_err(|error| failed(error.into()))?)
            }
        };
        match &mut self.matte {
            None => Ok(image.into_owned()),
            Some(matte) => matte.stand(&image).map_err(failed),
        }
    }
}

fn failed(error: FrameError) -> VideoError {
    VideoError::Internal(error.to_string())
}

/// Time in the video of the film's frame `index`.
fn moment(spec: &ClipSpec, index: u64) -> Duration {
    let nanos = u128::from(index) * 1_000_000_000 / u128::from(spec.fps.max(1));
    spec.range.start() + Duration::from_nanos(nanos as u64)
}

impl Iterator for Clip<'_> {
    type Item = Result<YuvFrame, VideoError>;

    /// After an error comes nothing.
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.made >= self.spec.frames() {
            return None;
        }
        let frame = self.make();
        self.failed = frame.is_err();
        Some(frame)
    }
}
