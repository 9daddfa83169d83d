//! Text towers: words to vectors of the space.
//!
//! Texts of one length in tokens go through the graph together, so nothing is padded unless the
//! network was trained with padding; a text's vector does not depend on its neighbours.

mod lite;
mod tokens;
mod tower;

pub(crate) use lite::LiteText;
pub(crate) use tokens::{Padding, Tokens};
pub(crate) use tower::{TextTower, TowerParts};

use kinora_inference::InferenceError;

use crate::runtime::{Graph, Values};

/// Texts that go through a graph at once.
const BATCH: usize = 32;

/// Runs `graph` over token lists, those of one length together; one row of the output each, with its
/// shape per text, in the order of `tokens`.
fn run_by_length(graph: &Graph, tokens: &[Vec<i64>]) -> Result<Vec<Vec<f32>>, InferenceError> {
    let mut order: Vec<usize> = (0..tokens.len()).collect();
    order.sort_by_key(|index| tokens[*index].len());
    let mut rows = vec![Vec::new(); tokens.len()];
    for same in order.chunk_by(|a, b| tokens[*a].len() == tokens[*b].len()) {
        for batch in same.chunks(BATCH) {
            let (shape, values) = graph.run(inputs(graph, tokens, batch))?;
            if shape.first() != Some(&batch.len()) || values.is_empty() {
                return Err(InferenceError::Runtime(format!("output of shape {shape:?}")));
            }
            let row = values.len() / batch.len();
            for (index, row) in batch.iter().zip(values.chunks_exact(row)) {
                rows[*index] = row.to_vec();
            }
        }
    }
    Ok(rows)
}

fn inputs<'a>(graph: &Graph, tokens: &[Vec<i64>], batch: &[usize]) -> Vec<(&'a str, Values)> {
    let length = tokens[batch[0]].len();
    let shape = || vec![batch.len(), length];
    let ids: Vec<i64> = batch.iter().flat_map(|index| tokens[*index].iter().copied()).collect();
    let count = ids.len();
    let mut all = vec![("input_ids", Values::I64(shape(), ids))];
    for (name, value) in [("attention_mask", 1), ("token_type_ids", 0)] {
        if graph.wants(name) {
            all.push((name, Values::I64(shape(), vec![value; count])));
        }
    }
    all
}

/// Scales to unit length; a zero vector stays.
pub(crate) fn unit(values: &mut [f32]) {
    let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    if norm > 0.0 {
        values.iter_mut().for_each(|v| *v /= norm);
    }
}
