//! Pass two: every frame, once, small, with its exact time.

use std::time::Duration;

use kinora_types::{Size, YuvFrame};

use super::{
    Cancelled, Outcome, VideoError, VideoFile,
    feed::Feed,
    filter::{self, Pixels, short_side},
};

/// A decoded frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When it is shown, from the start of the presentation; exact, also where the rate varies.
    pub at: Duration,
    /// Its pixels, upright; [`kinora_image::frame::to_picture`] gives RGB.
    pub image: YuvFrame,
}

/// All frames of a video in the order of time. One child runs until the last frame or the drop;
/// a handful of frames is in memory.
pub struct Frames<'a> {
    feed: Feed<'a>,
    size: Size,
}

impl<'a> Frames<'a> {
    pub(super) fn start(
        file: &'a VideoFile,
        short: u32,
        step: Option<Duration>,
        cancelled: Cancelled<'a>,
    ) -> Result<Self, VideoError> {
        let size = short_side(file.video()?.display, short.max(2));
        let mut chain = file.chain(size, Pixels::Yuv)?;
        chain.select = step.map(filter::every);
        Ok(Self { feed: file.feed(&[], &chain, cancelled)?, size })
    }

    /// Size of every frame.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Result of the stream; complete once the iterator has given `None`.
    pub fn outcome(&self) -> Outcome {
        self.feed.outcome()
    }
}

impl Iterator for Frames<'_> {
    type Item = Result<Frame, VideoError>;

    /// After an error comes nothing.
    fn next(&mut self) -> Option<Self::Item> {
        let (at, bytes) = match self.feed.next() {
            Ok(Some(raw)) => raw,
            Ok(None) => return None,
            Err(error) => return Some(Err(error)),
        };
        Some(frame(at, self.size, bytes))
    }
}

pub(super) fn frame(at: Duration, size: Size, bytes: Vec<u8>) -> Result<Frame, VideoError> {
    let image = YuvFrame::from_bytes(size, bytes);
    let image = image.ok_or_else(|| VideoError::Internal("a frame of another size".into()))?;
    Ok(Frame { at, image })
}
