# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What each domain made of a model: fits without it have the bits of trainings without it, Shapley values are those of all combinations."""
import csv
import itertools
import json
import math
import random
import re

import pytest

from conftest import Checkout
from r import r_numbers
from test_policies import CLINICS, TERMS, Stays

CONFIG, POLICY, DATA, INTEGRITY = 3, 4, 5, 7
COLUMNS = """
  x: {role: feature}
  z: {role: feature}
  arm: {role: feature, type: category, levels: [old, new, rare]}
  y: {role: target, type: boolean}
  days: {role: target, minimum: 0}
  time: {role: target, minimum: 0}
  arm_y: {role: target, type: category, levels: [low, middle, high]}
"""
KINDS = {"logistic": ("model={kind: logistic, target: y, features: [x, z]}", "auc"),
         "linear": ("model={kind: linear, target: days, features: [x, z]}", "r_squared"),
         "poisson": ("model={kind: poisson, target: days, features: [x, z]}", "d_squared"),
         "penalised": ("model={kind: logistic, target: y, features: [x, z], l2: 2}", "auc")}
ALLOW = "exact_release: true, per_domain_statistics: true, two_parties: true, unmasked_sums: true"


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Only graz has the level rare."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("attribute")))
    draw = random.Random(3)
    lines = ["clinic,x,z,arm,y,days,time,arm_y"]
    for i, clinic in enumerate(CLINICS * 30):
        x, z = draw.gauss(0, 1), draw.gauss(5, 2)
        y = draw.random() < 1 / (1 + math.exp(-x * (0.2 if clinic == "lyon" else 1.5)))
        arm = "rare" if clinic == "graz" and i % 4 == 0 else draw.choice(("old", "new"))
        lines.append(f"{clinic},{x!r},{z!r},{arm},{int(y)},{max(0, round(4 + 2 * x + draw.gauss(0, 3)))},"
                     f"{1 + draw.expovariate(math.exp(x))!r},{('low', 'middle', 'high')[min(2, max(0, round(1 + x + draw.gauss(0, 1))))]}")
    stays.write("rows.csv", "\n".join(lines) + "\n")
    for clinic in CLINICS:
        stays.terms(clinic, allow=ALLOW)
    stays.take("rows", COLUMNS, "rows-run.yaml")
    for some in (c for n in range(1, 4) for c in itertools.combinations(CLINICS, n)):
        text = stays.path("rows-run.yaml").read_text()
        stays.write("-".join(some) + ".yaml", "".join(line for line in text.splitlines(keepends=True) if not any(f"{{name: {c}," in line for c in CLINICS if c not in some)))
    for kind, (model, _) in KINDS.items():
        stays.run("train", "rows-run.yaml", "--set", model, "--output", kind)
    return stays


def attribute(rows, kind, *words, output=None, np=None, code=0, shapley=True):
    model, _ = KINDS[kind]
    more = ("--output", output, "--model", f"{kind}/model.h5") if output else ("--output", kind)
    out = rows.run("attribute", "rows-run.yaml", "--set", model, "--set", f"attribute.shapley={'true' if shapley else 'false'}", *more, *words, np=np, code=code)
    return out if code else json.loads(rows.path(f"{output or kind}/attribution.json").read_text())


