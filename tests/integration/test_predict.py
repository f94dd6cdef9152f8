# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Predictions are the model's coefficients times the rows, categories included, and stay with their domain."""
import csv
import json

import pytest

from conftest import referee
from test_policies import CLINICS, Stays

h5py = referee("h5py")
numpy = referee("numpy")
import page_verifier  # noqa: E402, needs cryptography, as test_policies does
from h5py_partition import spread  # noqa: E402, needs h5py


@pytest.mark.parametrize("standardise", ["pooled", "none"])
@pytest.mark.parametrize("np", [1, 3, 5])
def test_predictions_are_coefficients_times_rows(fresh, standardise, np):
    stays = Stays(fresh)
    stays.train("--set", f"model.standardise={standardise}", output="run", np=np)
    stays.run("predict", "run.yaml", np=np)
    with h5py.File(stays.path("run/model.h5")) as file:
        coefficients = file["arrays/coefficients"][:]
    for clinic in CLINICS:
        with h5py.File(stays.path(f"partitions/{clinic}.h5")) as file:
            expected = coefficients[0] + numpy.stack([values for _, values in spread(file)], axis=1) @ coefficients[1:]
        with open(stays.path(f"run/predictions/{clinic}/{clinic}.csv")) as file:
            predicted = [float(row["mean"]) for row in csv.DictReader(file)]
        assert predicted == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("np", [1, 3, 5])
def test_predictions_have_a_lineage_at_home(fresh, np):
    stays = Stays(fresh)
    stays.train(output="run", np=np)
    stays.run("predict", "run.yaml", np=np)
    verify = ("verify", "run", "--key", "operator.pub.pem")
    assert "ok  predictions/bern/prediction.jsonl:2: bern.csv: file digest" in stays.run(*verify)
    keys = {clinic: stays.path(f"{clinic}.pub.pem") for clinic in CLINICS}
    assert page_verifier.problems(stays.path("run"), [stays.path("operator.pub.pem")], keys) == []
    decisions = json.loads(stays.path("run/predictions/lyon/predict.decisions.json").read_text())
    assert all(d["clauses"][1]["detail"].startswith("predict ") for d in decisions["domains"])
    assert [json.loads(line)["actions"] for line in stays.log() if "actions" in line] == [["train", "release_model"], ["predict"]]

    # Done: nothing to do. Of another model: in another folder.
    assert "the prediction there is finished already" in stays.run("predict", "run.yaml", np=np)
    stays.train("--set", "model.l2=1", output="other", np=np)
    out = stays.run("predict", "run.yaml", "--model", "other/model.h5", np=np, code=5)
    assert "run: holds a training, and this is not the model that it ended with" in out

    path = stays.path("run/predictions/bern/bern.csv")
    text = path.read_text()
    path.write_text(text.replace("\n0,", "\n0,1", 1))
    assert "NO  predictions/bern/prediction.jsonl:2: bern.csv: file digest" in stays.run(*verify, code=7)
    path.write_text(text)
    stays.path("run/predictions/bern/planted.csv").write_text(text)
    assert "NO  predictions/bern/planted.csv: no statement speaks of it" in stays.run(*verify, code=7)


def test_a_prediction_that_was_interrupted_goes_on(fresh):
    """A domain's own chain may have come to its end, and the run's not."""
    stays = Stays(fresh)
    stays.train(output="run")
    stays.run("predict", "run.yaml")
    first = stays.path("run/predictions/bern/bern.csv").read_bytes()
    chain = stays.path("run/prediction.jsonl")
    chain.write_text("".join(chain.read_text().splitlines(keepends=True)[:2]))
    stays.path("run/prediction.json").unlink()
    home = stays.path("run/predictions/lyon/prediction.jsonl")
    home.write_text("".join(home.read_text().splitlines(keepends=True)[:1]))
    stays.run("predict", "run.yaml", np=3)
    assert stays.path("run/predictions/bern/bern.csv").read_bytes() == first
    stays.run("verify", "run", "--key", "operator.pub.pem")
    stays.path("run/prediction.jsonl").unlink()
    out = stays.run("predict", "run.yaml", "--set", "evaluate.standardise=none", code=3)
    assert "predictions/bern/prediction.resolved.yaml: the run there began with another config" in out


def test_predictions_carry_the_ids_of_rows(fresh):
    """What the owner calls a row, however it is spelt; quarantined rows shift the numbers, not the ids."""
    stays = Stays(fresh)
    with open(stays.path("stays.csv")) as file:
        rows = list(csv.reader(file))
    ids = [f'{row[0]}-{i}, "{i}"' for i, row in enumerate(rows)]
    rows[5][1] = "-1"  # an age that no one has
    with open(stays.path("stays.csv"), "w", newline="") as file:
        csv.writer(file).writerows([["patient", *rows[0]], *([ids[i], *row] for i, row in enumerate(rows) if i > 0)])
    ingest = stays.path("ingest.yaml")
    ingest.write_text(ingest.read_text().replace("columns:\n", "columns:\n  patient: {role: id}\n"))
    stays.run("ingest", "ingest.yaml", "--force")
    stays.train(output="run")
    stays.run("predict", "run.yaml", np=2)
    found = []
    for clinic in CLINICS:
        with open(stays.path(f"run/predictions/{clinic}/{clinic}.csv"), newline="") as file:
            predicted = list(csv.DictReader(file))
        assert [int(row["row"]) for row in predicted] == list(range(len(predicted)))
        found += [row["id"] for row in predicted]
    assert found == ids[1:5] + ids[6:]


@pytest.mark.parametrize("np", [1, 3])
def test_a_prediction_that_fails_leaves_none(fresh, np):
    """Where one domain's rows cannot be scored, the others' files would be nobody's."""
    stays = Stays(fresh)
    text = stays.path("stays.csv").read_text().replace("graz,30,surgery,f,3,train", "graz,0,surgery,f,3,other")
    stays.write("stays.csv", text)
    stays.write("ingest.yaml", stays.path("ingest.yaml").read_text().replace("[train, test]", "[train, test, other]"))
    stays.run("ingest", "ingest.yaml", "--force")
    words = ("--set", "model={kind: poisson, features: [sex], exposure: age}", "--set", "train.split=train")
    stays.train(*words, output="run", np=np)
    lock = stays.path("run/.prediction.lock")  # others may wait for it
    before = sorted([*stays.path("run").rglob("*"), lock])
    out = stays.run("predict", "run.yaml", *words, np=np, code=5)
    assert "row 0 (the first is 0): model.exposure: its age is not greater than 0" in out
    assert sorted(stays.path("run").rglob("*")) == before


def test_ingest_is_one_process(fresh):
    stays = Stays(fresh)
    assert "ingest is one process, which reads a file once; start it without mpirun" in stays.run("ingest", "ingest.yaml", "--force", np=2, code=2)


@pytest.mark.parametrize("np", [1, 3])
def test_a_config_that_speaks_of_another_model(fresh, np):
    stays = Stays(fresh)
    stays.train(output="run")
    for command in ("evaluate", "predict"):
        out = stays.run(command, "run.yaml", "--set", "model.kind=poisson", np=np, code=3)
        assert "run/model.h5 is a model with another kind; give the config it was trained with" in out
