# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""One place says which version of a model is in use: who may decide, what a candidate must not be worse in, what jobs take, what nobody can change unseen."""
import csv
import errno
import hashlib
import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

import forge
from conftest import PROGRAM, Checkout, referee
from test_policies import CLINICS, Stays

USAGE, POLICY, DATA, INTEGRITY, VERDICT = 2, 4, 5, 7, 8
KEY = ("--key", "operator.pub.pem")
CHECKER = ("--approver-key", "checker.pub.pem")
ALLOW = "exact_release: true, per_domain_statistics: true, two_parties: true, unmasked_sums: true"
COLUMNS = """
  x: {role: feature, minimum: 0, maximum: 10}
  z: {role: feature, minimum: 0, maximum: 10}
  gone: {role: target, type: boolean}
"""
FEATURES = {"plain": "[x]", "both": "[x, z]", "other": "[z]"}


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    """plain, both and other: trained, evaluated and checked. With z a model is better, and worse in Graz alone, where z means the opposite."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("deploy")))
    draw = random.Random(5)
    lines = ["clinic,x,z,gone"]
    for i in range(600):
        clinic = CLINICS[i % 3]
        x, z = draw.uniform(0, 10), draw.uniform(0, 10)
        eta = 0.5 * (x - 5) + (-0.3 if clinic == "graz" else 0.9) * (z - 5)
        lines.append(f"{clinic},{x!r},{z!r},{int(draw.random() < 1 / (1 + math.exp(-eta)))}")
    stays.write("many.csv", "\n".join(lines) + "\n")
    stays.take("many", COLUMNS, "plain.yaml")
    config = stays.path("plain.yaml").read_text().replace("evaluate: {per_domain: false}", "evaluate: {calibration_bins: 1}")
    for clinic in CLINICS:
        stays.terms(clinic, allow=ALLOW)
    for key in ("checker", "ada", "eve"):
        stays.run("keygen", key)
    for name, features in FEATURES.items():
        stays.write(f"{name}.yaml", config.replace("{kind: linear, target: days}", f"{{kind: logistic, target: gone, features: {features}}}"))
        stays.run("train", f"{name}.yaml", "--output", name, *(("--set", "train.checkpoint.every=0") if name == "other" else ()))
        stays.run("evaluate", f"{name}.yaml", "--output", name)
        stays.run("check-output", name, *KEY, "--sign-with", "checker.pem", "--by", "Grace")
    stays.version = {name: stays.checkout.digest(f"{name}/model.h5")[:12] for name in FEATURES}
    begin(stays, stays.path("models"))
    for name in ("plain", "both"):
        add(stays, stays.path("models"), name)
    return stays


@pytest.fixture
def models(stays, tmp_path):
    """A registry of one's own: plain and both are candidates for heart."""
    return shutil.copytree(stays.path("models"), tmp_path / "models")


def begin(stays, folder, *words, keys=("operator", "ada"), code=0):
    return stays.run("deploy", "init", folder, *(word for key in keys for word in ("--key", f"{key}.pub.pem")), "--sign-with", "operator.pem", *words, code=code)


def add(stays, models, folder, *words, who="operator", name="heart", code=0, known=CHECKER):
    return stays.run("deploy", "add", folder, "--registry", models, "--name", name, "--sign-with", f"{who}.pem", *KEY, *known, *words, code=code)


def decide(stays, part, models, what, *words, who="ada", code=0):
    return stays.run("deploy", part, what, "--registry", models, "--sign-with", f"{who}.pem", "--by", f"{who}, board", *words, code=code)


def show(stays, models, *words, code=0):
    return stays.run("deploy", "show", *words, "--registry", models, *KEY, code=code)


def heart(stays, models):
    (said,) = json.loads(show(stays, models, "heart", "--json"))["models"]
    assert sum(version["state"] == "deployed" for version in said["versions"]) == (said["deployed"] is not None)
    return said


def states(stays, models):
    return {version["version"]: version["state"] for version in heart(stays, models)["versions"]}


def predict(stays, model, output, *words, config="plain", **how):
    return stays.run("predict", f"{config}.yaml", "--model", model, "--output", output, *words, **how)


