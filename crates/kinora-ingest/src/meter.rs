//! How far a stage is.

use serde::{Deserialize, Serialize};

use crate::IngestObserver;

/// Parts of a run that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Files are read and can be found by their looks.
    Files,
    /// Videos are looked through.
    Videos,
    /// Words are looked for: what is shown, written and said.
    Words,
}

/// How far a stage is; told once it is known how much there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Which.
    pub stage: Stage,
    /// Files that are done.
    pub done: u64,
    /// Files in all.
    pub total: u64,
    /// Work that is done, as estimated. The unit is of no meaning: a time left follows from how fast it grows.
    pub work: u64,
    /// Work in all, of which files that need nothing have no part.
    pub work_total: u64,
}

/// Counts one stage.
pub(crate) struct Meter(Progress);

impl Meter {
    pub(crate) fn new(stage: Stage, costs: impl IntoIterator<Item = u64>) -> Self {
        let (mut total, mut work_total) = (0, 0);
        for cost in costs {
            total += 1;
            work_total += cost;
        }
        Self(Progress { stage, done: 0, total, work: 0, work_total })
    }

    /// One more file to do.
    pub(crate) fn grow(&mut self, cost: u64) {
        self.0.total += 1;
        self.0.work_total += cost;
    }

    /// One file more is done, or given up.
    pub(crate) fn step(&mut self, cost: u64) {
        self.0.done += 1;
        self.0.work += cost;
    }

    pub(crate) fn tell(&self, observer: &mut dyn IngestObserver) {
        if self.0.total > 0 {
            observer.progress(&self.0);
        }
    }

    /// Tells how far it is while one file is at this place of its length.
    pub(crate) fn tell_within(
        &self,
        observer: &mut dyn IngestObserver,
        cost: u64,
        (at_ms, duration_ms): (u64, u64),
    ) {
        let part = match duration_ms {
            0 => 0,
            length => cost.saturating_mul(at_ms.min(length)) / length,
        };
        observer.progress(&Progress { work: self.0.work + part, ..self.0 });
    }
}
