# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What weights of rows say, and weights of classes: as R has them on rows that are repeated, or in a sandwich; federated on 1, 2 and 4 ranks, and pooled, with one digest."""
import json
import math

import pytest

from conftest import referee
from r import r_numbers
from test_against_r import check, ours, r, rows  # noqa: F401
from test_families import polished
from test_policies import CLINICS

DATA, POLICY, CONFIG = 5, 4, 3
REPEATED = "d <- d[rep(seq_len(nrow(d)), d$w), ];"
EXACT = "control = coxph.control(eps = 1e-14, iter.max = 50)"
CASES = {
    "linear": (("kind=linear", "target=level"), "glm(level ~ x + sex, gaussian, d)"),
    "logistic": (("kind=logistic", "target=gone"), "glm(gone ~ x + sex, binomial, d, epsilon = 1e-15)"),
    "poisson": (("kind=poisson", "target=count", "exposure=years"), "glm(count ~ x + sex, poisson, d, offset = log(years), epsilon = 1e-15)"),
    "gamma": (("kind=gamma", "target=time"), 'glm(time ~ x + sex, Gamma("log"), d, control = glm.control(epsilon = 1e-15, maxit = 200))'),
    "cox-efron": (("kind=cox", "target=", "time=time", "status=gone", "cox.ties=efron"), f"coxph(Surv(time, gone) ~ x + sex + strata(site), d, {EXACT})"),
    "cox-breslow": (("kind=cox", "target=", "time=time", "status=gone", "cox.ties=breslow"), f'coxph(Surv(time, gone) ~ x + sex + strata(site), d, ties = "breslow", {EXACT})'),
}


@pytest.fixture(autouse=True, scope="module")
def copies(rows):  # noqa: F811
    """The rows again, with whole numbers for weights, some of them 0."""
    header, *lines = rows.path("rows.csv").read_text().splitlines()
    w = header.split(",").index("w")
    fields = [line.split(",") for line in lines]
    for i, row in enumerate(fields):
        row[w] = str(i * 3 % 5 % 4)
    rows.write("copies-rows.csv", "\n".join([header, *(",".join(row) for row in fields)]) + "\n")
    rows.write("copies.yaml", rows.path("rows.yaml").read_text().replace("input: rows.csv", "input: copies-rows.csv").replace("output: rows", "output: copies"))
    rows.run("ingest", "copies.yaml")
    for config in ("run", "pooled"):
        rows.write(f"copies-{config}.yaml", rows.path(f"{config}.yaml").read_text().replace("rows/", "copies/"))
    return rows


@pytest.mark.parametrize("name", CASES)
def test_frequencies_are_rows_repeated(rows, name):  # noqa: F811
    model, fit = CASES[name]
    model = (*model, "features=[x, sex]", "weights=true", "weight_type=frequency")
    output, found = ours(rows, f"copies-{name}", model, strata=name.startswith("cox"), data="copies-", ranks=(4,))
    check(found, r(rows, polished(fit) if name == "gamma" else fit, REPEATED, data="copies-rows"))
    text = rows.path(f"{output}/model.txt").read_text()
    assert f"rows {sum(i * 3 % 5 % 4 for i in range(168))}" in text and "No likelihood" not in text and "Robust" not in text, text


def test_rows_without_weights_are_predicted(rows):  # noqa: F811
    """By a model that was trained on frequencies; evaluated they cannot be, since nobody knows how often."""
    columns = rows.path("rows.yaml").read_text().partition("{role: domain}")[2].partition("block_rows")[0].replace("  w: {role: weight}\n", "")
    rows.write("plain.csv", rows.path("rows.csv").read_text())
    rows.take("plain", columns, "plain-run.yaml")
    rows.write("plain-run.yaml", rows.path("plain-run.yaml").read_text().replace("rows/", "plain/"))
    words = [w for key in ("kind=linear", "target=level", "features=[x]", "weights=true", "weight_type=frequency") for w in ("--set", f"model.{key}")]
    rows.run("train", "copies-run.yaml", "--output", "counted", *words, np=2)
    for np in (1, 4):
        rows.run("predict", "plain-run.yaml", "--output", f"counted-{np}", "--model", "counted/model.h5", *words, np=np)
        assert "the partitions have no row weights" in rows.run("evaluate", "plain-run.yaml", "--output", f"never-{np}", "--model", "counted/model.h5", *words, np=np, code=DATA)
    assert rows.path("counted-1/predictions/bern/bern.csv").read_bytes() == rows.path("counted-4/predictions/bern/bern.csv").read_bytes()


def test_frequencies_of_units(rows):  # noqa: F811
    """As many copies of a unit's row are of that unit."""
    referee("Rscript:sandwich")
    model, fit = CASES["linear"]
    _, found = ours(rows, "copies-units", (*model, "features=[x, sex]", "weights=true", "weight_type=frequency", "cluster=unit"), data="copies-")
    check(found[:2], r(rows, fit, REPEATED, 'sqrt(diag(sandwich::vcovCL(f, cluster = d$who, type = "HC0")))', data="copies-rows")[:2])