def test_the_whole_life(stays, models, tmp_path):
    plain, both = stays.version["plain"], stays.version["both"]
    assert states(stays, models) == {plain: "candidate", both: "candidate"}
    assert f"heart@{plain} is there already, as it was signed; nothing was changed" in add(stays, models, "plain", who="ada")
    assert "no version is in use: nothing was promoted yet" in predict(stays, models / "heart", tmp_path / "p", code=POLICY)
    assert f"there are several candidates: {plain}, {both}" in decide(stays, "promote", models, "heart", code=USAGE)
    out = decide(stays, "promote", models, f"heart@{plain}", "--why", "replaces the score of 1998")
    assert out.startswith(f"deployed  heart@{plain}\nhead      ")
    assert "is deployed already; nothing was signed" in decide(stays, "promote", models, f"heart@{plain}")
    out = decide(stays, "promote", models, "heart")  # the one candidate
    assert f"deployed  heart@{both}, instead of {plain}\n" in out
    assert states(stays, models) == {plain: "retired", both: "deployed"}
    out = show(stays, models, "heart")
    assert re.search(rf"heart +{plain} +retired +\S+Z +ada, board +length of stay +logistic +gone +auc 0\.\d+ \(all rows\)\n", out)
    assert f"  {plain}  deployed, by ada, board: replaces the score of 1998\n" in out and f"  {both}  deployed, instead of {plain}, by ada, board\n" in out
    assert heart(stays, models)["head"] == hashlib.sha256(payloads(models)[-1]).hexdigest()
    # Back, and not forth again: before plain there was none.
    assert f"deployed  heart@{plain}, instead of {both}\n" in decide(stays, "rollback", models, "heart", who="operator")
    assert "no version was in use before that may be again" in decide(stays, "rollback", models, "heart", code=DATA)
    decide(stays, "promote", models, f"heart@{both}")
    decide(stays, "retire", models, "heart", who="operator")
    assert f"{both} was retired on " in predict(stays, models / "heart", tmp_path / "p", config="both", code=POLICY)
    assert "no version is in use" in decide(stays, "retire", models, "heart", code=DATA)
    assert f"deployed  heart@{both}\n" in decide(stays, "rollback", models, "heart")
    predict(stays, models / "heart", tmp_path / "done", config="both")
    # Withdrawn is for good, by whichever path.
    decide(stays, "withdraw", models, f"heart@{both}", code=USAGE)
    out = decide(stays, "withdraw", models, f"heart@{both}", "--why", "rows of March were wrong")
    assert f"withdrawn heart@{both}\n" in out and "`bailiwick deploy rollback heart` puts the one before in use" in out
    for model, output in ((models / "heart", "p"), (models / f"heart/{both}/model.h5", "p"), (models / f"heart/{both}/model.h5", "done")):
        out = predict(stays, model, tmp_path / output, config="both", code=POLICY)
        assert "withdrawn on " in out and "by ada, board: rows of March were wrong" in out
    assert "for good" in decide(stays, "promote", models, f"heart@{both}", code=POLICY)
    assert "withdrawn there, for good" in add(stays, models, "both", code=POLICY)
    assert "is withdrawn already" in decide(stays, "withdraw", models, f"heart@{both}", "--why", "again")
    assert f"deployed  heart@{plain}\n" in decide(stays, "rollback", models, "heart")
    assert states(stays, models) == {plain: "deployed", both: "withdrawn"}
    assert not (tmp_path / "p").exists()


def test_report_and_trace_say_what_became_of_it(stays, models, tmp_path):
    plain, both = stays.version["plain"], stays.version["both"]
    for model in (plain, both):
        decide(stays, "promote", models, f"heart@{model}", "--why", "as <good>")
    page = tmp_path / "report.html"
    stays.run("report", "plain", "--registry", models, "--output", page)
    text = re.sub("<[^>]*>", " ", page.read_text())
    assert re.search(r"In use \s*\? retired\s+as\s+heart\s+since 20", text)
    assert [word for word in re.findall(rf"{plain}\s+[?✓✗]\s+(\w+)", text)] == ["candidate", "deployed", "retired"]
    assert "as &lt;good&gt;" in page.read_text()
    stays.run("report", "other", "--registry", models, "--output", page)
    assert "no name of the registry has this model" in page.read_text()
    out = stays.run("trace", "both/model.h5", "--in", models, "--key", "ada.pub.pem", *KEY)
    assert re.search(rf"deployed +{models}/heart, version {both}, 20\S+Z by ada, board: as <good>; key [0-9a-f]{{12}}, checked; {models}/heart/states.jsonl:4\n", out)
    found = stays.run("trace", "plain/model.h5", "--in", models, "--format", "json")
    decisions = [d for session in json.loads(found)["sessions"].values() for d in session["decisions"]]
    assert [d["word"] for d in decisions[:3]] == ["candidate", "deployed", "retired"] and not any(d["known_key"] for d in decisions)
    assert "retired by ada, board" in stays.run("trace", "plain/model.h5", "--in", models, "--format", "svg")
    path = models / "heart/states.jsonl"
    path.write_text(path.read_text().replace("payload", "payloda", 1))
    out = stays.run("trace", "plain/model.h5", "--in", models, code=INTEGRITY)
    assert f"does not hold: {models}/heart/states.jsonl:1" in out and "deployed" not in out
    stays.run("report", "plain", "--registry", models, "--output", page)
    assert "the registry of models does not hold" in page.read_text()


