# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Meta-analysis of models that were fitted apart, as R's metafor has it, beside the model of all rows."""
import csv
import math
import re

import pytest

from conftest import Checkout, referee
from r import r_script
from test_against_r import rows  # noqa: F401

DATA, USAGE = 5, 2
REGIONS = ("north", "south", "east", "west")
METAFOR = """
suppressMessages(library(metafor)); options(warn = -1); say <- function(...) cat(sprintf("%.17g", c(...)), "\\n")
d <- read.csv("pooled.csv"); e <- d[!d$source %in% c("fixed", "random", "beside"), ]
for (t in unique(e$term)) for (m in c("FE", "DL")) {
  f <- with(e[e$term == t, ], rma.uni(yi = estimate, sei = std_error, method = m))
  say(f$b, f$se, f$zval, f$pval, f$ci.lb, f$ci.ub, f$QE, f$k - 1, f$QEp, if (m == "DL") c(f$I2 / 100, f$tau2))
}
"""


def pooled(checkout, *words):
    """The text, and the lines of the CSV as numbers by term and source; the means are metafor's."""
    referee("Rscript:metafor")
    text = checkout.run("meta", *words, "--csv", "pooled.csv")
    with open(checkout.path("pooled.csv")) as file:
        lines = {(line.pop("term"), line.pop("source")): [float(x) for x in line.values() if x] for line in csv.DictReader(file)}
    printed = r_script(METAFOR, checkout.root)
    means = [(key, numbers) for key, numbers in lines.items() if key[1] in ("fixed", "random")]
    found = [[float(word) for word in line.split()] for line in printed.splitlines()]
    assert len(found) == len(means)
    for (key, numbers), expected in zip(means, found):
        # Of one model alone metafor says that Q is 0, where nothing can be said.
        assert len(numbers) == 11 if expected[7] else 7
        close(numbers[:len(expected)], expected[:len(numbers)], key)
    return text, lines


def close(found, expected, what="", tolerance=1e-10):
    for x, y in zip(found, expected, strict=True):
        assert math.isclose(x, y, rel_tol=tolerance, abs_tol=1e-14), (what, found, expected)


@pytest.fixture(scope="module")
def lung(tmp_path_factory):
    """Models of the four regions, each of its own rows, and the exact one of all in out/lung/run."""
    checkout = Checkout(tmp_path_factory.mktemp("meta"))
    policy = checkout.path("configs/lung/policy.yaml")
    policy.write_text(policy.read_text().replace("parties: 3", "parties: 1"))
    checkout.prepare("lung")
    parties = checkout.path("configs/lung/parties.yaml").read_text()
    train = checkout.path("configs/lung/train.yaml").read_text()
    checkout.run("train", "configs/lung/train.yaml", np=4)
    for region in REGIONS:
        own = parties[parties.index("domains:"):].replace("[north, south, east, west]", f"[{region}]")
        checkout.path(f"configs/lung/{region}.yaml").write_text(train.replace("parties.yaml", "operator.yaml").replace("lung/run", f"lung/{region}") + "\n" + own)
        checkout.run("train", f"configs/lung/{region}.yaml")
    return checkout


def test_lung(lung):
    paths = [f"out/lung/{region}" for region in REGIONS]
    text, lines = pooled(lung, *paths, "--beside", "out/lung/run")
    fits = r_script("""
suppressMessages(library(survival)); d <- read.csv("data/lung/lung.csv"); d <- d[complete.cases(d[,c("inst","ph.ecog","ph.karno")]),]
d$region <- ifelse(d$inst %in% c(1,3,33),"north",ifelse(d$inst %in% c(2,5,12,13),"south",ifelse(d$inst %in% c(6,7,11,22),"east","west")))
d$sex_female <- d$sex - 1; d$dead <- d$status - 1
for (r in c("north", "south", "east", "west")) {
  f <- coxph(Surv(time, dead) ~ age + sex_female + ph.ecog + ph.karno, data = d[d$region == r, ], control = coxph.control(eps = 1e-14, toler.chol = 1e-14, iter.max = 60))
  for (t in names(coef(f))) cat(r, t, sprintf("%.17g", c(coef(f)[t], sqrt(vcov(f)[t, t]))), "\\n")
}""", lung.root)
    for line in fits.splitlines():
        region, term, *numbers = line.split()
        close(lines[term, f"out/lung/{region}/model.h5"], map(float, numbers), line, 1e-8)
    assert len(fits.splitlines()) == 16
    # What meta-analysis misses: the exact model's own numbers stand beside.
    assert lines["sex_female", "beside"] == pytest.approx([-0.574234, 0.17208], rel=1e-4)
    exact, fixed = lines["sex_female", "beside"], lines["sex_female", "fixed"]
    assert re.search(rf"^sex_female +-0\.574234 +0\.17208 +{re.escape(f'{(fixed[0] - exact[0]) / exact[1]:+.3f}')} +{re.escape(f'{100 * (fixed[1] / exact[1] - 1):+.1f}')} %", text, re.M), text
    assert "rows," not in text  # all of the rows are in the models


def fit(rows, output, model, where="bern", more=()):  # noqa: F811
    """A model of one clinic's rows."""
    config = rows.path("run.yaml").read_text()
    own = re.search(rf"  - \{{name: {where},.*\n(?: {{5}}.*\n)*", config)
    rows.write(f"{where}.yaml", config[:config.index("domains:")] + "domains:\n" + own.group())
    rows.run("train", f"{where}.yaml", "--output", output, "--set", f"model={{{model}}}", *more)
    return output


