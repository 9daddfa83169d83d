//! The sound of a span of a video, for films: 48 kHz, two channels, placed by the clock of the pictures.
//!
//! Gaps in the file's sound, and what it lacks before its first or after its last sample, are silence, so
//! that sample `n` always belongs to the moment `start + n / 48000`. One channel is heard on both sides at its
//! own level; more than two are mixed down as ffmpeg does (ITU-R BS.775). Memory: some tenths of a second.

use std::{
    io::Read,
    process::{ChildStderr, ChildStdout},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::{
    Cancelled, VideoError, VideoFile, VideoLimits,
    child::Running,
    feed::{Words, named},
    log, main_sound,
};

/// Samples a second of each channel.
pub const SOUND_RATE: u32 = 48_000;
/// Channels; their samples follow each other, left first.
pub const SOUND_CHANNELS: usize = 2;

/// Sought this much earlier: decoders need a run-up, and containers seek badly.
const LEAD: Duration = Duration::from_millis(500);
/// Bytes read at once, and how many such pieces may wait.
const PIECE: usize = 1 << 15;
const QUEUE: usize = 4;
/// Time between two polls for cancellation.
const TICK: Duration = Duration::from_millis(20);

/// Samples from a moment on, as many as are asked for.
pub struct Soundtrack<'a> {
    running: Running,
    pieces: Option<Receiver<Vec<u8>>>,
    threads: Option<(JoinHandle<()>, JoinHandle<Words>)>,
    limits: &'a VideoLimits,
    wall: Duration,
    waited: Duration,
    cancelled: Cancelled<'a>,
    /// Samples that came and were not read yet.
    rest: Vec<u8>,
    given: u64,
}

impl<'a> Soundtrack<'a> {
    pub(super) fn start(
        file: &'a VideoFile,
        from: Duration,
        cancelled: Cancelled<'a>,
    ) -> Result<Self, VideoError> {
        let tracks = &file.facts().audio;
        let track = main_sound(tracks).ok_or(VideoError::NoSound)?;
        let moment = format!("{:.6}", from.saturating_sub(LEAD).as_secs_f64());
        let seek = ["-ss", &moment, "-copyts", "-start_at_zero"].map(str::to_owned);
        let before = if from > LEAD { &seek[..] } else { &[] };
        let map = format!("0:a:{track}");
        let after = ["-map", &map, "-vn", "-af", &chain(tracks[track].channels, from)];
        let after = after.iter().chain(&["-c:a", "pcm_f32le", "-f", "f32le", "pipe:1"]);
        let after: Vec<String> = after.map(|word| (*word).to_owned()).collect();
        let limits = file.limits();
        let mut running = Running::start(file.input(), (before, &after), true)?;
        let missing = || VideoError::Internal("a pipe of ffmpeg's is missing".into());
        let stdout = running.child.stdout.take().ok_or_else(missing)?;
        let stderr = running.child.stderr.take().ok_or_else(missing)?;
        let (sender, pieces) = bounded(QUEUE);
        let samples = named("sound-samples", move || read_samples(stdout, &sender))?;
        let words = named("sound-words", move || read_words(stderr))?;
        Ok(Self {
            wall: limits.wall(file.facts().duration).min(running.work * 2),
            running,
            pieces: Some(pieces),
            threads: Some((samples, words)),
            limits,
            waited: Duration::ZERO,
            cancelled,
            rest: Vec::new(),
            given: 0,
        })
    }

    /// Fills `out` with the next samples, left and right in turn; silence after the end of the sound.
    ///
    /// # Errors
    /// If the decoder was too slow or died, or the work was cancelled.
    pub fn read(&mut self, out: &mut [f32]) -> Result<(), VideoError> {
        const BYTES: usize = size_of::<f32>();
        let mut filled = 0;
        while filled < out.len() {
            if self.rest.len() < BYTES {
                let Some(piece) = self.piece()? else { break };
                self.rest.extend_from_slice(&piece);
                continue;
            }
            let count = (self.rest.len() / BYTES).min(out.len() - filled);
            let samples = self.rest.chunks_exact(BYTES);
            for (out, bytes) in out[filled..filled + count].iter_mut().zip(samples) {
                let sample = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                // A damaged float would drown everything that it is mixed with.
                *out = if sample.is_finite() { sample } else { 0.0 };
            }
            self.rest.drain(..count * BYTES);
            filled += count;
        }
        self.given += filled as u64;
        out[filled..].fill(0.0);
        Ok(())
    }

    /// The next bytes; `None` at the end.
    fn piece(&mut self) -> Result<Option<Vec<u8>>, VideoError> {
        let Some(pieces) = &self.pieces else { return Ok(None) };
        let begun = Instant::now();
        loop {
            if (self.cancelled)() {
                return Err(VideoError::Cancelled);
            }
            match pieces.recv_timeout(TICK) {
                Ok(piece) => {
                    self.waited += begun.elapsed();
                    return Ok(Some(piece));
                }
                Err(RecvTimeoutError::Disconnected) => return self.close().map(|()| None),
                Err(RecvTimeoutError::Timeout) => {
                    let waited = self.waited + begun.elapsed();
                    if begun.elapsed() >= self.limits.silence || waited >= self.wall {
                        return Err(VideoError::TooSlow { waited, frames: 0 });
                    }
                }
            }
        }
    }

    /// The child has closed its output: what could be decoded has come, unless it could decode nothing.
    fn close(&mut self) -> Result<(), VideoError> {
        let deadline = Instant::now() + self.limits.silence;
        let status = self.running.wait(deadline, self.cancelled);
        let status = status.map_err(|e| VideoError::Internal(e.to_string()))?;
        let words = self.join();
        let Some(status) = status else {
            return Err(VideoError::TooSlow { waited: self.waited, frames: 0 });
        };
        let said = words.damage.unwrap_or_else(|| "it said nothing".into());
        if let Some(error) = self.running.untimely(status, (words.signal, &said), self.cancelled) {
            return Err(error);
        }
        if !status.success() && self.given == 0 {
            return Err(VideoError::SilentSound { said });
        }
        Ok(())
    }

    fn join(&mut self) -> Words {
        // Whoever waits for room in the channel is let go.
        self.pieces = None;
        let Some((samples, words)) = self.threads.take() else { return Words::default() };
        let _ = samples.join();
        words.join().unwrap_or_default()
    }
}

impl Drop for Soundtrack<'_> {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.running.child.kill();
        self.join();
    }
}

/// One channel is laid on both sides (ffmpeg would take 3 dB off); the first sample is that of `from`,
/// whatever the file's sound begins with. The rate is changed before, as ffmpeg counts what it drops and fills
/// in at the rate that comes in.
fn chain(channels: u32, from: Duration) -> String {
    let both = if channels == 1 { "pan=stereo|c0=c0|c1=c0," } else { "" };
    let first = (from.as_nanos() * u128::from(SOUND_RATE) + 500_000_000) / 1_000_000_000;
    format!(
        "{both}aresample={SOUND_RATE},aresample={SOUND_RATE}:async=1:min_comp=0.00001:min_hard_comp=0.1:first_pts={first},\
         aformat=sample_fmts=flt:channel_layouts=stereo"
    )
}

fn read_samples(mut pipe: ChildStdout, pieces: &Sender<Vec<u8>>) {
    loop {
        let mut piece = vec![0; PIECE];
        match pipe.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(count) => piece.truncate(count),
        }
        if pieces.send(piece).is_err() {
            return;
        }
    }
}

fn read_words(pipe: ChildStderr) -> Words {
    let mut words = Words::default();
    log::read_lines(pipe, |raw| words.take(&log::line(raw)));
    words
}
