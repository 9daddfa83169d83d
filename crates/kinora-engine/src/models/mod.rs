//! The models of one engine: loaded at first use, shared by all libraries, given back when idle.
//!
//! An embedding space takes calls of several threads; every other model has a queue of its own, so that it works for
//! one caller at a time.
//!
//! Memory: what is loaded stays until nobody has used it for the time that the engine was told.

mod backends;
mod language;
mod queue;
mod queued;
mod slot;
pub(crate) mod vision;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use kinora_inference::{LanguageModel, SpeechRecognizer, TextReader, VisionLanguageModel};
use kinora_models::Space;

use crate::{EngineError, engine::locked};

pub use backends::{Backends, Installed};
pub(crate) use slot::Lease;

use queued::Queued;
use slot::Slot;

/// A model with a queue.
pub(crate) type Queue<M> = Lease<Queued<M>>;

/// All models.
pub(crate) struct Models {
    backends: Arc<dyn Backends>,
    spaces: Mutex<HashMap<String, Arc<Slot<Space>>>>,
    language: Slot<Queued<dyn LanguageModel>>,
    vision: Slot<Queued<dyn VisionLanguageModel>>,
    speech: Slot<Queued<dyn SpeechRecognizer>>,
    reader: Slot<Queued<dyn TextReader>>,
}

impl Models {
    pub(crate) fn new(backends: Arc<dyn Backends>) -> Self {
        Self {
            backends,
            spaces: Mutex::default(),
            language: Slot::default(),
            vision: Slot::default(),
            speech: Slot::default(),
            reader: Slot::default(),
        }
    }

    pub(crate) fn backends(&self) -> &dyn Backends {
        &*self.backends
    }

    /// The embedders of the space of this name.
    ///
    /// # Errors
    /// If there is no such space, or a file of it was not pulled.
    pub(crate) fn space(&self, name: &str) -> Result<Lease<Space>, EngineError> {
        let slot = {
            let mut spaces = locked(&self.spaces);
            Arc::clone(spaces.entry(name.to_owned()).or_default())
        };
        slot.get(|| timed(name, || self.backends.space(name)).map(Arc::new))
    }

    /// The language model that is configured, if one is.
    ///
    /// # Errors
    /// If the configured model is missing, or cannot be run by this build.
    pub(crate) fn language(&self) -> Result<Option<Queue<dyn LanguageModel>>, EngineError> {
        let load = || match timed("language", || self.backends.language()) {
            Ok(Some(model)) => Ok(Queued::new(model)),
            Ok(None) => Err(None),
            Err(error) => Err(Some(error)),
        };
        match self.language.get(load) {
            Ok(model) => Ok(Some(model)),
            Err(None) => Ok(None),
            Err(Some(error)) => Err(error),
        }
    }

    /// The model that sees.
    ///
    /// # Errors
    /// If no vision-language model is configured, or it cannot be run by this build.
    pub(crate) fn vision(&self) -> Result<Queue<dyn VisionLanguageModel>, EngineError> {
        self.vision.get(|| timed("vision", || self.backends.vision()).map(Queued::new))
    }

    /// The recognizer of speech.
    ///
    /// # Errors
    /// If a file of the model was not pulled.
    pub(crate) fn speech(&self) -> Result<Queue<dyn SpeechRecognizer>, EngineError> {
        self.speech.get(|| timed("speech", || self.backends.speech()).map(Queued::new))
    }

    /// The reader of text in pictures.
    ///
    /// # Errors
    /// If a file of the model was not pulled.
    pub(crate) fn reader(&self) -> Result<Queue<dyn TextReader>, EngineError> {
        self.reader.get(|| timed("reader", || self.backends.reader()).map(Queued::new))
    }

    /// Gives back what nobody uses and nobody has used for so long; tells how many models that were.
    pub(crate) fn release(&self, idle: Duration) -> usize {
        let spaces: Vec<_> = {
            let spaces = locked(&self.spaces);
            spaces.values().map(Arc::clone).collect()
        };
        let mut released = spaces.iter().filter(|slot| slot.release(idle)).count();
        released += usize::from(self.language.release(idle));
        released += usize::from(self.vision.release(idle));
        released += usize::from(self.speech.release(idle));
        released + usize::from(self.reader.release(idle))
    }
}

/// Loads a model and logs how long that took.
fn timed<M>(model: &str, load: impl FnOnce() -> Result<M, EngineError>) -> Result<M, EngineError> {
    let begun = Instant::now();
    let loaded = load()?;
    tracing::info!(model, seconds = begun.elapsed().as_secs_f64(), "loaded");
    Ok(loaded)
}
