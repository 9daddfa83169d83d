//! Following places from one frame to the next.

use super::{
    fit::{Hold, Vector},
    plane::{Luma, Part, Pyramid},
};

/// One place is followed in every square of so many samples.
pub(super) const CELL: usize = 8;
/// Samples around a place that are compared, on either side.
const REACH: usize = 3;
const WINDOW: usize = 2 * REACH + 1;
const AREA: usize = WINDOW * WINDOW;
/// A place needs a mean squared slope of this much in every direction, in levels a sample, as an edge can
/// slip along itself; in the dark this share of the picture's variance, but never less than quantisation makes.
const CLEAR_SLOPE: f32 = 1.0;
const DARK_SLOPE: f32 = 0.02;
const LEAST_SLOPE: f32 = 0.15;
/// A place's error falls with its slopes (Shi and Tomasi 1994): faint places count less, as codecs leave them where
/// they were. From here on it does not: a logo shall not outvote the world behind it.
const CERTAIN: f32 = 25.0;
/// Steps of the search on each plane, and the step that ends it on the whole and on the half plane, in samples:
/// the latter only says where to begin on the former.
const STEPS: usize = 6;
const SETTLED: [f32; 2] = [0.006, 0.1];
/// What is found differs from what was looked for by at most this share of its own variance, or these
/// levels: sensors make as much.
const UNLIKE: f32 = 0.25;
const GRAIN: f32 = 1.5;
/// A place that moves off the expected way by more than this on one plane was lost.
const LOST: f32 = 5.0;
/// The coarse search reaches over this share of the sides.
const COARSE: f32 = 0.22;

/// Brings the light of the second frame to that of the first: a fade is no motion.
#[derive(Clone, Copy)]
pub(super) struct Exposure {
    gain: f32,
    offset: f32,
}

impl Exposure {
    /// None if one of them shows nothing, or they are too unlike.
    pub fn between(first: &Pyramid, second: &Pyramid) -> Option<Self> {
        let ((mean_a, spread_a), (mean_b, spread_b)) = (first.spread, second.spread);
        if spread_a < 1.0 || spread_b < 1.0 {
            return None;
        }
        let gain = spread_a / spread_b;
        (0.5..2.0).contains(&gain).then_some(Self { gain, offset: mean_a - gain * mean_b })
    }
}

/// A cell whose place could be followed, and where the place went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tracked {
    pub cell: [usize; 2],
    pub vector: Vector,
}

/// What came of all cells.
pub(super) struct Tracks {
    pub found: Vec<Tracked>,
    /// Cells that have something to follow.
    pub textured: usize,
    /// Shift of the whole picture in samples, roughly.
    pub coarse: [f32; 2],
}

/// Follows a place in every cell of `part` that has one.
pub(super) fn follow(first: &Pyramid, second: &Pyramid, part: Part, light: Exposure) -> Tracks {
    let coarse = coarse_shift(first, second, part, light);
    let plane = &first.levels[0];
    let middle = first.frame.map(|length| (length - 1.0) / 2.0);
    let least = (DARK_SLOPE * first.spread.1.powi(2)).clamp(LEAST_SLOPE, CLEAR_SLOPE);
    let margin = REACH + 1;
    let (mut found, mut textured) = (Vec::new(), 0);
    for top in (part.top + margin..(part.bottom.saturating_sub(margin)).max(1)).step_by(CELL) {
        for left in (part.left + margin..(part.right.saturating_sub(margin)).max(1)).step_by(CELL) {
            let area = Part {
                left,
                right: (left + CELL).min(part.right - margin),
                top,
                bottom: (top + CELL).min(part.bottom - margin),
            };
            let Some((place, hold)) = corner(plane, area, least) else { continue };
            textured += 1;
            let Some(flow) = seek(first, second, place, coarse, light) else { continue };
            let at = [place[0] as f32 - middle[0], place[1] as f32 - middle[1]];
            let vector = Vector { at, flow, hold: hold.at_most(CERTAIN) };
            found.push(Tracked { cell: [left / CELL, top / CELL], vector });
        }
    }
    Tracks { found, textured, coarse }
}

