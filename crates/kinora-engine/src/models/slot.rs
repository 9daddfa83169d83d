//! A model that is loaded at its first use, shared while it is used, and given back when it is idle.

use std::{
    ops::Deref,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crate::engine::locked;

/// A place for one model. Nothing is loaded until somebody asks.
pub(crate) struct Slot<M: ?Sized> {
    held: Mutex<Option<Arc<M>>>,
    /// When it was last used.
    used: Arc<Mutex<Instant>>,
}

/// A model in use: it is not given back before this is dropped.
pub(crate) struct Lease<M: ?Sized> {
    model: Arc<M>,
    used: Arc<Mutex<Instant>>,
}

impl<M: ?Sized> Default for Slot<M> {
    fn default() -> Self {
        Self { held: Mutex::new(None), used: Arc::new(Mutex::new(Instant::now())) }
    }
}

impl<M: ?Sized> Slot<M> {
    /// The model, loaded by `load` if it is not there. One thread loads, the others wait for it; a failure is not
    /// remembered, so that the next use tries again.
    ///
    /// # Errors
    /// Those of `load`.
    pub(super) fn get<E>(&self, load: impl FnOnce() -> Result<Arc<M>, E>) -> Result<Lease<M>, E> {
        let mut held = locked(&self.held);
        let model = match &*held {
            Some(model) => Arc::clone(model),
            None => Arc::clone(held.insert(load()?)),
        };
        Ok(Lease { model, used: Arc::clone(&self.used) })
    }

    /// Drops the model if nobody uses it and nobody has for so long; tells whether it did.
    pub(super) fn release(&self, idle: Duration) -> bool {
        let mut held = locked(&self.held);
        let unused = held.as_ref().is_some_and(|model| Arc::strong_count(model) == 1);
        let release = unused && locked(&self.used).elapsed() >= idle;
        if release {
            *held = None;
        }
        release
    }
}

impl<M: ?Sized> Deref for Lease<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.model
    }
}

impl<M: ?Sized> Drop for Lease<M> {
    fn drop(&mut self) {
        *locked(&self.used) = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_loaded_once_and_released_only_when_nobody_uses_it() {
        let slot = Slot::<u32>::default();
        let get = |value: u32| slot.get(|| Ok::<_, ()>(Arc::new(value))).unwrap();
        let lease = get(1);
        assert_eq!((*lease, *get(2)), (1, 1));
        assert!(!slot.release(Duration::ZERO), "it is in use");
        drop(lease);
        assert!(!slot.release(Duration::from_secs(3600)), "it was used just now");
        assert!(slot.release(Duration::ZERO) && !slot.release(Duration::ZERO));
        assert_eq!(*get(3), 3);
    }

    #[test]
    fn a_failure_is_not_remembered() {
        let slot = Slot::<u32>::default();
        assert!(slot.get(|| Err::<Arc<u32>, _>("no")).is_err());
        assert_eq!(*slot.get(|| Ok::<_, ()>(Arc::new(4))).unwrap(), 4);
    }
}
