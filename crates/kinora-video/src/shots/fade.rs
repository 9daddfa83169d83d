//! Fades: dips in contrast, down to a plain picture or close to it.

use super::sketch::Recent;

/// Contrast below which a frame shows nothing.
pub(super) const PLAIN: f32 = 3.5;
/// Frames on either side in which the pictures around a dip are looked for.
pub(super) const REACH: usize = 36;
/// A dip is at most this part of the contrast on either side.
const DEEP: f32 = 0.42;
/// Pictures around a dip that are this much alike are one shot, dimmed and lit again.
const ALIKE: f32 = 0.85;
/// A plain stretch of fewer frames is a flash, unless it is faded into or out of.
const FLASH: usize = 5;
/// The least change of contrast from frame to frame that is a ramp.
const RAMP: f32 = 0.15;

/// Frames between the last full one and the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fade {
    pub from: usize,
    pub to: usize,
}

/// Whether the frame `at` is the bottom of a dip that does not reach down to a plain picture.
pub(super) fn dip(recent: &Recent, contrast: &[f32], at: usize) -> bool {
    let Some(bottom) = recent.get(at).map(|s| s.contrast) else { return false };
    let fade = widen(contrast, (at, at));
    let (Some(before), Some(after)) = (recent.get(fade.from), recent.get(fade.to)) else {
        return false;
    };
    if fade.to - fade.from <= FLASH {
        return false;
    }
    let window = at.saturating_sub(REACH)..at + REACH;
    let lowest = window.filter_map(|i| Some((i, recent.get(i)?.contrast)));
    let lowest = lowest.min_by(|a, b| a.1.total_cmp(&b.1)).is_some_and(|(i, _)| i == at);
    lowest
        && bottom >= PLAIN
        && bottom < DEEP * before.contrast.min(after.contrast)
        && before.correlation(after) < ALIKE
}

/// Widens a stretch of frames to the ramps on both sides of it, by the contrast of all frames.
pub(super) fn widen(contrast: &[f32], (first, last): (usize, usize)) -> Fade {
    let (mut from, mut to) = (first, last);
    while from > 0 && first - from < 2 * REACH && contrast[from - 1] > contrast[from] + RAMP {
        from -= 1;
    }
    while to + 1 < contrast.len() && to - last < 2 * REACH && contrast[to + 1] > contrast[to] + RAMP
    {
        to += 1;
    }
    Fade { from: from.min(first.saturating_sub(1)), to: (to).max(last + 1) }
}

/// Fades through plain pictures. Those at the very start and end of a film join nothing. A stretch
/// that is neither ramped nor long counts only if a cut stands beside it. Where one plain colour is cut to another,
/// colours are what is shown.
pub(super) fn through_plain(contrast: &[f32], cuts: &[usize]) -> Vec<Fade> {
    let (mut fades, mut at) = (Vec::new(), 0);
    while at < contrast.len() {
        let length = contrast[at..].iter().take_while(|&&c| c < PLAIN).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let (first, last) = (at, at + length - 1);
        at += length;
        let colours = cuts.iter().any(|&cut| cut > first && cut <= last);
        if first == 0 || at == contrast.len() || colours {
            continue;
        }
        let fade = widen(contrast, (first, last));
        let ramped = first - fade.from > 3 || fade.to - last > 3;
        let cut = cuts.iter().any(|&cut| cut >= first && cut <= last + 1);
        if ramped || cut || length > FLASH {
            fades.push(fade);
        }
    }
    fades
}