@pytest.mark.parametrize("kind", KINDS)
def test_as_trainings(rows, kind):
    """Every combination of domains trained and evaluated by itself."""
    model, metric = KINDS[kind]
    found = attribute(rows, kind, np=2)
    assert found["metric"] == metric and found["fits"] == 7
    values, digests = {(): 0.5 if metric == "auc" else 0.0}, {}
    for some in (c for n in range(1, 4) for c in itertools.combinations(CLINICS, n)):
        name = "-".join(some)
        rows.run("train", f"{name}.yaml", "--set", model, "--output", f"{kind}-{name}")
        rows.run("evaluate", "rows-run.yaml", "--set", model, "--set", "evaluate.per_domain=false", "--model", f"{kind}-{name}/model.h5", "--output", f"{kind}-{name}-all")
        values[some] = json.loads(rows.path(f"{kind}-{name}-all/evaluation.json").read_text())["overall"][metric]
        digests[some] = rows.checkout.digest(f"{kind}-{name}/model.h5")
    whole = CLINICS if isinstance(CLINICS, tuple) else tuple(CLINICS)
    assert found["value"] == values[whole]
    for domain in found["domains"]:
        clinic, rest = domain["domain"], tuple(c for c in CLINICS if c != domain["domain"])
        assert domain["without"]["digest"] == digests[rest]
        assert domain["without"]["value"] == values[rest] and domain["effect"] == values[whole] - values[rest]
        shapley = sum((values[tuple(c for c in CLINICS if c in some or c == clinic)] - values[some]) * math.factorial(len(some)) * math.factorial(2 - len(some)) / 6
                      for n in range(3) for some in itertools.combinations(rest, n))
        assert math.isclose(domain["shapley"], shapley, rel_tol=1e-12, abs_tol=1e-15)
    assert math.isclose(sum(domain["shapley"] for domain in found["domains"]), values[whole] - values[()], rel_tol=1e-12)


def test_estimates(rows):
    """One of Newton's steps is exact for a linear model; for others both come near. The exact change is R's."""
    found = attribute(rows, "linear", output="linear-estimates", shapley=False)
    for domain in found["domains"]:
        exact, step = domain["without"]["coefficients"], domain["estimates"]["one_step"]
        assert all(math.isclose(exact[name], step[name], rel_tol=1e-9, abs_tol=1e-12) for name in exact)
        of_r = r_numbers(f'd <- read.csv("rows.csv"); cat(sprintf("%.17g ", coef(lm(days ~ x + z, d[d$clinic != "{domain["domain"]}", ]))))', rows.checkout.root)
        assert all(math.isclose(exact[name], value, rel_tol=1e-8) for name, value in zip(("(intercept)", "x", "z"), of_r, strict=True))
    found = attribute(rows, "logistic", output="logistic-estimates", shapley=False)
    of_all = r_numbers('d <- read.csv("rows.csv"); cat(sprintf("%.17g ", coef(glm(y ~ x + z, binomial, d))))', rows.checkout.root)
    for domain in found["domains"]:
        exact, estimates = domain["without"]["coefficients"], domain["estimates"]
        moved = [exact[name] - value for name, value in zip(("(intercept)", "x", "z"), of_all)]
        for way, worst in (("influence", 0.8), ("one_step", 0.4)):
            guess = [estimates[way][name] - value for name, value in zip(("(intercept)", "x", "z"), of_all)]
            assert math.dist(moved, guess) < worst * math.hypot(*moved), (domain["domain"], way)


def test_penalised_estimates(rows):
    """The penalty is in both: they come near what a penalised fit without the domain gives."""
    lines = rows.path("penalised/coefficients.csv").read_text().splitlines()[1:]
    of_all = {line.split(",")[0].strip('"'): float(line.split(",")[1]) for line in lines}
    for domain in attribute(rows, "penalised", output="penalised-estimates", shapley=False)["domains"]:
        exact = domain["without"]["coefficients"]
        moved = [exact[name] - of_all[name] for name in of_all]
        for way, worst in (("influence", 0.8), ("one_step", 0.4)):
            guess = [domain["estimates"][way][name] - of_all[name] for name in of_all]
            assert math.dist(moved, guess) < worst * math.hypot(*moved), (domain["domain"], way)


def test_influence_of_r(rows):
    """The first order by R: H^-1 of all times the gradient of the rest."""
    found = attribute(rows, "logistic", output="logistic-first", shapley=False)
    for domain in found["domains"]:
        of_r = r_numbers(f'''d <- read.csv("rows.csv"); f <- glm(y ~ x + z, binomial, d, control = glm.control(1e-14, 50)); X <- model.matrix(f); rest <- d$clinic != "{domain["domain"]}"
            g <- crossprod(X[rest, ], (d$y - fitted(f))[rest]); cat(sprintf("%.17g ", coef(f) + vcov(f) %*% g))''', rows.checkout.root)
        assert all(math.isclose(domain["estimates"]["influence"][name], value, rel_tol=1e-6) for name, value in zip(("(intercept)", "x", "z"), of_r, strict=True))


