# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""`export --format onnx`: onnxruntime and onnx's own evaluator score every row of every partition as `predict` does, from the values that the CSV had. `--format c`: so does gcc, to the bit."""
import csv
import ctypes
import datetime
import json
import math
import os
import pathlib
import random
import re
import subprocess

import pytest

from clinics import DOMAINS, set_up
from conftest import SOURCE, Checkout, referee

REFEREES = SOURCE / "build/referees"
POLICY, DATA, USAGE = 4, 5, 2
LEVELS = {"ward": ("icu", "medicine", "surgery"), "sex": ("f", "m"), "drug": tuple("abcdef")}
INGEST = """version: 1
output: OUTPUT
precision: PRECISION
partitions:
  - {for: [bern, lyon], name: <name>, owner: <name>, values: [<name>], sign_with: <name>.pem}
input: rows.csv
columns:
  clinic: {role: domain}
"""
COLUMNS = """  age: {role: feature, minimum: 0, maximum: 120, unit: a, missing: keep}
  dose: {role: feature, description: at admission}
  day: {role: feature, type: date, date_format: "%Y-%m-%dT%H:%M"}
  ward: {role: feature, type: category, levels: [icu, medicine, surgery], missing: keep}
  sex: {role: feature, type: category, levels: [f, m]}
  drug: {role: feature, type: category, levels: [a, b, c, d, e, f]}
  double: {role: feature}
  years: {role: feature, minimum: 0, description: 'followed up */ to \\'}
  event: {role: target}
  visits: {role: target}
  score: {role: target}
  cost: {role: target}
  time: {role: target}
  size: {role: target, type: category, levels: [small, middle, large]}
"""
RUN = """version: 1
name: stays
purpose: dpv:ScientificResearch
site: {name: here, nodes: [{match: "*", jurisdiction: CH}]}
lineage: {sign_with: operator.pem}
boundary: {secure_aggregation: false}
"""
MADE = "features=[dose, log(dose), log1p(dose), sqrt(dose), dose^3, 'rcs(age, 30, 50, 60, 80)', 'bin(age, 40, 65)', missing(age), year(day), month(day), weekday(day), hour(day), 'cyclic(day, 365.25)', ward, 'age:sex', drug]"
PLAIN = "features=[age, dose, ward, sex, drug]"
FILLED = "missing={age: median, ward: mode}"
MLP = "mlp.layers=[{units: 12, activation: gelu, layer_norm: true}, {units: 8, activation: %s}]"
KINDS = {
    "logistic": ("kind=logistic", "target=event", MADE, FILLED),
    "linear": ("kind=linear", "target=score", MADE, "missing={age: 61.5, ward: mode}", "l2=1e-3"),
    "poisson": ("kind=poisson", "target=visits", PLAIN, FILLED, "exposure=years"),
    "gamma": ("kind=gamma", "target=cost", PLAIN, "missing={age: mean, ward: drop}"),
    "negative_binomial": ("kind=negative_binomial", "target=visits", PLAIN, FILLED, "offset=double"),
    "cloglog": ("kind=cloglog", "target=event", PLAIN, "missing={age: drop, ward: mode}"),
    "multinomial": ("kind=multinomial", "target=size", PLAIN, FILLED),
    "ordinal": ("kind=ordinal", "target=size", PLAIN, FILLED),
    "cox": ("kind=cox", "time=time", "status=event", PLAIN, FILLED, "cox.strata=none", "cox.time_step=1", "cox.time_maximum=4000", "cox.baseline=true"),
    "mlp_binary": ("kind=mlp", "target=event", PLAIN, FILLED, MLP % "relu", "mlp.loss=binary", "mlp.embeddings={drug: 3}"),
    "mlp_classes": ("kind=mlp", "target=size", PLAIN, "missing={age: drop, ward: drop}", MLP % "relu", "mlp.loss=cross_entropy", "mlp.embeddings={drug: 3, ward: 2}"),
    "mlp_number": ("kind=mlp", "target=score", PLAIN, FILLED, MLP % "silu", "mlp.loss=squared_error"),
    "mlp_count": ("kind=mlp", "target=visits", PLAIN, FILLED, MLP % "tanh", "mlp.loss=poisson"),
    "mlp_hazard": ("kind=mlp", "time=time", "status=event", PLAIN, FILLED, MLP % "sigmoid", "mlp.loss=cox"),
}
TIMES = (100.0, 365.0)


def words(name):
    network = name.startswith("mlp")
    settings = [f"model.{setting}" for setting in (KINDS | C_ONLY)[name]] + (["train.descent.epochs=2", "train.descent.batch_rows=64"] if network else [])
    return [word for setting in (*settings, f"train.method={'adamw' if network else 'newton'}") for word in ("--set", setting)]


