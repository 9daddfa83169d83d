//! Turns at a model that works for one caller at a time: first come, first served.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kinora_inference::InferenceError;
use kinora_types::Control;

use crate::engine::locked;

/// Callers that may wait; the next one hears that it is busy.
const MOST_WAITING: usize = 64;
/// Between two looks at whether a caller was cancelled.
const TICK: Duration = Duration::from_millis(20);

/// Whose turn it is.
#[derive(Default)]
pub(crate) struct Queue {
    line: Mutex<Line>,
    moved: Condvar,
}

#[derive(Default)]
struct Line {
    taken: bool,
    waiting: VecDeque<u64>,
    next: u64,
}

/// A turn; the next one begins when it is dropped.
pub(crate) struct Turn<'q>(&'q Queue);

impl Queue {
    /// Waits for a turn.
    ///
    /// # Errors
    /// [`InferenceError::Busy`] if too many wait already, [`InferenceError::Cancelled`].
    pub(super) fn turn(&self, control: &Control) -> Result<Turn<'_>, InferenceError> {
        control.check()?;
        let mut line = self.line();
        if !line.taken && line.waiting.is_empty() {
            line.taken = true;
            return Ok(Turn(self));
        }
        if line.waiting.len() >= MOST_WAITING {
            return Err(InferenceError::Busy);
        }
        let ticket = line.next;
        line.next += 1;
        line.waiting.push_back(ticket);
        loop {
            if !line.taken && line.waiting.front() == Some(&ticket) {
                line.waiting.pop_front();
                line.taken = true;
                return Ok(Turn(self));
            }
            if let Err(cancelled) = control.check() {
                line.waiting.retain(|waiting| *waiting != ticket);
                self.moved.notify_all();
                return Err(cancelled.into());
            }
            let waited = self.moved.wait_timeout(line, TICK);
            line = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        locked(&self.line)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.line().taken = false;
        self.0.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn turns_come_in_order_and_who_is_cancelled_leaves_the_line() {
        let queue = Queue::default();
        let first = queue.turn(&Control::default()).unwrap();
        let (told, order) = mpsc::channel();
        let (patient, gone) = (Control::default(), Control::default());
        thread::scope(|scope| {
            for (name, control) in [("gone", &gone), ("second", &patient), ("third", &patient)] {
                let waiting = queue.line().waiting.len();
                let (queue, told) = (&queue, told.clone());
                scope.spawn(move || {
                    let turn = queue.turn(control);
                    told.send((name, turn.is_ok())).unwrap();
                });
                while queue.line().waiting.len() == waiting {
                    thread::yield_now();
                }
            }
            gone.cancel();
            assert_eq!(order.recv().unwrap(), ("gone", false));
            drop(first);
            assert_eq!(order.recv().unwrap(), ("second", true));
            assert_eq!(order.recv().unwrap(), ("third", true));
        });
    }

    #[test]
    fn a_full_line_is_busy() {
        let queue = Queue::default();
        let turn = queue.turn(&Control::default()).unwrap();
        queue.line().waiting.extend(0..MOST_WAITING as u64);
        assert!(matches!(queue.turn(&Control::default()), Err(InferenceError::Busy)));
        drop(turn);
    }
}
