# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Whether rows have changed: distances and clustered tests as numpy and scipy have them on all rows in one, the same bytes over ranks and domains, verdicts that neither the number of rows nor clusters make."""
import csv
import json
import math
import random
import re

import pytest

from conftest import Checkout, referee
from test_policies import CLINICS, TERMS, Stays

numpy = referee("numpy")
stats = referee("scipy.stats")
distance = referee("scipy.spatial.distance")

CONFIG, POLICY, DATA, VERDICT = 3, 4, 5, 8
COLUMNS = """
  who: {role: unit}
  x: {role: feature, missing: keep}
  z: {role: feature, minimum: -6, maximum: 8}
  doses: {role: feature}
  arm: {role: feature, type: category, levels: [old, new, never, third]}
  day: {role: feature}
  site: {role: feature, type: category, levels: [a, b], missing: keep}
  y: {role: target, type: boolean}
  days: {role: target, minimum: 0}
  grade: {role: target, type: category, levels: [low, middle, high]}
  split: {role: split, type: category, levels: [train, same, more, shifted, noisy, lone, local]}
"""
MODEL = "model={kind: logistic, target: y, features: [z, arm, -arm_never]}"
SPLITS = {"train": 30, "same": 12, "more": 300, "shifted": 25, "noisy": 3, "lone": 3, "local": 40}  # patients of each clinic
NO_DAY = ("--set", "monitor.columns=[x, z, doses, arm, site]")  # those later are others
FEATURES = ("x", "z", "doses", "arm", "site")
HEAD = "clinic,who,x,z,doses,arm,day,site,y,days,grade,split\n"


def draw_rows():
    """Several rows a patient, who are alike; of some in train some rows came later."""
    for clinic in CLINICS:
        for split, patients in SPLITS.items():
            draw = random.Random(f"{clinic} {split}")
            for i in range(patients):
                who = f"{clinic} {split} {i}" if split != "same" or i > 5 else f"{clinic} train {i}"
                own, arm = random.Random(who).gauss(0, 1), ("old", "new", "third")[random.Random(who).randrange(3)]
                if split == "lone":
                    arm = "never" if clinic == "bern" else "old"
                for _ in range(draw.randrange(1, 7)):
                    z = max(-6, min(8, 0.8 * own + 0.6 * draw.gauss(0, 1) + 0.9 * (split == "shifted" or (split, clinic) == ("local", "lyon"))))
                    x = "" if draw.random() < 0.1 else repr(0.7 * own + 0.7 * draw.gauss(0, 1))
                    doses = draw.choice((0, 0, 0, 0, 0, 1, 2, 3))
                    y = draw.random() < 1 / (1 + math.exp(-1.5 * z if split != "shifted" else 1.5 * z))
                    days = max(1, round(3 + 2 * z + draw.gauss(0, 1)))
                    grade = ("low", "middle", "high")[min(2, max(0, round(1 + z / 2 + draw.gauss(0, 0.7))))]
                    day = list(SPLITS).index(split) * 100 + draw.randrange(8)
                    yield f"{clinic},{who},{x},{z!r},{doses},{arm},{day},{draw.choice(('a', 'b', 'b', ''))},{int(y)},{days},{grade},{split}"


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    stays = Stays(Checkout(tmp_path_factory.mktemp("monitor")))
    stays.write("rows.csv", HEAD + "\n".join(draw_rows()) + "\n")
    for clinic in CLINICS:
        stays.terms(clinic, allow="exact_release: true, per_domain_statistics: true")
    stays.take("rows", COLUMNS, "run-rows.yaml")
    stays.pool()
    stays.pooled("pooled.yaml", "rows")
    return stays


def monitor(rows, current, *words, output, code=0, np=None, config="run-rows.yaml", model=None, reference="split: train"):
    """What it says, and of what ended with a result, that; current: a split."""
    about = ("--set", "monitor.model=false") if model is None else ("--model", f"{model}/model.h5")
    settings = ("--set", MODEL, "--set", f"monitor.reference={{{reference}}}", "--set", f"monitor.current={{split: {current}}}")
    out = rows.run("monitor", config, *settings, *about, *words, "--output", output, np=np, code=code)
    path = rows.path(f"{output}/monitor.json")
    return out, json.loads(path.read_text()) if code in (None, 0, VERDICT) else None


def columns_of(found):
    return {column["name"]: column for column in found["columns"]}


