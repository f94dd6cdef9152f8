# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Runs with noise: what they tell of a unit, what owners' budgets say to it, and that no row's values can stop one."""
import json
import math
import os
import random
import signal
import subprocess
import time

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
privacy: {epsilon: 2, evaluation_epsilon: 1, unit_rows: 2}
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

    def train(self, *words, np=None, code=0, output="run", **more):
        return self.run("train", "run.yaml", "--output", output, *words, np=np, code=code, **more)

    def shown(self, name):
        return json.loads(self.run("budget", "show", self.registry(name), "--key", f"{name}.pub.pem", "--json"))


@pytest.fixture
def clinics(tmp_path):
    return Clinics(Checkout(tmp_path))


def test_a_training_an_evaluation_and_their_budget(clinics):
    plan = json.loads(clinics.run("budget", "plan", "run.yaml", "--json"))
    assert [stage["stage"] for stage in plan] == ["train", "evaluate"]
    text = clinics.train(np=3)
    assert "epsilon 2 at delta 1e-06 for each unit's 2 rows" in text and "Differentially private" in text
    told = clinics.run("evaluate", "run.yaml", "--output", "run", np=2)
    assert "noise of standard deviation" in told
    overall = json.loads(clinics.path("run/evaluation.json").read_text())["overall"]
    assert overall["auc"] > 0.6
    clinics.run("verify", "run", "--key", "operator.pub.pem")
    for name in DOMAINS:
        budget = clinics.shown(name)
        assert [charge["stage"] for charge in budget["charges"]] == ["train", "evaluate"]
        assert all(charge["settled"] for charge in budget["charges"])
        # What the plan asks for is what was used, but for what rounding up costs.
        asked = sum(stage["domains"][name]["asks"] for stage in plan)
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