def test_the_same_bits(rows):
    texts = set()
    for np in (1, 2, 4):
        attribute(rows, "logistic", output=f"ranks-{np}", np=np)
        texts.add(rows.path(f"ranks-{np}/attribution.json").read_text())
    assert len(texts) == 1
    rows.run("verify", "ranks-4", "--key", "operator.pub.pem")
    out = rows.run("verify", "logistic", "--key", "operator.pub.pem", code=None)
    assert "NOT VERIFIED" not in out, out
    assert "is finished already" in rows.run("attribute", "rows-run.yaml", "--set", KINDS["logistic"][0], "--set", "attribute.shapley=true", "--output", "ranks-1", "--model", "logistic/model.h5")


@pytest.mark.parametrize("np", [1, 4])
def test_what_cannot_be(rows, np):
    """A level that one domain alone has; what policies do not allow; a network; another measure."""
    model = ("--set", "model={kind: linear, target: days, features: [x, arm]}")
    rows.run("train", "rows-run.yaml", *model, "--output", f"arm-{np}", np=np)
    rows.run("attribute", "rows-run.yaml", *model, "--set", "attribute.shapley=true", "--output", f"arm-{np}", np=np)
    found = {domain["domain"]: domain for domain in json.loads(rows.path(f"arm-{np}/attribution.json").read_text())["domains"]}
    assert "arm_rare" in found["graz"]["reason"] and "without" not in found["graz"] and found["bern"]["effect"] is not None
    assert all("alone" in domain["shapley_reason"] for domain in found.values())
    out = rows.run("attribute", "rows-run.yaml", *model, "--set", "attribute.metric=auc", "--output", f"no-{np}", "--model", f"arm-{np}/model.h5", np=np, code=DATA)
    assert 'attribute.metric: "auc" is not defined here' in out and "r_squared" in out
    out = rows.run("attribute", "rows-run.yaml", "--set", "model={kind: mlp, target: days, mlp: {loss: squared_error, layers: [{units: 2}]}}", "--set", "train={method: sgd, federated: {rounds: 1}}", "--output", f"no-{np}", np=np, code=CONFIG)
    assert "train.federated: attribute fits exact models anew" in out
    for other in ("model.l2=1", "model.standardise=none", "train.tolerance=1e-3"):
        out = rows.run("attribute", "rows-run.yaml", "--set", KINDS["logistic"][0], "--set", other, "--output", f"no-{np}", "--model", "logistic/model.h5", np=np, code=DATA)
        assert "is not the model that this config gives on these rows" in out
    out = rows.run("attribute", "rows-run.yaml", *model, "--set", "attribute={shapley: true, metric: rmse}", "--output", f"no-{np}", np=np, code=CONFIG)
    assert "of Shapley values" in out
    try:
        rows.terms("lyon", allow="exact_release: true, two_parties: true")
        out = rows.run("attribute", "rows-run.yaml", *model, "--output", f"no-{np}", "--model", f"arm-{np}/model.h5", np=np, code=POLICY)
        assert "domain lyon" in out and "per-domain statistics" in out
        rows.terms("lyon", allow=ALLOW.replace("unmasked_sums: true", "unmasked_sums: false"))
        out = rows.run("attribute", "rows-run.yaml", *model, "--output", f"no-{np}", "--model", f"arm-{np}/model.h5", np=np, code=POLICY)
        assert "domain lyon" in out and "unmasked sums: asked for (not allowed)" in out
        rows.terms("lyon", allow=ALLOW.replace("two_parties: true", "two_parties: false"))
        out = rows.run("attribute", "rows-run.yaml", *model, "--output", f"no-{np}", "--model", f"arm-{np}/model.h5", np=np, code=POLICY)
        assert "a fit to the rows of lyon, graz alone: " in out and "allow.two_parties" in out
    finally:
        rows.terms("lyon", allow=ALLOW)
    assert not rows.path(f"no-{np}").exists()


