//! Raw frames and their times, out of one child.
//!
//! Pixels come through standard output, times through `showinfo` on the error stream: raw video has
//! none of its own. The filter reports a frame before its pixels leave, so the n-th report belongs to the
//! n-th frame. Two threads read, `video-pixels` and `video-words`; at most [`QUEUE`] frames wait.

use std::{
    collections::VecDeque,
    io::Read,
    process::{ChildStderr, ChildStdout},
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{
    Cancelled, VideoError, VideoLimits,
    child::{Input, Running},
    filter::Chain,
    log::{self, ShowInfo},
    probe::{is_grave, undecodable},
    timeouts::{GivenUp, Timeouts},
};
/// Frames that may wait for us.
const QUEUE: usize = 3;
/// Reports that may wait for their frames. ffmpeg holds tens of frames between the filter and the
/// pipe; if this were ever full, both sides would wait for each other until the limit on silence.
const REPORTS: usize = 4096;
/// Most lines of errors that are kept.
const KEPT_WORDS: usize = 20;

/// Result of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Frames that came.
    pub frames: u64,
    /// End of the last frame.
    pub end: Duration,
    /// Whether the time between frames varies by more than rounding.
    pub variable: bool,
    /// Damage of the file, as ffmpeg reported it, if not everything could be decoded as it was
    /// meant. Frames that came may show the damage.
    pub damage: Option<String>,
}

/// When a frame is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    at: Option<Duration>,
    duration: Duration,
}

/// Messages of ffmpeg besides times.
#[derive(Default)]
pub(crate) struct Words {
    pub damage: Option<String>,
    pub grave: Vec<String>,
    /// Signal that ended ffmpeg, as it reported.
    pub signal: Option<i32>,
}

/// One running decode.
pub(super) struct Feed<'a> {
    running: Running,
    pixels: Option<Receiver<Vec<u8>>>,
    stamps: Option<Receiver<Stamp>>,
    threads: Option<(JoinHandle<()>, JoinHandle<Words>)>,
    limits: &'a VideoLimits,
    timeouts: Timeouts<'a>,
    rhythm: Rhythm,
    outcome: Outcome,
    last: Option<Duration>,
    /// Frames that came and were given back.
    back: VecDeque<Raw>,
    ended: bool,
}

/// When a frame is shown, and its bytes.
pub(super) type Raw = (Duration, Vec<u8>);

impl<'a> Feed<'a> {
    /// `duration` is what the file claims, for the limit on time; `before` are options of the input.
    ///
    /// # Errors
    /// As [`Running::start`], and a file that cannot be decoded.
    pub(crate) fn start(
        input: Input<'a>,
        duration: Option<Duration>,
        before: &[String],
        chain: &Chain,
        cancelled: Cancelled<'a>,
    ) -> Result<Self, VideoError> {
        let after = ["-fps_mode", "passthrough", "-c:v", "rawvideo", "-f", "rawvideo", "pipe:1"];
        let after = [chain.options(), after.map(str::to_owned).to_vec()].concat();
        let mut running = Running::start(input, (before, &after), true)?;
        let missing = || VideoError::Internal("a pipe of ffmpeg's is missing".into());
        let stdout = running.child.stdout.take().ok_or_else(missing)?;
        let stderr = running.child.stderr.take().ok_or_else(missing)?;
        let (pixel_sender, pixels) = bounded(QUEUE);
        let (stamp_sender, stamps) = bounded(REPORTS);
        let bytes = chain.pixels.bytes(chain.size);
        let pixel_thread =
            named("video-pixels", move || read_pixels(stdout, bytes, &pixel_sender))?;
        let word_thread = named("video-words", move || read_words(stderr, &stamp_sender))?;
        Ok(Self {
            timeouts: Timeouts::new(input.limits, (duration, running.work), cancelled),
            running,
            pixels: Some(pixels),
            stamps: Some(stamps),
            threads: Some((pixel_thread, word_thread)),
            limits: input.limits,
            rhythm: Rhythm::default(),
            outcome: Outcome::default(),
            last: None,
            back: VecDeque::new(),
            ended: false,
        })
    }

