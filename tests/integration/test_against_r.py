# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Models as R fits them, on the same rows at the same time; federated and pooled, with one digest."""
import json
import math
import random

import pytest

from conftest import Checkout, referee
from r import r_numbers, r_script
from test_policies import CLINICS, Stays

DATA, CONFIG = 5, 3
COLUMNS = """
  x: {role: feature}
  sex: {role: feature, type: category, levels: [f, m]}
  years: {role: feature, minimum: 0}
  shift: {role: feature}
  died: {role: target, minimum: 0}
  seen: {role: target, minimum: 0}
  count: {role: target, minimum: 0}
  share: {role: target}
  level: {role: target}
  time: {role: target, minimum: 0}
  gone: {role: target, type: boolean}
  start: {role: target, minimum: 0}
  fuzzy: {role: target, minimum: 0}
  same: {role: target}
  none: {role: target, type: boolean}
  every: {role: target, type: boolean}
  kind: {role: target, type: category, levels: [p, q, never, nor]}
  ward: {role: target, type: category, levels: [a, b, c]}
  w: {role: weight}
  who: {role: unit}
"""


def fuzzy(time, i):
    """A time on a coarse grid, as it comes out of a sum of tenths in every second row: 0.30000000000000004 beside 0.3."""
    steps = math.ceil(4 * time)
    return steps / 10 if i % 2 else sum([0.1] * steps)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    referee("Rscript:survival")
    stays = Stays(Checkout(tmp_path_factory.mktemp("rows")))
    draw = random.Random(7)
    lines = ["clinic,x,sex,years,shift,died,seen,count,share,level,time,gone,start,fuzzy,same,none,every,kind,ward,w,who"]
    for clinic in CLINICS:
        for i in range(56):
            x, male, years, shift = draw.gauss(0, 1), draw.random() < 0.5, draw.uniform(0.2, 9), draw.gauss(0, 0.5)
            eta = 0.4 * x - 0.3 * male + shift
            seen = draw.randrange(0, 9)
            died = sum(draw.random() < 1 / (1 + math.exp(-eta)) for _ in range(seen))
            count = sum(draw.random() < math.exp(eta - 1) * years / 400 for _ in range(400))
            time = round(draw.expovariate(math.exp(eta)) + 0.1, 1)
            lines.append(f"{clinic},{x!r},{'fm'[male]},{years!r},{shift!r},{died},{seen},{count},{min(1, count / 8)!r},{eta + draw.gauss(0, 1)!r},{time!r},{int(i % 4 != 0)},{math.floor(9 * time * draw.random()) / 10 if i % 3 else 0.0!r},{fuzzy(time, i)!r},7.25,0,1,{'pq'[i % 2]},{'abc'[i % 3]},{draw.uniform(0.3, 4)!r},{clinic} {i * i % 23}")
    stays.write("rows.csv", "\n".join(lines) + "\n")
    stays.take("rows", COLUMNS)
    stays.pool("exact_release: true, per_domain_statistics: true, unstratified_survival: true")
    stays.pooled("pooled.yaml", "rows")
    return stays


def r(rows, fit, also="", errors=None, data="rows"):
    """Coefficients, errors (or what that expression gives) and log-likelihoods (of the fit and without columns) of an R expression over the data frame d."""
    script = (f'suppressMessages(library(survival)); d <- read.csv("{data}.csv"); d$site <- d$clinic; {also} f <- {fit}; '
              's <- coef(summary(f)); e <- ' + (errors or 'if ("se(coef)" %in% colnames(s)) s[, "se(coef)"] else s[, 2]') + '; '
              'l <- if (inherits(f, "coxph")) rev(f$loglik) else c(logLik(f), logLik(update(f, . ~ 1, start = NULL))); '
              'cat(sprintf("%.17g", c(coef(f), f$theta, e, f$SE.theta, l)), sep = ",")')
    numbers = r_numbers(script, rows.checkout.root)
    size = (len(numbers) - 2) // 2
    return numbers[:size], numbers[size:2 * size], numbers[-2:]


