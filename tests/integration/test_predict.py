# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Predictions are the model's coefficients times the rows, categories included, and stay with their domain."""
import csv

import pytest

from test_policies import CLINICS, Stays

h5py = pytest.importorskip("h5py")
numpy = pytest.importorskip("numpy")


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
            expected = coefficients[0] + file["features"][:] @ coefficients[1:]
        with open(stays.path(f"run/predictions/{clinic}/{clinic}.csv")) as file:
            predicted = [float(row["mean"]) for row in csv.DictReader(file)]
        assert predicted == pytest.approx(expected, rel=1e-12)
