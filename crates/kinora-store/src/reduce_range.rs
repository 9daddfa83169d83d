//! int8 ONNX graph to the same graph with 7-bit weights, right on every processor.
//!
//! ONNX Runtime multiplies u8 activations by s8 weights with saturating 16-bit sums on x86 processors
//! that have AVX2 but no VNNI. Graphs whose weights use all 8 bits come out wrong there: CLIP ViT-B/16
//! int8 had a mean cosine of 0.45 to its f32 vectors, and 0.98 with weights within +-63, for which
//! 2 * 255 * 63 < 32768, so that no sum can saturate. The scale of each weight is doubled instead.
//! (`session.x64quantprecision` is right too, at 1.2 times the CPU time.) Mirrors
//! `training/text-tower/reduce_range.py`, whose file holds the same numbers in another order of fields.
//!
//! The graph is a protobuf message (onnx.proto3); only tensors' raw bytes change, in place, so no
//! length changes. Memory: the file, once.

use std::{collections::HashMap, ops::Range};

use crate::protobuf::{Fields, GraphError, broken, text};

// Field numbers of onnx.proto3.
const MODEL_GRAPH: u64 = crate::protobuf::MODEL_GRAPH;
const GRAPH_NODE: u64 = 1;
const GRAPH_INITIALIZER: u64 = 5;
const NODE_INPUT: u64 = 1;
const NODE_OUTPUT: u64 = 2;
const NODE_OP_TYPE: u64 = 4;
const TENSOR_DATA_TYPE: u64 = 2;
const TENSOR_FLOAT_DATA: u64 = 4;
const TENSOR_NAME: u64 = 8;
const TENSOR_RAW_DATA: u64 = 9;
const FLOAT: u64 = 1;
const INT8: u64 = 3;

/// Halves the weights of every `MatMulInteger` and doubles their scales; returns how many.
///
/// # Errors
/// If the bytes are no model, or a scale is not where it should be.
pub(crate) fn reduce_range(model: &mut [u8]) -> Result<usize, GraphError> {
    let patches = plan(model)?;
    for patch in &patches {
        for weight in &mut model[patch.weight.clone()] {
            let halved = (f32::from(*weight as i8) / 2.0).round_ties_even();
            *weight = halved.clamp(-63.0, 63.0) as i8 as u8;
        }
        for scale in model[patch.scale.clone()].chunks_exact_mut(4) {
            let value = f32::from_le_bytes([scale[0], scale[1], scale[2], scale[3]]) * 2.0;
            scale.copy_from_slice(&value.to_le_bytes());
        }
    }
    Ok(patches.len())
}

struct Patch {
    weight: Range<usize>,
    scale: Range<usize>,
}

fn plan(model: &[u8]) -> Result<Vec<Patch>, GraphError> {
    let graph = Graph::read(model)?;
    let mut seen = HashMap::new();
    let mut patches = Vec::new();
    for node in graph.nodes.iter().filter(|node| node.op_type == "MatMulInteger") {
        let weight = *node.inputs.get(1).ok_or_else(|| broken("a product has no second factor"))?;
        if graph.tensors.contains_key(weight) && seen.insert(weight, ()).is_none() {
            patches.push(Patch {
                weight: graph.raw(weight, INT8)?,
                scale: graph.raw(graph.scale_of(node)?, FLOAT)?,
            });
        }
    }
    Ok(patches)
}

#[derive(Default)]
struct Node<'a> {
    inputs: Vec<&'a str>,
    outputs: Vec<&'a str>,
    op_type: &'a str,
}

#[derive(Default)]
struct Tensor<'a> {
    name: &'a str,
    data_type: u64,
    raw: Range<usize>,
}

struct Graph<'a> {
    nodes: Vec<Node<'a>>,
    tensors: HashMap<&'a str, Tensor<'a>>,
    makers: HashMap<&'a str, usize>,
    users: HashMap<&'a str, usize>,
}

