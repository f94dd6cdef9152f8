# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Likelihood-ratio tests of nested models, as R's logLik and pchisq have them."""
import math

import pytest

from conftest import referee
from r import r_numbers
from test_against_r import rows  # noqa: F401

DATA, USAGE = 5, 2
CASES = {
    "linear": ("kind: linear, target: level", "glm(level ~ %s, gaussian, d)"),
    "logistic": ("kind: logistic, target: gone", "glm(gone ~ %s, binomial, d, epsilon = 1e-15)"),
    "poisson": ("kind: poisson, target: count, exposure: years", "glm(count ~ %s + offset(log(years)), poisson, d, epsilon = 1e-15)"),
    "cox": ("kind: cox, time: time, status: gone", "coxph(Surv(time, gone) ~ %s + strata(clinic), d, control = coxph.control(eps = 1e-14, iter.max = 50))"),
}


def train(rows, output, model, features, more=""):  # noqa: F811
    rows.run("train", "run.yaml", "--output", output, "--set", f"model={{{model}, features: [{features}]{more}}}", np=2)


@pytest.mark.parametrize("name", CASES)
def test_as_r_has_it(rows, name):  # noqa: F811
    model, fit = CASES[name]
    train(rows, f"small-{name}", model, "x")
    train(rows, f"large-{name}", model, "x, sex, x:sex")
    out = rows.run("lrtest", f"large-{name}", f"small-{name}/model.h5")  # in either order
    script = (f'suppressMessages(library(survival)); d <- read.csv("rows.csv"); a <- {fit % "x"}; b <- {fit % "x * sex"}; '
              'q <- 2 * c(logLik(b) - logLik(a)); cat(sprintf("%.17g", c(q, pchisq(q, 2, lower.tail = FALSE), AIC(a), AIC(b))))')
    ratio, p, *aic = r_numbers(script, rows.checkout.root)
    assert "likelihood-ratio test of sex_m, x:sex_m:\n" in out
    # Every digit that is printed, and of the models' own numbers those that are not.
    assert f"chi-square {ratio:.8g} with 2 degrees of freedom, P {p:.6g}\n" in out
    assert [line.split()[-1] for line in out.splitlines()[1:3]] == [f"{value:.8g}" for value in aic]
    likelihoods = []
    for size in ("small", "large"):
        with referee("h5py").File(rows.path(f"{size}-{name}/model.h5")) as file:
            likelihoods.append(file["arrays/fit"][0])
    assert math.isclose(2 * (likelihoods[1] - likelihoods[0]), ratio, rel_tol=1e-10)


def test_what_cannot_be_compared(rows):  # noqa: F811
    train(rows, "one", "kind: linear, target: level", "x")
    for output, model, features, more, why in (
            ("other", "kind: linear, target: level", "sex", "", "is not part of"),
            ("target", "kind: linear, target: time", "x, sex", "", "differ in their target"),
            ("kind", "kind: poisson, target: count", "x, sex", "", "differ in their kind"),
            ("penalty", "kind: linear, target: level", "x, sex", ", l2: 1", "with a penalty its estimates are shrunk"),
            ("robust", "kind: linear, target: level", "x, sex", ", errors: robust", "with robust errors"),
            ("weights", "kind: linear, target: level", "x, sex", ", weights: true", "with weights its likelihood")):
        train(rows, f"not-{output}", model, features, more)
        assert why in rows.run("lrtest", "one", f"not-{output}", code=DATA), output
    assert "have the same coefficients" in rows.run("lrtest", "one", "one/model.h5", code=DATA)
    rows.run("train", "pooled.yaml", "--output", "fewer", "--set", "model={kind: linear, target: level, features: [x, sex], offset: shift}", np=1)
    assert "differ in their offset" in rows.run("lrtest", "one", "fewer", code=DATA)
    assert "lrtest takes two models" in rows.run("lrtest", "one", code=USAGE)
    assert "a checkpoint; give the model at the end" in rows.run("lrtest", "one", sorted(path.relative_to(rows.checkout.root) for path in rows.path("one/checkpoints").iterdir())[0], code=DATA)
