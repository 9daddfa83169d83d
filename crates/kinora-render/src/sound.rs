//! The sound of a film on its way to the encoder: a file of samples that is removed after use.
//!
//! A film is encoded in one go, and ffmpeg reads one pipe that is the same on every system: so the sound is
//! mixed first, into a file beside the film (`aside.rs`), 192 KB a second. A look-ahead limiter keeps peaks under the
//! ceiling without a click; the rest passes unchanged. Memory: the limiter's 10 ms.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use super::{
    RenderError,
    aside::{Aside, Kind, sweep},
};

/// Highest magnitude that leaves, of 1: a lossy codec adds a little.
const CEILING: f32 = 0.97;
/// Look-ahead of the limiter in frames, 10 ms at 48 kHz; its gain falls over that time.
const AHEAD: usize = 480;
/// Rise of the gain a frame after a peak: from 0 to 1 in half a second.
const RELEASE: f32 = 1.0 / 24_000.0;
const CHANNELS: usize = 2;

/// Sound being written: 48 kHz, two channels, 16 bit. Removed when it is dropped.
pub struct SoundFile {
    out: BufWriter<File>,
    aside: Aside,
    limiter: Limiter,
    frames: u64,
}

impl SoundFile {
    /// Opens it beside `film`.
    ///
    /// # Errors
    /// If the folder is missing or cannot be written.
    pub fn create(film: &Path) -> Result<Self, RenderError> {
        sweep(film);
        let failed = |source| failed(source, film);
        let aside = Aside::create(film, Kind::Sound).map_err(failed)?;
        let out = BufWriter::new(aside.file().try_clone().map_err(failed)?);
        Ok(Self { out, aside, limiter: Limiter::default(), frames: 0 })
    }

    /// Takes the next samples, left and right in turn, 1 being full scale.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn push(&mut self, samples: &[f32]) -> Result<(), RenderError> {
        for pair in samples.chunks_exact(CHANNELS) {
            if let Some(pair) = self.limiter.push([pair[0], pair[1]]) {
                self.write(pair)?;
            }
        }
        Ok(())
    }

    /// Brings the last samples to the file, which then holds all that was pushed.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn finish(&mut self) -> Result<(), RenderError> {
        while let Some(pair) = self.limiter.drain() {
            self.write(pair)?;
        }
        self.out.flush().map_err(|source| failed(source, self.path()))
    }

    /// Pairs of samples written.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    pub(super) fn path(&self) -> &Path {
        self.aside.path()
    }

    fn write(&mut self, pair: [f32; CHANNELS]) -> Result<(), RenderError> {
        self.frames += 1;
        for sample in pair {
            let level = (sample * 32_767.0).round() as i16;
            let written = self.out.write_all(&level.to_le_bytes());
            written.map_err(|source| failed(source, self.path()))?;
        }
        Ok(())
    }
}

fn failed(source: io::Error, path: &Path) -> RenderError {
    if source.kind() == io::ErrorKind::StorageFull {
        return RenderError::DiskFull(path.to_owned());
    }
    RenderError::Io { action: "cannot write the film's sound", source, path: path.to_owned() }
}

/// Keeps every sample under the ceiling: the gain at a frame is the mean over the frames before it of the
/// least that any frame within reach allows, so that it is down in time and moves slowly.
#[derive(Default)]
struct Limiter {
    waiting: VecDeque<[f32; CHANNELS]>,
    /// Gain that each waiting frame allows, and how many of them are too loud.
    allowed: VecDeque<f32>,
    loud: usize,
    /// The last [`AHEAD`] held gains, and how many of them are below 1.
    held: VecDeque<f32>,
    lowered: usize,
}

