//! Pass one: a bounded number of keyframes, spread evenly, so that a video can be searched at once.
//!
//! A short file is read through and all but its keyframes skipped; in a long one the wanted moments
//! are sought, one child each. Memory: a handful of pictures.

use std::{collections::VecDeque, time::Duration};

use kinora_types::{Picture, Size};

use super::{
    Cancelled, Outcome, VideoError, VideoFile,
    feed::Feed,
    filter::{self, Pixels},
};
use kinora_image::fit;

/// Duration from which seeking beats reading through: reading takes about 5 ms a second of 1080p video,
/// a seek about 60 ms.
const LONG: Duration = Duration::from_secs(1200);
/// Between keyframes of a file that does not say how long it is.
const BLIND_STEP: Duration = Duration::from_secs(2);

/// Number and size of keyframes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyframeSpec {
    /// At most this many.
    pub most: usize,
    /// Longer side in pixels; never enlarged.
    pub long_side: u32,
}

impl Default for KeyframeSpec {
    /// 64 pictures of 512 pixels.
    fn default() -> Self {
        Self { most: 64, long_side: 512 }
    }
}

/// A picture of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyframe {
    /// When it is shown, from the start of the presentation.
    pub at: Duration,
    /// Upright, square pixels, SDR.
    pub picture: Picture,
}

/// Keyframes in the order of time.
pub struct Keyframes<'a> {
    file: &'a VideoFile,
    cancelled: Cancelled<'a>,
    size: Size,
    left: usize,
    /// Moments in seconds that are still to be sought.
    wanted: VecDeque<f64>,
    feed: Option<Feed<'a>>,
    /// Whether all frames are taken for keyframes.
    every: bool,
    last: Option<Duration>,
    outcome: Outcome,
}

impl<'a> Keyframes<'a> {
    pub(super) fn start(
        file: &'a VideoFile,
        spec: KeyframeSpec,
        cancelled: Cancelled<'a>,
    ) -> Result<Self, VideoError> {
        let size = fit(file.video()?.display, spec.long_side.max(1));
        let mut keyframes = Self {
            file,
            cancelled,
            size,
            left: spec.most.max(1),
            wanted: VecDeque::new(),
            feed: None,
            every: false,
            last: None,
            outcome: Outcome::default(),
        };
        match file.facts().duration {
            Some(duration) if duration > LONG && file.seeks() => {
                let step = duration.as_secs_f64() / keyframes.left as f64;
                keyframes.wanted = (0..keyframes.left).map(|i| i as f64 * step).collect();
            }
            duration => keyframes.feed = Some(keyframes.read_through(duration, false)?),
        }
        Ok(keyframes)
    }

    /// Result of the stream, and the first damage.
    pub fn outcome(&self) -> Outcome {
        self.outcome.clone()
    }

    /// Reads through the file: `every` frame, or intra-coded ones only.
    fn read_through(
        &self,
        duration: Option<Duration>,
        every: bool,
    ) -> Result<Feed<'a>, VideoError> {
        let step = duration.map_or(BLIND_STEP, |d| d / self.left as u32);
        let mut chain = self.file.chain(self.size, Pixels::Rgb)?;
        chain.select = Some(filter::every(step));
        // All that is drawn is needed to show one; it is small.
        let whole = every || self.file.input().drawn;
        let before: &[&str] = if whole { &[] } else { &["-skip_frame", "nokey"] };
        self.file.feed(before, &chain, self.cancelled)
    }

    /// The keyframe before a moment.
    fn seek(&self, second: f64) -> Result<Feed<'a>, VideoError> {
        let chain = self.file.chain(self.size, Pixels::Rgb)?;
        let moment = format!("{second:.3}");
        let before = ["-skip_frame", "nokey", "-noaccurate_seek", "-ss", &moment];
        let before = [&before[..], &["-copyts", "-start_at_zero"]].concat();
        self.file.feed(&before, &chain, self.cancelled)
    }

    fn pull(&mut self) -> Result<Option<Keyframe>, VideoError> {
        while self.left > 0 {
            if self.feed.is_none() {
                let Some(second) = self.wanted.pop_front() else { break };
                self.feed = Some(self.seek(second)?);
            }
            let long = self.file.facts().duration > Some(LONG) && self.file.seeks();
            let seeking = !self.wanted.is_empty() || long;
            let Some(feed) = &mut self.feed else { break };
            let next = feed.next();
            if self.outcome.damage.is_none() {
                self.outcome.damage = feed.outcome().damage;
            }
            // A moment that cannot be sought is no loss while others can.
            let next = if seeking { tolerate(next, &mut self.outcome)? } else { next? };
            if seeking || next.is_none() {
                self.feed = None;
            }
            // Cut without encoding, a video starts between two keyframes and may have none that is shown.
            if next.is_none() && !seeking && self.outcome.frames == 0 && !self.every {
                self.every = true;
                self.feed = Some(self.read_through(self.file.facts().duration, true)?);
                continue;
            }
            if let Some((at, rgb)) = next
                && self.last.is_none_or(|last| at > last)
            {
                return self.keyframe(at, rgb).map(Some);
            }
        }
        self.feed = None;
        Ok(None)
    }

    fn keyframe(&mut self, at: Duration, rgb: Vec<u8>) -> Result<Keyframe, VideoError> {
        self.left -= 1;
        self.last = Some(at);
        self.outcome.frames += 1;
        self.outcome.end = at;
        let picture = Picture::new(self.size.width, self.size.height, rgb);
        let picture = picture.map_err(|e| VideoError::Internal(e.to_string()))?;
        Ok(Keyframe { at, picture })
    }
}

type Raw = Option<(Duration, Vec<u8>)>;

fn tolerate(next: Result<Raw, VideoError>, outcome: &mut Outcome) -> Result<Raw, VideoError> {
    match next {
        Err(VideoError::Undecodable { said }) => {
            outcome.damage.get_or_insert(said);
            Ok(None)
        }
        next => next,
    }
}

impl Iterator for Keyframes<'_> {
    type Item = Result<Keyframe, VideoError>;

    /// After an error comes nothing.
    fn next(&mut self) -> Option<Self::Item> {
        let next = self.pull();
        if next.is_err() {
            self.left = 0;
        }
        next.transpose()
    }
}
