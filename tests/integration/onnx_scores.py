# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What two programs make of ONNX files: onnx_scores.py QUESTION.json, started with build/referees alone.

QUESTION: {"models": [file, …], "inputs": {name: [value, …]}}, null for NaN. Prints {file: {"checked": true, "runtime": {output: rows}, "reference": likewise}}; "reference" (onnx's own evaluator) of the first
rows, for it is slow."""
import json
import sys

import numpy as np
import onnx
import onnxruntime
from onnx.reference import ReferenceEvaluator

REFERENCE_ROWS = 40


def fed(inputs, given, rows):
    feed = {}
    for name, kind in inputs.items():
        values = given[name][:rows]
        feed[name] = np.array(values, dtype=object if kind == onnx.TensorProto.STRING else np.float64).reshape(-1, 1)
    return feed


def rows_of(names, outputs):
    return {name: [[None if isinstance(v, float) and np.isnan(v) else v for v in row] for row in output.tolist()] for name, output in zip(names, outputs)}


question = json.load(open(sys.argv[1]))
answers = {}
for path in question["models"]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inputs = {value.name: value.type.tensor_type.elem_type for value in model.graph.input}
    names = [value.name for value in model.graph.output]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    answers[path] = {"inputs": list(inputs), "about": {value.name: value.doc_string for value in model.graph.input}, "metadata": {entry.key: entry.value for entry in model.metadata_props},
                     "runtime": rows_of(names, session.run(names, fed(inputs, question["inputs"], None))),
                     "reference": rows_of(names, ReferenceEvaluator(model).run(names, fed(inputs, question["inputs"], REFERENCE_ROWS)))}
json.dump(answers, sys.stdout)
