# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""`predict.interval`: standard errors of linear predictors and intervals of means, as R has them of every row."""
import csv
import math

import pytest

from r import r_numbers
from test_against_r import ours, rows  # noqa: F401
from test_families import CASES as FAMILIES, EXACT, frames, numbers, polished  # noqa: F401
from test_policies import CLINICS

CONFIG = 3
# What R says of each row of d, column by column, of a fit f with that quantile.
OF_GLM = """
p <- predict(f, newdata = d, type = "link", se.fit = TRUE, dispersion = DISPERSION); inverse <- f$family$linkinv
cat(sprintf("%.17g", c(p$se.fit, inverse(p$fit - q * p$se.fit), inverse(p$fit + q * p$se.fit))), sep = ",")"""


def predicted(stays, config, output, model, *words, np=2):
    """Columns of all clinics' predictions, by their names."""
    stays.run("predict", config, "--output", output, *(w for word in (*model, *words) for w in ("--set", word if word in words else f"model.{word}")), np=np)
    found = {}
    for clinic in CLINICS:
        with open(stays.path(f"{output}/predictions/{clinic}/{clinic}.csv"), newline="") as file:
            for row in csv.DictReader(file):
                for name, value in row.items():
                    found.setdefault(name, []).append(float(value))
    return found


def agree(found, names, expected):
    size = len(expected) // len(names)
    for i, name in enumerate(names):
        assert all(math.isclose(x, y, rel_tol=1e-8, abs_tol=1e-12) for x, y in zip(found[name], expected[i * size:(i + 1) * size], strict=True)), name


CASES = {
    "linear": (("kind=linear", "target=level", "features=[x, sex]"), 'lm(level ~ x + sex, d)'),
    "offset": (("kind=linear", "target=level", "features=[x, sex]", "offset=shift"), 'lm(level ~ x + sex, d, offset = shift)'),
    "own": (("kind=linear", "target=level", "features=[x, sex]", "standardise=none", "intercept=false"), 'lm(level ~ 0 + x + as.numeric(sex == "m"), d)'),
    "logistic": (("kind=logistic", "target=died", "trials=seen", "features=[x, sex, years]"), 'glm(cbind(died, seen - died) ~ x + sex + years, binomial, d[d$seen > 0, ], epsilon = 1e-15)'),
    "poisson": (("kind=poisson", "target=count", "features=[x, sex]", "exposure=years"), 'glm(count ~ x + sex, poisson, d, offset = log(years), epsilon = 1e-15)'),
}


@pytest.mark.parametrize("name", CASES)
def test_as_r_has_them(rows, name):
    model, fit = CASES[name]
    output, _ = ours(rows, f"interval-{name}", model, ranks=(4,))
    found = predicted(rows, "run.yaml", output, model, "predict.interval=0.9")
    script = f'd <- read.csv("rows.csv"); f <- {fit}; '
    names = ["std_error", "lower", "upper"]
    if "kind=linear" in model:
        names += ["prediction_lower", "prediction_upper"]
        script += ('c <- predict(f, newdata = d, interval = "confidence", level = 0.9, se.fit = TRUE); p <- predict(f, newdata = d, interval = "prediction", level = 0.9);'
                   'cat(sprintf("%.17g", c(c$se.fit, c$fit[, 2:3], p[, 2:3])), sep = ",")')
    else:
        script += "q <- qnorm(0.95);" + OF_GLM.replace("DISPERSION", "NULL")
    agree(found, names, r_numbers(script, rows.checkout.root))
    assert found.keys() - {"row", "mean", "probability", "rate"} == set(names)


@pytest.mark.parametrize("kind", FAMILIES)
def test_families(frames, kind):
    """Whose inverse links are others'; Student's quantile where R estimates a dispersion."""
    fit, frame, _ = FAMILIES[kind]
    model = (f"kind={kind}", "features=[x, sex]")
    output, _ = ours(frames, f"{kind}-interval", model, data=f"{frame}-", ranks=(4,))
    found = predicted(frames, f"{frame}-run.yaml", output, model, "predict.interval=0.95")
    dispersion = kind in ("gamma", "inverse_gaussian")
    script = (f'd <- d[order(match(d$clinic, c("bern", "lyon", "graz"))), ]; f <- {polished(fit.format(exact=EXACT) % ("y ~ x + sex", ""))};'
              f'q <- {"qt(0.975, f$df.residual)" if dispersion else "qnorm(0.975)"};' + OF_GLM.replace("DISPERSION", "NULL" if dispersion else "1"))
    agree(found, ("std_error", "lower", "upper"), numbers(frames, script, frame))


