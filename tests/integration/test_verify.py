# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What an operator forges with its own key, or lays beside a run, is found; nobody uses a model that nobody vouches for."""
import json
import os
import shutil
import subprocess
import sys

import pytest

import forge
import page_verifier
from conftest import SOURCE, Checkout, referee
from forge import dependency
from test_policies import Stays

h5py = referee("h5py")
USAGE, DATA, INTEGRITY = 2, 5, 7
KEY = ("--key", "operator.pub.pem")
NETWORK = ("--set", "model={kind: mlp, target: days, mlp: {loss: squared_error, layers: [{units: 2}]}}")
FEDERATED = (*NETWORK, "--set", "train={method: sgd, federated: {rounds: 3, local_epochs: 1, personal: {kind: ditto}}, "
             "descent: {batch_rows: 24, block_rows: 24}, checkpoint: {every: 1, keep_last: 1}}")


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    """run and other: two finished trainings with their evaluations; ranks: one of several ranks; stopped: one of two sessions; federated: one
    with something in every region."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("verify")))
    stays.terms("graz", "forbid:\n  - {recipients: ['https://rival.example']}\n")
    stays.terms("lyon", "duties: {inform: 'mailto:data@lyon.example'}\n")
    for output, words in (("run", ("--set", "train.checkpoint.keep_last=1")), ("other", ("--set", "model.l2=3"))):
        stays.train(*words, output=output)
        stays.run("evaluate", "run.yaml", *words, "--output", output)
    stays.train(output="ranks", np=3)
    stays.train(*FEDERATED, output="federated")
    stays.train("--wall-time", "0", output="stopped", code=75)
    stays.train("--resume", "latest", output="stopped")
    stays.run("keygen", "stranger")
    return stays


@pytest.fixture
def signer(stays):
    return forge.Signer(stays.path("operator.pem"))


@pytest.fixture
def copy(stays, tmp_path):
    """A folder of one's own that was made by a run."""
    return lambda name: shutil.copytree(stays.path(name), tmp_path / name, symlinks=True)


def verdict(stays, folder, *texts, code=INTEGRITY, words=KEY, page=False):
    """What verify says; `page`: and the verifier that was written from the page alone, which must be of one mind with it."""
    out = stays.run("verify", folder, *words, code=code)
    if page:
        found = page_verifier.problems(stays.path(folder), [stays.path(word) for word in words[1::2]])
        assert bool(found) == (code != 0), found
    for text in texts:
        assert text in out, out
    return out


def definition(statement):
    return statement["predicate"]["buildDefinition"]


def inputs(statement):
    return definition(statement)["resolvedDependencies"]


def without(name):
    def forgery(statement):
        inputs(statement)[:] = [d for d in inputs(statement) if d["name"] != name]
    return forgery


def put(text, *path):
    def forgery(statement):
        for key in path[:-1]:
            statement = statement[key]
        statement[path[-1]] = text
    return forgery


def test_as_it_was_made_it_holds(stays):
    for name in ("run", "other", "ranks", "federated"):
        verdict(stays, name, "lineage.jsonl: format version 2, train, signed by key ", code=0, page=True)
    regions = {clinic: stays.path(f"{clinic}.pub.pem") for clinic in stays.clinics}
    assert page_verifier.problems(stays.path("federated"), [stays.path("operator.pub.pem")], regions) == []
    verdict(stays, "federated", "ok  regions/lyon/lineage.jsonl: format version 2, train of domain lyon, signed by", code=0)


@pytest.mark.parametrize("forgery, text", [
    (without("policy/lyon"), "does not name policy/lyon"),
    (without("partition/bern/bern"), "does not name partition/bern/bern"),
    (without("binary"), "does not name its binary"),
    (without("config"), "does not name its config"),
    (without("inputs"), "names no inputs, so nobody can tell what it was to do"),
    (lambda s: dependency(s, "binary").update(digest={"sha256": "0" * 64}), "names binary by zeros"),
    (lambda s: dependency(s, "libraries").update(digest={"sha256": "0" * 64}), "names libraries by zeros"),
    (put(77, "predicate", "buildDefinition", "internalParameters", "ranks"), "have 1 ranks, and the statement another number"),
    (lambda s: inputs(s).append({"name": "partition/rome/rome", "digest": {"sha256": "0" * 64}}), "names more than its inputs and its stage do"),
    (lambda s: inputs(s).append({"name": "approval", "digest": {"sha256": "0" * 64}}), "names more than its inputs and its stage do"),
    (lambda s: dependency(s, "partition/bern/bern").update(annotations={"rows": 24000}), ".manifest.json: manifest and signature, root and rows: differs"),
    (lambda s: dependency(s, "partition/bern/bern").update(digest=dependency(s, "partition/lyon/lyon")["digest"]), "the manifest of partition bern/bern: is not in documents/"),
    (put("dpv:CommercialResearch", "predicate", "buildDefinition", "externalParameters", "purpose"), '"purpose" is not that of its inputs'),
    (put("another study", "predicate", "buildDefinition", "externalParameters", "name"), '"name" is not that of its inputs'),
    (put(7, "predicate", "buildDefinition", "internalParameters", "domains"), '"domains" is not that of its inputs'),
    (put("https://bailiwick.dev/site/elsewhere", "predicate", "runDetails", "builder", "id"), "builder is another site"),
    (put("https://bailiwick.dev/buildtypes/evaluate/v2", "predicate", "buildDefinition", "buildType"), 'buildType is "evaluate"'),
    (put("2020-01-01T00:00:00Z", "predicate", "runDetails", "metadata", "finishedOn"), "finished before it started"),
    (put("0" * 64, "predicate", "buildDefinition", "internalParameters", "signer"), "and the signer it names is 000"),
])
def test_statements_that_claim_something_else(stays, copy, signer, forgery, text):
    folder = copy("run")
    statements = forge.read(folder / "lineage.jsonl")
    for statement in statements:
        forgery(statement)
    forge.write(folder / "lineage.jsonl", statements, signer)
    verdict(stays, folder, text)