@pytest.mark.parametrize("name", ["linear", "logistic", "poisson", "gamma"])
def test_samples_have_robust_errors(rows, name):  # noqa: F811
    referee("Rscript:sandwich")
    model, fit = CASES[name]
    model = (*model, "features=[x, sex]", "weights=true", "weight_type=sampling")
    output, found = ours(rows, f"samples-{name}", model, ranks=(4,))
    plain = rows.run("train", "run.yaml", "--output", f"precise-{name}", *(w for key in model[:-1] for w in ("--set", f"model.{key}")), np=2)
    assert ("Weights were taken for precisions" in plain) == (name in ("logistic", "poisson")), plain
    expected = r(rows, f"suppressWarnings({fit.replace(', d', ', d, weights = w', 1)})", "", "sqrt(diag(sandwich::sandwich(f)))")
    check(found[:2], expected[:2])
    text = rows.path(f"{output}/model.txt").read_text()
    assert "Robust standard errors" in text and "log-likelihood - " in text
    rows.run("verify", output, "--key", "operator.pub.pem")
    own = rows.run("train", "run.yaml", "--output", f"own-{name}", "--set", "model.errors=model", *(w for key in model for w in ("--set", f"model.{key}")), np=2)
    assert "Standard errors are the model's own, which such weights make too small or too large" in own


@pytest.mark.parametrize("how, weights", [("class_weights={1: 0.4, 0: 3}", "ifelse(gone == 1, 0.4, 3)"), ("class_weights={0: 2.5}", "ifelse(gone == 1, 1, 2.5)"),
                                          ("balance_classes=true", "nrow(d) / 2 / table(gone)[as.character(gone)]")])
def test_weights_of_classes(rows, how, weights):  # noqa: F811
    referee("Rscript:sandwich")
    model, fit = CASES["logistic"]
    output, found = ours(rows, f"classes-{len(how)}", (*model, "features=[x, sex]", how), ranks=(4,))
    fit = f"suppressWarnings({fit.replace(', d', ', d, weights = ' + weights, 1)})"
    check(found[:2], r(rows, fit, "gone <- d$gone;", "sqrt(diag(sandwich::sandwich(f)))")[:2])
    rows.run("evaluate", "run.yaml", "--output", output, *(w for key in (*model, "features=[x, sex]", how) for w in ("--set", f"model.{key}")), np=2)


def test_balanced_as_scikit_learn_has_it(rows):  # noqa: F811
    """With weights of rows, and three classes."""
    linear_model = referee("sklearn.linear_model")
    header, *lines = (line.split(",") for line in rows.path("rows.csv").read_text().splitlines())
    column = {name: [line[i] for line in lines] for i, name in enumerate(header)}
    x = [[float(a), b] for a, b in zip(column["x"], column["years"])]
    w = [float(value) for value in column["w"]]
    model = ("kind=multinomial", "target=ward", "features=[x, years]", "weights=true", "balance_classes=true")
    _, found = ours(rows, "balanced", model)
    fit = linear_model.LogisticRegression(C=math.inf, class_weight="balanced", tol=1e-9, max_iter=10000, solver="newton-cg").fit(x, column["ward"], w)
    logits = [[b, *row] for b, row in zip(fit.intercept_, fit.coef_)]
    expected = [a - b for k in (1, 2) for a, b in zip(logits[k], logits[0])]
    assert all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-8) for a, b in zip(found[0], expected, strict=True)), (found[0], expected)


@pytest.mark.parametrize("transform", ["km", "rank", "log"])
def test_hazards_of_rows_that_stand_for_others(rows, transform):  # noqa: F811
    for clinic in CLINICS:
        rows.terms(clinic, allow="exact_release: true, unstratified_survival: true")
    model = ("kind=cox", "target=", "time=time", "status=gone", "features=[x, sex]", "weights=true", "weight_type=frequency",
             f"cox={{strata: none, time_step: 0.1, time_maximum: 100, proportional_hazards: {transform}}}")
    rows.run("train", "copies-run.yaml", "--output", f"hazards-{transform}", *(w for key in model for w in ("--set", f"model.{key}")), np=2)
    tests = json.loads(rows.path(f"hazards-{transform}/run.json").read_text())["results"]["proportionalHazards"]
    script = (f'suppressMessages(library(survival)); d <- read.csv("copies-rows.csv"); {REPEATED} f <- coxph(Surv(time, gone) ~ x + sex, d, {EXACT}); '
              f'cat(sprintf("%.17g", t(cox.zph(f, transform = "{transform}", terms = FALSE)$table)))')
    printed = r_numbers(script, rows.checkout.root)
    found = [test[key] for test in tests for key in ("chiSquared", "df", "p")]
    assert all(math.isclose(a, b, rel_tol=1e-8) for a, b in zip(found, printed, strict=True)), (found, printed)


