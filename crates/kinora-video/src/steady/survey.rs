//! Whether a span trembles, and what steadying it would leave.

use std::{ops::RangeInclusive, time::Duration};

use kinora_types::{Framing, Steadiness, TimeRange};

use super::{Plan, Window};
use crate::{
    Cancelled, ClipSpec, Frame, VideoError, VideoFile,
    filter::{Crop, Pixels, short_side},
    frames,
    motion::{MotionEstimator, SHAKY, Step},
    reach::span,
};
use kinora_image::frame::Warp;

/// Pixels along the shorter side of the frames that are looked at.
const SHORT_SIDE: u32 = 360;
/// A plan must leave no more than this share of the trembling.
const WORTHWHILE: f32 = 0.7;
/// Beyond the span, so much of the camera's way is known, so that it enters and leaves the span smoothly.
const AROUND: Duration = Duration::from_millis(500);

/// What a look at a span found. Cheap to keep: 64 bytes a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// What was found, and what [`VideoFile::steadied`] does.
    pub steadiness: Steadiness,
    pub(crate) plan: Option<Plan>,
}

impl Survey {
    /// Looks at the span of a clip, once or twice.
    pub(crate) fn of(
        file: &VideoFile,
        spec: &ClipSpec,
        cancelled: Cancelled,
    ) -> Result<Self, VideoError> {
        let mut estimator = MotionEstimator::fine();
        look(file, spec.range, cancelled, |frame| {
            estimator.push(&frame);
            Ok(())
        })?;
        let Some(shake) = estimator.over(shown(spec.range)).map(|motion| motion.shake) else {
            return Ok(Self::left(None, "too little in it can be followed"));
        };
        if shake < SHAKY as f32 {
            return Ok(Self { steadiness: Steadiness::Calm { shake }, plan: None });
        }
        if estimator.is_barred() {
            return Ok(Self::left(Some(shake), "there are bars at its edges"));
        }
        let Some(known) = unbroken(estimator.steps(), spec) else {
            return Ok(Self::left(Some(shake), "some of its frames have too little in common"));
        };
        let Some(plan) = Plan::new(&estimator.steps()[known], window(file, spec)?) else {
            return Ok(Self::left(Some(shake), "it moves more than a crop can hide"));
        };
        let Some(residual) = proof(file, spec, &plan, cancelled)? else {
            return Ok(Self::left(Some(shake), "what steadying leaves could not be measured"));
        };
        if residual > WORTHWHILE * shake {
            let why = format!("steadying would leave {:.0} % of it", 100.0 * residual / shake);
            return Ok(Self::left(Some(shake), &why));
        }
        let margin = plan.margin() as f32;
        let steadiness = Steadiness::Steadied { shake, residual, margin };
        Ok(Self { steadiness, plan: Some(plan) })
    }

    fn left(shake: Option<f32>, why: &str) -> Self {
        Self { steadiness: Steadiness::Left { shake, why: why.into() }, plan: None }
    }
}

/// What of the upright picture a clip shows.
pub(crate) fn window(file: &VideoFile, spec: &ClipSpec) -> Result<Window, VideoError> {
    let display = file.video()?.display;
    let crop = match spec.framing {
        Framing::Crop => Some(Crop::fill(display, spec.size, spec.focus)),
        Framing::Matte => None,
    };
    Ok(Window::new(display, crop))
}

/// Every frame of a span and a little around it, whole and small.
fn look(
    file: &VideoFile,
    range: TimeRange,
    cancelled: Cancelled,
    mut take: impl FnMut(Frame) -> Result<(), VideoError>,
) -> Result<(), VideoError> {
    let size = short_side(file.video()?.display, SHORT_SIDE);
    let mut feed = span(file, range, &file.chain(size, Pixels::Yuv)?, cancelled)?;
    while let Some((at, bytes)) = feed.next()? {
        if at > range.end() + AROUND {
            break;
        }
        take(frames::frame(at, size, bytes)?)?;
    }
    Ok(())
}

/// Trembling of the frames as the plan shows them, in widths of the whole picture.
fn proof(
    file: &VideoFile,
    spec: &ClipSpec,
    plan: &Plan,
    cancelled: Cancelled,
) -> Result<Option<f32>, VideoError> {
    let mut estimator = MotionEstimator::fine();
    let mut warp = Warp::default();
    let size = short_side(spec.size, SHORT_SIDE);
    look(file, spec.range, cancelled, |frame| {
        if let Some(image) = plan.show(&mut warp, &frame, size) {
            let image = image.map_err(|error| VideoError::Internal(error.to_string()))?;
            estimator.push(&Frame { at: frame.at, image });
        }
        Ok(())
    })?;
    let motion = estimator.over(shown(spec.range));
    Ok(motion.map(|motion| motion.shake * plan.widths() as f32))
}

/// A range that also holds the frame shown at its very end.
fn shown(range: TimeRange) -> TimeRange {
    TimeRange::between(range.start(), range.end() + Duration::from_millis(1))
}

/// The longest run of known steps that holds every frame that a clip may show; `None` if one is not known.
fn unbroken(steps: &[Step], spec: &ClipSpec) -> Option<RangeInclusive<usize>> {
    let first = steps.iter().rposition(|step| step.from <= spec.range.start()).unwrap_or(0);
    let end = steps.iter().position(|step| step.to >= spec.range.end());
    let last = end.unwrap_or(steps.len().checked_sub(1)?);
    if steps[first..=last].iter().any(|step| step.moved.is_none()) {
        return None;
    }
    let before = steps[..first].iter().rev().take_while(|step| step.moved.is_some()).count();
    let after = steps[last + 1..].iter().take_while(|step| step.moved.is_some()).count();
    Some(first - before..=last + after)
}