def rewrite(folder, signer, name, change):
    """A signed text says something else, and the operator signs that."""
    path = folder / name
    text = json.loads(path.read_text())
    change(text)
    path.write_text(json.dumps(text, indent=2) + "\n")
    sign_again(folder, signer, name)


def sign_again(folder, signer, name, statement=lambda s: None):
    statements = forge.read(folder / "lineage.jsonl")
    for s in statements:
        statement(s)
        if s["subject"][0]["name"] == name:
            s["subject"][0]["digest"]["sha256"] = forge.sha256((folder / name).read_bytes())
    forge.write(folder / "lineage.jsonl", statements, signer)


def clause(rule, **words):
    """Changes a clause of the first domain."""
    return lambda d: next(c for c in d["domains"][0]["clauses"] if c["rule"] == rule).update(words)


def all_domains(change):
    return lambda d: [change(domain) for domain in d["domains"]]


PAGE = [  # what anybody sees who has no config, policy and site
    (all_domains(lambda domain: domain.update(clauses=[])), "domain bern: its clauses are not those of such a run"),
    (all_domains(lambda domain: domain.update(clauses=[c for c in domain["clauses"] if c["rule"] != "exact release"])), "its clauses are not those"),
    (lambda d: d["domains"][2]["clauses"].append(dict(d["domains"][2]["clauses"][0])), "domain graz: its clauses are not those"),
    (all_domains(lambda domain: [c.update(holds=False) for c in domain["clauses"]]), "domain bern: target: does not hold; domain bern: action: does not"),
    (lambda d: d["domains"][0].update(admitted=False), "domain bern: is not admitted"),
    (lambda d: d["domains"][0]["policy"].update(sha256="0" * 64), "domain bern: its policy is not the statement's"),
    (lambda d: d["domains"].pop(), "domains are not those of inputs.json"),
    (lambda d: d["domains"].append(d["domains"][0]), "domains are not those of inputs.json"),
    (lambda d: d.update(ranks=d["ranks"][:1]), "have 1 ranks, and the statement another number"),
    (lambda d: d["domains"][1].update(ranks=d["domains"][0]["ranks"]), "a rank holds no domain"),
    (lambda d: d["domains"][1].update(ranks=[3]), "domain lyon: its ranks are not ranks of this run"),
    (lambda d: d["domains"][1].update(ranks=[1, 1]), "domain lyon: its ranks are not ranks of this run"),
    (lambda d: d["domains"][0].update(owners=[]), "domain bern: has no owner"),
    (lambda d: d.update(site="elsewhere"), "site is not the statement's builder"),
    (lambda d: d.update(version=2), "are no decisions of version 1"),
    (clause("valid from", detail="2026-01-01T00:00:00Z (now 2026-01-02T00:00:00Z)"), 'was asked at "2026-01-02T00:00:00Z", which is not when'),
    (clause("valid from", detail="2026-01-01T00:00:00Z"), 'was asked at "", which is not when the session started'),
]


@pytest.mark.parametrize("change, text, page", [(*row, True) for row in PAGE] + [(*row, False) for row in (
    (lambda d: d["domains"][1].update(duties={}), "domain lyon: its duties are not its policy's"),
    (lambda d: d["domains"].reverse(), "domains are not those of inputs.json"),
    (lambda d: d["domains"][0]["policy"].update(uid="urn:x:y"), "domain bern: its policy has another uid or serial"),
    (lambda d: d["domains"][0]["policy"].update(serial=4), "domain bern: its policy has another uid or serial"),
    (lambda d: d["domains"][0].update(owners=["0" * 64]), "domain bern: its owners did not sign its policy, or others did"),
    (lambda d: d["domains"][0].update(owners=d["domains"][1]["owners"]), "domain bern: its owners did not sign its policy, or others did"),
    (lambda d: d["ranks"][1].update(place="KP"), " is not in KP by the site"),
    (lambda d: d["ranks"][1].update(place=""), " is not in no place by the site"),
    (clause("place", detail="DE (permitted: DE)"), 'domain bern: place: is said to be "DE (permitted: DE)", and is "CH (permitted: CH)"'),
    (clause("minimum rows", detail="2400 in this domain (required: 1)"), 'minimum rows: is said to be "2400 in'),
    (clause("valid until", detail="2099-01-01T00:00:00Z (now 2026-01-02T00:00:00Z)"), "domain bern: valid until: is said to be"),
)])
def test_decisions_that_were_not_taken(stays, copy, signer, change, text, page):
    folder = copy("ranks")
    rewrite(folder, signer, "decisions.json", change)
    out = verdict(stays, folder, "NO  decisions.json: policies: ", text, page=page)
    assert out.count("NO  ") in (1, 2), out  # the egress report names ranks, too


