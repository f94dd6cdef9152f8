# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What rows do not define is no number: a loss of no rows is not 0, which would read as perfect."""
import csv
import json
import math
import random
import re

import pytest

from conftest import Checkout, referee
from test_policies import CLINICS, Stays

TARGETS = """days: {role: target, minimum: 0}
  long: {role: target, type: boolean}
  outcome: {role: target, type: category, levels: [home, other, dead]}"""
# What is null where there are no rows, and of these what is where there is one.
BINARY = ["accuracy", "recall", "precision", "f1", "average_precision", "average_precision_lower", "average_precision_upper", "log_loss", "brier", "auc", "auc_lower", "auc_upper"]
KINDS = {"linear, target: days": (["rmse", "mae", "r_squared"], ["r_squared"]),
         "logistic, target: long": (BINARY, ["auc", "auc_lower", "auc_upper"]),
         "poisson, target: days": (["mean_deviance", "rmse", "d_squared"], ["d_squared"]),
         "multinomial, target: outcome, l2: 1": (["accuracy", "balanced_accuracy", "log_loss"], ["balanced_accuracy"]),
         "cox, time: days, status: long": (["c_index"], ["c_index"]),
         "mlp, target: long, mlp: {loss: binary, layers: [{units: 2}]}":
         (BINARY, ["auc", "auc_lower", "auc_upper"])}


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    """Tested on: 3 rows of Bern, 1 of Lyon, none of Graz."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("evaluate")))
    stays.write("ingest.yaml", stays.path("ingest.yaml").read_text().replace("days: {role: target, minimum: 0}", TARGETS))
    tested = {"bern": (0, 1, 2), "lyon": (5,), "graz": ()}
    rows = [f"{clinic},{30 + 7 * i % 41},{('medicine', 'surgery')[i // 5 % 2]},{'fm'[i * i % 7 % 2]},{3 + i * i % 11},{i * i % 3 % 2},"
            f"{('home', 'other', 'dead')[i % 3]},{'test' if i in tested[clinic] else 'train'}"
            for clinic in CLINICS for i in range(24)]
    stays.write("stays.csv", "clinic,age,ward,sex,days,long,outcome,split\n" + "\n".join(rows) + "\n")
    stays.run("ingest", "ingest.yaml", "--force")
    for clinic in CLINICS:
        stays.terms(clinic, allow="exact_release: true, per_domain_statistics: true, two_parties: true")
    return stays


def test_an_intercept_alone(stays):
    """Its list of features is none, not all."""
    words = ["--set", "model={kind: linear, target: days, features: ['-*']}", "--set", "train.split=train", "--set", "evaluate={split: test, per_domain: false}"]
    stays.train(*words, output="mean")
    assert "r_squared" in stays.run("evaluate", "run.yaml", *words, "--output", "mean")
    stays.run("predict", "run.yaml", *words, "--output", "mean")
    header, *lines = stays.path("mean/predictions/bern/bern.csv").read_text().splitlines()
    assert header == "row,split,mean" and {line.split(",")[2] for line in lines} == {lines[0].split(",")[2]}
    assert [line.split(",")[1] for line in lines] == ["test"] * 3 + ["train"] * 21


@pytest.mark.parametrize("kind", KINDS)
def test_undefined_metrics(stays, kind):
    output = kind.split(",")[0]
    words = ["--set", f"model={{kind: {kind}, features: [age, sex_m]}}", "--set", "train.split=train", "--set", "evaluate={split: test, per_domain: true}"]
    if output == "mlp":
        words += ["--set", "train.descent={epochs: 2, batch_rows: 8, block_rows: 4}"]
    stays.train(*words, output=output)
    table = stays.run("evaluate", "run.yaml", *words, "--output", output)
    result = json.loads(stays.path(f"{output}/evaluation.json").read_text())
    lines = {line.split()[0]: line.split() for line in table.splitlines() if line.split()}
    columns = lines["rows"]
    without_rows, of_one = KINDS[kind]
    for name, null in (("graz", without_rows), ("lyon", of_one), ("bern", []), ("overall", [])):
        metrics = result["domains"].get(name, result["overall"])
        assert metrics["rows"] == {"graz": 0, "lyon": 1, "bern": 3, "overall": 4}[name]
        nothing_found = output == "mlp"  # after two epochs: no precision, wherever there are rows
        null = sorted({*null, "precision"}) if nothing_found else sorted(null)
        assert [metric for metric, value in metrics.items() if value is None] == null, (name, metrics)
        assert [column for column, text in zip(columns, lines[name][1:]) if text == "-"] == [c for c in columns if c in null], table
    empty = [b for b in result["overall"].get("calibration", []) if b["rows"] == 0]
    assert all(b["mean_prediction"] is None for b in empty)


@pytest.mark.parametrize("np", [1, 3])
def test_a_folder_holds_evaluations_of_several_splits(stays, np):
    words = ("--set", "model={kind: linear, target: days, features: [age]}", "--set", "train.split=train")
    output = f"splits-{np}"
    stays.train(*words, output=output, np=np)
    for split in ("train", "test"):
        stays.run("evaluate", "run.yaml", *words, "--output", output, "--set", f"evaluate={{split: {split}, name: {split}}}", np=np)
        result = json.loads(stays.path(f"{output}/evaluations/{split}/evaluation.json").read_text())
        assert (result["format"], result["version"], result["split"]) == ("bailiwick-evaluation", 1, split)
        assert result["overall"]["rows"] == {"train": 68, "test": 4}[split]
    verify = ("verify", output, "--key", "operator.pub.pem")
    shown = stays.run(*verify)
    assert "ok  evaluations/train/evaluation.jsonl: model\n" in shown and "NO " not in shown
    again = stays.run("evaluate", "run.yaml", *words, "--output", output, "--set", "evaluate={split: train, name: test}", np=np, code=5)
    assert "evaluations/test: holds the lineage of an earlier evaluate" in again
    stays.path(f"{output}/evaluations/away").symlink_to(stays.path("partitions"))
    assert "is a link; evaluations lie in the output folder itself" in stays.run("evaluate", "run.yaml", *words, "--output", output, "--set", "evaluate.name=away", np=np, code=5)
    stays.path(f"{output}/evaluations/away").unlink()
    path = stays.path(f"{output}/evaluations/test/evaluation.json")
    path.write_text(path.read_text().replace('"rows": 4', '"rows": 5'))
    assert "NO  evaluations/test/evaluation.jsonl:" in stays.run(*verify, code=7)
    path.write_text(path.read_text().replace('"rows": 5', '"rows": 4'))
    lineage = stays.path(f"{output}/evaluations/test/lineage.jsonl")
    lineage.write_text(stays.path(f"{output}/lineage.jsonl").read_text())
    assert "NO  evaluations/test/lineage.jsonl: no stage has a chain of this name there" in stays.run(*verify, code=7)
    lineage.unlink()
    # What it was made with makes it again, and not one within it.
    resolved = stays.path(f"{output}/evaluations/test/evaluation.resolved.yaml")
    assert "finished already" in stays.run("evaluate", resolved, "--model", f"{output}/model.h5", np=np)
    stays.path(f"{output}/evaluations/planted").mkdir()
    stays.path(f"{output}/evaluations/planted/evaluation.json").write_text("{}")
    assert "NO  evaluations/planted/evaluation.json: no statement speaks of it" in stays.run(*verify, code=7)


@pytest.fixture(scope="module")
def rare(tmp_path_factory):
    """Eight deaths in 4,500 rows: with the penalty all scores are about -6.6, in few of the evaluation's bins; many are equal."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("rare")))
    draw = random.Random(3)
    rows = [f"{clinic},{draw.gauss(0, 1):.3f},{int(i % 600 == 5)}" for clinic in CLINICS for i in range(1500)]
    stays.write("rare.csv", "clinic,x,died\n" + "\n".join(rows) + "\n")
    stays.take("rare", "\n  x: {role: feature}\n  died: {role: target, type: boolean}\n")
    allow = "exact_release: true, unmasked_sums: true, per_domain_statistics: true"
    for clinic in CLINICS:
        stays.terms(clinic, allow=allow)
    stays.pool(allow)
    stays.pooled("pooled.yaml", "rare")
    stays.died = {c: [int(row["died"]) for row in csv.DictReader(stays.path("rare.csv").open()) if row["clinic"] == c] for c in CLINICS}
    return stays