def sample(rows, split):
    with open(rows.path("rows.csv")) as file:
        return [row for row in csv.DictReader(file) if row["split"] == split]


def bins_of(name, column, values):
    """The bin of each row, as docs/monitor.md has it."""
    if column["kind"] == "category":
        return numpy.array([column["levels"].index(value or "(missing)") for value in values])
    numbers = numpy.array([float(value) if value else math.nan for value in values])
    return numpy.where(numpy.isnan(numbers), len(column["cuts"]) + 1, numpy.searchsorted(column["cuts"], numbers, side="left"))


def refereed(column, samples, bins, cluster):
    """Distances, and the test of Rao and Scott, from the rows themselves."""
    count = max(max(b) for b in bins) + 1
    n = [numpy.bincount(b, minlength=count).astype(float) for b in bins]
    kept = (n[0] + n[1]) > 0
    n = [of[kept] for of in n]
    p, q = ((of + 0.5) / (of.sum() + 0.5 * kept.sum()) for of in n)
    found = {"psi": ((q - p) * numpy.log(q / p)).sum()}
    p, q = (of / of.sum() for of in n)
    found["js"] = distance.jensenshannon(p, q) ** 2
    r = (n[0] + n[1]) / (n[0].sum() + n[1].sum())
    x2 = ((q - p) ** 2 / r).sum()
    names = sorted({cluster(row) for of in samples for row in of})
    z, effects = numpy.zeros((len(names), len(r))), []
    for sign, of, b in zip((-1, 1), samples, bins, strict=True):
        per = numpy.zeros((len(names), count))
        numpy.add.at(per, ([names.index(cluster(row)) for row in of], b), 1)
        per = per[:, kept]
        own = (per - per.sum(1, keepdims=True) * r) / len(of)
        z += sign * own
        single = (numpy.eye(count)[b][:, kept] - r) / len(of)
        effects.append(((own**2).sum(0) / r).sum() / ((single**2).sum(0) / r).sum())
    a = z.T @ z / r[:, None]
    t1, t2 = numpy.trace(a), numpy.trace(a @ a)
    return found | {"statistic": x2 * t1 / t2, "degrees_of_freedom": t1 * t1 / t2, "p_value": stats.chi2.sf(x2 * t1 / t2, t1 * t1 / t2), "effects": effects,
                    "rows_p_value": stats.chi2_contingency(numpy.array(n), correction=False)[1], "first_order": (x2 * (len(r) - 1) / t1, len(r) - 1)}


def close(a, b, tolerance):
    assert math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-300), (a, b)


def test_numpy_and_scipy_agree(rows):
    """By patients, some of whom are in both samples; the same bytes on any ranks, and pooled."""
    texts = set()
    for np, config in ((1, "run-rows"), (2, "run-rows"), (4, "run-rows"), (2, "pooled")):
        _, found = monitor(rows, "same", *NO_DAY, output=f"same-{config}-{np}", np=np, config=f"{config}.yaml")
        texts.add(rows.path(f"same-{config}-{np}/monitor.json").read_bytes())
    assert len(texts) == 1
    rows.run("verify", "same-run-rows-2", "--key", "operator.pub.pem")
    assert (found["cluster"], found["model"], found["verdict"]) == ("unit", None, "ok")
    samples = [sample(rows, split) for split in ("train", "same")]
    assert [found[s]["rows"] for s in ("reference", "current")] == list(map(len, samples))
    assert [found[s]["clusters"] for s in ("reference", "current")] == [len({row["who"] for row in of}) for of in samples]
    assert list(columns_of(found)) == [*FEATURES, "y", "days", "grade"]
    checked = []
    for name in columns_of(found):
        column = columns_of(found)[name]
        values = [[row[name] for row in of] for of in samples]
        if name in ("x", "z"):
            quantiles = numpy.quantile([float(v) for v in values[0] if v], numpy.arange(1, 10) / 10, method="inverted_cdf")
            assert column["cuts"] == list(quantiles)
        if name == "doses":  # half of all are 0, which is no part of a range
            assert column["cuts"] == [math.nextafter(0, -1), 0, 1, 2, math.nextafter(3, 0), 3][:len(column["cuts"])] or column["cuts"][:2] == [math.nextafter(0, -1), 0]
        bins = [bins_of(name, column, of) for of in values]
        for s, b in zip(("reference", "current"), bins, strict=True):
            counted = column["rows"][s]
            assert counted == list(numpy.bincount(b, minlength=len(counted)))
        expected = refereed(column, samples, bins, lambda row: row["who"])
        close(column["psi"], expected["psi"], 1e-12)
        close(column["js"], expected["js"], 1e-11)
        for key in ("statistic", "degrees_of_freedom", "p_value", "rows_p_value"):
            close(column[key], expected[key], 1e-9)
        for s, effect in zip(("reference", "current"), expected["effects"], strict=True):
            close(column["design_effect"][s], effect, 1e-9)
            close(column["effective_rows"][s], found[s]["rows"] / effect, 1e-9)
        if column["kind"] == "number":
            least = [numpy.cumsum(numpy.bincount(b[[v != "" for v in of]], minlength=len(column["cuts"]) + 1)) for b, of in zip(bins, values, strict=True)]
            close(column["ks"], max(abs(least[0] / least[0][-1] - least[1] / least[1][-1])), 1e-12)
        checked.append(name)
    assert len(checked) == 8 and columns_of(found)["z"]["design_effect"]["reference"] > 1.2
    p_values = sorted((column["p_value"], column["adjusted_p_value"]) for column in found["columns"])
    holm, largest = [], 0
    for i, (p, _) in enumerate(p_values):
        largest = max(largest, min(1, (len(p_values) - i) * p))
        holm.append(largest)
    assert [adjusted for _, adjusted in p_values] == pytest.approx(holm, rel=1e-14)