def inputs_say(folder, signer, old, new, statement=lambda s: None):
    """The inputs are others, and all statements name them."""
    path = folder / "inputs.json"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))

    def names(s):
        dependency(s, "inputs")["digest"]["sha256"] = forge.sha256(path.read_bytes())
        statement(s)
    sign_again(folder, signer, "inputs.json", names)


MARKETING = put("dpv:Marketing", "predicate", "buildDefinition", "externalParameters", "purpose")


@pytest.mark.parametrize("old, new, statement, text", [
    ("dpv:ScientificResearch", "dpv:Marketing", MARKETING, "domain bern: purpose: dpv:Marketing (permitted: dpv:ResearchAndDevelopment); domain lyon"),
    ('"jurisdiction": "CH"', '"jurisdiction": "KP"', lambda s: None, " is not in CH by the site"),
    ('"masked": true', '"masked": false', lambda s: None, "domain bern: unmasked sums: asked for (not allowed)"),
    ('"recipients": []', '"recipients": ["https://rival.example"]', lambda s: None, "domain graz: forbidden: recipient https://rival.example"),
    ('"l2": 0.0', '"l2": 0.5', lambda s: None, "NO  model.h5: config: l2 is 0.0, and the config's 0.5"),
    ('"kind": "linear"', '"kind": "poisson"', lambda s: None, 'NO  model.h5: config: kind is "linear", and the config\'s "poisson"'),
])
def test_inputs_that_were_not_run(stays, copy, signer, old, new, statement, text):
    folder = copy("ranks")
    inputs_say(folder, signer, old, new, statement)
    verdict(stays, folder, text)


def test_inputs_that_are_not_as_they_were_signed(stays, copy):
    folder = copy("ranks")
    path = folder / "inputs.json"
    text = path.read_text()
    path.write_text(text.replace("ScientificResearch", "Marketing"))
    verdict(stays, folder, "NO  inputs.json: differs from what the lineage says", page=True)
    path.unlink()
    verdict(stays, folder, "NO  inputs.json: ")


def test_inputs_that_say_too_little(stays, copy, signer):
    for old, new, text in (('"kind": "linear",\n  "masked"', '"kind": "poisson",\n  "masked"', "one kind of model to policies, and another of model.h5"),
                           ('"network": false', '"network": true', "one kind of model to policies"),
                           ('"unstratified_survival": false', '"unstratified_survival": true', "one kind of model to policies"),
                           ('"version": 2\n', '"version": 3\n', 'NO  inputs.json: '), ('"kind": "linear",\n    "l2"', '"l2"', 'NO  model.h5: config: '),
                           ('    "l2": 0.0,\n', "", "NO  model.h5: config: the inputs do not say what l2 was to be"),
                           ('"given": "', '"given": "#', '"identity" is not the digest of "given"'),
                           ('"masked"', '"msked"', 'unknown member "msked"')):
        folder = copy("ranks")
        inputs_say(folder, signer, old, new)
        verdict(stays, folder, text)
        shutil.rmtree(folder)


def test_decisions_and_config_that_agree_on_another_place(stays, copy, signer):
    """All that the operator signs lays the nodes elsewhere; the owner's terms do not."""
    folder = copy("ranks")

    def elsewhere(d):
        for rank in d["ranks"]:
            rank["place"] = "KP"
        for domain in d["domains"]:
            next(c for c in domain["clauses"] if c["rule"] == "place")["detail"] = "KP (permitted: CH)"
    rewrite(folder, signer, "decisions.json", elsewhere)
    inputs_say(folder, signer, '"jurisdiction": "CH"', '"jurisdiction": "KP"')
    out = verdict(stays, folder, "domain bern: place: KP (permitted: CH); domain lyon: place")
    assert " by the site" not in out