def test_jobs_take_what_is_in_use(stays, models, tmp_path):
    """The same bytes as with the model where it was trained, on any ranks; the chain names the same."""
    decide(stays, "promote", models, f"heart@{stays.version['plain']}")
    predict(stays, "plain/model.h5", tmp_path / "own")
    for np in (1, 4):
        out = predict(stays, models / "heart", tmp_path / f"np-{np}", np=np)
        assert f"model heart@{stays.version['plain']}, in use since " in out and "by ada, board" in out
        for name in ("prediction.json", *(f"predictions/{clinic}/{clinic}.csv" for clinic in CLINICS)):
            assert (tmp_path / f"np-{np}" / name).read_bytes() == (tmp_path / "own" / name).read_bytes()
    stays.run("verify", tmp_path / "np-4", *KEY)
    (end, beside) = (forge.read(tmp_path / name / "prediction.jsonl")[-1] for name in ("np-4", "own"))
    assert forge.dependency(end, "model") == forge.dependency(beside, "model")
    stays.run("evaluate", "plain.yaml", "--model", models / "heart", "--output", tmp_path / "e", np=2)
    assert (tmp_path / "e/evaluation.json").read_bytes() == stays.path("plain/evaluation.json").read_bytes()
    # Another is put in use: the same command takes that.
    decide(stays, "promote", models, "heart")
    assert "model.h5 is a model with another kind" in predict(stays, models / "heart", tmp_path / "o", "--set", "model.kind=probit", code=3)
    assert f"model heart@{stays.version['both']}" in predict(stays, models / "heart/", tmp_path / "b", config="both")
    for folder, text in ((models, "is a folder, and no name in a registry"), (models / "haert", 'has no model of the name haert (did you mean "heart"?); there are: heart'), (tmp_path / "m.h5", "m.h5: cannot open")):
        assert text in predict(stays, folder, tmp_path / "o", code=DATA)
    # Only a registry that the job's operator, or a key that is named, began.
    stays.write("eve.yaml", stays.path("both.yaml").read_text().replace("operator.pem", "eve.pem"))
    out = predict(stays, models / "heart", tmp_path / "o", config="eve", code=INTEGRITY)
    assert "registry.json: is signed by key " in out and "--model-key" in out
    predict(stays, models / "heart", tmp_path / "o", "--model-key", "operator.pub.pem", config="eve")


def test_a_version_holds_by_itself(stays, models, tmp_path):
    """All of a run but its checkpoints, which know the same rows: those that are not there are passed over in a registry alone."""
    (tmp_path / "model.onnx").write_bytes(b"onnx")
    out = add(stays, models, "other", "--export", tmp_path / "model.onnx", name="lung")
    folder = models / "lung" / stays.version["other"]
    assert f"candidate lung@{folder.name}\nwith      evaluation.json\n" in out and (folder / "exports/model.onnx").read_bytes() == b"onnx"
    stays.run("verify", folder, *KEY)
    assert not list(models.rglob("checks.jsonl")) and list(folder.glob("documents/*/policy-*.json"))
    plain = models / "heart" / stays.version["plain"]
    out = stays.run("verify", plain, *KEY)
    assert f"ok  heart@{plain.name}: files, as they were added" in out and "checkpoints, which stayed" in out.splitlines()[-1] and not (plain / "checkpoints").exists()
    (plain / "checkpoints").mkdir()
    shutil.copy(stays.path("both/model.h5"), plain / next(statement["subject"][0]["name"] for statement in forge.read(plain / "lineage.jsonl")[::-1] if "checkpoints/" in statement["subject"][0]["name"]))
    assert "NO  lineage.jsonl:" in stays.run("verify", plain, *KEY, code=INTEGRITY)
    shutil.rmtree(plain / "checkpoints")
    elsewhere = shutil.copytree(plain, tmp_path / plain.name)
    assert "checkpoints/" in stays.run("verify", elsewhere, *KEY, code=INTEGRITY)
    (plain / "resolved.yaml").write_text((plain / "resolved.yaml").read_text() + " ")
    assert f"NO  heart@{plain.name}: files, as they were added: {plain}/resolved.yaml: is not as it was signed" in stays.run("verify", plain, *KEY, code=INTEGRITY)
    (plain / "resolved.yaml").write_text((plain / "resolved.yaml").read_text()[:-1])
    (said,) = [line["predicate"] for line in forge.read(models / "lung/states.jsonl")]
    assert said["files"] == {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}
    assert (said["state"], said["run"]["kind"], said["check"]["by"], said["name"]) == ("candidate", "logistic", "Grace", "lung")
    assert [model["name"] for model in json.loads(show(stays, models, "--json"))["models"]] == ["heart", "lung"]


