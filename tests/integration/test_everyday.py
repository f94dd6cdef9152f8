# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong, or leaks, on an ordinary day: modes of files, who asked and what came of it, lost output, limits, and a
minimum of contributors that evaluations can be had with."""
import hashlib
import json
import os
import resource
import shutil
import stat
import subprocess

import pytest
from conftest import PROGRAM, Checkout
from test_policies import CLINICS, INTEGRITY, POLICY, TERMS, Stays

DATA, USAGE = 5, 2
RANKS = pytest.mark.parametrize("np", [None, 2, 4])


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    """Three clinics; tests name their own outputs, logs and terms."""
    return Stays(Checkout(tmp_path_factory.mktemp("everyday")))


def quietly(stays, *words, stdout=subprocess.PIPE, umask=None, limit=None, close=False):
    """A command with something amiss around it: code and what it says on stderr."""
    def around():
        if umask is not None:
            os.umask(umask)
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        if close:
            os.close(1)
    result = subprocess.run([PROGRAM, *words], cwd=stays.checkout.root, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60, preexec_fn=around)
    return result.returncode, result.stderr


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o022, 0o000])
def test_rows_and_predictions_are_their_owners_alone(stays, umask):
    code, error = quietly(stays, "ingest", "ingest.yaml", "--force", umask=umask)
    assert code == 0, error
    files = sorted(path.name for path in stays.path("partitions").iterdir())
    assert len(files) == 10
    for name in files:  # manifests are for everybody who may use the rows
        assert mode(stays.path("partitions") / name) == (0o644 if name.endswith(".manifest.json") else 0o600), name
    # Rows that another program left for all to read, once they are signed.
    shutil.copy(stays.path("partitions/bern.h5"), stays.path(f"theirs-{umask}.h5"))
    stays.path(f"theirs-{umask}.h5").chmod(0o644)
    code, error = quietly(stays, "policy", "sign", f"theirs-{umask}.h5", "--owner", "bern", "--key", "bern.pem", umask=umask)
    assert code == 0, error
    assert mode(stays.path(f"theirs-{umask}.h5")) == 0o600
    output = f"modes-{umask}"
    for command in ("train", "predict"):
        code, error = quietly(stays, command, "run.yaml", "--output", output, "--set", "model.features=[age, sex]", umask=umask)
        assert code == 0, error
    assert mode(stays.path(output) / "model.h5") == 0o644
    for clinic in CLINICS:
        assert mode(stays.path(f"{output}/predictions/{clinic}/{clinic}.csv")) == 0o600
        assert mode(stays.path(f"{clinic}.access.jsonl")) == 0o600


def test_output_that_is_lost_is_an_error(stays):
    stays.train("--set", "model.features=[age]", output="heard")
    for words in (["verify", "heard", "--key", "operator.pub.pem"], ["policy", "show", "bern.json"], ["--help"], ["digest", "heard/model.h5"],
                  ["describe", "run.yaml", "--output", "unheard"]):
        with open("/dev/full", "w") as full:
            code, error = quietly(stays, *words, stdout=full)
        assert (code, "standard output: cannot write" in error) == (DATA, True), (words, error)
    code, error = quietly(stays, "verify", "heard", "--key", "operator.pub.pem", close=True)
    assert (code, "standard output: cannot write" in error) == (DATA, True), error
    read, write = os.pipe()
    os.close(read)
    code, error = quietly(stays, "verify", "heard", "--key", "operator.pub.pem", stdout=write)
    os.close(write)
    assert (code, "standard output: cannot write" in error) == (DATA, True), error
    # What a command itself has to say comes first.
    with open("/dev/full", "w") as full:
        assert quietly(stays, "verify", "heard", "--key", "bern.pub.pem", stdout=full)[0] == INTEGRITY


def test_a_file_that_is_written_is_not_standard_output(stays):
    """With a closed stdout, the first file that is opened must not take its number."""
    code, error = quietly(stays, "keygen", "closed", close=True)
    assert code == DATA, error
    assert stays.path("closed.pem").read_text().endswith("-----END PRIVATE KEY-----\n")
    assert stays.path("closed.pub.pem").read_text().startswith("-----BEGIN PUBLIC KEY-----\n")


def test_a_limit_of_file_size_is_an_error_not_a_signal(stays):
    shutil.rmtree(stays.path("small"), ignore_errors=True)
    stays.write("small.yaml", stays.path("ingest.yaml").read_text().replace("output: partitions", "output: small"))
    code, error = quietly(stays, "ingest", "small.yaml", limit=2048)
    assert (code, "File too large" in error) == (DATA, True), (code, error)
    assert not list(stays.path("small").rglob("*.h5*"))
    code, error = quietly(stays, "policy", "sign", "bern.yaml", "--key", "bern.pem", "--output", "limited.json", limit=100)
    assert (code, "limited.json: cannot write: File too large" in error) == (DATA, True), error
    assert not list(stays.path(".").glob("limited.json*"))


def test_policy_show_prints_what_the_owner_wrote(stays):
    stays.terms("lyon", "minimum: {rows: 20}\nduties: {attribute: \"Lyon: registry # of stays\"}\n")
    shown = stays.run("policy", "show", "lyon.json", "--key", "lyon.pub.pem")
    assert len(shown.splitlines()) < 30 and "permit: [train, evaluate" in shown and "rows: 20" in shown
    assert "\x1b" not in shown and shown.splitlines()[1].startswith("# signed by ") and shown.splitlines()[1].endswith(", verified")
    stays.write("again.yaml", shown)
    stays.run("policy", "sign", "again.yaml", "--key", "lyon.pem", "--output", "again.json", "--force")
    odrl = stays.run("policy", "show", "lyon.json", "--key", "lyon.pub.pem", "--json")
    assert odrl == stays.run("policy", "show", "again.json", "--key", "lyon.pub.pem", "--json")
    assert json.loads(odrl)["@type"] == "Offer"
    # Who signed is what the file says: it cannot add terms to what is shown.
    envelope = json.loads(stays.path("lyon.json").read_text())
    envelope["signatures"][0]["keyid"] = "x\nowner: Somebody else\x1b[2J"
    stays.write("named.json", json.dumps(envelope))
    result = subprocess.run([PROGRAM, "policy", "show", "named.json"], cwd=stays.checkout.root, text=True, capture_output=True, timeout=60)
    assert "\nowner: Somebody" not in result.stdout and "\x1b" not in result.stdout
    stays.terms("lyon")


def entries(stays, clinic="bern"):
    return [json.loads(line) for line in stays.log(clinic)]


@RANKS
def test_the_log_says_who_and_what_came_of_it(stays, np):
    first = len(stays.log())
    features = "model.features=[age, sex]"
    stays.train("--set", features, output=f"who-{np}", np=np)
    stays.run("evaluate", "run.yaml", "--set", features, "--output", f"who-{np}", np=np)
    train, trained, evaluate, evaluated = entries(stays)[first:]
    signed = json.loads(stays.path(f"who-{np}/lineage.jsonl").read_text().splitlines()[0])
    assert train["key"] == evaluate["key"] == signed["signatures"][0]["keyid"]
    assert train["user"]["id"] == os.geteuid() and train["event"] == "request" and train["version"] == 2
    for request, outcome in ((train, trained), (evaluate, evaluated)):
        assert (outcome["outcome"], outcome["exit_code"]) == ("finished", 0)
    lines = stays.log()[first:]
    assert trained["request"] == hashlib.sha256(lines[0].encode()).hexdigest()
    model = {"name": "model.h5", "content": stays.run("digest", f"who-{np}/model.h5").split()[0]}
    assert model in trained["released"]
    digest = hashlib.sha256(stays.path(f"who-{np}/evaluation.json").read_bytes()).hexdigest()
    assert evaluated["released"] == [{"name": "evaluation.json", "sha256": digest}]
    for clinic in CLINICS:
        assert entries(stays, clinic)[-1]["released"] == evaluated["released"]


def test_the_access_log_is_read_by_a_command(stays):
    if not stays.log():
        stays.train("--set", "model.features=[age]", output="logged")
    shown = stays.run("access-log", "bern.access.jsonl")
    head = hashlib.sha256(stays.log()[-1].encode()).hexdigest()
    assert shown.splitlines()[-1] == f"head {head}" and "outcome   finished" in shown and "who       key " in shown
    parsed = json.loads(stays.run("access-log", "bern.access.jsonl", "--json"))
    assert parsed["head"] == head and parsed["broken"] is None and len(parsed["lines"]) == len(stays.log())
    assert "a whole chain, 0 since the head" in stays.run("access-log", "bern.access.jsonl", "--head", head)
    # Cut at the end, or rewritten with digests computed anew: only a head kept elsewhere shows it.
    lines = stays.log()
    stays.write("cut.jsonl", "\n".join(lines[:-1]) + "\n")
    requests = {hashlib.sha256(line.encode()).hexdigest(): i for i, line in enumerate(lines)}
    forged, previous = [], None
    for line in lines:
        entry = dict(json.loads(line), previous=previous)
        if entry.get("event") == "outcome":
            entry["request"] = hashlib.sha256(forged[requests[entry["request"]]].encode()).hexdigest()
        else:
            entry["purpose"] = "dpv:Marketing"
        forged.append(json.dumps(entry, sort_keys=True, separators=(",", ":")))
        previous = hashlib.sha256(forged[-1].encode()).hexdigest()
    stays.write("forged.jsonl", "\n".join(forged) + "\n")
    for name in ("cut.jsonl", "forged.jsonl"):
        stays.run("access-log", name)
        assert "the access log was cut or rewritten" in stays.run("access-log", name, "--head", head, code=INTEGRITY)
    stays.write("edited.jsonl", stays.path("bern.access.jsonl").read_text().replace("ScientificResearch", "Marketing", 1))
    assert "edited.jsonl: line 2: it does not follow from the line before" in stays.run("access-log", "edited.jsonl", code=INTEGRITY)
    stays.write("steering.jsonl", json.dumps({"previous": None, "policy": "x", "admitted": False, "run": "\x1b[2J\nhead 00", "time": "\u202e"}) + "\n")
    steering = stays.run("access-log", "steering.jsonl")
    assert "\x1b" not in steering and "\u202e" not in steering and "\nhead 00" not in steering
    assert "is not 64 hexadecimal digits" in stays.run("access-log", "bern.access.jsonl", "--head", "00", code=USAGE)
    stays.run("access-log", "absent.jsonl", code=DATA)


@RANKS
def test_a_refusal_during_the_run_costs_no_run_and_leaves_nothing(stays, np):
    stays.bind("bern", np or 1, f"maximum: {{runs: 1}}\nminimum: {{contributors: 2}}\nduties: {{attribute: \"{np} ranks\"}}\n")
    for _ in range(2):
        out = stays.refused('round "rows of levels": 1 number would be the sum of fewer domains than the 2', "ward_icu (1)", output=f"new/{np}/refused", np=np)
        assert "minimum.contributors" in out
        assert not stays.path(f"new/{np}").exists()
        end = json.loads(stays.path("registry/access-log.jsonl").read_text().splitlines()[-1])
        assert (end["outcome"], end["exit_code"], end["released"]) == ("refused", POLICY, [])
    kept = stays.path(f"kept-{np}")
    kept.mkdir()
    (kept / "notes.txt").write_text("mine")
    stays.refused("ward_icu (1)", output=f"kept-{np}", np=np)
    assert [path.name for path in kept.iterdir() if not path.name.endswith(".lock")] == ["notes.txt"]
    features = "model.features=[age, sex]"
    stays.train("--set", features, output=f"counted-{np}", np=np)
    stays.refused("domain bern: maximum runs: 1 before this one (at most 1)", words=("--set", features), output=f"late-{np}", np=np)
    stays.terms("bern")


@RANKS
def test_an_attempt_that_failed_is_in_nobodys_way(stays, np):
    """Nothing was told: nothing stays. Something was: it is kept, aside."""
    stays.terms("bern")
    output = f"again-{np}"
    assert "a logistic model needs a target between 0 and 1" in stays.train("--set", "model.kind=logistic", output=output, np=np, code=DATA)
    assert not stays.path(output).exists()
    poisson = ("--set", "model.kind=poisson")
    for attempt in (1, 2):
        assert "not converged after 1 iterations" in stays.train(*poisson, "--set", "train.max_iterations=1", "--set", f"train.tolerance=1e-{20 + attempt}", output=output, np=np, code=6)
        assert stays.path(f"{output}/lineage.jsonl").exists()
    said = stays.train(*poisson, output=output, np=np)
    assert said.count("what an unfinished train left there is in unfinished-2 now") == 1
    aside = stays.path(f"{output}/unfinished-1")
    assert {"decisions.json", "inputs.json", "lineage.jsonl", "resolved.yaml"} <= {path.name for path in aside.iterdir()}
    assert "1.0e-21" in (aside / "resolved.yaml").read_text() and "1.0e-22" in (stays.path(f"{output}/unfinished-2/resolved.yaml")).read_text()
    stays.run("verify", output, "--key", "operator.pub.pem")
    # An evaluation that was killed, then another one.
    evaluate = ("evaluate", "run.yaml", "--output", output, *poisson)
    stays.run(*evaluate, np=np)
    chain = stays.path(f"{output}/evaluation.jsonl")
    chain.write_text(chain.read_text().splitlines()[0] + "\n")
    assert "unfinished evaluate left there is in unfinished-3" in stays.run(*evaluate, "--set", "evaluate.split=test", np=np)
    stays.run("verify", output, "--key", "operator.pub.pem")
    # A training that was killed between its model and the last statement.
    chain = stays.path(f"{output}/lineage.jsonl")
    chain.write_text("".join(f"{line}\n" for line in chain.read_text().splitlines()[:-1]))
    for name in ("evaluation.jsonl", "evaluation.json", "evaluation.resolved.yaml"):
        stays.path(f"{output}/{name}").unlink()
    assert "unfinished train left there is in unfinished-4" in stays.train(*poisson, "--set", "model.l2=1", output=output, np=np)
    assert stays.path(f"{output}/unfinished-4/model.h5").exists() and stays.path(f"{output}/unfinished-4/run.json").exists()
    stays.run("verify", output, "--key", "operator.pub.pem")
    # What one could go on from stays where it is.
    words = (*poisson, "--set", "train.max_iterations=2", "--set", "train.tolerance=1e-20")
    for text, code in (("not converged", 6), ("goes on with --resume latest", DATA)):
        assert text in stays.train(*words, output=f"kept-{output}", np=np, code=code)
    assert stays.path(f"kept-{output}/checkpoints/step-000002.h5").exists()


CASES = """
version: 1
input: cases.csv
columns:
  clinic: {role: domain}
  x: {role: feature}
  z: {role: feature}
  died: {role: target, type: integer}
  kind: {role: target, type: category, levels: [a, b, c]}
  split: {role: split, type: category, levels: [train, test, one]}
