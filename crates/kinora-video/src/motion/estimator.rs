//! Camera and subject motion between each two frames of a stream.

use std::time::Duration;

use kinora_types::{ShotMotion, TimeRange};

use super::{
    fit::{self, Similarity},
    plane::{LONG_SIDE, Part, Pyramid},
    summary,
    track::{self, CELL, Exposure, Tracked},
};
use crate::Frame;

/// Frames that follow sooner are passed over: at 50 and 60 frames a second every other one is enough.
const SOONEST: Duration = Duration::from_millis(30);
/// Least features for an estimate.
const LEAST_FEATURES: usize = 8;
/// Least share of the features that must be found again; fewer is a cut.
const LEAST_FOUND: f32 = 0.25;
/// Least share of inliers; fewer is a cut.
const LEAST_INLIERS: f32 = 0.35;
/// Features that lie closer together than this share of the width (RMS) show no zoom and no roll.
const REACH: f32 = 0.1;
/// A feature whose residual exceeds so many times the noise moves by itself.
const OVER_NOISE: f32 = 4.0;
/// Two neighbours move together if they differ by less than this share of their residual.
const TOGETHER: f32 = 0.6;
/// Samples along the longer side of the plane for stabilisation.
const FINE_SIDE: usize = 320;

/// Motion between two frames.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// When the first frame is shown.
    pub from: Duration,
    /// When the second frame is shown.
    pub to: Duration,
    /// `None` if the frames have too little in common.
    pub moved: Option<Moved>,
}

#[cfg(test)]
impl Step {
    /// A step of the camera alone.
    pub(crate) fn known(from: Duration, to: Duration, camera: [f32; 4]) -> Self {
        Self { from, to, moved: Some(Moved { camera, ..Moved::default() }) }
    }
}

/// Displacement of the camera and of what moves against it, in widths of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Moved {
    /// Camera displacement: right, up, nearer (natural logarithm), clockwise (degrees).
    pub camera: [f32; 4],
    /// Share of the picture that moves.
    pub area: f32,
    /// Mean length of the residual displacements over the whole picture.
    pub amount: f32,
    /// Mean residual displacement over the whole picture: right, up.
    pub drift: [f32; 2],
}

/// Measures motion in a stream of frames. One thread; frames are not kept, about 60 bytes of each are.
pub struct MotionEstimator {
    last: Option<(Duration, Pyramid, Part)>,
    steps: Vec<Step>,
    before: Similarity,
    /// Whether every frame counts, however soon it follows the one before.
    every: bool,
    long_side: usize,
    /// The picture inside of dark bars in the first frame.
    inside: Option<Part>,
    /// Frames that have the same bars.
    barred: usize,
}

impl Default for MotionEstimator {
    fn default() -> Self {
        Self {
            last: None,
            steps: Vec::new(),
            before: Similarity::default(),
            every: false,
            long_side: LONG_SIDE,
            inside: None,
            barred: 0,
        }
    }
}

impl MotionEstimator {
    /// An estimator before the first frame.
    pub fn new() -> Self {
        Self::default()
    }

    /// An estimator for stabilisation: every frame counts, at twice the usual resolution.
    pub(crate) fn fine() -> Self {
        Self { every: true, long_side: FINE_SIDE, ..Self::default() }
    }

    /// Takes the next frame; all have one size, 128 to 640 samples across are best.
    pub fn push(&mut self, frame: &Frame) {
        let soon = |(at, ..): &(Duration, Pyramid, Part)| frame.at.saturating_sub(*at) < SOONEST;
        if !self.every && self.last.as_ref().is_some_and(soon) {
            return;
        }
        let pyramid = Pyramid::new(&frame.image, self.long_side);
        let part = pyramid.picture();
        let inside = *self.inside.get_or_insert(part);
        self.barred += usize::from(part.is_near(inside) && !pyramid.is_whole(part));
        if let Some((at, last, part)) = &self.last {
            let moved = between((last, &pyramid), *part, &mut self.before);
            self.steps.push(Step { from: *at, to: frame.at, moved });
        }
        self.last = Some((frame.at, pyramid, part));
    }

    /// How a shot moves, of the frames that were shown in `range`; `None` if too little could be
    /// measured: less than three pairs of frames, or none with features.
    pub fn over(&self, range: TimeRange) -> Option<ShotMotion> {
        summary::summary(&self.steps, range)
    }

    /// Motion between each two frames.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether dark bars stand at the picture's edges. Darkness that belongs to the scene moves with it.
    pub(crate) fn is_barred(&self) -> bool {
        self.barred * 10 > (self.steps.len() + 1) * 9
    }
}

/// Motion from one frame to the next; `before` is that of the pair before, tried as a hypothesis.
fn between(
    (first, second): (&Pyramid, &Pyramid),
    part: Part,
    before: &mut Similarity,
) -> Option<Moved> {
    let light = Exposure::between(first, second)?;
    let tracks = track::follow(first, second, part, light);
    let found = &tracks.found;
    let enough =
        found.len() >= LEAST_FEATURES && found.len() as f32 >= LEAST_FOUND * tracks.textured as f32;
    if !enough {
        return None;
    }
    let vectors: Vec<_> = found.iter().map(|tracked| tracked.vector).collect();
    let guesses =
        [Similarity::default(), Similarity { shift: tracks.coarse, grow: 0.0, turn: 0.0 }];
    let [width, height] = first.frame;
    let fit = fit::fit(&vectors, REACH * width, &[guesses[0], guesses[1], *before])?;
    if fit.inliers < LEAST_INLIERS {
        return None;
    }
    *before = fit.motion;
    let (scale, angle) = fit.motion.scale_and_angle();
    let [x, y] = fit.motion.shift;
    let camera = [-x / width, y / width, scale, -angle.to_degrees()];
    let share = (CELL * CELL) as f32 / (width * height);
    Some(Moved { camera, ..against(found, &fit, share, width) })
}

/// Motion relative to the camera; a cell stands for `share` of the picture. Lone cells are noise.
fn against(found: &[Tracked], fit: &fit::Fit, share: f32, width: f32) -> Moved {
    let moving: Vec<([usize; 2], [f32; 2])> = found
        .iter()
        .map(|tracked| (tracked, fit.motion.residual(&tracked.vector)))
        .filter(|(tracked, _)| {
            let least = fit::limit(&tracked.vector).max(OVER_NOISE * fit.noise);
            fit::deviation(&fit.motion, &tracked.vector) > least
        })
        .map(|(tracked, residual)| (tracked.cell, residual))
        .collect();
    let mut moved = Moved::default();
    for (cell, residual) in &moving {
        let near = |other: &[usize; 2]| {
            other != cell && cell[0].abs_diff(other[0]) <= 1 && cell[1].abs_diff(other[1]) <= 1
        };
        let like = |other: &[f32; 2]| {
            let apart = fit::length([residual[0] - other[0], residual[1] - other[1]]);
            apart < TOGETHER * fit::length(*residual)
        };
        if moving.iter().any(|(at, other)| near(at) && like(other)) {
            moved.area += share;
            moved.amount += share * fit::length(*residual) / width;
            moved.drift[0] += share * residual[0] / width;
            moved.drift[1] -= share * residual[1] / width;
        }
    }
    moved
}