def ours(rows, name, model, strata=None, data="", ranks=(2, 4)):
    """Federated on so many ranks, and pooled on one: output folder of the first, and the fit, which is one to the bit.

    On 2 ranks one has two clinics, on 4 a clinic has two ranks: both are for what is new across ranks, 4 alone for each option on the way."""
    h5py = referee("h5py")
    digests = set()
    for np, config in (*((np, "run") for np in ranks), (1, "pooled")):
        words = [*model, *(["cox.strata=partition"] if strata and config == "pooled" else [])]
        output = f"{name}-{data}{config}-{np}"
        rows.run("train", f"{data}{config}.yaml", "--output", output, *(w for word in words for w in ("--set", f"model.{word}")), np=np)
        with h5py.File(rows.path(f"{output}/model.h5")) as file:
            arrays = {key: file[f"arrays/{key}"][:] for key in ("coefficients", "standard_errors", "fit")}
        # The strata's names are in the model; what was fitted is compared.
        digests.add(tuple(number for key in sorted(arrays) for number in arrays[key]) if strata else rows.checkout.digest(f"{output}/model.h5"))
    assert len(digests) == 1
    return f"{name}-{data}run-{ranks[0]}", (arrays["coefficients"], arrays["standard_errors"], arrays["fit"][:2])


def check(found, expected):
    for a, b in zip(found, expected, strict=True):
        assert all(math.isclose(x, y, rel_tol=1e-8, abs_tol=1e-12) for x, y in zip(a, b, strict=True)), (a, b)


CASES = {
    "exposure": (("kind=poisson", "target=count", "features=[x, sex]", "exposure=years"), 'glm(count ~ x + sex, poisson, d, offset = log(years), epsilon = 1e-15)'),
    "offset": (("kind=poisson", "target=count", "features=[x]", "offset=shift"), 'glm(count ~ x, poisson, d, offset = shift, epsilon = 1e-15)'),
    "both": (("kind=poisson", "target=count", "features=[x]", "exposure=years", "offset=shift"),
             'glm(count ~ x, poisson, d, offset = shift + log(years), epsilon = 1e-15)'),
    "linear": (("kind=linear", "target=level", "features=[x, sex]", "offset=shift"), 'glm(level ~ x + sex, gaussian, d, offset = shift)'),
    "logistic": (("kind=logistic", "target=died", "trials=seen", "features=[x, sex]", "offset=shift"),
                 'glm(cbind(died, seen - died) ~ x + sex, binomial, d, offset = shift, epsilon = 1e-15)'),
    "trials": (("kind=logistic", "target=died", "trials=seen", "features=[x, sex]"), 'glm(cbind(died, seen - died) ~ x + sex, binomial, d, epsilon = 1e-15)'),
}


ROBUST = {
    "linear": (("kind=linear", "target=level", "features=[x, sex]", "weights=true", "errors=robust"), 'glm(level ~ x + sex, gaussian, d, weights = w)'),
    "logistic": (("kind=logistic", "target=gone", "features=[x, sex]", "weights=true", "errors=robust"),
                 'glm(gone ~ x + sex, binomial, d, weights = w, epsilon = 1e-15)'),
    "poisson": (("kind=poisson", "target=count", "features=[x, sex]", "exposure=years", "errors=robust"),
                'glm(count ~ x + sex, poisson, d, offset = log(years), epsilon = 1e-15)'),
    **{f"cox-{ties}-{'no-' if not weights else ''}weights": (
        ("kind=cox", "target=", "time=time", "status=gone", "features=[x, sex]", f"cox.ties={ties}", "weights=true" if weights else "errors=robust"),
        f'coxph(Surv(time, gone) ~ x + sex + strata(site), d, ties = "{ties}", robust = TRUE, {"weights = w, " if weights else ""}'
        'control = coxph.control(eps = 1e-14, iter.max = 50))') for ties in ("efron", "breslow") for weights in (True, False)},
}