@pytest.mark.parametrize("np", [1, 4])
def test_too_many_tied_events(rows, np):  # noqa: F811
    """A slip of the pen must not count to 10^12."""
    header, first, *lines = rows.path("copies-rows.csv").read_text().splitlines()
    at = {name: i for i, name in enumerate(header.split(","))}
    fields = first.split(",")
    fields[at["w"]], fields[at["gone"]] = "1e12", "1"
    rows.write(f"slip-{np}.csv", "\n".join([header, ",".join(fields), *lines]) + "\n")
    rows.write(f"slip-{np}.yaml", rows.path("copies.yaml").read_text().replace("copies-rows.csv", f"slip-{np}.csv").replace("output: copies", f"output: slip-{np}"))
    rows.run("ingest", f"slip-{np}.yaml")
    rows.write(f"slip-{np}-run.yaml", rows.path("run.yaml").read_text().replace("rows/", f"slip-{np}/"))
    model = [w for key in ("kind=cox", "target=", "time=time", "status=gone", "features=[x]", "weights=true", "weight_type=frequency") for w in ("--set", f"model.{key}")]
    assert "more than 1048576 events at one time" in rows.run("train", f"slip-{np}-run.yaml", "--output", "never", *model, np=np, code=DATA)


@pytest.mark.parametrize("np", [1, 4])
def test_a_class_of_few_is_not_made_all(rows, np):  # noqa: F811
    """What a policy asks of rows it asks of each class whose weight the operator chooses."""
    logistic = [w for key in ("kind=logistic", "target=gone", "features=[x]") for w in ("--set", f"model.{key}")]
    rows.terms("lyon", "minimum: {rows: 20}\n")
    try:
        for weigh in ("class_weights={0: 1000}", "balance_classes=true"):
            out = rows.run("train", "run.yaml", "--output", "never", *logistic, "--set", f"model.{weigh}", np=np, code=POLICY)
            assert "domain lyon: fewer of its rows than the 20 that a policy asks for (minimum.group_rows, or without it minimum.rows) have: gone (not the usual value);" in out
        rows.terms("lyon", "minimum: {rows: 20, group_rows: 1}\n")
        rows.run("train", "run.yaml", "--output", f"plain-{np}", *logistic, np=np)
    finally:
        rows.terms("lyon")


@pytest.mark.parametrize("np", [1, 4])
def test_what_cannot_be(rows, np):  # noqa: F811
    def train(*model, code, config="run.yaml"):
        return rows.run("train", config, "--output", "never", *(w for word in ("features=[x]", *model) for w in ("--set", f"model.{word}")), np=np, code=code)
    logistic = ("kind=logistic", "target=gone")
    checked = rows.run("check", "run.yaml", *(w for word in (*logistic, "class_weights={ja: 2}") for w in ("--set", f"model.{word}")), np=np, code=CONFIG)
    assert 'the target has no category "ja"; it has: 0, 1' in checked
    assert 'model.class_weights: the target has no category "yes"; it has: 0, 1' in train(*logistic, "class_weights={yes: 2}", code=CONFIG)
    assert 'has no category "d"; it has: a, b, c' in train("kind=multinomial", "target=ward", "class_weights={d: 2}", code=CONFIG)
    assert "model.class_weights.1: 0 is too small: at least 0.001" in train(*logistic, "class_weights={1: 0}", code=CONFIG)
    assert "model.class_weights.1: 1000000 is too large: at most 1000" in train(*logistic, "class_weights={1: 1000000}", code=CONFIG)
    assert "only used where rows are of one category or another" in train("kind=linear", "target=level", "balance_classes=true", code=CONFIG)
    assert "only used where rows are of one category or another" in train("kind=logistic", "target=died", "trials=seen", "balance_classes=true", code=CONFIG)
    assert "class_weights says how much each counts" in train(*logistic, "balance_classes=true", "class_weights={1: 2}", code=CONFIG)
    assert "the target is a proportion: class weights" in train("kind=logistic", "target=share", "balance_classes=true", code=DATA)
    assert 'model.balance_classes: no row has the target\'s category "never"' in train("kind=multinomial", "target=kind", "balance_classes=true", code=DATA)
    assert "model.weight_type: only used with weights: true" in train(*logistic, "weight_type=sampling", code=CONFIG)
    frequency = ("weights=true", "weight_type=frequency")
    assert "its weight is not a whole number of rows" in train(*logistic, *frequency, code=DATA)
    assert "rows that stand for others have no scores of their own" in train(*logistic, *frequency, "errors=robust", code=CONFIG)
    assert "class weights are no whole numbers of rows" in train(*logistic, *frequency, "balance_classes=true", code=CONFIG)
    assert "trials count rows already" in train("kind=logistic", "target=died", "trials=seen", *frequency, code=CONFIG)
