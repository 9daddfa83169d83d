//! Speech to words: Silero VAD finds where somebody speaks, Whisper (Radford et al. 2022) what is said.
//!
//! Way in: [`open_speech`]. The detector cuts the sound into windows of at most 30 s with little but
//! speech in them (`window.rs`), so that silence is neither paid for nor filled with invented words. Each
//! window goes through log-mel, encoder and decoder (`mel.rs`, `decoder.rs`, `transcript.rs`); the text
//! before it is not given to the decoder, as that lets it repeat itself. The language is found for each
//! window; where the model is not sure of it, the one that was spoken most so far counts. Times of words
//! come from the decoder's attention (`align.rs`); they are off by 50 to 200 ms as a rule.
//!
//! Memory: the weights once (tiny 41 MB, base 77 MB, small 249 MB), a window's sound, features and
//! attention; nothing grows with the length of the recording.

mod align;
mod decoder;
mod fft;
mod mel;
mod rules;
mod segments;
mod stretch;
mod transcript;
mod vad;
mod vocabulary;
mod window;
mod words;

#[cfg(test)]
mod parity;

use std::path::PathBuf;

use kinora_inference::{Control, InferenceError, Samples, SpeechRecognizer, SpeechSegment};
use sha2::{Digest, Sha256};

use crate::{
    ModelError, RuntimeOptions, Store, StoreError,
    lazy::Lazy,
    runtime::{Graph, Kept, Lanes, Model, Runtime, Values},
};
use decoder::Decoder;
use mel::{BANDS, FRAMES, LogMel};
use transcript::{Heard, Impression, TEMPERATURES, transcribe};
use vad::Vad;
use vocabulary::{Token, Vocabulary};
use window::{Window, Windows};

/// Raised when the code comes to hear other words or times in the same sound.
const CODE_REVISION: &str = "1";
/// Probability of a language from which on a window speaks for itself.
const SURE_LANGUAGE: f32 = 0.6;
/// What is left of a window is not heard again if it is shorter than this: 0.4 s.
const REST: usize = 6400;

/// Opens the recognizer `name` of the store's manifest, such as `whisper-base`; everything that it needs
/// must have been pulled. Reads no weights: they are loaded at the first use. `language` is the ISO 639-1
/// code of what is spoken, as far as it is known; a single word rarely tells its language. One that
/// Whisper does not know is an input error at the first use.
pub fn open_speech(
    store: &Store,
    name: &str,
    language: Option<&str>,
    options: &RuntimeOptions,
) -> Result<Box<dyn SpeechRecognizer>, ModelError> {
    let entry = store.speech(name)?;
    // One pull brings all parts, so its name is told, not that of a part.
    let whole = |error: StoreError| match error {
        StoreError::Missing(_) => StoreError::Missing(name.into()),
        error => error,
    };
    let mut hasher = Sha256::new();
    hasher.update(CODE_REVISION);
    for id in entry.parts() {
        hasher.update(store.record(id).map_err(whole)?.sha256);
    }
    let revision = crate::store::hex(&hasher.finalize()[..6]);
    Ok(Box::new(Whisper {
        model: format!("{name}@{revision}"),
        language: language.map(str::to_owned),
        runtime: Runtime::new(store, options)?,
        encoder: store.path(&entry.encoder).map_err(whole)?,
        decoder: store.path(&entry.decoder).map_err(whole)?,
        tokenizer: store.path(&entry.tokenizer).map_err(whole)?,
        vad: store.path(&entry.vad).map_err(whole)?,
        alignment_heads: entry.alignment_heads.clone(),
        loaded: Lazy::default(),
    }))
}

/// A Whisper model with its detector.
struct Whisper {
    model: String,
    /// What is spoken, if it was told.
    language: Option<String>,
    runtime: Runtime,
    encoder: PathBuf,
    decoder: PathBuf,
    tokenizer: PathBuf,
    vad: PathBuf,
    alignment_heads: Vec<(usize, usize)>,
    loaded: Lazy<Networks>,
}

struct Networks {
    mel: LogMel,
    encoder: Graph,
    decoder: Decoder,
    vocabulary: Vocabulary,
    vad: Vad,
}

impl Whisper {
    fn load(&self) -> Result<Networks, ModelError> {
        let encoder = Model::File(&self.encoder);
        Ok(Networks {
            mel: LogMel::new(),
            encoder: Graph::load(&self.runtime, encoder, &["last_hidden_state"], Lanes::One)?,
            decoder: Decoder::load(&self.runtime, &self.decoder, &self.alignment_heads)?,
            vocabulary: Vocabulary::load(&self.tokenizer)?,
            vad: Vad::load(&self.runtime, &self.vad)?,
        })
    }
}

