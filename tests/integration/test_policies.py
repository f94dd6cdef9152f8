# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What a policy asks of a run: minimums on the domain's own totals, runs counted in the owner's log, prohibitions, duties."""
import hashlib
import json

import pytest

import forge
from conftest import Checkout

POLICY, INTEGRITY = 4, 7
CLINICS = ("bern", "lyon", "graz")
INGEST = """
version: 1
input: stays.csv
columns:
  clinic: {role: domain}
  age: {role: feature, minimum: 0}
  ward: {role: feature, type: category, levels: [medicine, surgery, icu]}
  sex: {role: feature, type: category, levels: [f, m]}
  days: {role: target, minimum: 0}
  split: {role: split, type: category, levels: [train, test]}
output: partitions
partitions:
"""
TERMS = """
version: 1
uid: urn:example:stays:%s
owner: %s
target: %s
permit: [train, evaluate, predict, describe, attribute, release_model, release_statistics]
purposes: ["dpv:ResearchAndDevelopment"]
where: [CH]
valid: {from: 2026-01-01T00:00:00Z, until: 2099-01-01T00:00:00Z}
"""
RUN = """
version: 1
name: length of stay
purpose: "dpv:ScientificResearch"
output: run
site: {name: here, nodes: [{match: "*", jurisdiction: CH}]}
lineage: {sign_with: operator.pem}
model: {kind: linear, target: days}
evaluate: {per_domain: false}
domains:
"""


class Stays:
    """Three clinics, each with its rows, keys and terms; only Bern has an intensive care unit."""

    def __init__(self, checkout, clinics=CLINICS):
        self.checkout, self.run, self.clinics = checkout, checkout.run, clinics
        wards = {"bern": ("medicine", "surgery", "icu"), "lyon": ("medicine", "surgery"), "graz": ("surgery", "medicine")}
        rows = [f"{clinic},{30 + 7 * i % 41},{wards[clinic][i % len(wards[clinic])]},{'fm'[i * i % 7 % 2]},{3 + i * i % 11},{'test' if i % 8 == 7 else 'train'}"
                for clinic in clinics for i in range(24)]
        self.write("stays.csv", "clinic,age,ward,sex,days,split\n" + "\n".join(rows) + "\n")
        self.write("ingest.yaml", INGEST + "".join(f"  - {{name: {c}, owner: {c}, values: [{c}], sign_with: {c}.pem}}\n" for c in clinics))
        self.write("run.yaml", RUN + "".join(
            f"  - {{name: {c}, jurisdiction: CH, public_key: {c}.pub.pem, private_key: {c}.pem, policy: {c}.json, partitions: [partitions/{c}.h5], "
            f"access_log: {c}.access.jsonl}}\n" for c in clinics))
        for key in (*clinics, "operator"):
            self.run("keygen", key)
        self.run("ingest", "ingest.yaml")
        for clinic in clinics:
            self.terms(clinic)

    def path(self, name):
        return self.checkout.path(name)

    def write(self, name, text):
        self.path(name).write_text(text)

    def terms(self, clinic, text="", allow="exact_release: true"):
        self.write(f"{clinic}.yaml", TERMS % (clinic, clinic, clinic) + f"allow: {{{allow}}}\n" + text)
        self.run("policy", "sign", f"{clinic}.yaml", "--key", f"{clinic}.pem", "--output", f"{clinic}.json", "--force")

    def pool(self, allow="exact_release: true"):
        """Terms that all clinics sign, for their rows as one domain."""
        self.write("pooled-terms.yaml", TERMS % ("pooled", "pooled", '"*"') + f"allow: {{{allow}}}\n")
        self.run("policy", "sign", "pooled-terms.yaml", *(word for clinic in self.clinics for word in ("--key", f"{clinic}.pem")), "--output", "pooled.json", "--force")

    def pooled(self, name, folder, run=RUN):
        """A run of that name over the partitions of a folder as one domain."""
        keys, files = (", ".join(pattern % clinic for clinic in self.clinics) for pattern in ("%s.pub.pem", f"{folder}/%s.h5"))
        self.write(name, run + f"  - {{name: pooled, jurisdiction: CH, public_keys: [{keys}], policy: pooled.json, partitions: [{files}]}}\n")

    def take(self, name, columns, run="run.yaml"):
        """Ingests NAME.csv, each clinic its rows, to partitions in NAME, which that run is of."""
        owners = self.path("ingest.yaml").read_text().partition("partitions:\n")[2]
        self.write(f"{name}.yaml", f"version: 1\ninput: {name}.csv\ncolumns:\n  clinic: {{role: domain}}{columns}block_rows: 16\noutput: {name}\npartitions:\n{owners}")
        self.run("ingest", f"{name}.yaml")
        self.write(run, self.path("run.yaml").read_text().replace("partitions/", f"{name}/"))

    def bind(self, clinic, serial, text=""):
        """Terms that bind the clinic's own folder, where they are then in force and its log lies."""
        self.terms(clinic, f"registry: {self.path('registry')}\nserial: {serial}\n{text}")
        self.run("registry", "publish", f"{clinic}.json", "--key", f"{clinic}.pub.pem")
        run = self.path("run.yaml")
        run.write_text(run.read_text().replace(f", access_log: {clinic}.access.jsonl", ""))

    def train(self, *words, output, np=None, code=0):
        return self.run("train", "run.yaml", "--output", output, *words, np=np, code=code)

    def refused(self, *texts, words=(), np=None, code=POLICY, output="refused"):
        out = self.train(*words, output=output, np=np, code=code)
        for text in texts:
            assert text in out, out
        assert not self.path(f"{output}/model.h5").exists()
        return out

    def log(self, clinic="bern"):
        path = self.path(f"{clinic}.access.jsonl")
        if not path.exists() and clinic == "bern":
            path = self.path("registry/access-log.jsonl")
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def stays(fresh):
    return Stays(fresh)


