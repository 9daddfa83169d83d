//! A value made at its first use; a failure is not remembered, so that the next use tries again.

use std::sync::{Mutex, OnceLock, PoisonError};

pub(crate) struct Lazy<T> {
    value: OnceLock<T>,
    making: Mutex<()>,
}

impl<T> Default for Lazy<T> {
    fn default() -> Self {
        Self { value: OnceLock::new(), making: Mutex::new(()) }
    }
}

impl<T> Lazy<T> {
    /// The value, made by `make` if it is not there; only one thread makes it.
    ///
    /// # Errors
    /// Those of `make`.
    pub(crate) fn get<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if self.value.get().is_none() {
            let made = make()?;
            return Ok(self.value.get_or_init(|| made));
        }
        Ok(self.value.get_or_init(|| unreachable!("checked under the lock")))
    }
}
