//! Feature tracking from one frame to the next: corners by their structure tensor (Shi and Tomasi 1994), followed by
//! Lucas and Kanade's method (1981) on a pyramid.

use super::{
    fit::{StructureTensor, Vector},
    plane::{Luma, Part, Pyramid},
};

/// Side in samples of the square cells in each of which one feature is followed.
pub(super) const CELL: usize = 8;
/// Samples compared on either side of a feature.
const REACH: usize = 3;
const WINDOW: usize = 2 * REACH + 1;
const AREA: usize = WINDOW * WINDOW;
/// Least mean squared gradient of a feature in every direction (smaller eigenvalue), in levels a sample: an edge
/// alone can slip along itself.
const CLEAR_GRADIENT: f32 = 1.0;
/// In dark pictures that least is this share of the variance.
const DARK_GRADIENT: f32 = 0.02;
/// Quantisation alone makes gradients of this size.
const LEAST_GRADIENT: f32 = 0.15;
/// Largest eigenvalue that counts. The error of a feature falls with its gradients (Shi and Tomasi 1994), so faint
/// features count less; above this, one logo would outvote the scene behind it.
const CERTAIN: f32 = 25.0;
/// Most Lucas-Kanade iterations on each level.
const STEPS: usize = 6;
/// Step in samples that ends the iterations, on the whole and on the half level; the half level only gives the start
/// for the whole one.
const SETTLED: [f32; 2] = [0.006, 0.1];
/// Largest mean squared difference of a match, as a share of the patch's variance.
const LARGEST_DIFFERENCE: f32 = 0.25;
/// Difference in levels that always matches, as sensors make as much noise.
const GRAIN: f32 = 1.5;
/// A feature that leaves its start by more samples than this on one level is lost.
const LOST: f32 = 5.0;
/// Reach of the coarse search, as a share of the sides.
const COARSE: f32 = 0.22;

/// Brings the brightness of the second frame to that of the first, so that a fade is no motion.
#[derive(Clone, Copy)]
pub(super) struct Exposure {
    gain: f32,
    offset: f32,
}

impl Exposure {
    /// `None` if one frame has no contrast, or their contrasts differ by more than a factor of two.
    pub(super) fn between(first: &Pyramid, second: &Pyramid) -> Option<Self> {
        let ((mean_a, spread_a), (mean_b, spread_b)) = (first.spread, second.spread);
        if spread_a < 1.0 || spread_b < 1.0 {
            return None;
        }
        let gain = spread_a / spread_b;
        (0.5..2.0).contains(&gain).then_some(Self { gain, offset: mean_a - gain * mean_b })
    }
}

/// A feature that could be followed, and its cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tracked {
    pub cell: [usize; 2],
    pub vector: Vector,
}

/// All features of a pair of frames.
pub(super) struct Tracks {
    pub found: Vec<Tracked>,
    /// Cells that have a feature to follow.
    pub textured: usize,
    /// Shift of the whole picture in samples, roughly.
    pub coarse: [f32; 2],
}

/// Follows a feature in every cell of `part` that has one.
pub(super) fn follow(first: &Pyramid, second: &Pyramid, part: Part, light: Exposure) -> Tracks {
    let coarse = coarse_shift(first, second, part, light);
    let plane = &first.levels[0];
    let middle = first.frame.map(|length| (length - 1.0) / 2.0);
    let least = (DARK_GRADIENT * first.spread.1.powi(2)).clamp(LEAST_GRADIENT, CLEAR_GRADIENT);
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
            let Some((feature, tensor)) = corner(plane, area, least) else { continue };
            textured += 1;
            let Some(flow) = seek(first, second, feature, coarse, light) else { continue };
            let at = [feature[0] as f32 - middle[0], feature[1] as f32 - middle[1]];
            let vector = Vector { at, flow, tensor: tensor.at_most(CERTAIN) };
            found.push(Tracked { cell: [left / CELL, top / CELL], vector });
        }
    }
    Tracks { found, textured, coarse }
}

/// The best feature of a cell, of four candidates: the one with the largest smaller eigenvalue (Shi and Tomasi 1994).
fn corner(plane: &Luma, area: Part, least: f32) -> Option<([usize; 2], StructureTensor)> {
    let mut best = (least, None);
    for y in (area.top + 1..area.bottom).step_by(CELL / 2) {
        for x in (area.left + 1..area.right).step_by(CELL / 2) {
            let tensor = structure_tensor(plane, x, y);
            if tensor.least > best.0 {
                best = (tensor.least, Some(([x, y], tensor)));
            }
        }
    }
    best.1
}

