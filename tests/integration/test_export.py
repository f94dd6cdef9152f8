# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What is exported is what others' programs read: roc-validator the run crate, model_signing the signature, a YAML reader the card's front matter."""
import hashlib
import json
import os
import re
import shutil
import subprocess

import pytest

import forge
from conftest import SOURCE, Checkout, referee
from test_policies import Stays

yaml = referee("yaml")
USAGE, DATA, INTEGRITY = 2, 5, 7
KEY = ("--key", "operator.pub.pem")
LICENSE = "https://spdx.org/licenses/CC-BY-4.0"
CRATE = "ro-crate-metadata.json"
REFEREES = SOURCE / "build/referees"
# The validator looks contexts up; here it finds them in its cache. That of RO-Crate comes with the package rocrate, of the other these are the terms that we use.
CONTEXTS = {"https://w3id.org/ro/crate/1.1/context": REFEREES / "rocrate/data/ro-crate.jsonld",
            "https://w3id.org/ro/terms/workflow-run/context": {"@context": {
                term: f"https://w3id.org/ro/terms/workflow-run#{term}" for term in ("sha256", "resourceUsage")}}}
FILL = """
import io, json, pathlib, sys, urllib3
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
files = dict(zip(sys.argv[2::2], sys.argv[3::2]))
class Files(HTTPAdapter):
    def send(self, request, **how):
        body = io.BytesIO(pathlib.Path(files[request.url]).read_bytes())
        return self.build_response(request, urllib3.HTTPResponse(body, {"Content-Type": "application/ld+json"}, 200, preload_content=False, request_url=request.url))
session = CachedSession(cache_name=sys.argv[1], backend="sqlite", expire_after=-1)
session.mount("https://", Files())
assert all(session.get(url).ok for url in files)
"""


