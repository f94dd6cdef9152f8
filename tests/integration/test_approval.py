# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What a training intended is signed before it reads, and stays; a second person approves, refuses, withdraws; owners countersign."""
import base64
import hashlib
import json
import re
import shutil
import subprocess

import pytest

import forge
from conftest import Checkout
from test_policies import Stays

USAGE, CONFIG, POLICY, DATA, INTEGRITY, STOPPED = 2, 3, 4, 5, 7, 75
KEY = ("--key", "operator.pub.pem")
INTENT = ("--set", "train.intent={metric: rmse, split: '', at_most: 50, because: to see}")


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    """run: a training with an intent, evaluated; ada: a second person's key."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("approval")))
    stays.train(*INTENT, output="run", np=2)
    stays.run("evaluate", "run.yaml", "--output", "run")
    for name in ("ada", "bob"):
        stays.run("keygen", name)
    return stays


@pytest.fixture
def copy(stays, tmp_path):
    return shutil.copytree(stays.path("run"), tmp_path / "run")


def decide(stays, command, folder, *words, who="ada", code=0):
    return stays.run(command, folder, *KEY, "--sign-with", f"{who}.pem", "--by", f"{who}, board", "--reason", f"{command} it is", *words, code=code)


def verify(stays, folder, *words, code=0):
    return stays.run("verify", folder, *KEY, *words, code=code)


def intents(folder):
    return [s["predicate"] for s in forge.read(folder / "intents.jsonl")]


def test_an_intent_is_signed_first(stays):
    said, = intents(stays.path("run"))
    inputs = json.loads(stays.path("run/inputs.json").read_text())
    assert said["aim"] == {"metric": "rmse", "split": "", "at_most": 50, "because": "to see"}
    assert (said["purpose"], said["config"], said["sequence"], said["previous"]) == (inputs["purpose"], inputs["identity"], 0, None)
    statement = forge.read(stays.path("run/lineage.jsonl"))[0]
    assert said["time"] <= statement["predicate"]["runDetails"]["metadata"]["finishedOn"]
    assert "ok  intents.jsonl: intent" in verify(stays, "run")


def test_by_openssl(stays, tmp_path):
    """Whoever has openssl alone can check a line."""
    envelope = json.loads(stays.path("run/intents.jsonl").read_text())
    payload = base64.b64decode(envelope["payload"])
    (tmp_path / "pae").write_bytes(b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload))
    (tmp_path / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    subprocess.run(["openssl", "dgst", "-sha256", "-verify", stays.path("operator.pub.pem"), "-signature", tmp_path / "sig", tmp_path / "pae"], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("np", [1, 4])
def test_tries_are_counted(stays, np):
    """A training that fails after it printed a number leaves its intent; one that told nobody anything does not; one that is resumed is one."""
    name = f"tries-{np}"
    stays.run("train", "run.yaml", "--output", name, "--set", "model.kind=logistic", np=np, code=DATA)  # of numbers of days
    assert not stays.path(name).exists()
    stays.run("train", "run.yaml", "--output", name, "--set", "model.kind=poisson", "--set", "train.max_iterations=1", "--set", "train.checkpoint.every=0", np=np, code=6)
    assert len(intents(stays.path(name))) == 1
    stays.run("train", "run.yaml", "--output", name, "--set", "model.kind=logistic", np=np, code=DATA)
    assert len(intents(stays.path(name))) == 1
    stays.run("train", "run.yaml", "--output", name, "--wall-time", "0", "--set", "model.l2=1", np=np, code=STOPPED)
    stays.run("train", "run.yaml", "--output", name, "--resume", "latest", "--set", "model.l2=1", np=np)
    assert len(intents(stays.path(name))) == 2
    verify(stays, name)
    stays.run("report", name, "--in", ".")
    page = stays.path(f"{name}/report.html").read_text()
    assert "2 trainings were begun of the purpose dpv:ScientificResearch in this folder, of 2 configs" in page
    assert "that were looked through" in page


def test_intents_of_configs(stays):
    for intent, text in (("{metric: acu}", 'did you mean "auc"?'), ("{metric: auc}", "no evaluation of such a model has auc"), ("{metric: rmse, at_least: 1, at_most: 2}", "give either at_least or at_most, not both"),
                         ("{}", "train.intent.metric"), ("{metric: rmse, split: tset}", "train.intent.split")):
        out = stays.run("train", "run.yaml", "--output", "never", "--set", f"train.intent={intent}", code=None)
        assert text in out, out
    assert not stays.path("never").exists()


def test_approved(stays, copy):
    out = decide(stays, "approve", copy)
    assert out.startswith(f"approved  {copy}/approvals.jsonl\nhead  ")
    found = verify(stays, copy)
    assert "ok  approvals.jsonl:1: model.h5 approved by ada, board, key " in found
    assert "whose key" in found.splitlines()[-1]
    assert "whose key" not in verify(stays, copy, "--approver-key", "ada.pub.pem")
    decide(stays, "refuse", copy, "--of", "evaluation.json", who="bern")
    assert "evaluation.json refused by bern, board, domain bern, key" in verify(stays, copy)
    for words, mark in (((), "approved, as a line says"), (KEY, "approved with a key that nobody has vouched for"), ((*KEY, "--approver-key", "ada.pub.pem"), "approved")):
        stays.run("report", copy, *words)
        page = (copy / "report.html").read_text()
        assert re.search(mark + r"</span> by ada, board on ", page) and "refuse it is" in page and "Met:" in page
        assert "refusal</span> of evaluation.json by bern, board" in page.partition('id="participants"')[0]
    decide(stays, "approve", copy, who="bern")
    stays.run("report", copy, *KEY)
    assert "approved with the key of bern" in (copy / "report.html").read_text()


def test_traced(stays, copy):
    """Who approved, refused and countersigned stands beside what it is about."""
    decide(stays, "approve", copy)
    decide(stays, "refuse", copy, "--of", "evaluation.json", who="bern")
    decide(stays, "approve", copy, "--of", "intent")
    stays.run("countersign", copy, *KEY, "--sign-with", "lyon.pem")
    out = stays.run("trace", copy, *KEY, "--key", "ada.pub.pem")
    train, evaluate = (part for part in re.split(r"\n(?=train |evaluate )", out) if part.startswith(("train ", "evaluate ")))
    if evaluate.startswith("train "):
        train, evaluate = evaluate, train
    assert re.search(r"  approved   model.h5, 20\S+Z by ada, board: approve it is; key \w{12}, checked; \S+/approvals.jsonl:1\n", train)
    assert re.search(r"  approved   intent, 20\S+Z by ada, board: ", train) and re.search(r"  signed too line \d+, key \w{12}, which was not given\n", train)
    assert re.search(r"  refused    evaluation.json, 20\S+Z by bern, board: refuse it is; key \w{12}, which was not given; ", evaluate) and "approved" not in evaluate
    assert "approved by ada, board" in stays.run("trace", copy / "model.h5", "--format", "svg")
    path = copy / "approvals.jsonl"
    path.write_text(path.read_text().replace("payload", "payloda", 1))
    assert f"does not hold: {path}:1: " in stays.run("trace", copy, code=INTEGRITY)


def test_a_report_takes_nobody_for_a_second_person(stays, copy):
    """The operator forges an approval; one of another file is none of this one."""
    decide(stays, "approve", copy)
    operator, pem = forge.Signer(stays.path("operator.pem")), stays.path("operator.pub.pem").read_text()
    good, = lines(copy)
    for change, text in ((lambda s: None, "which counts for nothing"), (lambda s: s["subject"][0]["digest"].update(sha256="0" * 64), "<dt>Approved</dt><dd>by nobody yet")):
        put(copy, [resigned(good, operator, lambda s: (s["predicate"].update(publicKey=pem), change(s)))])
        stays.run("report", copy)
        assert text in (copy / "report.html").read_text()


def test_a_second_person(stays, copy):
    for command in ("approve", "refuse"):
        assert "a second person decides" in decide(stays, command, copy, who="operator", code=POLICY)
        assert "a second person decides" in decide(stays, command, copy, "--of", "intent", who="operator", code=POLICY)
    assert not (copy / "approvals.jsonl").exists()
    decide(stays, "approve", copy, "--of", "intent")
    assert "intent approved by ada" in verify(stays, copy)


def test_nothing_is_approved_that_does_not_hold(stays, copy):
    (copy / "resolved.yaml").write_text("name: another\n")
    assert "does not hold, so nothing was signed" in decide(stays, "approve", copy, code=INTEGRITY)
    assert not (copy / "approvals.jsonl").exists()
    decide(stays, "refuse", copy)


def test_words(stays, copy):
    assert "--of names one" in decide(stays, "approve", copy, "--of", "modle.h5", code=DATA)
    assert "is not the output folder" in decide(stays, "approve", "nowhere", code=DATA)
    stays.run("approve", copy, *KEY, "--sign-with", "ada.pem", "--by", "ada", "--reason", "two\nlines", code=USAGE)
    stays.run("approve", copy, *KEY, "--sign-with", "ada.pem", "--by", "", "--reason", "x", code=USAGE)


@pytest.mark.parametrize("np", [1, 4])
def test_withdrawn(stays, copy, np):
    decide(stays, "approve", copy)
    decide(stays, "withdraw", copy, who="operator")
    for stage in ("evaluate", "predict"):
        out = stays.run(stage, "run.yaml", "--model", str(copy / "model.h5"), "--output", f"after-{np}", np=np, code=POLICY)
        assert "was withdrawn on" in out and "by operator, board: withdraw it is" in out
    step = next((copy / "checkpoints").iterdir())
    for words in (("evaluate", "run.yaml", "--model", step), ("train", "run.yaml", "--resume", step)):
        assert "model.h5 of its training was withdrawn on" in stays.run(*words, "--output", f"after-{np}", np=np, code=POLICY)
    assert not stays.path(f"after-{np}").exists()
    assert "was withdrawn on" in stays.run("evaluate", "run.yaml", "--output", copy, np=np, code=POLICY), "the evaluation there was finished before"


def usable(stays, model, code=0):
    stays.run("evaluate", "run.yaml", "--model", model, "--output", model.parent.parent / f"used-{len(list(model.parent.parent.iterdir()))}", code=code)


def test_only_who_withdrew_can_approve_again(stays, copy):
    """Neither another's approval, a refusal, a forged line, nor the operator lifts a withdrawal."""
    usable(stays, copy / "model.h5")
    decide(stays, "withdraw", copy)
    assert "can it be approved again: with that it was withdrawn on" in decide(stays, "approve", copy, who="bob", code=POLICY)
    decide(stays, "refuse", copy, who="bob")
    usable(stays, copy / "model.h5", POLICY)
    operator, pem, good = forge.Signer(stays.path("operator.pem")), stays.path("operator.pub.pem").read_text(), lines(copy)
    previous = hashlib.sha256(base64.b64decode(json.loads(good[-1])["payload"])).hexdigest()
    put(copy, [*good, resigned(good[0], operator, lambda s: s["predicate"].update(ruling="approved", publicKey=pem, sequence=2, previous=previous))])
    usable(stays, copy / "model.h5", POLICY)
    assert "by the key that signed the run" in verify(stays, copy, code=INTEGRITY)
    put(copy, good)
    decide(stays, "approve", copy)
    usable(stays, copy / "model.h5")
    verify(stays, copy)
    # A stranger's approval after it, by hand, says nothing to verify either.
    decide(stays, "withdraw", copy)
    good = lines(copy)
    previous = hashlib.sha256(base64.b64decode(json.loads(good[-1])["payload"])).hexdigest()
    bob, pem = forge.Signer(stays.path("bob.pem")), stays.path("bob.pub.pem").read_text()
    put(copy, [*good, resigned(good[-1], bob, lambda s: s["predicate"].update(ruling="approved", publicKey=pem, sequence=4, previous=previous))])
    usable(stays, copy / "model.h5", POLICY)
    assert "who alone can approve it again" in verify(stays, copy, code=INTEGRITY)


