//! Cuts: steps from one frame to the next that stand out and last.

use super::sketch::Recent;

/// A smaller step is none.
const LEAST: f32 = 0.18;
/// Least contrast of one of the two frames of a cut: the end of a fade is no cut.
const SHOWS: f32 = 5.0;
/// A step this large needs to stand out less.
const CLEAR: f32 = 0.55;
/// How much a step must stand out from the median of the steps around it.
const OVER_MEDIAN: f32 = 3.0;
const CLEAR_OVER_MEDIAN: f32 = 1.8;
/// Frames on either side that belong to the surroundings.
const AROUND: usize = 8;
/// A step is no cut if those two to this many frames away are nearly as large: a short dissolve. The
/// very next one may be, where an encoder or a change of rate has mixed two frames.
const SLOPE: usize = 4;
const OVER_SLOPE: f32 = 1.5;
/// Frames on either side among which no two may be alike: longer than a flash.
pub(super) const FLASH: usize = 5;
/// Two frames across a cut differ at least by this part of the step.
const LASTS: f32 = 0.55;
/// From one plain colour to another: levels of luma or chroma that the step has at least, how much it stands out
/// from those around it, and how much of it lasts.
const PLAIN_STEP: f32 = 12.0;
const PLAIN_OVER: f32 = 6.0;
const PLAIN_LASTS: f32 = 0.7;

/// Whether the frame `at` is the first of a new shot. `steps[i]` is the distance of frame `i` from
/// the one before.
pub(super) fn is_cut(recent: &Recent, steps: &[f32], at: usize) -> bool {
    let step = steps[at];
    if at == 0 || step < LEAST {
        return false;
    }
    let contrast = [at - 1, at].into_iter().filter_map(|i| recent.get(i)).map(|s| s.contrast);
    if contrast.fold(0.0, f32::max) < SHOWS {
        return is_plain_cut(recent, at);
    }
    let around = at.saturating_sub(AROUND).max(1)..(at + AROUND + 1).min(steps.len());
    let mut others: Vec<f32> = around.filter(|&i| i != at).map(|i| steps[i]).collect();
    others.sort_by(f32::total_cmp);
    let median = others.get(others.len() / 2).copied().unwrap_or(0.0);
    let needed = if step >= CLEAR { CLEAR_OVER_MEDIAN } else { OVER_MEDIAN };
    if step < needed * median {
        return false;
    }
    let near = |i: &usize| (2..=SLOPE).contains(&i.abs_diff(at));
    let slope =
        (1..steps.len()).skip(at.saturating_sub(SLOPE + 1)).take(2 * SLOPE + 1).filter(near);
    let slope = slope.map(|i| steps[i]).fold(0.0, f32::max);
    step > OVER_SLOPE * slope && lasts(recent, at, step)
}

/// Whether one plain colour gives way to another at once. A fade changes by as much in the next frame, and a flash of
/// light goes back.
fn is_plain_cut(recent: &Recent, at: usize) -> bool {
    let apart = |a: usize, b: usize| Some(recent.get(a)?.levels(recent.get(b)?));
    let Some(step) = apart(at - 1, at).filter(|step| *step >= PLAIN_STEP) else { return false };
    let Some(first) = at.checked_sub(FLASH) else { return false };
    let steps = (first + 1..at + FLASH).filter(|&i| i != at).map(|i| apart(i - 1, i));
    let mut pairs = (first..at).flat_map(|a| (at..at + FLASH).map(move |b| apart(a, b)));
    steps.into_iter().all(|other| other.is_some_and(|other| other * PLAIN_OVER <= step))
        && pairs.all(|pair| pair.is_some_and(|pair| pair >= PLAIN_LASTS * step))
}

/// Whether what comes after is unlike what was before: after a flash the old picture comes back.
fn lasts(recent: &Recent, at: usize, step: f32) -> bool {
    let after = (at..at + FLASH).filter_map(|i| recent.get(i));
    let before = || (at.saturating_sub(FLASH)..at).filter_map(|i| recent.get(i));
    let pairs = after.flat_map(|b| before().map(move |a| a.distance(b)));
    pairs.fold(f32::MAX, f32::min) >= LASTS * step.min(CLEAR)
}
