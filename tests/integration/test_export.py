# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What is exported is what others' programs read: roc-validator the run crate, model_signing the signature, a YAML reader the card's front matter, prov the
PROV-JSON, mlcroissant and rdflib the card of the data, cyclonedx-python-lib the bill of materials."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import urllib.parse

import pytest

import forge
from conftest import PROGRAM, SOURCE, Checkout, referee
from test_policies import Stays

yaml = referee("yaml")
USAGE, POLICY, DATA, INTEGRITY = 2, 4, 5, 7
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


PROV = """
import json, sys
from prov.model import ProvDocument
text = open(sys.argv[1]).read()
document = ProvDocument.deserialize(content=text, format="json")
again = document.serialize(format="json")
assert json.loads(again) == json.loads(text) and ProvDocument.deserialize(content=again, format="json") == document, again
print(len(document.records))
"""
CROISSANT = """
import json, sys
import mlcroissant, rdflib
card = mlcroissant.Dataset(sys.argv[1])  # what its command `validate` does
print(json.dumps(card.metadata.to_json()))
graph = rdflib.Graph().parse(sys.argv[1], format="json-ld")
odrl, kind = rdflib.Namespace("http://www.w3.org/ns/odrl/2/"), rdflib.RDF.type
uses = [str(uid) for _, _, uid in graph.triples((None, rdflib.URIRef("https://schema.org/usageInfo"), None)) if (uid, kind, odrl.Offer) in graph]
rules = [rule for uid in uses for rule in graph.objects(rdflib.URIRef(uid), odrl.permission)]
print(json.dumps({"uses": uses, "actions": sorted(str(a) for rule in rules for a in graph.objects(rule, odrl.action)),
                  "places": sorted({str(v) for rule in rules for c in graph.objects(rule, odrl.constraint) if (c, odrl.leftOperand, odrl.spatial) in graph
                                    for v in graph.objects(c, odrl.rightOperand)})}))
"""
CYCLONEDX = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_7).validate_str(open(sys.argv[1]).read())
sys.exit(str(error.data) if error else 0)
"""


ENVELOPES = """
import hashlib, json, pathlib, sys
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey
pem = pathlib.Path(sys.argv[1]).read_bytes()
key = SSlibKey.from_crypto(load_pem_public_key(pem), keyid=hashlib.sha256(pem).hexdigest())
lines = [line for path in sys.argv[2:] for line in pathlib.Path(path).read_text().splitlines()]
for line in lines:
    envelope = Envelope.from_dict(json.loads(line))
    envelope.verify([key], 1)
    Statement.copy_from_pb(json_format.Parse(envelope.payload, statement_pb2.Statement())).validate()
print(len(lines))
"""


def others(*words, program=None, code=FILL):
    """A program of build/referees, with its own modules and none of Debian's."""
    if not (REFEREES / "bin/rocrate-validator").exists():
        reason = "build/referees is missing; scripts/get-referees build/referees makes it"
        if os.environ.get("BAILIWICK_REFEREES") == "required":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    what = ["-c", code] if program is None else [REFEREES / "bin" / program]
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
    words = ("--set", "name=stay <b>|x|</b> \"é\"", "--set", "site.name=lower floor/Süd", "--output", "run")
    for command in (("train", "--wall-time", "0"), ("train", "--resume", "latest"), ("evaluate",), ("evaluate", "--set", "evaluate.name=held-out", "--set", "evaluate.split=test"), ("predict",)):
        stays.run(command[0], "run.yaml", *words, *command[1:], code=75 if "--wall-time" in command else 0)
    stays.run("keygen", "stranger")
    return stays


@pytest.fixture(scope="module")
def network(stays):
    """network: a network that tells classes apart, evaluated for each clinic."""
    for clinic in stays.clinics:
        stays.terms(clinic, allow="exact_release: true, per_domain_statistics: true")
    words = ("--set", "model={kind: mlp, target: days, mlp: {layers: [{units: 3, activation: relu}], loss: squared_error}}", "--set",
             "train.descent={epochs: 2, batch_rows: 16, block_rows: 16}", "--set", "evaluate.per_domain=true", "--output", "network")
    for command in ("train", "evaluate"):
        stays.run(command, "run.yaml", *words)
    return stays