impl Limiter {
    /// Takes a frame; gives the one that is [`AHEAD`] frames older.
    fn push(&mut self, pair: [f32; CHANNELS]) -> Option<[f32; CHANNELS]> {
        let peak = pair[0].abs().max(pair[1].abs());
        self.waiting.push_back(pair);
        self.loud += usize::from(peak > CEILING);
        self.allowed.push_back(if peak > CEILING { CEILING / peak } else { 1.0 });
        if self.waiting.len() > AHEAD { self.drain() } else { None }
    }

    /// The oldest frame, turned down if it must be.
    fn drain(&mut self) -> Option<[f32; CHANNELS]> {
        let pair = self.waiting.pop_front()?;
        // Most sound is quiet enough: then nothing is searched.
        let quiet = self.loud == 0;
        let least = if quiet { 1.0 } else { self.allowed.iter().copied().fold(1.0, f32::min) };
        self.loud -= usize::from(self.allowed.pop_front().is_some_and(|gain| gain < 1.0));
        let risen = self.held.back().map_or(1.0, |last| (last + RELEASE).min(1.0));
        self.held.push_back(least.min(risen));
        self.lowered += usize::from(least.min(risen) < 1.0);
        if self.held.len() > AHEAD {
            self.lowered -= usize::from(self.held.pop_front().is_some_and(|gain| gain < 1.0));
        }
        if self.lowered == 0 {
            return Some(pair);
        }
        let smooth = self.held.iter().sum::<f32>() / self.held.len() as f32;
        Some(pair.map(|sample| (sample * smooth).clamp(-CEILING, CEILING)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(samples: &[f32]) -> Vec<f32> {
        let mut limiter = Limiter::default();
        let mut out: Vec<f32> = Vec::new();
        for &sample in samples {
            out.extend(limiter.push([sample, -sample]).map(|pair| pair[0]));
        }
        while let Some(pair) = limiter.drain() {
            out.push(pair[0]);
        }
        out
    }

    fn tone(level: impl Fn(usize) -> f32) -> Vec<f32> {
        (0..48_000).map(|i| level(i) * (i as f32 * 0.0571).sin()).collect()
    }

    #[test]
    fn what_is_not_too_loud_passes_untouched() {
        let quiet = tone(|_| 0.96);
        assert_eq!(limited(&quiet), quiet);
    }

    #[test]
    fn what_is_too_loud_is_turned_down_in_time_and_without_a_step() {
        let loud = tone(|i| if (20_000..24_000).contains(&i) { 1.8 } else { 0.5 });
        let out = limited(&loud);
        assert_eq!(out.len(), loud.len());
        assert!(out.iter().all(|sample| sample.abs() <= CEILING));
        // The gain, where it can be told, changes by less than a hundredth between neighbours.
        let gains: Vec<(usize, f32)> = loud
            .iter()
            .zip(&out)
            .enumerate()
            .filter(|(_, (from, _))| from.abs() > 0.3)
            .map(|(i, (from, to))| (i, to / from))
            .collect();
        for pair in gains.windows(2).filter(|pair| pair[1].0 == pair[0].0 + 1) {
            assert!((pair[1].1 - pair[0].1).abs() < 0.01, "{pair:?}");
        }
        assert_eq!(out[..19_000], loud[..19_000]);
        assert!((out[47_990] - loud[47_990]).abs() < 0.2 * loud[47_990].abs().max(0.05));
    }

    #[test]
    fn a_file_holds_what_was_pushed_and_goes_with_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let mut sound = SoundFile::create(&folder.path().join("film.mp4")).unwrap();
        sound.push(&[0.5; 2000]).unwrap();
        sound.finish().unwrap();
        let bytes = std::fs::read(sound.path()).unwrap();
        assert_eq!((bytes.len(), sound.frames()), (4000, 1000));
        assert_eq!(i16::from_le_bytes([bytes[0], bytes[1]]), 16_384);
        drop(sound);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let nowhere = SoundFile::create(Path::new("/nowhere/film.mp4"));
        assert!(matches!(nowhere, Err(RenderError::Io { .. })));
    }
}
