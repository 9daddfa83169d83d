//! CLIP's and SigLIP's own text transformers, from ONNX exports.

use std::path::PathBuf;

use kinora_inference::{InferenceError, ScoreModel, TextEmbedder};
use kinora_types::{Embedding, EmbeddingSpace};

use super::{Padding, Tokens, run_by_length};
use crate::{
    ModelError,
    lazy::Lazy,
    runtime::{Graph, Lanes, Model, Runtime},
};
use kinora_store::TextKind;

/// Parts of a text tower.
pub(crate) struct TowerParts {
    pub space: EmbeddingSpace,
    pub scores: ScoreModel,
    pub kind: TextKind,
    pub length: usize,
    pub weights: PathBuf,
    pub tokenizer: PathBuf,
    pub runtime: Runtime,
}

/// A text transformer with its projection; loaded at its first use.
pub(crate) struct TextTower {
    parts: TowerParts,
    loaded: Lazy<(Tokens, Graph)>,
}

impl TextTower {
    pub(crate) fn new(parts: TowerParts) -> Self {
        Self { parts, loaded: Lazy::default() }
    }

    fn load(&self) -> Result<(Tokens, Graph), ModelError> {
        let parts = &self.parts;
        // CLIP attends to the left only and reads the end token, so padding would change nothing;
        // SigLIP was trained on padded, lower-cased texts and reads the last position.
        let (padding, lowercase) = match parts.kind {
            TextKind::Siglip => (Padding::Full, true),
            TextKind::Clip | TextKind::Lite => (Padding::None, false),
        };
        let tokens = Tokens::load(&parts.tokenizer, parts.length, padding, lowercase)?;
        let outputs = ["text_embeds", "pooler_output"];
        let graph = Graph::load(&parts.runtime, Model::File(&parts.weights), &outputs, Lanes::One)?;
        Ok((tokens, graph))
    }
}

impl TextEmbedder for TextTower {
    fn space(&self) -> &EmbeddingSpace {
        &self.parts.space
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, InferenceError> {
        let (tokens, graph) = self.loaded.get(|| self.load())?;
        let rows = run_by_length(graph, &tokens.encode(texts)?)?;
        rows.into_iter().map(|row| crate::image::embedding(&self.parts.space, row)).collect()
    }

    fn score_model(&self) -> &ScoreModel {
        &self.parts.scores
    }

    fn vocabulary(&self) -> Result<Vec<String>, InferenceError> {
        Ok(self.loaded.get(|| self.load())?.0.words())
    }
}