def test_what_may_leave_may_be_deployed(stays, models, tmp_path):
    """By the words of `release`."""
    folder = shutil.copytree(stays.path("other"), tmp_path / "other")

    def both_say(text, code, known=CHECKER):
        release = stays.run("release", folder, "--to", tmp_path / "b", "--sign-with", "ada.pem", *KEY, *known, "model.h5", code=code)
        deploy = add(stays, models, folder, code=code, known=known)
        assert text in deploy and release.replace("so nothing leaves", "so nothing is deployed") == deploy
        assert not (models / "heart" / stays.version["other"]).exists()

    both_say("nobody vouches for the key of the newest check", POLICY, known=())
    stays.run("refuse", folder, *KEY, "--sign-with", "ada.pem", "--by", "Ada", "--reason", "misses women over 70")
    both_say("model.h5 was refused on ", POLICY)
    stays.run("withdraw", folder, *KEY, "--sign-with", "operator.pem", "--by", "Bob", "--reason", "no")
    both_say("model.h5 was withdrawn on ", POLICY)
    (folder / "resolved.yaml").write_text("name: another\n")
    both_say("does not hold, so nothing is deployed", INTEGRITY)
    (folder / "checks.jsonl").unlink()
    shutil.copy(stays.path("other/resolved.yaml"), folder)
    both_say("nobody has checked what lies there", POLICY)
    # An evaluation that may not leave stays; the model goes.
    mine = shutil.copytree(stays.path("other"), tmp_path / "mine")
    stays.run("approve", mine, *KEY, "--sign-with", "ada.pem", "--by", "Ada", "--reason", "meets the protocol")
    stays.run("refuse", mine, "--of", "evaluation.json", *KEY, "--sign-with", "ada.pem", "--by", "Ada", "--reason", "of few rows")
    assert "without   evaluation.json: evaluation.json was refused on " in add(stays, models, mine)
    version = heart(stays, models)["versions"][-1]
    assert version["approval"]["reason"] == "meets the protocol" and version["evaluations"] == {} and not list(models.rglob(f"{version['version']}/evaluation*"))
    assert "lies in the output folder" in stays.run("deploy", "init", mine / "r", "--key", "ada.pub.pem", "--alone", "--sign-with", "ada.pem") + add(
        stays, mine / "r", mine, who="ada", code=USAGE)


def test_who_may_decide(stays, models, tmp_path):
    what = f"heart@{stays.version['plain']}"
    for part, words in (("promote", ()), ("withdraw", ("--why", "x"))):
        assert "is none of those that" in decide(stays, part, models, what, *words, who="eve", code=POLICY)
    assert "is none of those that" in add(stays, models, "other", who="eve", code=POLICY)
    assert "was trained with this key; a second person promotes it" in decide(stays, "promote", models, what, who="operator", code=POLICY)
    assert len(payloads(models)) == 2
    assert "one alone could promote no model" in begin(stays, tmp_path / "new", keys=("operator",), code=USAGE)
    assert "is given twice" in begin(stays, tmp_path / "new", keys=("operator", "operator"), code=USAGE)
    assert "a registry is begun once" in begin(stays, models, code=DATA)
    assert not (tmp_path / "new").exists()
    begin(stays, tmp_path / "new", "--alone", keys=("operator",))
    assert show(stays, tmp_path / "new") == "no model was added yet\n"
    add(stays, tmp_path / "new", "plain")
    decide(stays, "promote", tmp_path / "new", "heart", who="operator")
    for words, text in ((("haert",), 'has no model of the name haert (did you mean "heart"?)'), (("heart@",), "write NAME or NAME@VERSION"), (("../x",), "is to be a name of letters"),
                        (("heart@0123456789ab",), "has no version 0123456789ab")):
        assert text in decide(stays, "promote", models, *words, code=None)
    assert "is no registry of models" in decide(stays, "promote", tmp_path, "heart", code=DATA)
    assert "give the name alone" in decide(stays, "rollback", models, what, code=USAGE)
    assert "is none of those given" in stays.run("deploy", "show", "--registry", models, "--key", "ada.pub.pem", code=INTEGRITY)
    assert "Not looked at: whose key" in stays.run("deploy", "show", "--registry", models)


GUARD = ("--evaluation", "both/evaluation.json", "--beside", "plain/evaluation.json", "--metric")


def test_no_domain_gets_worse(stays, models):
    """Though all rows together are better: by evaluation.json, and by scikit-learn's area."""
    plain, both = (json.loads(stays.path(f"{name}/evaluation.json").read_text()) for name in ("plain", "both"))
    assert both["overall"]["auc"] > plain["overall"]["auc"] + 0.05
    loss = plain["domains"]["graz"]["auc"] - both["domains"]["graz"]["auc"]
    assert loss > 0.02
    decide(stays, "promote", models, f"heart@{stays.version['plain']}")
    kept = payloads(models)
    out = decide(stays, "promote", models, "heart", *GUARD, "auc", "--tolerance", "0.01", code=VERDICT)
    assert f"is worse than {stays.version['plain']}, which is in use, by more than 0.01, and was not promoted:\n" in out
    (line,) = re.findall(r"^  (.*)$", out, re.M)
    assert line == f"domain graz: auc {both['domains']['graz']['auc']!r} instead of {plain['domains']['graz']['auc']!r}, worse by {loss!r}"
    assert "brier" in decide(stays, "promote", models, "heart", *GUARD, "brier", code=VERDICT)  # less is better
    assert payloads(models) == kept
    decide(stays, "promote", models, "heart", *GUARD, "auc", "--tolerance", "1")
    said = heart(stays, models)["history"][-1]["guard"]
    digests = [hashlib.sha256(stays.path(f"{name}/evaluation.json").read_bytes()).hexdigest() for name in ("both", "plain")]
    assert said == {"metric": "auc", "more_is_better": True, "tolerance": 1, "split": "", "domains": 3, "evaluation": digests[0], "beside": digests[1]}
    assert "auc not worse by more than 1, overall and in 3 domains (all rows)" in show(stays, models, "heart")
    # Back: overall worse now.
    out = decide(stays, "promote", models, f"heart@{stays.version['plain']}", "--evaluation", "plain/evaluation.json", "--beside", "both/evaluation.json", "--metric", "log_loss", code=VERDICT)
    assert "  overall: log_loss " in out and "domain bern" in out and "domain graz" not in out
    area = referee("sklearn.metrics").roc_auc_score
    rows = list(csv.DictReader(stays.path("many.csv").open()))
    for name, evaluation in (("plain", plain), ("both", both)):
        predict(stays, f"{name}/model.h5", f"{name}-scores", config=name)
        truth = [int(row["gone"]) for row in rows if row["clinic"] == "graz"]
        scores = [float(row["probability"]) for row in csv.DictReader(stays.path(f"{name}-scores/predictions/graz/graz.csv").open())]
        assert area(truth, scores) == pytest.approx(evaluation["domains"]["graz"]["auc"], abs=2e-3)


