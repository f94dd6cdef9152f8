# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Labels from annotators, rules and models: what was published of them, numpy's EM and scikit-learn; the same bytes federated or pooled; what train makes of them."""
import base64
import csv
import hashlib
import json
import random
import shutil

import pytest

from conftest import Checkout, referee
from test_policies import CLINICS, Stays

numpy = referee("numpy")
metrics = referee("sklearn.metrics")

CONFIG, POLICY, DATA, NOT_CONVERGED, INTEGRITY = 3, 4, 5, 6, 7

# Dawid & Skene, Applied Statistics 28 (1979) 20, table 1: of 45 patients the labels of five anaesthetists, the first of whom saw each three times.
PATIENTS = """1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343 1111111 2223212 1211111 1112111 1111111 1111111 2222221 2221322
2222222 2222221 2223222 2212222 1111111 1111111 2322222 1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 2212232 2323233 3333432 1111111 1111111 1212111
2322222 1211111 2222222""".split()
SEEN = ["a1", "a2", "a3", "b", "c", "d", "e"]
PATIENT_COLUMNS = "\n  name: {role: id}\n" + "".join(f"  {name}: {{role: feature, type: category, levels: ['1', '2', '3', '4'], missing: keep}}\n" for name in SEEN)
PATIENT_LABEL = """label:
  target: fitness
  classes: ['1', '2', '3', '4']
  scale: ordinal
  tolerance: 1e-13
  annotators: {first: [a1, a2, a3], second: [b], third: [c], fourth: [d], fifth: [e]}
"""

SCAN_COLUMNS = """
  name: {role: id}
  size: {role: feature}
  texture: {role: feature}
  anna: {role: feature, type: category, levels: [benign, malignant, unsure], missing: keep}
  ben: {role: feature, type: category, levels: [benign, malignant, unsure], missing: keep}
  cleo: {role: feature, type: category, levels: [benign, malignant, unsure], missing: keep}
  code: {role: feature, missing: keep}
  split: {role: split, type: category, levels: [train, test]}
"""
SCAN_LABEL = """label:
  target: finding
  classes: [benign, malignant]
  abstain: [unsure]
  annotators: {anna: [anna], ben: [ben], cleo: [cleo]}
  rules:
    - {name: large, gives: malignant, when: [{column: size, minimum: 1.5}]}
    - {name: smooth, gives: benign, when: [{column: texture, maximum: -0.5}, {left: size, is: <, right: texture}]}
"""
SCAN_MODEL = "model: {kind: logistic, target: finding, features: [size, texture], labels: {from: labels}}\nevaluate: {split: test, per_domain: false}\n"


def patients():
    return [dict(clinic=CLINICS[i % 3], name=f"p{i}", **dict(zip(SEEN, seen))) for i, seen in enumerate(PATIENTS)]


def scans(rows=360, seed=3):
    """Anna errs in a twentieth, Ben in a quarter, Cleo in a tenth of those they see; some of the rest a rule knows."""
    draw = random.Random(seed)
    table = []
    for i in range(rows):
        size, texture = draw.gauss(0, 1), draw.gauss(0, 1)
        true = draw.random() < 1 / (1 + numpy.exp(-1.5 * size - texture))

        def said(seen, errs):
            if draw.random() >= seen:
                return ""
            if draw.random() < 0.05:
                return "unsure"
            return "malignant" if true != (draw.random() < errs) else "benign"

        anna, ben, cleo = said(0.75, 0.1), said(0.75, 0.25), said(0.7, 0.15)
        table.append(dict(clinic=CLINICS[i % 3], name=f"s{i}", size=round(size, 3), texture=round(texture, 3), anna=anna, ben=ben, cleo=cleo, code="" if i % 5 == 0 else i % 2, split="test" if i % 4 == 3 else "train"))
    return table


def text_of(table):
    return "\n".join([",".join(table[0])] + [",".join(str(value) for value in row.values()) for row in table]) + "\n"


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    stays = Stays(Checkout(tmp_path_factory.mktemp("label")))
    stays.pool()
    for name, table, columns, sections in (("patients", patients(), PATIENT_COLUMNS, PATIENT_LABEL), ("scans", scans(), SCAN_COLUMNS, SCAN_LABEL)):
        stays.write(f"{name}.csv", text_of(table))
        stays.take(name, columns, f"{name}.run.yaml")
        run = stays.path(f"{name}.run.yaml")
        head, _, domains = run.read_text().partition("domains:\n")
        head = head.replace("model: {kind: linear, target: days}\nevaluate: {per_domain: false}\n", sections + (SCAN_MODEL if name == "scans" else ""))
        run.write_text(head + "domains:\n" + domains)
        stays.pooled(f"{name}.pooled.yaml", name, head + "domains:\n")
    return stays


