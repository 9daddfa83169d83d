//! Stretches of speech to windows of at most 30 s that Whisper hears at once.
//!
//! The encoder takes as long for one second as for thirty, so neighbouring stretches share a window. The
//! silence between them stays if it is short; a longer one is left out, and [`Window::moment`] knows
//! where each part lies in the recording.
//!
//! Memory: the sound from the last window's end on, at most about a minute.

use std::ops::Range;

use kinora_inference::InferenceError;

use super::{
    mel::WINDOW,
    stretch::Stretches,
    vad::{FRAME, Memory, Vad},
};

/// Frames that the detector takes at once: about a second.
const BLOCK: usize = 32 * FRAME;
/// Sound around each stretch that goes along, 0.2 s: the detector is late by a frame or two.
pub(super) const MARGIN: u64 = 3200;
/// A silence up to this stays as it is: 1 s.
const SHORT_SILENCE: u64 = 16_000;
/// Stretches further apart than this never share a window: 8 s.
const APART: u64 = 8 * 16_000;

/// A stretch of speech inside a window.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    /// First sample in the window.
    offset: usize,
    /// Samples in the recording.
    range: Range<u64>,
}

/// Some seconds of sound with the speech in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Window {
    /// At most 30 s.
    pub samples: Vec<f32>,
    parts: Vec<Part>,
}

impl Window {
    /// Where the samples `range` of the window lie in the recording: in the part that they share most
    /// with, cut to it. A word never lasts from one part into the next.
    pub(super) fn moment(&self, range: Range<usize>) -> Range<u64> {
        let end = |part: &Part| part.offset + (part.range.end - part.range.start) as usize;
        let shared = |part: &&Part| {
            let (from, to) = (range.start.max(part.offset), range.end.min(end(part)));
            to as isize - from as isize
        };
        // The first of the best: `max_by_key` would take the last.
        let Some(part) = self.parts.iter().rev().max_by_key(shared) else { return 0..0 };
        let place =
            |at: usize| part.range.start + (at.clamp(part.offset, end(part)) - part.offset) as u64;
        place(range.start)..place(range.end)
    }

    /// Two windows, cut between the parts nearest to the middle; `None` if there is one part only.
    pub(super) fn halves(&self) -> Option<(Self, Self)> {
        let middle = self.samples.len() / 2;
        let cut = (1..self.parts.len()).min_by_key(|i| self.parts[*i].offset.abs_diff(middle))?;
        let (first, second) = self.parts.split_at(cut);
        let at = second[0].offset;
        let moved = second.iter().map(|p| Part { offset: p.offset - at, range: p.range.clone() });
        let (before, behind) = self.samples.split_at(at);
        let before = Self { samples: before.to_vec(), parts: first.to_vec() };
        Some((before, Self { samples: behind.to_vec(), parts: moved.collect() }))
    }

    /// The window after its first `from` samples; `None` if there is no speech in it.
    pub(super) fn behind(&self, from: usize) -> Option<Self> {
        let mut parts = Vec::new();
        for part in &self.parts {
            let cut = from.saturating_sub(part.offset) as u64;
            if part.range.start + cut < part.range.end {
                let range = part.range.start + cut..part.range.end;
                parts.push(Part { offset: part.offset.saturating_sub(from), range });
            }
        }
        let samples = self.samples.get(from..)?.to_vec();
        (!parts.is_empty()).then_some(Self { samples, parts })
    }

    /// A window of the samples `range` of the recording, which lie in one part; `None` if they do not.
    pub(super) fn slice(&self, range: &Range<u64>) -> Option<Self> {
        let holds = |part: &&Part| part.range.start <= range.start && range.end <= part.range.end;
        let part = self.parts.iter().find(holds)?;
        let place = |at: u64| part.offset + (at - part.range.start) as usize;
        let samples = self.samples.get(place(range.start)..place(range.end))?.to_vec();
        Some(Self { samples, parts: vec![Part { offset: 0, range: range.clone() }] })
    }

    /// The stretches of speech in it, in samples of the recording, with the margins around them.
    pub(super) fn stretches(&self) -> impl Iterator<Item = Range<u64>> {
        self.parts.iter().map(|part| part.range.clone())
    }

    /// Samples of speech.
    pub(super) fn spoken(&self) -> u64 {
        self.parts.iter().map(|part| part.range.end - part.range.start).sum()
    }

    fn ends(&self) -> Option<u64> {
        self.parts.last().map(|part| part.range.end)
    }
}

/// Turns a recording into windows as it comes in.
pub(super) struct Windows<'a> {
    vad: &'a Vad,
    memory: Memory,
    stretches: Stretches,
    /// Sound that may still be needed; its first sample is number `dropped` of the recording.
    sound: Vec<f32>,
    dropped: u64,
    /// Samples that the detector has heard.
    heard: u64,
    /// Samples of the recording, once they are known.
    length: Option<u64>,
    window: Window,
}

impl<'a> Windows<'a> {
    /// Windows before the first sample.
    ///
    /// # Errors
    /// If the detector cannot be started.
    pub(super) fn new(vad: &'a Vad) -> Result<Self, InferenceError> {
        let (sound, window) = (Vec::new(), Window::default());
        let (memory, stretches) = (Memory::new()?, Stretches::default());
        Ok(Self { vad, memory, stretches, sound, dropped: 0, heard: 0, length: None, window })
    }