def test_what_is_no_guard(stays, models, tmp_path):
    def promote(code, *words, metric="auc", a="both/evaluation.json", b="plain/evaluation.json"):
        return decide(stays, "promote", models, f"heart@{stays.version['both']}", "--evaluation", a, "--beside", b, "--metric", metric, *words, code=code)

    assert "promote without a guard" in promote(DATA)
    decide(stays, "promote", models, f"heart@{stays.version['plain']}")
    assert 'is no measure of how good a model is (did you mean "auc"?)' in promote(USAGE, metric="acu")
    assert "has no rmse" in promote(DATA, metric="rmse")
    assert "--tolerance -1: is no number of at least 0" in promote(USAGE, "--tolerance=-1")
    assert "--beside, --metric: missing" in decide(stays, "promote", models, "heart", "--evaluation", "both/evaluation.json", code=USAGE)
    assert f"is of another model than {stays.version['both']} (candidate): of {stays.version['plain']}" in promote(DATA, a="plain/evaluation.json")
    assert "there is no such file" in promote(DATA, a="both/evalaution.json")
    stays.write("lone.json", stays.path("both/evaluation.json").read_text())
    assert "nobody vouches for it" in promote(INTEGRITY, a="lone.json")
    config = stays.path("both.yaml").read_text()
    stays.write("fewer.yaml", "\n".join(line for line in config.splitlines() if "{name: graz," not in line) + "\n")
    stays.write("alone.yaml", config.replace("calibration_bins: 1", "calibration_bins: 1, per_domain: false"))
    for name, text in (("alone", "only one of them has domains' own measures"), ("fewer", "this does not have; evaluate both models on the same ones")):
        stays.run("evaluate", f"{name}.yaml", "--model", "both/model.h5", "--output", name)
        assert text in promote(DATA, a=f"{name}/evaluation.json")
    copy = shutil.copytree(stays.path("both"), tmp_path / "both")
    text = (copy / "evaluation.json").read_text()
    (copy / "evaluation.json").write_text(text.replace('"rows": 200', '"rows": 201'))
    assert "does not end with it" in promote(INTEGRITY, a=copy / "evaluation.json")
    # Signed by a key that is neither the registry's nor given.
    stays.run("evaluate", "both.yaml", "--model", "both/model.h5", "--output", tmp_path / "eve", "--set", "lineage.sign_with=eve.pem", "--model-key", "operator.pub.pem")
    promote(INTEGRITY, a=tmp_path / "eve/evaluation.json")
    promote(VERDICT, "--key", "eve.pub.pem", a=tmp_path / "eve/evaluation.json")
    assert states(stays, models)[stays.version["both"]] == "candidate"


def payloads(models):
    return [forge.payload_of(line) for line in (models / "heart/states.jsonl").read_text().splitlines()]


def test_a_byte_of_a_version(stays, models, tmp_path):
    plain = stays.version["plain"]
    decide(stays, "promote", models, f"heart@{plain}")
    for name in ("model.h5", "resolved.yaml", "lineage.jsonl", f"documents/graz/{next((models / 'heart' / plain / 'documents/graz').glob('policy-*')).name}"):
        path = models / "heart" / plain / name
        kept = path.read_bytes()
        path.write_bytes(kept[:-2] + bytes([kept[-2] ^ 1]) + kept[-1:])
        text = f"{path}: is not as it was signed when it was added"
        said = [show(stays, models, code=INTEGRITY), add(stays, models, "plain", code=INTEGRITY)]
        if name == "model.h5":
            said.append(predict(stays, models / "heart", tmp_path / "p", code=INTEGRITY))
        assert all(text in out for out in said), said
        path.unlink()
        assert f"{path}: is not there any more" in show(stays, models, code=INTEGRITY)
        path.write_bytes(kept)
    assert not (tmp_path / "p").exists() and show(stays, models)


