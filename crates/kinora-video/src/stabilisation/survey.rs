//! Survey of a span: its shake, and the shake that stabilising it would leave.

use std::{ops::RangeInclusive, time::Duration};

use kinora_types::{Framing, StabilisationOutcome, TimeRange};

use super::{Plan, Window};
use crate::{
    Cancelled, ClipSpec, Frame, VideoError, VideoFile,
    filter::{Crop, Pixels, short_side},
    frames,
    motion::{MotionEstimator, SHAKY, Step},
    reach::span,
};
use kinora_image::frame::Warp;

/// Pixels along the shorter side of the frames that are measured.
const SHORT_SIDE: u32 = 360;
/// Largest share of the shake that a plan may leave.
const WORTHWHILE: f32 = 0.7;
/// Time measured around the span, so that the camera path enters and leaves it smoothly.
const AROUND: Duration = Duration::from_millis(500);

/// Result of a survey; 64 bytes a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// Outcome, which [`VideoFile::stabilised`] follows.
    pub outcome: StabilisationOutcome,
    pub(crate) plan: Option<Plan>,
}

impl Survey {
    /// Surveys the span of a clip in one or two passes.
    pub(crate) fn of(
        file: &VideoFile,
        spec: &ClipSpec,
        cancelled: Cancelled,
    ) -> Result<Self, VideoError> {
        let mut estimator = MotionEstimator::fine();
        decode_around(file, spec.range, cancelled, |frame| {
            estimator.push(&frame);
            Ok(())
        })?;
        let Some(shake) = estimator.over(shown(spec.range)).map(|motion| motion.shake) else {
            return Ok(Self::left(None, "too little in it can be followed"));
        };
        if shake < SHAKY as f32 {
            return Ok(Self { outcome: StabilisationOutcome::Calm { shake }, plan: None });
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
        let Some(residual) = residual_shake(file, spec, &plan, cancelled)? else {
            return Ok(Self::left(
                Some(shake),
                "the shake that stabilising leaves could not be measured",
            ));
        };
        if residual > WORTHWHILE * shake {
            let why = format!("stabilising would leave {:.0} % of it", 100.0 * residual / shake);
            return Ok(Self::left(Some(shake), &why));
        }
        let margin = plan.margin() as f32;
        let outcome = StabilisationOutcome::Stabilised { shake, residual, margin };
        Ok(Self { outcome, plan: Some(plan) })
    }

    fn left(shake: Option<f32>, why: &str) -> Self {
        Self { outcome: StabilisationOutcome::Left { shake, why: why.into() }, plan: None }
    }
}

/// Part of the upright picture that a clip shows.
pub(crate) fn window(file: &VideoFile, spec: &ClipSpec) -> Result<Window, VideoError> {
    let display = file.video()?.display;
    let crop = match spec.framing {
        Framing::Crop => Some(Crop::fill(display, spec.size, spec.focus)),
        Framing::Matte => None,
    };
    Ok(Window::new(display, crop))
}

/// Decodes every frame of a span and around it, uncropped and at low resolution.
fn decode_around(
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

/// Shake of the frames as the plan shows them, in widths of the whole picture.
fn residual_shake(
    file: &VideoFile,
    spec: &ClipSpec,
    plan: &Plan,
    cancelled: Cancelled,
) -> Result<Option<f32>, VideoError> {
    let mut estimator = MotionEstimator::fine();
    let mut warp = Warp::default();
    let size = short_side(spec.size, SHORT_SIDE);
    decode_around(file, spec.range, cancelled, |frame| {
        if let Some(image) = plan.show(&mut warp, &frame, size) {
            let image = image.map_err(|error| VideoError::Internal(error.to_string()))?;
            estimator.push(&Frame { at: frame.at, image });
        }
        Ok(())
    })?;
    let motion = estimator.over(shown(spec.range));
    Ok(motion.map(|motion| motion.shake * plan.widths() as f32))
}

/// The range extended to hold the frame shown at its very end.
fn shown(range: TimeRange) -> TimeRange {
    TimeRange::between(range.start(), range.end() + Duration::from_millis(1))
}

/// The longest run of known steps that covers every frame of a clip; `None` if one is unknown.
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