CLUSTERED = {
    "linear": (("kind=linear", "target=level", "features=[x, sex]", "weights=true"), 'glm(level ~ x + sex, gaussian, d, weights = w)'),
    "logistic": (("kind=logistic", "target=died", "trials=seen", "features=[x, sex]"), 'glm(cbind(died, seen - died) ~ x + sex, binomial, d, epsilon = 1e-15)'),
    "poisson": (("kind=poisson", "target=count", "features=[x, sex]", "exposure=years"), 'glm(count ~ x + sex, poisson, d, offset = log(years), epsilon = 1e-15)'),
    **{f"cox-{ties}": (("kind=cox", "target=", "time=time", "status=gone", "entry=start", "features=[x, sex]", f"cox.ties={ties}"),
                       f'coxph(Surv(start, time, gone) ~ x + sex + strata(site), d, ties = "{ties}", cluster = CLUSTER, '
                       'control = coxph.control(eps = 1e-14, iter.max = 50))') for ties in ("efron", "breslow")},
}


@pytest.mark.parametrize("name", CASES)
def test_offsets_and_trials(rows, name):
    model, fit = CASES[name]
    output, found = ours(rows, name, model, ranks=(4,))
    check(found, r(rows, fit, "d <- d[d$seen > 0, ];" if "trials=seen" in model else ""))
    config = ("run.yaml", "--output", output, *(w for word in model for w in ("--set", f"model.{word}")))
    rows.run("evaluate", *config, np=2)
    rows.run("predict", *config, np=2)
    if "kind=poisson" in model:  # exposures and offsets explain nothing by themselves
        printed = r_script(f'd <- read.csv("rows.csv"); f <- {fit}; cat(sprintf("%.17g", 1 - deviance(f) / f$null.deviance))', rows.checkout.root)
        explained = json.loads(rows.path(f"{output}/evaluation.json").read_text())["overall"]["d_squared"]
        assert math.isclose(explained, float(printed), rel_tol=1e-8)


def test_cox_with_an_offset(rows):
    model = ("kind=cox", "target=", "time=time", "status=gone", "features=[x, sex]", "offset=shift")
    _, found = ours(rows, "cox", model, strata=True)
    check(found, r(rows, "coxph(Surv(time, gone) ~ x + sex + offset(shift) + strata(site), d, control = coxph.control(eps = 1e-14, iter.max = 50))"))


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_delayed_entry(rows, ties):
    """Start-stop times, and the concordance of their pairs; robust errors too."""
    model = ("kind=cox", "target=", "entry=start", "time=time", "status=gone", "features=[x, sex]", f"cox.ties={ties}")
    fit = (f'coxph(Surv(start, time, gone) ~ x + sex + strata(site), d, ties = "{ties}", robust = %s, '
           'control = coxph.control(eps = 1e-14, iter.max = 50))')
    output, found = ours(rows, f"entry-{ties}", model, strata=True)
    check(found, r(rows, fit % "FALSE"))
    _, found = ours(rows, f"entry-robust-{ties}", (*model, "errors=robust"), strata=True)
    check(found[:2], r(rows, fit % "TRUE, id = seq_along(time)", errors='s[, "robust se"]')[:2])
    rows.run("evaluate", "run.yaml", "--output", output, *(w for word in model for w in ("--set", f"model.{word}")), np=3)
    measures = json.loads(rows.path(f"{output}/evaluation.json").read_text())["overall"]
    script = ('suppressMessages(library(survival)); d <- read.csv("rows.csv"); d$site <- d$clinic; f <- ' + fit % "FALSE"
              + '; k <- colSums(rbind(concordance(f)$count)); cat(k["concordant"], k["discordant"], k["tied.x"])')
    concordant, discordant, tied = r_numbers(script, rows.checkout.root)
    assert (measures["concordant"], measures["tied"], measures["comparable"]) == (concordant, tied, concordant + discordant + tied)


