//! A frame's light at three sizes.

use kinora_types::YuvFrame;

/// Samples along the longer side of the largest plane, at most, unless more are asked for.
pub(super) const LONG_SIDE: usize = 160;
/// Rows and columns at an edge that are darker than this and vary less than that are no picture.
const BAR_LIGHT: f32 = 34.0;
const BAR_SPREAD: f32 = 5.0;

/// One plane of luma.
#[derive(Clone, Debug, Default)]
pub(super) struct Luma {
    pub width: usize,
    pub height: usize,
    pub samples: Vec<f32>,
}

impl Luma {
    /// Means over squares of `side` samples; what is left over on the right and below is dropped.
    fn boxed(plane: &[u8], (width, height): (usize, usize), side: usize) -> Self {
        let (across, down) = ((width / side).max(1), (height / side).max(1));
        let mut samples = Vec::with_capacity(across * down);
        let share = 1.0 / (side.min(width) * side.min(height)) as f32;
        let mut sums = vec![0u16; width];
        for band in plane.chunks(width * side).take(down) {
            sums.fill(0);
            for row in band.chunks_exact(width) {
                for (sum, &sample) in sums.iter_mut().zip(row) {
                    *sum += u16::from(sample);
                }
            }
            let squares = sums.chunks(side).take(across);
            samples.extend(
                squares.map(|s| s.iter().map(|&v| u32::from(v)).sum::<u32>() as f32 * share),
            );
        }
        Self { width: across, height: down, samples }
    }

    /// Binomially smoothed, borders repeated. Interpolation between samples blurs, and a sharp plane is matched
    /// best where it is blurred most: a tenth of a sample would be found as an eighth.
    fn softened(&self) -> Self {
        let (width, height) = (self.width, self.height);
        let mut across = Vec::with_capacity(self.samples.len());
        for row in self.samples.chunks_exact(width) {
            let last = width - 1;
            let at = |x: usize| (row[x.max(1) - 1] + 2.0 * row[x] + row[(x + 1).min(last)]) / 4.0;
            across.extend((0..width).map(at));
        }
        let mut samples = Vec::with_capacity(across.len());
        let row = |y: usize| &across[y * width..][..width];
        for y in 0..height {
            let rows = row(y.max(1) - 1).iter().zip(row(y)).zip(row((y + 1).min(height - 1)));
            samples.extend(rows.map(|((above, own), below)| (above + 2.0 * own + below) / 4.0));
        }
        Self { width, height, samples }
    }

    fn halved(&self) -> Self {
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let mut samples = Vec::with_capacity(width * height);
        let right = 1.min(self.width - 1);
        for y in 0..height {
            let top = &self.samples[y * 2 * self.width..];
            let below = &self.samples[(y * 2 + 1).min(self.height - 1) * self.width..];
            let mean = |x: usize| (top[x] + top[x + right] + below[x] + below[x + right]) / 4.0;
            samples.extend((0..width).map(|x| mean(x * 2)));
        }
        Self { width, height, samples }
    }

    /// Mean and standard deviation.
    pub(super) fn spread(&self) -> (f32, f32) {
        let count = self.samples.len() as f32;
        let mean = self.samples.iter().sum::<f32>() / count;
        let variance = self.samples.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / count;
        (mean, variance.sqrt())
    }
}

/// A part of a plane: first and one-past-last column and row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub left: usize,
    pub right: usize,
    pub top: usize,
    pub bottom: usize,
}

impl Part {
    /// Whether the edges of both are the same but for a sample: one that lies across an edge is now dark, now not.
    pub(super) fn is_near(self, other: Self) -> bool {
        let edges = |part: Self| [part.left, part.right, part.top, part.bottom];
        edges(self).into_iter().zip(edges(other)).all(|(a, b)| a.abs_diff(b) <= 1)
    }
}

/// A frame at whole, half and quarter size.
#[derive(Clone, Debug, Default)]
pub(super) struct Pyramid {
    pub levels: [Luma; 3],
    /// Width and height of the frame in samples of the first level; not whole where some were dropped.
    pub frame: [f32; 2],
    /// Mean and standard deviation of the light.
    pub spread: (f32, f32),
}

impl Pyramid {
    pub(super) fn new(frame: &YuvFrame, long_side: usize) -> Self {
        let (width, height) = (frame.size().width as usize, frame.size().height as usize);
        let side = width.max(height).div_ceil(long_side);
        let whole = Luma::boxed(frame.planes()[0], (width, height), side);
        let half = whole.halved();
        let whole = whole.softened();
        let quarter = half.halved();
        let spread = half.spread();
        let frame = [width, height].map(|length| length as f32 / side as f32);
        Self { levels: [whole, half, quarter], frame, spread }
    }

    /// Whether a part is all of the first level.
    pub(super) fn is_whole(&self, part: Part) -> bool {
        let Luma { width, height, .. } = self.levels[0];
        part == Part { left: 0, right: width, top: 0, bottom: height }
    }

    /// The first level without dark bars at its edges.
    pub(super) fn picture(&self) -> Part {
        let plane = &self.levels[0];
        let row = |y: usize| is_bar(&plane.samples[y * plane.width..][..plane.width]);
        let column = |x: usize| {
            let samples: Vec<f32> =
                plane.samples.iter().skip(x).step_by(plane.width).copied().collect();
            is_bar(&samples)
        };
        let inside = |length: usize, bar: &dyn Fn(usize) -> bool| {
            let first = (0..length / 2).find(|&i| !bar(i)).unwrap_or(length / 2);
            let last = (length / 2..length).rev().find(|&i| !bar(i)).unwrap_or(length / 2);
            (first, last + 1)
        };
        let ((top, bottom), (left, right)) =
            (inside(plane.height, &row), inside(plane.width, &column));
        Part { left, right, top, bottom }
    }
}

fn is_bar(samples: &[f32]) -> bool {
    let (least, most) =
        samples.iter().fold((f32::MAX, f32::MIN), |(a, b), &v| (a.min(v), b.max(v)));
    most < BAR_LIGHT && most - least < BAR_SPREAD
}