@pytest.mark.parametrize("action", ["train", "attribute", "release_model", "release_statistics"])
def test_what_policies_permit(rows, action):
    """Fits are trained, their coefficients are models, and the measure is a statistic."""
    try:
        rows.terms("lyon", allow=ALLOW)
        text = rows.path("lyon.yaml").read_text()
        assert f"{action}" in text
        rows.write("lyon.yaml", re.sub(rf"{action}(, |\])", lambda m: "" if m[1] == ", " else "]", text).replace(", ]", "]"))
        rows.run("policy", "sign", "lyon.yaml", "--key", "lyon.pem", "--output", "lyon.json", "--force")
        out = attribute(rows, "logistic", output="not-permitted", code=POLICY)
        assert f"domain lyon: action: {action} (permitted: " in out, out
    finally:
        rows.terms("lyon", allow=ALLOW)


OTHERS = {"multinomial": "model={kind: multinomial, target: arm_y, features: [x, z]}", "ordinal": "model={kind: ordinal, target: arm_y, features: [x, z]}",
          "negative_binomial": "model={kind: negative_binomial, target: days, features: [z]}", "cox": "model={kind: cox, time: time, status: y, features: [x, z]}"}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_kinds(rows, kind):
    """Digests and the table; of each kind, whatever its parameters are."""
    model = OTHERS[kind]
    rows.run("train", "rows-run.yaml", "--set", model, "--output", kind)
    out = rows.run("attribute", "rows-run.yaml", "--set", model, "--output", kind, np=2)
    for domain in json.loads(rows.path(f"{kind}/attribution.json").read_text())["domains"]:
        name = "-".join(c for c in CLINICS if c != domain["domain"])
        rows.run("train", f"{name}.yaml", "--set", model, "--output", f"{kind}-{name}")
        assert domain["without"]["digest"] == rows.checkout.digest(f"{kind}-{name}/model.h5")
        line = next(line.split() for line in out.splitlines() if line.startswith(f"{domain['domain']} "))
        terms = [term.strip('"') for term, *_ in csv.reader(rows.path(f"{kind}-{name}/coefficients.csv").read_text().splitlines()[1:])]
        values = [float(value) for _, value, *_ in csv.reader(rows.path(f"{kind}-{name}/coefficients.csv").read_text().splitlines()[1:])]
        assert float(line[3]) > 0 and domain["without"]["coefficients"] == dict(zip(terms, values, strict=True))
        # Of thresholds and shapes there are no estimates.
        assert ("estimates" in domain) == (kind in ("multinomial", "cox"))


def test_networks(rows):
    """Trained anew without each domain, on any ranks: the bits of such a training, its shuffling and dropout."""
    words = ("--set", "model={kind: mlp, target: y, features: [x, z], mlp: {loss: binary, layers: [{units: 4, activation: tanh, dropout: 0.25}]}}",
             "--set", "train={descent: {epochs: 4, batch_rows: 20, block_rows: 8}}")
    rows.run("train", "rows-run.yaml", *words, "--output", "network", np=2)
    texts = set()
    for np in (1, 2, 4):
        out = rows.run("attribute", "rows-run.yaml", *words, "--set", "attribute.shapley=true", "--output", f"network-{np}", "--model", "network/model.h5", np=np)
        texts.add(rows.path(f"network-{np}/attribution.json").read_text())
    assert len(texts) == 1
    found = json.loads(texts.pop())
    assert found["metric"] == "auc" and found["fits"] == 7
    for domain in found["domains"]:
        name = "-".join(c for c in CLINICS if c != domain["domain"])
        rows.run("train", f"{name}.yaml", *words, "--output", f"network-{name}", np=2)
        assert domain["without"]["digest"] == rows.checkout.digest(f"network-{name}/model.h5")
        assert "estimates" not in domain and "coefficients" not in domain["without"]
        line = next(line.split() for line in out.splitlines() if line.startswith(f"{domain['domain']} "))
        assert line[-1] == f"{domain['shapley']:.6g}" or "to" in line
    assert math.isclose(sum(domain["shapley"] for domain in found["domains"]), found["value"] - 0.5, rel_tol=1e-12)


