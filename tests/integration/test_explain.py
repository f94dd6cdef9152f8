# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What a model makes of each feature: importance by permutation, partial dependence; over domains as over all rows in one."""
import json
import math
import random

import pytest

from conftest import Checkout
from r import r_numbers
from test_policies import CLINICS, Stays

CONFIG, POLICY, DATA = 3, 4, 5
COLUMNS = """
  x: {role: feature, minimum: 0.1, maximum: 9}
  noise: {role: feature}
  arm: {role: feature, type: category, levels: [old, new, rare]}
  y: {role: target, type: boolean}
  days: {role: target, minimum: 0}
  time: {role: target, minimum: 0}
  grade: {role: target, type: category, levels: [low, middle, high]}
  split: {role: split, type: category, levels: [train, test]}
"""
FEATURES = "features: [log(x), noise, arm, x:arm_new]"
KINDS = {"logistic": f"model={{kind: logistic, target: y, {FEATURES}}}",
         "linear": f"model={{kind: linear, target: days, {FEATURES}}}",
         "poisson": f"model={{kind: poisson, target: days, {FEATURES}}}",
         "multinomial": f"model={{kind: multinomial, target: grade, {FEATURES}}}",
         "cox": f"model={{kind: cox, time: time, status: y, {FEATURES}}}",
         "network": "model={kind: mlp, target: y, features: [x, noise, arm], mlp: {loss: binary, layers: [{units: 8, activation: tanh}]}}"}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """x matters, and whether the arm is new; noise does not. Some rows weigh nothing for the model: they are tests."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("explain")))
    draw = random.Random(11)
    lines = ["clinic,x,noise,arm,y,days,time,grade,split"]
    for i, clinic in enumerate(CLINICS * 60):
        x, noise, arm = draw.uniform(0.2, 8), draw.gauss(0, 1), draw.choice(("old", "new", "rare"))
        effect = 2 * math.log(x) + (arm == "new") - 2
        y = draw.random() < 1 / (1 + math.exp(-effect))
        lines.append(f"{clinic},{x!r},{noise!r},{arm},{int(y)},{max(0, round(3 + effect + draw.gauss(0, 1)))},{1 + draw.expovariate(math.exp(effect - 1))!r},"
                     f"{('low', 'middle', 'high')[min(2, max(0, round(1 + effect / 2 + draw.gauss(0, 1))))]},{'test' if i % 5 == 4 else 'train'}")
    stays.write("rows.csv", "\n".join(lines) + "\n")
    for clinic in CLINICS:
        stays.terms(clinic, allow="exact_release: true, per_domain_statistics: true")
    stays.take("rows", COLUMNS, "rows-run.yaml")
    stays.pool()
    head = stays.path("rows-run.yaml").read_text().partition("domains:\n")[0] + "domains:\n"
    stays.pooled("pooled-run.yaml", "rows", head)
    for kind, model in KINDS.items():
        stays.run("train", "rows-run.yaml", "--set", model, "--set", "train.split=train", *(("--set", "train.descent={epochs: 60, batch_rows: 32, learning_rate: 0.02}") if kind == "network" else ()), "--output", kind)
    return stays


def explain(rows, kind, *words, output, config="rows-run.yaml", np=None, code=0):
    out = rows.run("explain", config, "--set", KINDS[kind], "--set", "train.split=train", "--output", output, "--model", f"{kind}/model.h5", *words, np=np, code=code)
    return out if code else json.loads(rows.path(f"{output}/explanation.json").read_text())


def features_of(found):
    return {feature["feature"]: feature for feature in found["features"]}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_bits(rows, kind):
    """On any number of ranks, and whether the rows are federated or pooled; but pairs of a Cox model are those of a domain."""
    told = {}
    for config in ("rows-run.yaml", "pooled-run.yaml"):
        for np in (1, 4):
            output = f"{kind}-{np}-{config[:4]}"
            found = explain(rows, kind, "--set", "explain={repeats: 2, points: 3, split: test}", output=output, config=config, np=np)
            told.setdefault(config, set()).add(rows.path(f"{output}/explanation.json").read_text())
            if kind != "cox":
                importance = {name: feature["importance"]["mean"] for name, feature in features_of(found).items()}
                assert importance["x"] > max(0.02, 5 * abs(importance["noise"])), importance
    assert all(len(texts) == 1 for texts in told.values())
    federated, pooled = (json.loads(texts.pop()) for texts in told.values())
    if kind == "cox":
        for found in (federated, pooled):
            found.pop("value")
            for feature in found["features"]:
                feature.pop("importance")
    assert federated == pooled


def test_importance(rows):
    """Recomputed by R with another drawing: equal within what drawings differ by; and the measure itself exactly."""
    found = explain(rows, "linear", "--set", "explain={repeats: 40, points: 0}", output="importance")
    assert found["metric"] == "r_squared" and all("partial_dependence" not in feature for feature in found["features"])
    of_r = r_numbers('''d <- read.csv("rows.csv"); d$arm <- factor(d$arm, c("old", "new", "rare"))
        f <- lm(days ~ log(x) + noise + arm + x:I(arm == "new"), d[d$split == "train", ], contrasts = NULL)
        X <- function(d) cbind(1, log(d$x), d$noise, d$arm == "new", d$arm == "rare", d$x * (d$arm == "new"))
        b <- coef(lm.fit(X(d[d$split == "train", ]), d$days[d$split == "train"]))
        r2 <- function(e) 1 - sum((e$days - X(e) %*% b)^2) / sum((d$days - mean(d$days))^2)
        set.seed(1); cat(sprintf("%.17g ", r2(d)))
        for (name in c("x", "noise", "arm")) { loss <- replicate(400, { e <- d; e[[name]] <- ave(seq_len(nrow(d)), d$clinic, FUN = function(i) i[sample.int(length(i))]); e[[name]] <- d[[name]][e[[name]]]; r2(d) - r2(e) }); cat(sprintf("%.17g %.17g ", mean(loss), sd(loss))) }''', rows.checkout.root)
    assert math.isclose(found["value"], of_r[0], rel_tol=1e-9)
    for name, mean, sd in zip(("x", "noise", "arm"), of_r[1::2], of_r[2::2], strict=True):
        told = features_of(found)[name]["importance"]
        assert len(told["values"]) == 40 and math.isclose(told["mean"], sum(told["values"]) / 40, rel_tol=1e-12)
        assert abs(told["mean"] - mean) < 5 * sd * math.sqrt(1 / 40 + 1 / 400), (name, told["mean"], mean, sd)
        assert sd / 2 < told["standard_deviation"] < 2 * sd
    other = explain(rows, "linear", "--set", "explain={repeats: 3, points: 0, seed: 2}", output="other-seed")
    assert features_of(other)["x"]["importance"]["values"] != features_of(found)["x"]["importance"]["values"][:3]
    few = explain(rows, "linear", "--set", "explain={repeats: 3, points: 0, features: [noise, x]}", output="few")
    assert [feature["feature"] for feature in few["features"]] == ["noise", "x"]
    assert features_of(few)["x"]["importance"]["values"] == features_of(found)["x"]["importance"]["values"][:3]


@pytest.mark.parametrize(("kind", "glm"), [("logistic", "glm(y ~ log(x) + noise + arm + z, binomial, t, control = glm.control(1e-14, 50))"),
                                           ("linear", "lm(days ~ log(x) + noise + arm + z, t)"),
                                           ("poisson", "glm(days ~ log(x) + noise + arm + z, poisson, t, control = glm.control(1e-14, 50))")])
def test_partial_dependence(rows, kind, glm):
    """By R's predict() on rows that were all given the value, what is derived of it too."""
    found = explain(rows, kind, "--set", "explain={repeats: 0, points: 4, values: [{feature: x, values: [0.5, 4, 9.5]}]}", output=f"{kind}-dependence", np=2)
    assert all("importance" not in feature for feature in found["features"])
    told = {name: feature["partial_dependence"] for name, feature in features_of(found).items()}
    assert told["x"]["values"] == [0.5, 4, 9.5] and told["arm"]["values"] == ["old", "new", "rare"] and len(told["noise"]["values"]) == 4
    noise = ", ".join(map(repr, told["noise"]["values"]))
    of_r = r_numbers(f'''d <- read.csv("rows.csv"); d$arm <- factor(d$arm, c("old", "new", "rare")); d$z <- d$x * (d$arm == "new"); t <- d[d$split == "train", ]
        f <- {glm}
        at <- function(name, v) {{ e <- d; e[[name]] <- v; e$arm <- factor(e$arm, levels(d$arm)); e$z <- e$x * (e$arm == "new"); mean(predict(f, e, type = "response")) }}
        cat(sprintf("%.17g ", c(sapply(c(0.5, 4, 9.5), function(v) at("x", v)), sapply(c({noise}), function(v) at("noise", v)), sapply(levels(d$arm), function(v) at("arm", v)), mean(t$noise), sd(t$noise))))''', rows.checkout.root)
    (name, _), = told["x"]["predictions"].items()
    ours = [value for feature in ("x", "noise", "arm") for value in told[feature]["predictions"][name]]
    assert all(math.isclose(a, b, rel_tol=1e-8) for a, b in zip(ours, of_r[:-2], strict=True))
    low, high = of_r[-2] - 2 * of_r[-1], of_r[-2] + 2 * of_r[-1]
    assert all(math.isclose(a, b, rel_tol=1e-8) for a, b in zip(told["noise"]["values"], (low, low + (high - low) / 3, high - (high - low) / 3, high)))


