# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Attacks by whoever writes the config, with honest signatures and the real program: few rows at a time, one owner as many, sham
partners, and terms that the operator would choose."""
import hashlib
import json
import shutil

import pytest

from test_policies import CLINICS, POLICY, RUN, Stays

CONFIG = 3

NETWORK = ("--set", "model={kind: mlp, features: [age, sex_m], target: days, mlp: {layers: [], loss: squared_error}}")


def descent(rows, **more):
    words = ", ".join(f"{key}: {value}" for key, value in dict(epochs=1, batch_rows=rows, block_rows=4, **more).items())
    return (*NETWORK, "--set", f"train={{method: sgd, descent: {{{words}}}, checkpoint: {{every_steps: 1, keep_last: 0}}}}")


@pytest.fixture
def stays(fresh):
    return Stays(fresh)


ranks = pytest.mark.parametrize("np", [1, 2, 4])


def key_id(stays, name):
    return hashlib.sha256(stays.path(f"{name}.pub.pem").read_bytes()).hexdigest()


class TestFewRowsAtATime:
    @ranks
    def test_steps_of_single_rows(self, stays, np):
        for clinic in CLINICS:
            stays.terms(clinic, "minimum: {rows: 6}\n")
        out = stays.refused("domain bern: rows of rounds: 1 of this domain's 24 in a step (required: 6); set train.descent.batch_rows to 18",
                            words=descent(1), np=np)
        assert out.index("domain bern") < out.index("domain lyon") < out.index("domain graz")
        assert not stays.path("refused").exists() and not any(json.loads(line)["admitted"] for line in stays.log())
        assert "NO  rows of rounds" in stays.run("check", "run.yaml", *descent(17), np=np, code=POLICY)
        stays.train(*descent(18), output="enough", np=np)

    def test_rounds_of_single_rows(self, stays):
        stays.terms("lyon", "minimum: {rows: 6}\n")
        rounds = lambda steps, rows: (*NETWORK, "--set", f"train={{method: sgd, federated: {{rounds: 3, local_steps: {steps}}}, descent: {{batch_rows: {rows}}}}}")
        stays.refused("domain lyon: rows of rounds: 1 of this domain's 24 in a local step (required: 6); set train.descent.batch_rows to 6",
                      words=rounds(1, 1), np=2)
        # With a proximal term of 1/learning_rate every local step forgets those before: the last one is the round.
        stays.refused("domain lyon: rows of rounds: 2 of", words=rounds(30, 2), np=1, output="many")
        stays.train(*rounds(3, 6), output="enough", np=2)

    @ranks
    def test_rows_without_weight_do_not_count(self, stays, np):
        """Of 24 rows eight weigh anything: a step of twelve has about four of them."""
        lines = stays.path("stays.csv").read_text().splitlines()
        stays.write("stays.csv", "\n".join([lines[0] + ",weight", *(f"{line},{int(i % 3 == 0)}" for i, line in enumerate(lines[1:]))]) + "\n")
        stays.write("ingest.yaml", stays.path("ingest.yaml").read_text().replace("  split:", "  weight: {role: weight}\n  split:"))
        stays.run("ingest", "ingest.yaml", "--force")
        for clinic in CLINICS:
            stays.terms(clinic, "minimum: {rows: 6, group_rows: 1}\n")
        weighted = NETWORK[1].replace("kind: mlp", "kind: mlp, weights: true")
        out = stays.refused('its part of the round "step" would be made of ', "fewer rows of non-zero weight than the 6 that are asked for (minimum.rows)",
                            words=("--set", weighted, *descent(36)[2:]), np=np)
        assert out.count("refused, and no sum was learnt") == 1
        stays.refused("domain bern: fewer rows of non-zero weight than the 9 that its policy asks for",
                      words=("--set", weighted, *descent(36)[2:]) if stays.terms("bern", "minimum: {rows: 9, group_rows: 1}\n") is None else (), np=np, output="nine")

    def test_one_domain_is_no_way_round(self, fresh):
        stays = Stays(fresh, CLINICS[:1])
        stays.terms("bern", "minimum: {rows: 6}\n")
        for np in (1, 3):
            stays.refused("domain bern: rows of rounds: 1 of this domain's 24 in a step", words=descent(1), np=np, output=f"one-{np}")

    @ranks
    def test_a_split_of_one_owner_alone(self, stays, np):
        """Three owners are in the run, and the rows of one in the sum."""
        stays.terms("bern", "minimum: {parties: 3}\n")
        lines = stays.path("stays.csv").read_text().splitlines()
        only = [line.rsplit(",", 1)[0] + ",solo" if line.startswith("bern") else line for line in lines[1:]]
        stays.write("stays.csv", "\n".join([lines[0], *only]) + "\n")
        stays.write("ingest.yaml", stays.path("ingest.yaml").read_text().replace("levels: [train, test]", "levels: [train, test, solo]"))
        stays.run("ingest", "ingest.yaml", "--force")
        text = 'domain bern: rows of split "solo": 1 of 3 owners have rows in each (required: 3)'
        stays.refused(text, words=("--set", "train.split=solo"), np=np)
        assert text in stays.run("describe", "run.yaml", "--set", "describe.split=solo", "--output", "solo", np=np, code=POLICY)
        stays.terms("bern", "")
        stays.train("--set", "train.split=solo", output="alone", np=np)

    def test_kinds_of_models(self, stays):
        stays.terms("bern", "kinds: [linear, cox]\n")
        stays.refused("domain bern: kinds: mlp (permitted: linear, cox)", words=descent(36))
        stays.refused("domain bern: kinds: logistic (permitted: linear, cox)", words=("--set", "model.kind=logistic"), output="logistic")
        stays.train(output="linear")
        stays.write("typo.yaml", stays.path("bern.yaml").read_text().replace("kinds: [linear", "kinds: [liner"))
        out = stays.run("policy", "sign", "typo.yaml", "--key", "bern.pem", "--output", "typo.json", code=3)
        assert 'kinds: "liner" is not one of linear, logistic, poisson, ' in out

    def test_steps_of_one_owner_alone(self, stays):
        """Of few rows some steps take none: the others' sums are then of fewer owners."""
        stays.terms("bern", "minimum: {parties: 3}\n")
        stays.refused("domain bern: parties of rounds: 0 of 3 owners have rows in each (required: 3)", words=descent(1))

    def test_partners_ask_for_rows_too(self, stays):
        stays.terms("bern", "minimum: {partner_rows: 6}\n")
        stays.refused("domain lyon: rows of rounds: 4 of this domain's 24 in a step (required: 6)", words=descent(12), np=2)
        stays.terms("bern", "minimum: {partner_rows: 25}\n")
        stays.refused("domain bern: minimum partner rows: 24 in domain lyon, 24 in domain graz (required: 25)", output="more")