def test_what_is_altered_is_withdrawn_as_it_was_signed(stays, copy):
    model = (copy / "model.h5").read_bytes()
    (copy / "model.h5").write_bytes(model + b"x")
    assert "is not as it was signed" in decide(stays, "refuse", copy, code=INTEGRITY)
    decide(stays, "withdraw", copy)
    (copy / "model.h5").write_bytes(model)
    usable(stays, copy / "model.h5", POLICY)


def test_trainings_that_have_not_ended(stays, copy):
    """The intent stands for all that a training leaves, set aside too."""
    stays.run("train", "run.yaml", "--wall-time", "0", "--output", copy.parent / "begun", code=STOPPED)
    step = next((copy.parent / "begun/checkpoints").iterdir())
    usable(stays, step)
    decide(stays, "withdraw", copy.parent / "begun", "--of", "intent", who="operator")
    usable(stays, step, POLICY)
    assert "its training was withdrawn on" in stays.run("train", "run.yaml", "--resume", step, "--output", copy.parent / "resumed", code=POLICY)


def test_what_a_domain_keeps(stays, tmp_path):
    """A model that stayed with a domain goes with the common one."""
    words = ("--set", "model={kind: mlp, target: days, mlp: {loss: squared_error, layers: [{units: 2}]}}",
             "--set", "train={method: sgd, descent: {batch_rows: 8, block_rows: 8}, federated: {rounds: 1, local_steps: 2, personal: {kind: finetune, steps: 2}}}")
    run = tmp_path / "run"
    stays.run("train", "run.yaml", *words, "--output", run)
    decide(stays, "withdraw", run)
    for domain in ("bern", "lyon"):
        assert "model.h5 of its training was withdrawn on" in stays.run("evaluate", "run.yaml", *words, "--model", run / f"regions/{domain}/model.h5", "--output", tmp_path / "used", code=POLICY)


