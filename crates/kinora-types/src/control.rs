//! Cancellation and deadlines, passed through every long stage.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

/// Work was stopped: somebody asked for it, or its deadline passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// A flag that one thread sets and all stages poll, and a deadline. Clones share the flag.
#[derive(Clone, Default, Debug)]
pub struct Control {
    cancelled: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Control {
    /// The same flag with a deadline; the earlier one counts if there was one already.
    #[must_use]
    pub fn until(mut self, deadline: Instant) -> Self {
        self.deadline = Some(self.deadline.map_or(deadline, |own| own.min(deadline)));
        self
    }

    /// Asks every stage to stop at its next check.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the work should stop: somebody asked for it, or the deadline passed.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) || self.is_late()
    }

    /// Whether the deadline passed.
    pub fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Whether somebody asked to stop, deadline or not.
    pub fn was_asked(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Fails once the work should stop, to be used with `?`.
    ///
    /// # Errors
    /// [`Cancelled`].
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn clones_share_the_flag_and_the_earlier_deadline_counts() {
        let control = Control::default();
        let (now, hour) = (Instant::now(), Duration::from_secs(3600));
        let late = control.clone().until(now);
        let later = late.clone().until(now + hour);
        assert!(late.is_cancelled() && later.is_cancelled() && later.is_late());
        assert!(!later.was_asked() && !control.is_cancelled());
        let patient = control.clone().until(now + hour);
        assert!(!patient.is_cancelled());
        control.cancel();
        assert!(patient.is_cancelled() && patient.was_asked() && !patient.is_late());
    }
}