@pytest.fixture
def copy(stays, tmp_path):
    return lambda: shutil.copytree(stays.path("run"), tmp_path / "run")


def export(stays, what, *words, folder="run", code=0):
    return stays.run("export", folder, "--format", what, *words, code=code)


def made(stays, tmp_path, what, *words, folder="run"):
    """The document, which is the same bytes when it is made again and names no place of this machine."""
    texts = []
    for name in ("one.json", "two.json"):
        export(stays, what, "--output", tmp_path / name, *words, folder=folder)
        texts.append((tmp_path / name).read_bytes())
    assert texts[0] == texts[1] and not re.search(rb'"/|/tmp/|/root/|/lib/|/usr/', texts[0])
    return tmp_path / "one.json", json.loads(texts[0])


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def roots(stays, folder="run"):
    """domain -> root of its partition, as the chain signs it."""
    used = forge.read(stays.path(f"{folder}/lineage.jsonl"))[-1]["predicate"]["buildDefinition"]["resolvedDependencies"]
    return {d["name"].split("/")[1]: d["digest"]["sha256"] for d in used if d["name"].startswith("partition/")}


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


def test_envelopes(stays, copy):
    """Every line of every chain and log, by another DSSE verifier and in-toto's own idea of a statement; and not by another key."""
    run = copy()
    stays.run("withdraw", run, "--key", "operator.pub.pem", "--sign-with", "operator.pem", "--by", "ada", "--reason", "x")
    files = sorted(run.rglob("*.jsonl"))
    mine = [path for path in files if "predictions/" not in str(path)]
    done = others(stays.path("operator.pub.pem"), *mine, code=ENVELOPES)
    assert done.stdout == f"{sum(len(path.read_text().splitlines()) for path in mine)}\n", done.stderr
    assert {path.name for path in mine} == {"lineage.jsonl", "intents.jsonl", "approvals.jsonl", "evaluation.jsonl", "prediction.jsonl"}
    for path in set(files) - set(mine):
        assert others(stays.path(f"{path.parent.name}.pub.pem"), path, code=ENVELOPES).returncode == 0
    assert "VerificationError" in others(stays.path("stranger.pub.pem"), run / "lineage.jsonl", code=ENVELOPES).stderr


def test_a_run_crate_verifies(stays, tmp_path):
    """Owners' policies and manifests and what was signed about the run are in it."""
    export(stays, "run-crate", "--license", "CC-BY-4.0", "--output", tmp_path / "crate")
    assert "0 of " not in stays.run("verify", tmp_path / "crate", "--key", "operator.pub.pem")
    assert {"intents.jsonl", "documents"} <= {path.name for path in (tmp_path / "crate").iterdir()}


def test_what_was_withdrawn(stays, copy, tmp_path):
    """It is said wherever the model is described, and it is not signed again."""
    run = copy()
    stays.run("withdraw", run, "--key", "operator.pub.pem", "--sign-with", "operator.pem", "--by", "ada", "--reason", "a fault was found")
    assert "was withdrawn on" in export(stays, "model-signature", "--sign-with", "operator.pem", folder=run, code=POLICY)
    for what, words in (("model-card", ("--output", tmp_path / "card.md")), ("cyclonedx", ("--output", tmp_path / "bom.json")),
                        ("run-crate", ("--license", "CC-BY-4.0", "--output", tmp_path / "crate"))):
        export(stays, what, *words, folder=run)
        path = words[-1] / "ro-crate-metadata.json" if what == "run-crate" else words[-1]
        assert "a fault was found" in path.read_text() and "withdrawn" in path.read_text().lower()
    assert "was withdrawn on" in stays.run("evaluate", "run.yaml", "--model", tmp_path / "crate/model.h5", "--output", tmp_path / "used", code=POLICY)


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


ENDS = {"prov:entity": "entity", "prov:generatedEntity": "entity", "prov:usedEntity": "entity", "prov:plan": "entity", "prov:activity": "activity",
        "prov:informed": "activity", "prov:informant": "activity", "prov:agent": "agent"}