def label(stays, name, *settings, output, run="run", np=None, code=0):
    out = stays.run("label", f"{name}.{run}.yaml", *(word for setting in settings for word in ("--set", setting)), "--output", output, np=np, code=code)
    path = stays.path(f"{output}/label.json")
    return out, json.loads(path.read_text()) if path.exists() else None


def lines_of(path):
    with open(path) as file:
        return list(csv.DictReader(file))


def labels_of(stays, output, pooled=False, ending=""):
    return {line["id"]: line for clinic in CLINICS for line in lines_of(stays.path(f"{output}/labels/{'pooled' if pooled else clinic}/{clinic}{ending}.csv"))}


def posteriors(votes, source_of, classes, tolerance=1e-13, rules=()):
    """Dawid & Skene's EM from shares of votes on; votes: (row, column), from 1 on, 0 without one: of `rules` an answer."""
    rows, sources = len(votes), max(source_of) + 1
    seen = numpy.zeros((rows, sources, classes + 1))
    for i, row in enumerate(votes):
        for column, vote in enumerate(row):
            if vote or source_of[column] in rules:
                seen[i, source_of[column], vote - 1] += 1  # none: the last
    share = seen[:, :, :classes].sum(1)
    share = share / share.sum(1, keepdims=True)
    before = None
    while True:
        prior = share.mean(0)
        confusion = numpy.einsum("ij,ikl->kjl", share, seen)
        confusion /= numpy.maximum(confusion.sum(2, keepdims=True), 1e-300)
        now = numpy.append(prior, confusion.ravel())
        if before is not None and abs(now - before).max() <= tolerance:
            return share, prior, confusion
        before = now
        logs = numpy.log(prior) + numpy.einsum("ikl,kjl->ij", seen, numpy.log(numpy.maximum(confusion, 1e-300)))
        share = numpy.exp(logs - logs.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)


def test_the_table_of_1979(stays):
    told = set()
    for np in (1, 2, 4):
        out, result = label(stays, "patients", output=f"patients-{np}", np=np)
        told.add(stays.path(f"patients-{np}/label.json").read_text())
    for np in (1, 3):
        label(stays, "patients", output=f"patients-pooled-{np}", run="pooled", np=np)
        told.add(stays.path(f"patients-pooled-{np}/label.json").read_text())
        assert labels_of(stays, f"patients-pooled-{np}", pooled=True) == labels_of(stays, "patients-4")
    assert len(told) == 1

    # As it was printed, to two digits, and numpy's EM.
    assert [round(p, 2) for p in result["prior"]] == [0.40, 0.42, 0.11, 0.07]
    sources = result["sources"]
    assert [source["name"] for source in sources] == ["fifth", "first", "fourth", "second", "third"] and "first" in out
    assert [round(p, 2) for p in sources[1]["confusion"]] == [0.89, 0.11, 0, 0, 0.07, 0.88, 0.05, 0, 0, 0.34, 0.66, 0, 0, 0, 0.56, 0.44]
    votes = [[int(vote) for vote in row] for row in PATIENTS]
    share, prior, confusion = posteriors(votes, [0, 0, 0, 1, 2, 3, 4], 4)
    assert result["prior"] == pytest.approx(prior, abs=1e-10)
    for name, table in zip(("first", "second", "third", "fourth", "fifth"), confusion):
        source = next(source for source in sources if source["name"] == name)
        assert source["confusion"] == pytest.approx(table[:, :4].ravel(), abs=1e-10)
        assert source["accuracy"] == pytest.approx(prior @ numpy.diag(table), abs=1e-10)
    labels = labels_of(stays, "patients-1")
    for i, row in enumerate(share):
        line = labels[f"p{i}"]
        assert line["label"] == str(1 + row.argmax()) and float(line["posterior"]) == pytest.approx(row.max(), abs=1e-9) and line["source"] == "annotator"
    assert result["labels"] == numpy.bincount(share.argmax(1), minlength=4).tolist() and result["without"] == 0

    agreement = result["agreement"]
    assert agreement["fleiss"] == pytest.approx(fleiss(votes, 4), rel=1e-13)
    assert agreement["alpha"] == pytest.approx(ordinal_alpha(votes, 4), rel=1e-12)
    first = dict(first=0, second=3, third=4, fourth=5, fifth=6)
    assert len(agreement["pairs"]) == 10
    for pair in agreement["pairs"]:
        a, b = ([row[first[name]] for row in votes] for name in pair["annotators"])
        assert pair["kappa"] == pytest.approx(metrics.cohen_kappa_score(a, b), rel=1e-13)
        assert pair["table"] == metrics.confusion_matrix(a, b, labels=[1, 2, 3, 4]).ravel().tolist()