def resigned(stays, line, key, change=lambda said: None):
    signer = forge.Signer(stays.path(f"{key}.pem"))
    statement = json.loads(forge.payload_of(line))
    statement["predicate"]["publicKey"] = stays.path(f"{key}.pub.pem").read_text()
    change(statement["predicate"])
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
    return forge.envelope(payload, [(signer.id, signer.sign(payload))])


def test_a_line_that_was_changed(stays, models, tmp_path):
    """Altered, dropped, swapped, by another key, by who trained the model, of another name or registry: the first line that does not hold is named."""
    plain, both = stays.version["plain"], stays.version["both"]
    decide(stays, "promote", models, f"heart@{plain}")
    path = models / "heart/states.jsonl"
    lines = path.read_text().splitlines()
    flipped = lines[1].replace(lines[1][40], "A" if lines[1][40] != "A" else "B", 1)
    wanted = lambda **members: lambda said: said.update(members)
    for changed, at, text in (
            ([lines[0], flipped, lines[2]], 2, ""), (lines[1:], 1, "does not follow the line before"), ([lines[0], lines[2]], 2, "does not follow the line before"),
            ([lines[1], lines[0], lines[2]], 1, "does not follow"), ([*lines[:2], resigned(stays, lines[2], "eve")], 3, "which is none of"),
            ([*lines[:2], resigned(stays, lines[2], "operator")], 3, "is promoted by the key that trained it"),
            ([*lines[:2], resigned(stays, lines[2], "ada", wanted(name="lung"))], 3, "is about a model of another name"),
            ([*lines[:2], resigned(stays, lines[2], "ada", wanted(registry="0" * 64))], 3, "is of another registry"),
            ([*lines[:2], resigned(stays, lines[2], "ada", wanted(state="best"))], 3, "says no state that is known"),
            ([*lines[:2], resigned(stays, lines[2], "ada", wanted(retires=both))], 3, "does not retire the version in use"),
            ([*lines[:2], resigned(stays, lines[2], "ada", wanted(state="retired"))], 3, f"{plain} is not in use"),
            ([*lines[:2], resigned(stays, lines[2], "ada", wanted(back=True))], 3, f"{plain} was not in use before")):
        path.write_text("\n".join(changed) + "\n")
        out = show(stays, models, code=INTEGRITY) if at < 3 else predict(stays, models / "heart", tmp_path / "p", code=INTEGRITY)
        assert f"states.jsonl:{at}: " in out and text in out, out
    path.write_text("\n".join(lines))
    assert "its last line has no end" in decide(stays, "rollback", models, "heart", code=INTEGRITY)
    # Who adds says who trained it; the chain shows whether that is so.
    lie = [lines[0], lines[1], lines[2]]
    lie[0] = resigned(stays, lines[0], "operator", wanted(signer="0" * 64))
    for i in (1, 2):
        before = hashlib.sha256(forge.payload_of(lie[i - 1])).hexdigest()
        lie[i] = resigned(stays, lines[i], "operator", wanted(previous=before))
    path.write_text("\n".join(lie) + "\n")
    assert "states.jsonl:1: says that " in predict(stays, models / "heart", tmp_path / "p", code=INTEGRITY)
    # A registry begun anew by another is another; the keys in it cannot be changed.
    path.write_text("\n".join(lines) + "\n")
    (line,) = (models / "registry.json").read_text().splitlines()
    (models / "registry.json").write_text(resigned(stays, line, "eve", wanted(alone=True)) + "\n")
    assert "is none of those given" in show(stays, models, code=INTEGRITY)
    assert "states.jsonl:1: is of another registry" in stays.run("deploy", "show", "--registry", models, code=INTEGRITY)
    (models / "registry.json").write_text(line + "\n")
    # A cut at the end only a head that was kept can tell; what was added and is in no line is not used.
    path.write_text(lines[0] + "\n")
    assert states(stays, models) == {plain: "candidate"}
    assert "where no line of" in predict(stays, models / f"heart/{both}/model.h5", tmp_path / "p", config="both", code=INTEGRITY)


