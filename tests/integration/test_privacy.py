# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Runs with noise: what they tell of a unit, what owners' budgets say to it, and that no row's values can stop one."""
import json
import math
import random
import signal
import subprocess

import pytest

from conftest import PROGRAM, Checkout

CONFIG, POLICY, DATA, INTEGRITY = 3, 4, 5, 7
DOMAINS = ("bern", "lyon", "graz")
INGEST = """
version: 1
input: rows.csv
columns:
  clinic: {role: domain}
  age: {role: feature, minimum: 0, maximum: 100}
  dose: {role: feature, minimum: -1, maximum: 1}
  ward: {role: feature, type: category, levels: [medicine, surgery, icu]}
  event: {role: target, type: boolean}
  visits: {role: target, minimum: 0, maximum: 40}
  score: {role: target, minimum: -10, maximum: 30}
  person: {role: unit}
  split: {role: split, type: category, levels: [train, test]}
block_rows: 64
output: partitions
partitions:
  - {for: [bern, lyon, graz], name: <name>, owner: <name>, values: [<name>], sign_with: <name>.pem}
"""
TERMS = """
version: 1
uid: urn:example:clinic:%(name)s
owner: %(name)s
target: %(name)s
permit: [train, evaluate, predict, describe, release_model, release_statistics]
purposes: ["dpv:ResearchAndDevelopment"]
where: [CH]
valid: {from: 2026-01-01T00:00:00Z, until: 2099-01-01T00:00:00Z}
registry: %(registry)s
serial: %(serial)d
privacy: {epsilon: %(epsilon)s, delta: 1e-6%(more)s}
"""
RUN = """
version: 1
name: events
purpose: "dpv:ScientificResearch"
output: run
site: {name: here, nodes: [{match: "*", jurisdiction: CH}]}
lineage: {sign_with: operator.pem}
model: {kind: logistic, target: event, features: [age, dose, ward], l2: 0.1}
train: {split: train}
evaluate: {split: test}
privacy: {epsilon: 2, statistics_epsilon: 1, unit_rows: 2}
domains:
"""


class Clinics:
    """Three owners, each with a registry and a budget; rows of people, most of one row and some of several."""

    def __init__(self, checkout, rows=400, epsilon="8", more=""):
        self.checkout, self.run, self.path = checkout, checkout.run, checkout.path
        self.serial = 1
        draw = random.Random(7)
        lines = ["clinic,age,dose,ward,event,visits,score,person,split"]
        for name in DOMAINS:
            for i in range(rows):
                age, dose, ward = draw.randrange(20, 95), draw.uniform(-1, 1), draw.choice(("medicine", "surgery", "icu"))
                eta = (age - 55) / 20 + 2 * dose + (1.0 if ward == "icu" else 0.0)
                event = int(draw.random() < 1 / (1 + math.exp(-eta)))
                visits = min(40, sum(draw.random() < math.exp(0.5 * dose + 1) / 20 for _ in range(20)))
                lines.append(f"{name},{age},{dose:.6f},{ward},{event},{visits},{5 + 4 * dose + draw.gauss(0, 1):.4f},{name}-{i - i % 3 % 2},{'test' if i % 5 == 4 else 'train'}")
        self.write("rows.csv", "\n".join(lines) + "\n")
        self.write("ingest.yaml", INGEST)
        for key in (*DOMAINS, "operator"):
            self.run("keygen", key)
        self.run("ingest", "ingest.yaml")
        self.domains = "".join(f"  - {{name: {c}, jurisdiction: CH, public_key: {c}.pub.pem, private_key: {c}.pem, policy: {c}.json, "
                               f"partitions: [partitions/{c}.h5]}}\n" for c in DOMAINS)
        self.write("run.yaml", RUN + self.domains)
        for name in DOMAINS:
            self.terms(name, epsilon, more)

    def write(self, name, text):
        self.path(name).write_text(text)

    def registry(self, name):
        return self.path(f"registry-{name}")

    def budget(self, name):
        return self.registry(name) / "budget.jsonl"

    def terms(self, name, epsilon="8", more=""):
        self.write(f"{name}.yaml", TERMS % {"name": name, "registry": self.registry(name), "serial": self.serial, "epsilon": epsilon, "more": more})
        self.run("policy", "sign", f"{name}.yaml", "--key", f"{name}.pem", "--output", f"{name}.json", "--force")
        self.run("registry", "publish", f"{name}.json", "--key", f"{name}.pub.pem")

    def spoil(self):
        """Values beyond what was declared, as another program could leave them in a partition of its owner's."""
        import h5py
        path = self.path("partitions/bern.h5")
        with h5py.File(path, "r+") as file:
            for row, (value, target) in enumerate(((1e300, 7), (-1e300, -3), (1e44, 1e44), (101, 0.5))):
                file["features"][row, 0] = value
                file["targets"][row, 0] = target
            del file["digests"], file.attrs["salt"]
        self.run("policy", "sign", path, "--key", "bern.pem", "--owner", "bern", "--force")

    def train(self, *words, np=None, code=0, output="run", **more):
        return self.run("train", "run.yaml", "--output", output, *words, np=np, code=code, **more)

    def shown(self, name):
        return json.loads(self.run("budget", "show", self.registry(name), "--key", f"{name}.pub.pem", "--json"))