def test_areas_of_scores_that_crowd(rare):
    """Exact, as scikit-learn has them, for all domains and each, however they are laid out."""
    metrics = referee("sklearn.metrics")
    words = ["--set", "model={kind: logistic, target: died, l2: 100, features: [x]}", "--set", "evaluate.per_domain=true"]
    rare.train(*words, output="crowd")
    found = []
    plain = ["--set", "boundary.secure_aggregation=false"]
    for run, np, more in (("run", 1, []), ("run", 2, []), ("run", 4, []), ("run", 3, plain), ("pooled", 1, []), ("pooled", 2, [])):
        output = f"crowd-{len(found)}"
        rare.run("evaluate", f"{run}.yaml", *words, *more, "--model", "crowd/model.h5", "--output", output, np=np)
        found.append(json.loads(rare.path(f"{output}/evaluation.json").read_text()))
    overall = found[0]["overall"]
    assert all(each["overall"] == overall for each in found)
    assert all(each["domains"] == found[0]["domains"] for each in found[:4])
    assert all(b["upper"] - b["lower"] == pytest.approx(0.1) for b in overall["calibration"]), "what is told is as coarse as ever"
    rare.run("predict", "run.yaml", *words, "--model", "crowd/model.h5", "--output", "crowd")
    scores = {c: [float(row["probability"]) for row in csv.DictReader(rare.path(f"crowd/predictions/{c}/{c}.csv").open())] for c in CLINICS}
    assert max(map(max, scores.values())) < 1.1 * min(map(min, scores.values())), "they crowd"
    truth = [(overall, sum(rare.died.values(), []), sum(scores.values(), []))]
    truth += [(found[0]["domains"][c], rare.died[c], scores[c]) for c in CLINICS]
    for measured, died, score in truth:
        for name, exact in (("auc", metrics.roc_auc_score(died, score)), ("average_precision", metrics.average_precision_score(died, score))):
            assert measured[name] == pytest.approx(exact, rel=1e-12)
            assert measured[f"{name}_lower"] == measured[f"{name}_upper"] == pytest.approx(exact, rel=1e-12)


