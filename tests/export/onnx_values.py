"""Prints `value` of exported ONNX files in onnxruntime, point by point, having checked the models with onnx.checker and run them in
half precision inside a model of one's own. Usage: onnx_values.py POINTS NAME..."""

import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

points = np.array([float(p) for p in sys.argv[1].split(",")]).astype("float32")
for name in sys.argv[2:]:
    model = onnx.load(f"{name}.onnx")
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(f"{name}.onnx", providers=["CPUExecutionProvider"])
    (values,) = session.run(None, {"x": points})
    assert values.dtype == np.float32 and values.shape == points.shape, name
    # The function, taken into another model: half precision, three channels, one parameter each.
    (function,) = model.functions
    parameters = [helper.make_tensor(i.name, TensorProto.FLOAT, [3], list(i.float_data) * 3) for i in model.graph.initializer]
    shape = [2, 3]
    graph = helper.make_graph(
        [helper.make_node(name, ["x"] + [p.name for p in parameters], ["y"], domain="eafo")],
        "other",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT16, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT16, shape)],
        parameters,
    )
    other = helper.make_model(graph, functions=[function], opset_imports=list(model.opset_import), ir_version=8)
    onnx.checker.check_model(other, full_check=True)
    batch = np.linspace(-2, 2, 6, dtype="float16").reshape(shape)
    run = onnxruntime.InferenceSession(other.SerializeToString(), providers=["CPUExecutionProvider"]).run
    (half,) = run(None, {"x": batch})
    assert half.dtype == np.float16
    (wide,) = session.run(None, {"x": batch.astype("float32").ravel()})
    np.testing.assert_allclose(half.ravel(), wide.astype("float16"), rtol=1e-3, atol=1e-6)
    for value in values:
        print(repr(float(value)))