/// The structure tensor, as a mean over the window.
fn structure_tensor(plane: &Luma, x: usize, y: usize) -> StructureTensor {
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
    StructureTensor::new([xx, xy, yy].map(|sum| sum / AREA as f32))
}

/// Displacement of a feature: on the half level from the coarse shift, then on the whole level.
fn seek(
    first: &Pyramid,
    second: &Pyramid,
    feature: [usize; 2],
    coarse: [f32; 2],
    light: Exposure,
) -> Option<[f32; 2]> {
    let mut flow = coarse;
    for level in [1, 0] {
        let scale = 1.0 / (1 << level) as f32;
        // Samples stand at the middle of what they are the mean of.
        let at = feature.map(|p| (p as f32 + 0.5) * scale - 0.5);
        let Some(patch) = Patch::new(&first.levels[level], at) else {
            if level > 0 {
                continue;
            }
            return None;
        };
        let start = flow.map(|f| f * scale);
        let plane = &second.levels[level];
        let (end, difference) = patch.find(plane, start, light, SETTLED[level])?;
        if level == 0 && difference > (LARGEST_DIFFERENCE * patch.variance).max(GRAIN * GRAIN) {
            return None;
        }
        flow = end.map(|f| f / scale);
    }
    Some(flow)
}

/// What is around a feature, ready to be looked for.
struct Patch {
    at: [f32; 2],
    samples: [f32; AREA],
    gradients: [[f32; 2]; AREA],
    /// Inverse of the structure tensor: xx, xy, yy.
    inverse: [f32; 3],
    variance: f32,
}

impl Patch {
    fn new(plane: &Luma, at: [f32; 2]) -> Option<Self> {
        const WIDE: usize = WINDOW + 2;
        let mut around = [0.0; WIDE * WIDE];
        window::<WIDE>(plane, at, &mut around)?;
        let (mut samples, mut gradients) = ([0.0; AREA], [[0.0; 2]; AREA]);
        for y in 0..WINDOW {
            for x in 0..WINDOW {
                let i = (y + 1) * WIDE + x + 1;
                samples[y * WINDOW + x] = around[i];
                gradients[y * WINDOW + x] = [
                    (around[i + 1] - around[i - 1]) / 2.0,
                    (around[i + WIDE] - around[i - WIDE]) / 2.0,
                ];
            }
        }
        let mean = samples.iter().sum::<f32>() / AREA as f32;
        let variance = samples.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / AREA as f32;
        let mean_gradient =
            [0, 1].map(|c| gradients.iter().map(|s| s[c]).sum::<f32>() / AREA as f32);
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for gradient in &mut gradients {
            // Without their mean, a change of brightness causes no shift.
            *gradient = [gradient[0] - mean_gradient[0], gradient[1] - mean_gradient[1]];
            xx += gradient[0] * gradient[0];
            xy += gradient[0] * gradient[1];
            yy += gradient[1] * gradient[1];
        }
        let determinant = xx * yy - xy * xy;
        let inverse = [yy / determinant, -xy / determinant, xx / determinant];
        (determinant > 1.0).then_some(Self { at, samples, gradients, inverse, variance })
    }

    /// The shift at which the plane matches the patch, and the mean squared difference there.
    fn find(
        &self,
        plane: &Luma,
        start: [f32; 2],
        light: Exposure,
        settled: f32,
    ) -> Option<([f32; 2], f32)> {
        let (mut shift, mut seen, mut difference) = (start, [0.0; AREA], f32::MAX);
        for _ in 0..STEPS {
            window::<WINDOW>(plane, [self.at[0] + shift[0], self.at[1] + shift[1]], &mut seen)?;
            let (mut x, mut y, mut sum, mut squares) = (0.0, 0.0, 0.0, 0.0);
            for ((seen, own), gradient) in seen.iter().zip(&self.samples).zip(&self.gradients) {
                let error = seen * light.gain + light.offset - own;
                sum += error;
                squares += error * error;
                x += gradient[0] * error;
                y += gradient[1] * error;
            }
            difference = squares / AREA as f32 - (sum / AREA as f32).powi(2);
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
        Some((shift, difference))
    }
}

/// `SIDE` x `SIDE` samples around a position between samples (bilinear); none if they leave the plane.
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
            // Of equals the nearest, so that a picture without texture has not moved.
            let penalty = 1.0 + 0.004 * (dx as f32).hypot(dy as f32);
            let difference =
                difference(a, b, part, (dx, dy), light) * penalty + 0.02 * (penalty - 1.0);
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
