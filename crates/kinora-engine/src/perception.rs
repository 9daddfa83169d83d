//! The models that turn what is seen and heard into words, as far as they are at hand.

use kinora_catalog::Catalog;
use kinora_inference::{Captioner, InferenceError, SpeechRecognizer, Tagger, TextReader};
use kinora_ingest::{Perception, Summary};
use kinora_models::{ModelError, Space};
use kinora_store::StoreError;
use kinora_types::PassageKind;
use serde::{Deserialize, Serialize};

use crate::{
    EngineError,
    models::{Models, Queue},
};

/// Work that waits for a model or for ffmpeg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        let count = |(kind, assets): (&PassageKind, &u64)| {
            (*kind, usize::try_from(*assets).unwrap_or(usize::MAX))
        };
        let waiting = summary.without_ffmpeg.iter().map(count).collect();
        Self::for_ffmpeg(waiting, error)
    }

    /// Assets by kind of words that wait for an ffmpeg that cannot be had.
    pub(crate) fn for_ffmpeg(
        waiting: Vec<(PassageKind, usize)>,
        error: &EngineError,
    ) -> impl Iterator<Item = Self> {
        waiting.into_iter().map(move |(kind, assets)| Self {
            kind,
            assets,
            message: format!("it needs ffmpeg: {error}"),
            hint: error.hint(),
        })
    }
}

/// The models at hand; of each that is not, why.
#[derive(Default)]
pub(crate) struct AtHand<'s> {
    speech: Option<Queue<dyn SpeechRecognizer>>,
    text: Option<Queue<dyn TextReader>>,
    tags: Option<Box<dyn Tagger + 's>>,
    missing: Vec<(PassageKind, InferenceError)>,
}

impl<'s> AtHand<'s> {
    /// Loads the models for all kinds of passages but those that are not wanted.
    ///
    /// # Errors
    /// If a model that was pulled cannot be opened.
    pub(crate) fn load(
        models: &Models,
        space: &'s Space,
        unwanted: &[PassageKind],
    ) -> Result<Self, EngineError> {
        let wanted = |kind| !unwanted.contains(&kind);
        let mut at_hand = Self::default();
        if wanted(PassageKind::Tag) {
            let tagger = models.backends().tagger(space).map_err(EngineError::from);
            at_hand.tags = at_hand.note(PassageKind::Tag, tagger)?;
        }
        if wanted(PassageKind::Text) {
            at_hand.text = at_hand.note(PassageKind::Text, models.reader())?;
        }
        if wanted(PassageKind::Speech) {
            at_hand.speech = at_hand.note(PassageKind::Speech, models.speech())?;
        }
        Ok(at_hand)
    }

    /// With what describes pictures, which only a person switches on.
    pub(crate) fn perception<'a>(&'a self, captions: Option<&'a dyn Captioner>) -> Perception<'a> {
        Perception {
            speech: self.speech.as_deref().map(|speech| speech as &dyn SpeechRecognizer),
            text: self.text.as_deref().map(|reader| reader as &dyn TextReader),
            tags: self.tags.as_deref(),
            captions,
        }
    }

    /// What waits in a library for models that are not at hand.
    ///
    /// # Errors
    /// If the catalogue cannot be read.
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

    /// A model that was not pulled is noted; one that is broken is an error.
    fn note<T>(
        &mut self,
        kind: PassageKind,
        loaded: Result<T, EngineError>,
    ) -> Result<Option<T>, EngineError> {
        let error = match loaded {
            Ok(model) => return Ok(Some(model)),
            Err(EngineError::Model(error @ ModelError::Store(StoreError::Missing(_)))) => {
                error.into()
            }
            Err(EngineError::Inference(error @ InferenceError::Missing { .. })) => error,
            Err(error) => return Err(error),
        };
        self.missing.push((kind, error));
        Ok(None)
    }
}