block_rows: 16
output: cases
partitions:
"""


@pytest.fixture(scope="module")
def cases(stays):
    """Four hundred rows of three clinics: a binary outcome, and one of three kinds."""
    state = 12345
    rows = ["clinic,x,z,died,kind,split"]
    for i in range(400):
        state = (1103515245 * state + 12345) % 2**31
        x = (state >> 8) % 1000 / 250 - 2
        state = (1103515245 * state + 12345) % 2**31
        z = (state >> 8) % 1000 / 500 - 1
        state = (1103515245 * state + 12345) % 2**31
        noise = (state >> 8) % 1000 / 250 - 2
        clinic = CLINICS[i % 3]
        split = "one" if i in (3, 4, 5, 6) else "test" if i % 4 == 0 else "train"
        died = int(x + noise > 0.5) if split != "one" else int(clinic == "bern")
        rows.append(f"{clinic},{x},{z},{died},{'abc'[(x + noise > -1) + (x - z + noise > 1)]},{split}")
    stays.write("cases.csv", "\n".join(rows) + "\n")
    stays.write("cases.yaml", CASES + "".join(f"  - {{name: cases-{c}, owner: {c}, values: [{c}], sign_with: {c}.pem}}\n" for c in CLINICS))
    stays.run("ingest", "cases.yaml")
    run = stays.path("run.yaml").read_text()
    for kind, model in (("binary", "{kind: logistic, target: died, features: [x, z]}"), ("kinds", "{kind: multinomial, target: kind, features: [x, z]}")):
        text = run.replace("model: {kind: linear, target: days}", f"model: {model}\ntrain: {{split: train}}")
        for c in CLINICS:
            text = text.replace(f"partitions/{c}.h5", f"cases/cases-{c}.h5").replace(f"policy: {c}.json", f"policy: {c}-cases.json")
        stays.write(f"{kind}.yaml", text)
    share(stays, 1)
    for kind in ("binary", "kinds"):
        stays.run("train", f"{kind}.yaml", "--output", f"out-{kind}")
    return stays


def share(stays, contributors):
    for c in CLINICS:
        stays.write(f"{c}-cases.yaml", TERMS % (c, c, f"cases-{c}") + f"allow: {{exact_release: true}}\nminimum: {{contributors: {contributors}}}\n")
        stays.run("policy", "sign", f"{c}-cases.yaml", "--key", f"{c}.pem", "--output", f"{c}-cases.json", "--force")


def evaluation(stays, kind, output, *words, np=None, code=0):
    out = stays.run("evaluate", f"{kind}.yaml", "--output", output, "--model", f"out-{kind}/model.h5", *words, np=np, code=code)
    return (json.loads(stays.path(f"{output}/evaluation.json").read_text())["overall"], out) if code == 0 else out


def test_evaluation_with_contributors(cases):
    exact, _ = evaluation(cases, "binary", "exact")
    plain, _ = evaluation(cases, "kinds", "exact-kinds")
    assert "left_out" not in exact and "cells" not in exact
    share(cases, 2)
    digests = set()
    for np in (None, 2, 4):
        coarse, out = evaluation(cases, "binary", f"coarse-{np}", np=np)
        digests.add(json.dumps(coarse, sort_keys=True))
        # What is a sum over all rows is as before; the areas come from cells, and bracket the finer ones.
        for measure in ("rows", "events", "accuracy", "log_loss", "brier"):
            assert coarse[measure] == exact[measure], measure
        assert coarse["auc_lower"] <= exact["auc_lower"] <= exact["auc_upper"] <= coarse["auc_upper"]
        assert abs(coarse["auc"] - exact["auc"]) < 0.01 and coarse["cells"] > 20
        assert "from" in out and "cells of at least 2 domains each" in out
        assert sum(b["rows"] for b in coarse["calibration"]) == exact["rows"]
        assert coarse["contributors"] == 2
        shared, _ = evaluation(cases, "kinds", f"coarse-kinds-{np}", np=np)
        digests.add(json.dumps(shared, sort_keys=True))
        assert all(shared[m] == plain[m] for m in ("rows", "accuracy", "log_loss", "confusion")), shared
    assert len(digests) == 2, "the same numbers for every number of ranks"
    # Deaths in one clinic alone: rows, and what is a sum over all of them, are all that can be had.
    alone, out = evaluation(cases, "binary", "alone", "--set", "evaluate.split=one", np=2)
    assert alone["rows"] == 4 and alone["log_loss"] > 0 and alone["auc"] is None and alone["accuracy"] is None and alone["events"] is None
    assert "left out overall: auc: it would hold numbers of fewer than 2 domains" in out
    few, _ = evaluation(cases, "kinds", "few", "--set", "evaluate.split=one")
    assert few["confusion"] is None and "confusion" in few["left_out"] and few["rows"] == 4


def test_three_of_three_contributors(cases):
    """As many as there are domains."""
    share(cases, 1)
    exact, _ = evaluation(cases, "binary", "one-of-three")
    share(cases, 3)
    coarse, _ = evaluation(cases, "binary", "three")
    assert coarse["rows"] == exact["rows"] and coarse["auc_lower"] <= exact["auc"] <= coarse["auc_upper"]
    share(cases, 1)


@pytest.mark.parametrize("np", (1, 3))
def test_partitions_by_pattern(stays, np):
    """All files that are called so, in the order of their names; what they are is what counts, and nothing is counted twice."""
    whole = stays.run("train", "run.yaml", "--output", f"listed-{np}", np=np)
    run = stays.path("run.yaml").read_text()
    stays.write("pattern.yaml", run.replace("[partitions/bern.h5]", '["partitions/b*.h5"]').replace("[partitions/lyon.h5]", '["partitions/lyo[mn].h5"]'))
    stays.run("check", "pattern.yaml", np=np)
    stays.run("train", "pattern.yaml", "--output", f"by-pattern-{np}", np=np)
    assert stays.checkout.digest(f"by-pattern-{np}/model.h5") == stays.checkout.digest(f"listed-{np}/model.h5") and whole
    stays.run("verify", f"by-pattern-{np}", "--key", "operator.pub.pem", "--partitions", "partitions")
    stays.write("pattern.yaml", run.replace("[partitions/bern.h5]", '["partitions/x*.h5"]'))
    assert "partitions/x*.h5: no file is called so" in stays.run("train", "pattern.yaml", "--output", "never", np=np, code=5)
    stays.write("pattern.yaml", run.replace("[partitions/bern.h5]", '["partitions/b*.h5", partitions/bern.h5]'))
    assert "partitions/bern.h5: is named twice; its rows would be counted twice" in stays.run("train", "pattern.yaml", "--output", "never", np=np, code=5)
    stays.write("pattern.yaml", run.replace("[partitions/bern.h5]", '["partitions/*n.h5"]'))  # lyon's too
    assert "lyon.manifest.json: signed by key" in stays.run("train", "pattern.yaml", "--output", "never", np=np, code=INTEGRITY)
    assert not stays.path("never").exists()
