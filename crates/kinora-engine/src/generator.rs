//! What makes the shots of a film: the choice, what it implies for sources and sound, and the one place that opens it.

use std::path::PathBuf;

use kinora_film::CameraMoveGenerator;
use kinora_inference::ShotGenerator;
use kinora_ragme::{GenerationConfig, RagmeGenerator};
use kinora_types::{Control, EmbeddingSpace, Kind, Sound};
use serde::{Deserialize, Serialize};

use crate::EngineError;

/// What makes the shots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Generator {
    /// A camera moves over pictures, and videos are shown as they are.
    #[default]
    CameraMove,
    /// A text-to-video model that follows the motion of retrieved videos.
    Ragme {
        /// Folder of the base with the controller in it; a plan can do without, a film cannot.
        model: Option<PathBuf>,
    },
}

/// What a generator implies for the film that it makes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Implied {
    /// The one kind of source that it can use, whatever was asked for.
    pub(crate) sources: Option<Kind>,
    /// What becomes of the sources' sound, whatever was asked for.
    pub(crate) sound: Option<Sound>,
    /// Whether it makes the frames of every shot itself, instead of showing the source.
    pub(crate) generated: bool,
    /// How it reads the clips whose motion it follows; `None` if it follows none.
    pub(crate) clips: Option<GenerationConfig>,
}

impl Generator {
    /// Says what the generator implies. Reads the model's options, not its weights.
    ///
    /// # Errors
    /// Options that cannot be read.
    pub(crate) fn implies(&self) -> Result<Implied, EngineError> {
        Ok(match self {
            Self::CameraMove => Implied::default(),
            Self::Ragme { model } => Implied {
                // Only what moves has a motion to follow, and what is made does not sound like it.
                sources: Some(Kind::Video),
                sound: Some(Sound::Mute),
                generated: true,
                clips: model.as_deref().map(GenerationConfig::of).transpose()?,
            },
        })
    }

    /// Checks, before any work, that the choice names all that a film needs.
    ///
    /// # Errors
    /// [`EngineError::NoVideoModel`].
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        match self {
            Self::Ragme { model: None } => Err(EngineError::NoVideoModel),
            Self::CameraMove | Self::Ragme { model: Some(_) } => Ok(()),
        }
    }
}

/// Opens a generator for a library in `space`. Loads the weights, if it has any.
///
/// # Errors
/// No model was named, it cannot be read, it reads embeddings of another width, or cancellation.
pub(crate) fn open_generator(
    generator: &Generator,
    space: &EmbeddingSpace,
    control: &Control,
) -> Result<Box<dyn ShotGenerator>, EngineError> {
    generator.check()?;
    let Generator::Ragme { model: Some(model) } = generator else {
        return Ok(Box::new(CameraMoveGenerator));
    };
    let ragme = RagmeGenerator::open(model, control)?;
    let (wanted, own) = (ragme.embed_dim(), space.dimension);
    if wanted != own {
        return Err(EngineError::VideoModelSpace { wanted, own, space: space.id() });
    }
    Ok(Box::new(ragme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_generator_says_what_it_implies() {
        assert_eq!(Generator::CameraMove.implies().unwrap(), Implied::default());
        let folder = tempfile::tempdir().unwrap();
        let model = Some(folder.path().to_owned());
        let ragme = Generator::Ragme { model }.implies().unwrap();
        assert_eq!((ragme.sources, ragme.sound), (Some(Kind::Video), Some(Sound::Mute)));
        assert!(ragme.generated);
        assert_eq!(ragme.clips, Some(GenerationConfig::default()), "as released");
    }

    #[test]
    fn without_its_model_the_generator_plans_but_does_not_open() {
        let ragme = Generator::Ragme { model: None };
        assert_eq!(ragme.implies().unwrap().clips, None);
        let space = EmbeddingSpace {
            name: "s".into(),
            revision: "1".into(),
            dimension: 2,
            normalised: true,
        };
        let opened = open_generator(&ragme, &space, &Control::default());
        assert!(matches!(opened.err(), Some(EngineError::NoVideoModel)));
    }
}