class TestOneOwnerAsMany:
    def domains(self, stays, *partitions, **keys):
        """A config of one domain for each partition, all of them Bern's."""
        lines = [f"  - {{name: n{i}, jurisdiction: CH, private_key: bern.pem, policy: bern.json, partitions: {p}, "
                 f"{keys.get(f'n{i}', 'public_key: bern.pub.pem')}}}" for i, p in enumerate(partitions)]
        stays.write("run.yaml", RUN + "\n".join(lines) + "\n")

    @ranks
    def test_copies_links_and_spellings(self, stays, np):
        stays.terms("bern", "minimum: {parties: 3, contributors: 2}\n")
        for i in range(2):
            stays.path(f"copy{i}").mkdir()
        for suffix in (".h5", ".manifest.json"):
            shutil.copy(stays.path(f"partitions/bern{suffix}"), stays.path(f"copy0/bern{suffix}"))
            stays.path(f"copy1/bern{suffix}").symlink_to(stays.path(f"partitions/bern{suffix}"))
        self.domains(stays, "[partitions/bern.h5]", "[copy0/bern.h5]", "[copy1/bern.h5]")
        stays.refused("domain n0: minimum parties: 1 with keys of their own in this run of 3 domains (required: 3)",
                      "minimum contributors: at most 1 with keys of their own", "partitions: the same rows again: bern is bern of domain n1", np=np)

    def test_a_partition_twice_in_its_domain(self, stays):
        stays.terms("bern", "minimum: {rows: 40}\n")
        stays.path("copy").mkdir()
        for suffix in (".h5", ".manifest.json"):
            shutil.copy(stays.path(f"partitions/bern{suffix}"), stays.path(f"copy/other{suffix}"))
        self.domains(stays, "[partitions/bern.h5, copy/other.h5]")
        stays.refused("domain n0: partitions: the same rows again: bern is bern of domain n0")

    def test_a_second_signer_makes_no_second_owner(self, stays):
        """The operator signs Bern's terms beside Bern, with a key of its own for every domain; the rows are different ones."""
        text = stays.path("ingest.yaml").read_text()
        head = text[:text.index("partitions:\n")]
        stays.write("ingest.yaml", head + "partitions:\n" + "".join(
            f"  - {{name: {c}, owner: bern, values: [{c}], sign_with: bern.pem}}\n" for c in CLINICS))
        stays.run("ingest", "ingest.yaml", "--force")
        stays.terms("bern", "minimum: {parties: 3}\n")
        stays.write("bern.yaml", stays.path("bern.yaml").read_text().replace("target: bern", 'target: "*"'))
        lines = []
        for i, clinic in enumerate(CLINICS):
            stays.run("keygen", f"sham{i}")
            stays.run("policy", "sign", "bern.yaml", "--key", "bern.pem", "--key", f"sham{i}.pem", "--output", f"n{i}.json")
            lines.append(f"  - {{name: n{i}, jurisdiction: CH, private_key: sham{i}.pem, policy: n{i}.json, partitions: [partitions/{clinic}.h5], "
                         f"public_keys: [bern.pub.pem, sham{i}.pub.pem]}}")
        stays.write("run.yaml", RUN + "\n".join(lines) + "\n")
        stays.refused("minimum parties: 1 with keys of their own in this run of 3 domains (required: 3)", np=3)

    def test_numbers_of_one_owners_domains_are_one_contributors(self, stays):
        """Lyon's rows are signed by Bern's key: of three domains two are Bern's, and what both have is Bern's alone."""
        text = stays.path("ingest.yaml").read_text()
        stays.write("ingest.yaml", text.replace("values: [lyon], sign_with: lyon.pem", "values: [lyon], sign_with: bern.pem"))
        stays.run("ingest", "ingest.yaml", "--force")
        stays.terms("lyon")
        stays.run("policy", "sign", "lyon.yaml", "--key", "bern.pem", "--output", "lyon.json", "--force")
        run = stays.path("run.yaml")
        run.write_text(run.read_text().replace("public_key: lyon.pub.pem, private_key: lyon.pem", "public_key: bern.pub.pem, private_key: bern.pem"))
        for clinic in ("bern", "graz"):
            stays.terms(clinic, allow="exact_release: true")
        stays.refused("two parties: asked for (not allowed)", np=3)
        for clinic in CLINICS:
            stays.terms(clinic, "minimum: {contributors: 2}\n" if clinic == "graz" else "", allow="exact_release: true, two_parties: true")
        stays.run("policy", "sign", "lyon.yaml", "--key", "bern.pem", "--output", "lyon.json", "--force")
        stays.refused("fewer domains than the 3 that a policy asks for in each (minimum.contributors), in brackets how many: ward_icu (1)", words=("--set", "model.features=[age, ward_icu]"), np=3, output="icu")
        stays.train("--set", "model.features=[age]", output="shared", np=3)


