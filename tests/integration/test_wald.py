# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Wald tests of several coefficients, as R has them of vcov(f), sandwich and clusters; the same on any number of ranks."""
import math
import re

import pytest

from conftest import referee
from r import r_numbers
from test_against_r import rows  # noqa: F401

DATA, USAGE = 5, 2
CONTROL = "control = coxph.control(eps = 1e-14, iter.max = 50)"
# Name -> model, terms, the fit in R, its coefficients that are meant, its covariance.
CASES = {
    "linear": ("kind: linear, target: level, features: [x, sex, years]", ["x", "sex_m"], "glm(level ~ x + sex + years, gaussian, d)", "c('x', 'sexm')", "vcov(f)"),
    "raw": ("kind: linear, target: level, features: [x, sex, years], standardise: none", ["years", "x"], "glm(level ~ x + sex + years, gaussian, d)", "c('x', 'years')", "vcov(f)"),
    "by-domain": ("kind: linear, target: level, features: [x, years], standardise: per_domain", ["*"],
                  "{z <- function(v) ave(v, d$clinic, FUN = function(u) (u - mean(u)) / sd(u)); d$x <- z(d$x); d$years <- z(d$years); glm(level ~ x + years, gaussian, d)}", "c('x', 'years')", "vcov(f)"),
    "weights": ("kind: linear, target: level, features: [x, sex], weights: true", ["*"], "glm(level ~ x + sex, gaussian, d, weights = w)", "c('x', 'sexm')", "vcov(f)"),
    "gamma": ("kind: gamma, target: time, features: [x]", ["*"], "glm(time ~ x, Gamma('log'), d, epsilon = 1e-15)", "c('x')", "vcov(f)"),
    "logistic": ("kind: logistic, target: died, trials: seen, features: [x, sex]", ["sex_*", "x"], "glm(cbind(died, seen - died) ~ x + sex, binomial, d, epsilon = 1e-15)", "c('x', 'sexm')", "vcov(f)"),
    "robust": ("kind: linear, target: level, features: [x, sex], errors: robust", ["x", "sex_m"], "glm(level ~ x + sex, gaussian, d)", "c('x', 'sexm')", "sandwich(f)"),
    "clustered": ("kind: logistic, target: gone, features: [x, sex, years], cluster: unit", ["x", "years"], "glm(gone ~ x + sex + years, binomial, d, epsilon = 1e-15)", "c('x', 'years')",
                  "vcovCL(f, cluster = ~ who, type = 'HC0')"),
    "cox": ("kind: cox, time: time, status: gone, features: [x, sex, 'x:sex']", ["sex_m", "x:sex_m"], f"coxph(Surv(time, gone) ~ x * sex + strata(clinic), d, {CONTROL})", "c('sexm', 'x:sexm')", "vcov(f)"),
    "cox-weights": ("kind: cox, time: time, status: gone, features: [x, sex], weights: true", ["*"], f"coxph(Surv(time, gone) ~ x + sex + strata(clinic), d, robust = TRUE, weights = w, {CONTROL})", "c('x', 'sexm')", "vcov(f)"),
    "negative-binomial": ("kind: negative_binomial, target: count, features: [x, sex]", ["x", "sex_m"], "MASS::glm.nb(count ~ x + sex, d, control = glm.control(epsilon = 1e-15, maxit = 100))", "c('x', 'sexm')", "vcov(f)"),
    "ordinal": ("kind: ordinal, target: ward, features: [x, sex]", ["*"], "ordinal::clm(factor(ward) ~ x + sex, data = d, gradTol = 1e-12)", "c('x', 'sexm')", "vcov(f)"),
}


def wald(rows, output, *terms, code=0):  # noqa: F811
    return rows.run("wald", output, *terms, code=code)