def test_inspect_of_several_classes(stays):
    model = "model={kind: multinomial, target: outcome, l2: 1, features: [age, sex_m]}"
    stays.train("--set", model, output="classes")
    printed = stays.run("evaluate", "run.yaml", "--set", model, "--output", "classes")
    overall = json.loads(stays.path("classes/evaluation.json").read_text())["overall"]
    names, counted = overall["categories"], overall["confusion"]
    assert re.search(r"^class +rows +recall +precision +" + " +".join(f"as {name}" for name in names) + "$", printed, re.M)
    for k, name in enumerate(names):
        row = counted[k * len(names):(k + 1) * len(names)]
        words = [name, str(sum(row)), f"{overall['recall'][k]:.4f}", "-" if overall["precision"][k] is None else f"{overall['precision'][k]:.4f}", *map(str, row)]
        assert re.search("^" + " +".join(map(re.escape, words)) + "$", printed, re.M), (words, printed)
    # Of two classes, from the shares at one half.
    model = "model={kind: logistic, target: long, features: [age, sex_m]}"
    stays.train("--set", model, output="two")
    printed = stays.run("evaluate", "run.yaml", "--set", model, "--output", "two")
    overall = json.loads(stays.path("two/evaluation.json").read_text())["overall"]
    assert re.search("^class +rows +recall +precision +as 0 +as 1$", printed, re.M)
    (others, _, _, right, wrong), (events, recall, precision, missed, found) = ([float(word.replace(",", "")) for word in re.search(rf"^{k} +(\S+ +\S+ +\S+ +\S+ +\S+)$", printed, re.M)[1].split()] for k in (0, 1))
    assert (others + events, events, right + found) == (overall["rows"], overall["events"], pytest.approx(overall["accuracy"] * overall["rows"]))
    assert found / events == pytest.approx(overall["recall"]) == pytest.approx(recall, abs=5e-5) and found / (found + wrong) == pytest.approx(overall["precision"]) == pytest.approx(precision, abs=5e-5)
    assert missed + found == events and right + wrong == others
    shown = stays.run("inspect", "classes/model.h5")
    assert "\nlog-lik.     -" in shown
    assert re.findall(r"^  (\S+) +\S+  se \S+$", shown, re.M) == [f"{c}:{x}" for c in ("other", "dead") for x in ("(intercept)", "age", "sex_m")]