def fleiss(votes, classes):
    counts = numpy.array([numpy.bincount(row, minlength=classes + 1)[1:] for row in votes])
    n = counts[0].sum()
    chance = ((counts.sum(0) / counts.sum()) ** 2).sum()
    return (((counts * (counts - 1)).sum(1) / (n * (n - 1))).mean() - chance) / (1 - chance)


def ordinal_alpha(votes, classes):
    pairs = numpy.zeros((classes, classes))
    for row in votes:
        for i, a in enumerate(row):
            for k, b in enumerate(row):
                pairs[a - 1, b - 1] += (i != k) / (len(row) - 1)
    n = pairs.sum(0)
    apart = numpy.array([[(n[min(c, k):max(c, k) + 1].sum() - (n[c] + n[k]) / 2) ** 2 for k in range(classes)] for c in range(classes)])
    return 1 - (n.sum() - 1) * (pairs * apart).sum() / (numpy.outer(n, n) * apart).sum()


def scan_votes(row):
    words = {"benign": 1, "malignant": 2}
    size, texture = row["size"], row["texture"]
    return [*(words.get(row[name], 0) for name in ("anna", "ben", "cleo")), 2 if size >= 1.5 else 0, 1 if texture <= -0.5 and size < texture else 0]


def test_who_needs_a_model(stays):
    """Stages that look at rows alone need none in their config, and say none of theirs."""
    stays.run("quality", "patients.run.yaml", "--output", "looked", code=None)
    assert "\nmodel:" not in stays.path("looked/quality.resolved.yaml").read_text()
    for command in ("train", "evaluate", "check"):
        assert "model: required key is missing" in stays.run(command, "patients.run.yaml", "--output", "looked", code=CONFIG)


def test_rules_and_annotators(stays):
    out, result = label(stays, "scans", "label.tolerance=1e-13", output="rules", np=3)
    table = scans()
    votes = [scan_votes(row) for row in table]
    voted = [i for i, row in enumerate(votes) if any(row)]
    share, prior, confusion = posteriors([votes[i] for i in voted], [0, 1, 2, 3, 4], 2, rules=(3, 4))
    large = result["sources"][3]
    assert large["confusion"] == pytest.approx(confusion[3].ravel(), abs=1e-9)
    assert large["accuracy"] == pytest.approx(prior[1] * confusion[3][1, 1] / (prior @ confusion[3][:, 1]), abs=1e-9)
    labels = labels_of(stays, "rules")
    names, kinds = ["anna", "ben", "cleo", "large", "smooth"], ["annotator"] * 3 + ["rule"] * 2
    of_row = dict(zip(voted, share))
    for i, row in enumerate(votes):
        line = labels[f"s{i}"]
        if i not in of_row:
            assert (line["label"], line["posterior"], line["source"], line["given_by"]) == ("", "", "", "")
            continue
        best = int(of_row[i].argmax())
        givers = [k for k in range(5) if row[k] == best + 1] or [k for k in range(5) if row[k]]
        assert line["label"] == ["benign", "malignant"][best] and float(line["posterior"]) == pytest.approx(of_row[i][best], abs=1e-9)
        assert line["given_by"] == ";".join(names[k] for k in givers) and line["source"] == ("annotator" if "annotator" in (kinds[k] for k in givers) else "rule")
    assert result["without"] == len(table) - len(voted) and sum(result["given_by"].values()) == len(voted)
    assert result["agreement"]["fleiss"] is None  # not every row has as many labels
    # The list of each partition: those that nobody labelled, with the prior; then the least certain.
    prior = numpy.array(result["prior"])
    for clinic in CLINICS:
        work = lines_of(stays.path(f"rules/labels/{clinic}/{clinic}.worklist.csv"))
        mine = [i for i, row in enumerate(table) if row["clinic"] == clinic]
        entropy = {f"s{i}": -(lambda p: (p * numpy.log(numpy.maximum(p, 1e-300))).sum())(of_row.get(i, prior)) for i in mine}
        assert [float(line["entropy"]) for line in work] == pytest.approx(sorted(entropy.values(), reverse=True)[:100], abs=1e-9)
        assert all(float(line["entropy"]) == pytest.approx(entropy[line["id"]], abs=1e-9) for line in work)


