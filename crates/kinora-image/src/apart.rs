//! A thread for work that cannot be interrupted, left behind when nobody wants to wait for it any more.

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

/// Between two looks at the budget.
const TICK: Duration = Duration::from_millis(20);
/// So many threads may be left behind; each holds at most [`super::Limits::memory`], and its work is
/// bounded by what the header was allowed to claim.
const MOST: isize = 3;

static LEFT_BEHIND: AtomicIsize = AtomicIsize::new(0);

/// Runs `work` in a thread of its own and waits for it as long as the budget lasts.
///
/// The budget that `work` gets fails as soon as nobody waits, so that only what a decoder does in one go
/// outlives this call.
///
/// # Errors
/// Those of `work`, [`ReadError::TooSlow`], [`ReadError::Cancelled`].
pub(super) fn apart<T: Send + 'static>(
    budget: &Budget<'_>,
    work: impl FnOnce(&Budget<'_>) -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    wait_for_room(budget)?;
    let unwanted = Arc::new(AtomicBool::new(false));
    let (limits, clock, told) = (budget.limits, budget.clock.clone(), unwanted.clone());
    let (send, receive) = sync_channel(1);
    let run = move || {
        let stopped = || told.load(Ordering::Relaxed);
        let outcome = work(&Budget::shared(limits, clock, &stopped));
        // Nobody listens to a thread that was left behind.
        let _ = send.send(outcome);
        if told.swap(true, Ordering::AcqRel) {
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

/// The time until one of too many threads ends is not the picture's.
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
        let told = || true;
        let outcome = apart(&Budget::new(&Limits::default(), &told), |budget| {
            // What asks is told.
            while budget.check().is_ok() {
                thread::sleep(TICK);
            }
            Ok(())
        });
        assert!(matches!(outcome, Err(ReadError::Cancelled)));
        assert_eq!(apart(&Budget::new(&limits, &cancelled), |_| Ok(7)).unwrap(), 7);
    }
}