/// The place of a cell that can be held best (Shi and Tomasi 1994), of four.
fn corner(plane: &Luma, area: Part, least: f32) -> Option<([usize; 2], Hold)> {
    let mut best = (least, None);
    for y in (area.top + 1..area.bottom).step_by(CELL / 2) {
        for x in (area.left + 1..area.right).step_by(CELL / 2) {
            let hold = hold(plane, x, y);
            if hold.least > best.0 {
                best = (hold.least, Some(([x, y], hold)));
            }
        }
    }
    best.1
}

/// The structure tensor, as a mean over the window.
fn hold(plane: &Luma, x: usize, y: usize) -> Hold {
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for row in y - REACH..=y + REACH {
        let line = &plane.samples[row * plane.width..][x - REACH - 1..=x + REACH + 1];
        let above = &plane.samples[(row - 1) * plane.width..][x - REACH..=x + REACH];
        let below = &plane.samples[(row + 1) * plane.width..][x - REACH..=x + REACH];
        for (i, (a, b)) in above.iter().zip(below).enumerate() {
            let (gx, gy) = ((line[i + 2] - line[i]) / 2.0, (b - a) / 2.0);
            xx += gx * gx;
            xy += gx * gy;
            yy += gy * gy;
        }
    }
    Hold::new([xx, xy, yy].map(|sum| sum / AREA as f32))
}

/// Where a place went: on the half plane from the coarse shift, then on the whole one.
fn seek(
    first: &Pyramid,
    second: &Pyramid,
    place: [usize; 2],
    coarse: [f32; 2],
    light: Exposure,
) -> Option<[f32; 2]> {
    let mut flow = coarse;
    for level in [1, 0] {
        let scale = 1.0 / (1 << level) as f32;
        // Samples stand at the middle of what they are the mean of.
        let at = place.map(|p| (p as f32 + 0.5) * scale - 0.5);
        let Some(patch) = Patch::new(&first.levels[level], at) else {
            if level > 0 {
                continue;
            }
            return None;
        };
        let start = flow.map(|f| f * scale);
        let plane = &second.levels[level];
        let (end, unlike) = patch.find(plane, start, light, SETTLED[level])?;
        if level == 0 && unlike > (UNLIKE * patch.variance).max(GRAIN * GRAIN) {
            return None;
        }
        flow = end.map(|f| f / scale);
    }
    Some(flow)
}

/// What is around a place, ready to be looked for.
struct Patch {
    at: [f32; 2],
    samples: [f32; AREA],
    slopes: [[f32; 2]; AREA],
    /// Inverse of the structure tensor: xx, xy, yy.
    inverse: [f32; 3],
    variance: f32,
}

impl Patch {
    fn new(plane: &Luma, at: [f32; 2]) -> Option<Self> {
        const WIDE: usize = WINDOW + 2;
        let mut around = [0.0; WIDE * WIDE];
        window::<WIDE>(plane, at, &mut around)?;
        let (mut samples, mut slopes) = ([0.0; AREA], [[0.0; 2]; AREA]);
        for y in 0..WINDOW {
            for x in 0..WINDOW {
                let i = (y + 1) * WIDE + x + 1;
                samples[y * WINDOW + x] = around[i];
                slopes[y * WINDOW + x] = [
                    (around[i + 1] - around[i - 1]) / 2.0,
                    (around[i + WIDE] - around[i - WIDE]) / 2.0,
                ];
            }
        }
        let mean = samples.iter().sum::<f32>() / AREA as f32;
        let variance = samples.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / AREA as f32;
        let lean = [0, 1].map(|c| slopes.iter().map(|s| s[c]).sum::<f32>() / AREA as f32);
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for slope in &mut slopes {
            // Without its mean, a change of brightness pulls nowhere.
            *slope = [slope[0] - lean[0], slope[1] - lean[1]];
            xx += slope[0] * slope[0];
            xy += slope[0] * slope[1];
            yy += slope[1] * slope[1];
        }
        let determinant = xx * yy - xy * xy;
        let inverse = [yy / determinant, -xy / determinant, xx / determinant];
        (determinant > 1.0).then_some(Self { at, samples, slopes, inverse, variance })
    }