ranks = pytest.mark.parametrize("np", [1, 3, 5])


@ranks
def test_a_level_that_one_clinic_alone_has(stays, np):
    stays.terms("graz", "minimum: {contributors: 2}\n")
    stays.refused('round "rows of levels": 1 number would be the sum of fewer domains than the 2', "ward_icu (1)", "minimum.contributors", np=np)
    reference = stays.train("--set", "model.features=[age, sex]", output="merged", np=np)
    stays.terms("graz")
    assert reference[reference.index("digest"):].split()[1] in stays.train("--set", "model.features=[age, sex]", output="plain")
    rounds = [r["name"] for r in json.loads(stays.path("merged/run.json").read_text())["rounds"]]
    # Not asked again before a step whose zeros are those of an earlier one.
    steps = "log-likelihood, score and information"
    assert 1 <= rounds.count("contributors to " + steps) < rounds.count(steps)


GROUPS = """
  icu: {role: feature, type: boolean}
  fed: {role: feature, type: boolean}
  doses: {role: feature}
  ward: {role: feature, type: category, levels: [a, b, c]}
  beds: {role: feature}
  age: {role: feature}
  died: {role: target, type: boolean}
  moved: {role: target, type: boolean}
  cost: {role: target}
"""


@pytest.fixture(scope="module")
def groups(tmp_path_factory):
    """Lyon has groups of two rows: those of icu, of no fed, of doses, of beds, of ward c, of the reference a; and of one: who died. No one moved but in Bern."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("groups")))
    lines = ["clinic,icu,fed,doses,ward,beds,age,died,moved,cost"]
    for clinic in CLINICS:
        for i in range(24):
            rare, odd = clinic == "lyon" and i in (3, 8), i % 2
            lines.append(f"{clinic},{int(rare) if clinic == 'lyon' else odd},{int(not rare) if clinic == 'lyon' else odd},{7 * rare if clinic == 'lyon' else i % 3},"
                         f"{('a' if rare else 'c' if i in (4, 9) else 'b') if clinic == 'lyon' else 'abc'[i % 3]},{(5 if rare else 2) if clinic == 'lyon' else 1 + i % 4},{30 + 7 * i % 41},"
                         f"{int(i == 3 if clinic == 'lyon' else i % 5 < 2)},{int(clinic == 'bern' and odd)},{i * i % 17 + i / 8}")
    stays.write("groups.csv", "\n".join(lines) + "\n")
    stays.take("groups", GROUPS)
    return stays


@pytest.mark.parametrize("model,who", [("target: cost, features: [icu, age]", "icu (not the usual value)"), ("target: cost, features: [fed]", "fed (not the usual value)"), ("target: cost, features: [doses]", "doses (not the usual value)"),
                                       ("target: cost, features: [ward]", "ward_a, ward_c"), ("target: cost, features: [ward, -ward_c]", "ward_a, ward_c"), ("target: cost, features: [beds]", "beds (not the usual value)"),
                                       ("target: cost, features: [age], exposure: beds, kind: poisson", "offset or exposure (not the usual value)"),
                                       ("target: died, features: [age]", "died (not the usual value)"), ("kind: logistic, target: died, features: [age]", "died (not the usual value)"),
                                       ("kind: cox, time: cost, status: died, features: [age]", "an event"),
                                       ("kind: mlp, target: died, features: [age, ward], mlp: {layers: [], loss: binary}", "died (not the usual value), ward_a, ward_c")])
def test_a_group_that_a_model_would_tell_of(groups, model, who):
    """Of a linear model X'X and X'y are released: a level, a class or a rare 1 of one row would be that row."""
    words = ("--set", f"model={{{'' if 'kind' in model else 'kind: linear, '}{model}}}")
    groups.terms("lyon", "minimum: {rows: 3}\n")
    for np in (1, 4):
        groups.refused(f"domain lyon: fewer of its rows than the 3 that a policy asks for (minimum.group_rows, or without it minimum.rows) have: {who}; a model tells", words=words, np=np)


def test_groups_that_are_large_enough(groups):
    groups.terms("lyon", "minimum: {rows: 20, group_rows: 2}\n")
    words = ("--set", "model.target=cost", "--set", "model.features=[icu, fed, doses, ward, age]")
    digests = {groups.train(*words, output=f"enough-{np}", np=np).split("digest ")[1].split()[0] for np in (1, 2)}
    groups.terms("lyon", "minimum: {group_rows: 3}\n")
    assert "have: icu (not the usual value), fed (not the usual value), doses (not the usual value), ward_a, ward_c; a model" in groups.refused(words=words)
    groups.terms("lyon")
    assert {groups.train(*words, output="any").split("digest ")[1].split()[0]} == digests
    # Who moved is of one clinic alone: no sum of a class may be that clinic's.
    groups.terms("lyon", "minimum: {contributors: 2}\n")
    for np in (1, 5):
        groups.refused('round "rows of levels": 1 number would be the sum of fewer domains than the 2', "moved (not the usual value) (1)", words=("--set", "model.target=moved", "--set", "model.features=[age]"), np=np)


@ranks
def test_fewer_rows_than_the_policy_asks_for(stays, np):
    stays.terms("lyon", "minimum: {rows: 20, group_rows: 1}\n")
    stays.train("--set", "train.split=train", output="enough", np=np)
    stays.refused("domain lyon: fewer rows of split \"test\" than the 20 that its policy asks for", words=("--set", "train.split=test"), np=np)


def test_two_parties_need_leave_of_both(fresh):
    stays = Stays(fresh, CLINICS[:2])
    for clinic in stays.clinics:
        stays.refused("two parties: asked for (not allowed)", np=2, output=f"refused-{clinic}")
        stays.terms(clinic, allow="exact_release: true, two_parties: true")
    stays.train(output="run", np=2)


@ranks
def test_unmasked_or_exact_only_with_leave(stays, np):
    plain = ("--set", "boundary.secure_aggregation=false")
    out = stays.refused("unmasked sums: asked for (not allowed)", words=plain, np=np)
    assert all(f"domain {clinic}" in out for clinic in CLINICS)
    stays.terms("bern", allow="unmasked_sums: true")
    out = stays.refused("domain bern: exact release: asked for (not allowed)", words=plain, np=np, output="again")
    assert "domain lyon: unmasked sums" in out and "domain bern: unmasked" not in out


@ranks
def test_runs_are_counted(stays, np):
    stays.bind("bern", 1, "maximum: {runs: 2}\n")
    for n in range(2):
        stays.train(output=f"run-{n}", np=np)
    stays.refused("domain bern: maximum runs: 2 before this one (at most 2)", np=np)
    stays.run("check", "run.yaml", np=np, code=POLICY)  # leaves no line
    lines = stays.log()
    assert [json.loads(line)["previous"] for line in lines] == [None, *(hashlib.sha256(line.encode()).hexdigest() for line in lines[:-1])]
    for clinic in ("bern", "graz"):
        assert [e.get("admitted", e.get("outcome")) for e in map(json.loads, stays.log(clinic))] == [True, "finished", True, "finished", False]
    clause = next(c for c in json.loads(lines[4])["clauses"] if c["rule"] == "maximum runs")
    assert not clause["holds"]
    stays.bind("bern", 2, "maximum: {runs: 1}\n")  # other terms: counted anew
    stays.train(output="new-terms", np=np)


@ranks
def test_an_access_log_that_was_changed(stays, np):
    stays.train(output="first", np=np)
    stays.train(output="second", np=np)
    path = stays.path("lyon.access.jsonl")
    path.write_text(path.read_text().replace("ScientificResearch", "CommercialResearch", 1))
    stays.refused("lyon.access.jsonl: line 2: it does not follow from the line before; the access log was changed", np=np, code=INTEGRITY)


def test_policy_check_judges_no_nonsense(fresh):
    stays = Stays(fresh, clinics=("bern", "lyon"))
    request = dict(key="bern.pub.pem", purpose="dpv:ScientificResearch", stage="predict", place="CH", parties="1", partition="partitions/bern.h5")

    def check(code, **changes):
        words = [word for option, value in dict(request, **changes).items() for word in (f"--{option}", value)]
        return stays.run("policy", "check", "bern.json", *words, code=code)

    assert check(0).endswith("admitted\n")
    assert check(0, purpose="https://w3id.org/dpv#ScientificResearch").endswith("admitted\n")
    assert '--place: "Germany" is not an ISO 3166 code' in check(3, place="Germany")
    assert '--place: "UK" is not an ISO 3166 code such as DE or US-NC (did you mean "GB"?)' in check(3, place="UK")
    assert '--purpose: "nonsense" is not a purpose such as' in check(3, purpose="nonsense")
    assert "--partition bern: there is no such file; give the path of a partition, e.g. partitions/bern.h5" in check(5, partition="bern")


def test_resume_of_a_typo(fresh):
    stays = Stays(fresh)
    for np in (None, 3):
        out = stays.train("--resume", "lastest", output="run", np=np, code=2)
        assert '--resume lastest: there is no such checkpoint (did you mean "latest"?)' in out
    assert not stays.path("run").exists()


def test_prohibitions_and_recipients(stays):
    stays.terms("bern", 'forbid:\n  - {purposes: ["dpv:CommercialPurpose"]}\n  - {action: predict}\nrecipients: ["https://uni.example/team"]\n')
    to_team = ("--set", 'recipients=["https://uni.example/team"]')
    stays.refused("recipients: none is named (permitted: https://uni.example/team)")
    stays.refused("recipients: https://rival.example (permitted", words=("--set", 'recipients=["https://rival.example"]'), output="rival")
    stays.train(*to_team, output="run")
    stays.refused("forbidden: purpose dpv:CommercialPurpose", words=(*to_team, "--set", "purpose=dpv:CommercialResearch"), output="commercial")
    assert "forbidden: action predict" in stays.run("predict", "run.yaml", *to_team, code=POLICY)


LATER, BEFORE = "2098-01-02T00:00:00Z", "2026-01-02T00:00:00Z"


def as_if_time_had_passed(stays, decisions):
    """The duty of a training is over; the operator signs that."""
    decisions.write_text(decisions.read_text().replace(LATER, BEFORE))
    lineage = decisions.parent / "lineage.jsonl"
    statements = forge.read(lineage)
    for statement in statements:
        if statement["subject"][0]["name"] == decisions.name:
            statement["subject"][0]["digest"]["sha256"] = forge.sha256(decisions.read_bytes())
    forge.write(lineage, statements, forge.Signer(stays.path("operator.pem")))


def test_duties_go_with_the_model(stays):
    stays.terms("lyon", f"duties: {{attribute: 'Lyon registry', inform: 'mailto:data@lyon.example', delete_by: {LATER}}}\n")
    out = stays.train(output="run", np=3)
    assert f"duties of lyon: attribute to Lyon registry, inform mailto:data@lyon.example, delete by {LATER}" in out
    path = stays.path("run/decisions.json")
    decisions = {d["domain"]: d for d in json.loads(path.read_text())["domains"]}
    assert decisions["lyon"]["duties"] == {"attribute": "Lyon registry", "inform": "mailto:data@lyon.example", "delete_by": LATER}
    assert decisions["bern"]["duties"] == {} and decisions["bern"]["admitted"]
    assert all(c["holds"] for c in decisions["bern"]["clauses"])
    stays.run("verify", "run", "--key", "operator.pub.pem")
    as_if_time_had_passed(stays, path)
    for command in ("evaluate", "predict"):
        out = stays.run(command, "run.yaml", np=3, code=POLICY)
        assert f"run/model.h5: must have been deleted by {BEFORE}: a duty of the policy of domain lyon" in out


def test_duties_of_every_session_count(stays):
    """The owner adds a duty between two sessions of one training."""
    to = ("--resume", "latest", "--set", "train={method: lbfgs, checkpoint: {every: 1}}")
    stays.train(*to, "--wall-time", "0", output="run", code=75)
    stays.terms("lyon", f"duties: {{delete_by: {LATER}}}\n")
    stays.train(*to, output="run", np=2)
    path = stays.path("run/decisions-2.json")
    as_if_time_had_passed(stays, path)
    checkpoint = next(stays.path("run/checkpoints").glob("*.h5"))
    for model in ("run/model.h5", checkpoint.relative_to(stays.checkout.root)):
        assert f"{model}: must have been deleted by {BEFORE}" in stays.run("evaluate", "run.yaml", *to[2:], "--model", model, code=POLICY)


def test_what_must_be_gone_is_not_made(stays):
    stays.terms("lyon", f"duties: {{delete_by: {BEFORE}}}\n")
    stays.refused(f"domain lyon: delete by: {BEFORE} (now ")


def test_more_contributors_than_domains(stays):
    stays.terms("lyon", "minimum: {contributors: 4}\n")
    stays.refused("domain lyon: minimum contributors: at most 3 in this run (required: 4)")


@ranks
def test_nobody_signs_terms_for_another(stays, np):
    """The operator lists its own key beside Bern's, and terms that it has signed itself."""
    run = stays.path("run.yaml")
    run.write_text(run.read_text().replace("public_key: bern.pub.pem", "public_keys: [bern.pub.pem, operator.pub.pem]"))
    sign = ("policy", "sign", "bern.yaml", "--output", "bern.json", "--force")
    stays.run(*sign, "--key", "operator.pem")
    stays.refused("bern.json: is not signed by the key that signed ", "partitions/bern.manifest.json: terms cover the rows of those who signed them", np=np)
    stays.run(*sign, "--key", "operator.pem", "--key", "bern.pem")
    stays.train(output="together", np=np)
    stays.run("verify", "together", "--key", "operator.pub.pem")