class TestShamPartners:
    def test_whom_an_owner_names(self, stays):
        for clinic in ("bern", "lyon"):
            stays.terms(clinic, f"partners: [{key_id(stays, 'lyon')}, {key_id(stays, 'bern')}]\n")
        stays.refused("domain bern: partners: graz (permitted: owners with 2 keys)", "domain lyon: partners: graz", np=3)
        stays.terms("bern", f"partners: [{key_id(stays, 'lyon')}, {key_id(stays, 'graz')}]\n")
        stays.terms("lyon", f"partners: [{key_id(stays, 'bern')}, {key_id(stays, 'graz')}]\n")
        stays.train(output="named", np=3)
        assert "No policy says with whom" not in stays.run("check", "run.yaml")

    def test_whom_a_trust_names(self, stays):
        for key in ("trust", "other"):
            stays.run("keygen", key)
        stays.terms("bern", f"trust: {key_id(stays, 'trust')}\n")
        assert "No policy says with whom" in (stays.terms("bern"), stays.run("check", "run.yaml"))[1]
        stays.terms("bern", f"trust: {key_id(stays, 'trust')}\n")
        stays.refused("in a list signed by ", "this run names none by that key")

        def sign(key, *names, until="2099-01-01T00:00:00Z"):
            stays.write("trust.yaml", f"version: 1\nname: heart trust\nvalid_until: {until}\nkeys: [{', '.join(key_id(stays, n) for n in names)}]\n")
            stays.run("trust", "sign", "trust.yaml", "--key", f"{key}.pem", "--output", "trust.json", "--force")
            return ("--set", f"trust={{file: trust.json, public_key: {key}.pub.pem}}")

        stays.refused("this run names none by that key", words=sign("other", "lyon", "graz"), output="other")
        stays.refused("domain bern: partners: graz (permitted", words=sign("trust", "lyon"), output="lyon", np=3)
        stays.refused("trust.json: the list was valid until 2026-02-01T00:00:00Z", words=sign("trust", "lyon", "graz", until="2026-02-01T00:00:00Z"), output="late")
        stays.refused("trust.json: signed by key", words=(sign("trust", "lyon", "graz"), "--set", "trust={file: trust.json, public_key: other.pub.pem}")[1:], output="key")
        stays.train(*sign("trust", "lyon", "graz"), output="trusted", np=3)
        stays.run("verify", "trusted", "--key", "operator.pub.pem")