impl SpeechRecognizer for Whisper {
    fn model(&self) -> &str {
        &self.model
    }

    fn transcribe(
        &self,
        samples: &mut Samples<'_>,
        control: &Control,
        segment: &mut dyn FnMut(SpeechSegment),
    ) -> Result<(), InferenceError> {
        let networks = self.loaded.get(|| self.load())?;
        let spoken = vec![0.0; networks.vocabulary.languages.len()];
        let told = self.language.as_deref().map(|code| networks.vocabulary.language(code));
        let told = told.transpose()?;
        let mut hearing = Hearing { networks, control, told, spoken, segment };
        let mut windows = Windows::new(&networks.vad)?;
        for piece in samples {
            control.check()?;
            windows.push(&piece?)?.iter().try_for_each(|window| hearing.window(window))?;
        }
        control.check()?;
        windows.finish()?.iter().try_for_each(|window| hearing.window(window))
    }
}

/// What is known of a recording while it is heard.
struct Hearing<'a> {
    networks: &'a Networks,
    control: &'a Control,
    /// The language, if it was told.
    told: Option<(Token, String)>,
    /// Samples of speech in each language, weighed by their probability.
    spoken: Vec<f32>,
    segment: &'a mut dyn FnMut(SpeechSegment),
}

impl Hearing<'_> {
    /// Hears a window; what the model left open at its end is heard again from there, what is doubtful
    /// in halves.
    fn window(&mut self, window: &Window) -> Result<(), InferenceError> {
        let mut from = 0;
        while window.samples.len().saturating_sub(from) >= REST || from == 0 {
            self.control.check()?;
            let halves = window.halves().filter(|_| from == 0);
            let Some(covered) = self.part(window, from, halves.is_some())? else {
                let Some((first, second)) = halves else { break };
                self.window(&first)?;
                return self.window(&second);
            };
            if covered < REST {
                break;
            }
            from += covered;
        }
        Ok(())
    }

    /// Hears a window from a sample on; how many samples were covered, `None` if what was heard is
    /// doubtful and the window can be `divided`.
    fn part(
        &mut self,
        window: &Window,
        from: usize,
        divided: bool,
    ) -> Result<Option<usize>, InferenceError> {
        let Networks { decoder, vocabulary, .. } = self.networks;
        let samples = &window.samples[from..];
        let state = decoder.begin(self.networks.encode(samples)?, vocabulary.start)?;
        let attended = state.clone();
        let impression = transcript::impression(vocabulary, state);
        let (language, code) = self.language(&impression, window.spoken());
        let temperatures = if divided { &TEMPERATURES[..1] } else { &TEMPERATURES[..] };
        let wish = (language, temperatures);
        let said = match transcribe(decoder, vocabulary, &impression, wish, self.control)? {
            Heard::Words(said) => said,
            Heard::Doubtful if divided => return Ok(None),
            Heard::Doubtful | Heard::Nothing => return Ok(Some(samples.len())),
        };
        let reading = segments::read(vocabulary, &said.tokens, samples.len());
        let text = segments::text_tokens(vocabulary, &said.tokens, &reading);
        if text.is_empty() {
            return Ok(Some(reading.covered));
        }
        let prompt = [vocabulary.start, language, vocabulary.transcribe, vocabulary.no_timestamps];
        let tokens = [&prompt[..], &text, &[vocabulary.end]].concat();
        let attention = decoder.attend(&attended, &tokens)?;
        let place = (window, from);
        let attention = (&attention, prompt.len());
        let made = segments::make(vocabulary, &said, &reading, place, attention, &code)?;
        made.into_iter().for_each(&mut *self.segment);
        Ok(Some(reading.covered))
    }

    /// The language of a window: the one that was told, else its own if it is clear, else the one that was spoken most so far.
    fn language(&mut self, impression: &Impression, samples: u64) -> (Token, String) {
        if let Some(told) = &self.told {
            return told.clone();
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

impl Networks {
    /// The encoded sound of at most 30 s, `[1, 1500, n]`.
    fn encode(&self, samples: &[f32]) -> Result<Kept, InferenceError> {
        let features = Values::F32(vec![1, BANDS, FRAMES], self.mel.features(samples));
        let (shape, values) = self.encoder.run(vec![(self.encoder.first_input(), features)])?;
        Kept::new(shape, values)
    }
}