def draw_rows(count):
    draw = random.Random(3)
    rows = []
    for i in range(count):
        age, dose = (None if i % 11 == 4 else draw.uniform(20, 95)), draw.uniform(0.001, 7)
        row = {"clinic": DOMAINS[i % 2], "age": age, "dose": dose, "day": (datetime.datetime(1968, 2, 27) + datetime.timedelta(minutes=draw.randrange(30000 * 1440))).isoformat(timespec="minutes"),
               "ward": None if i % 13 == 5 else draw.choice(LEVELS["ward"]), "sex": draw.choice("fm"), "drug": draw.choice("abcdef"), "double": draw.uniform(-1, 1), "years": draw.uniform(0.1, 4)}
        eta = ((age or 55) - 55) / 20 + (dose - 3) / 2 + draw.gauss(0, 1)
        row |= {"event": int(eta > 0), "visits": draw.randrange(5) + int(eta > 1), "score": eta, "cost": math.exp(eta / 3), "time": min(3000, math.ceil(draw.expovariate(math.exp(eta / 2) / 300))),
                "size": ("small", "middle", "large")[min(2, max(0, int(eta + 1.5)))]}
        rows.append(row)
    return rows


def ingest(stays, precision, output):
    stays.path(f"{output}.yaml").write_text(INGEST.replace("PRECISION", precision).replace("OUTPUT", output) + COLUMNS)
    stays.run("ingest", f"{output}.yaml")
    stays.path(f"{output}-run.yaml").write_text(RUN + "domains:\n" + "".join(
        f"  - {{name: {d}, jurisdiction: CH, public_key: {d}.pub.pem, policy: {d}.json, partitions: [{output}/{d}.h5]}}\n" for d in DOMAINS))


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    checkout = Checkout(tmp_path_factory.mktemp("onnx"))
    checkout.rows = draw_rows(400)
    with open(checkout.path("rows.csv"), "w", newline="") as file:
        writer = csv.DictWriter(file, checkout.rows[0])
        writer.writeheader()
        writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in checkout.rows)
    set_up(checkout)
    ingest(checkout, "float64", "wide")
    ingest(checkout, "float32", "single")
    return checkout


def trained(stays, name, data="wide", more=()):
    folder = f"{name}-{data}"
    if not stays.path(folder).exists():
        stays.run("train", f"{data}-run.yaml", "--output", folder, *words(name), *more, np=2)
        stays.run("predict", f"{data}-run.yaml", "--output", folder, *words(name), *more, *(["--set", f"evaluate.survival_at={list(TIMES)}"] if name == "cox" else []))
    return folder


def predictions(stays, folder):
    """As the CSV of predictions has them, row by row in the order of rows.csv."""
    found = {}
    for d, name in enumerate(DOMAINS):
        with open(stays.path(f"{folder}/predictions/{name}/{name}.csv"), newline="") as file:
            for row in csv.DictReader(file):
                i = int(row.pop("row"))
                found[2 * i + d] = [None if value == "" else float(value) for value in row.values()]
    return [found[i] for i in range(len(stays.rows))]


def inputs(rows):
    epoch = datetime.datetime(1970, 1, 1)
    of = {"day": lambda day: (datetime.datetime.fromisoformat(day) - epoch) / datetime.timedelta(days=1), "ward": lambda ward: ward or ""}
    return {name: [of.get(name, lambda value: value)(row[name]) for row in rows] for name in rows[0] if name != "clinic"}


def others(*words):
    """Output of Python with build/referees and none of Debian's modules."""
    if not REFEREES.exists():
        reason = "build/referees is missing; scripts/get-referees build/referees makes it"
        pytest.fail(reason) if os.environ.get("BAILIWICK_REFEREES") == "required" else pytest.skip(reason)
    done = subprocess.run(["/usr/bin/python3", "-S", *map(str, words)], text=True, capture_output=True, timeout=300, env={**os.environ, "PYTHONPATH": str(REFEREES)})
    assert done.returncode == 0, done.stderr
    return done.stdout


def scores(stays, models, rows):
    stays.path("question.json").write_text(json.dumps({"models": [str(stays.path(model)) for model in models], "inputs": inputs(rows)}))
    return list(json.loads(others(pathlib.Path(__file__).with_name("onnx_scores.py"), stays.path("question.json"))).values())


def told(outputs):
    """One list a row, as a CSV of predictions has it; labels apart."""
    labels = [row[0] for row in outputs.pop("label", [])]
    return [sum(row, []) for row in zip(*outputs.values())], labels


