//! An engine on fakes, in a home of its own, each kind of model under the eyes of a spy.

use std::{path::PathBuf, sync::Arc};

use kinora_engine::{Backends, Engine, EngineError, Settings, Space};
use kinora_inference::{
    InferenceError, LanguageModel, SpeechRecognizer, Tagger, TextReader, VisionLanguageModel,
};
use kinora_store::StoreError;
use kinora_testing::{
    fake::{
        ColourEmbedder, ColourReader, ColourSeer, ColourTagger, LoudnessRecognizer, ScriptedModel,
        Spied, Spy,
    },
    library::{Item, LibraryBuilder},
};
use kinora_video::fixtures::{cached, ffmpeg};
use tempfile::TempDir;

/// Space of most tests, of three dimensions.
pub(crate) const SMALL: &str = "fake-colour";
/// Another space, of sixteen.
pub(crate) const WIDE: &str = "fake-wide";
pub(crate) const RED: [u8; 3] = [250, 0, 0];
pub(crate) const GREEN: [u8; 3] = [0, 250, 0];
pub(crate) const BLUE: [u8; 3] = [0, 0, 250];

/// Watches the models of each kind.
#[derive(Clone, Default)]
pub(crate) struct Fakes {
    pub images: Spy,
    pub texts: Spy,
    pub speech: Spy,
    pub reader: Spy,
    pub language: Spy,
    pub vision: Spy,
}

impl Backends for Fakes {
    fn space(&self, name: &str) -> Result<Space, EngineError> {
        let embedder = match name {
            SMALL => ColourEmbedder::default(),
            WIDE => ColourEmbedder::named(WIDE, 16),
            _ => {
                let known = vec![SMALL.to_owned(), WIDE.to_owned()];
                return Err(StoreError::UnknownSpace { name: name.to_owned(), known }.into());
            }
        };
        let space = kinora_inference::ImageEmbedder::space(&embedder).clone();
        let image = Box::new(Spied::new(embedder.clone(), &self.images));
        Ok(Space::new(space, image, Box::new(Spied::new(embedder, &self.texts))))
    }

    fn tagger<'s>(&self, space: &'s Space) -> Result<Box<dyn Tagger + 's>, InferenceError> {
        Ok(Box::new(ColourTagger::new(space.space())))
    }

    fn reader(&self) -> Result<Box<dyn TextReader>, EngineError> {
        Ok(Box::new(Spied::new(ColourReader, &self.reader)))
    }

    fn speech(&self) -> Result<Box<dyn SpeechRecognizer>, EngineError> {
        Ok(Box::new(Spied::new(LoudnessRecognizer, &self.speech)))
    }

    fn language(&self) -> Result<Option<Box<dyn LanguageModel>>, EngineError> {
        let model = ScriptedModel::new(|_| "There is a red house. [1]".to_owned());
        Ok(Some(Box::new(Spied::new(model, &self.language))))
    }

    fn vision(&self) -> Result<Box<dyn VisionLanguageModel>, EngineError> {
        Ok(Box::new(Spied::new(ColourSeer::default(), &self.vision)))
    }
}

/// A home with an engine.
pub(crate) struct House {
    pub engine: Engine,
    pub fakes: Fakes,
    pub home: TempDir,
}

impl House {
    pub(crate) fn new() -> Self {
        let (home, fakes) = (tempfile::tempdir().unwrap(), Fakes::default());
        let engine = engine(&home, &fakes);
        Self { engine, fakes, home }
    }

    /// Another engine on the same home, as another process would have.
    pub(crate) fn neighbour(&self) -> Engine {
        engine(&self.home, &Fakes::default())
    }

    pub(crate) fn folder(&self, library: &str) -> PathBuf {
        self.home.path().join("libraries").join(library)
    }

    /// Where the files of a library's pictures are.
    pub(crate) fn pictures(&self, library: &str) -> PathBuf {
        self.home.path().join("pictures").join(library)
    }

    /// A library of these pictures, of one colour each, with files.
    pub(crate) fn library(&self, name: &str, space: &str, pictures: &[(&str, [u8; 3])]) {
        let embedder = match space {
            WIDE => ColourEmbedder::named(WIDE, 16),
            _ => ColourEmbedder::default(),
        };
        let builder = LibraryBuilder::default().named(name).embedder(embedder);
        let builder = builder.files_in(&self.pictures(name));
        let item = |(file, colour): &(&str, [u8; 3])| Item::picture(file, *colour);
        let builder = pictures.iter().map(item).fold(builder, LibraryBuilder::item);
        drop(builder.build_in(&self.folder(name)));
    }

    /// The usual one: a red, a green and a blue picture.
    pub(crate) fn coloured(&self, name: &str) {
        let pictures = [("red.png", RED), ("green.png", GREEN), ("blue.png", BLUE)];
        self.library(name, SMALL, &pictures);
    }
}

fn engine(home: &TempDir, fakes: &Fakes) -> Engine {
    let mut settings = Settings::settle(Some(home.path().to_owned())).unwrap();
    settings.cache = home.path().join("cache");
    settings.config.space = Some(SMALL.into());
    settings.config.ffmpeg = Some(ffmpeg().path);
    settings.config.font = cached("caption-font", "DejaVuSans.ttf");
    Engine::with_backends(settings, Arc::new(fakes.clone())).unwrap()
}