@pytest.fixture
def clinics(tmp_path):
    return Clinics(Checkout(tmp_path))


def test_a_training_an_evaluation_and_their_budget(clinics):
    plan = json.loads(clinics.run("budget", "plan", "run.yaml", "--json"))
    assert [stage["stage"] for stage in plan] == ["describe", "train", "evaluate"]
    text = clinics.train(np=3)
    assert "epsilon 2 at delta 1e-06 for each unit's 2 rows" in text and "Differentially private" in text
    told = clinics.run("evaluate", "run.yaml", "--output", "run", np=2)
    assert "noise of standard deviation" in told
    overall = json.loads(clinics.path("run/evaluation.json").read_text())["overall"]
    assert overall["auc"] is None or 0 <= overall["auc"] <= 1  # none where noise drowns a class
    assert len(overall["calibration"]) == 20
    clinics.run("verify", "run", "--key", "operator.pub.pem")
    # Nothing crossed beside it, no count and no loss.
    for record in ("run.json", "evaluate.run.json"):
        rounds = json.loads(clinics.path(f"run/{record}").read_text())["rounds"]
        assert rounds and all(line["name"].endswith("with noise") for line in rounds)
    for name in DOMAINS:
        budget = clinics.shown(name)
        assert [charge["stage"] for charge in budget["charges"]] == ["train", "evaluate"]
        assert all(charge["settled"] for charge in budget["charges"])
        # What the plan asks for is what was used, but for what rounding up costs.
        asked = sum(stage["domains"][name]["asks"] for stage in plan[1:])
        assert 0.99 * asked < budget["spent"] <= asked
        assert 0 < budget["epsilon_spent"] < 8


def test_other_noise_each_time_and_the_same_model_about(clinics):
    import h5py
    models = []
    for i in (1, 2):
        clinics.train("--set", "privacy.epsilon=1000", output=f"run-{i}", code=POLICY)
    for name in DOMAINS:
        clinics.serial = 2
        clinics.terms(name, epsilon="100000")
    for i, np in ((1, None), (2, 3)):
        clinics.train("--set", "privacy.epsilon=20000", output=f"run-{i}", np=np)
        with h5py.File(clinics.path(f"run-{i}/model.h5")) as model:
            models.append(list(model["arrays/parameters"][:]))
    assert models[0] != models[1]
    assert models[0] == pytest.approx(models[1], abs=0.05)
    clinics.run("evaluate", "run.yaml", "--output", "run-2", "--set", "privacy.epsilon=20000", "--set", "privacy.statistics_epsilon=20000")
    overall = json.loads(clinics.path("run-2/evaluation.json").read_text())["overall"]
    assert overall["rows"] == pytest.approx(240, abs=5) and overall["auc"] > 0.75 and overall["accuracy"] > 0.65


def lines_of(path):
    return path.read_text().splitlines(keepends=True)