def test_delayed_entry_on_a_grid(rows):
    """One risk set over all clinics."""
    for clinic in CLINICS:
        rows.terms(clinic, allow="exact_release: true, unstratified_survival: true")
    model = ("kind=cox", "target=", "entry=start", "time=time", "status=gone", "features=[x, sex]", "cox={strata: none, time_step: 0.1, time_maximum: 100}")
    output = "grid"
    rows.run("train", "run.yaml", "--output", output, *(w for word in model for w in ("--set", f"model.{word}")), np=3)
    with referee("h5py").File(rows.path(f"{output}/model.h5")) as file:
        found = [file[f"arrays/{key}"][:] for key in ("coefficients", "standard_errors")]
    check(found, r(rows, "coxph(Surv(start, time, gone) ~ x + sex, d, control = coxph.control(eps = 1e-14, iter.max = 50))")[:2])


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_survival_of_rows(rows, ties):
    """What a Cox model with its baseline says of each row at some times, on a grid of tenths; with an offset and weights."""
    for clinic in CLINICS:
        rows.terms(clinic, allow="exact_release: true, unstratified_survival: true")
    words = ("--set", f"model={{kind: cox, time: time, status: gone, features: [x, sex], offset: shift, weights: true, cox: {{strata: none, ties: {ties}, time_step: 0.1, time_maximum: 60, baseline: true}}}}",
             "--set", "evaluate.survival_at=[0, 0.3, 1, 2.5]")
    digests = set()
    for np, config in ((1, "run"), (4, "run"), (2, "pooled")):
        output = f"baseline-{ties}-{config}-{np}"
        rows.run("train", f"{config}.yaml", "--output", output, *words, np=np)
        digests.add(rows.checkout.digest(f"{output}/model.h5"))
    assert len(digests) == 1
    rows.run("predict", "run.yaml", "--output", f"baseline-{ties}-run-4", *words, np=3)
    rows.run("evaluate", "run.yaml", "--output", f"baseline-{ties}-run-4", *words, np=3)
    script = (f'suppressMessages(library(survival)); d <- read.csv("rows.csv"); f <- coxph(Surv(time, gone) ~ x + sex + offset(shift), d, weights = w, ties = "{ties}", '
              'control = coxph.control(eps = 1e-14, iter.max = 50)); s <- summary(survfit(f, newdata = d), times = c(0, 0.3, 1, 2.5))$surv; cat(sprintf("%.17g", s))')
    expected = r_numbers(script, rows.checkout.root)
    found = []
    for clinic in CLINICS:
        lines = rows.path(f"baseline-{ties}-run-4/predictions/{clinic}/{clinic}.csv").read_text().splitlines()
        assert lines[0] == "row,hazard_ratio,survival_0,survival_0.3,survival_1,survival_2.5"
        found += [float(word) for line in lines[1:] for word in line.split(",")[2:]]
    assert all(math.isclose(x, y, rel_tol=1e-8, abs_tol=1e-12) for x, y in zip(found, expected, strict=True))
    out = rows.run("predict", "run.yaml", "--output", "never", "--model", f"baseline-{ties}-run-4/model.h5", *words[:3], "evaluate.survival_at=[-1]", code=CONFIG)
    assert "at least 0" in out


@pytest.mark.parametrize("np", [1, 4])
def test_survival_needs_a_baseline(rows, np):
    for clinic in CLINICS:
        rows.terms(clinic, allow="exact_release: true, unstratified_survival: true")
    words = ("--set", "model={kind: cox, time: time, status: gone, features: [x], cox: {strata: none, time_step: 0.1, time_maximum: 60}}")
    rows.run("train", "run.yaml", "--output", f"no-baseline-{np}", *words, np=np)
    assert "evaluate.survival_at: needs model.cox.baseline: true" in rows.run("predict", "run.yaml", "--output", f"no-baseline-{np}", *words, "--set", "evaluate.survival_at=[1]", np=np, code=CONFIG)
    keep = ("--set", "model.cox.baseline=true", "--set", "evaluate.survival_at=[1]")
    assert "was trained without model.cox.baseline" in rows.run("predict", "run.yaml", "--output", f"no-baseline-{np}", *words, *keep, np=np, code=CONFIG)
    assert "only used with strata: none" in rows.run("check", "run.yaml", *words, "--set", "model.cox={baseline: true}", np=np, code=CONFIG)


@pytest.mark.parametrize("np", [1, 4])
def test_a_baseline_is_a_statistic(rows, np):
    """Owners who let a model go have not let the curve go that comes with it."""
    text = rows.path("lyon.yaml").read_text()
    rows.write("lyon.yaml", text.replace(", release_statistics]", "]"))
    rows.run("policy", "sign", "lyon.yaml", "--key", "lyon.pem", "--output", "lyon.json", "--force")
    words = ("--set", "model={kind: cox, time: time, status: gone, features: [x], cox: {strata: none, time_step: 0.1, time_maximum: 60}}")
    assert "release_statistics" in rows.run("train", "run.yaml", "--output", "never", *words, "--set", "model.cox.baseline=true", np=np, code=4)
    rows.run("train", "run.yaml", "--output", f"no-curve-{np}", *words, np=np)
    rows.write("lyon.yaml", text)
    rows.run("policy", "sign", "lyon.yaml", "--key", "lyon.pem", "--output", "lyon.json", "--force")


