//! Budget of time, memory and work of one picture, and its cancellation.

use std::{
    io::{self, BufRead, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use kinora_types::Size;

use super::{Limits, ReadError};

/// Added to [`Limits::time`] for each megapixel: five times what the slowest decoder takes.
const MS_PER_MEGAPIXEL: u64 = 250;
/// Longest wall time on a busy machine, in multiples of the allowed processor time.
const LONGEST_WAIT: u32 = 10;
/// Bytes that a decoder gets between two checks of the budget; a deflate stream turns them into at most a
/// thousand times as many.
const STEP: usize = 4096;

/// The budget of one picture: it runs from the moment it is made, through decoding, colours and metadata.
///
/// Every step of reading a picture calls [`Budget::check`] several times a second and stops at the first error.
pub struct Budget<'a> {
    pub(super) limits: Limits,
    pub(super) clock: Arc<Clock>,
    cancelled: &'a dyn Fn() -> bool,
}

/// Clock of a budget, shared by the waiting and the working thread.
pub(super) struct Clock {
    started: Instant,
    /// Processor time of the process at the start, where the system reports it.
    spent: Option<Duration>,
    allowed_ms: AtomicU64,
}

impl Clock {
    /// Whether time has run out. On a busy machine a picture waits for the processor: what counts is the lesser of
    /// the time that passed and the processor time of all our threads, up to [`LONGEST_WAIT`] times the former.
    fn is_over(&self, allowed: Duration) -> bool {
        let passed = self.started.elapsed();
        if passed <= allowed {
            return false;
        }
        let worked = processor_time().zip(self.spent);
        let worked = worked.map_or(passed, |(now, then)| now.saturating_sub(then));
        worked > allowed || passed > allowed * LONGEST_WAIT
    }
}

/// Processor time of all threads of this process, in steps of 10 ms (proc(5), `utime` and `stime`; `USER_HZ` is
/// 100 on the processors that Kinora is built for). `None` on other systems than Linux.
fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Duration::from_millis((user + system) * 10))
}

impl<'a> Budget<'a> {
    /// A budget that starts now; `cancelled` is asked every few milliseconds, by this thread alone.
    pub fn new(limits: &Limits, cancelled: &'a dyn Fn() -> bool) -> Self {
        let allowed_ms = AtomicU64::new(limits.time.as_millis() as u64);
        let (started, spent) = (Instant::now(), processor_time());
        let clock = Arc::new(Clock { started, spent, allowed_ms });
        Self { limits: *limits, clock, cancelled }
    }

    /// The same budget for another thread, with a cancellation of its own.
    pub(super) fn shared(
        limits: Limits,
        clock: Arc<Clock>,
        cancelled: &'a dyn Fn() -> bool,
    ) -> Self {
        Self { limits, clock, cancelled }
    }

    /// The limits that it began with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// # Errors
    /// [`ReadError::Cancelled`] if the work was cancelled, [`ReadError::TooSlow`] if time has run out.
    pub fn check(&self) -> Result<(), ReadError> {
        if (self.cancelled)() {
            return Err(ReadError::Cancelled);
        }
        let allowed = Duration::from_millis(self.clock.allowed_ms.load(Ordering::Relaxed));
        if self.clock.is_over(allowed) {
            return Err(ReadError::TooSlow { limit: allowed });
        }
        Ok(())
    }

    /// Checks what a header claims, before anything is allocated, and gives large pictures more time.
    /// `memory` is the working memory of the decoder in bytes, its output included.
    ///
    /// # Errors
    /// If there are too many pixels, or they take too much memory.
    pub(super) fn admit(&self, size: Size, memory: u64) -> Result<(), ReadError> {
        self.limits.check(size, memory)?;
        self.allow(pixels(size) / 1_000_000 * MS_PER_MEGAPIXEL);
        Ok(())
    }

    /// Time that was spent on something else does not count.
    pub(super) fn allow(&self, more_ms: u64) {
        self.clock.allowed_ms.fetch_add(more_ms, Ordering::Relaxed);
    }

    /// The bytes, for a decoder that reads as it goes: it gets an error once the budget is spent.
    pub(super) fn watched<'b>(&'b self, bytes: &'b [u8]) -> Watched<'b> {
        Watched { bytes, at: 0, budget: self }
    }
}

/// Width by height.
pub(super) fn pixels(size: Size) -> u64 {
    u64::from(size.width) * u64::from(size.height)
}

/// Bytes in memory that stop coming once their budget is spent.
pub(super) struct Watched<'b> {
    bytes: &'b [u8],
    at: usize,
    budget: &'b Budget<'b>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let length = ready.len().min(buffer.len());
        buffer[..length].copy_from_slice(&ready[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Watched<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.budget.check().map_err(io::Error::other)?;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        Ok(&rest[..rest.len().min(STEP)])
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes;
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut cursor = io::Cursor::new(self.bytes);
        cursor.set_position(self.at as u64);
        let at = cursor.seek(to)?;
        self.at = usize::try_from(at).map_err(io::Error::other)?;
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn time_runs_out_and_large_pictures_get_more() {
        let never = || false;
        let limits = Limits { time: Duration::ZERO, ..Limits::default() };
        let budget = Budget::new(&limits, &never);
        std::thread::sleep(Duration::from_millis(2));
        let error = budget.check().unwrap_err();
        assert_eq!(error.to_string(), "the picture takes too long to decode: more than 0 s");
        budget.admit(Size { width: 10_000, height: 10_000 }, 0).unwrap();
        budget.check().unwrap();
    }

    #[test]
    fn what_others_take_of_the_processor_does_not_count() {
        let clock = |spent| Clock {
            started: Instant::now() - Duration::from_secs(3),
            spent,
            allowed_ms: AtomicU64::new(0),
        };
        let now = processor_time();
        if cfg!(target_os = "linux") {
            assert!(!clock(now).is_over(Duration::from_secs(1)), "three seconds of waiting");
        }
        let long_ago = now.map(|_| Duration::ZERO);
        assert!(clock(long_ago).is_over(Duration::from_millis(100)));
        assert!(clock(None).is_over(Duration::from_secs(1)));
    }

    #[test]
    fn a_reader_stops_when_it_is_told_to() {
        let asked = Cell::new(0);
        let cancelled = || asked.replace(asked.get() + 1) == 2;
        let budget = Budget::new(&Limits::default(), &cancelled);
        let mut read = Vec::new();
        let bytes = vec![7; 100_000];
        budget.watched(&bytes).read_to_end(&mut read).unwrap_err();
        assert!(!read.is_empty() && read.len() <= 2 * STEP, "{}", read.len());
    }
}
