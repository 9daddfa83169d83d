//! Vision towers: prepared pictures to vectors of the space.
//!
//! Memory: see `Graph`; a batch of prepared pictures is copied once into the graph's input.

use std::path::PathBuf;

use kinora_inference::{ImageEmbedder, InferenceError, PreparedImage};
use kinora_types::{Embedding, EmbeddingSpace, Picture};

use crate::{
    ModelError,
    lazy::Lazy,
    preprocess,
    runtime::{Graph, Lanes, Model, Runtime, Values},
    text::unit,
};
use kinora_store::{Batching, Preprocess};

/// Pictures that go through a batching graph at once.
const BATCH: usize = 16;

/// A vision transformer with its projection; loaded at its first use.
pub(crate) struct VisionTower {
    pub space: EmbeddingSpace,
    pub preprocess: Preprocess,
    pub batching: Batching,
    pub side: u32,
    /// Mean of unit picture vectors that is taken off them, if the space was measured so.
    pub mean: Option<Vec<f32>>,
    pub weights: PathBuf,
    pub runtime: Runtime,
    pub loaded: Lazy<Graph>,
}

impl VisionTower {
    fn load(&self) -> Result<Graph, ModelError> {
        let lanes = match self.batching {
            Batching::Single => Lanes::Several,
            Batching::Batch => Lanes::One,
        };
        let outputs = ["image_embeds", "pooler_output"];
        Graph::load(&self.runtime, Model::File(&self.weights), &outputs, lanes)
    }

    fn singly(
        &self,
        graph: &Graph,
        batch: &[PreparedImage],
    ) -> Result<Vec<Vec<f32>>, InferenceError> {
        let shape = |image: &PreparedImage| vec![1, 3, image.side, image.side];
        graph.run_each(batch, |image| Values::F32(shape(image), image.values.clone()))
    }

    fn together(
        &self,
        graph: &Graph,
        batch: &[PreparedImage],
    ) -> Result<Vec<Vec<f32>>, InferenceError> {
        let mut rows = Vec::with_capacity(batch.len());
        let side = self.side as usize;
        for images in batch.chunks(BATCH) {
            let values = images.iter().flat_map(|image| image.values.iter().copied()).collect();
            let input = Values::F32(vec![images.len(), 3, side, side], values);
            let (_, values) = graph.run(vec![(graph.first_input(), input)])?;
            rows.extend(values.chunks_exact(values.len() / images.len()).map(<[f32]>::to_vec));
        }
        Ok(rows)
    }

    fn centred(&self, mut vector: Vec<f32>) -> Vec<f32> {
        if let Some(mean) = &self.mean {
            unit(&mut vector);
            vector.iter_mut().zip(mean).for_each(|(v, m)| *v -= m);
        }
        vector
    }
}

impl ImageEmbedder for VisionTower {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn input_side(&self) -> u32 {
        self.side
    }

    fn prepare(&self, picture: &Picture) -> Result<PreparedImage, InferenceError> {
        Ok(preprocess::prepare(self.preprocess, self.side, picture))
    }

    fn embed(&self, batch: &[PreparedImage]) -> Result<Vec<Embedding>, InferenceError> {
        let graph = self.loaded.get(|| self.load())?;
        let side = self.side as usize;
        if batch.iter().any(|image| image.side != side || image.values.len() != 3 * side * side) {
            return Err(InferenceError::Input(format!(
                "a picture is not prepared for {side} pixels"
            )));
        }
        let rows = match self.batching {
            Batching::Single => self.singly(graph, batch),
            Batching::Batch => self.together(graph, batch),
        };
        rows?.into_iter().map(|row| embedding(&self.space, self.centred(row))).collect()
    }
}

/// A row of a graph as a vector of the space; what is no vector is an error of the graph.
pub(crate) fn embedding(
    space: &EmbeddingSpace,
    row: Vec<f32>,
) -> Result<Embedding, InferenceError> {
    if row.len() != space.dimension || row.iter().any(|value| !value.is_finite()) {
        let what = format!("the graph gave {} values for {} or not numbers", row.len(), space.id());
        return Err(InferenceError::Runtime(what));
    }
    Ok(space.embedding(row))
}