def test_rows_by_themselves_and_by_day(rows):
    """Without clusters it is Pearson's test but for the centre; a column may name them, and is then not compared."""
    _, found = monitor(rows, "same", *NO_DAY, "--set", "monitor.cluster=rows", output="by-rows")
    assert "clusters" not in found["current"]
    for column in found["columns"]:
        assert column["moments"] == 1 and column["design_effect"] == {"reference": 1, "current": 1}
        assert abs(column["p_value"] - column["rows_p_value"]) < 0.1
    _, found = monitor(rows, "same", "--set", "monitor.cluster=day", output="by-day", np=4)
    assert "day" not in columns_of(found) and found["reference"]["clusters"] == 8 * len(CLINICS)
    column, samples = columns_of(found)["z"], [sample(rows, split) for split in ("train", "same")]
    expected = refereed(column, samples, [bins_of("z", column, [row["z"] for row in of]) for of in samples], lambda row: (row["clinic"], row["day"]))
    close(column["p_value"], expected["p_value"], 1e-9)
    monitor(rows, "same", "--set", "monitor.cluster=day", output="by-day-pooled", config="pooled.yaml")
    assert rows.path("by-day-pooled/monitor.json").read_bytes() == rows.path("by-day/monitor.json").read_bytes()


@pytest.mark.parametrize("np", [1, 4])
def test_verdicts(rows, np):
    """Ten times the rows are no change, nor are a few that are far off by chance; a shift is, whenever it is asked."""
    _, found = monitor(rows, "more", *NO_DAY, output=f"more-{np}", np=np)
    assert found["verdict"] == "ok" and found["current"]["rows"] > 8 * found["reference"]["rows"]
    _, found = monitor(rows, "noisy", *NO_DAY, output=f"noisy-{np}", np=np)
    assert found["verdict"] == "ok" and max(column["psi"] for column in found["columns"]) > 0.1
    out, found = monitor(rows, "shifted", *NO_DAY, output=f"shifted-{np}", np=np, code=VERDICT)
    drifted = [column["name"] for column in found["columns"] if column["drifted"]]
    assert found["verdict"] == "drift" and {"z"} <= set(drifted) <= {"z", "y", "days", "grade"}, drifted
    assert re.search(r"^bailiwick: drift: feature z has changed, to higher values: PSI [01]\.\d+, p .* \(all of it: .*/monitor\.txt\)$", out, re.M), out
    assert out.count("bailiwick: ") == 1
    again, _ = monitor(rows, "shifted", *NO_DAY, output=f"shifted-{np}", np=np, code=VERDICT)
    assert "is finished already" in again and "bailiwick: drift: feature z has changed, to higher values" in again
    rows.run("verify", f"shifted-{np}", "--key", "operator.pub.pem")
    assert '"verdict":"drift"' in rows.path(f"shifted-{np}/monitor.run.json").read_text().replace(" ", "").replace("\n", "")