def test_classes_and_hazards(rows):
    """A probability of each class, which add up to 1; of a Cox model the logarithm of the hazard ratio, which is linear."""
    told = features_of(explain(rows, "multinomial", "--set", "explain={repeats: 0, points: 3}", output="classes"))["x"]["partial_dependence"]
    assert sorted(told["predictions"]) == ["probability_high", "probability_low", "probability_middle"]
    assert all(math.isclose(sum(at), 1, rel_tol=1e-9) for at in zip(*told["predictions"].values()))
    assert told["values"][0] == 0.1 and told["values"][-1] == 9  # of log(x) alone: what was declared
    told = features_of(explain(rows, "cox", "--set", "explain={repeats: 0, points: 3}", output="hazards"))["noise"]["partial_dependence"]
    at = told["predictions"]["log_hazard_ratio"]
    assert math.isclose(at[2] - at[1], at[1] - at[0], rel_tol=1e-9)


def test_what_it_prints(rows):
    out = rows.run("explain", "rows-run.yaml", "--set", KINDS["logistic"], "--set", "train.split=train", "--output", "logistic")
    lines = out.splitlines()
    order = [line.split()[0] for line in lines if line.split()[:1] in (["x"], ["arm"], ["noise"])]
    assert order[0] == "x" and "importance" in out and "probability" in out
    assert "is finished already" in rows.run("explain", "rows-run.yaml", "--set", KINDS["logistic"], "--set", "train.split=train", "--output", "logistic")
    assert "NOT VERIFIED" not in rows.run("verify", "logistic", "--key", "operator.pub.pem")
    page = rows.checkout.report("logistic") if hasattr(rows.checkout, "report") else None
    assert page is None or "importance" in page