def test_two_at_once(stays, models):
    """One after the other: the log is whole, and one is in use."""
    for _ in range(3):
        before = len(payloads(models))
        both = [subprocess.Popen([PROGRAM, "deploy", "promote", f"heart@{stays.version[name]}", "--registry", models, "--sign-with", "ada.pem"], cwd=stays.checkout.root,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for name in ("plain", "both", "plain", "both")]
        said = [process.communicate(timeout=60)[0] for process in both]
        assert [process.returncode for process in both] == [0] * 4, said
        assert len(payloads(models)) - before == sum(out.startswith("deployed") for out in said)
        assert sorted(states(stays, models).values()) == ["deployed", "retired"]


def test_killed(stays, models, tmp_path):
    """Whatever a killed `add` leaves, nobody uses, and the next one mends."""
    version = models / "heart" / stays.version["other"]
    complete = shutil.copytree(models, tmp_path / "complete")
    add(stays, complete, "other")
    # Between the folder and the line, and with a copy under a temporary name.
    shutil.copytree(complete / "heart" / version.name, version)
    (version / "model.h5").write_bytes(b"half")
    shutil.copytree(version, models / f"heart/{version.name}.tmp.4711")
    assert set(states(stays, models)) == {stays.version["plain"], stays.version["both"]}
    assert "where no line of" in predict(stays, version / "model.h5", tmp_path / "p", config="other", code=None)
    add(stays, models, "other")
    assert states(stays, models)[version.name] == "candidate" and not list(models.rglob("*.tmp.*"))
    # Anywhere.
    draw = random.Random(7)
    for attempt in range(5):
        mine = tmp_path / f"killed-{attempt}"
        shutil.copytree(stays.path("models"), mine)
        process = subprocess.Popen([PROGRAM, "deploy", "add", "other", "--registry", mine, "--name", "heart", "--sign-with", "operator.pem", *KEY, *CHECKER],
                                   cwd=stays.checkout.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(draw.uniform(0.02, 0.25))
        process.send_signal(signal.SIGKILL)
        process.wait()
        add(stays, mine, "other")
        assert states(stays, mine)[version.name] == "candidate" and not list(mine.rglob("*.tmp.*"))
        assert {path.name for path in (mine / "heart").iterdir()} == {*stays.version.values(), "states.jsonl", ".states.lock"}


def test_storage_that_fails(stays, models, tmp_path):
    """The first, the middle and the last call of each kind: no line, no half version, the log whole; then the same command does it."""
    trace = tmp_path / "trace"
    version = stays.version["other"]

    def attempt(*words, **settings):
        trace.unlink(missing_ok=True)
        shim = {"LD_PRELOAD": os.path.join(os.environ["BAILIWICK_DURABILITY"], "libshim.so"), "SHIM_PATH": str(models), "SHIM_TRACE": str(trace), **settings}
        done = subprocess.run([PROGRAM, "deploy", *words, "--registry", models], cwd=stays.checkout.root, text=True, capture_output=True, timeout=60, env={**os.environ, **shim})
        return done.returncode, done.stdout + done.stderr

    commands = (("add", "other", "--name", "heart", "--sign-with", "operator.pem", *KEY, *CHECKER), ("promote", f"heart@{version}", "--sign-with", "ada.pem"))
    refused = 0
    for words in commands:
        kept = shutil.copytree(models, tmp_path / f"before-{words[0]}")
        code, out = attempt(*words)
        assert code == 0, out
        calls = [line.split(" ", 3)[2] for line in trace.read_text().splitlines()]
        for call in ("write", "sync", "rename", "mkdir"):
            count = calls.count(call)
            for n in sorted({1, (count + 1) // 2, count} if count else ()):
                shutil.rmtree(models)
                shutil.copytree(kept, models)
                code, out = attempt(*words, SHIM_CALL=call, SHIM_NTH=str(n), SHIM_HOW=str(errno.ENOSPC))
                assert code in (0, DATA) and not list(models.rglob("*.tmp*")), (call, n, out)
                if code == DATA:
                    assert out.count("bailiwick: ") == 1 and os.strerror(errno.ENOSPC) in out, (call, n, out)
                    assert (models / "heart/states.jsonl").read_bytes() == (kept / "heart/states.jsonl").read_bytes(), (call, n, out)
                    refused += 1
        assert attempt(*words)[0] == 0
    assert states(stays, models)[version] == "deployed" and refused > 8


NETWORK = [word for setting in ("model={kind: mlp, target: gone, features: [x, z], mlp: {loss: binary, layers: []}}", "train.method=sgd", "train.descent.learning_rate=0.3", "train.descent.batch_rows=16",
                                "train.federated={rounds: 4, local_steps: 10, personal: {kind: finetune, steps: 60}}") for word in ("--set", setting)]


@pytest.fixture(scope="module")
def federated(stays):
    """A network whose domains have their own, too: both evaluations of it."""
    stays.run("train", "both.yaml", "--output", "federated", *NETWORK, np=3)
    for name, regional in (("own", "true"), ("common", "false")):
        stays.run("evaluate", "both.yaml", "--model", "federated/model.h5", "--output", f"federated-{name}", *NETWORK, "--set", f"evaluate.regional={regional}")
    stays.run("check-output", "federated", *KEY, "--sign-with", "checker.pem", "--by", "Grace")
    return stays


def routed(stays, models, gain, *words, **how):
    return decide(stays, "promote", models, "net", "--regional", "federated-own/evaluation.json", "--common", "federated-common/evaluation.json", "--metric", "auc", "--gain", gain, *words, **how)


def test_domains_by_their_own_models(federated, models, tmp_path):
    stays = federated
    add(stays, models, "federated", name="net")
    own, common = (json.loads(stays.path(f"federated-{name}/evaluation.json").read_text()) for name in ("own", "common"))
    gains = {clinic: own["domains"][clinic]["auc"] - common["domains"][clinic]["auc"] for clinic in CLINICS}
    assert gains["graz"] > 0.1 > max(gains["bern"], gains["lyon"]), "what z means is another thing in Graz alone"
    content = {clinic: stays.checkout.digest(f"federated/regions/{clinic}/model.h5") for clinic in CLINICS}
    assert own["models"] == content and "models" not in common
    # The rule, its line, and what is not enough for it.
    assert "--common: missing" in decide(stays, "promote", models, "net", "--regional", "federated-own/evaluation.json", "--metric", "auc", code=USAGE)
    assert "was made without evaluate.regional" in decide(stays, "promote", models, "net", "--regional", "federated-common/evaluation.json", "--common", "federated-common/evaluation.json", "--metric", "auc", code=DATA)
    assert "each domain by its own model; what is asked" in decide(stays, "promote", models, "net", "--regional", "federated-own/evaluation.json", "--common", "federated-own/evaluation.json", "--metric", "auc", code=DATA)
    assert "is of another model" in decide(stays, "promote", models, f"heart@{stays.version['both']}", "--regional", "federated-own/evaluation.json", "--common", "federated-common/evaluation.json", "--metric", "auc", code=DATA)
    out = routed(stays, models, "0.1")
    assert f"1 of 3 domains by their own models, where auc is better by 0.1 or more (all rows)\n    graz  {content['graz']}\n" in out
    shown = show(stays, models, "net")
    assert f"    graz  {content['graz']}\n" in shown
    said = json.loads(show(stays, models, "net", "--json"))["models"][0]
    assert said["versions"][0]["routes"] == {"graz": content["graz"]} and said["history"][-1]["routes"]["gain"] == 0.1
    # Jobs obey: Graz by its own model, the others by the common one, to the bit.
    words = (*NETWORK, "--set", "evaluate.regions=federated")
    assert "evaluate.regions" in predict(stays, models / "net", tmp_path / "p", *NETWORK, config="both", code=DATA)
    out = predict(stays, models / "net", tmp_path / "p", *words, config="both", np=2)
    assert "in use since" in out and "; by their own models: graz\n" in out
    predict(stays, "federated/model.h5", tmp_path / "own", *NETWORK, "--set", "evaluate.regional=true", config="both")
    predict(stays, "federated/model.h5", tmp_path / "common", *NETWORK, config="both")
    for clinic in CLINICS:
        same = {name: (tmp_path / f"p/predictions/{clinic}/{clinic}.csv").read_bytes() == (tmp_path / f"{name}/predictions/{clinic}/{clinic}.csv").read_bytes() for name in ("own", "common")}
        assert same == {"own": clinic == "graz", "common": clinic != "graz"}, clinic
    assert json.loads((tmp_path / "p/prediction.json").read_text())["models"] == {"graz": content["graz"]}
    assert "finished already" in predict(stays, models / "net", tmp_path / "p", *words, config="both")
    out = stays.run("evaluate", "both.yaml", "--model", models / "net", "--output", tmp_path / "e", *words)
    assert ", by its own model: graz\n" in out
    mixed = json.loads((tmp_path / "e/evaluation.json").read_text())
    assert mixed["models"] == {"graz": content["graz"]} and mixed["domains"] == {clinic: (own if clinic == "graz" else common)["domains"][clinic] for clinic in CLINICS}
    halves = ("--set", "monitor={reference: {partitions: [bern, graz]}, current: {partitions: [lyon]}, per_domain: false}")
    for folder, model in (("m", models / "net"), ("m-common", "federated/model.h5")):
        stays.run("monitor", "both.yaml", "--model", model, "--output", tmp_path / folder, *words, *halves, code=None)
    reference = [json.loads((tmp_path / folder / "monitor.json").read_text())["performance"]["reference"]["auc"] for folder in ("m", "m-common")]
    assert reference[0] > reference[1] + 0.03, reference
    assert "explain is of one model" in stays.run("explain", "both.yaml", "--model", models / "net", "--output", tmp_path / "x", *words, code=3)
    for folder in ("p", "e"):
        stays.run("verify", tmp_path / folder, *KEY)


def test_another_own_model_is_none(federated, models, tmp_path):
    """Files that are signed by their domain, and are not those of the line."""
    stays = federated
    add(stays, models, "federated", name="net")
    routed(stays, models, "0.1")
    other = [word.replace("steps: 60", "steps: 61") for word in NETWORK]
    stays.run("train", "both.yaml", "--output", tmp_path / "other", *other, np=3)
    out = predict(stays, models / "net", tmp_path / "p", *NETWORK, "--set", f"evaluate.regions={tmp_path / 'other'}", config="both", code=INTEGRITY)
    assert "is not the model that evaluate.routes, or the registry, has the domain's rows scored by" in out
    # Once retired and back, the routes are those of the promotion; a promotion without a rule has none.
    decide(stays, "retire", models, "net")
    assert "; by their own models" not in decide(stays, "rollback", models, "net")
    assert "; by their own models: graz\n" in predict(stays, models / "net", tmp_path / "q", *NETWORK, "--set", "evaluate.regions=federated", config="both")
    decide(stays, "retire", models, "net")
    decide(stays, "promote", models, "net@" + stays.checkout.digest("federated/model.h5")[:12])
    assert "; by their own models" not in predict(stays, models / "net", tmp_path / "r", *NETWORK, config="both")