@pytest.mark.parametrize("folder", ["run", "network"])
def test_prov(stays, network, tmp_path, folder):
    path, document = made(stays, tmp_path, "prov", folder=folder)
    done = others(path, code=PROV)
    assert done.returncode == 0, done.stderr
    kinds = {kind: records for kind, records in document.items() if kind != "prefix"}
    assert int(done.stdout) == sum(map(len, kinds.values()))
    for records in kinds.values():
        for record in records.values():
            for end, kind in ENDS.items():
                assert end not in record or record[end] in document[kind], record
    for name, entity in document["entity"].items():
        if name.startswith("run:"):
            assert entity["bw:sha256"] == sha256(stays.path(folder) / urllib.parse.unquote(name.partition(":")[2]))
    types = [entity["prov:type"]["$"].partition(":")[2] for entity in document["entity"].values()]
    assert {"Partition", "Policy", "Config", "Inputs", "Program", "Model", "Decisions", "EgressReport", "Result"} <= set(types)
    assert {e["bw:domain"]: e["bw:root"] for e in document["entity"].values() if "bw:root" in e} == roots(stays, folder)
    assert sorted(a["prov:type"]["$"] for a in document["agent"].values()) == ["bw:Operator"] + 3 * ["bw:Owner"] + ["prov:SoftwareAgent"]


def test_prov_says_what_was_made_of_what(stays, tmp_path):
    _, document = made(stays, tmp_path, "prov")
    sessions = list(document["activity"])
    assert [a["prov:type"]["$"] for a in document["activity"].values()] == ["bw:train", "bw:train", "bw:evaluate", "bw:evaluate", "bw:predict"]
    assert {a["bw:site"] for a in document["activity"].values()} == {"lower floor/Süd"}
    assert all(a["prov:startTime"] <= a["prov:endTime"] for a in document["activity"].values())

    def related(kind, *ends):
        return [tuple(record.get(f"prov:{end}") for end in ends) for record in document[kind].values()]
    assert related("wasInformedBy", "informed", "informant") == [(sessions[1], sessions[0])] + [(later, sessions[1]) for later in sessions[2:]]
    assert ("run:model.h5", sessions[1]) in related("wasGeneratedBy", "entity", "activity")
    assert ("run:evaluations/held-out/evaluation.json", "run:model.h5") in related("wasDerivedFrom", "generatedEntity", "usedEntity")
    of_model = {used for made, used in related("wasDerivedFrom", "generatedEntity", "usedEntity") if made == "run:model.h5"}
    assert {"root:" + root for root in roots(stays).values()} < of_model
    assert (sessions[1], "run:resolved.yaml") in related("wasAssociatedWith", "activity", "plan")
    owner = f"key:{forge.Signer(stays.path('lyon.pem')).id}"
    assert ("root:" + roots(stays)["lyon"], owner) in related("wasAttributedTo", "entity", "agent")
    assert not any("predictions" in name for name in document["entity"])


def test_croissant(stays, tmp_path):
    words = ("--domain", "lyon", "--partitions", stays.path("partitions"))
    path, document = made(stays, tmp_path, "croissant", *words)
    done = others(path, code=CROISSANT)
    assert done.returncode == 0 and "ERROR" not in done.stderr, done.stderr
    read, graph = map(json.loads, done.stdout.splitlines())
    file = stays.path("partitions/lyon.h5")
    assert [(f["name"], f["sha256"], f["contentSize"], f["encodingFormat"]) for f in read["distribution"]] == [
        ("lyon.h5", sha256(file), f"{file.stat().st_size} B", "application/x-hdf5")]
    assert roots(stays)["lyon"] in document["distribution"][0]["description"] and "21 in split train, 3 in split test" in document["distribution"][0]["description"]
    assert (read["license"], read["creator"]["name"], read["url"]) == ("urn:example:stays:lyon", "lyon", "urn:bailiwick:domain:lyon")
    assert graph["uses"] == ["urn:example:stays:lyon"] and "urn:bailiwick:odrl:v1:train" in graph["actions"]
    assert graph["places"] == ["https://www.iso.org/obp/ui/#iso:code:3166:CH"]
    assert "recordSet" not in document and "Lyon *Hospital*" in path.read_text()
    assert [c["name"] for c in document["variableMeasured"]] == ["age", "ward", "sex", "days"]
    out = export(stays, "croissant", *words, "--license", "CC-BY-4.0", "--creator", 'Hôpital "<b>"', "--url", "https://example.org/lyon", "--output", tmp_path / "more.json")
    done = others(tmp_path / "more.json", code=CROISSANT)
    read = json.loads(done.stdout.splitlines()[0])
    assert (read["license"], read["creator"]["name"], read["url"]) == ("https://spdx.org/licenses/CC-BY-4.0", 'Hôpital "<b>"', "https://example.org/lyon"), out