MANY = """
  x: {role: feature, minimum: -4, maximum: 4}
  ill: {role: target, type: boolean}
  deaths: {role: target, minimum: 0}
  beds: {role: feature, minimum: 1}
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """300 rows of Bern, 160 of Lyon and 120 of Graz, most of them of small probability."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("calibration")))
    draw = random.Random(16)
    rows = []
    for clinic, count in zip(CLINICS, (300, 160, 120), strict=True):
        for _ in range(count):
            x = draw.gauss(0, 1)
            p = 1 / (1 + math.exp(1 - 1.5 * x))
            rows.append(f"{clinic},{x!r},{int(draw.random() < p)},{sum(draw.random() < p for _ in range(9))},9")
    stays.write("many.csv", "clinic,x,ill,deaths,beds\n" + "\n".join(rows) + "\n")
    stays.take("many", MANY, "many-run.yaml")
    return stays


def asks_for_rows(stays, rows):
    for clinic in CLINICS:
        stays.terms(clinic, f"minimum: {{rows: {rows}, group_rows: {1 if rows < 2 else 10}}}\n", allow="exact_release: true, per_domain_statistics: true")


def calibration(stays, words, output, model, np=None):
    out = stays.run("evaluate", "many-run.yaml", *words, "--output", output, "--model", f"{model}/model.h5", np=np)
    return json.loads(stays.path(f"{output}/evaluation.json").read_text()), out


def test_calibration_of_few_rows(many):
    """Where owners ask for ten rows no bin, of a domain or of all, has fewer with an event, or without; before, a row stood by itself."""
    words = ("--set", "model={kind: logistic, target: ill, features: [x]}", "--set", "evaluate={calibration_bins: 1000, per_domain: true}")
    asks_for_rows(many, 1)
    many.run("train", "many-run.yaml", *words, "--output", "ill")
    fine, out = calibration(many, words, "fine", "ill")
    assert len(fine["overall"]["calibration"]) == 1000 and "bins are left" not in out
    assert any(b["rows"] == 1 for b in fine["overall"]["calibration"]), "what is not to be told"
    asks_for_rows(many, 10)
    texts = set()
    for np in (None, 2, 4):
        told, out = calibration(many, words, f"ten-{np}", "ill", np)
        texts.add(json.dumps(told, sort_keys=True))
    assert len(texts) == 1
    tables = {"overall": told["overall"]["calibration"], **{clinic: told["domains"][clinic]["calibration"] for clinic in CLINICS}}
    edges = {tuple((b["lower"], b["upper"]) for b in table) for table in tables.values()}
    assert len(edges) == 1, "one cut for all"
    assert 2 <= len(tables["overall"]) < 10 and told["overall"]["calibration_bins"] == {"asked": 1000, "told": len(tables["overall"])}
    assert f"calibration: {len(tables['overall'])} of 1000 bins are left: neighbours of too few rows are together" in out
    for name, table in tables.items():
        assert all(count == 0 or count >= 10 for b in table for count in (b["events"], b["rows"] - b["events"])), (name, table)
        assert (table[0]["lower"], table[-1]["upper"]) == (0, 1) and all(b["upper"] == c["lower"] for b, c in zip(table, table[1:]))
    for i, b in enumerate(tables["overall"]):
        inside = [f for f in fine["overall"]["calibration"] if b["lower"] <= f["lower"] < b["upper"]]
        assert (b["rows"], b["events"]) == (sum(f["rows"] for f in inside), sum(f["events"] for f in inside))
        assert b["rows"] == sum(tables[clinic][i]["rows"] for clinic in CLINICS)
        assert b["mean_prediction"] == pytest.approx(sum(f["rows"] * (f["mean_prediction"] or 0) for f in inside) / b["rows"], rel=1e-12)
    areas = ("auc", "average_precision")
    kept = [name for name in fine["overall"] if not name.startswith(("calibration", *areas))]
    assert len(kept) > 5 and all(told["overall"][name] == fine["overall"][name] for name in kept)
    for area in areas:  # scores are told apart no further than in the bins: all bits of one could tell of its row
        assert told["overall"][f"{area}_lower"] < fine["overall"][area] < told["overall"][f"{area}_upper"]
        assert fine["overall"][f"{area}_lower"] == pytest.approx(fine["overall"][f"{area}_upper"], rel=1e-14)


