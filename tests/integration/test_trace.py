# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What an artefact was made of and what was made of it is told from the chains, with whose word that is; what was changed is said to be."""
import hashlib
import json
import re
import shutil
import xml.etree.ElementTree as xml

import pytest

import forge
from conftest import Checkout
from test_policies import Stays

USAGE, DATA, INTEGRITY = 2, 5, 7
KEY = ("--key", "operator.pub.pem")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    """runs/first: trained in two sessions, evaluated, predicted; runs/elsewhere: an evaluation of that model; runs/second: another training, of two clinics."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("trace")))
    stays.write("ingest.yaml", stays.path("ingest.yaml").read_text().replace("output:", "block_rows: 8\noutput:"))
    shutil.rmtree(stays.path("partitions"))
    stays.run("ingest", "ingest.yaml")
    for clinic in stays.clinics:
        stays.terms(clinic, "serial: 3\n", allow="exact_release: true, two_parties: true")
    stays.train("--wall-time", "0", output="runs/first", code=75)
    stays.train("--resume", "latest", output="runs/first")
    for command, words in (("evaluate", ("--output", "runs/first")), ("predict", ("--output", "runs/first")),
                           ("evaluate", ("--model", "runs/first/model.h5", "--output", "runs/elsewhere"))):
        stays.run(command, "run.yaml", *words)
    text = stays.path("run.yaml").read_text()
    stays.write("two.yaml", text[:text.index("  - {name: graz")])
    stays.run("train", "two.yaml", "--set", "name=<b>&\"two\"", "--output", "runs/second")
    stays.run("keygen", "stranger")
    return stays


@pytest.fixture
def copy(stays, tmp_path):
    return lambda: shutil.copytree(stays.path("runs"), tmp_path / "runs")


def traced(stays, *words, code=0):
    return stays.run("trace", *words, code=code)


def answer(stays, *words, code=0):
    out = traced(stays, *words, "--format", "json", code=code)
    return json.loads(out[:out.rindex("}") + 1])


def made(found, which):
    """(stage, file) of all that the sessions made and that is no paper."""
    sessions = [found["sessions"][str(number)] for number in found[which]]
    return [(s["stage"], m["file"]) for s in sessions for m in s["made"] if "state" in m and found["items"][str(m["item"])]["kind"] not in ("decisions", "egress report")]


def root(stays, clinic):
    return forge.read(stays.path("runs/first/lineage.jsonl"))[0]["predicate"]["buildDefinition"]["resolvedDependencies"], \
        forge.dependency(forge.read(stays.path("runs/first/lineage.jsonl"))[0], f"partition/{clinic}/{clinic}")["digest"]["sha256"]


def test_what_a_model_was_made_of(stays):
    out = traced(stays, "runs/first/model.h5", *KEY)
    chain = stays.path("runs/first/lineage.jsonl")
    statements = forge.read(chain)
    assert f"stated in {chain}:{len(statements)}\n" in out
    assert f"content {statements[-1]['subject'][0]['digest']['bailiwickModelV2']}\n" in out
    for clinic in stays.clinics:
        policy = forge.dependency(statements[0], f"policy/{clinic}")["digest"]["sha256"][:12]
        pem = hashlib.sha256(stays.path(f"{clinic}.pub.pem").read_bytes()).hexdigest()[:12]
        assert re.search(rf"{clinic} +CH +{clinic} +24 +{root(stays, clinic)[1][:12]} +urn:example:stays:{clinic} +3 +{policy} +{pem}\n", out), out
    assert out.count("\ntrain  ") == 2 and re.search(rf"  resumed +[0-9a-f]{{12}}, {chain}:2\n", out)  # the session that it went on from
    # An evaluation and a prediction of three statements each, and three chains of domains.
    assert out.splitlines()[-1].startswith(f"{len(statements) + 6} statements are signed by a known key, 9 by an unknown one, which nobody checked")
    assert "evaluate" in out[out.index("What was made of it"):]  # beside it


def test_a_row_of_a_prediction_comes_from_a_block_of_its_own_domain(stays):
    path = "runs/first/predictions/lyon/lyon.csv"
    found = answer(stays, path, "--row", "17")
    assert found["what"] == "prediction file" and (found["row"]["block"], found["row"]["blocks"], found["row"]["block_rows"]) == (2, 3, 8)
    assert found["items"][str(found["row"]["partition"])]["digest"] == root(stays, "lyon")[1]
    out = traced(stays, path, "--row", "17")
    assert f"row 17 is row 17 of partition lyon of domain lyon, root {root(stays, 'lyon')[1]}\n" in out
    assert "block 2 of 3 (from 0; rows 16 to 23)" in out
    predict = out[out.index("\npredict"):out.index("\ntrain")]
    assert "lyon" in predict and "graz" not in predict and "graz" in out  # of which the model was made
    assert "has no line for row 24" in traced(stays, path, "--row", "24", code=DATA)
    assert "is no prediction file" in traced(stays, "runs/first/model.h5", "--row", "0", code=USAGE)


def test_what_was_made_of_a_partition_wherever_it_lies(stays, tmp_path):
    everything = {("train", "model.h5"), ("evaluate", "evaluation.json"), ("predict", "prediction.json"), ("predict", "graz.csv"), ("predict", "bern.csv")}
    for end in (".h5", ".manifest.json"):
        shutil.copy(stays.path(f"partitions/graz{end}"), tmp_path / f"moved{end}")
    for path in ("partitions/graz.h5", tmp_path / "moved.h5", tmp_path / "moved.manifest.json"):
        found = answer(stays, path, "--in", "runs")
        assert found["made_of"] == [] and everything <= set(made(found, "made_from_it"))
        folders = {found["chains"][str(found["sessions"][str(s)]["chain"])]["path"].split("/runs/")[1].split("/")[0] for s in found["made_from_it"]}
        assert folders == {"first", "elsewhere"}  # the second run had no rows of Graz
    assert "/second/" in traced(stays, "partitions/bern.h5", "--in", "runs")
    out = traced(stays, "partitions/graz.h5", "--in", "runs/second")
    assert "nobody looked at the manifest's signature or at the rows" in out
    assert "Nothing was made of it" in out
    assert "say below which folders to look" in traced(stays, "partitions/graz.h5", code=USAGE)
    assert "is no folder" in traced(stays, "partitions/graz.h5", "--in", "nowhere", code=DATA)


def test_what_was_done_under_a_policy_and_with_a_model(stays, tmp_path):
    assert ("train", "model.h5") in made(answer(stays, "graz.json", "--in", "runs"), "made_from_it")
    stays.terms("graz", "serial: 4\n")  # newer terms, under which nothing was done
    assert "Nothing was made of it" in traced(stays, "graz.json", "--in", "runs")
    shutil.copy(stays.path("runs/first/model.h5"), tmp_path / "copy.h5")
    found = answer(stays, tmp_path / "copy.h5", "--in", "runs")
    assert ("train", "model.h5") in made(found, "made_of")
    assert made(found, "made_from_it").count(("evaluate", "evaluation.json")) == 2
    # From the other end: the training is found by the model's content, if somebody says where.
    out = traced(stays, "runs/elsewhere/evaluation.json")
    assert "made by no chain that was found; name its folder with --in" in out and "\ntrain" not in out
    assert ("train", "model.h5") in made(answer(stays, "runs/elsewhere", "--in", "runs/first"), "made_of")


def test_whose_word_it_is(stays):
    def end(*words):
        return traced(stays, "runs/elsewhere", *words).splitlines()[-1]
    unknown = "0 statements are signed by a known key, 3 by an unknown one, which nobody checked: give its public key with --key."
    assert end() == end("--key", "stranger.pub.pem") == unknown
    assert end(*KEY) == "3 statements are signed by a known key, 0 by an unknown one."
    out = traced(stays, "runs/first/predictions/bern/bern.csv", *KEY)
    assert "which was not given: not checked" in out and re.search(r"\d+ statements are signed by a known key, 3 by an unknown", out)


def test_a_chain_that_does_not_hold_is_named_and_read(stays, copy, signer=None):
    folder = copy()
    chain = folder / "first/lineage.jsonl"
    lines = chain.read_text().splitlines(keepends=True)
    flipped = forge.payload_of(lines[0]).replace(b"length of stay", b"length of stayz")
    stranger = forge.Signer(stays.path("stranger.pem"))
    operator = forge.signatures_of(lines[0])[0][0]
    for text, why in ((lines[:1] + lines[2:], "line 2: does not follow the line before"),
                      (lines[:-1], None),  # a run that did not finish looks the same
                      ([forge.envelope(flipped, forge.signatures_of(lines[0])) + "\n", *lines[1:]], "line 1: envelope: the signature by key"),
                      ([forge.envelope(flipped, [(operator, stranger.sign(flipped))]) + "\n", *lines[1:]], "line 2: does not follow"),
                      (["{}\n", *lines[1:]], "line 1: "),
                      (lines[:1] + [lines[1][:-1]], "line 2: has no newline")):
        chain.write_text("".join(text))
        out = traced(stays, stays.path("partitions/graz.h5"), "--in", folder, *KEY, code=INTEGRITY if why else 0)
        assert ("THIS CHAIN DOES NOT HOLD" in out) == bool(why), out
        if why:
            assert f"{chain}: {why}" in out and "1 of " in out.splitlines()[-3]
            picture = traced(stays, stays.path("partitions/graz.h5"), "--in", folder, *KEY, "--format", "svg", code=INTEGRITY)
            assert 'class="box session broken"' in picture
    chain.write_text("no lineage\n")  # nothing of it can be read: it is named nevertheless
    assert f"{chain}: line 1: " in traced(stays, stays.path("partitions/graz.h5"), "--in", folder, code=INTEGRITY)


def test_a_file_that_was_changed(stays, copy):
    folder = copy()
    path = folder / "first/predictions/bern/bern.csv"
    path.write_text(path.read_text().replace("train", "tra1n", 1))
    assert f"is not what {path.parent}/prediction.jsonl:2 signs under this name" in traced(stays, path, code=INTEGRITY)
    out = traced(stays, folder / "first", code=INTEGRITY)
    assert re.search(r"bern.csv .* CHANGED SINCE\n", out)
    path.unlink()
    assert re.search(r"bern.csv .* not there\n", traced(stays, folder / "first"))
    (folder / "first/decisions-2.json").write_text("{}")  # tells owners and serials
    out = traced(stays, folder / "first/model.h5", code=INTEGRITY)
    assert "decisions-2.json: was changed after it was signed" in out
    assert re.search(r"made +decisions-2.json .* CHANGED SINCE", traced(stays, folder / "first", code=INTEGRITY))
    (folder / "first/run.json").write_text("{}")
    assert "no statement of a chain that was found speaks of it" in traced(stays, folder / "first/run.json", code=INTEGRITY)
    assert "holds no lineage.jsonl" in traced(stays, folder, code=DATA)


@pytest.mark.parametrize("what", ["runs/first", "runs/second/model.h5", "partitions/bern.h5"])
def test_the_picture(stays, what):
    stays.run("trace", what, "--in", "runs", "--format", "svg", "--output", "picture.svg")
    picture = xml.parse(stays.path("picture.svg")).getroot()
    assert picture.find(f"{SVG}title").text.startswith("Trace of /") and picture.find(f"{SVG}desc").text
    boxes = []
    for group in picture.iter(f"{SVG}g"):
        if (rect := group.find(f"{SVG}rect")) is None:
            continue
        x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        boxes.append((x, y, x + width, y + height))
        for text in group.findall(f"{SVG}text"):  # a letter of 12 pixels is 7.3 wide in the fonts that are asked for
            assert x < float(text.get("x")) and float(text.get("x")) + 7.3 * len(text.text) <= x + width, text.text
            assert y < float(text.get("y")) < y + height
    assert len(boxes) >= 4
    for i, a in enumerate(boxes):
        assert not any(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3] for b in boxes[:i])
    text = stays.path("picture.svg").read_text()
    assert "<b>" not in text and ("&lt;b&gt;&amp;" in text) == (what != "runs/first")
    assert not re.search(r"(href|src|url)\b", text)