    /// The next frame and when it is shown; never before the one that came last.
    ///
    /// # Errors
    /// If the child was too slow or died, the frames break off, or the work was cancelled.
    pub(crate) fn next(&mut self) -> Result<Option<Raw>, VideoError> {
        if let Some(frame) = self.back.pop_front() {
            return Ok(Some(frame));
        }
        if self.ended {
            return Ok(None);
        }
        let next = self.pull();
        if !matches!(next, Ok(Some(_))) {
            self.ended = true;
        }
        next
    }

    /// Puts frames back; they are the next ones.
    pub(crate) fn give_back(&mut self, frames: impl IntoIterator<Item = Raw>) {
        self.back.extend(frames);
    }

    fn pull(&mut self) -> Result<Option<Raw>, VideoError> {
        if self.outcome.frames >= self.limits.frames {
            return Err(VideoError::TooManyFrames { limit: self.limits.frames });
        }
        let Some(pixels) = self.wait(&self.pixels.clone())? else {
            return self.close().map(|()| None);
        };
        let Some(stamp) = self.wait(&self.stamps.clone())? else { return self.timeless() };
        let at = stamp.at.unwrap_or(self.outcome.end);
        let at = self.last.map_or(at, |last| at.max(last));
        if let Some(last) = self.last {
            self.rhythm.beat(at - last);
        }
        self.last = Some(at);
        self.outcome.frames += 1;
        self.outcome.end = at + stamp.duration;
        Ok(Some((at, pixels)))
    }

    /// A frame of which nothing was said, as of a file that is so damaged that ffmpeg ends in the middle of it: it is
    /// left out, and what came before it stands.
    fn timeless(&mut self) -> Result<Option<Raw>, VideoError> {
        let said = "a frame came without its time".to_owned();
        self.close()?;
        let said = self.outcome.damage.get_or_insert(said);
        if self.outcome.frames == 0 {
            return Err(VideoError::Undecodable { said: said.clone() });
        }
        Ok(None)
    }

    /// Result of the stream; complete once [`Feed::next`] has given `None`.
    pub(crate) fn outcome(&self) -> Outcome {
        Outcome { variable: self.rhythm.varies(), ..self.outcome.clone() }
    }

    /// `None` once the other end is closed.
    fn wait<T>(&mut self, channel: &Option<Receiver<T>>) -> Result<Option<T>, VideoError> {
        let Some(channel) = channel else { return Ok(None) };
        self.timeouts.wait(channel).map_err(|given_up| match given_up {
            GivenUp::Cancelled => VideoError::Cancelled,
            GivenUp::TooSlow(waited) => self.too_slow(waited),
        })
    }

    fn too_slow(&self, waited: Duration) -> VideoError {
        if waited >= self.running.work * 2 {
            return VideoError::TooMuchWork { limit: self.running.work };
        }
        VideoError::TooSlow { waited, frames: self.outcome.frames }
    }

    /// The child has closed its output: why?
    fn close(&mut self) -> Result<(), VideoError> {
        let status = self.running.wait(self.timeouts.deadline(), self.timeouts.cancelled);
        let status = status.map_err(|e| VideoError::Internal(e.to_string()))?;
        let words = self.join();
        let Some(status) = status else {
            return Err(self.too_slow(self.timeouts.waited));
        };
        let said = words.grave.last().map_or("it said nothing", String::as_str);
        let end = (words.signal, said);
        if let Some(error) = self.running.untimely(status, end, self.timeouts.cancelled) {
            return Err(error);
        }
        if !status.success() && self.outcome.frames == 0 {
            return Err(undecodable(&words.grave, words.damage, self.limits));
        }
        self.outcome.damage = words.damage;
        Ok(())
    }

