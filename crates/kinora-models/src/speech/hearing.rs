//! Windows to segments: what is doubtful is tried again, and what stays so says so.
//!
//! A window is heard from its start on as far as the model is certain, and again from there. What is doubtful is
//! heard in halves, then at other temperatures; the best guess stays with its low confidence. Stretches that
//! the detector calls speech and no word falls into are heard by themselves once more, and are handed out as
//! segments without text if nothing comes of it.
//!
//! Memory: one window, its pieces and its segments.

use std::ops::Range;

use kinora_inference::{InferenceError, SAMPLE_RATE, SpeechSegment};
use kinora_types::{Control, TimeRange};

use super::{
    Networks, cues, segments,
    transcript::{self, Heard, Impression, TEMPERATURES, Transcript, transcribe},
    vocabulary::Token,
    window::{MARGIN, Window},
};

/// Probability of a language from which on a window speaks for itself.
const SURE_LANGUAGE: f32 = 0.6;
/// Shortest rest of a window in samples that is decoded again: 0.4 s.
const REST: usize = 6400;
/// Stretches without a word are heard again from this length on: 1.5 s.
const AGAIN: u64 = segments::BREATH;

/// State of a recording while it is transcribed.
pub(super) struct Hearing<'a> {
    pub networks: &'a Networks,
    pub control: &'a Control,
    /// The language, if it is given.
    pub given: Option<(Token, String)>,
    /// Samples of speech in each language, weighed by their probability.
    pub spoken: Vec<f32>,
    /// Where the last segment ended, in milliseconds.
    pub ended: u64,
    pub segment: &'a mut dyn FnMut(SpeechSegment),
}

/// A gap with the margins of the stretches where it reaches their ends; words beside it are not heard again.
fn widened(gap: &Range<u64>, stretches: &[Range<u64>]) -> Range<u64> {
    let begins = stretches.iter().find(|stretch| stretch.start + MARGIN == gap.start);
    let ends = stretches.iter().find(|stretch| stretch.end == gap.end + MARGIN);
    begins.map_or(gap.start, |stretch| stretch.start)..ends.map_or(gap.end, |stretch| stretch.end)
}

/// Segments, and how many samples of the window they cover.
type Part = (Vec<SpeechSegment>, usize);

impl Hearing<'_> {
    /// Hears a window and hands out its segments, in order and apart from those before.
    ///
    /// # Errors
    /// If a graph fails, or `control` was cancelled.
    pub(super) fn window(&mut self, window: &Window) -> Result<(), InferenceError> {
        let stretches: Vec<_> = window.stretches().collect();
        let Some((first, last)) = stretches.first().zip(stretches.last()) else { return Ok(()) };
        let ms = |samples: u64| samples * 1000 / u64::from(SAMPLE_RATE);
        let start = self.ended.max(ms(first.start));
        let bounds =
            TimeRange::new(start, ms(last.end).max(start)).unwrap_or(TimeRange::point(start));
        let mut heard = cues::tidy(self.parts(window)?, bounds);
        for gap in cues::gaps(&stretches, &heard) {
            // What the window holds besides would have to make the difference.
            let alone = gap.end - gap.start + AGAIN / 2 >= window.samples.len() as u64;
            if gap.end - gap.start >= AGAIN
                && !alone
                && let Some(piece) = window.slice(&widened(&gap, &stretches))
            {
                heard.extend(self.parts(&piece)?);
            }
        }
        let mut heard = cues::tidy(heard, bounds);
        heard.extend(cues::not_understood(&cues::gaps(&stretches, &heard), &heard));
        for segment in cues::tidy(heard, bounds) {
            self.ended = segment.range.end_ms();
            (self.segment)(segment);
        }
        Ok(())
    }

    /// Hears a window; what the model left open at its end is heard again from there, what is doubtful in
    /// halves.
    fn parts(&mut self, window: &Window) -> Result<Vec<SpeechSegment>, InferenceError> {
        let mut all = Vec::new();
        let mut rest = Some(window.clone());
        while let Some(window) = rest.take() {
            self.control.check()?;
            let halves = window.halves();
            let Some((segments, covered)) = self.part(&window, halves.is_some())? else {
                for half in halves.into_iter().flat_map(|(first, second)| [first, second]) {
                    all.extend(self.parts(&half)?);
                }
                break;
            };
            all.extend(segments);
            let left = window.samples.len().saturating_sub(covered);
            rest = window.behind(covered).filter(|_| covered >= REST && left >= REST);
        }
        Ok(all)
    }

    /// Hears a window from its start on; `None` if what was heard is doubtful and the window can be
    /// `divided`.
    fn part(&mut self, window: &Window, divided: bool) -> Result<Option<Part>, InferenceError> {
        let Networks { decoder, vocabulary, .. } = self.networks;
        let state = decoder.begin(self.networks.encode(&window.samples)?, vocabulary.start)?;
        let attended = state.clone();
        let impression = transcript::impression(vocabulary, state);
        let (language, code) = self.language(&impression, window.spoken());
        let temperatures = if divided { &TEMPERATURES[..1] } else { &TEMPERATURES[..] };
        let wish = (language, temperatures);
        let length = window.samples.len();
        let (said, certain) =
            match transcribe(decoder, vocabulary, &impression, wish, self.control)? {
                Heard::Words(said) => (said, true),
                Heard::Doubtful(_) if divided => return Ok(None),
                Heard::Doubtful(Some(said)) => (said, false),
                Heard::Doubtful(None) | Heard::Nothing => return Ok(Some((Vec::new(), length))),
            };
        let reading = segments::read(vocabulary, &said.tokens, length);
        let reading = if certain { reading } else { reading.certain_start(vocabulary, &said) };
        let covered = reading.covered;
        let made = self.timed(window, &said, &reading, &attended, (language, &code))?;
        Ok(Some((made, covered)))
    }

    /// The segments of a transcript with their times.
    fn timed(
        &self,
        window: &Window,
        said: &Transcript,
        reading: &segments::Reading,
        attended: &super::decoder::State,
        (language, code): (Token, &str),
    ) -> Result<Vec<SpeechSegment>, InferenceError> {
        let Networks { decoder, vocabulary, .. } = self.networks;
        let text = segments::text_tokens(vocabulary, &said.tokens, reading);
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let prompt = [vocabulary.start, language, vocabulary.transcribe, vocabulary.no_timestamps];
        let tokens = [&prompt[..], &text, &[vocabulary.end]].concat();
        let attention = decoder.attend(attended, &tokens)?;
        let attention = (&attention, prompt.len());
        segments::make(vocabulary, said, reading, window, attention, code)
    }

    /// The language of a window: the given one, else its own if it is clear, else the one that was spoken most so far.
    fn language(&mut self, impression: &Impression, samples: u64) -> (Token, String) {
        if let Some(given) = &self.given {
            return given.clone();
        }
        let most = |values: &[f32]| {
            (0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap_or(0)
        };
        for (spoken, chance) in self.spoken.iter_mut().zip(&impression.languages) {
            *spoken += chance * samples as f32;
        }
        let own = most(&impression.languages);
        let sure = impression.languages.get(own).is_some_and(|chance| *chance >= SURE_LANGUAGE);
        let chosen = if sure { own } else { most(&self.spoken) };
        self.networks.vocabulary.languages[chosen].clone()
    }
}