def tanh_gradients(rows, checkpoint, split_rows):
    """Of each row's loss by every parameter, in numpy, of a network with a layer of tanh."""
    import numpy
    x, y = split_rows
    units = 4
    first, bias, second = (numpy.split(checkpoint, [2 * units, 3 * units, 4 * units]))[:3]
    hidden = numpy.tanh(x @ first.reshape(2, units) + bias)
    out = 1 / (1 + numpy.exp(-(hidden @ second + checkpoint[-1])))
    back = out - y
    inner = back[:, None] * second * (1 - hidden ** 2)
    return numpy.concatenate([(x[:, :, None] * inner[:, None, :]).reshape(len(x), -1), inner, back[:, None] * hidden, back[:, None]], axis=1)


def test_tracin(rows):
    """Over the checkpoints of each epoch, held against gradients in numpy; the same bits on any ranks; what dropout dropped counts."""
    numpy, h5py = pytest.importorskip("numpy"), pytest.importorskip("h5py")
    words = ("--set", "model={kind: mlp, target: y, features: [x, z], mlp: {loss: binary, layers: [{units: 4, activation: tanh, dropout: 0.1}]}}",
             "--set", "train={method: sgd, descent: {epochs: 5, batch_rows: 20, block_rows: 8, learning_rate: 0.05, schedule: {kind: step, step_epochs: 2, step_factor: 0.5}}, checkpoint: {every: 1, keep_last: 0}}")
    rows.run("train", "rows-run.yaml", *words, "--output", "tracin", np=2)
    texts = set()
    for np in (1, 2, 4):
        out = rows.run("attribute", "rows-run.yaml", *words, "--set", "attribute.tracin=true", "--output", f"tracin-{np}", "--model", "tracin/model.h5", np=np)
        texts.add(rows.path(f"tracin-{np}/attribution.json").read_text())
    assert len(texts) == 1
    found = json.loads(texts.pop())
    assert found["tracin_checkpoints"] == 5
    with h5py.File(rows.path("tracin/model.h5")) as model:
        mean, scale = (model[f"arrays/standardisation/{name}"][:] for name in ("mean", "scale"))
    table = [line.split(",") for line in rows.path("rows.csv").read_text().splitlines()[1:]]
    x = (numpy.array([[float(line[1]), float(line[2])] for line in table]) - mean) * scale
    y = numpy.array([float(line[4]) for line in table])
    expected = dict.fromkeys(CLINICS, 0.0)
    for epoch in range(1, 6):
        with h5py.File(rows.path(f"tracin/checkpoints/epoch-{epoch:06}.h5")) as checkpoint:
            parameters, steps = checkpoint["arrays/parameters"][:], int(checkpoint["arrays/descent/steps"][0])
        gradients = tanh_gradients(rows, parameters, (x, y))
        rates = 0.05 * 0.5 ** ((epoch - 1) // 2) * steps / epoch
        for clinic in CLINICS:
            own = gradients[[line[0] == clinic for line in table]].sum(axis=0) / len(table)
            expected[clinic] += rates * own @ gradients.mean(axis=0)
    for domain in found["domains"]:
        assert math.isclose(domain["tracin"], expected[domain["domain"]], rel_tol=1e-4)
        assert next(line.split()[-1] for line in out.splitlines() if line.startswith(f"{domain['domain']} ")) == f"{domain['tracin']:.6g}"
    out = rows.run("attribute", "rows-run.yaml", "--set", KINDS["logistic"][0], "--set", "attribute.tracin=true", "--output", "no-tracin", "--model", "logistic/model.h5", code=CONFIG)
    assert "attribute.tracin" in out and "of networks alone" in out


def test_units(rows):
    """Ten thousand times the column: the same effects, to the last printed digit."""
    text = rows.path("rows.csv").read_text().splitlines()
    lines = [text[0]] + [",".join((c, repr(float(x) * 1e20), z, *rest)) for c, x, z, *rest in (line.split(",") for line in text[1:])]
    rows.write("large.csv", "\n".join(lines) + "\n")
    rows.take("large", COLUMNS, "large-run.yaml")
    tables = []
    for name in ("rows", "large"):
        rows.run("train", f"{name}-run.yaml", "--set", KINDS["logistic"][0], "--output", f"{name}-unit")
        out = rows.run("attribute", f"{name}-run.yaml", "--set", KINDS["logistic"][0], "--set", "attribute.shapley=true", "--output", f"{name}-unit")
        tables.append(out.split("written")[0])
    assert tables[0] == tables[1]


def test_many_domains(rows):
    """More than a word has bits."""
    wards = [f"w{i:02}" for i in range(34)]
    draw = random.Random(5)
    rows.write("many.csv", "clinic,x,z,arm,y,days,time,arm_y\n" + "".join(f"{ward},{draw.gauss(0, 1)!r},{draw.gauss(0, 1)!r},old,0,{draw.randint(1, 9)},1,low\n" for ward in wards * 4))
    owners = "".join(f"  - {{name: {ward}, owner: {ward}, values: [{ward}], sign_with: bern.pem}}\n" for ward in wards)
    rows.write("many.yaml", f"version: 1\ninput: many.csv\ncolumns:\n  clinic: {{role: domain}}{COLUMNS}block_rows: 16\noutput: many\npartitions:\n{owners}")
    rows.run("ingest", "many.yaml")
    head = rows.path("rows-run.yaml").read_text().partition("domains:\n")[0]
    for ward in wards:
        rows.write(f"{ward}.yaml", TERMS % (ward, ward, ward) + f"allow: {{{ALLOW}}}\n")
        rows.run("policy", "sign", f"{ward}.yaml", "--key", "bern.pem", "--output", f"{ward}.json", "--force")
    for name, some in (("many-run", wards), ("many-but-one", wards[:-1])):
        rows.write(f"{name}.yaml", head + "domains:\n" + "".join(
            f"  - {{name: {ward}, jurisdiction: CH, public_key: bern.pub.pem, private_key: bern.pem, policy: {ward}.json, partitions: [many/{ward}.h5]}}\n" for ward in some))
        rows.run("train", f"{name}.yaml", "--set", KINDS["linear"][0], "--output", name)
    rows.run("attribute", "many-run.yaml", "--set", KINDS["linear"][0], "--output", "many-run")
    found = json.loads(rows.path("many-run/attribution.json").read_text())["domains"]
    assert len(found) == 34 and len({domain["without"]["digest"] for domain in found}) == 34
    assert found[-1]["without"]["digest"] == rows.checkout.digest("many-but-one/model.h5")


def test_no_bounds(rows):
    """Where predictions are equal the area is exact all the same, and so is what follows from it."""
    model = ("--set", "model={kind: logistic, target: y, features: [arm_new]}")
    rows.run("train", "rows-run.yaml", *model, "--output", "bounds")
    rows.run("attribute", "rows-run.yaml", *model, "--set", "attribute.shapley=true", "--output", "bounds", np=2)
    for domain in json.loads(rows.path("bounds/attribution.json").read_text())["domains"]:
        assert domain["effect"] is not None and domain["shapley"] is not None
        assert domain.get("effect_lower", domain["effect"]) == domain["effect"] == domain.get("effect_upper", domain["effect"])


def test_minimums(rows):
    """A policy's minimum of rows is none of a domain that is absent."""
    try:
        for clinic in CLINICS:
            rows.terms(clinic, "minimum: {rows: 10}\n", allow=ALLOW)
        found = attribute(rows, "logistic", output="minimum", shapley=False)
        assert all(domain["effect"] is not None for domain in found["domains"])
    finally:
        for clinic in CLINICS:
            rows.terms(clinic, allow=ALLOW)
