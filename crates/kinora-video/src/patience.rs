//! How long a child may keep us waiting.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::{Cancelled, VideoLimits};

/// Between two looks at whether to stop.
const TICK: Duration = Duration::from_millis(20);

/// Why the waiting was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    Cancelled,
    /// After so long in all.
    TooSlow(Duration),
}

/// Counts the time spent waiting for one child, and only that.
pub(crate) struct Patience<'a> {
    pub cancelled: Cancelled<'a>,
    silence: Duration,
    wall: Duration,
    /// Waited so far.
    pub waited: Duration,
}

impl<'a> Patience<'a> {
    /// For a file that claims to last `duration` and may cost `work`; on a busy machine that takes longer.
    pub fn new(
        limits: &VideoLimits,
        (duration, work): (Option<Duration>, Duration),
        cancelled: Cancelled<'a>,
    ) -> Self {
        let (silence, wall) = (limits.silence, limits.wall(duration).min(work * 2));
        Self { cancelled, silence, wall, waited: Duration::ZERO }
    }

    /// The next thing from `channel`; `None` once its other end is closed.
    pub fn wait<T>(&mut self, channel: &Receiver<T>) -> Result<Option<T>, GivenUp> {
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
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.silence
    }
}