def test_calibration_that_no_cut_makes_enough(many):
    """Graz asks for more rows with an event than it has: no table at all, and it says why."""
    words = ("--set", "model={kind: logistic, target: ill, features: [x]}", "--set", "evaluate={calibration_bins: 20, per_domain: false}")
    asks_for_rows(many, 1)
    many.run("train", "many-run.yaml", *words, "--output", "rare")
    many.terms("graz", "minimum: {rows: 30, group_rows: 50}\n")
    told, out = calibration(many, words, "no-table", "rare")
    assert told["overall"]["calibration"] is None and "calibration" in told["overall"]["left_out"]
    assert "left out overall: calibration: a domain has fewer rows with an event, or without, than its policy asks for" in out
    asks_for_rows(many, 1)


def test_calibration_counts_rows_and_not_trials(many):
    """Nine trials are of one row."""
    words = ("--set", "model={kind: logistic, target: deaths, trials: beds, features: [x]}", "--set", "evaluate={calibration_bins: 200, per_domain: false}")
    asks_for_rows(many, 1)
    many.run("train", "many-run.yaml", *words, "--output", "trials")
    asks_for_rows(many, 10)
    told, _ = calibration(many, words, "trials-10", "trials")
    asks_for_rows(many, 1)
    assert told["overall"]["calibration_bins"]["told"] < 20
    assert all(b["rows"] == 0 or b["rows"] >= 90 for b in told["overall"]["calibration"])


FEATURES = 80


@pytest.fixture(scope="module")
def overfit(tmp_path_factory):
    """Labels by chance, and as many columns as a fit of 240 rows needs to learn some of them by heart: as they are, or of either sex."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("membership")))
    draw, others = random.Random(8), random.Random(9)
    names = [f"x{j}" for j in range(FEATURES)]
    lines = [",".join(["clinic", *names, *OTHERS, "ill", "split"])]
    for clinic, count in zip(CLINICS, (160, 160, 160), strict=True):
        for i in range(count):
            more = [others.choice("ffmm ").strip(), others.choice(("medicine", "surgery", "surgery", "icu") if i % 4 else ("medicine", "surgery")), str(others.randrange(2)), others.choice(("low", "middle", "high"))]
            lines.append(",".join([clinic, *(f"{draw.gauss(0, 1):.6f}" for _ in names), *more, str(int(draw.random() < 0.5)), ("train", "test")[i % 2]]))
    stays.write("chance.csv", "\n".join(lines) + "\n")
    columns = "".join(f"\n  {name}: {{role: feature}}" for name in names)
    columns += """
  sex: {role: feature, type: category, levels: [f, m], missing: keep}
  ward: {role: feature, type: category, levels: [medicine, surgery, icu]}
  smokes: {role: feature, type: boolean}
  grade: {role: target, type: category, levels: [low, middle, high]}
  ill: {role: target, type: boolean}
  split: {role: split, type: category, levels: [train, test]}
