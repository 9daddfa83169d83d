//! [`open_space`]: the one place that knows which code serves which space of `models.toml`.

use kinora_inference::{ImageEmbedder, ScoreModel, TextEmbedder};
use kinora_types::EmbeddingSpace;
use sha2::{Digest, Sha256};

use crate::{
    ModelError, RuntimeOptions,
    image::VisionTower,
    lazy::Lazy,
    lite::{self, Calibration},
    runtime::Runtime,
    text::{LiteText, TextTower, TowerParts},
};
use kinora_store::{SpaceEntry, Store, TextKind};

/// Raised when preprocessing changes, as vectors made before would not fit any more.
const CODE_REVISION: &str = "1";

/// The two towers of a space. Opening reads no weights; each tower loads at its first `embed`.
pub struct Space {
    space: EmbeddingSpace,
    image: Box<dyn ImageEmbedder>,
    text: Box<dyn TextEmbedder>,
}

impl std::fmt::Debug for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Space({})", self.space.id())
    }
}

impl Space {
    /// A space of other embedders: of another program, or a test's own. Both embed into `space`.
    pub fn new(
        space: EmbeddingSpace,
        image: Box<dyn ImageEmbedder>,
        text: Box<dyn TextEmbedder>,
    ) -> Self {
        Self { space, image, text }
    }

    /// Name, revision and form of the vectors.
    pub fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    /// Embeds pictures.
    pub fn image(&self) -> &dyn ImageEmbedder {
        &*self.image
    }

    /// Embeds words; knows the scores of the space.
    pub fn text(&self) -> &dyn TextEmbedder {
        &*self.text
    }
}

/// Opens the space `name` of the store's manifest; everything it needs must have been pulled.
///
/// # Errors
/// If the manifest has no such space, a file of it was not pulled, or one is broken.
pub fn open_space(
    store: &Store,
    name: &str,
    options: &RuntimeOptions,
) -> Result<Space, ModelError> {
    let entry = store.space(name)?;
    let runtime = Runtime::new(store, options)?;
    match entry.text.kind {
        TextKind::Lite => open_lite(store, entry, runtime),
        TextKind::Clip | TextKind::Siglip => open_towers(store, entry, runtime),
    }
}

fn open_lite(store: &Store, entry: &SpaceEntry, runtime: Runtime) -> Result<Space, ModelError> {
    let calibration = Calibration::embedded(entry.dimension)?;
    let space = embedding_space(store, entry, &lite::fingerprint())?;
    let text = LiteText {
        space: space.clone(),
        scores: calibration.scores(),
        templates: calibration.prompt_templates,
        weights: store.path(&entry.text.weights)?,
        tokenizer: store.path(&entry.text.tokenizer)?,
        runtime: runtime.clone(),
        loaded: Lazy::default(),
    };
    let image = vision(store, entry, runtime, &space, calibration.image_mean)?;
    Ok(Space { space, image: Box::new(image), text: Box::new(text) })
}

fn open_towers(store: &Store, entry: &SpaceEntry, runtime: Runtime) -> Result<Space, ModelError> {
    let space = embedding_space(store, entry, &[])?;
    let missing = || ModelError::Broken {
        what: "models.toml".into(),
        detail: format!("space `{}` has no length", entry.name),
    };
    let text = TextTower::new(TowerParts {
        space: space.clone(),
        // Not calibrated: nothing is refused for a low score in these spaces.
        scores: ScoreModel {
            duplicate_threshold: entry.duplicate_threshold,
            ..ScoreModel::default()
        },
        kind: entry.text.kind,
        length: entry.text.length.ok_or_else(missing)?,
        weights: store.path(&entry.text.weights)?,
        tokenizer: store.path(&entry.text.tokenizer)?,
        runtime: runtime.clone(),
    });
    let image = vision(store, entry, runtime, &space, None)?;
    Ok(Space { space, image: Box::new(image), text: Box::new(text) })
}

fn vision(
    store: &Store,
    entry: &SpaceEntry,
    runtime: Runtime,
    space: &EmbeddingSpace,
    mean: Option<Vec<f32>>,
) -> Result<VisionTower, ModelError> {
    Ok(VisionTower {
        space: space.clone(),
        preprocess: entry.preprocess,
        batching: entry.batching,
        side: entry.side,
        mean,
        weights: store.path(&entry.image)?,
        runtime,
        loaded: Lazy::default(),
    })
}

/// The revision is a hash over everything that a vector depends on but the runtime.
fn embedding_space(
    store: &Store,
    entry: &SpaceEntry,
    built_in: &[&[u8]],
) -> Result<EmbeddingSpace, ModelError> {
    let mut hasher = Sha256::new();
    hasher.update(CODE_REVISION);
    for id in [&entry.image, &entry.text.weights, &entry.text.tokenizer] {
        hasher.update(store.record(id)?.sha256);
    }
    built_in.iter().for_each(|bytes| hasher.update(Sha256::digest(bytes)));
    let revision = kinora_store::hex(&hasher.finalize()[..6]);
    Ok(EmbeddingSpace {
        name: entry.name.clone(),
        revision,
        dimension: entry.dimension,
        normalised: true,
    })
}