def test_what_reproduce_makes_is_not_used(stays, copy):
    decide(stays, "withdraw", copy)
    again = copy.parent / "again"
    out = stays.run("reproduce", copy, *KEY, "--sign-with", "ada.pem", "--partitions", ".", "--output", again)
    assert "the model was withdrawn on" in out and "by ada, board: withdraw it is" in out and "reproduced: the same bits" in out
    assert "was made by reproduce, to be compared" in stays.run("evaluate", "run.yaml", "--model", again / "model.h5", "--model-key", "ada.pub.pem", "--output", copy.parent / "used", code=POLICY)


def test_who_measures_does_not_decide(stays, copy):
    """About an evaluation of somebody else's: neither who trained nor who measured."""
    shutil.rmtree(copy)
    stays.train(*INTENT, output=copy)
    stays.run("evaluate", "run.yaml", "--set", "lineage.sign_with=bob.pem", "--model-key", "operator.pub.pem", "--output", copy)
    both = (*KEY, "--key", "bob.pub.pem", "--by", "x", "--reason", "y")
    for who in ("bob", "operator"):
        assert "a second person decides" in stays.run("approve", copy, *both, "--of", "evaluation.json", "--sign-with", f"{who}.pem", code=POLICY)
    assert "a second person decides" in stays.run("approve", copy, *both, "--sign-with", "operator.pem", code=POLICY)
    stays.run("approve", copy, *both, "--of", "evaluation.json", "--sign-with", "ada.pem")
    stays.run("approve", copy, *both, "--sign-with", "bob.pem")  # of the model, which bob did not train
    stays.run("verify", copy, *KEY, "--key", "bob.pub.pem")


