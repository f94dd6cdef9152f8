# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Every family of generalised linear models on R's own data, as R's glm fits it: a row of CASES each; federated and pooled, with one digest."""
import json
import math
import re

import pytest

from conftest import Checkout, referee
from r import r_numbers, r_script
from test_against_r import check, ours, r
from test_policies import CLINICS, RUN, Stays

DATA = 5
# Of R: chickens' weights by age and diet; low birth weights; days away from school; numbers of each sort between.
FRAMES = """
chick <- with(datasets::ChickWeight, data.frame(x = Time / 10, sex = ifelse(Diet %in% c("3", "4"), "m", "f"), y = weight, trials = 1, o = sin(Time), w = 1 + Time %% 3, less = weight - 50))
birth <- with(MASS::birthwt, data.frame(x = lwt / 100, sex = ifelse(smoke == 1, "m", "f"), y = low, trials = 1, o = age / 100, w = 1 + age %% 3, less = low - 5))
beetle <- with(data.frame(dose = c(1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.8610, 1.8839), n = c(59, 60, 62, 56, 63, 59, 62, 60), dead = c(6, 13, 18, 28, 52, 53, 61, 60)),
  data.frame(x = rep(dose, 3), sex = rep(c("f", "m", "m"), each = 8), y = c(dead, dead - 2 * (dead > 20), dead + (dead < n)), trials = rep(n, 3), o = 0, w = 1, less = 0))
quine <- with(MASS::quine, data.frame(x = as.numeric(Age) / 2, sex = ifelse(Sex == "M", "m", "f"), y = Days, trials = 1, o = ifelse(Lrn == "SL", 0.2, 0), w = 1 + (Eth == "A"), less = Days - 5))
"""
COLUMNS = """
  x: {role: feature}
  sex: {role: feature, type: category, levels: [f, m]}
  o: {role: feature}
  y: {role: target}
  trials: {role: target, minimum: 0}
  w: {role: weight}
  less: {role: target}
"""
EXACT = "control = glm.control(epsilon = 1e-15, maxit = 200)"
# What R calls it, its data, and whether its target counts successes among trials.
CASES = {
    "gamma": ('glm(%s, Gamma("log"), d, {exact}%s)', "chick", False),
    "inverse_gaussian": ('glm(%s, inverse.gaussian("log"), d, {exact}%s)', "chick", False),
    "probit": ('glm(%s, binomial("probit"), d, {exact}%s)', "birth", True),
    "cloglog": ('glm(%s, binomial("cloglog"), d, {exact}%s)', "birth", True),
    "negative_binomial": ('nb(%s, d%s)', "quine", False),
}
# MASS::glm.nb, whose theta is left with half its digits: its two steps go on until nothing moves.
NB = """nb <- function(formula, data, weights, offset, start = NULL) {
  data$w_ <- if (missing(weights)) 1 else eval(substitute(weights), data)
  data$o_ <- if (missing(offset)) 0 else eval(substitute(offset), data)
  f <- glm(formula, poisson, data, weights = w_, offset = o_)
  for (k in 1:40) {
    theta <- MASS::theta.ml(f$y, fitted(f), sum(data$w_), data$w_, limit = 50, eps = 1e-13)
    f <- glm(formula, MASS::negative.binomial(as.vector(theta)), data, weights = w_, offset = o_, start = coef(f), control = glm.control(epsilon = 1e-15, maxit = 99))
  }
  f$theta <- as.vector(theta); f$SE.theta <- attr(theta, "SE"); f$call <- match.call(); class(f) <- c("negbin", class(f))
  f$twologlik <- 2 * sum(data$w_ * dnbinom(f$y, size = f$theta, mu = fitted(f), log = TRUE))
  f
};"""
R_NUMBERS = 'cat(sprintf("%%.17g", c(%s)), sep = ",")'


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """Each data frame dealt out to the clinics, row by row."""
    referee("Rscript:MASS"), referee("Rscript:sandwich")
    stays = Stays(Checkout(tmp_path_factory.mktemp("families")))
    names = re.findall(r"^(\w+) <-", FRAMES, re.M)
    write = "".join(f'write.csv(cbind(clinic = rep(c("bern", "lyon", "graz"), length.out = nrow({n})), {n}), "{n}.csv", row.names = FALSE, quote = FALSE);' for n in names)
    r_script(FRAMES + write, stays.checkout.root)
    stays.pool("exact_release: true, per_domain_statistics: true")
    for name in names:
        stays.take(name, COLUMNS, f"{name}-run.yaml")
        stays.write(f"{name}-run.yaml", stays.path(f"{name}-run.yaml").read_text().replace("target: days", "target: y"))
        stays.pooled(f"{name}-pooled.yaml", name, RUN.replace("target: days", "target: y"))
    return stays