    /// The shift at which the plane shows the same, and the mean squared difference there.
    fn find(
        &self,
        plane: &Luma,
        start: [f32; 2],
        light: Exposure,
        settled: f32,
    ) -> Option<([f32; 2], f32)> {
        let (mut shift, mut seen, mut unlike) = (start, [0.0; AREA], f32::MAX);
        for _ in 0..STEPS {
            window::<WINDOW>(plane, [self.at[0] + shift[0], self.at[1] + shift[1]], &mut seen)?;
            let (mut x, mut y, mut sum, mut squares) = (0.0, 0.0, 0.0, 0.0);
            for ((seen, own), slope) in seen.iter().zip(&self.samples).zip(&self.slopes) {
                let error = seen * light.gain + light.offset - own;
                sum += error;
                squares += error * error;
                x += slope[0] * error;
                y += slope[1] * error;
            }
            unlike = squares / AREA as f32 - (sum / AREA as f32).powi(2);
            let [xx, xy, yy] = self.inverse;
            let step = [xx * x + xy * y, xy * x + yy * y];
            shift = [shift[0] - step[0], shift[1] - step[1]];
            let gone = (shift[0] - start[0]).hypot(shift[1] - start[1]);
            if gone.is_nan() || gone > LOST {
                return None;
            }
            if step[0].hypot(step[1]) < settled {
                break;
            }
        }
        Some((shift, unlike))
    }
}

/// `SIDE` x `SIDE` samples around a place between samples (bilinear); none if they leave the plane.
fn window<const SIDE: usize>(plane: &Luma, at: [f32; 2], out: &mut [f32]) -> Option<()> {
    let corner = at.map(|c| c - (SIDE / 2) as f32);
    let fits = |from: f32, length: usize| from >= 0.0 && (from as usize) + SIDE < length;
    if !fits(corner[0], plane.width) || !fits(corner[1], plane.height) {
        return None;
    }
    let [x, y] = corner.map(|c| c as usize);
    let (fx, fy) = (corner[0] - x as f32, corner[1] - y as f32);
    let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
    for (row, out) in out.chunks_exact_mut(SIDE).enumerate() {
        let top = &plane.samples[(y + row) * plane.width + x..][..SIDE + 1];
        let below = &plane.samples[(y + row + 1) * plane.width + x..][..SIDE + 1];
        for (i, out) in out.iter_mut().enumerate() {
            *out = top[i] * weights[0]
                + top[i + 1] * weights[1]
                + below[i] * weights[2]
                + below[i + 1] * weights[3];
        }
    }
    Some(())
}

/// The whole-sample shift of the quarter plane that leaves the least difference, in samples of the
/// whole plane.
fn coarse_shift(first: &Pyramid, second: &Pyramid, part: Part, light: Exposure) -> [f32; 2] {
    let (a, b) = (&first.levels[2], &second.levels[2]);
    let part = Part {
        left: part.left.div_ceil(4),
        right: (part.right / 4).min(a.width),
        top: part.top.div_ceil(4),
        bottom: (part.bottom / 4).min(a.height),
    };
    let reach = |low: usize, high: usize| (high.saturating_sub(low) as f32 * COARSE) as i64;
    let (across, down) = (reach(part.left, part.right), reach(part.top, part.bottom));
    let mut best = (f32::MAX, [0.0; 2]);
    for dy in -down..=down {
        for dx in -across..=across {
            // Of equals the nearest: a plain picture has not moved.
            let way = 1.0 + 0.004 * (dx as f32).hypot(dy as f32);
            let difference = difference(a, b, part, (dx, dy), light) * way + 0.02 * (way - 1.0);
            if difference < best.0 {
                best = (difference, [dx as f32 * 4.0, dy as f32 * 4.0]);
            }
        }
    }
    best.1
}

/// Mean absolute difference where both overlap.
fn difference(a: &Luma, b: &Luma, part: Part, (dx, dy): (i64, i64), light: Exposure) -> f32 {
    let span = |low: usize, high: usize, shift: i64| {
        let (low, high) = (low as i64, high as i64);
        (low.max(low - shift), high.min(high - shift))
    };
    let ((left, right), (top, bottom)) =
        (span(part.left, part.right, dx), span(part.top, part.bottom, dy));
    let (mut sum, count) = (0.0, (right - left).max(0) * (bottom - top).max(0));
    for y in top..bottom {
        let ours = &a.samples[y as usize * a.width..][left as usize..right as usize];
        let theirs = &b.samples[(y + dy) as usize * b.width..];
        let theirs = &theirs[(left + dx) as usize..(right + dx) as usize];
        let pairs = ours.iter().zip(theirs);
        sum += pairs.map(|(a, b)| (b * light.gain + light.offset - a).abs()).sum::<f32>();
    }
    sum / count.max(1) as f32
}
