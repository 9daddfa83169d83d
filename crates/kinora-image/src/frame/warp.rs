//! A frame seen through a window that is moved, turned and scaled a little, at sub-pixel precision.
//!
//! Two passes of one dimension each (Catmull and Smith 1980): every row is brought to where the output's
//! columns cross it, then every column to where the output's rows do. The kernel is that of the other views,
//! Catmull-Rom; it does not antialias, so the window must not hold many more samples than the output.
//! Memory: the rows that the window touches, 2 bytes a sample.

use kinora_types::{OddSize, Size, YuvFrame};

/// Bits of the fraction of a sample position.
const PHASE_BITS: u32 = 8;
const PHASES: usize = 1 << PHASE_BITS;
/// Fractional bits of weights, of samples between the passes, and of places.
const WEIGHT_BITS: u32 = 14;
const KEPT_BITS: u32 = 6;
const PLACE_BITS: u32 = 32;
/// Samples of repeated border; what would lie further out is the border, too.
const PAD: usize = 4;

static WEIGHTS: [[i16; 4]; PHASES] = weights();

/// Pose of an output frame in the source: the output shows at `p` from its middle what the source has at
/// `centre + scale * R(angle) p` from its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// Samples of the source, x to the right and y downwards.
    pub centre: [f64; 2],
    /// Samples of the source for one of the output.
    pub scale: f64,
    /// Radians, clockwise.
    pub angle: f64,
}

/// Keeps scratch memory between frames; one per thread.
#[derive(Default)]
pub struct Warp {
    row: Vec<u8>,
    rows: Vec<i16>,
}

impl Warp {
    /// Resamples `source` at `pose` to a frame of `size`.
    ///
    /// # Errors
    /// If a side of `size` is odd.
    pub fn frame(
        &mut self,
        source: &YuvFrame,
        pose: Pose,
        size: Size,
    ) -> Result<YuvFrame, OddSize> {
        let mut out = YuvFrame::black(size)?;
        let planes = source.planes().into_iter().zip(out.planes_mut()).zip([1, 2, 2]);
        for ((plane, out), part) in planes {
            let from = Grid::new(source.size(), part);
            let centre = pose.centre.map(|c| c / f64::from(part));
            self.plane((plane, from), Pose { centre, ..pose }, (out, Grid::new(size, part)));
        }
        Ok(out)
    }

    fn plane(&mut self, (plane, from): (&[u8], Grid), pose: Pose, (out, to): (&mut [u8], Grid)) {
        let way = Way::new(pose, from, to);
        let (first, last) = way.rows(to, from.height);
        let width = to.width;
        self.rows.resize((last + 1 - first) as usize * width, 0);
        for (v, kept) in (first..=last).zip(self.rows.chunks_exact_mut(width)) {
            let y = v.clamp(0, from.height as i64 - 1) as usize;
            bordered(&plane[y * from.width..][..from.width], &mut self.row);
            across(&self.row, way.column(v), kept);
        }
        for (y, line) in out.chunks_exact_mut(width).enumerate() {
            down(&self.rows, first, way.row(y), line);
        }
    }
}

/// A plane's sides.
#[derive(Clone, Copy)]
struct Grid {
    width: usize,
    height: usize,
}

impl Grid {
    fn new(size: Size, part: u32) -> Self {
        Self { width: (size.width / part) as usize, height: (size.height / part) as usize }
    }
}

/// A place in fixed point, and how far the next one is.
type Steps = (i64, i64);

/// The map from output indices to source indices: `u = u0 + a x - b y`, `v = v0 + b x + a y`.
struct Way {
    u0: f64,
    v0: f64,
    a: f64,
    b: f64,
}

impl Way {
    fn new(pose: Pose, from: Grid, to: Grid) -> Self {
        let (a, b) = (pose.scale * pose.angle.cos(), pose.scale * pose.angle.sin());
        let middle = |length: usize| (length as f64 - 1.0) / 2.0;
        let (x, y) = (middle(to.width), middle(to.height));
        Self {
            u0: middle(from.width) + pose.centre[0] - a * x + b * y,
            v0: middle(from.height) + pose.centre[1] - b * x - a * y,
            a,
            b,
        }
    }

    /// First and last row of the source that the output's kernels reach.
    fn rows(&self, to: Grid, height: usize) -> (i64, i64) {
        let (x, y) = (to.width as f64 - 1.0, to.height as f64 - 1.0);
        let corners = [0.0, self.b * x, self.a * y, self.b * x + self.a * y];
        let least = corners.into_iter().fold(f64::MAX, f64::min) + self.v0;
        let most = corners.into_iter().fold(f64::MIN, f64::max) + self.v0;
        let (low, high) = (-(PAD as i64), height as i64 + PAD as i64);
        let first = (least.floor() as i64 - 1).clamp(low, high);
        // One more, as places are rounded to the next phase.
        (first, (most.floor() as i64 + 3).clamp(first + 3, high + 3))
    }

    /// Where the output's columns cross the source's row `v`.
    fn column(&self, v: i64) -> Steps {
        let lean = self.b / self.a;
        let start = self.u0 - lean * (v as f64 - self.v0);
        (fixed(start), fixed(self.a + lean * self.b))
    }

    /// Where the output's row `y` lies in each column.
    fn row(&self, y: usize) -> Steps {
        (fixed(self.v0 + self.a * y as f64), fixed(self.b))
    }
}

fn fixed(place: f64) -> i64 {
    (place * (1u64 << PLACE_BITS) as f64).round() as i64
}