def polished(fit):
    """R's scoring ends when the deviance stands still, half the digits of the coefficients before they do; begun anew there, it goes on."""
    again = "for (k in 1:20) { before <- coef(f); f <- update(f, start = before); if (identical(coef(f), before)) break }"
    return f"suppressWarnings(local({{ f <- {fit}; {again}; f }}))"


def of_r(frames, fit, frame, errors=None):
    return r(frames, polished(fit), NB, errors, frame)


def numbers(frames, script, frame):
    return r_numbers(f'{NB} d <- read.csv("{frame}.csv"); {script}', frames.checkout.root)


def said(frames, output, name):
    """The number that stands after a name in the summary."""
    return float(re.search(re.escape(name) + r" ([-.\de+]+)", frames.path(f"{output}/model.txt").read_text()).group(1))


@pytest.mark.parametrize("kind", CASES)
def test_as_r(frames, kind):
    """Estimates, errors, likelihoods; deviances, dispersion and AIC as the summary prints them; then measures and predictions."""
    fit, frame, _ = CASES[kind]
    fit = fit.format(exact=EXACT) % ("y ~ x + sex", "")
    output, found = ours(frames, kind, (f"kind={kind}", "features=[x, sex]"), data=f"{frame}-")
    check(found, of_r(frames, fit, frame))
    deviance, null, aic, *means = numbers(frames, f"f <- {polished(fit)}; " + R_NUMBERS % "deviance(f), f$null.deviance, AIC(f), fitted(f)", frame)
    for name, expected in (("residual deviance", deviance), ("null deviance", null), ("AIC", aic)):
        assert math.isclose(said(frames, output, name), expected, rel_tol=1e-5), name
    words = ("--output", output, "--set", f"model.kind={kind}", "--set", "model.features=[x, sex]")
    rows = frames.path(f"{frame}.csv").read_text().splitlines()[1:]
    y = [float(line.split(",")[3]) for line in rows]
    frames.run("evaluate", f"{frame}-run.yaml", *words, np=3)
    measures = json.loads(frames.path(f"{output}/evaluation.json").read_text())["overall"]
    mean_square = sum((a - b) ** 2 for a, b in zip(y, means, strict=True)) / len(y)
    if "brier" in measures:
        assert math.isclose(measures["brier"], mean_square, rel_tol=1e-9)
        assert math.isclose(2 * len(y) * measures["log_loss"], deviance, rel_tol=1e-9)
        assert measures["accuracy"] == sum((m >= 0.5) == (a == 1) for a, m in zip(y, means)) / len(y)
    else:
        assert math.isclose(measures["rmse"], mean_square ** 0.5, rel_tol=1e-9)
        assert math.isclose(measures["expected"], sum(means), rel_tol=1e-9)
    frames.run("predict", f"{frame}-run.yaml", *words, np=2)
    for i, clinic in enumerate(CLINICS):
        lines = frames.path(f"{output}/predictions/{clinic}/{clinic}.csv").read_text().splitlines()[1:]
        assert all(math.isclose(float(line.split(",")[-1]), mean, rel_tol=1e-8) for line, mean in zip(lines, means[i::3], strict=True))


@pytest.mark.parametrize("kind", CASES)
def test_offset_and_robust_errors(frames, kind):
    fit, frame, _ = CASES[kind]
    fit = fit.format(exact=EXACT)
    model = (f"kind={kind}", "features=[x, sex]")
    _, found = ours(frames, f"{kind}-offset", (*model, "offset=o"), data=f"{frame}-", ranks=(4,))
    check(found, of_r(frames, fit % ("y ~ x + sex", ", offset = o"), frame))
    _, found = ours(frames, f"{kind}-robust", (*model, "weights=true", "errors=robust"), data=f"{frame}-", ranks=(4,))
    # Of theta R has no robust error.
    check([part[:3] for part in found[:2]], [part[:3] for part in of_r(frames, fit % ("y ~ x + sex", ", weights = w"), frame, "sqrt(diag(sandwich::sandwich(f)))")[:2]])