def test_hazard_ratios(rows):
    """Against a row of means, as survival's lp is; strata have no part in it."""
    model = ("kind=cox", "target=", "time=time", "status=gone", "features=[x, sex]")
    output, _ = ours(rows, "interval-cox", model, strata=True)
    found = predicted(rows, "run.yaml", output, model, "predict.interval=0.95")
    script = ('suppressMessages(library(survival)); d <- read.csv("rows.csv"); f <- coxph(Surv(time, gone) ~ x + sex + strata(clinic), d, nocenter = NULL, '
              'control = coxph.control(eps = 1e-14, iter.max = 50)); p <- predict(f, newdata = d, type = "lp", se.fit = TRUE, reference = "sample"); q <- qnorm(0.975);'
              'cat(sprintf("%.17g", c(p$se.fit, exp(p$fit - q * p$se.fit), exp(p$fit + q * p$se.fit))), sep = ",")')
    agree(found, ("std_error", "lower", "upper"), r_numbers(script, rows.checkout.root))


@pytest.mark.parametrize("words", [("errors=robust",), ("cluster=unit",)])
def test_robust_errors(rows, words):
    """A sandwich; and of a linear model no row has an interval, where not all have one variance."""
    model = ("kind=linear", "target=level", "features=[x, sex]", *words)
    output, _ = ours(rows, f"interval-{words[0].replace('=', '-')}", model, ranks=(4,))
    found = predicted(rows, "run.yaml", output, model, "predict.interval=0.95")
    sandwich = "sandwich::sandwich(f)" if "errors=robust" in words else 'sandwich::vcovCL(f, d$who, type = "HC0")'
    script = (f'd <- read.csv("rows.csv"); f <- lm(level ~ x + sex, d); X <- model.matrix(f); e <- sqrt(rowSums((X %*% {sandwich}) * X)); q <- qt(0.975, f$df.residual);'
              'cat(sprintf("%.17g", c(e, fitted(f) - q * e, fitted(f) + q * e)), sep = ",")')
    agree(found, ("std_error", "lower", "upper"), r_numbers(script, rows.checkout.root))
    assert "prediction_lower" not in found


@pytest.mark.parametrize("np", [1, 3])
def test_models_without(rows, np):
    def refused(name, why, *model):
        if not rows.path(f"{name}-{np}/model.h5").exists():
            rows.run("train", "run.yaml", "--output", f"{name}-{np}", *(w for word in model for w in ("--set", f"model.{word}")), np=np)
        out = rows.run("predict", "run.yaml", "--output", f"{name}-{np}", *(w for word in model for w in ("--set", f"model.{word}")),
                       "--set", "predict.interval=0.95", np=np, code=CONFIG)
        assert "predict.interval: " in out and why in out, out
        assert not rows.path(f"{name}-{np}/predictions").exists() and not rows.path(f"{name}-{np}/prediction.jsonl").exists()

    linear = ("kind=linear", "target=level", "features=[x, sex]")
    refused("ridge", "has a penalty (model.l2)", *linear, "l2=1")
    refused("weighted", "does not say of how many rows its dispersion is", *linear, "weights=true")
    refused("classes", "is of kind multinomial: only a model of one linear predictor has intervals", "kind=multinomial", "target=ward", "features=[x]")
    refused("ordered", "is of kind ordinal", "kind=ordinal", "target=ward", "features=[x]")
    for level in ("1", "-0.5", "95"):
        assert "is not at least 0 and below 1" in rows.run("predict", "run.yaml", "--output", f"ridge-{np}", "--set", f"predict.interval={level}", np=np, code=CONFIG)


def test_no_interval_of_a_survival_curve(rows):
    for clinic in CLINICS:
        rows.terms(clinic, allow="exact_release: true, unstratified_survival: true")
    words = ("--set", "model={kind: cox, time: time, status: gone, features: [x], cox: {strata: none, time_step: 0.1, time_maximum: 60, baseline: true}}", "--set", "evaluate.survival_at=[1]")
    rows.run("train", "run.yaml", "--output", "curve", *words)
    out = rows.run("predict", "run.yaml", "--output", "curve", *words, "--set", "predict.interval=0.95", code=CONFIG)
    assert "predict.interval: a model does not hold what the errors of a survival curve are made of" in out