@pytest.mark.parametrize("np", (1, 4))
def test_what_cannot_be(rows, np):
    for words, text in (("explain={features: [nois]}", 'explain.features: the model takes no "nois"; it takes x, noise, arm (did you mean "noise"?)'),
                        ("explain={values: [{feature: arm, values: [1]}]}", '"arm" is a category'),
                        ("explain={values: [{feature: x, values: [-1]}]}", "what the model derives of x has no value at -1"),
                        ("explain={points: 1}", "explain.points: a curve has two points at least"),
                        ("explain={metric: acu}", 'unknown value "acu"')):
        out = explain(rows, "logistic", "--set", words, output=f"no-{np}", np=np, code=CONFIG)
        assert text in out, out
    assert "is not defined here" in explain(rows, "logistic", "--set", "explain={metric: rmse}", output=f"no-{np}", np=np, code=DATA)
    try:
        rows.terms("lyon", allow="exact_release: true", text="minimum: {rows: 200}\n")
        assert "minimum rows" in explain(rows, "logistic", output=f"no-{np}", np=np, code=POLICY)
    finally:
        rows.terms("lyon", allow="exact_release: true, per_domain_statistics: true")


@pytest.mark.parametrize("np", (1, 4))
def test_minimums(rows, np):
    """Where an owner wants more than a row, or a domain, behind a number, nobody chooses at how many places it is asked."""
    try:
        for minimum in ("rows: 5", "contributors: 2"):
            rows.terms("lyon", allow="exact_release: true, per_domain_statistics: true", text=f"minimum: {{{minimum}}}\n")
            for words, key in (("explain={values: [{feature: x, values: [1, 2]}]}", "values"), ("explain={points: 11}", "points"), ("explain={repeats: 11}", "repeats")):
                out = explain(rows, "network", "--set", words, output=f"few-{np}", np=np, code=POLICY)
                assert f"explain.{key}: the policy of domain lyon asks for a minimum of rows or contributors" in out, out
        assert not rows.path(f"few-{np}").exists()
        rows.terms("lyon", allow="exact_release: true, per_domain_statistics: true", text="minimum: {rows: 5, group_rows: 1}\n")
        explain(rows, "network", "--set", "explain={points: 3, repeats: 2}", output=f"few-{np}", np=np)
    finally:
        rows.terms("lyon", allow="exact_release: true, per_domain_statistics: true")


def test_units(rows):
    """Other units of a column: the same importance to every printed digit, the same predictions at the same places."""
    lines = rows.path("rows.csv").read_text().splitlines()
    scaled = [lines[0]] + [",".join((clinic, x, repr(float(noise) * 1e20), *rest)) for clinic, x, noise, *rest in (line.split(",") for line in lines[1:])]
    rows.write("large.csv", "\n".join(scaled) + "\n")
    rows.take("large", COLUMNS, "large-run.yaml")
    rows.run("train", "large-run.yaml", "--set", KINDS["linear"], "--set", "train.split=train", "--output", "linear-large")
    small = features_of(explain(rows, "linear", "--set", "explain={repeats: 3, points: 5}", output="small-units"))
    rows.run("explain", "large-run.yaml", "--set", KINDS["linear"], "--set", "train.split=train", "--set", "explain={repeats: 3, points: 5}", "--output", "linear-large")
    large = features_of(json.loads(rows.path("linear-large/explanation.json").read_text()))
    for name in ("x", "noise", "arm"):
        assert all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-14) for a, b in zip(small[name]["importance"]["values"], large[name]["importance"]["values"], strict=True))
        (a,), (b,) = (one[name]["partial_dependence"]["predictions"].values() for one in (small, large))
        assert all(math.isclose(p, q, rel_tol=1e-10) for p, q in zip(a, b, strict=True))