    /// Takes the next samples; hands out windows that are full.
    ///
    /// # Errors
    /// If the detector fails.
    pub(super) fn push(&mut self, samples: &[f32]) -> Result<Vec<Window>, InferenceError> {
        if samples.iter().any(|sample| !sample.is_finite()) {
            return Err(InferenceError::Input("a sample is not a number".into()));
        }
        let mut full = Vec::new();
        for samples in samples.chunks(BLOCK) {
            self.sound.extend_from_slice(samples);
            while self.unheard() >= BLOCK {
                full.extend(self.listen(BLOCK)?);
            }
        }
        Ok(full)
    }

    /// The windows that the end of the recording ends.
    ///
    /// # Errors
    /// If the detector fails.
    pub(super) fn finish(mut self) -> Result<Vec<Window>, InferenceError> {
        let (length, rest) = (self.end(), self.unheard().next_multiple_of(FRAME));
        // The detector hears whole frames; what is added to fill the last one is no sound.
        self.length = Some(length);
        self.sound.resize(self.sound.len() - self.unheard() + rest, 0.0);
        let mut full = self.listen(rest)?;
        if let Some(stretch) = self.stretches.finish() {
            full.extend(self.take(stretch, length));
        }
        full.extend(self.flush());
        Ok(full)
    }

    fn end(&self) -> u64 {
        self.dropped + self.sound.len() as u64
    }

    fn unheard(&self) -> usize {
        (self.end() - self.heard) as usize
    }

    /// Lets the detector hear the next `count` samples.
    fn listen(&mut self, count: usize) -> Result<Vec<Window>, InferenceError> {
        let start = (self.heard - self.dropped) as usize;
        let block = &self.sound[start..start + count];
        let probabilities = self.vad.listen(&mut self.memory, block)?;
        self.heard += count as u64;
        let (mut full, end) = (Vec::new(), self.length.unwrap_or(self.end()));
        for probability in probabilities {
            if let Some(stretch) = self.stretches.push(probability) {
                full.extend(self.take(stretch, end));
            }
        }
        full.extend(self.forget());
        Ok(full)
    }

    /// Puts a stretch, in frames, into the window; hands out the window before if it does not fit.
    fn take(&mut self, stretch: Range<u64>, end: u64) -> Option<Window> {
        let frame = FRAME as u64;
        let before = self.window.ends();
        let start = (stretch.start * frame).saturating_sub(MARGIN);
        let range = start.max(self.dropped).max(before.unwrap_or(0))
            ..(stretch.end * frame + MARGIN).min(end).max(start);
        let silence = before.map_or(0, |before| range.start - before);
        let kept = if silence <= SHORT_SILENCE { silence } else { 0 };
        let more = (range.end - range.start + kept) as usize;
        let fits = self.window.samples.len() + more <= WINDOW;
        let full = if silence <= APART && fits { None } else { self.flush() };
        let led = if full.is_some() { 0 } else { kept };
        self.append(range.start - led..range.start);
        let offset = self.window.samples.len();
        self.append(range.clone());
        self.window.parts.push(Part { offset, range });
        full
    }

    fn append(&mut self, range: Range<u64>) {
        let at = |sample: u64| (sample - self.dropped) as usize;
        let room = WINDOW - self.window.samples.len();
        let sound = &self.sound[at(range.start)..at(range.end)];
        self.window.samples.extend_from_slice(&sound[..sound.len().min(room)]);
    }

    fn flush(&mut self) -> Option<Window> {
        let window = std::mem::take(&mut self.window);
        (!window.parts.is_empty()).then_some(window)
    }

    /// Drops sound that is no longer needed, and the window too if nothing can be added to it.
    fn forget(&mut self) -> Option<Window> {
        let needed = (self.stretches.needed_from() * FRAME as u64).saturating_sub(MARGIN);
        let ends = self.window.ends();
        let full = if ends.is_some_and(|end| end + APART < needed) { self.flush() } else { None };
        let kept = self.window.ends().filter(|end| end + SHORT_SILENCE >= needed);
        let from = needed.min(kept.unwrap_or(needed)).max(self.dropped);
        self.sound.drain(..(from - self.dropped) as usize);
        self.dropped = from;
        full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_lie_in_their_part() {
        let part = |offset, range| Part { offset, range };
        let window = Window {
            samples: vec![0.0; 400],
            parts: vec![part(0, 1000..1100), part(150, 1150..1250), part(250, 9000..9150)],
        };
        for (range, expected) in [
            (10..20, 1010..1020),
            (90..120, 1090..1100),
            (110..140, 1100..1100),
            (140..200, 1150..1200),
            (200..260, 1200..1250),
            (240..300, 9000..9050),
            (390..480, 9140..9150),
        ] {
            assert_eq!(window.moment(range.clone()), expected, "{range:?}");
        }
        assert_eq!(window.spoken(), 350);
        let (first, second) = window.halves().unwrap();
        assert_eq!((first.spoken(), second.spoken()), (100, 250));
        assert_eq!(second.moment(90..110), window.moment(240..260));
        assert_eq!(first.halves(), None);
        assert_eq!(window.behind(150), Some(second));
        let rest = window.behind(60).unwrap();
        assert_eq!(rest.stretches().collect::<Vec<_>>(), [1060..1100, 1150..1250, 9000..9150]);
        assert_eq!(rest.moment(90..110), window.moment(150..170));
        assert_eq!(window.behind(400), None);
        let slice = window.slice(&(9010..9050)).unwrap();
        assert_eq!((slice.samples.len(), slice.moment(5..10)), (40, 9015..9020));
        assert_eq!(window.slice(&(1090..1160)), None);
    }
}