def test_majority_and_ties(stays):
    out, result = label(stays, "scans", "label.method=majority", "label.work_list={rows: 5, by: disagreement}", output="majority", np=2)
    labels = labels_of(stays, "majority")
    ties = 0
    for i, row in enumerate(scan_votes(row) for row in scans()):
        yes, no = row.count(2), row.count(1)
        line = labels[f"s{i}"]
        ties += yes == no > 0
        assert line["label"] == ("malignant" if yes > no else "benign" if no > yes else "")
        assert line["posterior"] == "" if yes + no == 0 else float(line["posterior"]) == max(yes, no) / (yes + no)
    assert result["ties"] == ties > 0 and "prior" not in result
    work = lines_of(stays.path("majority/labels/bern/bern.worklist.csv"))
    assert len(work) == 5 and all(float(line["disagreement"]) == pytest.approx(numpy.log(2)) for line in work)


def test_training_on_labels(stays):
    label(stays, "scans", output="labels")
    label(stays, "scans", output="labels-pooled", run="pooled")
    models = {stays.checkout.train("scans.run.yaml", output=f"model-{np}", np=np) for np in (1, 4)}
    models.add(stays.checkout.train("scans.pooled.yaml", "--set", "model.labels.from=labels-pooled", output="model-pooled", np=2))
    assert len(models) == 1

    # The same rows and labels by way of another ingest.
    labels = labels_of(stays, "labels")
    stays.write("joined.csv", text_of([{**row, "finding": labels[row["name"]]["label"]} for row in scans()]))
    stays.take("joined", SCAN_COLUMNS + "  finding: {role: target, type: category, levels: [benign, malignant]}\n", "joined.yaml")
    domains = stays.path("joined.yaml").read_text().partition("domains:\n")[2]
    stays.write("joined.yaml", stays.path("scans.run.yaml").read_text().partition("domains:\n")[0].replace(", labels: {from: labels}", "") + "domains:\n" + domains)
    stays.checkout.train("joined.yaml", output="joined-model")
    of = {name: json.loads(stays.path(f"{name}/run.json").read_text())["results"] for name in ("model-1", "joined-model")}
    assert of["model-1"]["rows"] == of["joined-model"]["rows"] == sum(line["label"] != "" for line in labels.values())
    assert of["model-1"]["logLikelihood"] == pytest.approx(of["joined-model"]["logLikelihood"], rel=1e-12)
    estimates = {name: [float(line["estimate"]) for line in lines_of(stays.path(f"{name}/coefficients.csv"))] for name in of}
    assert estimates["model-1"] == pytest.approx(estimates["joined-model"], rel=1e-9)

    # A model names its labels, and whoever looks finds them.
    digest = hashlib.sha256(stays.path("labels/label.json").read_bytes()).hexdigest()
    for line in stays.path("model-1/lineage.jsonl").read_text().splitlines():
        used = json.loads(base64.b64decode(json.loads(line)["payload"]))["predicate"]["buildDefinition"]["resolvedDependencies"]
        assert [artefact["digest"] for artefact in used if artefact["name"] == "labels"] == [{"sha256": digest}]
    for folder in ("model-1", "labels"):
        stays.run("verify", folder, "--key", "operator.pub.pem")
    stays.run("evaluate", "scans.run.yaml", "--output", "model-1")
    evaluation = json.loads(stays.path("model-1/evaluation.json").read_text())
    tested = [row for row in scans() if row["split"] == "test" and labels[row["name"]]["label"]]
    assert evaluation["overall"]["rows"] == len(tested)
    assert evaluation["overall"]["events"] == sum(labels[row["name"]]["label"] == "malignant" for row in tested)


