//! Dissolves: windows whose inside is a blend of their ends.

use super::{
    fade,
    sketch::{Recent, Sketch},
};

/// Lengths in frames that are tried.
const LENGTHS: [usize; 8] = [8, 12, 16, 20, 26, 34, 44, 56];
/// Longest dissolve in frames, and the frames compared on either side of it.
pub(super) const REACH: usize = 56;
/// Least mean difference of the ends, of 255.
const LEAST: f32 = 9.0;
/// Correlation above which both ends are one picture in another light.
const ALIKE: f32 = 0.8;
/// Least [`Sketch::distance`] of the ends: a camera that moves over one picture stays below 0.21, dissolves between two
/// pictures start at 0.38 (of `bench/shots`, seed 1).
const UNLIKE: f32 = 0.3;
/// Largest residual of the blend inside a dissolve, as a share of the difference of the ends.
const UNEXPLAINED: f32 = 0.36;
/// Largest change of either picture outside a dissolve, as a share of the difference of the ends.
const RESTLESS: f32 = 0.6;

/// A window that looks like a dissolve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Blend {
    /// Last frame of the old shot alone.
    pub from: usize,
    /// First frame of the new shot alone.
    pub to: usize,
    pub score: f32,
}

/// The best dissolve whose middle is `centre`.
pub(super) fn around(recent: &Recent, centre: usize) -> Option<Blend> {
    let found = LENGTHS.iter().filter_map(|&length| window(recent, centre, length));
    found.max_by(|a, b| a.score.total_cmp(&b.score))
}

fn window(recent: &Recent, centre: usize, length: usize) -> Option<Blend> {
    let (from, to) = (centre.checked_sub(length / 2)?, centre + length / 2);
    let (a, b) = (recent.get(from)?, recent.get(to)?);
    let between = Between::new(a, b);
    let cells = between.step.len() as f32;
    let size = (between.norm / cells).sqrt();
    let shown = a.contrast.min(b.contrast) >= fade::PLAIN;
    let other = a.correlation(b) <= ALIKE && a.distance(b) >= UNLIKE;
    if !shown || size < LEAST || !other {
        return None;
    }
    let mut worst = 0.0f32;
    for (quarter, share) in [(1, 0.06..0.5), (2, 0.28..0.72), (3, 0.5..0.94)] {
        let inside = recent.get(from + (length * quarter) / 4)?;
        let (found, unexplained) = between.explain(inside);
        if !share.contains(&found) {
            return None;
        }
        worst = worst.max(unexplained);
    }
    if worst > UNEXPLAINED {
        return None;
    }
    // At the ends of the film, what is outside is not known; then it is not held against it.
    let rest = (length / 3).max(3);
    let outside = [
        from.checked_sub(rest).and_then(|i| Some((recent.get(i)?, a))),
        recent.get(to + rest).map(|after| (after, b)),
    ];
    let restless = |(one, other): (&Sketch, &Sketch)| Between::new(one, other).norm / between.norm;
    if outside.into_iter().flatten().any(|pair| restless(pair) > RESTLESS * RESTLESS) {
        return None;
    }
    Some(Blend { from, to, score: size * (1.0 - worst) })
}

/// The line from one picture to another.
struct Between<'a> {
    start: &'a Sketch,
    step: Vec<f32>,
    /// Square of its length.
    norm: f32,
}

impl<'a> Between<'a> {
    fn new(start: &'a Sketch, end: &Sketch) -> Self {
        let step: Vec<f32> = cells(start).zip(cells(end)).map(|(a, b)| b - a).collect();
        let norm = step.iter().map(|v| v * v).sum::<f32>().max(1e-3);
        Self { start, step, norm }
    }

    /// How far along the line the picture lies (0 to 1), and how far off it, of the line's length.
    fn explain(&self, picture: &Sketch) -> (f32, f32) {
        let way = || cells(self.start).zip(cells(picture)).map(|(a, m)| m - a);
        let along = way().zip(&self.step).map(|(m, s)| m * s).sum::<f32>() / self.norm;
        let off = way().zip(&self.step).map(|(m, s)| (m - along * s).powi(2)).sum::<f32>();
        (along, (off / self.norm).sqrt())
    }
}

fn cells(sketch: &Sketch) -> impl Iterator<Item = f32> {
    sketch.cells.iter().flatten().copied()
}
