# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""A finished run, run again by a stranger on another number of ranks: the same bits, or the first difference by its name."""
import base64
import json
import os
import re
import shutil
import subprocess

import pytest

import forge
from conftest import PROGRAM, SOURCE, Checkout
from test_policies import Stays

USAGE, POLICY, DATA, INTEGRITY = 2, 4, 5, 7
EVERY = [(job, path.stem) for job in ("heart", "lung", "diabetes", "solder", "rotterdam", "flchain", "breast-cancer", "cmapss")
         for path in sorted((SOURCE / "configs" / job).glob("*.yaml")) if "output: " in path.read_text() and path.stem != "ingest"]


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    stays = Stays(Checkout(tmp_path_factory.mktemp("reproduce")))
    for clinic in stays.clinics:
        stays.terms(clinic)
    stays.run("keygen", "auditor")
    stays.train("--set", "train.checkpoint.keep_last=1", output="run", np=3)
    for words in ((), ("--set", "evaluate.split=test", "--set", "evaluate.name=tested")):
        stays.run("evaluate", "run.yaml", "--output", "run", *words, np=2)
    stays.run("predict", "run.yaml", "--output", "run", np=3)
    stays.run("describe", "run.yaml", "--output", "run", np=3)
    return stays


@pytest.fixture
def copy(stays, tmp_path):
    return shutil.copytree(stays.path("run"), tmp_path / "moved")


@pytest.fixture
def beside(stays, tmp_path):
    """A copy from which the owners' private keys are where the record has them."""
    return shutil.copytree(stays.path("run"), stays.path(tmp_path.name))


def again(stays, folder, output, *words, code=0, np=None, **how):
    return stays.run("reproduce", folder, "--key", "operator.pub.pem", "--partitions", "partitions", "--sign-with", "auditor.pem", "--output", output, *words,
                     code=code, np=np, **how)