def others(*words, program=None):
    """A program of build/referees, with its own modules and none of Debian's."""
    if not (REFEREES / "bin/rocrate-validator").exists():
        reason = "build/referees is missing; scripts/get-referees build/referees makes it"
        if os.environ.get("BAILIWICK_REFEREES") == "required":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    what = ["-c", FILL] if program is None else [REFEREES / "bin" / program]
    return subprocess.run(["/usr/bin/python3", "-S", *map(str, (*what, *words))], text=True, capture_output=True, timeout=120,
                          env={**os.environ, "PYTHONPATH": str(REFEREES), "PYTHONDONTWRITEBYTECODE": "1"})


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    """folder -> what rocrate-validator has against it, of all that must and should be; nothing is looked up on the net."""
    folder = tmp_path_factory.mktemp("validator")
    files = []
    for url, context in CONTEXTS.items():
        if isinstance(context, dict):
            (folder / "context.json").write_text(json.dumps(context))
            context = folder / "context.json"
        files += [url, context]

    def validate(crate):
        if not (folder / "cache.sqlite").exists():
            done = others(folder / "cache", *files)
            assert done.returncode == 0, done.stderr
        done = others("-y", "validate", "--offline", "--cache-path", folder / "cache", "-p", "process-run-crate-0.5", "-l", "RECOMMENDED",
                      "-f", "json", "-o", folder / "report.json", crate, program="rocrate-validator")
        report = json.loads((folder / "report.json").read_text())
        assert report["passed"] == (done.returncode == 0), done.stdout
        return [issue["message"] for issue in report["issues"]]
    return validate


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    """run: trained in two sessions under a name that is markup, evaluated twice, predicted."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("export")))
    stays.terms("lyon", "duties: {attribute: 'Lyon *Hospital*', delete_by: 2098-01-01T00:00:00Z}\n")
    words = ("--set", "name=stay <b>|x|</b> \"é\"", "--output", "run")
    for command in (("train", "--wall-time", "0"), ("train", "--resume", "latest"), ("evaluate",), ("evaluate", "--set", "evaluate.name=held-out", "--set", "evaluate.split=test"), ("predict",)):
        stays.run(command[0], "run.yaml", *words, *command[1:], code=75 if "--wall-time" in command else 0)
    stays.run("keygen", "stranger")
    return stays


@pytest.fixture
def copy(stays, tmp_path):
    return lambda: shutil.copytree(stays.path("run"), tmp_path / "run")


def export(stays, what, *words, folder="run", code=0):
    return stays.run("export", folder, "--format", what, *words, code=code)


def entities(path):
    return {entity["@id"]: entity for entity in json.loads(path.read_text())["@graph"]}


def test_a_run_crate(stays, copy, valid, tmp_path):
    folder = copy()
    export(stays, "run-crate", "--license", LICENSE, *KEY, folder=folder)
    export(stays, "run-crate", "--license", LICENSE, "--output", tmp_path / "crate", folder=folder)
    assert valid(tmp_path / "crate") == []
    found = entities(tmp_path / "crate" / CRATE)
    assert found == entities(folder / CRATE)
    lying = {path.relative_to(tmp_path / "crate").as_posix(): path for path in (tmp_path / "crate").rglob("*") if path.is_file()}
    files = {name: entity for name, entity in found.items() if entity["@type"] == "File"}
    assert set(files) == set(lying) - {CRATE}
    for name, entity in files.items():
        assert entity["sha256"] == hashlib.sha256(lying[name].read_bytes()).hexdigest() and entity["contentSize"] == str(lying[name].stat().st_size)
    assert {"model.h5", "evaluations/held-out/evaluation.json", "prediction.json", "inputs-2.json", "lineage.jsonl"} <= set(files)
    assert not any(name.startswith(("predictions", "regions")) or name.endswith(".csv") for name in lying)

    root = found["./"]
    final = forge.read(stays.path("run/prediction.jsonl"))[-1]["predicate"]["runDetails"]["metadata"]["finishedOn"]
    assert (root["name"], root["license"]["@id"], root["datePublished"]) == ('stay <b>|x|</b> "é"', LICENSE, final.replace("Z", "+00:00"))
    actions = [found[reference["@id"]] for reference in root["mentions"]]
    assert [action["name"].split()[0] for action in actions] == ["train", "train", "evaluate", "evaluate", "predict"]
    for action in actions:
        objects = [found[reference["@id"]] for reference in action["object"]]
        roots = {entity["identifier"] for entity in objects if entity["name"].startswith("Partition")}
        assert roots == {d["digest"]["sha256"] for d in forge.read(stays.path("run/lineage.jsonl"))[0]["predicate"]["buildDefinition"]["resolvedDependencies"] if d["name"].startswith("partition/")}
        assert found[action["instrument"]["@id"]]["softwareVersion"] and action["actionStatus"].endswith("CompletedActionStatus")
        assert action["name"].startswith(("train", "evaluate", "predict")) and int(found[action["resourceUsage"]["@id"]]["value"]) >= 0
    assert {"@id": "model.h5"} in actions[1]["result"] and {"@id": "model.h5"} in actions[2]["object"]
    out = stays.run("verify", folder, *KEY)
    assert f" {CRATE}" in next(line for line in out.splitlines() if line.startswith("--  no statement"))


def test_the_validator_finds_what_is_not_there(stays, copy, valid):
    folder = copy()
    export(stays, "run-crate", "--license", LICENSE, folder=folder)
    crate = json.loads((folder / CRATE).read_text())
    for entity in crate["@graph"]:
        if entity["@type"] == "CreateAction":
            del entity["instrument"]
        if entity["@id"] == "./":
            del entity["license"]
    (folder / CRATE).write_text(json.dumps(crate))
    messages = "\n".join(valid(folder))
    assert "instrument" in messages and "license" in messages and "context" not in messages


def test_a_model_signature(stays, copy):
    folder = copy()
    out = export(stays, "model-signature", "--sign-with", "operator.pem", folder=folder)
    assert forge.Signer(stays.path("operator.pem")).id in out

    def verified(key="operator.pub.pem", model="model.h5"):
        done = others("verify", "key", folder / model, "--signature", folder / "model.sig", "--public_key", stays.path(key), program="model_signing")
        return done.returncode == 0, done.stdout + done.stderr
    assert verified() == (True, "Verification succeeded\n")
    shutil.copy(folder / "model.h5", folder / "renamed.h5")
    assert verified(model="renamed.h5")[0]
    assert not verified(key="stranger.pub.pem")[0]
    data = bytearray((folder / "model.h5").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.h5").write_bytes(data)
    assert not verified()[0]
    export(stays, "model-signature", "--sign-with", "operator.pem", folder=folder, code=INTEGRITY)
    assert "--sign-with KEY.pem" in export(stays, "model-signature", code=USAGE)


def test_a_model_card(stays, tmp_path):
    export(stays, "model-card", "--license", LICENSE, "--output", tmp_path / "card.md")
    text = (tmp_path / "card.md").read_text()
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["license_link"] == LICENSE and front["model-index"][0]["name"] == 'stay <b>|x|</b> "é"'
    results = {result["dataset"]["split"]: {m["type"]: m["value"] for m in result["metrics"]} for result in front["model-index"][0]["results"]}
    evaluation = json.loads(stays.path("run/evaluations/held-out/evaluation.json").read_text())
    assert results["test"] == {name: value for name, value in evaluation["overall"].items() if isinstance(value, (int, float))}
    assert "# stay \\<b\\>\\|x\\|\\</b\\> \"é\"\n" in text and "Lyon \\*Hospital\\*" in text and "<b>" not in text.split("---\n", 2)[2].replace("\\<b\\>", "")
    assert "deleted by 2098-01-01T00:00:00Z" in text and "not supplied" in text and "dpv:ScientificResearch" in text
    for clinic in stays.clinics:
        assert re.search(rf"^\| {clinic} \| CH \| {clinic} \| 24 \| `[0-9a-f]{{64}}` \| urn:example:stays:{clinic} \|", text, re.M)
    assert f"`{hashlib.sha256(stays.path('run/model.h5').read_bytes()).hexdigest()}`" in text
    assert str(tmp_path / "card.md") + ": exists" in export(stays, "model-card", "--output", tmp_path / "card.md", code=DATA)


def test_what_is_not_exported(stays, copy, tmp_path):
    assert "--license IRI" in export(stays, "run-crate", code=USAGE)
    assert 'is none of run-crate, model-signature, model-card (did you mean "run-crate"?)' in export(stays, "run-crat", code=USAGE)
    assert "is not the output folder of a run" in export(stays, "model-card", folder=tmp_path, code=DATA)
    assert "which is none of those given" in export(stays, "model-card", "--key", "stranger.pub.pem", code=INTEGRITY)
    assert "what stays with a domain, and no run" in export(stays, "run-crate", "--license", LICENSE, folder="run/predictions/bern", code=DATA)
    folder = copy()
    chain = folder / "lineage.jsonl"
    lines = chain.read_text().splitlines(keepends=True)
    chain.write_text("".join(lines[:1] + lines[2:]))
    assert "lineage.jsonl: does not hold, and is not exported" in export(stays, "model-card", folder=folder, code=INTEGRITY)
    chain.write_text("".join(lines[:-1]))
    assert "no training that ended with a model" in export(stays, "model-card", folder=folder, code=DATA)
    chain.write_text("".join(lines))
    for name in ("resolved.yaml", "inputs.json"):
        before = (folder / name).read_text()
        (folder / name).write_text(before + " ")
        assert f"{name}: was changed after" in export(stays, "model-card", folder=folder, code=INTEGRITY)
        (folder / name).write_text(before)
    (folder / "evaluation.json").write_text("{}")
    assert "evaluation.json: was changed after" in export(stays, "run-crate", "--license", LICENSE, folder=folder, code=INTEGRITY)
    assert not (folder / CRATE).exists()