@pytest.mark.parametrize("name", ROBUST)
def test_robust_errors(rows, name):
    """White's sandwich; of Cox models the one that coxph takes for weights by itself."""
    model, fit = ROBUST[name]
    referee("Rscript:sandwich")
    cox = "kind=cox" in model
    output, found = ours(rows, f"robust-{name}", model, strata=cox, ranks=(2, 4) if cox else (4,))
    check(found[:2], r(rows, f"suppressWarnings({fit})", errors='s[, "robust se"]' if cox else "sqrt(diag(sandwich::sandwich(f)))")[:2])
    assert "Robust standard errors" in rows.path(f"{output}/model.txt").read_text()


def clustered(rows, name, fit, cluster):
    """By sandwich's vcovCL, whose errors are HC0 times G / (G - 1) for G clusters, and by coxph's own."""
    referee("Rscript:sandwich")
    only = "d <- d[d$seen > 0, ];" if "seen" in fit else ""
    if name.startswith("cox"):
        return r(rows, fit.replace("CLUSTER", cluster.replace("site", "clinic")), errors='coef(summary(f))[, "robust se"]')
    return r(rows, fit, only, errors=f'sqrt(diag(sandwich::vcovCL(f, cluster = d${cluster}, type = "HC0")))')


@pytest.mark.parametrize("name", CLUSTERED)
def test_rows_of_one_unit_are_no_strangers(rows, name):
    """23 units a clinic or fewer, each with rows on several ranks."""
    model, fit = CLUSTERED[name]
    output, found = ours(rows, f"unit-{name}", (*model, "cluster=unit"), strata=name.startswith("cox"))
    check(found, clustered(rows, name, fit, "who"))
    text = rows.path(f"{output}/model.txt").read_text()
    assert f"a sandwich of the information and the {len({line.split(',')[-1] for line in rows.path('rows.csv').read_text().splitlines()[1:] if 'trials=seen' not in model or line.split(',')[6] != '0'})} units' own scores" in text


@pytest.mark.parametrize("np", [1, 4])
def test_units_are_of_training_alone(rows, np):
    """Rows of nobody in particular are scored by a model whose errors were clustered; they train none."""
    config = rows.path("rows.yaml").read_text().replace("role: unit", "role: ignore").replace("output: rows", f"output: plain-{np}")
    rows.write(f"plain-{np}.yaml", config)
    rows.run("ingest", f"plain-{np}.yaml")
    rows.write(f"plain-run-{np}.yaml", rows.path("run.yaml").read_text().replace("rows/", f"plain-{np}/"))
    words = ("--set", "model={kind: linear, target: level, features: [x, sex], cluster: unit}")
    rows.run("train", "run.yaml", "--output", f"by-unit-{np}", *words, np=np)
    for command in ("evaluate", "predict"):
        rows.run(command, f"plain-run-{np}.yaml", "--output", f"plain-out-{np}", "--model", f"by-unit-{np}/model.h5", *words, np=np)
    for command in ("train", "check"):
        out = rows.run(command, f"plain-run-{np}.yaml", "--output", "never", *words, np=np, code=CONFIG)
        assert "--set model.cluster: the partitions do not say whose rows are whose (role: unit, at ingest)" in out or "model.cluster: the partitions do not say" in out