def test_tags_are_of_the_labels(stays):
    """Trainings on two labellings under one name: equal tags of a domain would say that its labels are equal."""
    tags = {}
    for name, tolerance in (("one", 1e-6), ("another", 1e-9)):
        shutil.rmtree(stays.path("relabelled"), ignore_errors=True)
        label(stays, "scans", f"label.tolerance={tolerance}", output="relabelled")
        stays.run("train", "scans.run.yaml", "--set", "model.labels.from=relabelled", "--output", f"of-{name}")
        tags[name] = [(domain, tag) for step in json.loads(stays.path(f"of-{name}/egress.json").read_text())["tags"] for of in step["sums"].values() for domain, tag in of.items()]
    assert tags["one"] and not set(tags["one"]) & set(tags["another"])
    assert stays.checkout.digest("of-one/model.h5") == stays.checkout.digest("of-another/model.h5")


def test_which_labels_train(stays):
    label(stays, "scans", output="labels")
    labels = labels_of(stays, "labels").values()
    for setting, counts in (("minimum_source=annotator", lambda line: line["source"] == "annotator"), ("at_least=0.9", lambda line: line["posterior"] and float(line["posterior"]) >= 0.9)):
        output = f"some-{setting.split('=')[0]}"
        stays.run("train", "scans.run.yaml", "--set", f"model.labels.{setting}", "--output", output)
        assert json.loads(stays.path(f"{output}/run.json").read_text())["results"]["rows"] == sum(bool(counts(line)) for line in labels)


def test_labels_that_are_not_as_they_were_signed(stays):
    label(stays, "scans", output="kept")
    ask = ("train", "scans.run.yaml", "--set", "model.labels.from=kept", "--output", "never")
    path = stays.path("kept/labels/lyon/lyon.csv")
    text = path.read_text()
    path.write_text(text.replace("benign", "malignant", 1))
    assert "lyon.csv: was changed after it was signed" in stays.run(*ask, np=3, code=INTEGRITY)
    path.write_text(text)
    result = stays.path("kept/label.json")
    signed = result.read_text()
    result.write_text(signed.replace("finding", "outcome"))
    assert "label.json: was changed after it was signed" in stays.run(*ask, np=3, code=INTEGRITY)
    result.write_text(signed)
    out = stays.run("train", "scans.run.yaml", "--set", "model.labels.from=nowhere", "--output", "never", np=3, code=DATA)
    assert "nowhere/label.jsonl: is not there: make the labels first (bailiwick label" in out
    # Of other rows.
    stays.write("again.csv", text_of(scans(seed=4)))
    stays.take("again", SCAN_COLUMNS, "again.yaml")
    domains = stays.path("again.yaml").read_text().partition("domains:\n")[2]
    stays.write("again.yaml", stays.path("scans.run.yaml").read_text().partition("domains:\n")[0] + "domains:\n" + domains)
    out = stays.run("train", "again.yaml", "--set", "model.labels.from=kept", "--output", "never", np=3, code=DATA)
    assert "kept/labels/bern: was not made of the rows that partition bern has" in out
    assert not stays.path("never/model.h5").exists()
    assert "labels/: each line is of one row; they stay with their domains" in stays.run("check-output", "kept", "--key", "operator.pub.pem", code=None)


