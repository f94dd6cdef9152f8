# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Columns made of others: as R has them, one digest on any number of ranks, the same in training and in what is predicted."""
import csv
import math

import pytest

from conftest import referee
from r import r_numbers
from test_against_r import check, ours, r, rows  # noqa: F401
from test_policies import CLINICS

DATA, CONFIG, POLICY = 5, 3, 4
RCS = """rcs <- function(x, k) { n <- length(k); p <- function(u) pmax(u, 0)^3;
  sapply(seq_len(n - 2), function(j) (p(x - k[j]) - p(x - k[n - 1]) * (k[n] - k[j]) / (k[n] - k[n - 1])
                                      + p(x - k[n]) * (k[n - 1] - k[j]) / (k[n] - k[n - 1])) / (k[n] - k[1])^2) };"""
CASES = {
    "spline": (("kind=linear", "target=level", 'features=["rcs(years, 1, 3, 5, 8)", x]'),
               "glm(level ~ years + rcs(years, c(1, 3, 5, 8)) + x, gaussian, d)"),
    "curves": (("kind=poisson", "target=count", "features=[log(years), x, x^2, x:log(years), 'cyclic(years, 3)']"),
               "glm(count ~ log(years) + x + I(x^2) + I(x * log(years)) + sinpi(2 * years / 3) + cospi(2 * years / 3), poisson, d, epsilon = 1e-15)"),
    "bins": (("kind=logistic", "target=gone", 'features=["bin(years, 2.5, 5)", sex, x:sex]'),
             "glm(gone ~ cut(years, c(-Inf, 2.5, 5, Inf), right = FALSE) + sex + I(x * (sex == 'm')), binomial, d, epsilon = 1e-15)"),
    "hazards": (("kind=cox", "target=", "time=time", "status=gone", 'features=[sqrt(years), "bin(x, 0):sex"]'),
                "coxph(Surv(time, gone) ~ sqrt(years) + I((x >= 0) * (sex == 'm')) + strata(site), d, control = coxph.control(eps = 1e-14, iter.max = 50))"),
}


@pytest.mark.parametrize("name", CASES)
def test_as_r_has_them(rows, name):  # noqa: F811
    model, fit = CASES[name]
    output, found = ours(rows, f"derived-{name}", model, strata="kind=cox" in model, ranks=(4,))
    check(found, r(rows, fit, RCS))
    words = [word for key in model for word in ("--set", f"model.{key}")]
    for command in ("evaluate", "predict"):
        rows.run(command, "run.yaml", "--output", output, *words, np=3)
    rows.run("verify", output, "--key", "operator.pub.pem")
    if name != "spline":
        return
    script = 'd <- read.csv("rows.csv"); f <- glm(level ~ splines::ns(years, knots = c(3, 5), Boundary.knots = c(1, 8)) + x, gaussian, d); cat(sprintf("%.17g", fitted(f)))'
    printed = r_numbers(script, rows.checkout.root)
    fitted = []
    for clinic in CLINICS:
        with open(rows.path(f"{output}/predictions/{clinic}/{clinic}.csv"), newline="") as file:
            fitted += [float(row["mean"]) for row in csv.DictReader(file)]
    assert all(math.isclose(a, b, rel_tol=1e-8) for a, b in zip(fitted, printed, strict=True))


def test_all_that_match_and_all_but(rows):  # noqa: F811
    """One model, however its columns are asked for."""
    digests = {}
    for name, features in (("names", "[x, sex, years]"), ("but", "[-shift]"), ("pattern", "[x, se*, y*s]"), ("without", "['*', -sh*]"),
                           ("level", "[x, sex, -sex_m, sex_m, years]")):
        rows.run("train", "run.yaml", "--output", f"asked-{name}", "--set", "model.target=level", "--set", f"model.features={features}", np=2)
        digests[name] = rows.checkout.digest(f"asked-{name}/model.h5")
        rows.run("verify", f"asked-{name}", "--key", "operator.pub.pem")
        rows.run("evaluate", "run.yaml", "--output", f"asked-{name}", "--set", "model.target=level", "--set", f"model.features={features}", np=2)
    assert len(set(digests.values())) == 1, digests
    for features in ("[-sex]", "['*', -sex]", "[-sex_*]", "[sex, x, years, shift, -sex]"):
        text = rows.run("train", "run.yaml", "--output", f"without-{len(features)}-{features[1] == '-'}", "--set", "model.target=level", "--set", f"model.features={features}", np=1)
        assert "sex" not in text and "shift" in text