@pytest.mark.parametrize("name", CASES)
def test_as_r_has_it(rows, name):  # noqa: F811
    for package in ("sandwich", "MASS", "ordinal"):
        referee(f"Rscript:{package}")
    model, terms, fit, coefficients, covariance = CASES[name]
    texts = set()
    for np in (1, 4):
        rows.run("train", "run.yaml", "--output", f"wald-{name}-{np}", "--set", f"model={{{model}}}", np=np)
        texts.add(wald(rows, f"wald-{name}-{np}", *terms))
    text, = texts
    # R's glm takes its errors from the weights of the iteration before the last; started at its own answer it takes them from that.
    again = 'if (class(f)[1] == "glm") f <- update(f, start = coef(f));'
    script = (f'suppressMessages({{library(survival); library(sandwich)}}); d <- read.csv("rows.csv"); f <- {fit}; {again} i <- {coefficients}; b <- coef(f)[i]; V <- ({covariance}); '
              'if (is.null(dimnames(V))) dimnames(V) <- list(names(coef(f)), names(coef(f))); q <- sum(b * solve(V[i, i], b)); k <- length(i); n <- nrow(d) - length(coef(f)); '
              'cat(sprintf("%.17g", c(q, pchisq(q, k, lower.tail = FALSE), k, q / k, n, pf(q / k, k, n, lower.tail = FALSE))))')
    q, p, k, f, n, of_f = r_numbers(script, rows.checkout.root)
    found = re.search(r"chi-square (\S+) with (\d) degrees? of freedom, P (.+)\n", text)
    shown(found[1], q), probability(found[3], p)
    assert int(found[2]) == k == text.split(":\n")[0].count(",") + 1
    found = re.search(r"F (\S+) with (\d) and (\d+) degrees of freedom, P (.+)\n", text)
    assert (found is not None) == (name in ("linear", "raw", "by-domain", "gamma", "robust"))
    if found:
        shown(found[1], f), probability(found[4], of_f)
        assert (int(found[2]), int(found[3])) == (k, n)


def shown(text, value):
    """To the ten digits that are printed, but for the last."""
    assert math.isclose(float(text), value, rel_tol=1e-9), (text, value)


def probability(text, value):
    assert text == ("< 2e-16" if value < 2e-16 else f"{value:.6g}"), (text, value)


def test_one_term_is_its_own_test(rows):  # noqa: F811
    """F is t squared and P the table's; with several categories of a target a term has its name there."""
    out = rows.run("train", "run.yaml", "--output", "one-term", "--set", "model={kind: linear, target: level, features: [x, sex]}")
    table = next(line.split() for line in out.splitlines() if line.startswith("sex_m"))
    text = wald(rows, "one-term/model.h5", "sex_m")
    f, p = re.search(r"^F (\S+) .* P (\S+)$", text, re.M).groups()
    assert float(f) == pytest.approx(float(table[3])**2, rel=1e-2) and f"{float(p):.3g}" == table[4]
    rows.run("train", "run.yaml", "--output", "classes", "--set", "model={kind: multinomial, target: ward, features: [x, sex]}")
    assert "Wald test of b:sex_m, c:sex_m:\n" in wald(rows, "classes", "*:sex_m")
    assert "with 4 degrees of freedom" in wald(rows, "classes", "*")


def test_what_cannot_be_tested(rows):  # noqa: F811
    def train(output, model, config="run.yaml"):
        rows.run("train", config, "--output", f"no-{output}", "--set", f"model={{{model}}}")
        return f"no-{output}"
    linear = train("linear", "kind: linear, target: level, features: [x, sex, years]")
    assert '"yaers" stands for no coefficient of a column; there are: x, sex_m, years (did you mean "years"?)' in wald(rows, linear, "x", "yaers", code=USAGE)
    assert "; all that begin so are 'sex_*'" in wald(rows, linear, "sex", code=USAGE)
    assert '"(intercept)" stands for no coefficient of a column' in wald(rows, linear, "(intercept)", code=USAGE)
    assert "TERM is missing" in wald(rows, linear, code=USAGE)
    assert "with a penalty its estimates are shrunk" in wald(rows, train("penalty", "kind: linear, target: level, features: [x], l2: 1"), "x", code=DATA)
    for clinic in rows.clinics:
        rows.terms(clinic, allow="exact_release: true, per_domain_statistics: true")
    few = train("clusters", "kind: linear, target: level, features: [x, sex, years], cluster: domain")
    assert "there are too few rows or clusters to test so many coefficients together" in wald(rows, few, "*", code=DATA)
