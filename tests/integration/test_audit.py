# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Attacks on what runs with noise leave behind: who knows all rows but for one coin of each canary guesses the coins from the result. One run bounds epsilon from
below, at 95 % (Steinke, Nasr & Jagielski, "Privacy auditing with one training run", NeurIPS 2023, theorem 5.2): never above what was claimed, and above it where there is next to no noise."""
import json
import math
import os
import random

import pytest

from conftest import Checkout, referee

stats = referee("scipy.stats")

CANARIES = int(os.environ.get("BAILIWICK_CANARIES", 120))
CLAIMED, DELTA, NO_SECRET = 1.0, 1e-6, 4000.0
INGEST = """
version: 1
input: rows.csv
columns:
  clinic: {role: domain}
  x: {role: feature, minimum: -4, maximum: 4}
  who: {role: feature, type: category, levels: [%s]}
  event: {role: target, type: boolean}
  person: {role: unit}
  split: {role: split, type: category, levels: [plain, canary]}
output: partitions
partitions:
  - {for: [bern, lyon], name: <name>, owner: <name>, values: [<name>], sign_with: <name>.pem}
"""
TERMS = """
version: 1
uid: urn:example:clinic:%(name)s
owner: %(name)s
target: %(name)s
permit: [train, evaluate, describe, release_model, release_statistics]
purposes: ["dpv:ResearchAndDevelopment"]
where: [CH]
valid: {from: 2026-01-01T00:00:00Z, until: 2099-01-01T00:00:00Z}
registry: %(registry)s
serial: 1
privacy: {epsilon: 1000000, delta: 1e-6}
allow: {two_parties: true}
"""
RUN = """
version: 1
name: audit
purpose: "dpv:ScientificResearch"
output: run
site: {name: here, nodes: [{match: "*", jurisdiction: CH}]}
lineage: {sign_with: operator.pem}
model: %s
domains:
"""


def epsilon_found(right, guesses, canaries):
    """The largest epsilon at which so many right guesses would surprise, at 95 %."""
    def surprise(epsilon):
        return stats.binom.sf(right - 1, guesses, 1 / (1 + math.exp(-epsilon))) + 2 * canaries * DELTA
    low, high = 0.0, 20.0
    if surprise(low) > 0.05:
        return 0.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if surprise(middle) <= 0.05 else (low, middle)
    return low


class Audit:
    """Bern's rows and a few of Lyon's. Each canary is a unit of Bern's whose coin chooses between two rows."""

    def __init__(self, checkout, rows_of, levels, model, seed=16):
        self.path, self.run = checkout.path, checkout.run
        draw = random.Random(seed)
        self.coins = [draw.randrange(2) for _ in range(CANARIES)]
        lines = ["clinic,x,who,event,person,split"]
        for clinic in ("bern", "lyon"):
            for i in range(40):
                x = draw.gauss(0, 1)
                lines.append(f"{clinic},{x:.4f},{levels[0]},{int(draw.random() < 1 / (1 + math.exp(-x)))},{clinic}-{i},plain")
        self.canaries = [rows_of(i, coin) for i, coin in enumerate(self.coins)]
        lines += [f"bern,{x},{who},{event},canary-{i},canary" for i, (x, who, event) in enumerate(self.canaries)]
        checkout.path("rows.csv").write_text("\n".join(lines) + "\n")
        checkout.path("ingest.yaml").write_text(INGEST % ", ".join(levels))
        for key in ("bern", "lyon", "operator"):
            self.run("keygen", key)
        self.run("ingest", "ingest.yaml")
        domains = ""
        for name in ("bern", "lyon"):
            checkout.path(f"{name}.yaml").write_text(TERMS % {"name": name, "registry": self.path(f"registry-{name}")})
            self.run("policy", "sign", f"{name}.yaml", "--key", f"{name}.pem", "--output", f"{name}.json")
            self.run("registry", "publish", f"{name}.json", "--key", f"{name}.pub.pem")
            domains += f"  - {{name: {name}, jurisdiction: CH, public_key: {name}.pub.pem, private_key: {name}.pem, policy: {name}.json, partitions: [partitions/{name}.h5]}}\n"
        checkout.path("run.yaml").write_text(RUN % model + domains)

    def stage(self, stage, epsilon, output, *words, of_training=None):
        """Runs it with so much noise, or the training that came before with its own."""
        privacy = f"privacy={{epsilon: {of_training or epsilon}, statistics_epsilon: {epsilon}, delta: {DELTA}, %s}}"
        extra = [word for word in words if word.startswith("privacy:")]
        settings = ["--set", privacy % ", ".join(word[8:] for word in extra)]
        for word in words:
            if not word.startswith("privacy:"):
                settings += ["--set", word]
        self.run(stage, "run.yaml", *settings, "--output", output)

    def attack(self, scores):
        """Guesses the quarter of the coins of which it is surest."""
        surest = sorted(range(CANARIES), key=lambda i: -abs(scores[i]))[: CANARIES // 4]
        right = sum((scores[i] > 0) == (self.coins[i] == 1) for i in surest)
        return epsilon_found(right, len(surest), CANARIES)


def both(found):
    """Of the claim, and of next to no noise."""
    assert found(CLAIMED) <= CLAIMED
    assert found(NO_SECRET) > CLAIMED, "the attack itself is of no use"


def test_bounds_are_those_of_the_theorem():
    assert epsilon_found(50, 100, 100) == 0
    assert epsilon_found(100, 100, 100) == pytest.approx(math.log(1 / (0.0498 ** -0.01 - 1)), rel=1e-6)


def test_a_description(tmp_path):
    """A canary is alone with its level, which is one of two."""
    levels = ["all"] + [f"{side}{i}" for i in range(CANARIES) for side in "ab"]
    audit = Audit(Checkout(tmp_path), lambda i, coin: (0, f"{'ba'[coin]}{i}", 0), levels, "{kind: logistic, target: event, features: [x]}")

    def found(epsilon):
        audit.stage("describe", epsilon, f"run-{epsilon}")
        columns = json.loads(audit.path(f"run-{epsilon}/description.json").read_text())["columns"]
        rows = dict(next(column for column in columns if column["name"] == "who")["levels"])
        return audit.attack([rows[f"a{i}"] - rows[f"b{i}"] for i in range(CANARIES)])
    both(found)


def test_an_evaluation(tmp_path):
    """A canary is alone in its bin of predictions, with an event or without."""
    audit = Audit(Checkout(tmp_path), lambda i, coin: (f"{-4 + 8 * i / (CANARIES - 1):.6f}", "all", coin), ["all", "other"],
                  "{kind: logistic, target: event, features: [x], l2: 0.01}")

    def found(epsilon):
        import h5py
        output = f"run-{epsilon}"
        more = ("privacy:bins: 4096", "train={split: plain}", "evaluate={split: canary}")
        audit.stage("train", epsilon, output, *more, of_training=NO_SECRET)
        audit.stage("evaluate", epsilon, output, *more, of_training=NO_SECRET)
        with h5py.File(audit.path(f"{output}/model.h5")) as model:
            intercept, slope = model["arrays/parameters"][:]
        bins = json.loads(audit.path(f"{output}/evaluation.json").read_text())["overall"]["calibration"]
        scores = []
        for x, _, _ in audit.canaries:
            own = bins[min(4095, int(4096 / (1 + math.exp(-intercept - slope * float(x) / 4))))]
            scores.append(2 * own["events"] - own["rows"])
        return audit.attack(scores)
    both(found)


def parameters_of(audit, output):
    import h5py
    with h5py.File(audit.path(f"{output}/model.h5")) as model:
        return list(model["arrays/parameters"][:])


def test_a_logistic_regression(tmp_path):
    """A canary is the only example of its level: the sign of that level's coefficient is its label."""
    levels = ["all"] + [f"a{i}" for i in range(CANARIES)]
    audit = Audit(Checkout(tmp_path), lambda i, coin: (4, f"a{i}", coin), levels, "{kind: logistic, target: event, features: [who], l2: 0.1}")

    def found(epsilon):
        audit.stage("train", epsilon, f"run-{epsilon}", "privacy:rounds: 2")
        return audit.attack(parameters_of(audit, f"run-{epsilon}")[1:])
    both(found)


def test_a_network_of_sampled_steps(tmp_path):
    """Of the weights of its own level a network moves those that its label asks for, and only in steps that drew it."""
    levels = ["all"] + [f"a{i}" for i in range(CANARIES)]
    units = 4
    audit = Audit(Checkout(tmp_path), lambda i, coin: (4, f"a{i}", coin), levels,
                  f"{{kind: mlp, target: event, features: [who], mlp: {{layers: [{{units: {units}, activation: identity}}], loss: binary}}}}")

    def found(epsilon):
        more = ("train={method: sgd, descent: {epochs: 10, learning_rate: 5}}", "privacy:sample_rate: 0.25")
        audit.stage("train", epsilon, f"run-{epsilon}", *more)
        theta = parameters_of(audit, f"run-{epsilon}")
        inputs = CANARIES
        weights, biases, outer = theta[: units * inputs], theta[units * inputs: units * (inputs + 1)], theta[units * (inputs + 1): units * (inputs + 2)]
        assert len(theta) == units * (inputs + 2) + 1 and len(biases) == units
        # What the network makes of the level alone.
        return audit.attack([sum(outer[u] * weights[i * units + u] for u in range(units)) for i in range(CANARIES)])
    both(found)
