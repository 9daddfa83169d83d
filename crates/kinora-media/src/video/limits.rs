//! What one file may cost.

use std::time::Duration;

/// Limits on the child process that decodes one file. Only time that the child keeps us waiting
/// counts, never the time that a frame's receiver takes.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoLimits {
    /// Pixels of one coded frame.
    pub pixels: u64,
    /// Bytes of address space of the child (enforced on Linux); one allocation may take half of it.
    pub memory: u64,
    /// The longest time without a frame.
    pub silence: Duration,
    /// Waiting in all: this much for any file,
    pub floor: Duration,
    /// and this much for every second that the file claims to last,
    pub per_second: Duration,
    /// but never more than this.
    pub ceiling: Duration,
    /// Frames that one stream may give.
    pub frames: u64,
    /// Decoder threads.
    pub threads: u32,
    /// Whether the child runs at low priority (on Linux), as for work in the background.
    pub background: bool,
}

impl Default for VideoLimits {
    /// 8192 x 8192 pixels, 4 GiB, 30 s of silence, one minute and twenty times the duration but at
    /// most a day, four million frames (18 h at 60 a second), up to 4 threads at normal priority.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            pixels: 1 << 26,
            memory: 4 << 30,
            silence: Duration::from_secs(30),
            floor: Duration::from_secs(60),
            per_second: Duration::from_secs(20),
            ceiling: Duration::from_secs(24 * 3600),
            frames: 4_000_000,
            threads: cores.min(4) as u32,
            background: false,
        }
    }
}

impl VideoLimits {
    /// How long a stream over a file of this duration may keep us waiting in all.
    pub(super) fn wall(&self, duration: Option<Duration>) -> Duration {
        let claimed = duration.unwrap_or(Duration::from_secs(3600)).as_secs_f64();
        let wanted = self.floor.as_secs_f64() + claimed * self.per_second.as_secs_f64();
        Duration::try_from_secs_f64(wanted).unwrap_or(self.ceiling).min(self.ceiling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_century_does_not_buy_one() {
        let limits = VideoLimits::default();
        let century = Duration::from_secs(100 * 365 * 86_400);
        assert_eq!(limits.wall(Some(century)), limits.ceiling);
        assert_eq!(limits.wall(Some(Duration::MAX)), limits.ceiling);
        assert_eq!(limits.wall(Some(Duration::from_secs(1))), Duration::from_secs(80));
    }
}
