//! Speech recognition: Silero VAD finds speech, Whisper (Radford et al. 2022) transcribes it.
//!
//! Way in: [`open_speech`]. The detector cuts the sound into windows of at most 30 s with little but
//! speech in them (`window.rs`), so that silence is neither paid for nor filled with invented words. Each
//! window goes through log-mel, encoder and decoder (`mel.rs`, `decoder.rs`, `transcript.rs`); the text
//! before it is not given to the decoder, as that lets it repeat itself. The language is found for each
//! window; where the model is not sure of it, the one that was spoken most so far counts. Times of words
//! come from the decoder's attention (`align.rs`); they are off by 50 to 200 ms as a rule.
//!
//! No speech is passed over in silence (`hearing.rs`): what the detector calls speech ends up in a segment,
//! with words that are certain or doubtful, or without any. `cues.rs` keeps segments in order and apart.
//!
//! Memory: the weights once (tiny 41 MB, base 77 MB, small 249 MB), a window's sound, features and
//! attention; nothing grows with the length of the recording.

mod align;
mod cues;
mod decoder;
mod fft;
mod hearing;
mod mel;
mod rules;
mod segments;
mod stretch;
mod transcript;
mod vad;
mod vocabulary;
mod window;
mod word_tokens;

#[cfg(test)]
mod parity;

use std::path::PathBuf;

use kinora_inference::{InferenceError, Samples, SpeechRecognizer, SpeechSegment};
use kinora_types::Control;
use sha2::{Digest, Sha256};

use crate::{
    ModelError, RuntimeOptions,
    lazy::Lazy,
    runtime::{Graph, Kept, Lanes, Model, Runtime, Values},
};
use decoder::Decoder;
use hearing::Hearing;
use kinora_store::{Store, StoreError};
use mel::{BANDS, FRAMES, LogMel};
use vad::Vad;
use vocabulary::Vocabulary;
use window::Windows;

/// Raised when the code comes to hear other words or times in the same sound.
const CODE_REVISION: &str = "2";

/// Opens the recognizer `name` of the store's manifest, such as `whisper-base`; everything that it needs
/// must have been pulled. Reads no weights: they are loaded at the first use. `language` is the ISO 639-1
/// code of what is spoken, as far as it is known; a single word rarely tells its language. One that
/// Whisper does not know is an input error at the first use.
///
/// # Errors
/// If the manifest has no such recognizer, or a file of it was not pulled.
pub fn open_speech(
    store: &Store,
    name: &str,
    language: Option<&str>,
    options: &RuntimeOptions,
) -> Result<Box<dyn SpeechRecognizer>, ModelError> {
    let entry = store.speech(name)?;
    // One pull brings all parts, so the error has its name, not that of a part.
    let whole = |error: StoreError| match error {
        StoreError::Missing(_) => StoreError::Missing(name.into()),
        error => error,
    };
    let mut hasher = Sha256::new();
    hasher.update(CODE_REVISION);
    for id in entry.parts() {
        hasher.update(store.record(id).map_err(whole)?.sha256);
    }
    let revision = kinora_store::hex(&hasher.finalize()[..6]);
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
    /// The language spoken, if it is given.
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
        let given = self.language.as_deref().map(|code| networks.vocabulary.language(code));
        let given = given.transpose()?;
        let mut hearing = Hearing { networks, control, given, spoken, ended: 0, segment };
        let mut windows = Windows::new(&networks.vad)?;
        for piece in samples {
            control.check()?;
            windows.push(&piece?)?.iter().try_for_each(|window| hearing.window(window))?;
        }
        control.check()?;
        windows.finish()?.iter().try_for_each(|window| hearing.window(window))
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