def test_a_model_votes_where_it_is_sure(stays):
    label(stays, "scans", output="labels")
    stays.run("train", "scans.run.yaml", "--output", "first")
    stays.run("predict", "scans.run.yaml", "--output", "first")
    out, result = label(stays, "scans", "label.models=[{name: first, predictions: first, at_least: 0.8}]", output="second", np=2)
    digest = json.loads(stays.path("first/prediction.json").read_text())["model"]
    assert result["sources"][-1]["name"] == "first" and result["sources"][-1]["model"] == digest
    predicted = {line["id"]: float(line["probability"]) for clinic in CLINICS for line in lines_of(stays.path(f"first/predictions/{clinic}/{clinic}.csv"))}
    assert result["sources"][-1]["labels"] == [sum(p <= 0.2 for p in predicted.values()), sum(p >= 0.8 for p in predicted.values())]
    labels, table = labels_of(stays, "second"), scans()
    alone = [row["name"] for row in table if not any(scan_votes(row)) and not 0.2 < predicted[row["name"]] < 0.8]
    assert alone and all(labels[name]["source"] == "model" and labels[name]["given_by"] == "first" for name in alone)
    # Of rows that nobody voted on the list has what the model says.
    work = {line["id"]: line for line in lines_of(stays.path("second/labels/graz/graz.worklist.csv"))}
    for row in table:
        name = row["name"]
        if name in work and not any(scan_votes(row)) and 0.2 < predicted[name] < 0.8:
            p = predicted[name]
            assert float(work[name]["margin"]) == pytest.approx(abs(2 * p - 1), abs=1e-12)
    # Stopped, it goes on with what is missing; but not once other votes make other labels.
    whole = {path.name: path.read_bytes() for path in stays.path("second").glob("labels/*/*.csv")}
    assert len(whole) == 6
    stays.path("second/labels/graz/graz.worklist.csv").unlink()
    for chain, lines in (("label", 2), ("labels/graz/label", 2), ("labels/lyon/label", 3)):
        path = stays.path(f"second/{chain}.jsonl")
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:lines]))
    shutil.copytree(stays.path("second"), stays.path("stopped"))
    votes = "label.models=[{name: first, predictions: first, at_least: 0.8}]"
    label(stays, "scans", votes, output="second", np=3)
    assert {path.name: path.read_bytes() for path in stays.path("second").glob("labels/*/*.csv")} == whole
    stays.run("verify", "second", "--key", "operator.pub.pem")
    stays.path("first").rename(stays.path("kept-first"))
    stays.run("train", "scans.run.yaml", "--set", "model.l2=9", "--output", "first")
    stays.run("predict", "scans.run.yaml", "--set", "model.l2=9", "--output", "first")
    out, _ = label(stays, "scans", votes, output="stopped", np=3, code=DATA)
    assert "holds labels that are of another label.json; name another folder with --output" in out
    shutil.rmtree(stays.path("first"))
    stays.path("kept-first").rename(stays.path("first"))
    # Trained on what models say too, or not.
    rows = {}
    for source in ("model", "rule"):
        stays.run("train", "scans.run.yaml", "--set", "model.labels.from=second", "--set", f"model.labels.minimum_source={source}", "--output", f"on-{source}")
        rows[source] = json.loads(stays.path(f"on-{source}/run.json").read_text())["results"]["rows"]
    assert rows["model"] - rows["rule"] == sum(line["source"] == "model" for line in labels.values()) > 0


@pytest.mark.parametrize("np", [1, 3])
def test_what_policies_let_be_told(stays, np):
    try:
        stays.terms("lyon", "minimum: {group_rows: 29}\n")
        twice = "label.models=[{name: sure, predictions: out}, {name: surer, predictions: out, at_least: 0.95}]"
        out, _ = label(stays, "scans", "label.rules=[]", twice, output=f"cut-{np}", np=np, code=POLICY)
        assert "the same predictions cut at two probabilities" in out, out
        out, _ = label(stays, "scans", output=f"cut-{np}", np=np, code=POLICY)
        assert "rules that the config makes could leave fewer to themselves" in out and '"large"' in out and not stays.path(f"cut-{np}").exists()
        out, result = label(stays, "scans", "label.rules=[]", output=f"withheld-{np}", np=np)
        of = {source["name"]: source for source in result["sources"]}
        assert of["anna"]["counts"] and not of["ben"]["counts"] and of["ben"]["labels"] is None and of["ben"]["accuracy"] is None
        assert "not counted, since too few rows" in out and "ben" in result["notes"][0]
        assert all("ben" not in line["given_by"] for line in labels_of(stays, f"withheld-{np}").values())
        out, result = label(stays, "scans", "label.rules=[]", "label.method=majority", output=f"majority-withheld-{np}", np=np)
        assert any("ben" in line["given_by"] for line in labels_of(stays, f"majority-withheld-{np}").values())
        stays.terms("lyon", "minimum: {group_rows: 100}\n")
        out, _ = label(stays, "scans", "label.rules=[]", output=f"refused-{np}", np=np, code=POLICY)
        assert "method: majority asks nothing of other domains" in out and not stays.path(f"refused-{np}").exists()
        stays.terms("lyon")
        stays.write("lyon.yaml", stays.path("lyon.yaml").read_text().replace("describe, ", ""))
        stays.run("policy", "sign", "lyon.yaml", "--key", "lyon.pem", "--output", "lyon.json", "--force")
        out, _ = label(stays, "scans", output=f"refused-{np}", np=np, code=POLICY)
        assert "refused, and nothing was read" in out
    finally:
        stays.terms("lyon")