def test_met_on_other_rows_is_not_met(stays, copy):
    """Whoever chooses the rows afterwards has not met what was intended."""
    shutil.rmtree(copy)
    stays.train(*INTENT, output=copy)
    head, _, domains = stays.path("run.yaml").read_text().partition("domains:\n")
    stays.write("graz-only.yaml", head + "domains:\n" + "".join(line + "\n" for line in domains.splitlines() if "{name: graz," in line))
    stays.run("evaluate", "graz-only.yaml", "--output", copy)
    stays.run("report", copy, *KEY)
    assert "but on the rows of other partitions than the training" in (copy / "report.html").read_text()


def test_another_intent_is_not_taken_up(stays, copy):
    stays.run("train", "run.yaml", *INTENT, "--wall-time", "0", "--output", copy.parent / "begun", code=STOPPED)
    out = stays.run("train", "run.yaml", "--set", "train.intent={metric: mae, split: ''}", "--resume", "latest", "--output", copy.parent / "begun", code=CONFIG)
    assert "train.intent: is not what was signed in" in out
    stays.run("train", "run.yaml", *INTENT, "--resume", "latest", "--output", copy.parent / "begun")


def test_heads_that_were_kept(stays, copy):
    """A cut at the end, or a log or chain that was taken away, is noticed by whoever kept a head."""
    head = decide(stays, "withdraw", copy).split("head  ")[1].strip()
    found = json.loads(verify(stays, copy, "--json"))
    assert found["verified"] and found["heads"].keys() == {"lineage.jsonl", "evaluation.jsonl"}
    heads = [word for kept in (head, *found["heads"].values()) for word in ("--head", kept)]
    assert f"ok  head {head}" in verify(stays, copy, *heads)
    decide(stays, "refuse", copy, who="bob")
    verify(stays, copy, *heads)
    (copy / "approvals.jsonl").unlink()
    verify(stays, copy)
    out = verify(stays, copy, *heads, code=INTEGRITY)
    assert f"NO  head {head}: no line has it" in out and out.count("NO  ") == 1
    (copy / "evaluation.jsonl").unlink()
    (copy / "evaluation.json").unlink()
    assert verify(stays, copy, *heads, code=INTEGRITY).count("NO  head") == 2
    assert json.loads(verify(stays, copy, *heads, "--json", code=INTEGRITY))["verified"] is False
    assert "is not 64 hexadecimal digits" in verify(stays, copy, "--head", "abc", code=USAGE)


