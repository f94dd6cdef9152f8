# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""A replacement is the training without the rows to the bit, what was made of them is found and withdrawn, and the record of it holds."""
import json
import shutil

import pytest

import forge
from conftest import Checkout
from test_policies import Stays

USAGE, POLICY, DATA, INTEGRITY = 2, 4, 5, 7
KEY = ("--key", "operator.pub.pem")
NETWORK = ("--set", "model={kind: mlp, target: days, mlp: {loss: squared_error, layers: [{units: 2}]}}", "--set", "train.descent={epochs: 2, batch_rows: 24, block_rows: 24}")
WORDS = {"linear": (), "network": NETWORK}


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    """out/KIND, evaluated and predicted, out/other/KIND beside it; out/KIND-2 without lyon."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("forget")))
    for clinic in stays.clinics:
        stays.terms(clinic, "duties: {inform: 'mailto:data@bern.example'}\n" if clinic == "bern" else "", allow="exact_release: true, two_parties: true")
    text = "recipients: ['https://clinic.example']\n" + stays.path("run.yaml").read_text()
    stays.write("run.yaml", text)
    stays.write("two.yaml", "".join(line for line in text.splitlines(keepends=True) if "{name: lyon," not in line))
    for kind, words in WORDS.items():
        stays.run("train", "run.yaml", *words, "--output", f"out/{kind}", np=2)
        for stage in ("evaluate", "predict"):
            stays.run(stage, "run.yaml", *words, "--output", f"out/{kind}")
        stays.run("train", "two.yaml", *words, "--output", f"out/{kind}-2", np=2)
    stays.run("train", "run.yaml", "--set", "model.l2=1", "--output", "out/deep/other")
    stays.run("keygen", "stranger")
    return stays


@pytest.fixture
def copy(stays, tmp_path):
    return shutil.copytree(stays.path("out"), tmp_path / "out")


def forget(stays, out, kind="linear", *words, replacement=None, code=0, key="operator"):
    return stays.run("forget", out / kind, "--replaced-by", replacement or out / f"{kind}-2", *KEY, "--sign-with", f"{key}.pem", "--by", "ada", "--reason", "lyon leaves", *words, code=code)


@pytest.mark.parametrize("kind", WORDS)
def test_a_domain_leaves(stays, copy, kind):
    """The replacement has the bits of a training without it, on other ranks too; all that was made of its rows is found."""
    stays.run("train", "two.yaml", *WORDS[kind], "--output", copy / "once-more", np=3)
    assert stays.checkout.digest(copy / "once-more/model.h5") == stays.checkout.digest(copy / f"{kind}-2/model.h5")
    erasure = json.loads(forget(stays, copy, kind, "--in", copy, "--json"))
    assert [gone["partition"] for gone in erasure["gone"]] == ["lyon/lyon"] and erasure["came"] == []
    files = {one["file"] for one in erasure["affected"]}
    assert {f"out/{kind}/model.h5", f"out/{kind}/evaluation.json", f"out/{kind}/prediction.json", f"out/{kind}/predictions/lyon/lyon.csv", "out/deep/other/model.h5"} <= files
    assert not [file for file in files if file.startswith((f"out/{kind}-2/", "out/once-more/"))] and erasure["doubts"] == []
    assert f"out/{kind}/model.txt" in erasure["unsigned"] or kind == "network"
    assert set(erasure["withdrawn"]) == {f"out/{k}" for k in WORDS} | {"out/deep/other"} and erasure["not_withdrawn"] == []
    assert erasure["recipients"] == ["https://clinic.example"]
    assert erasure["inform"] == [{"domain": "bern", "whom": "mailto:data@bern.example"}]
    assert erasure["seconds"]["model"] > 0 and erasure["seconds"]["replacement"] > 0
    assert erasure["replacement"] == stays.checkout.digest(copy / f"{kind}-2/model.h5")
    for np in (1, 4):
        assert "was withdrawn on" in stays.run("predict", "run.yaml", *WORDS[kind], "--output", "never", "--model", copy / "deep/other/model.h5", np=np, code=POLICY)
    out = stays.run("verify", copy / kind, *KEY)
    assert "ok  erasures.jsonl:1: forgotten in favour of model " in out and "model.h5 withdrawn by ada" in out
    stays.run("verify", copy / f"{kind}-2", *KEY)


def test_rows_go(stays, copy):
    """The owner ingests without two of them; who looks elsewhere is told where it looked."""
    rows = stays.path("stays.csv").read_text().splitlines(keepends=True)
    bern = [i for i, row in enumerate(rows) if row.startswith("bern,")]
    stays.write("fewer.csv", "".join(row for i, row in enumerate(rows) if i not in bern[:2]))
    stays.write("fewer.yaml", stays.path("ingest.yaml").read_text().replace("stays.csv", "fewer.csv").replace("output: partitions", "output: fewer"))
    stays.run("ingest", "fewer.yaml")
    stays.write("fewer-run.yaml", stays.path("run.yaml").read_text().replace("partitions/bern.h5", "fewer/bern.h5"))
    stays.run("train", "fewer-run.yaml", "--output", copy / "fewer", np=2)
    out = forget(stays, copy, replacement=copy / "fewer")
    assert "forgotten    bern/bern, 24 rows, root" in out and "instead      bern/bern, 22 rows, root" in out
    assert "times the training before" in out and "deep/other" not in out


def test_nothing_went(stays, copy):
    """The same rows ingested again have other roots, and give the same model; as many rows are in doubt; twice is once too often."""
    stays.write("same.yaml", stays.path("ingest.yaml").read_text().replace("output: partitions", "output: same"))
    stays.run("ingest", "same.yaml")
    stays.write("same-run.yaml", stays.path("run.yaml").read_text().replace("partitions/", "same/"))
    stays.run("train", "same-run.yaml", "--output", copy / "same")
    assert "is the same model as" in forget(stays, copy, replacement=copy / "same", code=DATA)
    assert not (copy / "linear/approvals.jsonl").exists()
    stays.run("train", "same-run.yaml", "--set", "model.l2=1", "--output", copy / "same-2")
    out = forget(stays, copy, replacement=copy / "same-2")
    assert out.count("IN DOUBT") == 3 and "lyon has no fewer rows than before" in out and "head         " in out
    assert "line 1 says that already" in forget(stays, copy, replacement=copy / "same-2", code=DATA)
    stays.run("report", copy / "linear", *KEY)
    page = (copy / "linear/report.html").read_text()
    assert "lyon has no fewer rows than before" in page and "Replaced by the model" in page and "https://clinic.example" in page
    assert "was withdrawn itself" in stays.run("forget", copy / "linear-2", "--replaced-by", copy / "linear", *KEY, "--sign-with", "operator.pem", "--by", "ada", "--reason", "x", code=POLICY)


def test_all_that_knew_the_rows_is_withdrawn(stays, copy):
    """Trainings that have not ended, what was set aside, and what the replacement was used for on the old rows; a link is not followed without a word."""
    stays.run("train", "run.yaml", "--wall-time", "0", "--output", copy / "begun", code=75)
    stays.run("train", "run.yaml", "--set", "model.l2=3", "--wall-time", "0", "--output", copy / "aside", code=75)
    stays.run("train", "run.yaml", "--set", "model.l2=4", "--wall-time", "0", "--output", copy / "aside", code=75)
    assert (copy / "aside/unfinished-1").is_dir()
    stays.run("evaluate", "run.yaml", "--output", copy / "linear-2")
    (copy / "link").symlink_to(shutil.copytree(copy / "deep", copy.parent / "elsewhere"))
    erasure = json.loads(forget(stays, copy, "linear", "--in", copy, "--json"))
    assert {"out/begun", "out/aside", "out/aside/unfinished-1"} <= set(erasure["withdrawn"]) and "out/linear-2" not in erasure["withdrawn"]
    assert "out/linear-2/evaluation.json" in {one["file"] for one in erasure["affected"]}
    assert any("link: is a link" in place for place in erasure["unseen"])
    for step in (copy / name / "checkpoints" for name in ("begun", "aside", "aside/unfinished-1")):
        assert "was withdrawn on" in stays.run("evaluate", "run.yaml", "--model", next(step.iterdir()), "--output", "never", code=POLICY)
    assert "was withdrawn on" in stays.run("train", "run.yaml", "--resume", "latest", "--output", copy / "begun", code=POLICY)


def test_what_another_signed_is_not_withdrawn(stays, copy):
    """Said in the exit code too."""
    stays.run("train", "run.yaml", "--set", "lineage.sign_with=stranger.pem", "--output", copy / "theirs")
    out = forget(stays, copy, "linear", "--in", copy, code=POLICY)
    assert "NOT WITHDRAWN  what was trained in out/theirs: " in out and "1 of the folders that know the rows was not withdrawn" in out
    stays.run("withdraw", copy / "theirs", "--key", "stranger.pub.pem", "--sign-with", "stranger.pem", "--by", "x", "--reason", "y")


def test_what_has_not_forgotten(stays, copy):
    assert "was trained on all rows that" in forget(stays, copy, replacement=copy / "deep/other", code=DATA)
    stays.run("train", "run.yaml", "--wall-time", "0", "--output", copy / "begun", code=75)
    step = next((copy / "begun/checkpoints").iterdir())
    assert "does not hold" in forget(stays, copy, replacement=copy / "begun", code=INTEGRITY)
    stays.run("train", "run.yaml", "--resume", step, "--output", copy / "resumed")
    assert "went on from a checkpoint of another training" in stays.run(
        "forget", copy / "linear-2", "--replaced-by", copy / "resumed", *KEY, "--sign-with", "operator.pem", "--by", "ada", "--reason", "x", code=DATA)
    (copy / "linear-2/model.h5").write_bytes(b"another")
    assert "does not hold" in forget(stays, copy, code=INTEGRITY)
    assert not (copy / "linear/erasures.jsonl").exists() and not (copy / "linear/approvals.jsonl").exists()


def test_a_record_that_is_tampered_with(stays, copy):
    forget(stays, copy)
    path = copy / "linear/erasures.jsonl"
    text = path.read_text()
    path.write_text(text[:40] + ("A" if text[40] != "A" else "B") + text[41:])
    stays.run("verify", copy / "linear", *KEY, code=INTEGRITY)
    path.write_text(text)
    shutil.copy(path, copy / "linear-2")
    assert "is about a model that was not trained here" in stays.run("verify", copy / "linear-2", *KEY, code=INTEGRITY)
    (copy / "linear-2/erasures.jsonl").unlink()
    stranger, pem = forge.Signer(stays.path("stranger.pem")), stays.path("stranger.pub.pem").read_text()
    statement = forge.read(path)[0]
    statement["predicate"]["publicKey"] = pem
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
    path.write_text(forge.envelope(payload, [(stranger.id, stranger.sign(payload))]) + "\n")
    assert "by another key than the training's" in stays.run("verify", copy / "linear", *KEY, code=INTEGRITY)


def test_who_may_sign(stays, copy):
    """The operator alone, and with a reason; else nothing is withdrawn."""
    assert "was signed with another key" in forget(stays, copy, key="stranger", code=POLICY)
    for by, reason in (("", "x"), ("ada", ""), ("ada", "two\nlines")):
        out = stays.run("forget", copy / "linear", "--replaced-by", copy / "linear-2", *KEY, "--sign-with", "operator.pem", "--by", by, "--reason", reason, code=USAGE)
        assert "is to be one line of text" in out
    assert not (copy / "linear/erasures.jsonl").exists() and not (copy / "linear/approvals.jsonl").exists()