@pytest.mark.parametrize("name", ["linear", "poisson"])
def test_rows_of_one_domain_are_no_strangers(rows, name):
    model, fit = CLUSTERED[name]
    h5py = referee("h5py")
    digests = set()
    words = [word for key in (*model, "cluster=domain") for word in ("--set", f"model.{key}")]
    for clinic in CLINICS:  # products of three domains' scores tell each one's
        rows.terms(clinic)
    assert "per-domain statistics: asked for" in rows.run("train", "run.yaml", "--output", "never", *words, np=2, code=4)
    for clinic in CLINICS:
        rows.terms(clinic, allow="exact_release: true, per_domain_statistics: true, unstratified_survival: true")
    for np in (1, 2, 4):
        output = f"domain-{name}-{np}"
        rows.run("train", "run.yaml", "--output", output, *words, np=np)
        digests.add(rows.checkout.digest(f"{output}/model.h5"))
    assert len(digests) == 1
    with h5py.File(rows.path(f"{output}/model.h5")) as file:
        found = [file[f"arrays/{key}"][:] for key in ("coefficients", "standard_errors")]
    check(found, clustered(rows, name, fit, "site")[:2])
    assert "Not to be relied on: 3 domains say nothing of the errors of 3 coefficients together" in rows.path(f"{output}/model.txt").read_text()
    assert "model.cluster: all rows are of one: errors need two or more" in rows.run("train", "pooled.yaml", "--output", "never", *words, np=2, code=DATA)


def test_times_that_rounding_parts(rows):
    """R's timefix, which is its default; without it the fit is another."""
    model = ("kind=cox", "target=", "time=fuzzy", "status=gone", "features=[x, sex]")
    fit = "coxph(Surv(fuzzy, gone) ~ x + sex + strata(site), d, control = coxph.control(eps = 1e-14, iter.max = 50%s))"
    output, found = ours(rows, "fuzzy", model, strata=True)
    check(found, r(rows, fit % ""))
    with pytest.raises(AssertionError):
        check(found, r(rows, fit % ", timefix = FALSE"))
    rows.run("evaluate", "run.yaml", "--output", output, *(w for word in model for w in ("--set", f"model.{word}")), np=2)
    measures = json.loads(rows.path(f"{output}/evaluation.json").read_text())["overall"]
    script = ('suppressMessages(library(survival)); d <- read.csv("rows.csv"); d$site <- d$clinic; f <- ' + fit % ""
              + '; k <- colSums(rbind(concordance(f)$count)); cat(k["concordant"], k["discordant"], k["tied.x"])')
    concordant, discordant, tied = r_numbers(script, rows.checkout.root)
    assert (measures["concordant"], measures["tied"], measures["comparable"]) == (concordant, tied, concordant + discordant + tied)


def test_trials_say_what_their_rows_would(rows):
    """A row of n trials is n rows, in a penalised fit and in an evaluation too."""
    apart = [rows.path("rows.csv").read_text().splitlines()[0]]
    for line in rows.path("rows.csv").read_text().splitlines()[1:]:
        cells = line.split(",")
        died, seen = int(cells[5]), int(cells[6])
        apart += [",".join([*cells[:5], str(int(k < died)), "1", *cells[7:]]) for k in range(seen)]
    rows.write("apart.csv", "\n".join(apart) + "\n")
    rows.write("apart.yaml", rows.path("rows.yaml").read_text().replace("rows.csv", "apart.csv").replace("output: rows", "output: apart"))
    rows.run("ingest", "apart.yaml")
    rows.write("run-apart.yaml", rows.path("run.yaml").read_text().replace("rows/", "apart/"))
    h5py = referee("h5py")
    words = [w for word in ("kind=logistic", "target=died", "features=[x, sex]", "l2=3") for w in ("--set", f"model.{word}")]
    said = []
    for config, more in (("run", ("--set", "model.trials=seen")), ("run-apart", ())):
        rows.run("train", f"{config}.yaml", "--output", f"same-{config}", *words, *more, np=3)
        rows.run("evaluate", f"{config}.yaml", "--output", f"same-{config}", *words, *more, np=3)
        with h5py.File(rows.path(f"same-{config}/model.h5")) as file:
            said.append((file["arrays/coefficients"][:], file["arrays/standard_errors"][:]))
    check(*said)
    measures = [json.loads(rows.path(f"same-{config}/evaluation.json").read_text())["overall"] for config in ("run", "run-apart")]
    for name in ("rows", "events", "accuracy", "auc"):
        assert measures[0][name] == measures[1][name], name
    for name in ("log_loss", "brier"):
        assert math.isclose(measures[0][name], measures[1][name], rel_tol=1e-12), name