def lines(folder, name="approvals.jsonl"):
    return (folder / name).read_text().splitlines(keepends=True)


def put(folder, lines, name="approvals.jsonl"):
    (folder / name).write_text("".join(lines))


def resigned(line, signer, change):
    statement = json.loads(base64.b64decode(json.loads(line)["payload"]))
    change(statement)
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
    return forge.envelope(payload, [(signer.id, signer.sign(payload))]) + "\n"


def test_lines_that_are_tampered_with(stays, copy):
    for who, command in (("ada", "refuse"), ("bob", "approve"), ("ada", "approve")):
        decide(stays, command, copy, who=who)
    good, does_not = lines(copy), lambda text: text in verify(stays, copy, code=INTEGRITY)
    for bad in (good[1:], [good[0], good[2]], [good[1], good[0], good[2]], [good[0], good[0], *good[1:]]):
        put(copy, bad)
        assert does_not("does not follow the line before")
    put(copy, [good[0], good[1][:-1]])
    assert does_not("its last line has no end")
    put(copy, [good[0].replace(good[0][30], chr(ord(good[0][30]) ^ 1), 1), *good[1:]])
    verify(stays, copy, code=INTEGRITY)
    signer, operator = forge.Signer(stays.path("bob.pem")), forge.Signer(stays.path("operator.pem"))
    for who, change, text in (
            (signer, lambda s: s["predicate"].update(ruling="approved"), "changed after it was signed"),  # with ada's key in it, by bob
            (signer, lambda s: s["subject"][0].update(name="../model.h5"), "changed after it was signed")):
        put(copy, [resigned(good[0], who, change)])
        verify(stays, copy, code=INTEGRITY)
    pem = {who: stays.path(f"{who}.pub.pem").read_text() for who in ("bob", "operator")}
    for who, key, change, text in (
            (operator, "operator", lambda s: None, "by the key that signed the run: a second person decides"),
            (signer, "bob", lambda s: s["predicate"].update(head="0" * 64), "had another end"),
            (signer, "bob", lambda s: s["subject"][0]["digest"].update(sha256="0" * 64), "is another file since"),
            (signer, "bob", lambda s: s["subject"][0].update(name="lineage.jsonl"), "is not what lineage.jsonl ends with"),
            (signer, "bob", lambda s: s["predicate"].update(chain="another.jsonl"), "is about a chain that is not here"),
            (signer, "bob", lambda s: s["predicate"].update(ruling="perhaps"), "rules nothing that is known"),
            (signer, "bob", lambda s: s["predicate"].update(time="yesterday"), "its time is not written"),
            (signer, "bob", lambda s: s.update(predicateType="https://bailiwick.dev/intent/v1"), "is no statement of the kind")):
        put(copy, [resigned(good[1], who, lambda s: (s["predicate"].update(publicKey=pem[key], sequence=0, previous=None), change(s)))])
        assert does_not(text), text


