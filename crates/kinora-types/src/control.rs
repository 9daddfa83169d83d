//! Cancellation, passed through every long stage.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// The user asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// A flag that one thread sets and all stages poll; clones share it.
#[derive(Clone, Default, Debug)]
pub struct Control {
    cancelled: Arc<AtomicBool>,
}

impl Control {
    /// Asks every stage to stop at its next check.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// `Err` once somebody asked to stop, to be used with `?`.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}
