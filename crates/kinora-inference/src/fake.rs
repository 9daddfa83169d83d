//! Deterministic models for tests. Of the embedder, pictures and words that name the same colour lie together.

use kinora_types::{Embedding, EmbeddingSpace, Picture};

pub use crate::fake_language::{ColourSeer, ScriptedModel};
use crate::{ImageEmbedder, InferenceError, PreparedImage, ScoreModel, TextEmbedder};

const WORDS: [(&str, [f32; 3]); 5] = [
    ("red", [1.0, 0.0, 0.0]),
    ("green", [0.0, 1.0, 0.0]),
    ("blue", [0.0, 0.0, 1.0]),
    ("yellow", [1.0, 1.0, 0.0]),
    ("white", [1.0, 1.0, 1.0]),
];

/// Embeds a picture as its mean colour (3-d) and a text as the sum of its colour words.
pub struct ColourEmbedder {
    space: EmbeddingSpace,
    scores: ScoreModel,
}

impl Default for ColourEmbedder {
    fn default() -> Self {
        let space = EmbeddingSpace {
            name: "fake-colour".into(),
            revision: "1".into(),
            dimension: 3,
            normalised: true,
        };
        let scores = ScoreModel {
            abstain_below: Some(0.5),
            duplicate_threshold: 0.9999,
            ..ScoreModel::default()
        };
        Self { space, scores }
    }
}

impl ImageEmbedder for ColourEmbedder {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn input_side(&self) -> u32 {
        16
    }

    fn prepare(&self, picture: &Picture) -> Result<PreparedImage, InferenceError> {
        let mut sums = [0f64; 3];
        for pixel in picture.rgb().chunks_exact(3) {
            sums.iter_mut().zip(pixel).for_each(|(s, v)| *s += f64::from(*v));
        }
        let pixels = f64::from(picture.width()) * f64::from(picture.height()) * 255.0;
        // A small constant keeps black away from the zero vector.
        Ok(PreparedImage { values: sums.map(|s| (s / pixels) as f32 + 1e-3).to_vec(), side: 1 })
    }

    fn embed(&self, batch: &[PreparedImage]) -> Result<Vec<Embedding>, InferenceError> {
        Ok(batch.iter().map(|image| self.space.embedding(image.values.clone())).collect())
    }
}

impl TextEmbedder for ColourEmbedder {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, InferenceError> {
        texts.iter().map(|text| self.embed_one(text)).collect()
    }

    fn score_model(&self) -> &ScoreModel {
        &self.scores
    }
}

impl ColourEmbedder {
    fn embed_one(&self, text: &str) -> Result<Embedding, InferenceError> {
        if text.trim().is_empty() {
            return Err(InferenceError::Input("the text is empty".into()));
        }
        let mut sum = vec![0f32; 3];
        for (_, colour) in WORDS.iter().filter(|(word, _)| text.to_lowercase().contains(word)) {
            sum.iter_mut().zip(colour).for_each(|(s, v)| *s += v);
        }
        if sum.iter().all(|v| *v == 0.0) {
            // Words of no colour point away from every picture, so that nothing fits.
            sum = vec![-1.0; 3];
        }
        Ok(self.space.embedding(sum))
    }
}
