//! The text tower that Kinora trained: MiniLM (frozen), mean pooling, and a small head into CLIP's space.
//!
//! Mirrors `training/text-tower`. Memory: MiniLM 23 MB and the head 10 MB, once.

use std::path::PathBuf;

use kinora_inference::{InferenceError, ScoreModel, TextEmbedder};
use kinora_types::{Embedding, EmbeddingSpace};

use super::{Padding, Tokens, run_by_length, unit};
use crate::{
    ModelError,
    lazy::Lazy,
    lite,
    runtime::{Graph, Lanes, Model, Runtime, Values},
};

/// Components of MiniLM's states.
const STATE: usize = 384;
/// Tokens that the head was trained with at most.
const LENGTH: usize = 128;

/// MiniLM and the head; loaded at their first use.
pub(crate) struct LiteText {
    pub space: EmbeddingSpace,
    pub scores: ScoreModel,
    pub templates: Vec<String>,
    pub weights: PathBuf,
    pub tokenizer: PathBuf,
    pub runtime: Runtime,
    pub loaded: Lazy<Networks>,
}

pub(crate) struct Networks {
    tokens: Tokens,
    language: Graph,
    head: Graph,
}

impl LiteText {
    fn load(&self) -> Result<Networks, ModelError> {
        let file = Model::File(&self.weights);
        Ok(Networks {
            tokens: Tokens::load(&self.tokenizer, LENGTH, Padding::None, false)?,
            language: Graph::load(&self.runtime, file, &["last_hidden_state"], Lanes::One)?,
            head: Graph::load(&self.runtime, lite::HEAD, &["embedding"], Lanes::One)?,
        })
    }
}

impl Networks {
    /// Unit vectors of the space, one each.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, InferenceError> {
        let states = run_by_length(&self.language, &self.tokens.encode(texts)?)?;
        let sentences: Vec<f32> = states.iter().flat_map(|states| pool(states)).collect();
        let shape = vec![texts.len(), STATE];
        let (shape, values) = self.head.run(vec![("sentence", Values::F32(shape, sentences))])?;
        match shape[..] {
            [rows, width] if rows == texts.len() && width > 0 => {
                Ok(values.chunks_exact(width).map(<[f32]>::to_vec).collect())
            }
            _ => Err(InferenceError::Runtime(format!("the head gave shape {shape:?}"))),
        }
    }
}

/// Mean over the tokens, then unit length.
fn pool(states: &[f32]) -> Vec<f32> {
    let mut mean = vec![0.0; STATE];
    for state in states.chunks_exact(STATE) {
        mean.iter_mut().zip(state).for_each(|(m, s)| *m += s);
    }
    // The count of tokens drops out with the length.
    unit(&mut mean);
    mean
}

impl TextEmbedder for LiteText {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, InferenceError> {
        if texts.iter().any(|text| text.trim().is_empty()) {
            return Err(InferenceError::Input("the text is empty".into()));
        }
        let networks = self.loaded.get(|| self.load())?;
        let mut sums = vec![vec![0.0; self.space.dimension]; texts.len()];
        for template in &self.templates {
            let prompts: Vec<String> =
                texts.iter().map(|text| template.replace("{}", text)).collect();
            let prompts: Vec<&str> = prompts.iter().map(String::as_str).collect();
            for (sum, mut vector) in sums.iter_mut().zip(networks.embed(&prompts)?) {
                unit(&mut vector);
                sum.iter_mut().zip(vector).for_each(|(s, v)| *s += v);
            }
        }
        sums.into_iter().map(|sum| crate::image::embedding(&self.space, sum)).collect()
    }

    fn score_model(&self) -> &ScoreModel {
        &self.scores
    }

    fn vocabulary(&self) -> Result<Vec<String>, InferenceError> {
        Ok(self.loaded.get(|| self.load())?.tokens.words())
    }
}
