//! Where models come from: the store and the configuration, or whatever a test puts there.

use std::sync::Arc;

use kinora_inference::{
    InferenceError, LanguageModel, SpeechRecognizer, Tagger, TextReader, VisionLanguageModel,
};
use kinora_models::{RuntimeOptions, Space, open_reader, open_space, open_speech, open_tagger};
use kinora_store::Store;

use crate::{EngineError, Settings};

/// The recognizer of speech that is used unless the configuration names another.
const SPEECH: &str = "whisper-base";

/// Loads models. Called from several threads, for different models at once; what it gives is kept by the engine as
/// long as it is used. A model that is not at hand is an error that says how to get it.
pub trait Backends: Send + Sync {
    /// The embedders of a space.
    ///
    /// # Errors
    /// If there is no such space, or a part of it is missing or broken.
    fn space(&self, name: &str) -> Result<Space, EngineError>;

    /// What names things in pictures, for a space.
    ///
    /// # Errors
    /// [`InferenceError::Missing`] if there is none for this space.
    fn tagger<'s>(&self, space: &'s Space) -> Result<Box<dyn Tagger + 's>, InferenceError>;

    /// What reads text in pictures.
    ///
    /// # Errors
    /// If it is missing or broken.
    fn reader(&self) -> Result<Box<dyn TextReader>, EngineError>;

    /// What hears words.
    ///
    /// # Errors
    /// If it is missing or broken.
    fn speech(&self) -> Result<Box<dyn SpeechRecognizer>, EngineError>;

    /// What writes answers; `None` if nobody does, so that the evidence speaks for itself.
    ///
    /// # Errors
    /// If what is configured cannot be had.
    fn language(&self) -> Result<Option<Box<dyn LanguageModel>>, EngineError>;

    /// What describes pictures.
    ///
    /// # Errors
    /// If no model that sees is configured, or it cannot be had.
    fn vision(&self) -> Result<Box<dyn VisionLanguageModel>, EngineError>;
}

/// The models of the store and of the configuration.
pub struct Installed {
    pub(super) settings: Arc<Settings>,
    pub(super) store: Arc<Store>,
}

impl Installed {
    /// Those that these settings choose.
    pub fn new(settings: Arc<Settings>, store: Arc<Store>) -> Self {
        Self { settings, store }
    }

    fn options(&self) -> RuntimeOptions {
        RuntimeOptions {
            library: self.settings.config.onnxruntime.clone(),
            provider: self.settings.config.provider.clone(),
        }
    }
}

impl Backends for Installed {
    fn space(&self, name: &str) -> Result<Space, EngineError> {
        Ok(open_space(&self.store, name, &self.options())?)
    }

    fn tagger<'s>(&self, space: &'s Space) -> Result<Box<dyn Tagger + 's>, InferenceError> {
        open_tagger(space)
    }

    fn reader(&self) -> Result<Box<dyn TextReader>, EngineError> {
        Ok(open_reader(&self.store, &self.options())?)
    }

    fn speech(&self) -> Result<Box<dyn SpeechRecognizer>, EngineError> {
        let name = self.settings.config.speech.as_deref().unwrap_or(SPEECH);
        let language = self.settings.config.speech_language.as_deref();
        Ok(open_speech(&self.store, name, language, &self.options())?)
    }

    fn language(&self) -> Result<Option<Box<dyn LanguageModel>>, EngineError> {
        self.language_model()
    }

    fn vision(&self) -> Result<Box<dyn VisionLanguageModel>, EngineError> {
        self.vision_model()
    }
}