def test_a_split_that_is_not_there_is_no_run(stays):
    """A typo is found before anything is counted or written, in every key that names a split, and by `check`."""
    stays.bind("bern", 1, "maximum: {runs: 1}\n")
    for key in ("train.split", "evaluate.split", "describe.split"):
        words = ("--set", f"{key}=tset")
        message = f"{key}: the partitions have no split \"tset\"; they have: train, test (did you mean \"test\"?)"
        assert message in stays.run("check", "run.yaml", *words, code=3)
        assert message in stays.train(*words, output="typo", np=2, code=3)
        assert message in stays.run("describe", "run.yaml", *words, "--output", "typo", code=3)
    assert not stays.path("typo").exists() and stays.log() == []
    stays.train(output="run")


def test_a_run_that_read_nothing_does_not_count(stays):
    stays.bind("bern", 1, "maximum: {runs: 1}\n")
    assert 'no feature "agee"' in stays.train("--set", "model.features=[agee]", output="typo", np=2, code=3)
    assert "model.h5: cannot open" in stays.run("evaluate", "run.yaml", "--output", "typo", code=5)
    stays.path("full").mkdir()
    stays.write("full/lineage.jsonl", "")
    stays.train(output="full", code=5)
    outcomes = [json.loads(line) for line in stays.log()]
    assert [entry["read"] for entry in outcomes if entry["event"] == "outcome"] == [False] * 3
    assert not stays.path("typo").exists()
    stays.train(output="run")
    assert json.loads(stays.log()[-1])["read"] is True
    assert "maximum runs" in stays.train(output="again", code=4)


@pytest.mark.parametrize("np", [1, 4])
def test_check_opens_the_keys(stays, np):
    """What train would sign and mask with: missing, public, or somebody else's."""
    text = stays.path("run.yaml").read_text()
    assert ": valid" in stays.run("check", "run.yaml", np=np)
    for old, new, message in (("sign_with: operator.pem", "sign_with: operator.pub.pem", "operator.pub.pem: is a public key; name the private one"),
                              ("private_key: lyon.pem", "private_key: nobody.pem", "domain lyon: private_key: "),
                              ("private_key: lyon.pem", "private_key: bern.pem", "domains.lyon.private_key: ")):
        assert old in text
        stays.write("run.yaml", text.replace(old, new))
        output = stays.run("check", "run.yaml", np=np, code=3)
        assert message in output and ": valid" not in output


@pytest.mark.parametrize("np", [1, 4])
def test_a_misspelt_split_in_a_round_of_ranks(stays, np):
    message = 'evaluate.split: the partitions have no split "tset"; they have: train, test (did you mean "test"?)'
    assert stays.train("--set", "evaluate.split=tset", output="typo", np=np, code=3).count(message) == 1