def test_a_run_that_changed_is_made_again(rows):
    rows.run("reproduce", "shifted-1", "--key", "operator.pub.pem", "--partitions", "rows", "--sign-with", "operator.pem", "--output", "made-again", code=0)


@pytest.fixture(scope="module")
def fitted(rows):
    rows.run("train", "run-rows.yaml", "--set", MODEL, "--set", "train.split=train", "--output", "fitted")
    return rows


def test_a_model_that_got_worse(fitted):
    """Predictions drift with what they are made of; what was learnt holds no more; and by how much is said."""
    sklearn = referee("sklearn.metrics")
    texts = set()
    for np, config in ((1, "run-rows"), (4, "run-rows"), (2, "pooled")):
        words = (*NO_DAY, "--set", "monitor.tolerance={auc: 0.1, accuracy: 0.05}", "--set", "monitor.groups=[arm]")
        _, found = monitor(fitted, "shifted", *words, output=f"worse-{config}-{np}", np=np, config=f"{config}.yaml", model="fitted", code=VERDICT)
        texts.add(fitted.path(f"worse-{config}-{np}/monitor.json").read_bytes())
    assert len(texts) == 1
    fitted.run("verify", "worse-run-rows-4", "--key", "operator.pub.pem")
    fitted.run("report", "worse-run-rows-4")
    page = fitted.path("worse-run-rows-4/report.html").read_text()
    assert "Drift and worse" in page and all(f"<p class=\"note\">{reason.replace('<', '&lt;')}</p>" in page for reason in found["reasons"])
    fails = [line for line in fitted.run("check-output", "worse-run-rows-4", "--key", "operator.pub.pem", code=POLICY).splitlines() if "monitor.json: minimum count" in line]
    assert len(fails) == 1 and fails[0].startswith("fail")
    assert found["verdict"] == "drift and worse" and any(reason.startswith("auc is worse by ") for reason in found["reasons"])
    assert columns_of(found)["probability"]["role"] == "prediction" and columns_of(found)["probability"]["drifted"]
    fitted.run("predict", "run-rows.yaml", "--set", MODEL, "--model", "fitted/model.h5", "--output", "scored")
    predicted = []
    for clinic in CLINICS:
        with open(fitted.path(f"scored/predictions/{clinic}/{clinic}.csv")) as file:
            predicted += [(float(row["probability"]), row["split"]) for row in csv.DictReader(file)]
    with open(fitted.path("rows.csv")) as file:
        everything = sorted(csv.DictReader(file), key=lambda row: CLINICS.index(row["clinic"]))
    values = [[p for p, split in predicted if split == which] for which in ("train", "shifted")]
    column, samples = columns_of(found)["probability"], [[row for row in everything if row["split"] == which] for which in ("train", "shifted")]
    expected = refereed(column, samples, [bins_of("probability", column, map(repr, of)) for of in values], lambda row: row["who"])
    for key in ("psi", "p_value", "statistic"):
        close(column[key], expected[key], 1e-9)
    performance = found["performance"]
    for s, of, p in zip(("reference", "current"), samples, values, strict=True):
        y, p = numpy.array([int(row["y"]) for row in of]), numpy.array(p)
        assert performance[s]["auc_lower"] - 1e-12 <= sklearn.roc_auc_score(y, p) <= performance[s]["auc_upper"] + 1e-12
        close(found["estimated"][s]["accuracy"], numpy.maximum(p, 1 - p).mean(), 1e-9)
        close(found["estimated"][s]["brier"], (p * (1 - p)).mean(), 1e-9)
        ratio = performance["calibration"][s]
        close(ratio["ratio"], y.sum() / p.sum(), 1e-9)
        close(ratio["standard_error"], math.sqrt(((y - p) ** 2).sum() * column["design_effect"][s]) / p.sum(), 1e-9)
        for level in found["groups"][0]["levels"]:
            chosen = numpy.array([row["arm"] == level["level"] for row in of])
            assert (s in level) == bool(chosen.any())
            if s in level:
                assert level[s]["rows"] == chosen.sum() and level[s]["event_rate"] == y[chosen].mean()
                close(level[s]["accuracy"], ((p >= 0.5) == y)[chosen].mean(), 1e-12)
        rates = [level[s]["event_rate"] for level in found["groups"][0]["levels"] if s in level]
        close(found["groups"][0]["gaps"][s]["event_rate"], max(rates) - min(rates), 1e-12)
    errors = dict.fromkeys(("accuracy", "log_loss", "brier"), 0)
    for of, p in zip(samples, values, strict=True):
        y, p, who = numpy.array([int(row["y"]) for row in of]), numpy.array(p), [row["who"] for row in of]
        for name, loss in (("accuracy", ((p >= 0.5) == y) * 1.0), ("log_loss", -numpy.log(numpy.where(y, p, 1 - p))), ("brier", (p - y) ** 2)):
            apart = loss - loss.mean()
            errors[name] += sum(sum(a for a, w in zip(apart, who) if w == one) ** 2 for one in set(who)) / len(y) ** 2
    for name, square in errors.items():
        loss = performance["losses"][name]
        close(loss["standard_error"], math.sqrt(square), 1e-9)
        close(loss["p_value"], stats.norm.sf(loss["loss"] / math.sqrt(square)), 1e-9)
    areas = 0
    for s in ("reference", "current"):
        a, effect = performance[s]["auc"], column["design_effect"][s]
        n, m = performance[s]["events"] / effect, (performance[s]["rows"] - performance[s]["events"]) / effect
        areas += (a * (1 - a) + (n - 1) * (a / (2 - a) - a * a) + (m - 1) * (2 * a * a / (1 + a) - a * a)) / (n * m)
    close(performance["losses"]["auc"]["standard_error"], math.sqrt(areas), 1e-9)
    assert found["performance"]["losses"]["auc"]["loss"] == performance["reference"]["auc"] - performance["current"]["auc"]