    fn join(&mut self) -> Words {
        // Whoever waits for room in a channel is let go.
        self.pixels = None;
        self.stamps = None;
        let Some((pixels, words)) = self.threads.take() else { return Words::default() };
        let _ = pixels.join();
        words.join().unwrap_or_default()
    }
}

impl Drop for Feed<'_> {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.running.child.kill();
        self.join();
    }
}

pub(crate) fn named<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, VideoError> {
    let spawned = thread::Builder::new().name(name.into()).spawn(work);
    spawned.map_err(|e| VideoError::Internal(e.to_string()))
}

/// Cuts the output into frames; what remains of a last one is dropped.
fn read_pixels(mut pipe: ChildStdout, bytes: usize, frames: &Sender<Vec<u8>>) {
    loop {
        let mut frame = vec![0; bytes];
        if pipe.read_exact(&mut frame).is_err() || frames.send(frame).is_err() {
            return;
        }
    }
}

fn read_words(pipe: ChildStderr, stamps: &Sender<Stamp>) -> Words {
    let (mut words, mut base) = (Words::default(), (1, 1_000_000));
    log::read_lines(pipe, |raw| {
        let line = log::line(raw);
        match line.showinfo() {
            Some(ShowInfo::TimeBase(num, den)) => base = (num, den),
            Some(ShowInfo::Frame(shown)) => {
                let time = |units: i64| seconds(units, base);
                // Nobody listens once the stream has been given up; the pipe is still emptied.
                let _ =
                    stamps.send(Stamp { at: shown.pts.map(time), duration: time(shown.duration) });
            }
            Some(ShowInfo::Colours(..)) => {}
            None => words.take(&line),
        }
    });
    words
}

impl Words {
    pub(crate) fn take(&mut self, line: &log::Line) {
        self.signal = self.signal.or_else(|| line.signal());
        if self.damage.is_none() && line.is_damage() {
            self.damage = Some(line.text.trim().to_owned());
        }
        if is_grave(line) && self.grave.len() < KEPT_WORDS {
            self.grave.push(line.text.trim().to_owned());
        }
    }
}

/// Exact to the nanosecond; times before the start of the presentation are its start.
fn seconds(units: i64, (num, den): (i64, i64)) -> Duration {
    let nanos = (i128::from(units) * i128::from(num)).saturating_mul(1_000_000_000)
        / i128::from(den.max(1));
    Duration::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
}

/// Tells an even beat, rounded to the container's clock, from an uneven one.
#[derive(Default)]
struct Rhythm {
    beats: u64,
    shortest: Duration,
    longest: Duration,
}

impl Rhythm {
    fn beat(&mut self, length: Duration) {
        self.shortest = if self.beats == 0 { length } else { self.shortest.min(length) };
        self.longest = self.longest.max(length);
        self.beats += 1;
    }

    fn varies(&self) -> bool {
        // Containers that count in milliseconds are off by one either way.
        let rounding = Duration::from_micros(2100).max(self.longest / 20);
        self.beats > 1 && self.longest - self.shortest > rounding
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_and_never_negative() {
        assert_eq!(seconds(1001, (1, 24000)), Duration::from_nanos(41_708_333));
        assert_eq!(seconds(-5, (1, 25)), Duration::ZERO);
        assert_eq!(seconds(i64::MAX, (i64::MAX, 1)), Duration::from_nanos(u64::MAX));
        assert_eq!(seconds(90_000 * 36_000, (1, 90_000)), Duration::from_secs(36_000));
    }

    #[test]
    fn rounding_is_no_variable_rate() {
        let beats = |list: &[u64]| {
            let mut rhythm = Rhythm::default();
            list.iter().for_each(|&ms| rhythm.beat(Duration::from_millis(ms)));
            rhythm.varies()
        };
        assert!(!beats(&[41, 42, 42, 41]));
        assert!(!beats(&[40]));
        assert!(beats(&[41, 42, 83]));
    }
}
