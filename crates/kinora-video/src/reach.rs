//! The true end of a video, and seeking to a span of it.
//!
//! A seek succeeded if the first frame is the one shown at that moment, or one before it. Else the video is decoded
//! from its start. Memory: two frames and the queue of the feed.

use std::time::Duration;

use kinora_types::{Size, TimeRange};

use super::{
    Cancelled, VideoError, VideoFile,
    feed::{Feed, Raw},
    filter::{Chain, Pixels},
};

/// Sought this much earlier, so that the frame before the first moment is known, also where a
/// container seeks badly.
const LEAD: Duration = Duration::from_millis(500);
/// The end is looked for by halves until it is known so well; the rest is decoded.
const NEAR: Duration = Duration::from_secs(30);
/// Frames of which nothing but the time is wanted.
const TINY: Size = Size { width: 16, height: 16 };

/// Decodes from a little before a span on, always at the same frames: first comes the one that is shown at its
/// start, unless the video begins later.
///
/// Errors: [`VideoError::BreaksOff`] where it ends before.
pub(super) fn span<'a>(
    file: &'a VideoFile,
    range: TimeRange,
    chain: &Chain,
    cancelled: Cancelled<'a>,
) -> Result<Feed<'a>, VideoError> {
    let from = range.start().saturating_sub(LEAD);
    if from.is_zero() {
        return file.feed(&[], chain, cancelled);
    }
    let mut late = false;
    // Exactly where that works; where frames lie far apart, from the keyframe before.
    for exact in [true, false].into_iter().filter(|_| file.seeks()) {
        match settle(seek(file, from, exact, chain, cancelled)?, from, range.start()) {
            Ok(Some((feed, true))) => return Ok(feed),
            Ok(found) => late |= found.is_some(),
            Err(VideoError::Undecodable { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let breaks_off = |end| Err(VideoError::BreaksOff { span: range, end });
    if file.seeks() && !late {
        let end = reach(file, cancelled)?;
        if end <= range.start() {
            return breaks_off(end);
        }
    }
    let whole = file.feed(&[], chain, cancelled)?;
    match settle(whole, from, range.start())? {
        Some((feed, _)) => Ok(feed),
        None => breaks_off(reach(file, cancelled)?),
    }
}

/// When the last frame that can be decoded ends.
pub(super) fn reach(file: &VideoFile, cancelled: Cancelled) -> Result<Duration, VideoError> {
    let mut chain = file.chain(TINY, Pixels::Yuv)?;
    chain.crop = None;
    let (mut known, mut beyond) = (Duration::ZERO, file.facts().duration.unwrap_or_default());
    while file.seeks() && beyond.saturating_sub(known) > NEAR {
        let middle = known + (beyond - known) / 2;
        let there = seek(file, middle, false, &chain, cancelled)?.next();
        match tolerate(there)? {
            Some((at, _)) if at > known => (known, beyond) = (middle, beyond.max(at)),
            // From where it was sought, or from the start: there is nothing later.
            _ => beyond = middle,
        }
    }
    let mut feed = match known {
        Duration::ZERO => file.feed(&[], &chain, cancelled)?,
        known => seek(file, known, false, &chain, cancelled)?,
    };
    while tolerate(feed.next())?.is_some() {}
    Ok(feed.outcome().end)
}

/// Exactly at a moment, or at the keyframe before it.
fn seek<'a>(
    file: &'a VideoFile,
    at: Duration,
    exact: bool,
    chain: &Chain,
    cancelled: Cancelled<'a>,
) -> Result<Feed<'a>, VideoError> {
    let moment = format!("{:.3}", at.as_secs_f64());
    let before = ["-noaccurate_seek", "-ss", &moment, "-copyts", "-start_at_zero"];
    file.feed(&before[usize::from(exact)..], chain, cancelled)
}

fn tolerate(next: Result<Option<Raw>, VideoError>) -> Result<Option<Raw>, VideoError> {
    match next {
        Err(VideoError::Undecodable { .. }) => Ok(None),
        next => next,
    }
}

/// Passes over all frames up to `from` but the last; says whether the first that is left is shown at `start`.
/// `None` if none is.
fn settle(
    mut feed: Feed<'_>,
    from: Duration,
    start: Duration,
) -> Result<Option<(Feed<'_>, bool)>, VideoError> {
    let mut before: Option<Raw> = None;
    while let Some(frame) = feed.next()? {
        if frame.0 <= from {
            before = Some(frame);
            continue;
        }
        let in_time = before.as_ref().unwrap_or(&frame).0 <= start;
        feed.give_back(before.into_iter().chain([frame]));
        return Ok(Some((feed, in_time)));
    }
    let shown = feed.outcome().end > start;
    let Some(before) = before.filter(|_| shown) else { return Ok(None) };
    feed.give_back([before]);
    Ok(Some((feed, true)))
}