/// The whole sample before a place, and the weights of the four around it.
fn split(place: i64) -> (i64, &'static [i16; 4]) {
    // Rounded to the nearest phase.
    let place = place + (1 << (PLACE_BITS - PHASE_BITS - 1));
    let phase = (place >> (PLACE_BITS - PHASE_BITS)) as usize & (PHASES - 1);
    (place >> PLACE_BITS, &WEIGHTS[phase])
}

/// A row with its border repeated.
fn bordered(row: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.extend(std::iter::repeat_n(row[0], PAD));
    out.extend_from_slice(row);
    out.extend(std::iter::repeat_n(row[row.len() - 1], PAD));
}

fn across(row: &[u8], (mut place, step): Steps, out: &mut [i16]) {
    let most = (row.len() - 4) as i64;
    for kept in out {
        let (whole, weights) = split(place);
        let at = (whole + PAD as i64 - 1).clamp(0, most) as usize;
        let taps = row[at..at + 4].iter().zip(weights);
        let sum: i32 = taps.map(|(&s, &w)| i32::from(s) * i32::from(w)).sum();
        *kept = ((sum + (1 << (WEIGHT_BITS - KEPT_BITS - 1))) >> (WEIGHT_BITS - KEPT_BITS)) as i16;
        place += step;
    }
}

fn down(rows: &[i16], first: i64, (mut place, step): Steps, out: &mut [u8]) {
    let width = out.len();
    let most = (rows.len() / width) as i64 - 4;
    let round = 1 << (WEIGHT_BITS + KEPT_BITS - 1);
    for (x, sample) in out.iter_mut().enumerate() {
        let (whole, weights) = split(place);
        let at = (whole - 1 - first).clamp(0, most.max(0)) as usize * width + x;
        let tap = |i: usize| i32::from(rows[at + i * width]) * i32::from(weights[i]);
        let sum = tap(0) + tap(1) + tap(2) + tap(3);
        *sample = ((sum + round) >> (WEIGHT_BITS + KEPT_BITS)).clamp(0, 255) as u8;
        place += step;
    }
}

/// Catmull-Rom at every phase; each four add up to one exactly.
const fn weights() -> [[i16; 4]; PHASES] {
    let mut out = [[0; 4]; PHASES];
    let mut phase = 0;
    while phase < PHASES {
        let t = phase as f64 / PHASES as f64;
        let one = (1u32 << WEIGHT_BITS) as f64;
        let outer = [-t * (1.0 - t) * (1.0 - t) / 2.0 * one, -t * t * (1.0 - t) / 2.0 * one];
        let inner = (1.0 - 2.5 * t * t + 1.5 * t * t * t) * one;
        let first = (outer[0] - 0.5) as i16;
        let last = (outer[1] - 0.5) as i16;
        let second = (inner + 0.5) as i16;
        out[phase] = [first, second, (1 << WEIGHT_BITS) - first - second - last, last];
        phase += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 96, height: 64 };

    /// A smooth pattern, so that cubic interpolation is near the truth.
    fn pattern(x: f64, y: f64) -> f64 {
        128.0 + 50.0 * (x * 0.31).sin() + 40.0 * (y * 0.27 + x * 0.05).cos()
    }

    fn source() -> YuvFrame {
        let mut frame = YuvFrame::black(SIZE).unwrap();
        for (plane, part) in frame.planes_mut().into_iter().zip([1usize, 2, 2]) {
            let width = SIZE.width as usize / part;
            for (i, sample) in plane.iter_mut().enumerate() {
                let place = |n: usize| (n as f64 + 0.5) * part as f64;
                *sample = pattern(place(i % width), place(i / width)).round() as u8;
            }
        }
        frame
    }

    #[test]
    fn every_pose_shows_what_it_looks_at() {
        let out = Size { width: 64, height: 40 };
        let poses = [
            ([0.0, 0.0], 1.0, 0.0),
            ([0.3, -0.71], 1.0, 0.0),
            ([-5.25, 4.5], 0.93, 0.0),
            ([2.0, 1.0], 1.02, 0.03),
            ([0.5, 0.5], 0.9, -0.05),
        ];
        for (centre, scale, angle) in poses {
            let pose = Pose { centre, scale, angle };
            let seen = Warp::default().frame(&source(), pose, out).unwrap();
            for (plane, part) in seen.planes().into_iter().zip([1usize, 2, 2]) {
                let width = out.width as usize / part;
                let mut worst = 0.0f64;
                for (i, &sample) in plane.iter().enumerate() {
                    let place = |n: usize, length: u32| {
                        (n as f64 + 0.5) * part as f64 - f64::from(length) / 2.0
                    };
                    let (x, y) = (place(i % width, out.width), place(i / width, out.height));
                    let (sin, cos) = angle.sin_cos();
                    let u = 48.0 + centre[0] + scale * (cos * x - sin * y);
                    let v = 32.0 + centre[1] + scale * (sin * x + cos * y);
                    worst = worst.max((f64::from(sample) - pattern(u, v)).abs());
                }
                // Half a level twice, and what a cubic misses; chroma has half the samples.
                let least = if part == 1 { 1.6 } else { 4.0 };
                assert!(worst < least, "{pose:?}, part {part}: {worst}");
            }
        }
    }

    #[test]
    fn an_unmoved_view_is_the_picture_and_an_outside_one_its_border() {
        let whole = Pose { centre: [0.0; 2], scale: 1.0, angle: 0.0 };
        assert_eq!(Warp::default().frame(&source(), whole, SIZE).unwrap(), source());
        let away = Pose { centre: [-500.0, 900.0], ..whole };
        let seen = Warp::default().frame(&source(), away, SIZE).unwrap();
        let corner = source().planes()[0][63 * 96];
        assert!(seen.planes()[0].iter().all(|&sample| sample == corner));
    }
}
