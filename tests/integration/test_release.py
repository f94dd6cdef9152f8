# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What leaves an output folder: what a second person has checked, or accepted, whole and nothing more; and what lies in a bundle anybody can see."""
import base64
import errno
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import time

import pytest

import forge
from conftest import PROGRAM, Checkout
from test_policies import CLINICS, Stays

USAGE, POLICY, DATA, INTEGRITY = 2, 4, 5, 7
KEY = ("--key", "operator.pub.pem")
KNOWN = ("--approver-key", "checker.pub.pem", "--approver-key", "board.pub.pem")
TEAM = "https://uni.example/heart-team"
COLUMNS = """
  x: {role: feature, minimum: 0, maximum: 10}
  arm: {role: feature, type: category, levels: [old, new, rare]}
  gone: {role: target, type: boolean}
"""


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    """many: 600 rows, none of them rare; few: 36 rows, three of which are. Both were checked."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("release")))
    draw = random.Random(3)
    for name, rows in (("many", 200), ("few", 12)):
        lines = ["clinic,x,arm,gone"]
        for i, clinic in enumerate(CLINICS * rows):
            rare = name == "few" and i % 12 == 0
            lines.append(f"{clinic},{draw.uniform(0, 10)!r},{'rare' if rare else draw.choice(('old', 'new'))},{int(draw.random() < 0.4)}")
        stays.write(f"{name}.csv", "\n".join(lines) + "\n")
        stays.take(name, COLUMNS if name == "few" else COLUMNS.replace("[old, new, rare]", "[old, new]"), f"{name}-run.yaml")
        config = stays.path(f"{name}-run.yaml").read_text().replace("{kind: linear, target: days}", "{kind: logistic, target: gone, features: [x]}")
        stays.write(f"{name}-run.yaml", config + (f"recipients: [{TEAM}]\n" if name == "many" else ""))
    for clinic in CLINICS:
        stays.terms(clinic, "forbid: [{recipients: [https://rival.example/]}]\nduties: {attribute: Clinics of the study}\n" if clinic == "bern" else "")
    for key in ("checker", "board", "desk"):
        stays.run("keygen", key)
    for name in ("many", "few"):
        for stage, words in (("train", ()), ("evaluate", ("evaluate={per_domain: false, calibration_bins: 4}",)), ("describe", ("describe={bins: 4, quantiles: [0.5]}",))):
            stays.run(stage, f"{name}-run.yaml", "--output", f"{name}-out", *(word for setting in words for word in ("--set", setting)))
        checked(stays, f"{name}-out", code=None)
    return stays


def checked(stays, folder, *words, code=0):
    return json.loads(stays.run("check-output", folder, *KEY, "--json", "--sign-with", "checker.pem", "--by", "Grace, output checking", *words, code=code))


@pytest.fixture
def many(stays, tmp_path):
    return shutil.copytree(stays.path("many-out"), tmp_path / "many")


@pytest.fixture
def few(stays, tmp_path):
    return shutil.copytree(stays.path("few-out"), tmp_path / "few")


def release(stays, folder, bundle, *words, code=0, known=KNOWN):
    return stays.run("release", folder, "--to", bundle, "--sign-with", "desk.pem", "--by", "Alan, egress desk", *KEY, *known, *words, code=code)


def look(stays, bundle, *words, code=0):
    return stays.run("release", "--check", bundle, "--key", "desk.pub.pem", *words, code=code)


def approve(stays, folder, file, *words, key="board", code=0):
    return stays.run("approve", folder, "--of", file, *KEY, "--sign-with", f"{key}.pem", "--by", "Ada, board", "--reason", "three rows are public anyway", *words, code=code)


def files_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_was_checked_is_released(stays, many, tmp_path):
    bundle = tmp_path / "bundle"
    out = release(stays, many, bundle)
    assert "checked   by Grace, output checking, for at least 10 rows, 10 degrees of freedom\n" in out and f"to        {TEAM}\nreleased  {bundle}\n" in out and "result    model.h5, " in out
    results = {"model.h5", "evaluation.json", "description.json"}
    chains = {"lineage.jsonl", "evaluation.jsonl", "description.jsonl"}
    assert files_in(bundle) == results | chains | {"evidence.jsonl", "SHA256SUMS", "release.json"}
    for name in results | chains:
        assert (bundle / name).read_bytes() == (many / name).read_bytes()
    # The manifest is the line that stays in the folder.
    assert (bundle / "release.json").read_text() == (many / "releases.jsonl").read_text()
    (line,) = forge.read(bundle / "release.json")
    said = line["predicate"]
    assert line["predicateType"] == "https://bailiwick.dev/release/v1"
    assert line["subject"] == [{"name": "SHA256SUMS", "digest": {"sha256": hashlib.sha256((bundle / "SHA256SUMS").read_bytes()).hexdigest()}}]
    assert said["by"] == "Alan, egress desk" and said["recipients"] == [TEAM] and said["run"] == "length of stay" and said["check"]["by"] == "Grace, output checking"
    assert {one["file"]: one.get("verdict") for one in said["files"]} == {**dict.fromkeys(results, "pass"), **dict.fromkeys(chains | {"evidence.jsonl"})}
    for one in said["files"]:
        data = (bundle / one["file"]).read_bytes()
        assert (one["size"], one["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert said["duties"] == [{"domain": "bern", "duties": {"attribute": "Clinics of the study"}}] and said["approvals"] == [] and said["check"]["enclosed"] and said["check"]["verdict"] == "pass"
    # No tool of ours.
    assert subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=bundle, timeout=60).returncode == 0
    # Elsewhere, without the folder.
    moved = shutil.move(bundle, tmp_path / "elsewhere")
    shutil.move(many, tmp_path / "gone")
    out = look(stays, moved)
    assert "ok  model.h5: what the check says of it" in out and "verified" in out.splitlines()[-2] and "whose key" in out.splitlines()[-1]
    assert "whose key" not in look(stays, moved, *KEY, *KNOWN)
    found = json.loads(look(stays, moved, "--json"))
    assert found["verified"] and found["release"]["by"] == "Alan, egress desk" and found["not_looked_at"]
    assert "none of those given" in stays.run("release", "--check", moved, *KEY, code=INTEGRITY)


def test_the_folder_remembers(stays, many, tmp_path):
    """verify, report, forget know what left."""
    release(stays, many, tmp_path / "bundle", "model.h5")
    assert files_in(tmp_path / "bundle") == {"model.h5", "lineage.jsonl", "evidence.jsonl", "SHA256SUMS", "release.json"}
    release(stays, many, tmp_path / "second/", "--recipient", "HTTPS://uni.example/heart-team/", "evaluation.json")
    assert look(stays, tmp_path / "second") and len((many / "releases.jsonl").read_text().splitlines()) == 2
    out = stays.run("verify", many, *KEY, *KNOWN)
    assert "ok  releases.jsonl:1: model.h5 released by Alan, egress desk, key " in out and "with which model.h5 was released" in out.splitlines()[-1]
    assert "whose key" not in stays.run("verify", many, *KEY, *KNOWN, "--approver-key", "desk.pub.pem")
    stays.run("report", many, *KEY)
    page = (many / "report.html").read_text()
    assert "What was handed out" in page and TEAM in page and "model.h5 (pass)" in page
    kept = (many / "releases.jsonl").read_text()
    (many / "releases.jsonl").write_text(kept.splitlines()[1] + "\n")
    assert "releases.jsonl:1: does not follow the line before" in stays.run("verify", many, *KEY, code=INTEGRITY)
    (many / "releases.jsonl").write_text(kept)
    (many / "checks.jsonl").rename(many / "hidden")
    assert "rests on a check that is not in checks.jsonl" in stays.run("verify", many, *KEY, code=INTEGRITY)
    (many / "hidden").rename(many / "checks.jsonl")
    # Without a clinic: whoever got the old model is to be told.
    config = stays.path("many-run.yaml").read_text().replace(CLINICS[2], "X")
    stays.write("two.yaml", "\n".join(line for line in config.splitlines() if "X" not in line) + "\n")
    for clinic in CLINICS:
        stays.terms(clinic, allow="exact_release: true, two_parties: true, unmasked_sums: true")
    stays.run("train", "two.yaml", "--output", tmp_path / "two")
    out = stays.run("forget", many, "--replaced-by", tmp_path / "two", *KEY, "--sign-with", "operator.pem", "--by", "x", "--reason", "y")
    assert "released     from many on " in out and f"to be told   {TEAM}, a recipient" in out
    assert "model.h5 was withdrawn" in release(stays, many, tmp_path / "third", code=POLICY)


def test_what_a_rule_is_against_stays(stays, few, tmp_path):
    """Unless somebody accepts it; then the bundle says who. What passes may leave beside it, and the check that tells of the rest stays."""
    bundle = tmp_path / "bundle"
    out = release(stays, few, bundle, code=POLICY)
    assert "description.json: the newest check of the outputs says: fail, and nobody has accepted that (`bailiwick approve FOLDER --of description.json --check " in out
    assert not bundle.exists() and not (few / "releases.jsonl").exists() and not list(tmp_path.glob("bundle*"))
    out = release(stays, few, bundle, "model.h5")
    assert "stays with them" in out and "arm: rare: 3" in "".join(map(str, forge.read(few / "checks.jsonl")))
    assert files_in(bundle) == {"model.h5", "lineage.jsonl", "SHA256SUMS", "release.json"}
    assert "rare" not in "".join(map(str, forge.read(bundle / "release.json")))
    assert "what the check said, which is not enclosed" in look(stays, bundle)
    shutil.rmtree(bundle)
    (head,) = (line["predicate"]["check"]["digest"] for line in forge.read(few / "releases.jsonl"))
    # An approval that does not name the check, by whoever ran it, of another check, by a stranger.
    assert "says: fail" in approve(stays, few, "description.json")
    assert "nobody has accepted" in release(stays, few, bundle, "description.json", code=POLICY)
    assert "a second person decides" in approve(stays, few, "description.json", "--check", head, key="operator", code=POLICY)
    assert "no line has the digest" in approve(stays, few, "description.json", "--check", "0" * 64, code=DATA)
    assert "that check did not judge intent" in approve(stays, few, "intent", "--check", head, code=DATA)
    approve(stays, few, "description.json", "--check", head)
    assert forge.read(few / "approvals.jsonl")[-1]["predicate"]["check"] == head
    assert "nobody vouches for the key with which it was approved" in release(stays, few, bundle, "description.json", known=KNOWN[:2], code=POLICY)
    assert "accepted  description.json by Ada, board: three rows are public anyway" in release(stays, few, bundle, "description.json")
    (line,) = forge.read(bundle / "release.json")
    assert [one["file"] for one in line["predicate"]["approvals"]] == ["description.json"]
    look(stays, bundle)
    # Another check is another question, and a refusal counts for more than an approval before.
    checked(stays, few, code=POLICY)
    assert "nobody has accepted" in release(stays, few, tmp_path / "b", "description.json", code=POLICY)
    stays.run("refuse", few, "--of", "description.json", *KEY, "--sign-with", "board.pem", "--by", "Ada", "--reason", "no")
    assert "description.json was refused on " in release(stays, few, tmp_path / "b", "description.json", code=POLICY)
    approve(stays, few, "description.json", "--check", hashlib.sha256(payloads(few / "checks.jsonl")[-1]).hexdigest())
    release(stays, few, tmp_path / "b", "description.json")


def payloads(path):
    return [base64.b64decode(json.loads(line)["payload"]) for line in path.read_text().splitlines()]


def test_whose_word_counts(stays, many, tmp_path):
    bundle = tmp_path / "bundle"
    assert "nobody vouches for the key of the newest check" in release(stays, many, bundle, known=(), code=POLICY)
    (many / "checks.jsonl").unlink()
    assert "nobody has checked what lies there" in release(stays, many, bundle, code=POLICY)
    # The operator's own check, and one that an exception is signed for by the first person.
    operator, pem = forge.Signer(stays.path("operator.pem")), stays.path("operator.pub.pem").read_text()
    mine = forge.read(stays.path("many-out/checks.jsonl"))[0]
    mine["predicate"].update(publicKey=pem)
    payload = json.dumps(mine, sort_keys=True, separators=(",", ":")).encode()
    (many / "checks.jsonl").write_text(forge.envelope(payload, [(operator.id, operator.sign(payload))]) + "\n")
    assert "a second person checks outputs" in release(stays, many, bundle, *("--approver-key", "operator.pub.pem"), code=INTEGRITY)
    assert not bundle.exists()


def test_whose_approval_an_owner_asks_for(stays, tmp_path):
    """An owner's terms name who approves what leaves: nobody else's approval will do, nor one that was taken back."""
    board = hashlib.sha256(stays.path("board.pub.pem").read_bytes()).hexdigest()
    stays.terms("lyon", f"duties: {{approved_by: [{board}, {'0' * 64}]}}\n")
    try:
        out = stays.run("train", "many-run.yaml", "--output", tmp_path / "asked")
        assert f"duties of lyon: have its release approved by {board} or {'0' * 64}" in out
    finally:
        stays.terms("lyon")
    asked, bundle = tmp_path / "asked", tmp_path / "bundle"
    assert json.loads((asked / "decisions.json").read_text())["domains"][1]["duties"] == {"approved_by": [board, "0" * 64]}
    checked(stays, asked)
    why = f"model.h5: the policy of domain lyon asks for the approval of whoever holds the key {board} or {'0' * 64}, and there is none"
    assert why in release(stays, asked, bundle, code=POLICY)
    approve(stays, asked, "model.h5", key="checker")
    assert why in release(stays, asked, bundle, code=POLICY)
    approve(stays, asked, "model.h5")
    stays.run("refuse", asked, *KEY, "--sign-with", "board.pem", "--by", "Ada, board", "--reason", "a second thought")
    approve(stays, asked, "model.h5", key="checker")
    assert why in release(stays, asked, bundle, code=POLICY), "the newest word of that key counts"
    assert not bundle.exists()
    approve(stays, asked, "model.h5")
    assert "accepted  model.h5 by Ada, board: three rows are public anyway\n" in release(stays, asked, bundle)
    (said,) = [line["predicate"] for line in forge.read(bundle / "release.json")]
    assert [one["key"] for one in said["approvals"]] == [board] and board in (bundle / "evidence.jsonl").read_text()
    assert "verified" in look(stays, bundle, *KEY, *KNOWN)
    assert "ok  releases.jsonl:1" in stays.run("verify", asked, *KEY, *KNOWN)


def test_what_was_changed_or_came_later(stays, many, tmp_path):
    bundle = tmp_path / "bundle"
    text = (many / "evaluation.json").read_text()
    (many / "evaluation.json").write_text(text.replace('"rows": ', '"rows": 1'))
    assert "does not hold, so nothing leaves" in release(stays, many, bundle, "model.h5", code=INTEGRITY)
    (many / "evaluation.json").write_text(text)
    stays.run("explain", "many-run.yaml", "--output", many, "--set", "explain={repeats: 1, points: 0}")
    assert "explanation.json came later, and was not checked" in release(stays, many, bundle, code=INTEGRITY)
    assert not bundle.exists() and not (many / "releases.jsonl").exists()


@pytest.mark.parametrize("of", ["model.h5", "intent", "evaluation.json"])
def test_what_was_withdrawn(stays, many, tmp_path, of):
    """An evaluation goes with the model that it is of."""
    stays.run("withdraw", many, "--of", of, *KEY, "--sign-with", "board.pem", "--by", "Ada", "--reason", "consent was withdrawn")
    out = release(stays, many, tmp_path / "bundle", code=POLICY)
    said = {"model.h5": of != "evaluation.json", "evaluation.json": True, "description.json": False}
    assert {name: f"  {name}: " in out for name in said} == said and f"{of} was withdrawn on " in out
    assert not (tmp_path / "bundle").exists()
    release(stays, many, tmp_path / "bundle", "description.json")
    if of == "model.h5":
        approve(stays, many, of)
        release(stays, many, tmp_path / "second", "evaluation.json")


def test_single_rows_stay(stays, many, tmp_path):
    stays.run("predict", "many-run.yaml", "--output", many)
    checked(stays, many, code=POLICY)
    release(stays, many, tmp_path / "bundle")
    assert not any("prediction" in name for name in files_in(tmp_path / "bundle"))
    for name in ("prediction.json", "predictions/bern/bern.csv"):
        assert f"  {name}: " in release(stays, many, tmp_path / "b", name, code=POLICY)
    shutil.copy(stays.path("many.csv"), many / "mine.csv")
    assert "mine.csv: is no result that the newest check judged" in release(stays, many, tmp_path / "b", "mine.csv", code=POLICY)
    assert not (tmp_path / "b").exists()


def test_recipients(stays, many, few, tmp_path):
    """Those that the policies were asked about; where the run named none, nobody whom a policy forbids."""
    for words, code, text in ((("--recipient", "https://other.example/"), POLICY, "policies were not asked about https://other.example/"),
                              (("--recipient", "nobody"), USAGE, "--recipient nobody: is not an absolute IRI")):
        assert text in release(stays, many, tmp_path / "b", *words, code=code)
    assert "forbidden by policy/bern (https://rival.example/)" in release(stays, few, tmp_path / "b", "model.h5", "--recipient", "http://RIVAL.example/team", code=POLICY)
    assert not (tmp_path / "b").exists()
    release(stays, few, tmp_path / "b", "model.h5", "--recipient", "https://other.example/")
    assert forge.read(tmp_path / "b/release.json")[0]["predicate"]["recipients"] == ["https://other.example/"]


def test_a_bundle_that_was_changed(stays, many, tmp_path):
    """Every byte of every file; a file more, a file less, a link, a folder."""
    bundle = tmp_path / "bundle"
    release(stays, many, bundle)
    draw = random.Random(5)
    for name in sorted(files_in(bundle)):
        data = (bundle / name).read_bytes()
        for at in (0, len(data) - 1, *(draw.randrange(len(data)) for _ in range(3))):
            (bundle / name).write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
            out = look(stays, bundle, code=INTEGRITY)
            assert f"NO  {name}: " in out or f"{name}: " in out and name == "release.json", (name, at, out)
        (bundle / name).unlink()
        out = look(stays, bundle, code=INTEGRITY)
        assert f"NO  {name}: is not there" in out or "holds no release.json" in out and name == "release.json"
        (bundle / name).symlink_to(tmp_path / "many" / name)
        assert name in look(stays, bundle, code=INTEGRITY)
        (bundle / name).unlink()
        (bundle / name).write_bytes(data)
    look(stays, bundle)
    for name in ("mine.csv", "evaluations/x/evaluation.json", ".hidden"):
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_text("1")
        assert f"NO  {name}: is not listed in release.json" in look(stays, bundle, code=INTEGRITY)
        (bundle / name).unlink()
    assert "NO  evaluations: is not listed in release.json" in look(stays, bundle, code=INTEGRITY)
    shutil.rmtree(bundle / "evaluations")
    os.mkfifo(bundle / "pipe")
    assert "NO  pipe: is not listed" in look(stays, bundle, code=INTEGRITY)
    (bundle / "pipe").unlink()
    look(stays, bundle)
    assert "is no folder" in look(stays, tmp_path / "nowhere", code=DATA)


def test_a_manifest_that_was_made_up(stays, few, tmp_path):
    """By whoever holds the key of the desk, with files that hold: what nobody checked, what nobody accepted, what lies elsewhere."""
    bundle, desk = tmp_path / "bundle", forge.Signer(stays.path("desk.pem"))
    head = hashlib.sha256(payloads(few / "checks.jsonl")[-1]).hexdigest()
    for name in ("description.json", "evaluation.json"):
        approve(stays, few, name, "--check", head)
    release(stays, few, bundle)
    look(stays, bundle)

    def forged(change):
        copy = tmp_path / "forged"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(bundle, copy)
        (line,) = forge.read(copy / "release.json")
        change(line["predicate"], copy)
        sums = "".join(f"{one['sha256']}  {one['file']}\n" for one in sorted(line["predicate"]["files"], key=lambda one: one["file"]))
        (copy / "SHA256SUMS").write_text(sums)
        line["subject"][0]["digest"]["sha256"] = hashlib.sha256(sums.encode()).hexdigest()
        payload = json.dumps(line, sort_keys=True, separators=(",", ":")).encode()
        (copy / "release.json").write_text(forge.envelope(payload, [(desk.id, desk.sign(payload))]) + "\n")
        return copy

    def file(said, name):
        return next(one for one in said["files"] if one["file"] == name)

    look(stays, forged(lambda said, copy: None))

    def passed(said, copy):
        file(said, "description.json")["verdict"] = "pass"

    def unaccepted(said, copy):
        lines = (copy / "evidence.jsonl").read_text().splitlines(keepends=True)
        data = "".join(lines[:1])
        (copy / "evidence.jsonl").write_text(data)
        file(said, "evidence.jsonl").update(size=len(data), sha256=hashlib.sha256(data.encode()).hexdigest())

    def unproved(said, copy):
        said["files"] = [one for one in said["files"] if one["kind"] != "evidence"]
        (copy / "evidence.jsonl").unlink()

    def another(said, copy):
        data = (copy / "description.json").read_text().replace('"rows": ', '"rows": 1')
        (copy / "description.json").write_text(data)
        file(said, "description.json").update(size=len(data), sha256=hashlib.sha256(data.encode()).hexdigest())

    def outside(said, copy):
        said["files"].append({**file(said, "lineage.jsonl"), "file": "../bundle/lineage.jsonl"})

    def own(said, copy):
        said["check"]["key"] = forge.Signer(stays.path("operator.pem")).id

    for change, text in ((passed, 'description.json: what the check says of it: the check says another thing than "pass"'), (unaccepted, "the check says fail, and nobody has accepted that"),
                         (unproved, "the check is not there"), (another, "description.jsonl does not end with it"), (outside, "is no name that a bundle can list"), (own, "a second person decides")):
        assert text in look(stays, forged(change), code=INTEGRITY)


def test_nothing_is_overwritten_or_left_half(stays, many, tmp_path):
    (tmp_path / "bundle").mkdir()
    assert "exists; name a folder that does not" in release(stays, many, tmp_path / "bundle", code=DATA)
    (tmp_path / "bundle").rmdir()
    (tmp_path / "bundle").symlink_to("nowhere")
    assert "exists" in release(stays, many, tmp_path / "bundle", code=DATA)
    (tmp_path / "bundle").unlink()
    assert "lies in the output folder" in release(stays, many, many / "bundle", code=USAGE)
    assert "cannot make the folder" in release(stays, many, tmp_path / "no/bundle", code=DATA)
    assert "--to is missing" in stays.run("release", many, *KEY, "--sign-with", "desk.pem", code=USAGE)
    assert "is not for --check" in stays.run("release", "--check", many, *KEY, "--to", "x", code=USAGE)
    assert not (many / "releases.jsonl").exists()


def test_killed_at_any_moment(stays, many, tmp_path):
    """The bundle is whole or not there, and never without its line."""
    begin = time.time()
    release(stays, many, tmp_path / "bundle")
    takes = time.time() - begin
    ends = set()
    for i in range(16):
        bundle = tmp_path / f"killed-{i}"
        process = subprocess.Popen([PROGRAM, "release", many, "--sign-with", "desk.pem", *KEY, *KNOWN, "--to", bundle], cwd=stays.path("."), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(takes * (0.4 + i * 0.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if bundle.exists():
            look(stays, bundle)
            assert (bundle / "release.json").read_text() in (many / "releases.jsonl").read_text().splitlines(keepends=True)
        ends.add((process.returncode, bundle.exists()))
    assert (-signal.SIGKILL, False) in ends, ends
    stays.run("verify", many, *KEY)
    release(stays, many, tmp_path / "last")


@pytest.mark.skipif("BAILIWICK_DURABILITY" not in os.environ, reason="the storage that fails is not built")
def test_storage_that_fails(stays, many, tmp_path):
    """Any call: nothing leaves, nothing is left half, and the folder holds without a line."""
    place, trace = tmp_path / "out", tmp_path / "trace"
    place.mkdir()

    def attempt(**settings):
        trace.unlink(missing_ok=True)
        shim = {"LD_PRELOAD": os.path.join(os.environ["BAILIWICK_DURABILITY"], "libshim.so"), "SHIM_PATH": str(tmp_path), "SHIM_TRACE": str(trace), **settings}
        done = subprocess.run(["env", *(f"{key}={value}" for key, value in shim.items()), PROGRAM, "release", many, "--to", place / "bundle", "--sign-with", "desk.pem", *KEY, *KNOWN],
                              cwd=stays.path("."), text=True, capture_output=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    code, out = attempt()
    assert code == 0, out
    calls = [line.split(" ", 3)[2] for line in trace.read_text().splitlines()]
    tried = 0
    for call in ("write", "sync", "rename", "mkdir"):
        assert calls.count(call) > 0
        for n in range(calls.count(call)):
            shutil.rmtree(place / "bundle", ignore_errors=True)
            (many / "releases.jsonl").unlink(missing_ok=True)
            code, out = attempt(SHIM_CALL=call, SHIM_NTH=str(n + 1), SHIM_HOW=str(errno.ENOSPC))
            assert code in (0, DATA) and not list(place.glob("*.tmp*")), (call, n, out)
            if code == 0:  # what the system may refuse and nobody needs, such as who holds a lock
                look(stays, place / "bundle")
            else:
                assert out.count("bailiwick: ") == 1 and os.strerror(errno.ENOSPC) in out, (call, n, out)
                assert not (place / "bundle").exists() and not (many / "releases.jsonl").exists(), (call, n, out)
            tried += 1
    stays.run("verify", many, *KEY)
    print(f"{tried} calls failed, one a run")
    assert tried > 30
