//! Coarse descriptors of frames, for the detection of shot boundaries.

use std::collections::VecDeque;

use kinora_types::YuvFrame;

/// Cells across and down, whatever the shape of the frame.
pub(super) const ACROSS: usize = 32;
pub(super) const DOWN: usize = 18;
/// Joint histogram: 16 levels of luma, 8 of either chroma.
const BINS: usize = 1024;
/// Sketches that are remembered.
pub(super) const KEPT: usize = 160;
/// A mean difference of luma beyond this says no more than this does.
const FULL_STEP: f32 = 48.0;

/// Descriptor of a frame.
pub(super) struct Sketch {
    /// Mean luma of each cell, row by row, then both chromas.
    pub cells: [Vec<f32>; 3],
    histogram: Vec<f32>,
    /// Mean of the luma.
    pub mean: f32,
    /// Standard deviation of the luma over the cells.
    pub contrast: f32,
}

impl Sketch {
    pub(super) fn new(frame: &YuvFrame) -> Self {
        let (width, height) = (frame.size().width as usize, frame.size().height as usize);
        let [y, u, v] = frame.planes();
        let cells = [
            cells(y, width, height),
            cells(u, width / 2, height / 2),
            cells(v, width / 2, height / 2),
        ];
        let count = (ACROSS * DOWN) as f32;
        let mean = cells[0].iter().sum::<f32>() / count;
        let variance = cells[0].iter().map(|c| (c - mean).powi(2)).sum::<f32>() / count;
        let histogram = histogram([y, u, v], width);
        Self { cells, histogram, mean, contrast: variance.sqrt() }
    }

    /// 0: the same; 1: nothing in common. Small moves of the camera count for little.
    pub(super) fn distance(&self, other: &Self) -> f32 {
        let shared: f32 = self.histogram.iter().zip(&other.histogram).map(|(a, b)| a.min(*b)).sum();
        let step = self.moved_difference(other) / FULL_STEP;
        0.5 * step.min(1.0) + 0.5 * (1.0 - shared)
    }

    /// Mean difference in levels, of luma or of a chroma, whichever is greater.
    pub(super) fn levels(&self, other: &Self) -> f32 {
        let planes = self.cells.iter().zip(&other.cells);
        let difference = |(a, b): (&Vec<f32>, &Vec<f32>)| {
            a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.len() as f32
        };
        planes.map(difference).fold(0.0, f32::max)
    }

    /// Mean difference of luma at the best of nine shifts by one cell.
    fn moved_difference(&self, other: &Self) -> f32 {
        let shifts = (0..3usize).flat_map(|dy| (0..3usize).map(move |dx| (dx, dy)));
        shifts.map(|shift| self.shifted_difference(other, shift)).fold(f32::MAX, f32::min)
    }

    fn shifted_difference(&self, other: &Self, (dx, dy): (usize, usize)) -> f32 {
        let mut sum = 0.0;
        for y in 1..DOWN - 1 {
            let ours = &self.cells[0][y * ACROSS + 1..][..ACROSS - 2];
            let theirs = &other.cells[0][(y + dy - 1) * ACROSS + dx..][..ACROSS - 2];
            sum += ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).sum::<f32>();
        }
        sum / ((DOWN - 2) * (ACROSS - 2)) as f32
    }

    /// Correlation of the luma, -1 to 1: 1 if only brightness or contrast changed.
    pub(super) fn correlation(&self, other: &Self) -> f32 {
        let pairs = self.cells[0].iter().zip(&other.cells[0]);
        let product: f32 = pairs.map(|(a, b)| (a - self.mean) * (b - other.mean)).sum();
        let scale = self.contrast * other.contrast * (ACROSS * DOWN) as f32;
        if scale < 1.0 { 0.0 } else { product / scale }
    }
}

/// Means of the plane's cells; a plane smaller than the grid repeats samples.
fn cells(plane: &[u8], width: usize, height: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(ACROSS * DOWN);
    for cy in 0..DOWN {
        let (top, bottom) = edges(cy, DOWN, height);
        let mut sums = [0u32; ACROSS];
        for row in plane.chunks_exact(width).take(bottom).skip(top) {
            for (cx, sum) in sums.iter_mut().enumerate() {
                let (left, right) = edges(cx, ACROSS, width);
                *sum += row[left..right].iter().map(|&v| u32::from(v)).sum::<u32>();
            }
        }
        for (cx, sum) in sums.iter().enumerate() {
            let (left, right) = edges(cx, ACROSS, width);
            out.push(*sum as f32 / ((right - left) * (bottom - top)) as f32);
        }
    }
    out
}

/// Samples of the cell `i` of `n`: at least one.
fn edges(i: usize, n: usize, length: usize) -> (usize, usize) {
    let start = (i * length / n).min(length - 1);
    (start, ((i + 1) * length / n).max(start + 1))
}

/// Shares of the joint histogram; luma is taken once for every chroma sample.
fn histogram([y, u, v]: [&[u8]; 3], width: usize) -> Vec<f32> {
    let mut counts = vec![0u32; BINS];
    let rows = u.chunks_exact(width / 2).zip(v.chunks_exact(width / 2));
    for ((u, v), y) in rows.zip(y.chunks_exact(width * 2)) {
        for ((u, v), y) in u.iter().zip(v).zip(y.iter().step_by(2)) {
            counts[usize::from(y >> 4) << 6 | usize::from(u >> 5) << 3 | usize::from(v >> 5)] += 1;
        }
    }
    let share = 1.0 / u.len().max(1) as f32;
    counts.into_iter().map(|count| count as f32 * share).collect()
}

/// The last sketches, by the number of their frame.
#[derive(Default)]
pub(super) struct Recent {
    sketches: VecDeque<Sketch>,
    /// Number of the oldest.
    first: usize,
}

impl Recent {
    pub(super) fn push(&mut self, sketch: Sketch) {
        self.sketches.push_back(sketch);
        if self.sketches.len() > KEPT {
            self.sketches.pop_front();
            self.first += 1;
        }
    }

    /// `None` if it was forgotten, or has not come.
    pub(super) fn get(&self, frame: usize) -> Option<&Sketch> {
        self.sketches.get(frame.checked_sub(self.first)?)
    }

    /// One past the last frame.
    pub(super) fn end(&self) -> usize {
        self.first + self.sketches.len()
    }
}