def test_a_model_that_is_as_good(fitted):
    _, found = monitor(fitted, "more", *NO_DAY, "--set", "monitor.tolerance={auc: 0.05}", output="as-good", model="fitted", np=4)
    assert found["verdict"] == "ok" and found["performance"]["losses"]["auc"]["allowed"] == 0.05
    assert list(columns_of(found)) == [*FEATURES, "y", "days", "grade", "probability"]
    out, found = monitor(fitted, "more", "--set", "monitor.targets=false", output="no-targets", model="fitted")
    assert "performance" not in found and "estimated accuracy" in out
    assert list(columns_of(found)) == ["z", "arm", "probability"]  # what the model takes: day is another in each sample


KINDS = {"linear": "target: days", "poisson": "target: days", "multinomial": "target: grade", "cox": "time: days, status: y", "mlp": "target: y, mlp: {loss: binary, layers: [{units: 4, activation: tanh}]}"}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(rows, kind):
    """Whatever a model predicts: the same bytes on any ranks and pooled; but pairs of a Cox model are those of a domain."""
    features = "[z, arm]" if kind == "mlp" else "[z, arm, -arm_never]"
    model = ("--set", f"model={{kind: {kind}, {KINDS[kind]}, features: {features}}}")
    rows.run("train", "run-rows.yaml", *model, "--set", "train.split=train", *(("--set", "train.descent={epochs: 3}") if kind == "mlp" else ()), "--output", kind)
    found = []
    for np, config in ((4, "run-rows"), (2, "pooled")):
        told, result = monitor(rows, "more", *model, *NO_DAY, "--set", "monitor.edges=" + ("range" if kind == "linear" else "quantiles"), "--set", "monitor.columns=[z]", output=f"{kind}-{np}", np=np, config=f"{config}.yaml", model=kind)
        found.append(result)
    if kind == "cox":
        for result in found:
            result.pop("performance")
    assert found[0] == found[1] and found[0]["verdict"] == "ok"
    predictions = [column["name"] for column in found[0]["columns"] if column["role"] == "prediction"]
    assert predictions == {"linear": ["mean"], "poisson": ["rate"], "multinomial": ["probability_low", "probability_middle", "probability_high"], "cox": ["log_hazard_ratio"], "mlp": ["probability"]}[kind], predictions
    if kind == "linear":
        for column in (columns_of(found[0])[name] for name in ("mean", "days")):
            assert column["reason"] == "no range of it is known" and column["psi"] is None and not column["drifted"]
        assert columns_of(found[0])["z"]["cuts"] == pytest.approx([-6 + 1.4 * i for i in range(1, 10)])