@pytest.mark.parametrize("change, text", [
    (lambda r: r["bytes"].update(difference=99), "its bytes are not the sums of its purposes, or differ"),
    (lambda r: r["bytes"].update(difference=0.5), '"difference" is no whole number'),
    (lambda r: r["bytes"].update(meter=99, difference=99), "its bytes are not the sums"),
    (lambda r: r["bytes"].update(ledger=1, meter=1), "its bytes are not the sums"),
    (lambda r: r["purposes"][0].update(meter=10**9), "ledger, meter and calls differ"),
    (lambda r: r["purposes"][0]["calls"][0].update(bytes=1), "ledger, meter and calls differ"),
    (lambda r: r["purposes"].append(r["purposes"][0]), "twice"),
    (lambda r: r.update(purposes=[], bytes=dict(ledger=0, meter=0, difference=0)), "domains lie on different ranks, and no round crossed"),
    (lambda r: r.update({"domains of ranks": [["bern", "lyon", "graz"]]}), "its domains of ranks are not those of the decisions"),
    (lambda r: r.update(version=1), "is no egress report of version 2 or 3"),
    (lambda r: r.update(format="x"), "is no egress report of version 2 or 3"),
    (lambda r: r.clear(), '"format" is missing or has the wrong type'),
    (lambda r: r.pop("transport"), '"transport" is missing'),
    (lambda r: r.pop("tags"), '"tags" is missing'),
    (lambda r: next(iter(r["tags"][0]["sums"].values())).update(nobody="00000000"), "has tags of a domain that is none"),
])
def test_an_egress_report_that_contradicts_itself(stays, copy, signer, change, text):
    folder = copy("ranks")
    rewrite(folder, signer, "egress.json", change)
    verdict(stays, folder, "NO  egress.json: bytes: ", text, page=True)


@pytest.mark.parametrize("times, text", [
    (("1970-01-01T00:00:00Z",) * 2, "which is not when the session started"),
    (("2040-01-01T00:00:00Z",) * 2, "which is not when the session started"),
    (("2026-13-45T99:99:99Z",) * 2, "its times are no moments written YYYY-MM-DDThh:mm:ssZ"),
    (("2026-02-29T00:00:00Z", "2026-03-01T00:00:00Z"), "its times are no moments"),
    (("2026-02-28T00:00:60Z", "2026-03-01T00:00:00Z"), "its times are no moments"),
    (("2026-02-28T00:00:00+00:00", "2026-03-01T00:00:00Z"), "its times are no moments"),
])
def test_times_that_were_not(stays, copy, signer, times, text):
    folder = copy("ranks")
    sign_again(folder, signer, "", lambda s: s["predicate"]["runDetails"]["metadata"].update(startedOn=times[0], finishedOn=times[1]))
    verdict(stays, folder, text, page=True)


def test_what_was_decided_before_terms_began_or_after_they_ended(stays, copy, signer):
    """Statements and clauses agree on another time; the owner's terms do not."""
    for moment, text in (("2025-12-31T23:59:59Z", "domain bern: valid from: 2026-01-01T00:00:00Z (now 2025-12-31T23:59:59Z)"),
                         ("2099-01-01T00:00:00Z", "domain bern: valid until: 2099-01-01T00:00:00Z (now 2099-01-01T00:00:00Z)")):
        folder = copy("ranks")

        def at(d):
            for domain in d["domains"]:
                for c in domain["clauses"]:
                    if "(now " in c["detail"]:
                        c["detail"] = c["detail"].split("(now ")[0] + f"(now {moment})"
        rewrite(folder, signer, "decisions.json", at)
        sign_again(folder, signer, "", lambda s: s["predicate"]["runDetails"]["metadata"].update(startedOn=moment, finishedOn=moment))
        verdict(stays, folder, text)
        shutil.rmtree(folder)


def test_terms_that_are_gone_are_not_asked(stays, copy, signer):
    """Without a policy the decisions are still held to themselves, the config and the site."""
    folder = copy("ranks")
    (policy,) = (folder / "documents/bern").glob("policy-*.json")
    policy.unlink()
    rewrite(folder, signer, "decisions.json", clause("purpose", detail="dpv:Marketing"))
    out = verdict(stays, folder, "NO  the policy of domain bern: is not in documents/")
    assert out.count("NO  ") == 1
    rewrite(folder, signer, "decisions.json", clause("purpose", holds=False))
    verdict(stays, folder, "NO  decisions.json: policies: domain bern: purpose: does not hold")


NOBODY = "whether these rows give this model and these numbers (reproduce); whether the policies were those in force (their owners know)"