class TestTermsThatTheOperatorWouldChoose:
    def bind(self, stays, serial, text=""):
        stays.bind("bern", serial, text)
        shutil.copy(stays.path("bern.json"), stays.path(f"bern-{serial}.json"))

    @ranks
    def test_an_older_policy(self, stays, np):
        stays.terms("bern", f"registry: {stays.path('registry')}\nserial: 1\n")
        run = stays.path("run.yaml")
        run.write_text(run.read_text().replace(", access_log: bern.access.jsonl", ""))
        stays.refused(f"registry: {stays.path('registry')}: there is no such folder on this node", np=np)
        self.bind(stays, 1)
        stays.train(output="first", np=np)
        self.bind(stays, 2, "minimum: {parties: 3}\n")
        stays.refused("the policy in force there has serial 2, this one 1", words=("--set", "domains.0.policy=bern-1.json"), np=np, output="older")
        assert "serial 2 is in force" in stays.run("registry", "publish", "bern-1.json", "--key", "bern.pub.pem", code=POLICY)
        stays.train(output="second", np=np)
        shutil.copy(stays.path("bern-1.json"), stays.path("registry/current.policy.json"))  # somebody who may write there
        stays.refused("serial 2 was in force before, this one has 1", words=("--set", "domains.0.policy=bern-1.json"), np=np, output="back")

    @ranks
    def test_runs_are_counted_where_the_owner_says(self, stays, np):
        self.bind(stays, 1, "maximum: {runs: 1}\n")
        stays.train(output="run", np=np)
        stays.refused("domain bern: maximum runs: 1 before this one (at most 1)", np=np)
        log = ("--set", "domains.0.access_log=fresh.jsonl")
        stays.refused("the config names another access_log", words=log, np=np, output="other")
        assert not stays.path("fresh.jsonl").exists()
        lines = stays.path("registry/access-log.jsonl").read_text().splitlines()
        assert [json.loads(line)["admitted"] for line in lines if "admitted" in json.loads(line)] == [True, False, False]

    def test_a_maximum_that_nobody_could_count(self, stays):
        stays.terms("bern", "maximum: {runs: 2}\n")
        stays.refused("maximum runs: not counted, as the policy binds no registry (at most 2)")

    def test_what_was_withdrawn(self, stays):
        self.bind(stays, 1)
        stays.train(output="run", np=2)
        stays.run("registry", "withdraw", "registry", "run/model.h5", "--reason", "an error in the rows")
        for command in ("evaluate", "predict"):
            assert "run/model.h5: domain bern has withdrawn it" in stays.run(command, "run.yaml", np=3, code=POLICY)
        policy = json.loads(stays.path("run/decisions.json").read_text())["domains"][0]["policy"]["sha256"]
        stays.run("registry", "withdraw", "registry", policy, "--reason", "new terms to come")
        stays.refused("this policy: withdrawn", np=2)
        assert "not a SHA-256" in stays.run("registry", "withdraw", "registry", "nothing", "--reason", "x", code=5)
        assert "rigestry is no registry" in stays.run("registry", "withdraw", "rigestry", policy, "--reason", "x", code=5)
        withdrawn = stays.path("registry/withdrawn.jsonl")
        withdrawn.write_text(withdrawn.read_text().replace(policy, policy.upper()))
        stays.refused("this policy: withdrawn", np=2)
        withdrawn.write_text('{"sha256": "nonsense"}\n')
        stays.refused("registry: not a SHA-256", np=2)

    def test_duties_stay_with_the_model(self, stays):
        """decisions.json is edited or left behind; the model says itself until when it may be used."""
        soon = "2026-12-31T00:00:00Z"
        stays.terms("lyon", f"duties: {{delete_by: {soon}}}\n")
        stays.train(output="run", np=2)
        from h5py import File
        with File(stays.path("run/model.h5")) as model:
            assert model["attributes"].attrs["delete_by"] in (soon, soon.encode())

    def test_spellings_of_a_forbidden_recipient(self, stays):
        stays.terms("bern", 'forbid:\n  - {recipients: ["https://rival.example"]}\n')
        for i, recipient in enumerate(("https://rival.example/", "http://rival.example", "HTTPS://RIVAL.EXAMPLE/lab")):
            stays.refused("domain bern: forbidden: recipient https://rival.example", words=("--set", f"recipients=['{recipient}']"), output=f"r{i}")

    def test_hosts_that_programs_read_differently(self, stays):
        for recipient in ("https:///rival.example", "https:rival.example", "https://rival.example%2Fx", "https://rival.example;x",
                          "https://rival.example%3A443/", "https://rival.example%00", "https://rival。example", "https:\\\\rival.example"):
            text = "is not an absolute IRI such as https://clinic.example/team (its host in ASCII"
            stays.refused(text, words=("--set", f"recipients=['{recipient}']"), code=CONFIG)
            out = stays.run("policy", "check", "bern.json", "--key", "bern.pub.pem", "--purpose", "dpv:ScientificResearch", "--stage", "train",
                            "--place", "CH", "--parties", "3", "--partition", "partitions/bern.h5", "--recipient", recipient, code=CONFIG)
            assert f"--recipient: \"{recipient}\" {text}" in out
            stays.write("bern.yaml", stays.path("graz.yaml").read_text() + f"forbid:\n  - {{recipients: ['{recipient}']}}\n")
            out = stays.run("policy", "sign", "bern.yaml", "--key", "bern.pem", "--output", "bern.json", "--force", code=CONFIG)
            assert f"forbid.0.recipients: \"{recipient}\" {text}" in out

    @ranks
    def test_a_node_of_a_country_in_a_forbidden_part_of_it(self, stays, np):
        stays.terms("bern", "forbid:\n  - {action: train, where: [CH-ZH]}\n")
        stays.refused("domain bern: forbidden: action train and place CH-ZH", np=np)
        site = lambda place: ("--set", f'site={{name: here, nodes: [{{match: "*", jurisdiction: {place}}}]}}')
        stays.refused("domain bern: forbidden: action train and place CH-ZH", words=site("CH-ZH"), np=np, output="zurich")
        stays.train(*site("CH-BE"), output="run", np=np)