impl<'a> Graph<'a> {
    fn read(model: &'a [u8]) -> Result<Self, GraphError> {
        let fields = Fields::all(model, 0..model.len())?;
        let graph = fields.iter().find(|field| field.number == MODEL_GRAPH);
        let graph = graph.ok_or_else(|| broken("it has no graph"))?.span.clone();
        let (mut nodes, mut tensors) = (Vec::new(), HashMap::new());
        for field in Fields::all(model, graph)? {
            match field.number {
                GRAPH_NODE => nodes.push(read_node(model, field.span)?),
                GRAPH_INITIALIZER => {
                    let tensor = read_tensor(model, field.span)?;
                    tensors.insert(tensor.name, tensor);
                }
                _ => {}
            }
        }
        let mut graph = Self { nodes, tensors, makers: HashMap::new(), users: HashMap::new() };
        graph.link();
        Ok(graph)
    }

    fn link(&mut self) {
        for (index, node) in self.nodes.iter().enumerate() {
            self.makers.extend(node.outputs.iter().map(|name| (*name, index)));
            self.users.extend(node.inputs.iter().map(|name| (*name, index)));
        }
    }

    /// `MatMulInteger -> Cast -> Mul(activation scale * weight scale)`: the name of the last.
    fn scale_of(&self, node: &Node<'a>) -> Result<&'a str, GraphError> {
        let lost = || broken("a product is not followed by its scales");
        let user = |node: &Node<'a>| Some(&self.nodes[*self.users.get(node.outputs.first()?)?]);
        let cast = user(node).ok_or_else(lost)?;
        let scaled = user(cast).ok_or_else(lost)?;
        let product = scaled.inputs.iter().find(|name| !cast.outputs.contains(name));
        let maker = self.makers.get(product.ok_or_else(lost)?).ok_or_else(lost)?;
        let inputs = &self.nodes[*maker].inputs;
        inputs.iter().find(|name| self.tensors.contains_key(*name)).copied().ok_or_else(lost)
    }

    fn raw(&self, name: &str, data_type: u64) -> Result<Range<usize>, GraphError> {
        match self.tensors.get(name) {
            Some(tensor) if tensor.data_type == data_type && !tensor.raw.is_empty() => {
                Ok(tensor.raw.clone())
            }
            _ => Err(broken(&format!("tensor `{name}` is not of the expected type"))),
        }
    }
}

fn read_node(model: &[u8], span: Range<usize>) -> Result<Node<'_>, GraphError> {
    let mut node = Node::default();
    for field in Fields::all(model, span)? {
        match field.number {
            NODE_INPUT => node.inputs.push(text(model, field.span)?),
            NODE_OUTPUT => node.outputs.push(text(model, field.span)?),
            NODE_OP_TYPE => node.op_type = text(model, field.span)?,
            _ => {}
        }
    }
    Ok(node)
}

fn read_tensor(model: &[u8], span: Range<usize>) -> Result<Tensor<'_>, GraphError> {
    let mut tensor = Tensor::default();
    for field in Fields::all(model, span)? {
        match field.number {
            TENSOR_DATA_TYPE => tensor.data_type = field.value,
            TENSOR_NAME => tensor.name = text(model, field.span)?,
            // Packed or raw, floats are the same little-endian bytes.
            TENSOR_RAW_DATA | TENSOR_FLOAT_DATA => tensor.raw = field.span,
            _ => {}
        }
    }
    Ok(tensor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_bytes_are_refused() {
        for bytes in [&[][..], &[0x3a], &[0x3a, 200, 1, 0], &[0xff; 20], &[0x3b, 0]] {
            assert!(reduce_range(&mut bytes.to_vec()).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_graph_without_products_stays() {
        // graph { node { op_type: "Add" } }
        let mut model = vec![0x3a, 7, 0x0a, 5, 0x22, 3, b'A', b'd', b'd'];
        let before = model.clone();
        assert_eq!(reduce_range(&mut model).unwrap(), 0);
        assert_eq!(model, before);
    }
}