def compare(name, ours, theirs):
    """The largest relative difference, of numbers that may be near 0 beside 1; networks have a float32 of their own order."""
    least = 1 if name in ("linear", "mlp_number") else 1e-30
    worst = 0
    for mine, other in zip(ours, theirs):
        assert len(mine) == len(other), (name, mine, other)
        for a, b in zip(mine, other):
            assert (a is None) == (b is None), (name, a, b)
            if a is not None:
                worst = max(worst, abs(a - b) / max(abs(a), least))
    assert worst <= (1e-6 if name.startswith("mlp") else 2e-13), (name, worst)
    return worst


@pytest.mark.parametrize("data", ["wide", "single"])
def test_every_row_as_predict_has_it(stays, data):
    names = list(KINDS) if data == "wide" else ["logistic", "mlp_binary"]
    folders = [trained(stays, name, data) for name in names]
    for name, folder in zip(names, folders):
        text = stays.run("export", folder, "--format", "onnx", "--key", "operator.pub.pem", *(word for time in TIMES for word in ("--survival-at", time) if name == "cox"))
        assert f"written  {stays.path(folder)}/model.onnx" in text
    for name, folder, found in zip(names, folders, scores(stays, [f"{folder}/model.onnx" for folder in folders], stays.rows)):
        ours = predictions(stays, folder)
        runtime, labels = told(found["runtime"])
        reference, _ = told(found["reference"])
        print(name, data, compare(name, ours, runtime), compare(name, ours, reference))
        assert any(None in row for row in runtime) == ("drop" in " ".join(KINDS[name]))
        if labels:
            assert labels == ["" if row[0] is None else ("small", "middle", "large")[row.index(max(row))] for row in ours]
        assert found["metadata"]["bailiwick.model"] == stays.run("digest", f"{folder}/model.h5").split()[0]
        assert found["about"]["age"] == "number, a, 0 to 120" and found["about"]["dose"] == "number: at admission"


C_ONLY = {"probit": ("kind=probit", "target=event", PLAIN, FILLED)}
WRAPPER = """#include "HEADER"
#ifdef __cplusplus
extern "C"
#endif
void score(const stays_row *rows, int count, double *out) {
  for (int i = 0; i < count; ++i) WORK;
}
"""
SCORES = {1: "out[i] = stays_predict(rows + i)", 3: "stays_predict(rows + i, out + 3 * i)"}
SURVIVAL = "out[3 * i] = stays_predict(rows + i, out + 3 * i + 1)"
SILENT = ("-Wall", "-Wextra", "-pedantic", "-Werror", "-O1")


def compiled(stays, header, work):
    """The header in a library, without a word from the compiler; as C++ some are looked at alone."""
    source = stays.path(f"{header}.wrapper.c")
    source.write_text(WRAPPER.replace("HEADER", pathlib.Path(header).name).replace("WORK", work))
    library = source.with_suffix(".so")
    subprocess.run(["gcc", "-std=c99", *SILENT, "-shared", "-fPIC", source, "-lm", "-o", library], check=True, timeout=100)
    if re.match("logistic|ordinal|mlp_classes", header):
        subprocess.run(["g++", "-std=c++17", *SILENT, "-fsyntax-only", "-x", "c++", source], check=True, timeout=100)
    return ctypes.CDLL(str(library))


def scored_in_c(stays, header, rows, outputs, work=None):
    members = re.findall(r"^  (double |const char \*)(\w+);$", re.search(r"typedef struct \{\n(?:(?!^\}).*\n)*\} stays_row;", stays.path(header).read_text(), re.M)[0], re.M)
    kinds = {name: ctypes.c_char_p if "char" in kind else ctypes.c_double for kind, name in members}
    values = inputs(rows)

    def of_c(kind, value):
        if kind is ctypes.c_char_p:
            return None if value is None else value.encode()
        return math.nan if value is None else value

    struct = type("Row", (ctypes.Structure,), {"_fields_": list(kinds.items())})
    given = (struct * len(rows))(*(struct(*(of_c(kind, values[name.rstrip("_")][i]) for name, kind in kinds.items())) for i in range(len(rows))))
    out = (ctypes.c_double * (outputs * len(rows)))()
    compiled(stays, header, work or SCORES[outputs]).score(given, len(rows), out)
    return [[None if math.isnan(value) else value for value in out[i:i + outputs]] for i in range(0, len(out), outputs)]


@pytest.mark.parametrize("data", ["wide", "single"])
def test_a_header_in_c_has_the_bits_of_predict(stays, data):
    for name in [*KINDS, *C_ONLY] if data == "wide" else ["logistic", "mlp_binary"]:
        folder = trained(stays, name, data)
        stays.run("export", folder, "--format", "c", *(word for time in TIMES for word in ("--survival-at", time) if name == "cox"))
        ours = predictions(stays, folder)
        found = scored_in_c(stays, f"{folder}/model.h", stays.rows, len(ours[0]), SURVIVAL if name == "cox" else None)
        assert found == ours, (name, next((i, a, b) for i, (a, b) in enumerate(zip(ours, found)) if a != b))
        text = stays.path(f"{folder}/model.h").read_text()
        assert stays.run("digest", f"{folder}/model.h5").split()[0] in text and "number, a, 0 to 120" in text and "number: at admission" in text