@pytest.mark.parametrize("kind", CASES)
def test_without_an_intercept(frames, kind):
    """From predictors of 0, far from the mean."""
    fit, frame, _ = CASES[kind]
    fit = fit.format(exact=EXACT) % ("y ~ 0 + x", "")
    output, found = ours(frames, f"{kind}-none", (f"kind={kind}", "features=[x]", "intercept=false"), data=f"{frame}-", ranks=(4,))
    shape = kind == "negative_binomial"
    check([part[:1 + shape] for part in found[:2]], of_r(frames, fit, frame)[:2])
    words = ("--output", output, *(w for word in (f"kind={kind}", "features=[x]", "intercept=false") for w in ("--set", f"model.{word}")))
    frames.run("evaluate", f"{frame}-run.yaml", *words, np=2)


@pytest.mark.parametrize("kind", [kind for kind, (_, _, trials) in CASES.items() if trials])
def test_trials(frames, kind):
    """Beetles after five hours of carbon disulphide (Bliss 1935), three times."""
    fit = CASES[kind][0].format(exact=EXACT) % ("cbind(y, trials - y) ~ x + sex", "")
    output, found = ours(frames, f"{kind}-trials", (f"kind={kind}", "features=[x, sex]", "trials=trials"), data="beetle-", ranks=(4,))
    check(found, of_r(frames, fit, "beetle"))
    words = ("--output", output, "--set", f"model.kind={kind}", "--set", "model.features=[x, sex]", "--set", "model.trials=trials")
    frames.run("evaluate", "beetle-run.yaml", *words, np=2)
    assert json.loads(frames.path(f"{output}/evaluation.json").read_text())["overall"]["auc"] > 0.8


def test_overdispersed_counts(frames):
    """Pearson's chi-square in the summary; not of robust errors, nor where the counts vary as they should."""
    words = ("--set", "model.kind=poisson", "--set", "model.features=[x, sex]")
    out = frames.run("train", "quine-run.yaml", "--output", "over", *words, np=3)
    ratio, freedom = numbers(frames, 'f <- glm(y ~ x + sex, poisson, d); ' + R_NUMBERS % 'sum(residuals(f, "pearson")^2) / df.residual(f), df.residual(f)', "quine")
    assert f"Overdispersed: Pearson's chi-square is {ratio:.4g} times its {freedom:.0f} degrees of freedom" in out
    assert "Overdispersed" not in frames.run("train", "quine-run.yaml", "--output", "over-robust", *words, "--set", "model.errors=robust", np=2)
    assert "Overdispersed" not in frames.run("train", "beetle-run.yaml", "--output", "not-over", *words, "--set", "model.target=trials", np=2)


def test_going_on(frames):
    """A fit that stopped goes on from its checkpoint, theta included, to the same bits."""
    words = ("quine-run.yaml", "--set", "model.kind=negative_binomial", "--set", "model.features=[x, sex]")
    frames.run("train", *words, "--output", "whole", np=2)
    frames.run("train", *words, "--output", "halted", "--set", "train.max_iterations=4", np=3, code=6)
    step = frames.path("halted/checkpoints/step-000004.h5")
    assert "log(theta)" in frames.run("inspect", str(step))
    frames.run("train", *words, "--output", "gone-on", "--resume", str(step), np=1)
    assert frames.checkout.digest("gone-on/model.h5") == frames.checkout.digest("whole/model.h5")


@pytest.mark.parametrize("np", [1, 4])
def test_targets_that_cannot_be(frames, np):
    def train(kind, *model, frame="birth"):
        return frames.run("train", f"{frame}-run.yaml", "--output", "never", "--set", f"model.kind={kind}", "--set", "model.features=[x]", *(w for word in model for w in ("--set", f"model.{word}")), np=np, code=DATA)
    for kind, name in (("gamma", "a gamma"), ("inverse_gaussian", "an inverse Gaussian")):
        assert f"{name} model needs a target greater than 0" in train(kind)
        assert "the target is the same in every row" in train(kind, "target=trials")
    for kind in ("probit", "cloglog"):
        assert f"a {kind} model needs a target between 0 and 1" in train(kind, frame="quine")
        assert "the target is 1 in every row" in train(kind, "target=trials")
    assert "a negative binomial model needs a target that is not negative" in train("negative_binomial", "target=less", frame="quine")
    assert "the target is 0 in every row" in train("negative_binomial", "target=less", frame="beetle")
    out = frames.run("train", "chick-run.yaml", "--output", "never", "--set", "model={kind: negative_binomial, target: trials, features: [x]}", np=np, code=6)
    assert "the counts vary no more than those of a Poisson model" in out
