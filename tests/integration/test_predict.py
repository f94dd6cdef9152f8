# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Predictions are the model's coefficients times the rows, categories included, and stay with their domain."""
import csv

import pytest

from test_policies import CLINICS, Stays

h5py = pytest.importorskip("h5py")
numpy = pytest.importorskip("numpy")
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