TENSORS = "import json, sys; from safetensors import safe_open; f = safe_open(sys.argv[1], 'np'); print(json.dumps([f.metadata(), {k: [f.get_tensor(k).tolist(), str(f.get_tensor(k).dtype)] for k in f.keys()}]))"


LAYERS = {"embeddings.ward.weight": (3, 2), "embeddings.drug.weight": (6, 3), "layers.0.weight": (12, 8), "layers.0.bias": (12,), "layers.0.norm.weight": (12,), "layers.0.norm.bias": (12,),
          "layers.1.weight": (8, 12), "layers.1.bias": (8,), "layers.2.weight": (3, 8), "layers.2.bias": (3,)}


@pytest.mark.parametrize("name, shapes", [("mlp_classes", LAYERS), ("poisson", {"parameters": (11,)})])
def test_numbers_by_their_names(stays, name, shapes):
    """As the package safetensors reads them: in the order of model.h5, but for weights, which are as torch.nn.Linear has them."""
    h5py, numpy = referee("h5py"), referee("numpy")
    folder = trained(stays, name)
    stays.run("export", folder, "--format", "safetensors")
    metadata, tensors = json.loads(others("-c", TENSORS, stays.path(f"{folder}/model.safetensors")))
    flat = []
    for key, shape in shapes.items():
        values, kind = tensors[key]
        values = numpy.array(values)
        assert kind == ("float32" if name.startswith("mlp") else "float64") and values.shape == shape, key
        flat.append((values.T if key.startswith("layers") else values).ravel())
    with h5py.File(stays.path(f"{folder}/model.h5")) as model:
        assert numpy.allclose(numpy.concatenate(flat), model["arrays/parameters"][:], rtol=1e-7, atol=0)
        assert tensors["columns.mean"] == [model["arrays/standardisation/mean"][:].tolist(), "float64"]
    assert metadata["bailiwick.kind"] == name.split("_")[0] and len(json.loads(metadata["bailiwick.columns"])) == len(tensors["columns.mean"][0])


def test_what_training_did_not_know_has_no_prediction(stays):
    folders = [trained(stays, name) for name in ("logistic", "mlp_binary", "mlp_classes")]
    rows = [dict(stays.rows[0]) for _ in range(4)]
    rows[1]["drug"], rows[2]["sex"], rows[3]["dose"] = "z", "F", None
    for folder in folders:
        stays.run("export", folder, "--format", "onnx", "--output", f"{folder}.onnx")
    for found in scores(stays, [f"{folder}.onnx" for folder in folders], rows):
        runtime, _ = told(found["runtime"])
        assert [row[0] is None for row in runtime] == [False, True, True, True], runtime
    for folder, outputs in zip(folders, (1, 1, 3)):
        stays.run("export", folder, "--format", "c", "--output", f"{folder}.h")
        assert [row[0] is None for row in scored_in_c(stays, f"{folder}.h", rows, outputs)] == [False, True, True, True]


def test_what_has_no_onnx(stays):
    assert "have no error function in float64" in stays.run("export", trained(stays, "probit"), "--format", "onnx", code=DATA)
    folder = trained(stays, "logistic")
    assert "survival is of Cox models" in stays.run("export", folder, "--format", "onnx", "--output", "no.onnx", "--survival-at", "5", code=DATA)
    assert '"soon" is no time' in stays.run("export", folder, "--format", "onnx", "--output", "no.onnx", "--survival-at", "soon", code=USAGE)
    stays.run("train", "wide-run.yaml", "--output", "apart", *words("logistic"), "--set", "model.standardise=per_domain")
    assert "standardised within their domain" in stays.run("export", "apart", "--format", "onnx", code=DATA)
    stays.run("train", "wide-run.yaml", "--output", "bare", "--set", "model.kind=cox", "--set", "model.time=time", "--set", "model.status=event", "--set", "model.features=[dose]")
    for form in ("onnx", "c"):
        assert "model.cox.baseline: true" in stays.run("export", "bare", "--format", form, "--survival-at", "5", code=DATA)
    assert not stays.path("no.onnx").exists() and not stays.path("bare/model.onnx").exists() and not stays.path("bare/model.h").exists()
    stays.run("withdraw", "bare", "--of", "model.h5", "--by", "A. Operator", "--reason", "an error", "--key", "operator.pub.pem", "--sign-with", "operator.pem")
    assert "was withdrawn" in stays.run("export", "bare", "--format", "onnx", code=POLICY)
