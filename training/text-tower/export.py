"""Writes the head as ONNX: a kernel machine, then unit length."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import paths


class _Graph:
    def __init__(self):
        self.nodes, self.tensors = [], []

    def tensor(self, value, name):
        self.tensors.append(numpy_helper.from_array(np.asarray(value, np.float32), name))
        return name

    def add(self, operator, inputs, output, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def unit(self, name, output):
        # LpNormalization divides by zero for a zero vector; the head never gives one.
        return self.add("LpNormalization", [name], output, axis=-1, p=2)


def kernel_head(centres, gamma, weights, target):
    """embedding = unit(exp(gamma * (x . centres - 1)) @ weights)"""
    graph = _Graph()
    near = graph.add("MatMul", ["sentence", graph.tensor(centres.T, "centres")], "near")
    scaled = graph.add("Mul", [near, graph.tensor(gamma, "gamma")], "scaled")
    shifted = graph.add("Sub", [scaled, "gamma"], "shifted")
    kernel = graph.add("Exp", [shifted], "kernel")
    mixed = graph.add("MatMul", [kernel, graph.tensor(weights, "weights")], "mixed")
    graph.unit(mixed, "embedding")
    _save(graph, target)


def _save(graph, target):
    paths.OUTPUT.mkdir(parents=True, exist_ok=True)
    made = helper.make_graph(
        graph.nodes, "text_head",
        [helper.make_tensor_value_info("sentence", TensorProto.FLOAT, ["n", 384])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 512])],
        graph.tensors)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(target))