def test_what_is_no_croissant(stays, tmp_path):
    assert "--domain NAME, one of bern, lyon, graz" in export(stays, "croissant", code=USAGE)
    assert '(did you mean "lyon"?)' in export(stays, "croissant", "--domain", "lion", code=USAGE)
    assert "--partitions FOLDER" in export(stays, "croissant", "--domain", "lyon", code=USAGE)
    words = ("--domain", "lyon", "--partitions", tmp_path)
    assert "partition lyon of lyon (root" in export(stays, "croissant", *words, code=DATA)
    shutil.copy(stays.path("partitions/lyon.manifest.json"), tmp_path)
    shutil.copy(stays.path("partitions/bern.h5"), tmp_path / "lyon.h5")
    assert "lyon.h5" in export(stays, "croissant", *words, code=INTEGRITY)


@pytest.mark.parametrize("folder", ["run", "network"])
def test_cyclonedx(stays, network, tmp_path, folder):
    path, bom = made(stays, tmp_path, "cyclonedx", "--license", "MIT OR Apache-2.0", folder=folder)
    done = others(path, code=CYCLONEDX)
    assert done.returncode == 0, done.stderr
    model = bom["metadata"]["component"]
    assert model["hashes"] == [{"alg": "SHA-256", "content": sha256(stays.path(f"{folder}/model.h5"))}]
    data = [c for c in bom["components"] if c["type"] == "data"]
    said = [{p["name"].partition(":")[2]: p["value"] for p in c["properties"]} for c in data]
    assert [(c["name"], s["rows"], s["proportion"], s["jurisdiction"]) for c, s in zip(data, said)] == [(c, "24", "0.333333", "CH") for c in stays.clinics]
    assert {c["name"]: c["data"][0]["contents"]["properties"][0]["value"] for c in data} == roots(stays, folder)
    program = next(c for c in bom["components"] if c["type"] == "application")
    assert program["hashes"][0]["content"] == sha256(pathlib.Path(PROGRAM))
    libraries = [c for c in bom["components"] if c["type"] == "library"]
    record = json.loads(stays.path(f"{folder}/run.json").read_text())
    assert len(libraries) == len(record["librariesLoaded"]) + 3 and [c["name"] for c in libraries if re.fullmatch(r"\d[\d.]+", c.get("version", ""))] == ["Kokkos", "PETSc", "Open MPI"]
    refs = [c["bom-ref"] for c in (model, *bom["components"])]
    assert len(refs) == len(set(refs))
    for named in bom["dependencies"]:
        assert {named["ref"], *named["dependsOn"]} <= set(refs)
    metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    evaluation = json.loads(stays.path(f"{folder}/evaluation.json").read_text())
    slices = {"all rows": evaluation["overall"], **{f"all rows of domain {d}": m for d, m in evaluation["domains"].items()}}
    for name, measures in slices.items():
        assert {m["type"]: float(m["value"]) for m in metrics if m["slice"] == name} == {k: v for k, v in measures.items() if isinstance(v, (int, float))}
    assert set(evaluation["domains"]) == (set(stays.clinics) if folder == "network" else set())
    workflows = bom["formulation"][0]["workflows"]
    assert [w["name"] for w in workflows] == (["train", "train"] if folder == "run" else ["train"]) and workflows[-1]["outputs"]


def test_a_bom_of_another_library(stays, copy, tmp_path):
    """Only the list that the statement signs the digest of is told; run.json itself nobody signs."""
    folder = copy()
    record = json.loads((folder / "run.json").read_text())
    record["librariesLoaded"][0]["path"] = "/lib/another.so"
    (folder / "run.json").write_text(json.dumps(record))
    _, bom = made(stays, tmp_path, "cyclonedx", folder=folder)
    assert {c["name"] for c in bom["components"] if c["type"] == "library"} == {"Kokkos", "PETSc", "Open MPI"}


