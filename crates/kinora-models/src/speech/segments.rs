//! A transcript to segments with their words' times.
//!
//! The model's own timestamps cut the text (as `transcribe` of openai/whisper does); the words' times come
//! from the attention, and a segment lasts from its first word to its last. Between parts of a window
//! that lie apart in the recording a segment is cut too. `cues.rs` puts them in order.

use std::ops::Range;

use kinora_inference::{InferenceError, SAMPLE_RATE, SpeechSegment};
use kinora_types::{TimeRange, TimedWord};

use super::{
    align,
    decoder::Attention,
    mel::HOP,
    transcript::{LEAST_LOG_PROBABILITY, Transcript},
    vocabulary::{Token, Vocabulary},
    window::Window,
    word_tokens::{self, Word},
};

/// Samples of one frame of the encoder: 20 ms.
pub(super) const ENCODED: usize = 2 * HOP;
/// Words further apart than this are not said in one breath: 1.5 s, in samples.
pub(super) const BREATH: u64 = 24_000;
/// No word lasts longer than this: 2 s, in samples. The alignment gives the last word before a stretch that the
/// model left out all of that stretch.
const LONGEST_WORD: u64 = 32_000;
/// Words less likely than this, exp(-1.5), are left out: with whisper-base the sound of a crossing became "BYE
/// BYE" at 0.18. What is left is speech that was not understood.
const LEAST_TOLD: f32 = 0.2231;
/// Highest confidence of a text that repeats itself.
const REPEATED: f32 = 0.3;

/// Segments of a window from its transcript.
pub(super) struct Reading {
    /// Which tokens of the transcript make each segment; timestamps among them.
    pub segments: Vec<Range<usize>>,
    /// Samples of the window from its start that the transcript covers.
    pub covered: usize,
}

/// Cuts a transcript of `length` samples at its pairs of timestamps. Text behind the last pair was cut
/// off by the window's end and is heard again. Segments after the first that begin behind the sound are
/// invented (Whisper hears 30 s, of which the rest is silence) and are left out.
pub(super) fn read(vocabulary: &Vocabulary, tokens: &[Token], length: usize) -> Reading {
    let stamp = |at: usize| tokens.get(at).is_some_and(|token| vocabulary.is_timestamp(*token));
    let count = tokens.len();
    let ends_singly = count >= 2 && !stamp(count - 2) && stamp(count - 1);
    let mut cuts: Vec<usize> = (1..count).filter(|at| stamp(at - 1) && stamp(*at)).collect();
    if cuts.is_empty() {
        return Reading { segments: std::iter::once(0..count).collect(), covered: length };
    }
    let mut covered = length;
    if ends_singly {
        cuts.push(count);
    } else if let Some(last) = cuts.last() {
        let seconds = vocabulary.seconds(tokens[last - 1]);
        covered = ((seconds * f64::from(SAMPLE_RATE)) as usize).min(length);
    }
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let begins = |segment: &Range<usize>| {
        let first = tokens[segment.clone()].iter().find(|token| vocabulary.is_timestamp(**token));
        first.map_or(0.0, |token| vocabulary.seconds(*token)) * f64::from(SAMPLE_RATE)
    };
    let segments = starts.zip(&cuts).map(|(from, to)| from..*to);
    let said = segments.filter(|segment| segment.start == 0 || begins(segment) < length as f64);
    Reading { segments: said.collect(), covered }
}

impl Reading {
    /// The certain start of a doubtful transcript: what leads up to the first segment that is doubtful itself, if
    /// anything does; what follows is heard again from there. Else all of it.
    pub(super) fn certain_start(self, vocabulary: &Vocabulary, said: &Transcript) -> Self {
        let sure = |segment: &&Range<usize>| {
            let tokens = (*segment).clone().filter(|at| vocabulary.is_text(said.tokens[*at]));
            let chances: Vec<f32> = tokens.map(|at| said.probabilities[at]).collect();
            confidence(&chances).ln() >= LEAST_LOG_PROBABILITY
        };
        let count = self.segments.iter().take_while(sure).count();
        if said.repeats || count == 0 || count == self.segments.len() {
            return self;
        }
        let end = said.tokens[..self.segments[count - 1].end].last();
        let seconds = end.map_or(0.0, |token| vocabulary.seconds(*token));
        let covered = ((seconds * f64::from(SAMPLE_RATE)) as usize).min(self.covered);
        Self { segments: self.segments[..count].to_vec(), covered }
    }
}

