//! Frames in, shots out.

use std::time::Duration;

use kinora_types::TimeRange;

use super::{
    blend::{self, Blend},
    cut, fade,
    sketch::{Recent, Sketch},
};
use crate::Frame;

/// Decisions on a frame are made when this many have come after it.
const AHEAD: usize = blend::REACH / 2 + blend::REACH / 3 + 2;
/// A boundary closer to the last one is the same.
const SHORTEST: usize = 3;

/// Kind of a shot boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundaryKind {
    /// From one frame to the next.
    Cut,
    /// One picture blends into the other.
    Dissolve,
    /// Through a plain picture, or close to it.
    Fade,
}

/// A shot boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// Its kind.
    pub kind: BoundaryKind,
    /// Number of the last frame that shows the old shot alone, from 0.
    pub last_old: usize,
    /// Number of the first frame that shows the new shot alone.
    pub first_new: usize,
}

impl Boundary {
    /// Number of the frame at which the new shot begins to count.
    pub fn frame(&self) -> usize {
        (self.last_old + self.first_new).div_ceil(2)
    }
}

/// A stretch of a video without a boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shot {
    /// From its first frame to that of the next shot; shots follow each other without a gap.
    pub range: TimeRange,
    /// Numbers of its frames.
    pub frames: std::ops::Range<usize>,
    /// The frame that shows it best: still, rich in contrast, away from blends.
    pub key: Duration,
    /// Boundary at its end; `None` for the last shot.
    pub ended_by: Option<Boundary>,
}

/// Finds shots in a stream of frames. One thread; about 0.2 ms a frame of 256 lines.
#[derive(Default)]
pub struct ShotDetector {
    recent: Recent,
    times: Vec<Duration>,
    contrast: Vec<f32>,
    /// Distance of each frame from the one before.
    steps: Vec<f32>,
    cuts: Vec<usize>,
    dips: Vec<usize>,
    blends: Vec<Blend>,
    decided: usize,
}

impl ShotDetector {
    /// A detector before the first frame.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next frame; all have one size.
    pub fn push(&mut self, frame: &Frame) {
        let sketch = Sketch::new(&frame.image);
        let last = self.recent.end().checked_sub(1).and_then(|i| self.recent.get(i));
        self.steps.push(last.map_or(0.0, |last| last.distance(&sketch)));
        self.times.push(frame.at);
        self.contrast.push(sketch.contrast);
        self.recent.push(sketch);
        if self.recent.end() > self.decided + AHEAD {
            self.decide();
        }
    }

    fn decide(&mut self) {
        let at = self.decided;
        self.decided += 1;
        if cut::is_cut(&self.recent, &self.steps, at) {
            self.cuts.push(at);
        } else if fade::dip(&self.recent, &self.contrast, at) {
            self.dips.push(at);
        }
        let Some(found) = blend::around(&self.recent, at) else { return };
        match self.blends.last_mut() {
            Some(last) if found.from < last.to => {
                if found.score > last.score {
                    *last = found;
                }
            }
            _ => self.blends.push(found),
        }
    }

    /// The shots of all frames that came; `end` is when the last frame ends. None without frames.
    pub fn finish(mut self, end: Duration) -> Vec<Shot> {
        while self.decided < self.recent.end() {
            self.decide();
        }
        let boundaries = self.boundaries();
        let mut starts = vec![0];
        starts.extend(boundaries.iter().map(Boundary::frame));
        let next = starts.iter().skip(1).copied().chain([self.times.len()]);
        let shots = starts.iter().zip(next).enumerate().filter(|(_, (a, b))| **a < *b);
        shots.map(|(i, (&a, b))| self.shot(a..b, boundaries.get(i).copied(), end)).collect()
    }

    fn boundaries(&self) -> Vec<Boundary> {
        let gradual = |kind| move |(last_old, first_new)| Boundary { kind, last_old, first_new };
        let mut fades = fade::through_plain(&self.contrast, &self.cuts);
        fades.extend(self.dips.iter().map(|&at| fade::widen(&self.contrast, (at, at))));
        fades.sort_by_key(|fade| fade.from);
        // Fades first, then cuts, then dissolves: each is explained by the simplest that fits.
        let mut found: Vec<Boundary> = Vec::new();
        let candidates = fades
            .iter()
            .map(|fade| (fade.from, fade.to))
            .map(gradual(BoundaryKind::Fade))
            .chain(self.cuts.iter().map(|&at| (at - 1, at)).map(gradual(BoundaryKind::Cut)))
            .chain(self.blends.iter().map(|b| (b.from, b.to)).map(gradual(BoundaryKind::Dissolve)));
        for candidate in candidates {
            let apart = |other: &Boundary| {
                candidate.last_old >= other.first_new + SHORTEST - 1
                    || other.last_old >= candidate.first_new + SHORTEST - 1
            };
            if found.iter().all(apart) {
                found.push(candidate);
            }
        }
        found.sort_by_key(|b| b.last_old);
        found
    }

    fn shot(
        &self,
        frames: std::ops::Range<usize>,
        ended_by: Option<Boundary>,
        end: Duration,
    ) -> Shot {
        let start = if frames.start == 0 { Duration::ZERO } else { self.times[frames.start] };
        let stop = self.times.get(frames.end).copied().unwrap_or(end.max(start));
        // Away from what joins it to its neighbours.
        let margin = frames.len() / 5;
        let inner = frames.start + margin..(frames.end - margin).max(frames.start + margin + 1);
        let worth = |i: usize| self.contrast[i] * (1.0 - self.steps[i].min(0.9));
        let key = inner.max_by(|&a, &b| worth(a).total_cmp(&worth(b))).unwrap_or(frames.start);
        let key = self.times[key];
        Shot { range: TimeRange::between(start, stop), frames, key, ended_by }
    }
}