def exhausted(clinics, **more):
    """One training fits into what is left, and no second one does."""
    for name in DOMAINS:
        clinics.serial = 3
        clinics.terms(name, epsilon="2.5", **more)


def test_a_budget_is_not_overspent_bit_by_bit(clinics):
    exhausted(clinics)
    clinics.train(output="first")
    refused = clinics.train(output="second", code=POLICY)
    assert "privacy budget: " in refused and "% spent before this run" in refused
    assert not clinics.path("second/model.h5").exists()
    # Many small ones come to the same end.
    for i in range(40):
        text = clinics.train("--set", "privacy.epsilon=0.5", output=f"small-{i}", code=None)
        if "refused" in text:
            break
    else:
        pytest.fail("forty small runs were all admitted")
    assert clinics.shown("bern")["spent"] <= 1


def test_two_jobs_at_once_do_not_overspend(clinics):
    exhausted(clinics)
    jobs = [subprocess.Popen([PROGRAM, "train", "run.yaml", "--output", f"job-{i}"], cwd=clinics.checkout.root, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT) for i in range(4)]
    texts = [job.communicate()[0] for job in jobs]
    codes = sorted(job.returncode for job in jobs)
    assert codes.count(0) <= 1 and set(codes) <= {0, POLICY}, texts
    assert any("has no room for this run" in text or "spent before this run" in text for text in texts)
    assert not any("lacks what" in text for text in texts)  # none takes another that begins for a thief
    for name in DOMAINS:
        assert clinics.shown(name)["spent"] <= 1
        # Who was refused by one owner gives back what another had reserved.
        assert sum(not charge["settled"] for charge in clinics.shown(name)["charges"]) == 0


def test_who_is_killed_is_charged_in_full(clinics):
    job = subprocess.Popen([PROGRAM, "train", "run.yaml", "--set", "privacy.rounds=1000", "--set", "train.checkpoint.every=0"], cwd=clinics.checkout.root,
                           stdout=subprocess.PIPE, text=True)
    while not job.stdout.readline().strip().startswith("20 "):
        assert job.poll() is None
    job.send_signal(signal.SIGKILL)
    job.wait()
    plan = json.loads(clinics.run("budget", "plan", "run.yaml", "--set", "privacy.rounds=1000", "--json"))[1]
    for name in DOMAINS:
        charge, = clinics.shown(name)["charges"]
        assert not charge["settled"] and charge["share"] == pytest.approx(plan["domains"][name]["asks"], rel=1e-6)


def test_who_stops_and_goes_on_is_charged_for_the_steps_taken(clinics):
    job = subprocess.Popen([PROGRAM, "train", "run.yaml", "--set", "privacy.rounds=400"], cwd=clinics.checkout.root, stdout=subprocess.PIPE, text=True)
    while not job.stdout.readline().strip().startswith("20 "):
        assert job.poll() is None
    job.send_signal(signal.SIGTERM)
    job.communicate()
    assert job.returncode == 75
    clinics.train("--set", "privacy.rounds=400", "--resume", "latest")
    plan = json.loads(clinics.run("budget", "plan", "run.yaml", "--set", "privacy.rounds=400", "--json"))[1]
    for name in DOMAINS:
        charges = clinics.shown(name)["charges"]
        assert len(charges) == 2 and all(charge["settled"] for charge in charges)
        assert sum(charge["share"] for charge in charges) == pytest.approx(plan["domains"][name]["asks"], rel=1e-3)