def test_partitions(rows):
    """What came last may be partitions of their own; by their names, or patterns of these."""
    rows.write("late.csv", HEAD + "".join(line + "\n" for line in draw_rows() if line.endswith(",shifted")))
    owners = "".join(f"  - {{name: {c}-2026, owner: {c}, values: [{c}], sign_with: {c}.pem}}\n" for c in CLINICS)
    rows.write("late.yaml", f"version: 1\ninput: late.csv\ncolumns:\n  clinic: {{role: domain}}{COLUMNS}block_rows: 16\noutput: late\npartitions:\n{owners}")
    rows.run("ingest", "late.yaml")
    config = rows.path("run-rows.yaml").read_text()
    for clinic in CLINICS:
        rows.write(f"{clinic}.yaml", (TERMS % (clinic, clinic, f"{clinic}*")) + "allow: {exact_release: true}\n")
        rows.run("policy", "sign", f"{clinic}.yaml", "--key", f"{clinic}.pem", "--output", f"{clinic}-both.json")
        config = config.replace(f"policy: {clinic}.json", f"policy: {clinic}-both.json").replace(f"rows/{clinic}.h5]", f"rows/{clinic}.h5, late/{clinic}-2026.h5]")
    rows.write("both.yaml", config)
    # The late rows lie in both, of the split of the same name, which the reference does not have.
    found = {}
    for np in (1, 4):
        _, found[np] = monitor(rows, '"", partitions: ["*-2026"]', *NO_DAY, output=f"late-{np}", np=np, config="both.yaml", reference="split: train, partitions: [bern, lyon, graz]", code=VERDICT)
    _, shifted = monitor(rows, "shifted", *NO_DAY, output="not-late", code=VERDICT)
    assert found[1] == found[4] and found[1]["columns"] == shifted["columns"] and found[1]["current"]["partitions"] == ["*-2026"]
    for np in (1, 5):  # what came of one owner alone
        _, found = monitor(rows, '"", partitions: [bern-2026]', *NO_DAY, output=f"alone-{np}", np=np, config="both.yaml", reference="split: train, partitions: [bern, lyon, graz]", code=None)
        assert found["current"]["rows"] == sum(row["clinic"] == "bern" for row in sample(rows, "shifted"))
    assert rows.path("alone-1/monitor.json").read_bytes() == rows.path("alone-5/monitor.json").read_bytes()
    out, _ = monitor(rows, '"", partitions: ["*-2027"]', output="no-such", config="both.yaml", code=CONFIG)
    assert 'monitor.current.partitions: no partition of the run is called "*-2027"; there are: bern, bern-2026, lyon' in out
    out, _ = monitor(rows, '"", partitions: ["*"]', output="overlap", config="both.yaml", code=CONFIG)
    assert "monitor.current: rows of partition bern of domain bern are of monitor.reference too; tell both apart, by split or by partitions" in out


@pytest.mark.parametrize("np", [None, 4])
def test_what_cannot_be(rows, np):
    for words, text in (("monitor.columns=[zz]", 'monitor.columns: the partitions have no feature "zz"; they have: x, z, doses, arm, day, site (did you mean "z"?)'),
                        ("monitor.cluster=dya", 'monitor.cluster: there is no column "dya"; allowed: rows, unit, x, z, doses, arm, day, site, y, days, grade (did you mean "day"?)'),
                        ("monitor.reference.split=trian", 'monitor.reference.split: the partitions have no split "trian"'),
                        ("monitor.current.split=train", "monitor.current: rows of partition bern of domain bern are of monitor.reference too"),
                        ("monitor.edges=range", "monitor.edges: no range was declared at ingest of x, doses, day"),
                        ("monitor.bins=1", "monitor.bins: 1 is too small: at least 2"),
                        ("monitor.tolerance={acu: 0.1}", 'monitor.tolerance.acu: unknown value "acu"'),
                        ("monitor.tolerance={auc: 0.1}", "monitor.tolerance: nothing is measured without monitor.model and monitor.targets")):
        if np is None or "cluster" in words or "split" in words:
            out, _ = monitor(rows, "same", "--set", words, output=f"no-{np}", np=np, code=CONFIG)
            assert text in out, out
    out = rows.run("monitor", "run-rows.yaml", "--set", MODEL, "--set", "monitor={reference: {split: train}, current: {split: same}}", "--output", f"no-{np}", np=np, code=DATA)
    assert f"no-{np}/model.h5: there is no model; train one, name one with --model, or compare the columns alone (monitor.model: false)" in out
    out, _ = monitor(rows, "same", "--set", "privacy={unit_rows: 6, epsilon: 1, statistics_epsilon: 1, delta: 1e-6}", output=f"no-{np}", np=np, code=CONFIG)
    assert "privacy: this stage has no form with noise" in out
    assert not rows.path(f"no-{np}").exists()