@pytest.mark.parametrize("license, link, name", [("CC-BY-4.0", "https://spdx.org/licenses/CC-BY-4.0", None), ("https://example.org/terms?a=1", "https://example.org/terms?a=1", None),
                                                 ("(MIT OR Apache-2.0) AND CC-BY-4.0", None, "(MIT OR Apache-2.0) AND CC-BY-4.0"),
                                                 ("GPL-2.0-or-later WITH Classpath-exception-2.0", None, "GPL-2.0-or-later WITH Classpath-exception-2.0"),
                                                 ("LicenseRef-ours", None, "LicenseRef-ours")])
def test_licences(stays, copy, valid, license, link, name):
    folder = copy()
    export(stays, "model-card", "--license", license, folder=folder)
    front = yaml.safe_load((folder / "model-card.md").read_text().split("---\n")[1])
    assert (front.get("license_link"), front.get("license_name")) == (link, name)
    export(stays, "run-crate", "--license", license, folder=folder)
    assert valid(folder) == []
    found = entities(folder / CRATE)
    assert found[found["./"]["license"]["@id"]]["name"] == license


@pytest.mark.parametrize("text", ["free for all", "MIT OR", "(MIT", "MIT)", "MIT Apache-2.0", "MIT WITH", "AND", "https://", "https://a b", 'https://a"b', "ftp://example.org", "a<b>", "MIT+ OR x:y"])
def test_what_is_no_licence(stays, text):
    for what in ("run-crate", "model-card", "cyclonedx"):
        assert "write an identifier or expression of SPDX, such as CC-BY-4.0" in export(stays, what, "--license", text, code=USAGE)


def test_runs_of_an_earlier_release(stays, tmp_path):
    shutil.copytree(SOURCE / "tests/data/runs/0.1", tmp_path / "runs")
    for what in ("prov", "cyclonedx", "model-card"):
        out = export(stays, what, "--output", tmp_path / what, folder=tmp_path / "runs/network")
        assert "format version 1 of the lineage" in out
    assert others(tmp_path / "prov", code=PROV).returncode == 0
    assert others(tmp_path / "cyclonedx", code=CYCLONEDX).returncode == 0
    assert "format version" not in export(stays, "prov", "--output", tmp_path / "new")


def test_what_is_not_exported(stays, copy, tmp_path):
    assert "--license LICENSE" in export(stays, "run-crate", code=USAGE)
    assert 'is none of run-crate, model-signature, model-card, prov, croissant, cyclonedx, onnx, c, safetensors (did you mean "run-crate"?)' in export(stays, "run-crat", code=USAGE)
    for what in ("model-card", "prov", "croissant", "cyclonedx"):
        assert "is not the output folder of a run" in export(stays, what, folder=tmp_path, code=DATA)
    assert "which is none of those given" in export(stays, "model-card", "--key", "stranger.pub.pem", code=INTEGRITY)
    assert "what stays with a domain, and no run" in export(stays, "run-crate", "--license", LICENSE, folder="run/predictions/bern", code=DATA)
    folder = copy()
    chain = folder / "lineage.jsonl"
    lines = chain.read_text().splitlines(keepends=True)
    chain.write_text("".join(lines[:1] + lines[2:]))
    assert "lineage.jsonl: does not hold, and is not exported" in export(stays, "model-card", folder=folder, code=INTEGRITY)
    chain.write_text("".join(lines[:-1]))
    for what in ("model-card", "cyclonedx"):
        assert "no training that ended with a model" in export(stays, what, folder=folder, code=DATA)
    export(stays, "prov", folder=folder)
    (folder / "prov.json").unlink()
    chain.write_text("".join(lines))
    for name in ("resolved.yaml", "inputs.json"):
        before = (folder / name).read_text()
        (folder / name).write_text(before + " ")
        assert f"{name}: was changed after" in export(stays, "model-card", folder=folder, code=INTEGRITY)
        (folder / name).write_text(before)
    (folder / "evaluation.json").write_text("{}")
    assert "evaluation.json: was changed after" in export(stays, "run-crate", "--license", LICENSE, folder=folder, code=INTEGRITY)
    assert not (folder / CRATE).exists()