"""
    stays.take("chance", columns, "chance-run.yaml")
    stays.run("train", "chance-run.yaml", *LEARNT, "--output", "learnt")
    for kind in GUESSED:
        stays.run("train", "chance-run.yaml", *guessing(kind), "--output", f"guessed-{kind}")
    return stays


OTHERS = ("sex", "ward", "smokes", "grade")
LEARNT = ("--set", "model={kind: logistic, target: ill, features: ['x*']}", "--set", "train.split=train", "--set", "evaluate={split: test, per_domain: false, membership: true}")


# (target, its classes, columns of the model but the intercept); of either sex the other columns may say something else, but for owners with minimums.
PLAIN = [f"x{j}" for j in range(20)]
LEVELS = {"sex": ("f", "m"), "ward": ("medicine", "surgery", "icu"), "smokes": ("0", "1")}
GUESSED = {"logistic": ("ill", ("0", "1"), PLAIN), "multinomial": ("grade", ("low", "middle", "high"), [*PLAIN, *(f"{name}:sex_m" for name in PLAIN)])}


def guessing(kind):
    target, _, names = GUESSED[kind]
    return ("--set", f"model={{kind: {kind}, target: {target}, l2: 0.01, features: [sex, ward, smokes, {', '.join(names)}]}}", "--set", "train.split=train",
            "--set", "evaluate={split: test, per_domain: false, attributes: [sex, ward, smokes]}")


def guessed(stays, kind, output, np=None, run="chance-run.yaml"):
    text = stays.run("evaluate", run, *guessing(kind), "--output", output, "--model", f"guessed-{kind}/model.h5", np=np)
    return json.loads(stays.path(f"{output}/evaluation.json").read_text())["attributes"], text


def guesses_of(stays, kind, equally_likely=()):
    """The same by the coefficients of model.h5: (feature, split) -> rows, right, of the most frequent level."""
    numpy, h5py = referee("numpy"), referee("h5py")
    with h5py.File(stays.path(f"guessed-{kind}/model.h5")) as file:
        coefficients = file["arrays/coefficients"][:]
    target, classes, numbers = GUESSED[kind]
    names = ["sex_m", "sex_(missing)", "ward_surgery", "ward_icu", "smokes", *numbers]
    coefficients = coefficients.reshape(len(classes) - 1, len(names) + 1)

    def value(row, name):
        if ":" in name:
            return math.prod(value(row, factor) for factor in name.split(":"))
        feature, _, level = name.partition("_")
        return float(row[feature]) if not level else float(row[feature] == level.replace("(missing)", ""))

    def probability(row):
        scores = numpy.append(0, coefficients @ [1.0, *(value(row, name) for name in names)])
        return numpy.exp(scores[classes.index(row[target])]) / numpy.exp(scores).sum()

    rows = list(csv.DictReader(stays.path("chance.csv").open()))
    found = {}
    for feature, levels in LEVELS.items():
        prior = {v: sum(row["split"] == "train" and row[feature] == v for row in rows) for v in levels}
        for split in ("train", "test"):
            known = [row for row in rows if row["split"] == split and row[feature]]
            right = sum(max(levels, key=lambda v: (feature in equally_likely or prior[v]) * probability({**row, feature: v})) == row[feature] for row in known)
            found[feature, split] = (len(known), right, sum(row[feature] == max(levels, key=prior.get) for row in known))
    return found


def attacked(stays, output, np=None):
    text = stays.run("evaluate", "chance-run.yaml", *LEARNT, "--output", output, "--model", "learnt/model.h5", np=np)
    return json.loads(stays.path(f"{output}/evaluation.json").read_text())["membership"], text


def test_membership(overfit):
    """An attack that knows how sure the model is of each row's label, written again from predict's tables."""
    numpy, stats = referee("numpy"), referee("scipy.stats")
    told, text = attacked(overfit, "attack-1")
    assert "advantage " in text and "of 240 rows that it was trained on, and 120 others" in text
    assert all(attacked(overfit, f"attack-{np}", np)[0] == told for np in (2, 4))
    overfit.run("predict", "chance-run.yaml", *LEARNT, "--output", "learnt")
    counts = {(k, way): numpy.zeros(256) for k in (0, 1) for way in ("member", "tuning", "testing")}
    labels = {}
    for line in overfit.path("chance.csv").read_text().splitlines()[1:]:
        clinic, *_, ill, split = line.split(",")
        labels.setdefault(clinic, []).append((int(ill), split))
    for clinic in CLINICS:
        lines = overfit.path(f"learnt/predictions/{clinic}/{clinic}.csv").read_text().splitlines()[1:]
        place = {"train": 0, "test": 0}
        for block, ((ill, split), line) in enumerate(zip(labels[clinic], lines, strict=True)):
            if block % 16 == 0:  # block_rows
                place = {"train": 0, "test": 0}
            p = float(line.split(",")[2])
            p = p if ill else 1 - p
            way = "member" if split == "train" else ("tuning", "testing")[place[split] % 2]
            place[split] += 1
            counts[ill, way][int(min(255, max(0, math.log(p / (1 - p)) * 8 + 128)))] += 1
    above = {key: cells[::-1].cumsum()[::-1] for key, cells in counts.items()}
    for at in told["at"]:
        found = mistaken = 0
        for k in (0, 1):
            cut = min((c for c in range(256) if above[k, "tuning"][c] <= math.floor(at["asked"] * above[k, "tuning"][0])), default=256)
            found += above[k, "member"][cut]
            mistaken += above[k, "testing"][cut]
        assert (at["true_positive_rate"], at["false_positive_rate"]) == (found / 240, mistaken / 120)
        low = lambda k, n: stats.beta.ppf(0.025, k, n - k + 1) if k else 0.0  # noqa: E731
        assert at["true_positive_lower"] == pytest.approx(low(found, 240), rel=1e-9) and at["false_positive_upper"] == pytest.approx(1 - low(120 - mistaken, 120), rel=1e-9)
        assert at["epsilon"] == pytest.approx(max(0, math.log(max(low(found, 240), 1e-300) / at["false_positive_upper"])), rel=1e-9)
    assert told["best"]["advantage"] > 0.15, "it has learnt some of them by heart"


def test_attacks_under_minimums(overfit):
    """Of cells that each hold ten rows of a domain, or none; of nothing where a class has not as many."""
    allow = "exact_release: true"
    try:
        for clinic in CLINICS:
            overfit.terms(clinic, "minimum: {rows: 10}\n", allow=allow)
        told, _ = attacked(overfit, "ten")
        for at in (*told["at"], told["best"]):
            for rate, rows in ((at["true_positive_rate"], 240), (at["false_positive_rate"], 120)):
                assert rate == 0 or rate * rows >= 10, told
        overfit.terms("lyon", "minimum: {rows: 10, group_rows: 18}\n", allow=allow)
        (sex, ward, smokes), text = guessed(overfit, "logistic", "eighteen")
        found = guesses_of(overfit, "logistic", equally_likely=["ward"])
        # Of a table with too few rows in a part nothing is told, and guesses do without it.
        assert (sex["prior"], sex["members"], sex["others"], sex["advantage"]) == (None,) * 4
        assert re.search("^  sex +- +members +- +- +- +- +-\n +others +- +- +- +- +-$", text, re.M) and "  sex: policies do not let be told how many rows are guessed" in text, text
        assert ward["prior"] is None and "  ward: policies do not let be told how frequent its levels are" in text
        for of in (ward, smokes):
            for group, split in (("members", "train"), ("others", "test")):
                rows, right, frequent = found[of["feature"], split]
                assert (of[group]["rows"], of[group]["right"]) == (rows, right), of
                assert of[group]["most_frequent"] == (None if of is ward else frequent)
        overfit.terms("lyon", "minimum: {rows: 10, group_rows: 70}\n", allow=allow)
        told, text = attacked(overfit, "seventy")
        assert told is None and "membership: policies do not let be told" in text
    finally:
        for clinic in CLINICS:
            overfit.terms(clinic)
    for attack in ("membership: true", "attributes: [sex]"):
        for split, words, why in (("train", (), "needs train.split, and another in evaluate.split"), ("test", ("--set", "model={kind: linear, target: ill}"), "only used with models of a class")):
            assert f"evaluate.{attack.partition(':')[0]}: {why}" in overfit.run("evaluate", "chance-run.yaml", *LEARNT, *words, "--set", f"evaluate={{split: {split}, {attack}}}", "--output", "no", "--model", "learnt/model.h5", code=3)


@pytest.mark.parametrize("kind", GUESSED)
def test_attributes(overfit, kind):
    """By whoever knows all of a row but one feature; counted again from the coefficients, over ranks, and with all rows in one domain."""
    stats = referee("scipy.stats")
    told, text = guessed(overfit, kind, f"{kind}-1")
    found = guesses_of(overfit, kind)
    assert [of["feature"] for of in told] == list(LEVELS)
    for of in told:
        assert of["levels"] == list(LEVELS[of["feature"]]) and sum(of["prior"]) == of["members"]["rows"] and max(of["prior"]) == of["members"]["most_frequent"]
        for group, split in (("members", "train"), ("others", "test")):
            rows, right, frequent = found[of["feature"], split]
            assert (of[group]["rows"], of[group]["right"], of[group]["most_frequent"]) == (rows, right, frequent), (of, group)
            assert (of[group]["share"], of[group]["without_model"]) == (right / rows, frequent / rows)
            assert of[group]["share_lower"] == pytest.approx(stats.beta.ppf(0.025, right, rows - right + 1), rel=1e-9)
            assert of[group]["share_upper"] == pytest.approx(stats.beta.ppf(0.975, right + 1, rows - right), rel=1e-9)
            assert re.search(rf"^  .*{group} +{rows} +{right / rows:.6g} ", text, re.M), text
        assert of["advantage"] == of["members"]["share"] - of["others"]["share"]
    sex = told[0]
    assert sex["members"]["rows"] < 240, "some have none that could be guessed"
    if kind == "multinomial":
        assert sex["advantage"] > 0.1 and sex["members"]["share_lower"] > sex["members"]["without_model"], "it has learnt some of them by heart"
        icu = told[1]["prior"][2]
        judged = json.loads(overfit.run("check-output", f"{kind}-1", "--key", "operator.pub.pem", "--json", "--minimum-count", icu + 1, code=4))
        assert f"rows of the training with ward icu: {icu}" in judged["checks"][0]["examples"]
    else:
        assert guessed(overfit, kind, f"{kind}-3", np=3)[0] == told
        overfit.pool()
        overfit.pooled("chance-pooled.yaml", "chance", overfit.path("chance-run.yaml").read_text().partition("domains:\n")[0] + "domains:\n")
        assert guessed(overfit, kind, f"{kind}-pooled", np=2, run="chance-pooled.yaml")[0] == told


def test_what_can_be_guessed(overfit):
    for name, why in (("wards", 'the model takes no "wards"; it takes x0, '), ("x3", '"x3" is a number: what can be guessed are categories, and booleans, which are declared from 0 to 1')):
        said = overfit.run("evaluate", "chance-run.yaml", *guessing("logistic"), "--set", f"evaluate.attributes=[{name}]", "--output", "no", "--model", "guessed-logistic/model.h5", code=3)
        assert f"evaluate.attributes: {why}" in said and ("did you mean" in said) == (name == "wards"), said