@pytest.mark.parametrize("model", ["kind: linear, target: level, features: [x, sex]", "kind: logistic, target: gone, features: [x], errors: robust", "kind: ordinal, target: ward, features: [x]",
                                   "kind: multinomial, target: ward, features: [x, sex]", "kind: poisson, target: count, features: [x, sex], exposure: years"])
def test_kinds(rows, model):  # noqa: F811
    name = model.split(",")[0].split()[-1]
    outputs = [fit(rows, f"{name}-{clinic}", model, clinic) for clinic in rows.clinics]
    text, lines = pooled(rows.checkout, *outputs)
    assert "Beside" not in text and len(lines) == 5 * len({term for term, _ in lines})


def test_a_coefficient_that_some_do_not_have(rows):  # noqa: F811
    outputs = [fit(rows, f"some-{clinic}", f"kind: linear, target: level, features: [x{', sex' if clinic != 'lyon' else ''}{', years' if clinic == 'bern' else ''}]", clinic) for clinic in rows.clinics]
    text, lines = pooled(rows.checkout, *outputs)
    assert "sex_m: not in some-lyon/model.h5, whose other coefficients are not adjusted for it\n" in text
    assert "years: not in some-lyon/model.h5, some-graz/model.h5, whose" in text
    assert re.search(r"^x +3 ", text, re.M) and re.search(r"^sex_m +2 ", text, re.M) and re.search(r"^years +1 ", text, re.M)
    assert re.search(r"^years +- +0 +- +- +-$", text, re.M)
    assert lines["years", "fixed"][:2] == pytest.approx(lines["years", "some-bern/model.h5"], rel=1e-15)
    assert "some-bern/model.h5 has 56 rows (weights), the models 168 together" in rows.run("meta", *outputs, "--beside", "some-bern")


def test_models_of_common_rows(rows):  # noqa: F811
    """They are not independent, and that is said."""
    outputs = [fit(rows, f"common-{features}", f"kind: linear, target: level, features: [{features}]", "bern") for features in ("x", "x, sex")]
    assert "NOT APART: common-x/model.h5 and common-x, sex/model.h5 were both fitted on rows of bern/bern" in rows.run("meta", *outputs)
    assert "NOT APART" not in rows.run("meta", outputs[0], fit(rows, "apart", "kind: linear, target: level, features: [x]", "lyon"))


def test_what_cannot_be_pooled(rows):  # noqa: F811
    linear = "kind: linear, target: level, features: [x]"
    one = fit(rows, "pool-one", linear)
    two = fit(rows, "pool-two", linear, "lyon")

    def refused(output, model, where="graz"):
        return rows.run("meta", one, fit(rows, f"pool-{output}", model, where), code=DATA)
    assert "pool-one/model.h5 and pool-kind/model.h5 differ in their kind" in refused("kind", "kind: poisson, target: count, features: [x]")
    assert "differ in their target" in refused("target", "kind: linear, target: time, features: [x]")
    assert "differ in their offset or exposure" in refused("offset", linear + ", offset: shift")
    assert "differ in their intercept" in refused("intercept", linear + ", intercept: false")
    assert "differ in model.weights" in refused("weights", linear + ", weights: true")
    assert "differ in their standard errors: from the model, robust or clustered" in refused("robust", linear + ", errors: robust")
    assert "with a penalty its estimates are shrunk" in refused("penalty", linear + ", l2: 1")
    assert "pool-one/model.h5 and pool-again/model.h5 are the same model, of the same rows" in refused("again", linear, "bern")
    assert "differ in their kind" in rows.run("meta", one, two, "--beside", "pool-kind", code=DATA)
    assert "two models at least are pooled; there is 1" in rows.run("meta", one, code=DATA)
    assert "MODEL is missing" in rows.run("meta", code=USAGE)


def test_a_model_without_errors_is_left_out(rows):  # noqa: F811
    """As many rows as coefficients say nothing of errors."""
    linear = "kind: linear, target: level, features: [x]"
    outputs = [fit(rows, f"left-{clinic}", linear, clinic) for clinic in rows.clinics[:2]]
    whole = rows.run("meta", *outputs)
    lines = rows.path("rows.csv").read_text().splitlines()
    rows.write("few.csv", "\n".join([lines[0], *(line for clinic in rows.clinics for line in [line for line in lines if line.startswith(clinic)][:2])]) + "\n")
    rows.write("few.yaml", rows.path("rows.yaml").read_text().replace("rows.csv", "few.csv").replace("output: rows", "output: few"))
    rows.run("ingest", "few.yaml")
    fit(rows, "few-graz", linear, "graz", ("--set", f"domains=[{{name: graz, jurisdiction: CH, public_key: graz.pub.pem, private_key: graz.pem, policy: graz.json, partitions: [few/graz.h5]}}]"))
    text = rows.run("meta", *outputs, "few-graz")
    assert text == whole.replace("\n\nFixed effect", "\nleft out: few-graz/model.h5 has no finite standard errors\n\nFixed effect")
    assert "left out: few-graz/model.h5 has no finite standard errors\ntwo models at least are pooled; there is 1" in rows.run("meta", outputs[0], "few-graz", code=DATA)