def test_a_folder_verifies_wherever_it_is(stays, copy, tmp_path):
    """Moved, with nothing else at hand: what was not looked at is said; brought along, it is looked at."""
    folder = copy("run")
    assert not [path for path in folder.rglob("*") if path.is_file() and path.name not in ("run.json", "evaluate.run.json") and str(stays.checkout.root).encode() in path.read_bytes()]
    out = verdict(stays, folder, code=0)
    assert out.splitlines()[-1] == ("Not looked at: whether the keys that the record names are those of bern, graz, lyon (--owner-key NAME=FILE); "
                                    f"the rows of partitions bern/bern, graz/graz, lyon/lyon (--partitions FOLDER); {NOBODY}")
    shutil.copytree(stays.path("partitions"), tmp_path / "far/away")
    words = (*KEY, "--partitions", tmp_path, *(word for clinic in stays.clinics for word in ("--owner-key", f"{clinic}={clinic}.pub.pem")))
    out = verdict(stays, folder, f"ok  {tmp_path}/far/away/bern.h5: 1 blocks", code=0, words=words)
    assert out.splitlines()[-1] == f"Not looked at: {NOBODY}"
    assert "--owner-key Bern: the run has no such domain; it has: bern, graz, lyon (did you mean \"bern\"?)" in stays.run("verify", folder, *KEY, "--owner-key", "Bern=bern.pub.pem", code=USAGE)
    verdict(stays, folder, "bern-", "is none of the trusted ones", words=(*KEY, "--owner-key", "bern=lyon.pub.pem"))
    rows = tmp_path / "far/away/bern.h5"
    text = rows.read_bytes()
    rows.write_bytes(text[:len(text) // 4] + bytes(len(text) // 2) + text[-len(text) // 4:])
    verdict(stays, folder, f"NO  {rows}: 1 blocks: ", words=words)
    rows.with_name("lyon.h5").unlink()
    verdict(stays, folder, "NO  partition lyon/lyon: is not in the folders of --partitions", words=words)
    verdict(stays, folder, "nowhere: is no folder", words=(*KEY, "--partitions", "nowhere"), code=5)


def test_documents_are_those_of_the_statements(stays, copy):
    folder = copy("run")
    (bern,), (lyon,) = ((folder / f"documents/{clinic}").glob("policy-*.json") for clinic in ("bern", "lyon"))
    shutil.copy(lyon, bern)
    verdict(stays, folder, f"NO  documents/bern/{bern.name}: policy and signature")


def test_the_clauses_of_decisions_are_those_of_the_page(stays):
    table = (SOURCE / "docs/policy.md").read_text().split("| clause | holds if |")[1].split("\n\n")[0]
    rules = [line.split("|")[1].strip() for line in table.splitlines()[2:]]
    common = page_verifier.CLAUSES
    assert rules == common + page_verifier.OF_NOISE + page_verifier.OF_ROUNDS
    for run, expected in (("ranks", common), ("federated", common + page_verifier.OF_ROUNDS)):
        for domain in json.loads(stays.path(f"{run}/decisions.json").read_text())["domains"]:
            assert [c["rule"] for c in domain["clauses"]] == expected


def test_decisions_of_evaluations_and_domains(stays, copy, signer):
    folder = copy("run")
    path = folder / "evaluate.decisions.json"
    decisions = json.loads(path.read_text())
    clause("action", detail="predict (permitted: predict)")(decisions)
    path.write_text(json.dumps(decisions))
    statements = forge.read(folder / "evaluation.jsonl")
    statements[0]["subject"][0]["digest"]["sha256"] = forge.sha256(path.read_bytes())
    forge.write(folder / "evaluation.jsonl", statements, signer)
    verdict(stays, folder, 'NO  evaluate.decisions.json: policies: domain bern: action: is said to be "predict')
    folder = copy("federated")
    rewrite(folder / "regions/lyon", forge.Signer(stays.path("lyon.pem")), "decisions.json", clause("place", detail="DE"))
    verdict(stays, folder, "NO  regions/lyon/decisions.json: policies: domain bern: place: is said to be")


def test_an_evaluation_that_policies_were_asked_for_otherwise(stays, copy, signer):
    folder = copy("run")
    inputs, result = folder / "evaluate.inputs.json", folder / "evaluation.json"
    shown = json.loads(result.read_text())
    shown["domains"] = {"bern": {"auc": 1}}
    result.write_text(json.dumps(shown))
    said = json.loads(inputs.read_text())
    said.update(kind="poisson", per_domain_statistics=False)
    inputs.write_text(json.dumps(said))
    statements = forge.read(folder / "evaluation.jsonl")
    for statement in statements:
        dependency(statement, "inputs")["digest"]["sha256"] = forge.sha256(inputs.read_bytes())
    statements[-1]["subject"][0]["digest"]["sha256"] = forge.sha256(result.read_bytes())
    forge.write(folder / "evaluation.jsonl", statements, signer)
    verdict(stays, folder, "NO  evaluation.jsonl: policies were asked for a model of kind poisson, and it is of kind linear",
            "NO  evaluation.json: whose statistics it shows")


def test_a_session_that_goes_on_with_another_config(stays, copy, signer):
    """What the operator's own program would not do, and its own signature could say."""
    folder = copy("stopped")
    first = folder / "inputs.json"
    said = json.loads(first.read_text())
    said["given"] += "train:\n  max_iterations: 1\n"
    said["identity"] = forge.sha256(said["given"].encode())
    first.write_text(json.dumps(said))
    statements = forge.read(folder / "lineage.jsonl")
    for statement in statements:
        if statement["predicate"]["runDetails"]["metadata"]["invocationId"] == statements[0]["predicate"]["runDetails"]["metadata"]["invocationId"]:
            dependency(statement, "inputs")["digest"]["sha256"] = forge.sha256(first.read_bytes())
    forge.write(folder / "lineage.jsonl", statements, signer)
    verdict(stays, folder, "what its inputs ask for: goes on with another config")


def test_a_chain_signed_again_as_it_was_holds(stays, copy, signer):
    """What the test above forges is found for what it says, and not for how it was written."""
    folder = copy("run")
    forge.write(folder / "lineage.jsonl", forge.read(folder / "lineage.jsonl"), signer)
    verdict(stays, folder, code=0, page=True)


def test_signatures_that_are_not_those_that_were_made(stays, copy, signer):
    folder = copy("run")
    path = folder / "lineage.jsonl"
    first, *rest = path.read_text().splitlines()
    payload, [(key, sig)] = forge.payload_of(first), forge.signatures_of(first)
    stranger = forge.Signer(stays.path("stranger.pem"))
    for signatures, text in (([(key, forge.other_form(sig))], "is not in the form that is signed"),
                             ([(key, sig), ("0" * 64, sig)], "is also signed by key 000"),
                             ([(key, sig), (key, signer.sign(payload))], "two of its signatures name the key"),
                             ([(key, sig), (stranger.id, stranger.sign(payload))], f"is also signed by key {stranger.id}, which was not given")):
        path.write_text("\n".join([forge.envelope(payload, signatures), *rest]) + "\n")
        verdict(stays, folder, text, page=True)
    both = (*KEY, "--key", "stranger.pub.pem")  # an owner's word beside the operator's, which the auditor knows
    verdict(stays, folder, code=0, words=both, page=True)
    path.write_text("\n".join([forge.envelope(payload, [(stranger.id, stranger.sign(payload)), (key, sig)]), *rest]) + "\n")
    verdict(stays, folder, f"its first signature is by key {stranger.id}", words=both, page=True)


def test_an_evaluation_of_another_model(stays, copy, signer):
    folder = copy("run")
    for path in stays.path("other").glob("evaluat*"):
        shutil.copy(path, folder)
    verdict(stays, folder, "NO  evaluation.jsonl: model: is about another model than the one that was trained here", page=True)

    folder = copy("other")  # it names the model that lies there, and its results that of the other
    result, chain = folder / "evaluation.json", folder / "evaluation.jsonl"
    model = json.loads(result.read_text())["model"]
    results = json.loads(stays.path("run/evaluation.json").read_text())
    result.write_text(json.dumps(results, indent=2) + "\n")
    statements = forge.read(chain)
    statements[-1]["subject"][0]["digest"]["sha256"] = forge.sha256(result.read_bytes())
    forge.write(chain, statements, signer)
    verdict(stays, folder, "NO  evaluation.json: model: differs", page=True)
    for statement in statements:
        dependency(statement, "model")["digest"]["sha256"] = results["model"]
    forge.write(chain, statements, signer)
    assert model != results["model"]
    verdict(stays, folder, "NO  evaluation.jsonl: model: is about another model", page=True)
    for statement in statements:  # as if an earlier release had made it
        definition(statement)["buildType"] = "https://bailiwick.dev/buildtypes/evaluate/v1"
    forge.write(chain, statements, signer)
    verdict(stays, folder, "NO  evaluation.jsonl: has format version 1, beside a training of a newer one")


def test_no_other_model_is_evaluated_into_the_folder_of_a_training(stays, copy):
    folder = copy("run")
    for path in folder.glob("evaluat*"):
        path.unlink()
    checkpoint = next((folder / "checkpoints").glob("*.h5"))
    for model in (stays.path("other/model.h5"), checkpoint):
        out = stays.run("evaluate", "run.yaml", "--model", model, "--output", folder, code=DATA)
        assert "holds a training, and this is not the model that it ended with; name another folder" in out
    assert not (folder / "evaluation.jsonl").exists()


def test_what_lies_under_the_name_of_what_was_removed(stays, copy):
    folder = copy("run")
    removed = [name for s in forge.read(folder / "lineage.jsonl") for name in s["subject"][0].get("annotations", {}).get("removed", [])]
    assert removed
    shutil.copy(next((folder / "checkpoints").glob("*.h5")), folder / removed[0])
    verdict(stays, folder, f"{removed[0]}: removed: a later statement says that it was, and a file lies there", page=True)
    (folder / removed[0]).unlink()
    (folder / removed[0]).symlink_to("nowhere")
    verdict(stays, folder, f"{removed[0]}: removed: a later statement says", page=True)
    (folder / removed[0]).unlink()
    verdict(stays, folder, code=0, page=True)


def test_what_lies_beside_a_run_is_named(stays, copy, tmp_path):
    folder = copy("run")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/model.h5").write_text("planted")
    (folder / "regions").symlink_to(tmp_path / "elsewhere")
    (folder / "checkpoints/step-000099.h5").write_text("planted")
    (folder / "readme\x1b[2Jok  lineage").write_text("planted")
    (folder / ".evaluation.lock").write_text("planted")
    os.mkfifo(folder / "pipe")
    out = verdict(stays, folder, code=0)
    line = next(line for line in out.splitlines() if line.startswith("--"))
    for name in ("checkpoints/step-000099.h5", "regions", "readme\\u{1b}[2Jok  lineage", ".evaluation.lock", "pipe"):
        assert f" {name}" in line, line
    (folder / "\x1b[2J.jsonl").write_text("planted")
    out += verdict(stays, folder, r"NO  \u{1b}[2J.jsonl: no stage has a chain of this name")
    assert "\x1b" not in out
    (folder / "\x1b[2J.jsonl").unlink()
    (folder / "regions").unlink()
    (folder / "regions/lyon").mkdir(parents=True)
    (folder / "regions/lyon/model.h5").write_text("planted")
    verdict(stays, folder, "NO  regions/lyon/model.h5: no statement speaks of it")


def test_what_stays_with_a_domain(stays, copy):
    folder = copy("federated")
    (folder / "regions/lyon/checkpoints/round-000099.h5").write_text("planted")
    assert " regions/lyon/checkpoints/round-000099.h5" in verdict(stays, folder, code=0)
    shutil.copy(folder / "regions/bern/model.h5", folder / "regions/lyon/model.h5")
    verdict(stays, folder, "NO  regions/lyon/lineage.jsonl:", "model.h5: file digest")


def test_a_domain_in_place_of_another(stays, copy, signer):
    folder = copy("federated")
    shutil.rmtree(folder / "regions/lyon")
    shutil.copytree(folder / "regions/bern", folder / "regions/lyon")
    verdict(stays, folder, "NO  regions/lyon/lineage.jsonl:1: signed by key", "which is none of the trusted ones")

    path = folder / "regions/lyon/lineage.jsonl"
    statements = forge.read(path)
    for statement in statements:
        definition(statement)["internalParameters"]["signer"] = signer.id
    forge.write(path, statements, signer)
    verdict(stays, folder, "NO  regions/lyon/lineage.jsonl: is not the lineage of this domain")


def test_what_stays_with_a_domain_is_no_model_of_a_run(stays, copy, signer):
    """The operator signs a domain's own model, which a config without session keys lets it do, and lays it in the run's place."""
    folder = copy("federated") / "regions/lyon"
    statements = forge.read(folder / "lineage.jsonl")
    for statement in statements:
        definition(statement)["internalParameters"]["signer"] = signer.id
    forge.write(folder / "lineage.jsonl", statements, signer)
    verdict(stays, folder, "format version 2, train of domain lyon", code=0)
    run = folder.rename(folder.parent.parent.parent / "moved")
    verdict(stays, run, "NO  lineage.jsonl: is what stays with domain lyon, and does not lie in a folder of that name")
    out = stays.run("predict", "run.yaml", *FEDERATED, "--model", run / "model.h5", code=INTEGRITY)
    assert "is what stays with a domain, in a folder that is not that domain's" in out


def test_a_domain_of_another_run(stays, copy, tmp_path):
    words = (*FEDERATED, "--set", "train.descent.seed=9")
    stays.train(*words, output="federated-9")
    folder = copy("federated")
    shutil.rmtree(folder / "regions/lyon")
    shutil.copytree(stays.path("federated-9/regions/lyon"), folder / "regions/lyon")
    verdict(stays, folder, "NO  regions/lyon/lineage.jsonl: run: was made with another config")
    out = stays.run("evaluate", "run.yaml", *FEDERATED, "--set", "evaluate.regional=true", "--model", folder / "model.h5",
                    "--output", tmp_path / "out", code=INTEGRITY)
    assert "regions/lyon/model.h5: is signed as coming from another common model than" in out


@pytest.mark.parametrize("np", [None, 3])
def test_only_a_model_that_its_lineage_vouches_for_is_used(stays, copy, tmp_path, np):
    def used(model, *words, code=INTEGRITY, command="predict"):
        return stays.run(command, "run.yaml", "--model", model, "--output", tmp_path / "out", *words, np=np, code=code)

    folder = copy("run")
    for command in ("evaluate", "predict"):
        (tmp_path / "alone").mkdir(exist_ok=True)
        shutil.copy(folder / "model.h5", tmp_path / "alone")
        out = used(tmp_path / "alone/model.h5", command=command)
        assert "alone/model.h5: nobody who is trusted vouches for it: there is no " in out and "--model-key" in out
    if np:
        return
    shutil.copy(folder / "model.h5", folder / "best.h5")
    assert "is about best.h5" in used(folder / "best.h5")
    shutil.copy(stays.path("other/model.h5"), folder / "model.h5")
    assert "model.h5: the content digest is " in used(folder / "model.h5")
    shutil.copy(stays.path("other/checkpoints/step-000001.h5"), next((folder / "checkpoints").glob("*.h5")))
    assert ".h5: the content digest is " in used(next((folder / "checkpoints").glob("*.h5")))
    (folder / "decisions.json").unlink()
    assert "which says what duties go with it, is not beside it" in used(folder / "model.h5")
    used(stays.path("run/model.h5"), code=0)
    (tmp_path / "link.h5").symlink_to(stays.path("run/model.h5"))
    used(tmp_path / "link.h5", code=0)


def test_a_model_of_another_operator_is_used_by_ones_own_word(stays, tmp_path):
    other = ("--set", "lineage.sign_with=stranger.pem")
    stays.train(*other, output="foreign", np=None)
    model = ("--model", "foreign/model.h5", "--output", tmp_path / "out")
    out = stays.run("predict", "run.yaml", *model, code=INTEGRITY)
    assert "foreign/model.h5: nobody who is trusted vouches for it" in out and "none of the trusted ones" in out
    stays.run("predict", "run.yaml", *model, "--model-key", "stranger.pub.pem")
    elsewhere = ("--output", tmp_path / "unsigned", "--set", "lineage.sign_with=none.pem")  # what it leaves is signed, too
    assert "none.pem: cannot open" in stays.run("predict", "run.yaml", *model[:2], "--model-key", "stranger.pub.pem", *elsewhere, code=3)


def test_only_a_checkpoint_that_its_lineage_vouches_for_is_taken_up(stays, copy, tmp_path):
    folder = copy("run")
    checkpoint = next((folder / "checkpoints").glob("*.h5"))
    (tmp_path / "alone/checkpoints").mkdir(parents=True)
    shutil.copy(checkpoint, tmp_path / "alone/checkpoints")
    words = ("--set", "train.checkpoint.keep_last=1", "--resume")
    out = stays.train(*words, tmp_path / "alone/checkpoints" / checkpoint.name, output=tmp_path / "out", code=INTEGRITY)
    assert "nobody who is trusted vouches for it: there is no " in out and not (tmp_path / "out").exists()
    shutil.copy(checkpoint, folder / "checkpoints/step-000099.h5")
    out = stays.train(*words, folder / "checkpoints/step-000099.h5", output=tmp_path / "out", code=INTEGRITY)
    assert "is about checkpoints/step-000099.h5" in out
    stays.train(*words, checkpoint, output=tmp_path / "out")


def test_a_checkpoint_of_release_0_1(stays, copy, signer, tmp_path):
    """Its fingerprint was a digest alone, of a text without the domains."""
    folder = copy("run")
    checkpoint = next((folder / "checkpoints").glob("*.h5"))
    page = (SOURCE / "docs/checkpoint-format.md").read_text()
    (tmp_path / "content.py").write_text(page[page.index("```python") + 10:page.index("```", page.index("```python") + 3)])
    with h5py.File(checkpoint, "r+") as file:
        file["attributes"].attrs.modify("training", "0" * 64)
    content = subprocess.run([sys.executable, tmp_path / "content.py", checkpoint], capture_output=True, text=True, check=True).stdout.strip()
    with h5py.File(checkpoint, "r+") as file:
        file.attrs.modify("content", content)
    statements = forge.read(folder / "lineage.jsonl")
    about = next(s for s in statements if s["subject"][0]["name"] == f"checkpoints/{checkpoint.name}")
    about["subject"][0]["digest"]["bailiwickModelV2"] = content
    forge.write(folder / "lineage.jsonl", statements, signer)
    out = stays.train("--set", "train.checkpoint.keep_last=1", "--resume", checkpoint, output=tmp_path / "out", code=DATA)
    assert "a checkpoint of an earlier release, which does not say which domain has which rows" in out


def test_rows_that_went_to_other_domains_are_another_training(fresh):
    """The same partitions in the same order, of which the second is now the third's."""
    stays = Stays(fresh)
    for clinic in stays.clinics:
        stays.terms(clinic, allow="exact_release: true, two_parties: true")
    words = (*NETWORK, "--set", "train={method: sgd, federated: {rounds: 2, local_epochs: 1}, descent: {batch_rows: 48, block_rows: 24}}")
    begin = stays.path("run.yaml").read_text()

    def group(*domains):
        text = begin[:begin.index("domains:")] + "domains:\n"
        for names in domains:
            first = names[0]
            terms = stays.path(f"{first}.yaml")
            terms.write_text(terms.read_text().replace(f"target: {first}\n", 'target: "*"\n'))
            stays.run("policy", "sign", f"{first}.yaml", *(word for name in names for word in ("--key", f"{name}.pem")),
                      "--output", f"{first}-of.json", "--force")
            keys = ", ".join(f"{name}.pub.pem" for name in names)
            rows = ", ".join(f"partitions/{name}.h5" for name in names)
            text += (f"  - {{name: {first}, jurisdiction: CH, public_keys: [{keys}], private_key: {first}.pem, policy: {first}-of.json, "
                     f"partitions: [{rows}]}}\n")
        stays.write("run.yaml", text)

    group(("bern", "lyon"), ("graz",))
    stays.train(*words, output="run")
    group(("bern",), ("lyon", "graz"))
    out = stays.train(*words, "--resume", "run/checkpoints/round-000001.h5", output="regrouped", code=DATA)
    assert "not a checkpoint of this training: another config, other rows" in out


def test_the_older_format_is_named_and_can_be_refused(stays, tmp_path):
    folder = shutil.copytree(SOURCE / "tests/data/runs/0.1", tmp_path / "runs")
    words = ("--key", folder / "keys/operator.pub.pem")
    verdict(stays, folder / "cox", "lineage.jsonl: format version 1, held to the rules of that version", code=0, words=(*words, "--lineage-format", "1"))
    verdict(stays, folder / "cox", "NO  lineage.jsonl: format version 1", words=words)
    verdict(stays, "run", code=0, words=(*KEY, "--lineage-format", "2"))
