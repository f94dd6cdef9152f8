# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Proportional odds, as R's ordinal::clm fits them; federated on 1, 2 and 4 ranks, and pooled, with one digest."""
import csv
import json
import math

import pytest

from conftest import referee
from r import r_numbers
from test_against_r import check, ours, rows  # noqa: F401
from test_policies import CLINICS

DATA, CONFIG = 5, 3
MODEL = ("kind=ordinal", "target=ward", "features=[x, sex, years]")
START = 'suppressMessages(library(ordinal)); d <- read.csv("rows.csv"); d$ward <- factor(d$ward, c("a", "b", "c")); '
FIT = "f <- clm(ward ~ x + sex + years, data = d{}, control = clm.control(gradTol = 1e-13)); "


def r(rows, script):  # noqa: F811
    return r_numbers(START + script, rows.checkout.root)


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("errors", ["model", "robust", "unit"])
def test_as_r_has_it(rows, weights, errors):  # noqa: F811
    referee("Rscript:ordinal")
    covariance = {"model": "vcov(f)", "robust": "sandwich::sandwich(f)", "unit": 'sandwich::vcovCL(f, cluster = d$who, type = "HC0")'}[errors]
    model = (*MODEL, f"weights={str(weights).lower()}", "cluster=unit" if errors == "unit" else f"errors={errors}")
    output, found = ours(rows, f"ordinal-{errors}-{weights}", model, ranks=(2, 4) if errors == "unit" else (4,))
    numbers = r(rows, FIT.format(", weights = w" if weights else "") + f"i <- c(names(f$beta), names(f$alpha)); cat(sprintf('%.17g', c(coef(f)[i], sqrt(diag({covariance}))[i], logLik(f), logLik(update(f, . ~ 1)))), sep = ',')")
    check(found, (numbers[:5], numbers[5:10], numbers[10:]))
    text = rows.path(f"{output}/model.txt").read_text()
    assert text.startswith("Proportional odds regression") and "\na|b " in text and "\nb|c " in text


def test_predictions_and_measures(rows):  # noqa: F811
    referee("Rscript:ordinal")
    words = ("--output", "ordinal-scored", *(word for key in MODEL for word in ("--set", f"model.{key}")))
    for command in ("train", "evaluate", "predict"):
        rows.run(command, "run.yaml", *words, np=3)
    rows.run("verify", "ordinal-scored", "--key", "operator.pub.pem")
    shown = rows.run("inspect", "ordinal-scored/model.h5")
    assert [line.split()[0] for line in shown.splitlines()[5:]] == ["x", "sex_m", "years", "a|b", "b|c"], shown
    assert "5 parameters over 3 columns" in rows.run("check", "run.yaml", *words[2:])
    expected = r(rows, FIT.format("") + "p <- predict(f, newdata = d[c('x', 'sex', 'years')], type = 'prob')$fit; cat(sprintf('%.17g', t(p)), sep = ',')")
    found = []
    for clinic in CLINICS:
        with open(rows.path(f"ordinal-scored/predictions/{clinic}/{clinic}.csv"), newline="") as file:
            found += [float(row[f"probability_{ward}"]) for row in csv.DictReader(file) for ward in "abc"]
    assert all(math.isclose(a, b, rel_tol=1e-8) for a, b in zip(found, expected, strict=True))
    measures = json.loads(rows.path("ordinal-scored/evaluation.json").read_text())["overall"]
    loss = r(rows, FIT.format("") + "cat(sprintf('%.17g', -logLik(f) / nrow(d)))")
    assert math.isclose(measures["log_loss"], loss[0], rel_tol=1e-8)


def test_two_categories_are_a_logistic_model(rows):  # noqa: F811
    """Its threshold is the intercept, with the other sign; with a penalty and raw columns too."""
    h5py = referee("h5py")
    said = []
    for kind in ("ordinal", "logistic"):
        words = [w for key in (f"kind={kind}", "target=halves", "features=[x, years]", "l2=2", "standardise=none") for w in ("--set", f"model.{key}")]
        rows.run("train", "halves.yaml", "--output", f"halves-{kind}", *words, np=2)
        with h5py.File(rows.path(f"halves-{kind}/model.h5")) as file:
            said.append([file[f"arrays/{key}"][:].tolist() for key in ("coefficients", "standard_errors", "fit")])
    ordinal, logistic = said
    check(([*ordinal[0][:2], -ordinal[0][2]], ordinal[1], ordinal[2]),
          ([*logistic[0][1:], logistic[0][0]], [*logistic[1][1:], logistic[1][0]], logistic[2]))


@pytest.fixture(autouse=True)
def halves(rows):  # noqa: F811
    """The wards again, two of them taken for one."""
    if rows.path("halves.yaml").exists():
        return
    config = rows.path("rows.yaml").read_text().replace("output: rows", "output: halves")
    config = config.replace("  w: {role: weight}\n", "  w: {role: weight}\n  halves: {role: target, from: ward, type: category, levels: [low, high], map: {a: low, b: high, c: high}}\n")
    rows.write("halves-ingest.yaml", config)
    rows.run("ingest", "halves-ingest.yaml")
    rows.write("halves.yaml", rows.path("run.yaml").read_text().replace("rows/", "halves/"))


@pytest.mark.parametrize("np", [1, 4])
def test_what_cannot_be(rows, np):  # noqa: F811
    def train(*model, code):
        return rows.run("train", "run.yaml", "--output", "never", *(w for word in ("kind=ordinal", *model) for w in ("--set", f"model.{word}")), np=np, code=code)
    assert 'no row has the target\'s categories "never", "nor"' in train("target=kind", "features=[x]", code=DATA)
    assert "a model of kind ordinal needs two or more" in train("target=level", "features=[x]", code=CONFIG)
    assert "the thresholds of an ordinal model stand for it" in train("target=ward", "features=[x]", "intercept=true", code=CONFIG)
    assert "not used by networks, multinomial and ordinal models" in train("target=ward", "features=[x]", "offset=shift", code=CONFIG)
