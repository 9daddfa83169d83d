//! Pictures and words to vectors of one space.

use kinora_types::{Embedding, EmbeddingSpace, Picture};

use crate::InferenceError;

/// A picture made ready for one embedder: `[3, side, side]` f32, channel first.
#[derive(Clone, Debug, PartialEq)]
pub struct PreparedImage {
    /// The tensor's values, `3 * side * side` of them.
    pub values: Vec<f32>,
    /// Side of the square input in pixels.
    pub side: usize,
}

/// Embeds pictures. [`ImageEmbedder::prepare`] runs on many threads at once; [`ImageEmbedder::embed`] uses all cores
/// itself and is called by one thread at a time.
///
/// Contract: vectors come in the order of their pictures. A failure concerns the whole batch; an empty batch gives
/// nothing and does not fail. A vector depends on its picture alone, not on the batch or on earlier ones, beyond
/// rounding. Memory: the prepared pictures of a batch; the weights, loaded at the first batch, live as long as the
/// value.
pub trait ImageEmbedder: Send + Sync {
    /// Space of the vectors.
    fn space(&self) -> &EmbeddingSpace;
    /// Side of the network's square input in pixels; decoders keep at least twice this.
    fn input_side(&self) -> u32;
    /// Resizes, crops or pads, and normalises as the reference implementation does.
    ///
    /// # Errors
    /// [`InferenceError`] if the picture cannot be prepared.
    fn prepare(&self, picture: &Picture) -> Result<PreparedImage, InferenceError>;
    /// Embeds a batch.
    ///
    /// # Errors
    /// [`InferenceError::Input`] for input that the model does not take, else what kept it from running.
    fn embed(&self, batch: &[PreparedImage]) -> Result<Vec<Embedding>, InferenceError>;
}

/// Embeds words into the same space as pictures. Safe to call from several threads.
///
/// Contract: vectors come in the order of their texts. A failure concerns all texts; no texts give nothing and do not
/// fail. A vector depends on its text alone, beyond rounding; a text longer than the model takes is cut. Memory: the
/// weights, loaded at the first text, live as long as the value.
pub trait TextEmbedder: Send + Sync {
    /// Space of the vectors.
    fn space(&self) -> &EmbeddingSpace;
    /// Embeds each text; an empty one is an [`InferenceError::Input`].
    ///
    /// # Errors
    /// [`InferenceError::Input`] for input that the model does not take, else what kept it from running.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, InferenceError>;
    /// Conversion of raw similarities of this space to comparable scores.
    fn score_model(&self) -> &ScoreModel;
    /// Words that it has learned as one token, of letters and in lower case: a dictionary of common words, for help with
    /// spelling. Empty if it does not tell.
    ///
    /// # Errors
    /// What kept it from being loaded.
    fn vocabulary(&self) -> Result<Vec<String>, InferenceError>;
}

/// Measured properties of a space: hubness, thresholds. Part of the model, not of a library.
///
/// Final score of picture x for text q: `dot(q, x) - weight * hub(x)`, where `hub(x)` is the mean of
/// the `k` largest dot products of x with the bank (cross-domain similarity local scaling,
/// Conneau et al. 2018, picture side).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScoreModel {
    /// Bank of typical query vectors, row by row, `dimension` values each; empty for no correction.
    pub hub_bank: Vec<f32>,
    /// Neighbours in the bank that are averaged.
    pub hub_k: usize,
    /// Weight of the correction.
    pub hub_weight: f32,
    /// Final score of the best hit below which nothing in a library fits; `None` if not calibrated.
    pub abstain_below: Option<f32>,
    /// Cosine of two picture vectors at and above which they are near-duplicates.
    pub duplicate_threshold: f32,
}

impl ScoreModel {
    /// `weight * hub(x)`: what is taken off every similarity with picture vector `x`.
    pub fn hub_penalty(&self, x: &[f32]) -> f32 {
        if self.hub_bank.is_empty() || self.hub_weight == 0.0 || self.hub_k == 0 {
            return 0.0;
        }
        let dot = |row: &[f32]| row.iter().zip(x).map(|(a, b)| a * b).sum::<f32>();
        let mut sims: Vec<f32> = self.hub_bank.chunks_exact(x.len()).map(dot).collect();
        let k = self.hub_k.min(sims.len());
        sims.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
        self.hub_weight * sims[..k].iter().sum::<f32>() / k as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hub_penalty_averages_the_nearest() {
        let model = ScoreModel {
            hub_bank: vec![1.0, 0.0, 0.0, 1.0, -1.0, 0.0],
            hub_k: 2,
            hub_weight: 0.5,
            ..ScoreModel::default()
        };
        // Dots with (1, 0): 1, 0, -1; the two largest average to 0.5.
        assert!((model.hub_penalty(&[1.0, 0.0]) - 0.25).abs() < 1e-6);
        assert_eq!(ScoreModel::default().hub_penalty(&[1.0, 0.0]), 0.0);
    }
}
