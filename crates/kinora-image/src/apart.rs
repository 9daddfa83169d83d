//! A thread for work that cannot be interrupted; it is abandoned when the budget is spent.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicIsize, Ordering},
        mpsc::{RecvTimeoutError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use super::{ReadError, budget::Budget};

/// Time between two checks of the budget.
const TICK: Duration = Duration::from_millis(20);
/// Most abandoned threads at a time; each holds at most [`super::Limits::memory`], and its work is bounded by the
/// header that was checked.
const MOST: isize = 3;

static LEFT_BEHIND: AtomicIsize = AtomicIsize::new(0);

/// Runs `work` in a thread of its own and waits for it as long as the budget lasts.
///
/// The budget that `work` gets fails as soon as the caller stops waiting, so that only one step of a decoder outlives
/// this call.
///
/// # Errors
/// Those of `work`, [`ReadError::TooSlow`], [`ReadError::Cancelled`].
pub(super) fn apart<T: Send + 'static>(
    budget: &Budget<'_>,
    work: impl FnOnce(&Budget<'_>) -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    wait_for_room(budget)?;
    let unwanted = Arc::new(AtomicBool::new(false));
    let (limits, clock, abandoned) = (budget.limits, budget.clock.clone(), unwanted.clone());
    let (send, receive) = sync_channel(1);
    let run = move || {
        let stopped = || abandoned.load(Ordering::Relaxed);
        let outcome = work(&Budget::shared(limits, clock, &stopped));
        // Nobody listens to a thread that was left behind.
        let _ = send.send(outcome);
        if abandoned.swap(true, Ordering::AcqRel) {
            LEFT_BEHIND.fetch_sub(1, Ordering::AcqRel);
        }
    };
    thread::Builder::new().name("picture".into()).spawn(run).map_err(ReadError::thread)?;
    loop {
        match receive.recv_timeout(TICK) {
            Ok(outcome) => return outcome,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(ReadError::thread(io::Error::other("it ended without a word")));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Err(error) = budget.check() {
            if !unwanted.swap(true, Ordering::AcqRel) {
                LEFT_BEHIND.fetch_add(1, Ordering::AcqRel);
            }
            return Err(error);
        }
    }
}

/// Waits until fewer than [`MOST`] threads are abandoned; that time does not count for the picture.
fn wait_for_room(budget: &Budget<'_>) -> Result<(), ReadError> {
    let since = Instant::now();
    while LEFT_BEHIND.load(Ordering::Acquire) >= MOST {
        budget.check().or_else(|error| match error {
            ReadError::TooSlow { .. } => Ok(()),
            error => Err(error),
        })?;
        thread::sleep(TICK);
    }
    budget.allow(since.elapsed().as_millis() as u64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn nobody_waits_for_what_does_not_end() {
        let limits = Limits { time: Duration::from_millis(60), ..Limits::default() };
        let cancelled = || false;
        let budget = Budget::new(&limits, &cancelled);
        let begun = Instant::now();
        let outcome = apart(&budget, |_| {
            thread::sleep(Duration::from_secs(5));
            Ok(())
        });
        assert!(matches!(outcome, Err(ReadError::TooSlow { .. })));
        assert!(begun.elapsed() < Duration::from_secs(4));
        let cancelled = || true;
        let outcome = apart(&Budget::new(&Limits::default(), &cancelled), |budget| {
            // The asking thread is told to stop.
            while budget.check().is_ok() {
                thread::sleep(TICK);
            }
            Ok(())
        });
        assert!(matches!(outcome, Err(ReadError::Cancelled)));
        assert_eq!(apart(&Budget::new(&limits, &cancelled), |_| Ok(7)).unwrap(), 7);
    }
}
