# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""The same rows in other units: statistics stay to ten digits, on any number of ranks, whatever column, target, time or weight is meant."""
import csv
import math

import pytest

from conftest import Checkout, referee
from test_policies import Stays

DATA = 5
POWERS = (-30, 30)
KINDS = {"linear": "days", "logistic": "long", "poisson": "days", "gamma": "days", "inverse_gaussian": "days", "multinomial": "ward", "ordinal": "ward", "cox": None}


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    """Partitions by the power of ten of their weights; each has its feature and its times in three units."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("units")))
    with open(stays.path("stays.csv")) as file:
        rows = list(csv.DictReader(file))
    ingest = stays.path("ingest.yaml").read_text()
    start, end = ingest.index("columns:"), ingest.index("output:")
    units = [(f"{name}_{power}", name, power) for power in (0, *POWERS) for name in ("age", "days")]
    columns = ("columns:\n  clinic: {role: domain}\n  sex: {role: feature, type: category, levels: [f, m]}\n"
               "  ward: {role: target, type: category, levels: [medicine, surgery, icu]}\n  long: {role: target, type: boolean}\n"
               "  left: {role: target, type: boolean}\n  w: {role: weight}\n"
               + "".join(f"  {column}: {{role: {'feature' if name == 'age' else 'target'}}}\n" for column, name, _ in units))
    for power in (0, *POWERS):
        with open(stays.path(f"weights_{power}.csv"), "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["clinic", "sex", "ward", "long", "left", "w", *(column for column, _, _ in units)])
            for i, row in enumerate(rows):
                values = {"age": float(row["age"]) + 0.3 * (i * i % 11), "days": float(row["days"])}
                writer.writerow([row["clinic"], row["sex"], row["ward"], int(values["days"] + i % 5 > 9), int(i % 4 != 0), repr((1 + i % 3 / 2) * 10.0**power),
                                 *(repr(values[name] * 10.0**p) for _, name, p in units)])
        text = ingest[:start] + columns + ingest[end:]
        stays.write(f"weights_{power}.yaml", text.replace("stays.csv", f"weights_{power}.csv").replace("output: partitions", f"output: weights_{power}"))
        stays.run("ingest", f"weights_{power}.yaml")
        stays.write(f"run_{power}.yaml", stays.path("run.yaml").read_text().replace("partitions/", f"weights_{power}/"))
    return stays


def fit(stays, kind, l2, age=0, days=0, weight=0):
    """Coefficients and their statistics: the same on one rank and on three in the usual units, and then on either."""
    h5py = referee("h5py")
    target = f"days_{days}" if KINDS[kind] == "days" else KINDS[kind]
    words = [f"model.features=[age_{age}, sex]", f"model.kind={kind}", f"model.l2={l2}", "model.weights=true"]
    words += [f"model.target={target}"] if target else ["model.target=", f"model.time=days_{days}", "model.status=left"]
    digests = set()
    power = age + days + weight
    for np in (1, 3) if power == 0 else (3,) if power > 0 else (1,):
        output = f"{kind}-{l2}-{age}-{days}-{weight}-{np}"
        stays.run("train", f"run_{weight}.yaml", "--output", output, *(w for word in words for w in ("--set", word)), np=np)
        digests.add(stays.checkout.digest(f"{output}/model.h5"))
    assert len(digests) == 1
    with h5py.File(stays.path(f"{output}/model.h5")) as file:
        estimate = file["arrays/coefficients"][:]
        return estimate, estimate / file["arrays/standard_errors"][:]


def near(a, b):
    return all(math.isclose(x, y, rel_tol=1e-10) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("l2", [0, 0.1])
@pytest.mark.parametrize("kind", KINDS)
def test_units_say_nothing(stays, kind, l2):
    _, usual = fit(stays, kind, l2)
    for power in POWERS:
        assert near(usual, fit(stays, kind, l2, age=power)[1])
        weighted = fit(stays, kind, l2, weight=power)[1]
        # Weights are numbers of equal rows: so many more of them make a z larger, as in R's glm. The t of a model with a dispersion, and the robust z of a Cox model, stay.
        stays_so = kind in ("linear", "gamma", "inverse_gaussian") or (kind == "cox" and l2 == 0)
        assert near(usual, weighted / (1 if stays_so else 10.0 ** (power / 2)))
        if kind in ("linear", "cox"):
            assert near(usual, fit(stays, kind, l2, days=power)[1])
        elif kind in ("gamma", "inverse_gaussian"):  # their intercept takes the unit
            assert near(usual[1:], fit(stays, kind, l2, days=power)[1][1:])


def test_what_no_sum_holds_names_its_column(stays):
    text = stays.path("weights_0.csv").read_text().splitlines()
    column = text[0].split(",").index("age_30")
    cells = text[5].split(",")
    cells[column] = "1e46"
    stays.write("weights_0.csv", "\n".join([*text[:5], ",".join(cells), *text[6:]]) + "\n")
    stays.write("beyond.yaml", stays.path("weights_0.yaml").read_text().replace("output: weights_0", "output: beyond"))
    stays.run("ingest", "beyond.yaml")
    stays.write("run_beyond.yaml", stays.path("run.yaml").read_text().replace("partitions/", "beyond/"))
    words = ("train", "run_beyond.yaml", "--output", "beyond-run", "--set", "model.target=days_0", "--set")
    for np in (1, 4):
        assert '.h5: column "age_30" holds a number beyond 1e+45' in stays.run(*words, "model.features=[age_30]", np=np, code=DATA)
    stays.run(*words, "model.features=[age_0]")
