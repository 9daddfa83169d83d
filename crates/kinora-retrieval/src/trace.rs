//! Notes of the stages as they pass.

use std::time::Instant;

use crate::Stage;

/// Collects stages; each is timed from the end of the one before.
pub(crate) struct Trace {
    pub(crate) stages: Vec<Stage>,
    since: Instant,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self { stages: Vec::new(), since: Instant::now() }
    }

    pub(crate) fn stage(&mut self, name: &str, candidates: usize, note: &str) {
        let ms = self.since.elapsed().as_secs_f64() * 1e3;
        self.stages.push(Stage { name: name.to_owned(), candidates, ms, note: note.to_owned() });
        self.since = Instant::now();
    }
}