impl Transcript {
    /// The confidence of a segment: one that repeats itself is doubtful; a transcript that is sure as a whole, which
    /// is what the reference asks, vouches for its segments.
    fn vouched(&self, confidence: f32) -> f32 {
        match self.repeats {
            true => confidence.min(REPEATED),
            false if self.log_probability < LEAST_LOG_PROBABILITY => confidence,
            false => confidence.max(LEAST_LOG_PROBABILITY.exp()),
        }
    }
}

/// Geometric mean of probabilities.
fn confidence(chances: &[f32]) -> f32 {
    let sum: f32 = chances.iter().map(|chance| chance.max(f32::MIN_POSITIVE).ln()).sum();
    (sum / chances.len().max(1) as f32).exp()
}

/// Text tokens of the segments, in order, for the decoder to attend to.
pub(super) fn text_tokens(
    vocabulary: &Vocabulary,
    tokens: &[Token],
    reading: &Reading,
) -> Vec<Token> {
    let all = reading.segments.iter().flat_map(|segment| &tokens[segment.clone()]);
    all.copied().filter(|token| vocabulary.is_text(*token)).collect()
}

/// A word with its place in the recording, in samples.
struct Said {
    word: Word,
    place: Range<u64>,
}

/// Makes the segments of a window. `attention` is that of the text tokens behind `prompt` others, and of one more at
/// their end.
pub(super) fn make(
    vocabulary: &Vocabulary,
    said: &Transcript,
    reading: &Reading,
    window: &Window,
    (attention, prompt): (&Attention, usize),
    language: &str,
) -> Result<Vec<SpeechSegment>, InferenceError> {
    let text = text_tokens(vocabulary, &said.tokens, reading);
    let heard = window.samples.len().div_ceil(ENCODED);
    // The token before predicts a token, so its attention shows where that one is heard.
    let begins = align::begins(attention, prompt - 1..prompt + text.len(), heard);
    let (mut segments, mut first) = (Vec::new(), 0);
    for range in &reading.segments {
        let tokens: Vec<usize> =
            range.clone().filter(|at| vocabulary.is_text(said.tokens[*at])).collect();
        let ids: Vec<Token> = tokens.iter().map(|at| said.tokens[*at]).collect();
        let place = |word: &Word| {
            let frame = |at: usize| begins[first + at] * ENCODED;
            let place = window.moment(frame(word.tokens.start)..frame(word.tokens.end));
            place.start..place.end.min(place.start + LONGEST_WORD)
        };
        let words = word_tokens::split(vocabulary, &ids, language)?.into_iter();
        let words: Vec<Said> = words.map(|word| Said { place: place(&word), word }).collect();
        let chances: Vec<f32> = tokens.iter().map(|at| said.probabilities[*at]).collect();
        for breath in words.chunk_by(|a, b| b.place.start <= a.place.end + BREATH) {
            segments.extend(segment(breath, &chances, (language, said)));
        }
        first += tokens.len();
    }
    Ok(segments)
}

fn segment(
    words: &[Said],
    chances: &[f32],
    (language, said): (&str, &Transcript),
) -> Option<SpeechSegment> {
    let (first, last) = (words.first()?, words.last()?);
    let text: String = words.iter().map(|said| said.word.text.as_str()).collect();
    let text = text.trim().to_owned();
    if !text.chars().any(char::is_alphanumeric) {
        return None;
    }
    let chances = &chances[first.word.tokens.start..last.word.tokens.end];
    let sure = said.vouched(confidence(chances));
    if sure < LEAST_TOLD {
        return None;
    }
    let timed = |said: &Said| {
        let text = said.word.text.trim().to_owned();
        (!text.is_empty()).then(|| TimedWord { text, range: time(&said.place) })
    };
    Some(SpeechSegment {
        text,
        range: time(&(first.place.start..last.place.end)),
        words: words.iter().filter_map(timed).collect(),
        confidence: sure,
        language: language.to_owned(),
    })
}

/// Rounded to the millisecond.
fn time(samples: &Range<u64>) -> TimeRange {
    let moment = |sample: u64| {
        std::time::Duration::from_nanos(sample * 1_000_000_000 / u64::from(SAMPLE_RATE))
    };
    TimeRange::between(moment(samples.start), moment(samples.end))
}
