//! One stream of sound out of one child.

use std::{
    io::Read,
    process::{ChildStderr, ChildStdout},
    thread::JoinHandle,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{AudioError, SAMPLE_RATE};
use crate::{
    Cancelled, VideoError,
    child::{Input, Running},
    feed::{Words, named},
    log,
    timeouts::{GivenUp, Timeouts},
};

/// Samples of one piece: half a second.
const PIECE: usize = SAMPLE_RATE as usize / 2;
/// Pieces that may wait for us.
const QUEUE: usize = 8;
/// Bytes of a sample as ffmpeg sends it.
const WIDTH: usize = size_of::<f32>();
/// A file whose clock jumps is filled up with silence; no recording is longer than this.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Result of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Samples that came.
    pub samples: u64,
    /// Damage of the file, as ffmpeg reported it, if not everything could be decoded as it was
    /// meant.
    pub damage: Option<String>,
}

impl Outcome {
    /// Duration of the samples.
    pub fn duration(&self) -> Duration {
        let nanos = u128::from(self.samples) * 1_000_000_000 / u128::from(SAMPLE_RATE);
        Duration::from_nanos(nanos as u64)
    }
}

/// A decode to start.
pub(super) struct Job<'a> {
    pub input: Input<'a>,
    pub duration: Option<Duration>,
    pub stream: usize,
}

/// Mono sound from time zero on, in pieces of at most half a second, each sample finite and within
/// -1 to 1. One child runs until the last piece or the drop.
pub struct Samples<'a> {
    running: Running,
    pieces: Option<Receiver<Vec<f32>>>,
    threads: Option<(JoinHandle<()>, JoinHandle<Words>)>,
    timeouts: Timeouts<'a>,
    outcome: Outcome,
    ended: bool,
}

impl<'a> Samples<'a> {
    pub(super) fn start(job: &Job<'a>, cancelled: Cancelled<'a>) -> Result<Self, AudioError> {
        let map = format!("0:a:{}", job.stream);
        // `first_pts` cuts or fills before time zero; `async=1` fills gaps without stretching.
        let chain = format!(
            "aresample={SAMPLE_RATE}:async=1:first_pts=0,\
             aformat=sample_fmts=flt:sample_rates={SAMPLE_RATE}:channel_layouts=mono"
        );
        let after = ["-map", &map, "-vn", "-sn", "-dn", "-af", &chain];
        let after = after.iter().chain(&["-c:a", "pcm_f32le", "-f", "f32le", "pipe:1"]);
        let after: Vec<String> = after.map(|word| (*word).to_owned()).collect();
        let mut running = Running::start(job.input, (&[], &after), true)?;
        let missing = || VideoError::Internal("a pipe of ffmpeg's is missing".into());
        let stdout = running.child.stdout.take().ok_or_else(missing)?;
        let stderr = running.child.stderr.take().ok_or_else(missing)?;
        let (sender, pieces) = bounded(QUEUE);
        let sound = named("audio-samples", move || read_pieces(stdout, &sender))?;
        let words = named("audio-words", move || read_words(stderr))?;
        Ok(Self {
            timeouts: Timeouts::new(job.input.limits, (job.duration, running.work), cancelled),
            running,
            pieces: Some(pieces),
            threads: Some((sound, words)),
            outcome: Outcome::default(),
            ended: false,
        })
    }

    /// Result of the stream; complete once the iterator has given `None`.
    pub fn outcome(&self) -> Outcome {
        self.outcome.clone()
    }

    fn pull(&mut self) -> Result<Option<Vec<f32>>, AudioError> {
        let Some(pieces) = &self.pieces else { return Ok(None) };
        let piece = self.timeouts.wait(pieces).map_err(|given_up| match given_up {
            GivenUp::Cancelled => VideoError::Cancelled.into(),
            GivenUp::TooSlow(waited) => self.too_slow(waited),
        })?;
        let Some(piece) = piece else { return self.close().map(|()| None) };
        self.outcome.samples += piece.len() as u64;
        if self.outcome.duration() > LONGEST {
            return Err(AudioError::TooLong { limit: LONGEST });
        }
        Ok(Some(piece))
    }

    fn too_slow(&self, waited: Duration) -> AudioError {
        AudioError::TooSlow { waited, decoded: self.outcome.duration() }
    }

    /// The child has closed its output: why?
    fn close(&mut self) -> Result<(), AudioError> {
        let status = self.running.wait(self.timeouts.deadline(), self.timeouts.cancelled);
        let status = status.map_err(|e| VideoError::Internal(e.to_string()))?;
        let words = self.join();
        let Some(status) = status else { return Err(self.too_slow(self.timeouts.waited)) };
        let said = words.grave.last().cloned().unwrap_or_else(|| "it said nothing".into());
        let end = (words.signal, said.as_str());
        if let Some(error) = self.running.untimely(status, end, self.timeouts.cancelled) {
            return Err(error.into());
        }
        if self.outcome.samples == 0 {
            return Err(undecodable(words, said));
        }
        self.outcome.damage = words.damage;
        Ok(())
    }

    fn join(&mut self) -> Words {
        // Whoever waits for room in the channel is let go.
        self.pieces = None;
        let Some((sound, words)) = self.threads.take() else { return Words::default() };
        let _ = sound.join();
        words.join().unwrap_or_default()
    }
}

impl Iterator for Samples<'_> {
    type Item = Result<Vec<f32>, AudioError>;

    /// After an error comes nothing.
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let piece = self.pull();
        self.ended = !matches!(piece, Ok(Some(_)));
        piece.transpose()
    }
}

impl Drop for Samples<'_> {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.running.child.kill();
        self.join();
    }
}

fn undecodable(words: Words, last: String) -> AudioError {
    let missing = ["no decoder found", "Decoder not found", "Decoding requested, but"];
    if words.grave.iter().any(|line| missing.iter().any(|part| line.contains(part))) {
        return VideoError::NoDecoder { said: last }.into();
    }
    AudioError::Undecodable { said: words.damage.unwrap_or(last) }
}

/// Cuts the output into pieces; the last one is as long as it is.
fn read_pieces(mut pipe: ChildStdout, pieces: &Sender<Vec<f32>>) {
    let mut bytes = Vec::with_capacity(PIECE * WIDTH);
    loop {
        bytes.clear();
        let read = pipe.by_ref().take((PIECE * WIDTH) as u64).read_to_end(&mut bytes);
        let piece: Vec<f32> = bytes.chunks_exact(WIDTH).map(sample).collect();
        let last = read.is_err() || piece.len() < PIECE;
        if !piece.is_empty() && pieces.send(piece).is_err() || last {
            return;
        }
    }
}

/// Files of floats may hold anything.
fn sample(bytes: &[u8]) -> f32 {
    let value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    if value.is_nan() { 0.0 } else { value.clamp(-1.0, 1.0) }
}

fn read_words(pipe: ChildStderr) -> Words {
    let mut words = Words::default();
    log::read_lines(pipe, |raw| words.take(&log::line(raw)));
    words
}
