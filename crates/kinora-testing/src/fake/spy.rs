//! A spy: counts what is done with models, and holds calls in their middle until a test lets them go.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use kinora_types::{Cancelled, Control};

/// A test that waits longer than this has failed: a panic says so, where a hang would say nothing.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How often a held call looks whether it was cancelled.
const POLL: Duration = Duration::from_millis(2);

/// Watches any number of models; clones watch together.
#[derive(Clone, Debug, Default)]
pub struct Spy(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    loads: usize,
    alive: usize,
    calls: usize,
    running: usize,
    most_at_once: usize,
    /// Checkpoints that may be passed before the gate holds; `None` if it is open.
    hold_after: Option<usize>,
    waiting: usize,
}

impl Spy {
    /// Models that were made under this spy so far.
    pub fn loads(&self) -> usize {
        self.state().loads
    }

    /// Models made under this spy that were not dropped yet.
    pub fn alive(&self) -> usize {
        self.state().alive
    }

    /// Calls that were begun so far.
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// The most calls that ran at the same time.
    pub fn most_at_once(&self) -> usize {
        self.state().most_at_once
    }

    /// Holds every call at its next checkpoint until the value is dropped.
    pub fn hold(&self) -> Held {
        self.hold_after(0)
    }

    /// Holds calls once `passed` checkpoints more were passed, until the value is dropped. A call has a checkpoint
    /// at its beginning, and one before each piece of sound, delta of an answer or frame of a shot.
    pub fn hold_after(&self, passed: usize) -> Held {
        self.state().hold_after = Some(passed);
        Held(self.clone())
    }

    /// Waits until `count` calls are held.
    ///
    /// # Panics
    /// After a minute.
    pub fn wait_held(&self, count: usize) {
        let since = Instant::now();
        let mut state = self.state();
        while state.waiting < count {
            assert!(since.elapsed() < LONGEST_WAIT, "{} calls held, not {count}", state.waiting);
            state = self.wait(state);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.0.changed.wait_timeout(state, POLL).unwrap_or_else(PoisonError::into_inner).0
    }

    pub(super) fn loaded(&self) {
        let mut state = self.state();
        state.loads += 1;
        state.alive += 1;
    }

    pub(super) fn dropped(&self) {
        self.state().alive -= 1;
    }

    /// Begins a call, which lasts as long as the value.
    pub(super) fn begin(&self) -> Call<'_> {
        let mut state = self.state();
        state.calls += 1;
        state.running += 1;
        state.most_at_once = state.most_at_once.max(state.running);
        Call(self)
    }
}

/// Calls are held while this lives.
#[must_use = "calls are let go once this is dropped"]
#[derive(Debug)]
pub struct Held(Spy);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.state().hold_after = None;
        self.0.0.changed.notify_all();
    }
}

/// A call that runs.
pub(super) struct Call<'a>(&'a Spy);

impl Call<'_> {
    /// Passes a checkpoint; waits there while calls are held.
    pub(super) fn checkpoint(&self) {
        let never = Control::default();
        self.checkpoint_until(&never).expect("nobody cancels this");
    }

    /// Passes a checkpoint; waits there while calls are held, but not once `control` says stop.
    pub(super) fn checkpoint_until(&self, control: &Control) -> Result<(), Cancelled> {
        let since = Instant::now();
        let mut state = self.0.state();
        if let Some(left) = state.hold_after.as_mut().filter(|left| **left > 0) {
            *left -= 1;
            return control.check();
        }
        state.waiting += 1;
        self.0.0.changed.notify_all();
        while state.hold_after == Some(0)
            && !control.is_cancelled()
            && since.elapsed() < LONGEST_WAIT
        {
            state = self.0.wait(state);
        }
        state.waiting -= 1;
        let forgotten = state.hold_after == Some(0) && !control.is_cancelled();
        drop(state);
        assert!(!forgotten, "a call was held for {LONGEST_WAIT:?}");
        control.check()
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.state().running -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn calls_are_counted_and_held_until_they_are_let_go() {
        let spy = Spy::default();
        thread::scope(|scope| {
            let held = spy.hold();
            let call = || spy.begin().checkpoint();
            let calls = [scope.spawn(call), scope.spawn(call)];
            spy.wait_held(2);
            assert_eq!((spy.calls(), spy.most_at_once()), (2, 2));
            assert!(calls.iter().all(|call| !call.is_finished()));
            drop(held);
        });
        spy.begin().checkpoint();
        assert_eq!((spy.calls(), spy.most_at_once()), (3, 2));
    }

    #[test]
    fn a_held_call_hears_that_it_is_cancelled() {
        let (spy, control) = (Spy::default(), Control::default());
        thread::scope(|scope| {
            let _held = spy.hold_after(1);
            let call = scope.spawn(|| {
                let call = spy.begin();
                assert_eq!(call.checkpoint_until(&control), Ok(()));
                call.checkpoint_until(&control)
            });
            spy.wait_held(1);
            control.cancel();
            assert_eq!(call.join().unwrap(), Err(Cancelled));
        });
    }
}
