//! A fake embedding space, in which pictures and words that name the same colour lie together.

use kinora_inference::{ImageEmbedder, InferenceError, PreparedImage, ScoreModel, TextEmbedder};
use kinora_types::{Embedding, EmbeddingSpace, Picture};

use super::colour::{COLOURS, mean};

/// Embeds a picture as its mean colour and a text as the sum of its colour words, both towers in one value.
/// Components after the third repeat the first three.
#[derive(Clone, Debug)]
pub struct ColourEmbedder {
    space: EmbeddingSpace,
    scores: ScoreModel,
}

impl Default for ColourEmbedder {
    /// The space `fake-colour` of three dimensions.
    fn default() -> Self {
        Self::named("fake-colour", 3)
    }
}

impl ColourEmbedder {
    /// A space of its own name and dimension.
    ///
    /// # Panics
    /// If there are fewer than three dimensions.
    pub fn named(name: &str, dimension: usize) -> Self {
        assert!(dimension >= 3, "a colour has three components");
        let space =
            EmbeddingSpace { name: name.into(), revision: "1".into(), dimension, normalised: true };
        let scores = ScoreModel {
            abstain_below: Some(0.5),
            duplicate_threshold: 0.9999,
            ..ScoreModel::default()
        };
        Self { space, scores }
    }

    /// The vector of a picture, as both halves of [`ImageEmbedder`] make it.
    pub fn picture(&self, picture: &Picture) -> Embedding {
        self.embedding(components(picture))
    }

    fn embedding(&self, colour: [f32; 3]) -> Embedding {
        self.space.embedding((0..self.space.dimension).map(|i| colour[i % 3]).collect())
    }

    fn text(&self, text: &str) -> Result<Embedding, InferenceError> {
        if text.trim().is_empty() {
            return Err(InferenceError::Input("the text is empty".into()));
        }
        let mut sum = [0f32; 3];
        for (_, colour) in COLOURS.iter().filter(|(word, _)| text.to_lowercase().contains(word)) {
            sum.iter_mut().zip(colour).for_each(|(s, v)| *s += v);
        }
        if sum.iter().all(|v| *v == 0.0) {
            // Words of no colour point away from every picture, so that nothing fits.
            sum = [-1.0; 3];
        }
        Ok(self.embedding(sum))
    }
}

/// A small constant keeps black away from the zero vector.
fn components(picture: &Picture) -> [f32; 3] {
    mean(picture).map(|component| component + 1e-3)
}

impl ImageEmbedder for ColourEmbedder {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn input_side(&self) -> u32 {
        16
    }

    fn prepare(&self, picture: &Picture) -> Result<PreparedImage, InferenceError> {
        Ok(PreparedImage { values: components(picture).to_vec(), side: 1 })
    }

    fn embed(&self, batch: &[PreparedImage]) -> Result<Vec<Embedding>, InferenceError> {
        let colour = |image: &PreparedImage| <[f32; 3]>::try_from(image.values.as_slice());
        let broken = |_| InferenceError::Input("the picture was prepared for another model".into());
        batch.iter().map(|image| Ok(self.embedding(colour(image).map_err(broken)?))).collect()
    }
}

impl TextEmbedder for ColourEmbedder {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, InferenceError> {
        texts.iter().map(|text| self.text(text)).collect()
    }

    fn score_model(&self) -> &ScoreModel {
        &self.scores
    }

    fn vocabulary(&self) -> Result<Vec<String>, InferenceError> {
        Ok(COLOURS.iter().map(|(word, _)| (*word).to_owned()).collect())
    }
}
