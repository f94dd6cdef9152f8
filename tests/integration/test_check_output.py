# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Rules of output checkers: every one has an artefact that fails it and one that passes; what was found is signed and held to its files."""
import csv
import json
import random
import shutil

import pytest

import forge
from conftest import Checkout
from test_policies import CLINICS, Stays

USAGE, POLICY, INTEGRITY = 2, 4, 7
KEY = ("--key", "operator.pub.pem")
COLUMNS = """
  x: {role: feature, minimum: 0, maximum: 10}
  arm: {role: feature, type: category, levels: [old, new, rare]}
  sex: {role: feature, type: category, levels: [f, m]}
  gone: {role: target, type: boolean}
  kind: {role: target, type: category, levels: [p, q]}
  time: {role: target, minimum: 0}
"""


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    """many: 600 rows, none of them rare; few: 36 rows, three of which are."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("output")))
    draw = random.Random(3)
    for name, rows in (("many", 200), ("few", 12)):
        lines = ["clinic,x,arm,sex,gone,kind,time"]
        for i, clinic in enumerate(CLINICS * rows):
            rare = name == "few" and i % 12 == 0
            lines.append(f"{clinic},{draw.uniform(0, 10)!r},{'rare' if rare else draw.choice(('old', 'new'))},{'fm'[i % 2]},{int(draw.random() < 0.4)},{'p' if draw.random() < 0.5 else 'q'},{1 + i % 4}")
        stays.write(f"{name}.csv", "\n".join(lines) + "\n")
        stays.take(name, COLUMNS if name == "few" else COLUMNS.replace("[old, new, rare]", "[old, new]"), f"{name}-run.yaml")
        stays.write(f"{name}-run.yaml", stays.path(f"{name}-run.yaml").read_text().replace("{kind: linear, target: days}", "{kind: logistic, target: gone, features: [x, sex]}"))
    for clinic in CLINICS:
        stays.terms(clinic, allow="exact_release: true, per_domain_statistics: true, unstratified_survival: true, unmasked_sums: true, two_parties: true")
    for name in ("many", "few"):
        for stage, words in (("train", ()), ("evaluate", ("evaluate={per_domain: true, calibration_bins: 4}",)), ("describe", ("describe={tables: [[arm, sex]], bins: 4, quantiles: [0.5]}",)),
                             ("survival", ("survival={time: time, status: gone, time_step: 1, time_maximum: 4}",)), ("attribute", ())):
            stays.run(stage, f"{name}-run.yaml", "--output", name, *(word for setting in words for word in ("--set", setting)))
    stays.run("keygen", "checker")
    return stays


def check(stays, folder, *words, code=0):
    return json.loads(stays.run("check-output", folder, *KEY, "--json", *words, code=code))


def verdicts(found):
    return {(one["artefact"], one["rule"]): one["verdict"] for one in found["checks"]}


def test_enough_rows(stays):
    found = check(stays, "many")
    said = verdicts(found)
    assert said["model.h5", "residual degrees of freedom"] == said["evaluation.json", "minimum count"] == said["description.json", "minimum count"] == "pass"
    assert said["survival.json", "minimum count"] == said["survival.json", "steps of a curve"] == said["description.json", "value of a row"] == "pass"
    assert said["attribution.json", "own sums"] == "review" and found["verdict"] == "review" and "fail" not in said.values()


def test_too_few(stays):
    found = check(stays, "few", code=POLICY)
    said = verdicts(found)
    for artefact in ("evaluation.json", "description.json", "survival.json"):
        assert said[artefact, "minimum count"] == "fail", artefact
    assert said["survival.json", "steps of a curve"] == "fail" and said["description.json", "class disclosure"] in ("pass", "review")
    (description,) = (one for one in found["checks"] if (one["artefact"], one["rule"]) == ("description.json", "minimum count"))
    rows = list(csv.DictReader(stays.path("few.csv").open()))
    assert "arm: rare: 3" in description["examples"] and any(example.startswith("arm rare, sex ") for example in description["examples"])
    assert sum(row["arm"] == "rare" for row in rows) == 3
    text = stays.run("check-output", "few", *KEY, code=POLICY)
    assert "fail    description.json: minimum count: " in text and "        arm: rare: 3\n" in text
    assert "fail" not in {verdict for (artefact, rule), verdict in verdicts(check(stays, "few", "--minimum-count", "1")).items() if rule == "minimum count"}


def test_every_rule_can_fail(stays, tmp_path):
    """Class disclosure, values of rows, degrees of freedom, baseline hazards."""
    assert verdicts(check(stays, "few", "--minimum-freedom", "100", code=POLICY))["model.h5", "residual degrees of freedom"] == "fail"
    for quantiles, verdict in (("[0.5]", "review"), ("[0.01, 0.5]", "fail")):
        out = tmp_path / f"q{len(quantiles)}"
        stays.run("describe", "few-run.yaml", "--output", out, "--set", f"describe={{tables: [[arm, sex]], bins: 0, quantiles: {quantiles}}}")
        found = check(stays, out, "--minimum-count", "19", code=POLICY)
        assert verdicts(found)["description.json", "value of a row"] == verdict
    # sex alternates and the rare arm comes every twelfth row: one sex only.
    assert verdicts(found)["description.json", "class disclosure"] == "review"
    assert any("arm rare, sex m: none of 3" in example for one in found["checks"] if one["rule"] == "class disclosure" for example in one["examples"])
    stays.run("train", "many-run.yaml", "--output", tmp_path / "cox", "--set", "model={kind: cox, time: time, status: gone, features: [x], cox: {strata: none, baseline: true, time_step: 1, time_maximum: 4}}")
    assert verdicts(check(stays, tmp_path / "cox"))["model.h5", "steps of a curve"] == "review"


def test_each_rule_passes_and_fails(stays, tmp_path):
    """What every rule said of each artefact, under the thresholds that it meets and those that it does not."""
    for name in ("many", "few"):
        shutil.copytree(stays.path(name), tmp_path / name)
        stays.run("explain", f"{name}-run.yaml", "--output", tmp_path / name, "--set", "explain={repeats: 1, points: 0}")
    said = {}
    for name in ("many", "few"):
        for threshold in ("1", "10", "1000"):
            for key, verdict in verdicts(check(stays, tmp_path / name, "--minimum-count", threshold, "--minimum-freedom", threshold, code=None)).items():
                said.setdefault(key, set()).add(verdict)
    results = {"model.h5": "lineage", "evaluation.json": "evaluation", "description.json": "description", "survival.json": "survival", "attribution.json": "attribution", "explanation.json": "explanation"}
    assert said == {**{(artefact, "minimum count"): {"pass", "fail"} for artefact in (*results, *(f"{stem}.jsonl" for stem in results.values()))},
                    **{(artefact, "residual degrees of freedom"): {"pass", "fail"} for artefact in ("model.h5", "attribution.json")},
                    ("evaluation.json", "class disclosure"): {"pass", "review"}, ("description.json", "class disclosure"): {"pass", "review"}, ("description.json", "value of a row"): {"pass", "review"},
                    ("survival.json", "steps of a curve"): {"pass", "fail"}, ("attribution.json", "own sums"): {"review"},
                    ("other files", "not judged"): {"review"}}  # the partitions, which this test keeps there


def test_dominance(stays, tmp_path):
    """Means of groups of which one row or two make most: of all, and of a domain alone."""
    draw = random.Random(5)
    lines = ["clinic,x,arm,sex,gone,kind,time"]
    for i, clinic in enumerate(CLINICS * 40):
        arm = ("old", "new", "rare")[i // 3 % 3]
        # rare: one of Lyon's is nearly all; new: two are, and neither tells the other; sex m: below 0.
        x = 5e4 if (clinic, arm) == ("lyon", "rare") and i < 9 else 4e3 if (clinic, arm) == ("graz", "new") and i < 16 else draw.uniform(1, 10)
        lines.append(f"{clinic},{x!r},{arm},{'fm'[i // 9 % 2]},{i % 2},p,{-1 if i // 9 % 2 else x!r}")
    stays.write("large.csv", "\n".join(lines) + "\n")
    stays.take("large", COLUMNS.replace("x: {role: feature, minimum: 0, maximum: 10}", "x: {role: feature}").replace("time: {role: target, minimum: 0}", "time: {role: target}"), "large-run.yaml")
    texts = set()
    for np in (None, 2, 5):
        out = tmp_path / f"large-{np}"
        stays.run("describe", "large-run.yaml", "--output", out, "--set", "describe={bins: 0, quantiles: [], tests: [{compare: x, by: arm}, {compare: time, by: sex}]}", np=np)
        texts.add((out / "description.json").read_bytes())
    assert len(texts) == 1
    tests = {test["compare"]: {group["level"]: group["dominance"] for group in test["groups"]} for test in json.loads(texts.pop())["tests"]}
    assert tests["x"] == {"old": {"n_k": False, "p_percent": False}, "new": {"n_k": True, "p_percent": True}, "rare": {"n_k": True, "p_percent": True}}
    assert tests["time"]["m"] == {"n_k": None, "p_percent": None}
    found = {one["rule"]: one for one in check(stays, out, code=POLICY)["checks"] if one["artefact"] == "description.json"}
    assert found["n-k dominance"]["verdict"] == found["p% dominance"]["verdict"] == "fail"
    assert "x by arm: rare: in a domain the two largest are 90 % of the sum, or more" in found["n-k dominance"]["examples"]
    assert "time by sex: m: some are below 0" in found["p% dominance"]["examples"] and not any("old" in example for example in found["p% dominance"]["examples"])
    stays.run("describe", "many-run.yaml", "--output", tmp_path / "even", "--set", "describe={bins: 0, quantiles: [], tests: [{compare: x, by: arm}]}")
    said = verdicts(check(stays, tmp_path / "even"))
    assert said["description.json", "n-k dominance"] == said["description.json", "p% dominance"] == "pass"


def test_groups_that_tell(stays, tmp_path):
    """Bins whose rows all have an event, categories that are always found, fits that separate, values that rows lack."""
    draw = random.Random(4)
    lines = ["clinic,x,arm,sex,gone,kind,time"]
    for i, clinic in enumerate(CLINICS * 40):
        x = draw.uniform(0, 10)
        gone = draw.random() < 0.5 if clinic == "bern" else x > 5  # without Bern the others separate
        lines.append(f"{clinic},{'' if i in (7, 70, 100) else repr(x)},{'old' if x > 5 else 'new'},{'fm'[i // 3 % 2]},{int(gone)},{'q' if clinic == 'bern' and 2 < x < 3.5 else 'p'},1")
    stays.write("told.csv", "\n".join(lines) + "\n")
    stays.take("told", COLUMNS.replace("x: {role: feature,", "x: {role: feature, missing: keep,"), "told-run.yaml")
    config = stays.path("told-run.yaml").read_text()
    stays.write("told-run.yaml", config.replace("{kind: linear, target: days}", "{kind: logistic, target: gone, features: [x], missing: {x: mean}}"))
    out = tmp_path / "told"
    for stage, setting in (("train", ()), ("attribute", ()), ("describe", ("--set", "describe={tables: [[arm, kind]], bins: 0, quantiles: []}"))):
        stays.run(stage, "told-run.yaml", "--output", out, *setting)
    found = {(one["artefact"], one["rule"]): one for one in check(stays, out, code=POLICY)["checks"]}
    (reason,) = found["attribution.json", "class disclosure"]["examples"]
    assert found["attribution.json", "class disclosure"]["verdict"] == "review" and reason.startswith("bern: no finite estimate exists")
    assert "x: rows without a value: 3" in found["description.json", "minimum count"]["examples"]
    assert "x: rows without a value" not in str(check(stays, out, "--minimum-count", "3", code=None)["checks"])
    assert "arm old, kind q: none of" in str(found["description.json", "class disclosure"]["examples"])
    stays.run("train", "told-run.yaml", "--output", tmp_path / "kinds", "--set", "model={kind: multinomial, target: kind, features: [x], missing: {x: mean}}")
    stays.run("evaluate", "told-run.yaml", "--output", tmp_path / "kinds", "--set", "model={kind: multinomial, target: kind, features: [x], missing: {x: mean}}")
    found = {(one["artefact"], one["rule"]): one for one in check(stays, tmp_path / "kinds", code=POLICY)["checks"]}
    assert any(" predicted as " in example for example in found["evaluation.json", "minimum count"]["examples"]) and any(" predicted as " in example for example in found["evaluation.json", "class disclosure"]["examples"])


def test_what_strangers_missed(stays, tmp_path):
    """Groups of tests, numbers of each domain, predictions, files that nobody knows, small fits."""
    out = tmp_path / "tests"
    stays.run("describe", "few-run.yaml", "--output", out, "--set", "describe={per_domain: true, tests: [{compare: x, by: arm}], bins: 0, quantiles: []}")
    (counts,) = (one for one in check(stays, out, code=POLICY)["checks"] if (one["artefact"], one["rule"]) == ("description.json", "minimum count"))
    assert any(example.startswith("x by arm: rows of rare: 3") for example in counts["examples"]) and any(": arm: rare: " in example for example in counts["examples"])
    copy = shutil.copytree(stays.path("many"), tmp_path / "copy")
    stays.run("predict", "many-run.yaml", "--output", copy)
    shutil.copy(stays.path("many.csv"), copy / "mine.csv")
    said = verdicts(check(stays, copy, code=POLICY))
    assert said["other files", "single rows"] == "fail" and said["other files", "not judged"] == "review"
    assert "mine.csv: no statement speaks of it" in stays.run("check-output", copy, *KEY, code=POLICY)
    few = {one["rule"]: one for one in check(stays, "few", "--minimum-freedom", "25", code=POLICY)["checks"] if one["artefact"] == "attribution.json"}
    assert few["residual degrees of freedom"]["verdict"] == "fail" and few["own sums"]["against"] == 3 and few["minimum count"]["looked_at"] == 4
    assert any("missed (recall)" in example or "taken for events" in example for one in check(stays, "few", code=POLICY)["checks"] if one["artefact"] == "evaluation.json" for example in one["examples"])


def test_what_was_found_is_signed(stays, tmp_path):
    """About these files: another evaluation is none that was checked."""
    copy = shutil.copytree(stays.path("many"), tmp_path / "many")
    sign = ("--sign-with", "checker.pem", "--by", "Grace, output checking")
    head = check(stays, copy, *sign)["head"]
    (line,) = forge.read(copy / "checks.jsonl")
    assert line["predicateType"] == "https://bailiwick.dev/output-check/v1" and line["subject"][0]["name"] == "model.h5"
    assert {one["file"] for one in line["predicate"]["artefacts"]} == {"model.h5", "evaluation.json", "description.json", "survival.json", "attribution.json"}
    out = stays.run("verify", copy, *KEY, "--head", head)
    assert "ok  checks.jsonl:1: outputs checked by Grace, output checking, key " in out and "whose key" in out.splitlines()[-1]
    assert "whose key" not in stays.run("verify", copy, *KEY, "--approver-key", "checker.pub.pem")
    stays.run("report", copy, *KEY)
    assert "Outputs checked on" in (copy / "report.html").read_text() and "residual degrees of freedom" in (copy / "report.html").read_text()
    assert "a second person checks outputs" in stays.run("check-output", copy, *KEY, "--sign-with", "operator.pem", "--by", "x", code=POLICY)
    assert "the last check of the outputs says: review" in stays.run("approve", copy, *KEY, "--sign-with", "checker.pem", "--by", "x", "--reason", "y")
    stays.run("explain", "many-run.yaml", "--output", copy, "--set", "explain={repeats: 1, points: 0}")
    assert "explanation.json came later, and was not checked" in stays.run("verify", copy, *KEY, code=INTEGRITY)
    assert ("explanation.json", "minimum count") in verdicts(check(stays, copy, *sign))  # the folder holds but for that
    stays.run("verify", copy, *KEY)
    # One that the operator wrote by hand, past the command.
    operator, pem = forge.Signer(stays.path("operator.pem")), stays.path("operator.pub.pem").read_text()
    mine = forge.read(copy / "checks.jsonl")[0]
    mine["predicate"].update(publicKey=pem, verdict="pass")
    payload = json.dumps(mine, sort_keys=True, separators=(",", ":")).encode()
    kept = (copy / "checks.jsonl").read_text()
    (copy / "checks.jsonl").write_text(forge.envelope(payload, [(operator.id, operator.sign(payload))]) + "\n")
    assert "by a key that signed the run: a second person checks outputs" in stays.run("verify", copy, *KEY, code=INTEGRITY)
    for words, text in (((), "pass, as a line says"), (KEY, "pass, which does not hold: by a key that signed the run")):
        stays.run("report", copy, *words)
        assert f"? {text}" in (copy / "report.html").read_text() or f"✗ {text}" in (copy / "report.html").read_text()
    (copy / "checks.jsonl").write_text(kept)
    for name in ("explanation.jsonl", "explanation.json", "explanation.txt"):
        (copy / name).unlink()
    for name in ("evaluation.jsonl", "evaluation.json"):
        (copy / name).unlink()
    stays.run("evaluate", "many-run.yaml", "--output", copy, "--set", "evaluate.per_domain=false")
    assert "evaluation.json is another, or not there any more" in stays.run("verify", copy, *KEY, code=INTEGRITY)


def test_what_cannot_be_judged(stays, tmp_path):
    copy = shutil.copytree(stays.path("few"), tmp_path / "few")
    (copy / "evaluation.json").write_text((copy / "evaluation.json").read_text().replace('"rows": ', '"rows": 9'))
    assert "does not hold, so nothing was judged" in stays.run("check-output", copy, *KEY, "--sign-with", "checker.pem", "--by", "x", code=INTEGRITY)
    assert not (copy / "checks.jsonl").exists()
    assert "go together" in stays.run("check-output", "few", *KEY, "--by", "x", code=USAGE)
    for count in ("ten", "0"):
        assert "--minimum-count" in stays.run("check-output", "few", *KEY, "--minimum-count", count, code=USAGE)


def test_an_owners_own_thresholds(stays):
    """Whoever checks may ask for more than an owner's policy, but not for less."""
    assert check(stays, "many")["thresholds"] == {"count": 10, "freedom": 10}
    allow = "exact_release: true, per_domain_statistics: true, unmasked_sums: true, two_parties: true"
    stays.terms("lyon", "disclosure: {count: 5000, freedom: 600}\n", allow=allow)
    stays.run("train", "many-run.yaml", "--output", "strict")
    stays.terms("lyon", allow=allow)
    found = check(stays, "strict", "--minimum-count", "20", code=None)
    assert found["thresholds"] == {"count": 5000, "freedom": 600} and found["verdict"] == "fail"
    assert "rows: 600" in str(found["checks"])