def test_a_measure_that_the_model_has_not(fitted):
    out, _ = monitor(fitted, "same", "--set", "monitor.tolerance={rmse: 0.1}", output="no-measure", model="fitted", code=DATA)
    assert 'monitor.tolerance: "rmse" is not defined here; the evaluation of the model has: auc, accuracy, log_loss, brier' in out
    out, _ = monitor(fitted, "same", "--set", "monitor.groups=[z]", output="no-measure", model="fitted", code=CONFIG)
    assert 'monitor.groups: the partitions have no feature "z" that is a category (type: category, at ingest); they have: arm, site' in out


def bin_counts(rows, column, split, clinic):
    """Rows of one clinic in each bin that is told, also of bins that were put together."""
    values = [row[column["name"]] for row in sample(rows, split) if row["clinic"] == clinic]
    if column["kind"] == "category":
        levels = [level if isinstance(level, list) else [level] for level in column["levels"]]
        return [sum((value or "(missing)") in of for value in values) for of in levels]
    within = column.get("missing_within", False)
    bins = [len(column["cuts"]) + (not within) if not value else numpy.searchsorted(column["cuts"], float(value), side="left") for value in values]
    return list(numpy.bincount(numpy.array(bins, dtype=int), minlength=len(column["cuts"]) + 1 + column.get("missing", False)))


@pytest.mark.parametrize("np", [None, 4])
def test_minimums(rows, np):
    """Bins of fewer rows or owners than policies ask for are put together with neighbours; then no pair of bins is told of clusters."""
    try:
        rows.terms("lyon", allow="exact_release: true, per_domain_statistics: true", text="minimum: {rows: 12}\n")
        out, found = monitor(rows, "same", *NO_DAY, "--set", "monitor.per_domain=true", output=f"few-{np}", np=np, code=None)
        columns = columns_of(found)
        assert set(columns) == {*FEATURES, "y", "days", "grade"}
        for column in columns.values():
            for split, name in (("train", "reference"), ("same", "current")):
                told = {clinic: bin_counts(rows, column, split, clinic) for clinic in CLINICS}
                assert column["rows"][name] == [sum(counts) for counts in zip(*told.values(), strict=True)], column
                assert all(count == 0 or count >= 12 for count in told["lyon"]), (column, told)
        assert any(0 < count < 12 for column in columns.values() for count in bin_counts(rows, column, "same", "graz")), "one owner asked for it alone"
        assert columns["z"]["bins_before"] == 10 and 1 < len(columns["z"]["rows"]["current"]) < 10 and "ks" in columns["z"]
        assert f"z: {len(columns['z']['cuts']) + 1} of 10 bins are left: neighbours of too few rows are together" in out
        # Of a few rows without a value, which the highest values then have with them: no order of values is known.
        assert columns["x"]["missing_within"] and columns["x"]["ks"] is None and "missing" not in columns["x"]
        assert columns["arm"]["levels"] == [["old", "new", "never", "third"]] and columns["arm"]["reason"] == "all rows lie in one bin"
        few = ("--set", "monitor.columns=[z]", "--set", "monitor.bins=3", "--set", "monitor.targets=false")
        _, found = monitor(rows, "more", *few, output=f"enough-{np}", np=np)
        column, samples = columns_of(found)["z"], [sample(rows, split) for split in ("train", "more")]
        expected = refereed(column, samples, [bins_of("z", column, [row["z"] for row in of]) for of in samples], lambda row: row["who"])
        assert column["moments"] == 1 and column["degrees_of_freedom"] == 2 and "bins_before" not in column
        close(column["statistic"], expected["first_order"][0], 1e-9)
        rows.terms("lyon", allow="exact_release: true", text="minimum: {contributors: 2}\n")
        _, found = monitor(rows, "lone", "--set", "monitor.columns=[arm]", "--set", "monitor.targets=false", output=f"owners-{np}", np=np, code=None)
        assert columns_of(found)["arm"]["levels"] == [["old", "new", "never"], "third"], found
        told = [bin_counts(rows, columns_of(found)["arm"], "lone", clinic) for clinic in CLINICS]
        assert all(sum(count > 0 for count in counts) != 1 for counts in zip(*told, strict=True)), told
        _, found = monitor(rows, "more", *NO_DAY, "--set", "monitor.columns=[z, doses]", output=f"two-{np}", np=np)
        assert {column["moments"] for column in found["columns"]} == {1}
        rows.terms("lyon", allow="exact_release: true", text="forbid:\n  - {action: describe}\n")
        out, _ = monitor(rows, "same", output=f"forbidden-{np}", np=np, code=POLICY)
        assert "domain lyon: forbidden: action describe" in out
    finally:
        rows.terms("lyon", allow="exact_release: true, per_domain_statistics: true")