def summary(stays, output, key="auditor.pub.pem"):
    """Of reproduction.json, whose signature openssl looks at."""
    envelope = json.loads((stays.path(output) / "reproduction.json").read_text())
    payload = base64.b64decode(envelope["payload"])
    (signature,) = envelope["signatures"]
    stays.path(f"{output}.sig").write_bytes(base64.b64decode(signature["sig"]))
    stays.path(f"{output}.pae").write_bytes(b"DSSEv1 %d %s %d %s" % (len(forge.TYPE), forge.TYPE.encode(), len(payload), payload))
    subprocess.run(["openssl", "dgst", "-sha256", "-verify", stays.path(key), "-signature", stays.path(f"{output}.sig"), stays.path(f"{output}.pae")], check=True)
    statement = json.loads(payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1" and statement["predicateType"] == "https://slsa.dev/verification_summary/v1"
    assert {"verifier", "timeVerified", "resourceUri", "policy", "verificationResult", "verifiedLevels"} <= set(statement["predicate"])
    return statement


def test_a_stranger_gets_the_same_bits(stays, copy, tmp_path):
    """The folder and the partitions, both elsewhere and renamed, no key of an owner, no line in an owner's log."""
    far = tmp_path / "far"
    shutil.copytree(stays.path("partitions"), far)
    for end in (".h5", ".manifest.json"):
        (far / f"bern{end}").rename(far / f"renamed{end}")
    logs = {path: path.read_bytes() for path in stays.checkout.root.glob("*.access.jsonl")}
    away = tmp_path / "away"
    away.mkdir()
    for key in ("bern", "lyon", "graz", "operator"):
        stays.path(f"{key}.pem").rename(away / f"{key}.pem")
    try:
        out = stays.run("reproduce", copy, "--key", "operator.pub.pem", "--partitions", far, "--sign-with", "auditor.pem", "--output", "stranger")
        assert "private keys are not here: start it on one" in again(stays, copy, "two", code=USAGE, np=2)
    finally:
        for key in ("bern", "lyon", "graz", "operator"):
            (away / f"{key}.pem").rename(stays.path(f"{key}.pem"))
    assert logs == {path: path.read_bytes() for path in stays.checkout.root.glob("*.access.jsonl")} and len(logs) == 3
    names = {subject["name"]: subject["digest"]["sha256"] for subject in summary(stays, "stranger")["subject"]}
    assert {"model.h5", "evaluation.json", "evaluations/tested/evaluation.json", "prediction.json", "description.json", "checkpoints/step-000001.h5",
            "predictions/bern/bern.csv", "predictions/lyon/prediction.json"} <= set(names)
    assert names["model.h5"] == stays.checkout.digest("run/model.h5")
    assert f"reproduced: the same bits in all {len(names)} artefacts" in out.splitlines()[-1]
    assert summary(stays, "stranger")["predicate"]["verificationResult"] == "PASSED"
    stays.run("verify", "stranger", "--key", "auditor.pub.pem")


def test_between_two_checkpoints(stays, tmp_path):
    """Of a training of six epochs those from the third to the fifth."""
    network = ("--set", "model={kind: mlp, target: days, mlp: {loss: squared_error, layers: [{units: 2}]}}",
               "--set", "train={descent: {epochs: 6, batch_rows: 24, block_rows: 24}, checkpoint: {every: 1, keep_last: 9}}")
    stays.train(*network, output="epochs", np=2)
    out = again(stays, "epochs", "between", "--from", "epoch-000002.h5", "--to", "epoch-000005.h5")
    assert "reproduced: the same bits in all 3 artefacts" in out and out.splitlines()[-1].endswith(" after epoch-000002.h5 up to epoch-000005.h5")
    said = summary(stays, "between")
    assert [subject["name"] for subject in said["subject"]] == [f"checkpoints/epoch-{epoch:06}.h5" for epoch in (3, 4, 5)]
    assert (said["predicate"]["bailiwick_from"], said["predicate"]["bailiwick_to"]) == ("epoch-000002.h5", "epoch-000005.h5")
    again(stays, "epochs", "up-to", "--to", "epoch-000002.h5")
    assert len(summary(stays, "up-to")["subject"]) == 2 and not stays.path("up-to/model.h5").exists()
    assert "there are epoch-000001.h5, epoch-000002.h5" in again(stays, "epochs", "never", "--to", "epoch-7.h5", code=USAGE)
    assert "does not come after --from" in again(stays, "epochs", "never", "--from", "epoch-000002.h5", "--to", "epoch-000001.h5", code=USAGE)


@pytest.mark.parametrize("np", [1, 2])
def test_with_the_owners_keys_any_number_of_ranks_will_do(stays, np):
    """Where the config has them: sums that cross are masked as they were."""
    out = again(stays, "run", f"ranks-{np}", np=np)
    assert f" of 3 domains on {np} rank" in out and "reproduced: the same bits" in out


def test_from_a_checkpoint(stays):
    (last,) = stays.path("run/checkpoints").glob("*.h5")
    out = again(stays, "run", "from", "--from", last.name)
    assert "model.h5" in {subject["name"] for subject in summary(stays, "from")["subject"]} and f"after {last.name}" in out.splitlines()[-1]
    assert summary(stays, "from")["predicate"]["bailiwick_from"] == last.name


@pytest.mark.parametrize("np", [1, 4])
def test_what_differs_is_named(stays, beside, np):
    """Results that somebody computed otherwise and signed."""
    copy, output = beside, f"other-{np}"
    signer = forge.Signer(stays.path("operator.pem"))
    text = json.loads((copy / "evaluation.json").read_text())
    text["overall"]["rmse"] += 1
    (copy / "evaluation.json").write_text(json.dumps(text, indent=2) + "\n")
    statements = forge.read(copy / "evaluation.jsonl")
    statements[-1]["subject"][0]["digest"]["sha256"] = forge.sha256((copy / "evaluation.json").read_bytes())
    forge.write(copy / "evaluation.jsonl", statements, signer)
    out = again(stays, copy, output, code=INTEGRITY, np=np)
    assert "not reproduced: " in out and "the first difference is in evaluation.json: /overall/rmse is " in out
    said = summary(stays, output)["predicate"]
    assert said["verificationResult"] == "FAILED" and said["verifiedLevels"] == [] and said["bailiwick_difference"].startswith("evaluation.json: /overall/rmse")


def altered(stays, copy, name, change, signer="operator.pem"):
    """A file of the chain with other content, of which the operator says that it was made so."""
    path, chain = copy / name, copy / "lineage.jsonl"
    statements = forge.read(chain)
    (statement,) = (s for s in statements if s["subject"][0]["name"] == name)
    text = json.loads(path.read_text())
    change(text)
    path.write_text(json.dumps(text, indent=2) + "\n")
    statement["subject"][0]["digest"]["sha256"] = forge.sha256(path.read_bytes())
    forge.write(chain, statements, forge.Signer(stays.path(signer)))


def test_the_domain_whose_sum_differs(stays, copy):
    """The step, the sum and the domain, by tags that tell nobody else what it was."""
    def other(report):
        step = report["tags"][1]
        assert step["step"] == "step-000000" or step["step"].startswith("step-")
        sums = step["sums"]
        name = next(name for name in sums if name.endswith("score"))
        sums[name]["lyon"] = f"{int(sums[name]['lyon'], 16) ^ 1:08x}"
        other.said = f"{step['step']}: \"{name}\" of lyon"
    altered(stays, copy, "egress.json", other)
    out = again(stays, copy, "other-sum", code=INTEGRITY)
    assert f"not reproduced: the artefacts are the same; of what domains sent, the first that differs is in {other.said}" in out
    said = summary(stays, "other-sum")["predicate"]
    assert said["verificationResult"] == "FAILED" and said["bailiwick_sums_difference"] == other.said and "bailiwick_difference" not in said


def test_a_checkpoint_that_was_altered(stays, copy):
    """Its name says the iteration; every sum is as it was, so it was not made of these."""
    h5py = pytest.importorskip("h5py")
    (path,) = (copy / "checkpoints").glob("*.h5")
    with h5py.File(path, "r+") as checkpoint:
        checkpoint["arrays/parameters"][0] += 1
    content = re.search("the content digest is (\\w+)", stays.run("digest", path, code=INTEGRITY))[1]
    with h5py.File(path, "r+") as checkpoint:
        checkpoint.attrs["content"] = content
    statements = forge.read(copy / "lineage.jsonl")
    (statement,) = (s for s in statements if s["subject"][0]["name"] == f"checkpoints/{path.name}")
    statement["subject"][0]["digest"]["bailiwickModelV2"] = content
    forge.write(copy / "lineage.jsonl", statements, forge.Signer(stays.path("operator.pem")))
    out = again(stays, copy, "altered", code=INTEGRITY)
    assert f"the first difference is in checkpoints/{path.name}: parameters[0] is " in out
    assert re.search(r"; all \d+ sums that domains sent are as the record tags them: what was made of them differs", out)


def test_another_seed(stays, tmp_path):
    """Of a network: what was signed as the config of a run that had another."""
    network = ("--set", "model={kind: mlp, target: days, mlp: {loss: squared_error, layers: [{units: 2}]}}",
               "--set", "train={descent: {epochs: 2, batch_rows: 24, block_rows: 24, seed: 3}, checkpoint: {every: 1, keep_last: 9}}")
    stays.train(*network, output="seed", np=2)
    folder = stays.path("seed")
    resolved = (folder / "resolved.yaml").read_text()
    said = json.loads((folder / "inputs.json").read_text())
    assert resolved.count("seed: 3") == 1 and said["given"].count("seed: 3") == 1
    (folder / "resolved.yaml").write_text(resolved.replace("seed: 3", "seed: 4"))
    said["given"] = said["given"].replace("seed: 3", "seed: 4")
    said["identity"] = forge.sha256(said["given"].encode())
    (folder / "inputs.json").write_text(json.dumps(said, indent=2, sort_keys=True) + "\n")
    signer = forge.Signer(stays.path("operator.pem"))
    statements = forge.read(folder / "lineage.jsonl")
    for statement in statements:
        for name, file in (("inputs", "inputs.json"), ("config", "resolved.yaml")):
            forge.dependency(statement, name)["digest"]["sha256"] = forge.sha256((folder / file).read_bytes())
    forge.write(folder / "lineage.jsonl", statements, signer)
    assert "intents.jsonl: intent: is about other inputs than the training's" in again(stays, "seed", "never", code=INTEGRITY)
    # And of the intent, too.
    intent, = forge.read(folder / "intents.jsonl")
    intent["subject"][0]["digest"]["sha256"] = forge.sha256((folder / "inputs.json").read_bytes())
    intent["predicate"]["config"] = said["identity"]
    payload = json.dumps(intent, sort_keys=True, separators=(",", ":")).encode()
    (folder / "intents.jsonl").write_text(forge.envelope(payload, [(signer.id, signer.sign(payload))]) + "\n")
    for statement in statements:
        forge.dependency(statement, "intent")["digest"]["sha256"] = forge.sha256(payload)
    forge.write(folder / "lineage.jsonl", statements, signer)
    out = again(stays, "seed", "seed-again", code=INTEGRITY)
    assert "not reproduced: the first difference is in checkpoints/epoch-000001.h5: " in out and " of every domain" in out


@pytest.mark.parametrize("np", [1, 4])
def test_what_is_not_as_it_was(stays, beside, tmp_path, np):
    copy, how = beside, {"np": np}
    far = tmp_path / "far"
    shutil.copytree(stays.path("partitions"), far)
    words = ("reproduce", copy, "--key", "operator.pub.pem", "--partitions", far, "--sign-with", "auditor.pem", "--output", "never")
    # Rows of another ingest.
    rows = stays.path("stays.csv").read_text()
    stays.write("stays.csv", rows.replace(",30,", ",31,", 1))
    stays.write("other.yaml", stays.path("ingest.yaml").read_text().replace("output: partitions", f"output: {far}"))
    stays.run("ingest", "other.yaml", "--force")
    stays.write("stays.csv", rows)
    assert "partition bern/bern: " in (out := stays.run(*words, code=DATA, **how)) and "has other rows: its root is another" in out
    shutil.rmtree(far)
    shutil.copytree(stays.path("partitions"), far)
    (far / "lyon.h5").unlink()
    assert "partition lyon/lyon: is not in the folders of --partitions" in stays.run(*words, code=DATA, **how)
    # Other terms, signed by the owner.
    (bern,) = (copy / "documents/bern").glob("policy-*.json")
    kept = bern.read_text()
    stays.terms("bern", "minimum: {rows: 2}\n")
    shutil.copy(stays.path("bern.json"), bern)
    assert "documents/bern/policy-" in again(stays, copy, "never", code=INTEGRITY, **how)
    stays.terms("bern")
    bern.write_text(kept)
    # A checkpoint that is lost, a folder that is not finished, somebody else's run.
    (last,) = (copy / "checkpoints").glob("*.h5")
    last.unlink()
    assert last.name in again(stays, copy, "never", code=INTEGRITY, **how)
    stays.train("--wall-time", "0", output=f"stopped-{np}", code=75)
    assert "did not finish; go on with it first" in again(stays, f"stopped-{np}", "never", code=INTEGRITY, **how)
    assert again(stays, "run", "run", code=DATA, **how).count("--output names a new folder") == 1
    stays.run("reproduce", "run", "--key", "auditor.pub.pem", "--partitions", "partitions", "--sign-with", "auditor.pem", "--output", "never", code=INTEGRITY, **how)
    assert "lies in the folder that is reproduced" in again(stays, copy, copy / "inside", code=USAGE, **how)
    assert "there is no such checkpoint" in again(stays, "run", "never", "--from", "step-000077.h5", code=USAGE, **how)
    assert not stays.path("never").exists()


def test_the_config_is_what_policies_were_asked_by(stays, copy):
    """An operator signs inputs that speak of another model than the one that ran."""
    signer = forge.Signer(stays.path("operator.pem"))
    path = copy / "inputs.json"
    said = json.loads(path.read_text())
    said["given"] = said["given"].replace('kind: "linear"', 'kind: "linear"\n  l2: 100')
    said["identity"] = forge.sha256(said["given"].encode())
    path.write_text(json.dumps(said, indent=2, sort_keys=True) + "\n")
    statements = forge.read(copy / "lineage.jsonl")
    for statement in statements:
        forge.dependency(statement, "inputs")["digest"]["sha256"] = forge.sha256(path.read_bytes())
    forge.write(copy / "lineage.jsonl", statements, signer)
    out = again(stays, copy, "never", code=INTEGRITY)
    assert "resolved.yaml: is not what the inputs of its session say: model.l2: was 100" in out
    assert not stays.path("never").exists()


def test_a_run_of_an_earlier_release_says_what_to_build(stays, tmp_path):
    shutil.copytree(SOURCE / "tests/data/runs/0.1", tmp_path / "runs")
    out = subprocess.run([PROGRAM, "reproduce", "solver", "--key", "keys/operator.pub.pem", "--partitions", "partitions", "--sign-with", str(stays.path("auditor.pem")), "--output", "again"],
                         cwd=tmp_path / "runs", text=True, capture_output=True)
    assert out.returncode == DATA and "is of release 0.1, whose configs this one does not run; build " in out.stderr


def test_no_program_is_started_that_a_record_names(stays, tmp_path):
    """A site may name the scontrol that tells Slurm's features; whoever reproduces did not write it."""
    mine = tmp_path / "scontrol"
    mine.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\necho \"NodeName=$(hostname) ActiveFeatures=ch\"\n")
    mine.chmod(0o755)
    site = f"site={{name: here, nodes: [{{match: '*', jurisdiction: CH}}], slurm_features: {{ch: CH}}, slurm: {{scontrol: {mine}}}}}"
    stays.run("train", "run.yaml", "--output", "named", "--set", site, np=3)
    (tmp_path / "started").unlink()
    again(stays, "named", "unnamed", code=None)
    assert not (tmp_path / "started").exists()


@pytest.mark.skipif(os.environ.get("BAILIWICK_TIER") != "long", reason="every example: ./run-tests --long")
@pytest.mark.parametrize("job, config", EVERY)
def test_every_example(jobs, job, config):
    checkout = jobs(job)
    checkout.run("keygen", "auditor", code=None)
    path, out = f"configs/{job}/{config}.yaml", f"out/{job}/{config}"
    checkout.run("train", path, "--output", out, np=4, timeout=600)
    checkout.run("evaluate", path, "--output", out, np=2, timeout=600)
    said = checkout.run("reproduce", out, "--key", f"out/{job}/keys/operator.pub.pem", "--partitions", f"out/{job}", "--sign-with", "auditor.pem",
                        "--output", f"again/{config}", timeout=600)
    assert "reproduced: the same bits in all" in said
