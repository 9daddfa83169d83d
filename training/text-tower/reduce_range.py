"""int8 ONNX of the vision tower -> the same ONNX with 7-bit weights, right on every processor.

ONNX Runtime multiplies u8 by s8 with saturating 16-bit sums on processors that have AVX2
but no VNNI. The published files use all 8 bits of their weights, and their vectors come out
wrong there (cosine 0.4 to 0.6 to the right ones; a horse is nearest to "clock"). With
weights within +-63, 2 * 255 * 63 < 32 768: no sum can saturate. The session option
`session.x64quantprecision=1` is right too, but slower. MiniLM needs none of
this: its weights are int8, its products f32.
"""
import numpy as np
import onnx
from onnx import numpy_helper


def reduce_range(source, target):
    """Writes `target` unless it is there: weights halved and rounded, their scales doubled."""
    if target.exists():
        return target
    model = onnx.load(str(source))
    graph = model.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}
    users = {name: node for node in graph.node for name in node.input}
    done = set()
    for node in graph.node:
        if node.op_type == "MatMulInteger" and node.input[1] in tensors and node.input[1] not in done:
            done.add(node.input[1])
            _halve(tensors[node.input[1]])
            # MatMulInteger -> Cast -> Mul(activation scale * weight scale)
            cast = users[node.output[0]]
            scaled = users[cast.output[0]]
            (product,) = [name for name in scaled.input if name != cast.output[0]]
            (scale,) = [name for name in makers[product].input if name in tensors]
            value = numpy_helper.to_array(tensors[scale]) * 2
            tensors[scale].CopyFrom(numpy_helper.from_array(value.astype(np.float32), scale))
    scratch = target.with_suffix(".part")
    onnx.save(model, str(scratch))
    scratch.rename(target)
    return target


def _halve(tensor):
    weight = numpy_helper.to_array(tensor)
    if weight.dtype != np.int8:
        raise ValueError(f"`{tensor.name}` is {weight.dtype}, not int8")
    halved = np.clip(np.rint(weight.astype(np.float32) / 2), -63, 63).astype(np.int8)
    tensor.CopyFrom(numpy_helper.from_array(halved, tensor.name))


if __name__ == "__main__":
    import paths
    reduce_range(paths.CLIP_VISION_FULL, paths.CLIP_VISION)
