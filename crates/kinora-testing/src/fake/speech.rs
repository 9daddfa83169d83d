//! A fake recognizer of speech: whatever is loud is a word.

use kinora_inference::{InferenceError, SAMPLE_RATE, Samples, SpeechRecognizer, SpeechSegment};
use kinora_types::{Control, TimeRange, TimedWord};

/// Samples that are loud or are not: a quarter of a second.
const BLOCK: usize = SAMPLE_RATE as usize / 4;
/// Samples above this are loud.
const LOUD: f32 = 0.02;

/// Hears the word "loud" wherever a sample of a quarter of a second is above 0.02; holds one such quarter.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoudnessRecognizer;

/// What is known of a recording while it is heard.
struct Hearing<'a> {
    /// Samples so far.
    at: usize,
    /// Where the loud part that lasts began.
    since: Option<usize>,
    segment: &'a mut dyn FnMut(SpeechSegment),
}

impl Hearing<'_> {
    fn block(&mut self, samples: &[f32]) {
        let loud = samples.iter().any(|sample| sample.abs() > LOUD);
        match (loud, self.since) {
            (true, None) => self.since = Some(self.at),
            (false, Some(_)) => self.end(),
            _ => {}
        }
        self.at += samples.len();
    }

    /// Ends the loud part, if one lasts.
    fn end(&mut self) {
        let ms = |samples: usize| (samples as u64) * 1000 / u64::from(SAMPLE_RATE);
        let Some(Ok(range)) = self.since.take().map(|from| TimeRange::new(ms(from), ms(self.at)))
        else {
            return;
        };
        let text = "loud".to_owned();
        let words = vec![TimedWord { text: text.clone(), range }];
        let language = "en".into();
        (self.segment)(SpeechSegment { text, range, words, confidence: 1.0, language });
    }
}

impl SpeechRecognizer for LoudnessRecognizer {
    fn model(&self) -> &str {
        "loudness@1"
    }

    fn transcribe(
        &self,
        samples: &mut Samples<'_>,
        control: &Control,
        segment: &mut dyn FnMut(SpeechSegment),
    ) -> Result<(), InferenceError> {
        let mut hearing = Hearing { at: 0, since: None, segment };
        let mut rest: Vec<f32> = Vec::new();
        for piece in samples {
            control.check()?;
            let piece = piece?;
            if piece.iter().any(|sample| !sample.is_finite()) {
                return Err(InferenceError::Input("a sample is not a number".into()));
            }
            rest.extend(piece);
            let whole = rest.len() - rest.len() % BLOCK;
            rest[..whole].chunks_exact(BLOCK).for_each(|block| hearing.block(block));
            rest.drain(..whole);
        }
        control.check()?;
        hearing.end();
        Ok(())
    }
}