@pytest.mark.parametrize("np", [1, 4])
def test_what_cannot_be(rows, np):
    def train(*model, code):
        return rows.run("train", "run.yaml", "--output", "never", *(w for word in model for w in ("--set", f"model.{word}")), np=np, code=code)
    assert "model.exposure: its shift is not greater than 0" in train("kind=poisson", "target=count", "features=[x]", "exposure=shift", code=DATA)
    assert "it has more successes than trials" in train("kind=logistic", "target=seen", "features=[x]", "trials=died", code=DATA)
    assert "its successes and trials are not whole numbers" in train("kind=logistic", "target=died", "features=[x]", "trials=years", code=DATA)
    assert 'model.offset: the partitions have no number "shifted"; they have: x, years' in train("kind=poisson", "target=count", "offset=shifted", code=CONFIG)
    assert "with a penalty there are no robust errors" in train("kind=linear", "target=level", "errors=robust", "l2=1", code=CONFIG)
    assert "model.cluster: with a penalty there are no robust errors" in train("kind=linear", "target=level", "cluster=unit", "l2=1", code=CONFIG)
    assert "model.cluster: errors: model takes every row for itself" in train("kind=linear", "target=level", "cluster=unit", "errors=model", code=CONFIG)
    assert "only used with kind: poisson" in train("kind=logistic", "target=died", "exposure=years", code=CONFIG)
    assert "not used by networks, multinomial and ordinal models" in train("kind=multinomial", "target=ward", "offset=shift", code=CONFIG)
    assert 'no feature "wier", "sax"' in train("target=level", "features=[wier, x, sax]", code=CONFIG).replace(' (did you mean "sex"?)', "")
    assert '"ward" has 3 categories; a logistic model needs a number or two of them: kind: multinomial' in train("kind=logistic", "target=ward", code=CONFIG)
    assert "its entry is not before its time" in train("kind=cox", "target=", "time=start", "entry=time", "status=gone", code=DATA)
    for kind, target, why in (("linear", "same", "the target is the same in every row"), ("logistic", "none", "the target is 0 in every row"),
                              ("poisson", "none", "the target is 0 in every row"), ("logistic", "every", "the target is 1 in every row"),
                              ("multinomial", "kind", 'no row has the target\'s categories "never", "nor"')):
        assert why in train(f"kind={kind}", f"target={target}", "features=[x]", code=DATA)
    checked = rows.run("check", "run.yaml", "--set", "model.kind=logistic", "--set", "model.target=ward", np=np, code=CONFIG)
    assert '"ward" has 3 categories' in checked


@pytest.mark.parametrize("np", [1, 4])
def test_other_features_than_the_model_has(rows, np):
    words = ("--output", f"others-{np}", "--set", "model.target=level", "--set")
    rows.run("train", "run.yaml", *words, "model.features=[x, sex]", np=np)
    for command in ("evaluate", "predict"):
        out = rows.run(command, "run.yaml", *words, "model.features=[x, years]", np=np, code=CONFIG)
        assert "model.features: the model has others, not years, and also sex_m; give" in out
        rows.run(command, "run.yaml", *words, "model.features=[sex, x]", np=np)  # in whichever order


def test_a_proportion(rows):
    """As R with weights, and without a likelihood where there is none."""
    _, found = ours(rows, "share", ("kind=logistic", "target=share", "features=[x]"), ranks=(4,))
    expected = r(rows, "suppressWarnings(glm(share ~ x, binomial, d, epsilon = 1e-15))")
    check(found[:2], expected[:2])
    assert "log-likelihood - (null -), McFadden R-squared -, AIC -\nNo likelihood" in rows.path("share-run-4/model.txt").read_text()
    out = rows.run("evaluate", "run.yaml", "--output", "share-run-4", "--set", "model.kind=logistic", "--set", "model.target=share", "--set", "model.features=[x]", code=DATA)
    assert "the target is a proportion" in out
    out = rows.run("evaluate", "run.yaml", "--output", "share-run-4", "--set", "model.kind=logistic", "--set", "model.target=share", "--set", "model.features=[x]", np=4, code=DATA)
    assert "the target is a proportion" in out
