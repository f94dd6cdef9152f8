# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""The same rows in other units: statistics and measures stay to ten digits, on any number of ranks, whatever column, target, offset, time, exposure or weight is meant."""
import csv
import json
import math
import re

import pytest

from conftest import Checkout
from test_policies import Stays

DATA = 5
# Powers of ten of the feature; of target, its offset, and times; of the exposure; of weights: all at once, as units_test.cpp has each by itself.
UNITS = {"usual": (0, 0, 0, 0), "small": (-30, 9, -14, 30), "large": (30, -30, 30, -9), "heavy": (-3, 30, -30, 14), "light": (14, -14, 3, -30)}
COLUMNS = """
  age: {role: feature}
  sex: {role: feature, type: category, levels: [f, m]}
  ward: {role: target, type: category, levels: [medicine, surgery, icu]}
  long: {role: target, type: boolean}
  left: {role: target, type: boolean}
  visits: {role: target}
  days: {role: target}
  before: {role: target}
  start: {role: target}
  years: {role: target}
  w: {role: weight}
"""
# What is fitted, and whether its dispersion takes the unit of the weights: elsewhere these are numbers of equal rows, and so many more of them make a z larger, as in R's glm.
KINDS = {
    "linear": ("target: days, offset: before", True),
    "logistic": ("target: long", False),
    "probit": ("target: long", False),
    "cloglog": ("target: long", False),
    "poisson": ("target: visits, exposure: years", False),
    "negative_binomial": ("target: visits, exposure: years", False),
    "gamma": ("target: days", True),
    "inverse_gaussian": ("target: days", True),
    "multinomial": ("target: ward", False),
    "ordinal": ("target: ward", False),
    "cox": ("time: days, entry: start, status: left", False),
}
MEASURES = ("accuracy", "auc", "average_precision", "balanced_accuracy", "brier", "c_index", "d_squared", "log_loss", "r_squared")


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    """Partitions of the same columns in all of the units."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("units")))
    for clinic in stays.clinics:
        stays.terms(clinic, allow="exact_release: true, unstratified_survival: true")
    with open(stays.path("stays.csv")) as file:
        rows = list(csv.DictReader(file))
    for units, (feature, target, exposure, weight) in UNITS.items():
        lines = ["clinic,sex,ward,long,left,visits,age,days,before,start,years,w"]
        for i, row in enumerate(rows):
            age, days, years = float(row["age"]) + 0.3 * (i * i % 11), float(row["days"]), 1 + i * i % 13 / 4
            visits = i * i % 7 * (i % 5) + math.floor(age * years / 40)
            numbers = ((age, feature), (days, target), (0.1 * (i % 7), target), (days * (i % 5) / 8, target), (years, exposure), (1 + i % 3, weight))
            lines.append(",".join([row["clinic"], row["sex"], row["ward"], str(int(days + i % 5 > 9)), str(int(i % 4 != 0)), str(visits), *(repr(value * 10.0**power) for value, power in numbers)]))
        stays.write(f"{units}.csv", "\n".join(lines) + "\n")
        stays.take(units, COLUMNS, f"{units}.run.yaml")
    return stays


def fit(stays, units, kind, l2, np, evaluate=False):
    """Of each coefficient its statistic and p-value; the R-squared that the summary shows; and what rows are measured by."""
    output = f"{kind}-{l2}-{units}-{np}"
    model = f"model={{kind: {kind}, {KINDS[kind][0]}, features: [age, sex], weights: true, l2: {l2}"
    if kind == "linear" and l2 == 0:
        model += ", errors: robust"
    if kind == "cox" and l2 > 0:  # over all clinics, on a grid
        model += ", cox: {strata: none, time_step: %r, time_maximum: %r}" % tuple(step * 10.0 ** UNITS[units][1] for step in (0.125, 40))
    for command in ("train", "evaluate") if evaluate else ("train",):
        stays.run(command, f"{units}.run.yaml", "--output", output, "--set", model + "}", np=np)
    with open(stays.path(f"{output}/coefficients.csv"), newline="") as file:
        tests = {line["term"]: (float(line["statistic"]), float(line["p_value"])) for line in csv.DictReader(file) if line["term"] != "theta"}
    measures = json.loads(stays.path(f"{output}/evaluation.json").read_text())["overall"] if evaluate else {}
    shown = re.search(r"-squared (\S+?),", stays.path(f"{output}/model.txt").read_text())
    return tests, shown and shown[1], {key: measures[key] for key in MEASURES if key in measures}


def near(a, b):
    return math.isclose(a, b, rel_tol=1e-10)


@pytest.mark.parametrize("l2,changes", [(0, ("small", "large")), (0.1, ("heavy", "light"))])
@pytest.mark.parametrize("kind", KINDS)
def test_units_say_nothing(stays, kind, l2, changes):
    evaluate = l2 == 0
    usual, shown, measures = fit(stays, "usual", kind, l2, 1, evaluate)
    fit(stays, "usual", kind, l2, 3)
    assert stays.checkout.digest(f"{kind}-{l2}-usual-1/model.h5") == stays.checkout.digest(f"{kind}-{l2}-usual-3/model.h5")
    model, dispersion = KINDS[kind]
    assert len(measures) >= evaluate
    for units, np in zip(changes, (1, 3)):
        found, also_shown, others = fit(stays, units, kind, l2, np, evaluate and np == 3)
        weight = UNITS[units][3]
        robust = kind == "cox" and l2 == 0  # with weights, and a robust z stays
        for term, (statistic, p) in usual.items():
            if term == "(intercept)" and (kind in ("gamma", "inverse_gaussian") or "exposure" in model):
                continue  # it takes the unit
            assert near(statistic, found[term][0] / (1 if dispersion or robust else 10.0 ** (weight / 2))), term
            assert not (dispersion or robust) or near(p, found[term][1]), term
        # Of counts and classes there is a likelihood where weights are whole numbers, and so numbers of rows.
        assert also_shown == (shown if dispersion or kind == "cox" or weight > 0 else "-")
        assert all(near(value, others[key]) for key, value in measures.items() if others)


def test_what_no_sum_holds_names_its_column(stays):
    text = stays.path("usual.csv").read_text().splitlines()
    column = text[0].split(",").index("age")
    cells = text[5].split(",")
    cells[column] = "1e46"
    stays.write("beyond.csv", "\n".join([*text[:5], ",".join(cells), *text[6:]]) + "\n")
    stays.take("beyond", COLUMNS, "beyond.run.yaml")
    words = ("train", "beyond.run.yaml", "--output", "beyond-run", "--set", "model.target=days", "--set")
    for np in (1, 4):
        assert '.h5: column "age" holds a number beyond 1e+45' in stays.run(*words, "model.features=[age]", np=np, code=DATA)
    stays.run(*words, "model.features=[sex]")
