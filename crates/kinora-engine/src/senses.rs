//! The models that turn what is seen and heard into words, as far as they were pulled.

use kinora_catalog::Catalog;
use kinora_inference::{Captioner, InferenceError, SpeechRecognizer, Tagger, TextReader};
use kinora_ingest::{Perception, Summary};
use kinora_language::ModelCaptioner;
use kinora_models::{ModelError, RuntimeOptions, Space, open_reader, open_speech, open_tagger};
use kinora_store::StoreError;
use kinora_types::PassageKind;
use serde::Serialize;

use crate::{EngineError, Studio};

/// The recognizer of speech that is used unless the configuration names another.
const SPEECH: &str = "whisper-base";

/// Work that waits for a model or for ffmpeg.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// What is to be looked for.
    pub kind: PassageKind,
    /// In how many assets.
    pub assets: usize,
    /// Why it waits.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Waiting {
    /// What waits for an ffmpeg that cannot be had, and why it cannot.
    pub(crate) fn without_ffmpeg(
        summary: &Summary,
        error: &EngineError,
    ) -> impl Iterator<Item = Self> {
        let each = summary.without_ffmpeg.iter();
        each.map(move |(kind, assets)| Self {
            kind: *kind,
            assets: usize::try_from(*assets).unwrap_or(usize::MAX),
            message: format!("it needs ffmpeg: {error}"),
            hint: error.hint(),
        })
    }
}

/// The models at hand; of each that is not, why.
#[derive(Default)]
pub(crate) struct Senses<'s> {
    speech: Option<Box<dyn SpeechRecognizer>>,
    text: Option<Box<dyn TextReader>>,
    tags: Option<Box<dyn Tagger + 's>>,
    missing: Vec<(PassageKind, InferenceError)>,
}

impl Senses<'_> {
    /// With what describes pictures, which only a person switches on.
    pub(crate) fn perception<'a>(&'a self, captions: Option<&'a ModelCaptioner>) -> Perception<'a> {
        Perception {
            speech: self.speech.as_deref(),
            text: self.text.as_deref(),
            tags: self.tags.as_deref(),
            captions: captions.map(|captioner| captioner as &dyn Captioner),
        }
    }

    /// What waits in a library for models that are not at hand.
    pub(crate) fn waiting(&self, catalog: &Catalog) -> Result<Vec<Waiting>, EngineError> {
        let mut waiting = Vec::new();
        for (kind, error) in &self.missing {
            let assets = catalog.unperceived(*kind, None)?.len();
            let hint = error.hint().map(str::to_owned);
            let message = error.to_string();
            waiting.extend((assets > 0).then_some(Waiting { kind: *kind, assets, message, hint }));
        }
        Ok(waiting)
    }
}

impl Studio {
    /// Opens the models for all kinds of passages but those that are not wanted.
    pub(crate) fn senses<'s>(
        &self,
        space: &'s Space,
        unwanted: &[PassageKind],
    ) -> Result<Senses<'s>, EngineError> {
        let wanted = |kind| !unwanted.contains(&kind);
        let options = self.runtime_options();
        let mut senses = Senses::default();
        if wanted(PassageKind::Tag) {
            senses.tags = senses.note(PassageKind::Tag, Ok(open_tagger(space)))?;
        }
        if wanted(PassageKind::Text) {
            let reader = open_reader(self.store(), &options).map(Ok);
            senses.text = senses.note(PassageKind::Text, reader)?;
        }
        if wanted(PassageKind::Speech) {
            let speech = self.recognizer(&options).map(Ok);
            senses.speech = senses.note(PassageKind::Speech, speech)?;
        }
        Ok(senses)
    }

    pub(crate) fn recognizer(
        &self,
        options: &RuntimeOptions,
    ) -> Result<Box<dyn SpeechRecognizer>, ModelError> {
        let name = self.settings().config.speech.as_deref().unwrap_or(SPEECH);
        let language = self.settings().config.speech_language.as_deref();
        open_speech(self.store(), name, language, options)
    }
}

impl Senses<'_> {
    /// A model that was not pulled is noted; one that is broken is an error.
    fn note<T>(
        &mut self,
        kind: PassageKind,
        opened: Result<Result<T, InferenceError>, ModelError>,
    ) -> Result<Option<T>, EngineError> {
        let error = match opened {
            Ok(Ok(model)) => return Ok(Some(model)),
            Err(error @ ModelError::Store(StoreError::Missing(_))) => error.into(),
            Ok(Err(error @ InferenceError::Missing { .. })) => error,
            Ok(Err(error)) => return Err(error.into()),
            Err(error) => return Err(error.into()),
        };
        self.missing.push((kind, error));
        Ok(None)
    }
}