@pytest.mark.parametrize("how", ["last line", "first line", "settlements", "older file", "no file", "smaller loss", "another key", "settlement again", "half a line"])
def test_a_budget_that_was_changed_refuses(clinics, how):
    budget = clinics.budget("lyon")
    clinics.train(output="first")
    before = budget.read_text()
    clinics.train(output="second")
    lines = lines_of(budget)
    assert len(lines) == 4
    if how == "last line":
        changed = lines[:2]
    elif how == "first line":
        changed = lines[1:]
    elif how == "settlements":
        changed = lines[0::2]
    elif how == "older file":
        changed = [before]
    elif how == "no file":
        changed = []
    elif how == "settlement again":
        changed = [*lines, lines[3]]
    elif how == "half a line":
        changed = [*lines[:3], lines[3][: len(lines[3]) // 2]]
    else:
        envelope = json.loads(lines[2])
        import base64
        said = json.loads(base64.b64decode(envelope["payload"]))
        said["loss"] = [1] * len(said["loss"])
        payload = json.dumps(said, separators=(",", ":"), sort_keys=True).encode()
        envelope["payload"] = base64.b64encode(payload).decode()
        if how == "another key":
            message = b"DSSEv1 %d %s %d %s" % (len(envelope["payloadType"]), envelope["payloadType"].encode(), len(payload), payload)
            clinics.path("message").write_bytes(message)
            subprocess.run(["openssl", "dgst", "-sha256", "-sign", clinics.path("operator.pem"), "-out", clinics.path("signature"), clinics.path("message")], check=True)
            envelope["signatures"][0]["sig"] = base64.b64encode(clinics.path("signature").read_bytes()).decode()
        changed = [*lines[:2], json.dumps(envelope) + "\n", lines[3]]
    budget.write_text("".join(changed))
    if how == "no file":
        budget.unlink()
    refused = clinics.train(output="third", code=POLICY)
    assert "domain lyon: privacy budget: " in refused
    assert "lacks what the access log says was reserved" in refused or "budget.jsonl: line " in refused
    # Its owner sees it, too.
    for command in (("budget", "show"), ("owner",)):
        assert "budget.jsonl: " in clinics.run(*command, clinics.registry("lyon"), "--key", "lyon.pub.pem", code=INTEGRITY)
    assert not clinics.path("third/model.h5").exists()


def test_exact_runs_and_stages_without_noise_are_refused(clinics):
    text = clinics.path("run.yaml").read_text()
    clinics.write("exact.yaml", "".join(line for line in text.splitlines(keepends=True) if not line.startswith("privacy:")))
    assert "exact release: asked for (not allowed)" in clinics.run("train", "exact.yaml", code=POLICY)
    assert "has no form with noise" in clinics.run("explain", "run.yaml", code=CONFIG)
    clinics.write("bern.yaml", clinics.path("bern.yaml").read_text() + "allow: {exact_release: true}\n")
    assert "cannot stand beside a budget of privacy" in clinics.run("policy", "sign", "bern.yaml", "--key", "bern.pem", "--output", "other.json", code=CONFIG)


def test_what_a_policy_says_of_units_and_what_a_config_may_ask(clinics):
    clinics.serial = 2
    clinics.terms("graz", more=", unit_rows: 1")
    assert "domain graz: privacy: epsilon 2 at delta 1e-06, 2 rows of a unit (at most: epsilon 8 at delta 1e-06, 1 rows)" in clinics.train(code=POLICY)
    clinics.train("--set", "privacy.unit_rows=1")
    for word, why in (("model.kind=cox", "no training of such a model has noise"), ("model.standardise=none", "declared ranges bring columns"),
                      ("model.balance_classes=true", "every row counts alike"), ("privacy.delta=0", "is not greater than 0"),
                      ("privacy.unit_rows=9223372036854775807", "at most 1000"), ("privacy.clip=1e-9", "at least 0.01")):
        assert why in clinics.train("--set", word, output="x", code=CONFIG)


def test_other_families(clinics):
    import h5py
    for name in DOMAINS:
        clinics.serial = 2
        clinics.terms(name, epsilon="100000")
    big = ("--set", "privacy.epsilon=20000", "--set", "privacy.rounds=12", "--set", "model.l2=0")
    clinics.train(*big, "--set", "model.kind=linear", "--set", "model.target=score", output="linear")
    table = clinics.path("linear/coefficients.csv").read_text().splitlines()
    dose = float(next(line for line in table if line.startswith("dose,")).split(",")[1])
    assert dose == pytest.approx(4, abs=0.2)
    clinics.train(*big, "--set", "model.kind=poisson", "--set", "model.target=visits", "--set", "privacy.residual=8", output="poisson")
    table = clinics.path("poisson/coefficients.csv").read_text().splitlines()
    assert float(next(line for line in table if line.startswith("dose,")).split(",")[1]) == pytest.approx(0.5, abs=0.1)


HAZARDS = """
  clinic: {role: domain}
  dose: {role: feature, minimum: -1, maximum: 1}
  year: {role: feature, type: category, levels: [first, second, third]}
  lived: {role: feature, minimum: 0.001, maximum: 1}
  died: {role: target, minimum: 0, maximum: 1}
  person: {role: unit}
"""


def test_hazards_year_by_year(clinics):
    """Proportional hazards with noise: a row for each year that a person was at risk in, with the part of it lived; of a Poisson model of deaths the coefficient is the log hazard ratio."""
    import numpy
    draw = random.Random(11)
    lines, rows = ["clinic,dose,year,lived,died,person"], []
    for name in DOMAINS:
        for i in range(500):
            dose, time = draw.uniform(-1, 1), 0.0
            time = draw.expovariate(0.35 * math.exp(1.2 * dose))
            censored = draw.uniform(0.5, 3)
            for year, label in enumerate(("first", "second", "third")):
                end = min(time, censored)
                if end <= year:
                    break
                lived, died = max(0.001, min(1, end - year)), int(time <= censored and time <= year + 1)
                rows.append((dose, year, lived, died))
                lines.append(f"{name},{dose!r},{label},{lived!r},{died},{name}-{i}")
    clinics.write("rows.csv", "\n".join(lines) + "\n")
    head, tail = INGEST.split("columns:")[0], INGEST[INGEST.index("block_rows"):]
    clinics.write("ingest.yaml", head + "columns:" + HAZARDS + tail)
    clinics.run("ingest", "ingest.yaml", "--force")
    for name in DOMAINS:
        clinics.serial = 2
        clinics.terms(name, epsilon="100000")
    hazards = RUN.replace("{kind: logistic, target: event, features: [age, dose, ward], l2: 0.1}", "{kind: poisson, target: died, exposure: lived, features: [dose, year]}")
    hazards = hazards.replace("train: {split: train}\nevaluate: {split: test}\n", "").replace("{epsilon: 2, statistics_epsilon: 1, unit_rows: 2}", "{epsilon: 20000, unit_rows: 3, rounds: 15}")
    clinics.write("run.yaml", hazards + clinics.domains)
    clinics.train(np=3)
    table = clinics.path("run/coefficients.csv").read_text().splitlines()
    found = float(next(line for line in table if line.startswith("dose,")).split(",")[1])
    # The same likelihood without noise, by Newton's method.
    dose, year, lived, died = (numpy.array(column, dtype=float) for column in zip(*rows, strict=True))
    x = numpy.column_stack([numpy.ones(len(dose)), dose, year == 1, year == 2])
    beta = numpy.zeros(4)
    for _ in range(30):
        mean = lived * numpy.exp(x @ beta)
        beta += numpy.linalg.solve(x.T @ (x * mean[:, None]), x.T @ (died - mean))
    assert found == pytest.approx(beta[1], abs=0.03) and found == pytest.approx(1.2, abs=0.25)
    # What no declared range keeps above 0 could end a run.
    clinics.write("ingest.yaml", clinics.path("ingest.yaml").read_text().replace("minimum: 0.001, ", "minimum: 0, "))
    clinics.run("ingest", "ingest.yaml", "--force")
    assert "privacy: model.exposure: lived needs a declared range above 0" in clinics.train(output="zero", code=CONFIG)


def test_no_value_of_a_row_ends_a_run(clinics):
    """Values that a program other than ours left in a partition, beyond what was declared."""
    clinics.spoil()
    clinics.train(np=2)
    clinics.run("evaluate", "run.yaml", "--output", "run", "--set", "evaluate.split=train")


def test_a_description_with_noise(clinics):
    for name in DOMAINS:
        clinics.serial = 2
        clinics.terms(name, epsilon="1000000")
    asked = ("--set", "privacy.statistics_epsilon=100000", "--set", "describe.tables=[[ward, ward_2]]")
    assert 'no category "ward_2"' in clinics.run("describe", "run.yaml", *asked, code=CONFIG)
    text = clinics.run("describe", "run.yaml", *asked[:2], np=3)
    assert "with noise for privacy: epsilon 100000" in text
    told = json.loads(clinics.path("run/description.json").read_text())
    rows = [line.split(",") for line in clinics.path("rows.csv").read_text().splitlines()[1:]]
    # Some people have more than the two rows that count.
    assert told["rows"] == pytest.approx(len(rows), abs=3)
    columns = {column["name"]: column for column in told["columns"]}
    ages = sorted(float(row[1]) for row in rows)
    assert columns["age"]["mean"] == pytest.approx(sum(ages) / len(ages), abs=0.1)
    median = next(value for probability, value in columns["age"]["quantiles"] if probability == 0.5)
    assert median == pytest.approx(ages[len(ages) // 2], abs=2.5)
    icu = next(count for level, count in columns["ward"]["levels"] if level == "icu")
    assert icu == pytest.approx(sum(row[3] == "icu" for row in rows), abs=3)
    clinics.run("verify", "run", "--key", "operator.pub.pem")
    assert "tests have no form with noise" in clinics.run("describe", "run.yaml", "--set", "describe.tests=[{compare: age, by: ward}]", code=CONFIG)


def test_an_owners_page_and_what_checkers_and_readers_see(clinics):
    clinics.train()
    clinics.run("evaluate", "run.yaml", "--output", "run")
    clinics.train("--set", "privacy.epsilon=100", output="too-much", code=POLICY)
    text = clinics.run("owner", clinics.registry("graz"), "--key", "graz.pub.pem")
    assert "released model.h5" in text and "of the budget of privacy" in text and "refused  privacy" in text and "% are left" in text
    page = json.loads(clinics.run("owner", clinics.registry("graz"), "--key", "graz.pub.pem", "--json"))
    assert [bool(request.get("cost")) for request in page["requests"]] == [True, True, False]
    checked = json.loads(clinics.run("check-output", "run", "--key", "operator.pub.pem", "--json", code=None))
    rules = {(check["artefact"], check["rule"]): check["verdict"] for check in checked["checks"]}
    assert rules["evaluation.json", "differential privacy"] == "pass" and ("evaluation.json", "minimum count") not in rules
    clinics.run("report", "run", "--key", "operator.pub.pem")
    assert "Differentially private" in clinics.path("run/report.html").read_text()


def test_with_the_owners_secrets_a_run_with_noise_is_made_again_to_the_bit(clinics):
    clinics.train(np=3)
    clinics.run("evaluate", "run.yaml", "--output", "run", np=2)
    clinics.run("describe", "run.yaml", "--output", "run")
    before = [clinics.budget(name).read_bytes() for name in DOMAINS]
    clinics.run("keygen", "auditor")
    again = ("reproduce", "run", "--key", "operator.pub.pem", "--partitions", "partitions", "--sign-with", "auditor.pem", "--output")
    for np in (None, 2):
        assert "reproduced: the same bits in all" in clinics.run(*again, f"again-{np}", np=np)
    assert before == [clinics.budget(name).read_bytes() for name in DOMAINS]
    assert "--from: it crossed with noise" in clinics.run(*again, "again-from", "--from", "step-000003.h5", code=2)
    # Whoever signs a record of another run beside the same lines learns nothing of it.
    budget = clinics.budget("lyon").read_text()
    clinics.budget("lyon").write_text("".join(lines_of(clinics.budget("lyon"))[:1]))
    assert "knows of no run that ended" in clinics.run(*again, "again-open", code=POLICY)
    clinics.budget("lyon").write_text(budget)
    clinics.path("graz.pem").rename(clinics.path("elsewhere.pem"))
    assert "came of the owners' secrets" in clinics.run(*again, "again-3", code=2)


def test_ranges_are_declared_and_never_found(clinics):
    clinics.write("ingest.yaml", INGEST.replace("age: {role: feature, minimum: 0, maximum: 100}", "age: {role: feature, minimum: 0}").replace("output: partitions", "output: other"))
    clinics.run("ingest", "ingest.yaml")
    clinics.write("run.yaml", clinics.path("run.yaml").read_text().replace("partitions/", "other/"))
    assert "age has no declared range" in clinics.train(code=CONFIG)
    assert "nobody has declared its range" in clinics.train("--set", 'model.features=[log(age)]', code=CONFIG)


def test_a_domain_without_a_row_of_the_split(clinics):
    rows = clinics.path("rows.csv").read_text().splitlines()
    clinics.write("rows.csv", "\n".join(row.replace(",train", ",test") if row.startswith("bern") else row for row in rows) + "\n")
    clinics.write("ingest.yaml", INGEST.replace("output: partitions", "output: other"))
    clinics.run("ingest", "ingest.yaml")
    clinics.write("run.yaml", clinics.path("run.yaml").read_text().replace("partitions/", "other/"))
    clinics.train(np=3)


def test_jobs_at_once_that_fit_are_all_admitted(clinics):
    jobs = [subprocess.Popen([PROGRAM, "train", "run.yaml", "--output", f"job-{i}", "--set", "privacy.epsilon=0.1", "--set", "privacy.rounds=1"], cwd=clinics.checkout.root,
                             text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for i in range(6)]
    texts = [job.communicate()[0] for job in jobs]
    assert [job.returncode for job in jobs] == [0] * 6, texts


def test_errors_are_told_where_the_rows_say_more_than_the_noise(clinics):
    import csv
    clinics.train("--set", "privacy.epsilon=0.2", "--set", "model.l2=0", output="noisy")
    table = {row["term"]: row for row in csv.DictReader(clinics.path("noisy/coefficients.csv").open())}
    assert all(row["std_error"] == "" for row in table.values())
    assert "they are not to be relied on" in clinics.path("noisy/model.txt").read_text()
    assert "has no finite standard errors" in clinics.run("wald", "noisy/model.h5", "age", code=DATA)
    for name in DOMAINS:
        clinics.serial = 2
        clinics.terms(name, epsilon="1000000")
    clinics.train("--set", "privacy.epsilon=20000", "--set", "model.l2=0", output="clear")
    table = {row["term"]: row for row in csv.DictReader(clinics.path("clear/coefficients.csv").open())}
    assert all(float(row["std_error"]) > 0 for row in table.values())
    assert "chi" in clinics.run("wald", "clear/model.h5", "age").lower()
    assert "do not rely on" in clinics.run("evaluate", "run.yaml", "--output", "clear", "--set", "privacy.epsilon=20000", "--set", "model.l2=0", "--set", "privacy.statistics_epsilon=0.2")


@pytest.mark.parametrize("np", [1, 4])
def test_another_key_makes_no_noise_and_no_budget(clinics, np):
    """The writer of a config may name more keys for a domain, and a private one of its own."""
    clinics.run("keygen", "mine")
    clinics.write("run.yaml", clinics.path("run.yaml").read_text().replace("public_key: bern.pub.pem, private_key: bern.pem", "public_keys: [bern.pub.pem, mine.pub.pem], private_key: mine.pem"))
    before = [clinics.budget(name).exists() for name in DOMAINS]
    assert "mine.pem: private_key: has signed no terms of its domain" in clinics.train(np=np, code=CONFIG)
    assert not clinics.budget("bern").exists() and not any(before)
    # Who had reserved before is given all of it back.
    assert all(charge["settled"] and charge["share"] == 0 for name in DOMAINS[1:] for charge in clinics.shown(name)["charges"])


@pytest.mark.parametrize("np", [1, 4])
def test_refusals_are_everybodys(clinics, np):
    clinics.serial = 2
    clinics.terms("lyon", epsilon="0.5")
    assert "domain lyon: privacy: epsilon 2" in clinics.train(np=np, code=POLICY)
    assert "has no form with noise" in clinics.run("explain", "run.yaml", np=np, code=CONFIG)
    assert "nobody has declared its range" in clinics.train("--set", "privacy.epsilon=0.1", "--set", "model.features=[log(age)]", np=np, code=CONFIG)
    clinics.budget("graz").write_text("no line\n")
    assert "domain graz: privacy budget: " in clinics.train("--set", "privacy.epsilon=0.1", np=np, code=POLICY)
