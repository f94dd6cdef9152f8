# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""`policy check` says to a stage of a config what `check`, and so the run itself, hears: for every clause, allowed and refused."""
import hashlib
import re
import shutil

import pytest

from conftest import Checkout
from test_policies import Stays

# clause: (terms that allow, terms that refuse), or (terms, words that allow, words that refuse); the stage is train unless named.
TEAM = ("--set", 'recipients=["https://uni.example/team"]')
COX = ("--set", "model={kind: cox, time: days, status: event, cox: {strata: none, time_maximum: 30}}")
TERMS = {"uid": "urn:example:bern", "owner": "bern", "target": "bern", "permit": "[train, evaluate, predict, describe, release_model, release_statistics]",
         "purposes": '["dpv:ResearchAndDevelopment"]', "where": "[CH]", "valid": "{from: 2026-01-01T00:00:00Z, until: 2099-01-01T00:00:00Z}",
         "allow": "{exact_release: true}"}
TWO = tuple(word for key, value in {"public_key": "lyon.pub.pem", "private_key": "lyon.pem", "policy": "lyon.json", "partitions": "[more.h5]"}.items()
            for word in ("--set", f"domains.2.{key}={value}"))
CLAUSES = {
    "target": ({}, {"target": "basel"}),
    "action": ({}, {"permit": "[evaluate, release_model]"}),
    "purpose": ({}, {"purposes": '["DUO:0000042"]'}),
    "place": ({}, {"where": "[AT]"}),
    "site": ({}, {"site_key": "ab" * 32}),
    "recipients": ({"recipients": "[https://uni.example/team]"}, TEAM, ()),
    "valid from": ({}, {"valid": "{from: 2098-01-01T00:00:00Z, until: 2099-01-01T00:00:00Z}"}),
    "valid until": ({}, {"valid": "{from: 2020-01-01T00:00:00Z, until: 2021-01-01T00:00:00Z}"}),
    "delete by": ({"duties": "{delete_by: 2098-01-01T00:00:00Z}"}, {"duties": "{delete_by: 2021-01-01T00:00:00Z}"}),
    "minimum parties": ({"minimum": "{parties: 3}"}, {"minimum": "{parties: 4}"}),
    "minimum contributors": ({"minimum": "{contributors: 3}"}, {"minimum": "{contributors: 4}"}),
    "minimum rows": ({"minimum": "{rows: 24}"}, {"minimum": "{rows: 25}"}),
    "minimum partner rows": ({"minimum": "{partner_rows: 24}"}, {"minimum": "{partner_rows: 25}"}),
    "kinds": ({"kinds": "[linear]"}, {"kinds": "[cox]"}),
    "partitions": ({}, (), ("--set", "domains.0.partitions=[partitions/bern.h5, partitions/copy.h5]")),
    "partners": ({"partners": "[LYON, GRAZ]"}, {"partners": "[LYON]"}),
    "registry": ({"registry": "REGISTRY", "serial": "1"}, {"registry": "REGISTRY/none", "serial": "2"}),
    "maximum runs": ({"registry": "REGISTRY", "serial": "3", "maximum": "{runs: 2}"}, {"registry": "REGISTRY", "serial": "4", "maximum": "{runs: 1}"}),
    "two parties": ({"allow": "{exact_release: true, two_parties: true}"}, {}, TWO),
    "unmasked sums": ({"allow": "{exact_release: true, unmasked_sums: true}"}, {}, ("--set", "boundary.secure_aggregation=false")),
    "exact release": ({}, {"allow": "{two_parties: true}"}),
    "unstratified survival": ({"allow": "{exact_release: true, unstratified_survival: true}"}, {}, COX),
    "per-domain statistics": ({"allow": "{exact_release: true, per_domain_statistics: true}"}, {}, ("--set", "evaluate.per_domain=true")),
    "forbidden": ({"forbid": "[{action: predict}]"}, {"forbid": "[{action: train}]"}),
}
STAGES = {"per-domain statistics": "evaluate", "unstratified survival": "describe"}


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    stays = Stays(Checkout(tmp_path_factory.mktemp("stays")))
    # A second partition of Lyon's, for runs of two owners.
    ingest = stays.path("ingest.yaml")
    stays.write("more.yaml", ingest.read_text().replace("output: partitions", "output: .").replace("name: lyon", "name: more")
                .replace("  - {name: bern, owner: bern, values: [bern], sign_with: bern.pem}\n", "").replace("stays.csv", "lyon.csv")
                .replace("  - {name: graz, owner: graz, values: [graz], sign_with: graz.pem}\n", ""))
    lines = stays.path("stays.csv").read_text().splitlines()
    stays.write("lyon.csv", "\n".join([lines[0], *(line.replace(",3", ",4", 1) for line in lines if line.startswith("lyon"))]) + "\n")
    stays.run("ingest", "more.yaml")
    for suffix in (".h5", ".manifest.json"):
        shutil.copy(stays.path(f"partitions/bern{suffix}"), stays.path(f"partitions/copy{suffix}"))
    run = stays.path("run.yaml")
    run.write_text(run.read_text().replace(", access_log: bern.access.jsonl", ""))
    return stays


def verdict(output, indent):
    """The clauses of one verdict, without the moment at which it was asked."""
    lines = re.findall(rf"^{indent}(ok|NO) +(\S.*?)  +(.*)$", output, re.M)
    return {rule: (holds, re.sub(r"now [^)]*", "now", detail)) for holds, rule, detail in lines}


def ask(stays, terms, stage, words):
    ids = {name.upper(): hashlib.sha256(stays.path(f"{name}.pub.pem").read_bytes()).hexdigest() for name in ("lyon", "graz")}
    text = "version: 1\n" + "".join(f"{key}: {value}\n" for key, value in {**TERMS, **terms}.items())
    for name, value in {**ids, "REGISTRY": str(stays.path("registry"))}.items():
        text = text.replace(name, value)
    stays.write("bern.yaml", text)
    stays.run("policy", "sign", "bern.yaml", "--key", "bern.pem", "--output", "bern.json", "--force")
    if terms.get("registry") == "REGISTRY":
        stays.run("registry", "publish", "bern.json", "--key", "bern.pub.pem")
        if "maximum" in terms:
            stays.run("train", "run.yaml", "--output", f"counted-{terms['serial']}", "--set", "train.split=train")
    output = stays.run("check", "run.yaml", "--stage", stage, "--verbose", *words, code=None)
    own = stays.run("policy", "check", "bern.json", "--key", "bern.pub.pem", "--config", "run.yaml", "--stage", stage, *words, code=None)
    asked = verdict(output.split("\nbern ")[-1].split("\nlyon ")[0], "  ")
    assert asked and verdict(own, "") == asked, own + output
    assert own.endswith("admitted\n" if all(holds == "ok" for holds, _ in asked.values()) else "refused\n")
    return asked


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_policy_says_to_policy_check_what_it_says_to_the_run(stays, clause):
    case, stage = CLAUSES[clause], STAGES.get(clause, "train")
    if len(case) == 2:
        allowed, refused = [(terms, ()) for terms in case]
    elif isinstance(case[1], dict):  # other terms, the same words
        allowed, refused = [(terms, case[2]) for terms in case[:2]]
    else:  # other words, the same terms
        allowed, refused = [(case[0], words) for words in case[1:]]
    assert ask(stays, allowed[0], stage, allowed[1])[clause][0] == "ok"
    assert ask(stays, refused[0], stage, refused[1])[clause][0] == "NO"


def test_every_clause_is_among_them(stays):
    assert set(ask(stays, {}, "train", ())) == set(CLAUSES)