@pytest.mark.parametrize("np", [1, 4])
def test_what_cannot_be_made(rows, np):  # noqa: F811
    def train(features, code):
        return rows.run("train", "run.yaml", "--output", "never", "--set", "model.target=level", "--set", f"model.features={features}", np=np, code=code)
    assert "model.features: its log(shift) has no value" in train("[log(shift)]", DATA)
    assert 'model.features: "log(yaers)": the partitions have no feature "yaers"' in train("[log(yaers)]", CONFIG)
    for unquoted in ("[rcs(years, 1, 2, 3)]", "[x, rcs(years, -1, 0, 1)]"):
        assert 'quote what has a comma: ["rcs(age, 40, 60, 80)"]' in train(unquoted, CONFIG)
    hang = ":".join(["x"] * 300 + ["nobody"])
    assert "the partitions have no feature" in train(f"['{hang}']", CONFIG)
    assert '"log(sex)": "sex_m" is not one number' in train("[log(sex)]", CONFIG)
    assert '"lab_*" stands for none of: x, sex, years, shift' in train("[lab_*]", CONFIG)
    assert '"-shfit" takes out what is not there: x, sex, years, shift (did you mean "shift"?)' in train("[-shfit]", CONFIG)
    assert 'asks for "years", which is there already' in train('[years, "rcs(years, 1, 3, 5)"]', CONFIG)
    assert "number beyond 1e+45" in train("[x, years^9:years^9:years^9:years^9:years^9:years^9:years^9]", DATA)


@pytest.mark.parametrize("np", [1, 4])
def test_nobody_is_cut_off(rows, np):  # noqa: F811
    """All but one row in two bins: the intercept would be that row's target."""
    years = sorted(float(line.split(",")[3]) for line in rows.path("rows.csv").read_text().splitlines()[1:])
    words = ("--set", "model.target=level", "--set", "model.standardise=none", "--set",
             f"model.features=['years[-1,{years[80]!r})', 'years[{years[81]!r},)']")
    rows.terms("bern", "minimum: {rows: 5}\n")
    for features in words[-1], "model.features=['rcs(years, 1, 2, 3)']", "model.features=[x, x^2]", "model.features=[x, 'years:x']", "model.features=['hour(years)']", "model.features=['cyclic(x, 1)']", "model.features=['log(log1p(years))']", "model.features=[years, x, 'sqrt(years)']", "model.features=['log(years)', 'sqrt(years)']":
        out = rows.run("train", "run.yaml", "--output", "never", *words[:-1], features, np=np, code=POLICY)
        assert "the policy of domain bern asks for a minimum of rows or contributors" in out
    out = rows.run("check", "run.yaml", *words[:-1], "model.features=[x^2, 'cyclic(years, 3)']", np=np, code=POLICY)
    assert all(f'model.features: "{name}": the policy' in out for name in ("x^2", "cyclic(years, 3).sin", "cyclic(years, 3).cos")), out
    rows.run("train", "run.yaml", "--output", f"log-{np}", *words[:-1], "model.features=[log(years), x]", np=np)
    # Which row has no value would tell something of a single one.
    out = rows.run("train", "run.yaml", "--output", "never", *words[:-1], "model.features=[log(shift)]", np=np, code=DATA)
    assert "bern.h5: some row: model.features: its log(shift) has no value" in out if np == 1 else "its log(shift) has no value" in out
    rows.terms("bern")


@pytest.mark.parametrize("np", [1, 4])
def test_what_is_made_has_no_name_of_another(rows, np):  # noqa: F811
    """A real column of that name would be read when the model is used."""
    config = rows.path("rows.yaml").read_text().replace("  shift: {role: feature}\n", f"  shift: {{role: feature, as: 'x:years'}}\n").replace("output: rows", f"output: namesakes-{np}")
    rows.write(f"namesakes-{np}.yaml", config)
    rows.run("ingest", f"namesakes-{np}.yaml")
    rows.write(f"run-namesakes-{np}.yaml", rows.path("run.yaml").read_text().replace("rows/", f"namesakes-{np}/"))
    words = ("--set", "model.target=level", "--set")
    out = rows.run("train", f"run-namesakes-{np}.yaml", "--output", "never", *words, "model.features=['x : years']", np=np, code=CONFIG)
    assert "would be called like the partitions' own" in out
    made = ("model.features=['x:years']",)
    rows.run("train", "run.yaml", "--output", f"made-{np}", *words, *made, np=np)
    for command in ("evaluate", "predict"):
        out = rows.run(command, f"run-namesakes-{np}.yaml", "--output", f"never-{np}", "--model", f"made-{np}/model.h5", *words, *made, np=np, code=DATA)
        assert "the model made columns of others which these partitions have as their own" in out and "x:years" in out
    rows.run("train", f"run-namesakes-{np}.yaml", "--output", f"namesakes-out-{np}", *words, "model.features=['x:years', 'x:years:sex']", np=np)
