//! What a caller gives with every request: how it is stopped, by when, and who hears of its progress.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use kinora_store::Stage;
use kinora_types::Control;

use crate::{EngineError, ErrorKind, Event};

/// One piece of work that somebody waits for; the last argument of every method that may take long.
///
/// Clones are the same piece of work. Events come from the thread that works, in order; whoever hears them should be
/// quick.
#[derive(Clone, Default)]
pub struct Job {
    control: Control,
    events: Option<Arc<dyn Fn(Event) + Send + Sync>>,
}

impl Job {
    /// Work that this control stops.
    pub fn new(control: &Control) -> Self {
        Self { control: control.clone(), events: None }
    }

    /// The same work, which fails with [`EngineError::Deadline`] if it takes longer.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        Self { control: self.control.until(Instant::now() + time), ..self }
    }

    /// The same work with somebody who hears of its progress.
    #[must_use]
    pub fn on_event(self, hear: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self { events: Some(Arc::new(hear)), ..self }
    }

    /// The flag and the deadline, for the stages.
    pub fn control(&self) -> &Control {
        &self.control
    }

    pub(crate) fn tell(&self, event: Event) {
        log(&event);
        if let Some(hear) = &self.events {
            hear(event);
        }
    }

    /// Runs the work unless it was stopped already. What was stopped by the deadline alone says so.
    pub(crate) fn run<T>(
        &self,
        work: impl FnOnce(&Control) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let done =
            self.control.check().map_err(EngineError::from).and_then(|()| work(&self.control));
        done.map_err(|error| {
            let late = self.control.is_late() && !self.control.was_asked();
            if late && error.kind() == ErrorKind::Cancelled { EngineError::Deadline } else { error }
        })
    }
}

/// What somebody may want to know when nobody looked.
fn log(event: &Event) {
    match event {
        Event::Failed(file) => {
            tracing::warn!(path = %file.path.display(), why = file.message, "failed");
        }
        Event::Damaged(file) => {
            tracing::warn!(path = %file.path.display(), why = file.message, "damaged");
        }
        Event::Vanished { path } => tracing::info!(path = %path.display(), "vanished"),
        Event::VideoSkipped { video, why } => tracing::warn!(path = video, why, "left out"),
        Event::Pull { id, stage: Stage::Done, source, .. } => {
            tracing::info!(name = id, source, "pulled");
        }
        Event::Added(done) => tracing::debug!(path = %done.path.display(), "added"),
        _ => {}
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("control", &self.control).finish_non_exhaustive()
    }
}