def test_an_intent_that_is_tampered_with(stays, copy):
    (copy / "intents.jsonl").unlink()
    assert "intent: the one that the training names is not there" in verify(stays, copy, code=INTEGRITY)
    operator = forge.Signer(stays.path("operator.pem"))
    original = lines(stays.path("run"), "intents.jsonl")[0]
    put(copy, [resigned(original, operator, lambda s: s["predicate"].update(aim={"metric": "auc", "split": ""}))], "intents.jsonl")
    assert "intent: the one that the training names is not there" in verify(stays, copy, code=INTEGRITY)


def test_countersigned(stays, copy):
    for owner in ("bern", "lyon"):
        assert "countersigned  lineage.jsonl  head " in stays.run("countersign", copy, *KEY, "--sign-with", f"{owner}.pem")
    before = (copy / "lineage.jsonl").read_bytes()
    stays.run("countersign", copy, *KEY, "--sign-with", "lyon.pem")
    assert (copy / "lineage.jsonl").read_bytes() == before, "signed twice"
    out = verify(stays, copy)
    assert out.count("countersigned by domain bern, key ") == 2 and out.count("countersigned by domain lyon, key ") == 2  # and of the evaluation
    for who in ("ada", "operator"):
        assert "is no owner's of this run" in stays.run("countersign", copy, *KEY, "--sign-with", f"{who}.pem", code=POLICY)
    verify(stays, copy)
    stays.run("predict", "run.yaml", "--output", copy, np=2)  # what stays with a domain, the domain has signed
    assert "countersigned  prediction.jsonl  head " in stays.run("countersign", copy, *KEY, "--sign-with", "bern.pem")
    verify(stays, copy)
    text = lines(copy, "lineage.jsonl")
    signer, last = forge.Signer(stays.path("ada.pem")), json.loads(text[-1])
    last["signatures"].append({"keyid": signer.id, "sig": base64.b64encode(signer.sign(base64.b64decode(last["payload"]))).decode()})
    last["signatures"][1:] = sorted(last["signatures"][1:], key=lambda s: s["keyid"])
    put(copy, [*text[:-1], json.dumps(last, separators=(",", ":")) + "\n"], "lineage.jsonl")
    assert "which was not given and is no owner's" in verify(stays, copy, code=INTEGRITY)
    # A countersignature that is another line's.
    shutil.rmtree(copy)
    shutil.copytree(stays.path("run"), copy)
    stays.run("countersign", copy, *KEY, "--sign-with", "bern.pem")
    text = lines(copy, "lineage.jsonl")
    last, first = json.loads(text[-1]), json.loads(text[0])
    first["signatures"].append(last["signatures"][1])
    put(copy, [json.dumps(first, separators=(",", ":")) + "\n", *text[1:]], "lineage.jsonl")
    assert "countersigned by domain bern" in verify(stays, copy, code=INTEGRITY)
    # Nothing is countersigned that does not hold.
    assert "nothing was signed" in stays.run("countersign", copy, *KEY, "--sign-with", "lyon.pem", code=INTEGRITY)


def test_it_still_works_when_countersigned(stays, copy):
    stays.run("countersign", copy, *KEY, "--sign-with", "bern.pem")
    stays.run("evaluate", "run.yaml", "--model", str(copy / "model.h5"), "--output", "with-countersigned")
    decide(stays, "approve", copy)
    stays.run("report", copy, *KEY)
    stays.run("reproduce", copy, *KEY, "--sign-with", "ada.pem", "--partitions", ".", "--output", "again")
    again, = intents(stays.path("again"))
    assert again["again"] is True