def test_merged_bins_over_ranks(rows):
    """The same bins, and bytes, however many ranks; also of predictions."""
    try:
        rows.terms("graz", allow="exact_release: true, per_domain_statistics: true", text="minimum: {rows: 6}\n")
        texts = set()
        for np in (1, 5):
            monitor(rows, "noisy", *NO_DAY, "--set", "monitor.bins=40", output=f"merged-{np}", np=np, code=None)
            texts.add(rows.path(f"merged-{np}/monitor.json").read_bytes())
        assert len(texts) == 1 and b"bins_before" in texts.pop()
    finally:
        rows.terms("graz", allow="exact_release: true, per_domain_statistics: true")


def test_minimums_of_groups(fitted):
    try:
        fitted.terms("graz", allow="exact_release: true", text="minimum: {rows: 15}\n")
        asked = ("--set", "monitor.columns=[z]", "--set", "monitor.bins=2")
        out, _ = monitor(fitted, "more", *asked, "--set", "monitor.groups=[arm, site]", output="no-groups", np=2, model="fitted", code=POLICY)
        assert "monitor.groups: a policy asks for a minimum of rows or contributors, and levels of several categories together" in out
        out, _ = monitor(fitted, "more", *asked, "--set", "monitor.bins=3", "--set", "monitor.groups=[site]", output="no-groups", np=2, model="fitted", code=POLICY)
        assert "domain graz: monitor.groups: fewer of its reference rows than the 15 that a policy asks for (minimum.group_rows, or without it minimum.rows) are of: site " in out, out
    finally:
        fitted.terms("graz", allow="exact_release: true, per_domain_statistics: true")


def test_domains(rows):
    try:
        rows.terms("graz", allow="exact_release: true")
        out, _ = monitor(rows, "shifted", *NO_DAY, "--set", "monitor.per_domain=true", output="own-refused", code=POLICY)
        assert "domain graz: per-domain statistics: asked for (not allowed)" in out
    finally:
        rows.terms("graz", allow="exact_release: true, per_domain_statistics: true")
    texts = set()
    for np in (1, 5):
        out, found = monitor(rows, "shifted", *NO_DAY, "--set", "monitor.per_domain=true", output=f"own-{np}", np=np, code=VERDICT)
        texts.add(rows.path(f"own-{np}/monitor.json").read_bytes())
    assert len(texts) == 1 and list(found["domains"]) == sorted(CLINICS)
    column = columns_of(found)["z"]
    samples = [[row for row in sample(rows, split) if row["clinic"] == "lyon"] for split in ("train", "shifted")]
    expected = refereed(column, samples, [bins_of("z", column, [row["z"] for row in of]) for of in samples], lambda row: row["who"])
    own = columns_of(found["domains"]["lyon"])["z"]
    for key in ("psi", "js", "p_value"):
        close(own[key], expected[key], 1e-9)


def test_a_change_in_one_domain(rows):
    """Others' rows thin it out; each domain by itself shows it."""
    _, found = monitor(rows, "local", "--set", "monitor.columns=[z, arm]", "--set", "monitor.targets=false", output="thinned")
    assert found["verdict"] == "ok" and 0 < columns_of(found)["z"]["psi"] < 0.1
    out, found = monitor(rows, "local", "--set", "monitor.columns=[z, arm]", "--set", "monitor.targets=false", "--set", "monitor.per_domain=true", output="local", code=VERDICT)
    assert [domain for domain in CLINICS for column in found["domains"][domain]["columns"] if column["drifted"]] == ["lyon"]
    assert len(found["reasons"]) == 1 and found["reasons"][0].startswith("lyon: feature z has changed, to higher values: PSI ")
    assert columns_of(found["domains"]["lyon"])["z"]["shift"] == "higher" and "shift" not in columns_of(found)["arm"]
