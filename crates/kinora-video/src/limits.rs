//! Limits on time, memory and size of decoding one file.

use std::time::Duration;

/// Limits on the child process that decodes one file. Only time spent waiting for the child counts, not the
/// time that the receiver of a frame takes.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoLimits {
    /// Pixels of one coded frame.
    pub pixels: u64,
    /// Bytes of address space of the child (enforced on Linux); one allocation may take half of it.
    pub memory: u64,
    /// The longest time without a frame.
    pub silence: Duration,
    /// Time to wait for any file, in all.
    pub floor: Duration,
    /// Time to wait in addition, for each second that the file claims to last.
    pub per_second: Duration,
    /// Longest time to wait in all.
    pub ceiling: Duration,
    /// Processor time in addition to [`VideoLimits::floor`], for each million bytes of the file. It is enforced on
    /// Linux; elsewhere waiting ends after twice the time. A file can claim any duration, but not be larger than it
    /// is.
    pub per_megabyte: Duration,
    /// As [`VideoLimits::per_megabyte`], for GIF, WebP, APNG and the like, which need less.
    pub per_megabyte_drawn: Duration,
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
    ///
    /// Work: a 4K60 video of a phone takes some 2 s of processor time a megabyte, a slide that stands still in 4K
    /// some 100 to 200 s; so 400 s a megabyte. Of a picture that moves a megabyte takes a second or a few: 30 s.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            pixels: 1 << 26,
            memory: 4 << 30,
            silence: Duration::from_secs(30),
            floor: Duration::from_secs(60),
            per_second: Duration::from_secs(20),
            ceiling: Duration::from_secs(24 * 3600),
            per_megabyte: Duration::from_secs(400),
            per_megabyte_drawn: Duration::from_secs(30),
            frames: 4_000_000,
            threads: cores.min(4) as u32,
            background: false,
        }
    }
}

impl VideoLimits {
    /// Longest time to wait for a stream over a file of this duration, in all.
    pub(super) fn wall(&self, duration: Option<Duration>) -> Duration {
        let claimed = duration.unwrap_or(Duration::from_secs(3600)).as_secs_f64();
        let wanted = self.floor.as_secs_f64() + claimed * self.per_second.as_secs_f64();
        Duration::try_from_secs_f64(wanted).unwrap_or(self.ceiling).min(self.ceiling)
    }

    /// Processor time that a file of so many bytes may cost; `drawn` if it is a picture that moves.
    pub(super) fn work(&self, bytes: u64, drawn: bool) -> Duration {
        let rate = if drawn { self.per_megabyte_drawn } else { self.per_megabyte };
        let wanted = self.floor.as_secs_f64() + bytes as f64 / 1e6 * rate.as_secs_f64();
        Duration::try_from_secs_f64(wanted).unwrap_or(self.ceiling).min(self.ceiling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_goes_by_size() {
        let limits = VideoLimits::default();
        let secs = |bytes, drawn| limits.work(bytes, drawn).as_secs();
        // A GIF of 200 000 frames in 4.6 MB; a slide of an hour in 4 MB; four hours of 4K60 at 10 Mbit/s.
        assert_eq!(secs(4_600_000, true), 198);
        assert_eq!(secs(4_000_000, false), 1660);
        assert_eq!(limits.work(18_000_000_000, false), limits.ceiling);
        assert_eq!(limits.work(u64::MAX, true), limits.ceiling);
    }

    #[test]
    fn a_claimed_century_does_not_buy_one() {
        let limits = VideoLimits::default();
        let century = Duration::from_secs(100 * 365 * 86_400);
        assert_eq!(limits.wall(Some(century)), limits.ceiling);
        assert_eq!(limits.wall(Some(Duration::MAX)), limits.ceiling);
        assert_eq!(limits.wall(Some(Duration::from_secs(1))), Duration::from_secs(80));
    }
}