@pytest.mark.parametrize("settings, code, text", [
    (["label.annotators={anna: [ana]}"], CONFIG, 'the partitions have no column "ana"'),
    (["label.abstain=[]"], CONFIG, 'level "unsure" of "anna" is none of label.classes'),
    (["label.classes=[benign]"], CONFIG, "give two classes or more"),
    (["label.target="], CONFIG, "what are the labels called?"),
    (["label.rules=[{name: r, gives: bening, when: [{column: size, minimum: 1}]}]"], CONFIG, '"bening" is none of label.classes'),
    (["label.rules=[{name: r, gives: benign, when: [{column: size}]}]"], CONFIG, "give minimum, maximum or levels of a column"),
    (["label.rules=[{name: r, gives: benign, when: [{column: anna, levels: [unshure]}]}]"], CONFIG, '"anna" has no level "unshure"'),
    (["label.rules=[{name: anna, gives: benign, when: [{column: size, minimum: 1}]}]"], CONFIG, '"anna" is called so already'),
    (["label.classes=['0', '2']", "label.annotators={code: [code]}", "label.rules=[]"], DATA, 'column "code" has a number that is none of label.classes'),
    (["label.scale=interval"], CONFIG, '"benign" is no number'),
    (["label.max_iterations=2"], NOT_CONVERGED, "raise label.max_iterations"),
    (["label.models=[{name: first, predictions: nowhere}]"], DATA, "nowhere/prediction.jsonl: is not there"),
    (["label.annotators={}", "label.rules=[]"], CONFIG, "nobody labels"),
])
def test_errors(stays, settings, code, text):
    out, _ = label(stays, "scans", *settings, output="wrong", np=2, code=code)
    assert text in out, out
    assert not stays.path("wrong/label.json").exists()


def test_a_line_with_labels(stays):
    run = stays.path("scans.run.yaml").read_text().replace("labels: {from: labels}", "labels: {minimum_source: annotator}")
    stays.write("lined.run.yaml", run)
    stays.write("line.yaml", "version: 1\nname: scans\noutput: line\nrun: lined.run.yaml\npublic_key: operator.pub.pem\nstations: [label, train, evaluate]\n")
    stays.run("line", "line.yaml")
    folder, = stays.path("line/runs").iterdir()
    assert json.loads((folder / "evaluation.json").read_text())["overall"]["rows"] > 0
    assert stays.run("line", "line.yaml").count("nothing new") == 3
    # Labels by other means are other labels, and another model.
    stays.write("lined.run.yaml", run.replace("label:\n", "label:\n  method: majority\n"))
    stays.run("line", "line.yaml")
    folders = sorted(stays.path("line/runs").iterdir())
    assert len(folders) == 2 and len({stays.checkout.digest(folder / "model.h5") for folder in folders}) == 2

    # What was made with its labels beside it is made again out of the folder alone.
    stays.run("verify", folder, "--key", "operator.pub.pem")
    stays.run("report", folder, "--key", "operator.pub.pem")
    assert "What the rows are" in (folder / "report.html").read_text()
    stays.run("keygen", "auditor")
    out = stays.run("reproduce", folder, "--key", "operator.pub.pem", "--partitions", "scans", "--sign-with", "auditor.pem", "--output", "line-again")
    assert stays.path("line-again/label.json").read_bytes() == (folder / "label.json").read_bytes(), out
    # A sweep finds the labels that were made once.
    text = stays.path("line.yaml").read_text().replace("output: line", "output: swept").replace("[label, train, evaluate", "[quality, label, sweep, train, evaluate, report")
    stays.write("line.yaml", text + "sweep: {over: ['model.l2=0,10'], metric: auc, split: test}\n")
    said = stays.run("line", "line.yaml")
    chosen, = (folder for folder in stays.path("swept/runs").iterdir() if (folder / "model.h5").exists())
    assert said.count("== label") == 1 and (chosen / "quality.json").exists()
    assert "==" not in stays.run("line", "line.yaml")
