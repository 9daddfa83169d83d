//! Timeouts of one ffmpeg child: for each wait and for all of them.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::{Cancelled, VideoLimits};

/// Time between two polls for cancellation.
const TICK: Duration = Duration::from_millis(20);

/// Why a wait ended without a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    Cancelled,
    /// The time waited in all.
    TooSlow(Duration),
}

/// Limits the time spent waiting for one child; other time does not count.
pub(crate) struct Timeouts<'a> {
    pub cancelled: Cancelled<'a>,
    silence: Duration,
    wall: Duration,
    /// Waited so far.
    pub waited: Duration,
}

impl<'a> Timeouts<'a> {
    /// Timeouts for a file that claims to last `duration` and may cost `work` of processor time, doubled for a busy
    /// machine.
    pub(crate) fn new(
        limits: &VideoLimits,
        (duration, work): (Option<Duration>, Duration),
        cancelled: Cancelled<'a>,
    ) -> Self {
        let (silence, wall) = (limits.silence, limits.wall(duration).min(work * 2));
        Self { cancelled, silence, wall, waited: Duration::ZERO }
    }

    /// The next item from `channel`; `None` once its other end is closed.
    ///
    /// # Errors
    /// [`GivenUp`] if a timeout passed or the work was cancelled.
    pub(crate) fn wait<T>(&mut self, channel: &Receiver<T>) -> Result<Option<T>, GivenUp> {
        let begun = Instant::now();
        loop {
            if (self.cancelled)() {
                return Err(GivenUp::Cancelled);
            }
            let got = channel.recv_timeout(TICK);
            let silent = begun.elapsed();
            let waited = self.waited + silent;
            match got {
                Err(RecvTimeoutError::Timeout) if silent < self.silence && waited < self.wall => {}
                Err(RecvTimeoutError::Timeout) => return Err(GivenUp::TooSlow(waited)),
                got => {
                    self.waited = waited;
                    return Ok(got.ok());
                }
            }
        }
    }

    /// When to stop waiting for the end of a child that has closed its output.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.silence
    }
}
