#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What noise for privacy costs on ACS income, 50 states: accuracy, and seconds of a step.

Needs ../shared/data/acs_income. Every state is a domain with a budget of its own, and adds all the noise that the
promise asks for. Models with noise are measured on the test rows without, which their owner allows for this.
"""
import json
import statistics

import jobs

RUN = """version: 1
name: acs-income-{name}
purpose: "dpv:ScientificResearch"
output: run
site: {{name: example, nodes: [{{match: "*", jurisdiction: US}}]}}
lineage: {{sign_with: {keys}/operator.pem}}
model: {{kind: logistic, target: income_above_50k, l2: 1{standardise}}}
train: {{split: train, checkpoint: {{every: 0}}}}
evaluate: {{split: test, per_domain: true}}
{privacy}domains:
"""


class States:
    def __init__(self, job):
        self.job = job
        self.folder = job.output("privacy").resolve()
        self.out = self.folder.parent
        self.folder.mkdir(parents=True)
        self.names = sorted(path.stem for path in (self.out / "partitions").glob("*.h5"))
        for state in self.names:
            job.private_policy(self.folder, state, self.out / "keys/us-census", where="US", delta=1e-6)

    def config(self, name, states, privacy=""):
        path = self.folder / f"{name}.run.yaml"
        key = self.out / "keys/us-census"
        exact = self.out / "policies/us-census.policy.json"
        path.write_text(RUN.format(
            name=name, keys=key.parent, privacy=privacy, standardise="" if privacy else ", standardise: none") + "".join(
            f"  - {{name: {s}, jurisdiction: US, public_key: {key}.pub.pem, private_key: {key}.pem, "
            f"policy: {self.folder / f'{s}.json' if privacy else exact}, partitions: [{self.out}/partitions/{s}.h5]}}\n" for s in states))
        return path

    def train(self, states, epsilon, *words, np=1):
        """The folder, what run.json says, and accuracies on the test rows of these states."""
        name = f"{'-'.join(states) if len(states) < 3 else 'all'}-{epsilon}"
        folder = self.job.output(f"privacy/{name}")
        privacy = f"privacy: {{epsilon: {epsilon}}}\n" if epsilon else ""
        self.job.run("train", self.config(name, states, privacy), "--output", folder, *words, np=np)
        return folder, json.loads((folder / "run.json").read_text())["results"]

    def accuracy(self, folder, states):
        scores = self.job.output("privacy/scores")
        self.job.run("evaluate", self.config("scores", states), "--output", scores, "--model", folder / "model.h5",
                     "--model-key", self.out / "keys/operator.pub.pem", np=2)
        said = json.loads((scores / "evaluation.json").read_text())
        return said["overall"]["accuracy"], {name: m["accuracy"] for name, m in said["domains"].items()}


UNMASKED = ("--set", "boundary.secure_aggregation=false")


def step_costs(states, repeat, np):
    """Seconds of a step of the solver, exact and with noise, with and without masks, of each repeat. In turns, so that what else the
    machine does meets all alike."""
    steps = {"exact": [], "exact, masked": [], "noise": [], "noise, masked": []}
    for _ in range(repeat):
        for how, seconds in steps.items():
            _, said = states.train(states.names, 1 if "noise" in how else "", *(() if "masked" in how else UNMASKED), np=np)
            seconds.append(said["seconds"]["solving"] / said["iterations"])
    return steps


def main():
    parser = jobs.arguments(__doc__)
    parser.add_argument("--no-accuracy", action="store_true", help="seconds of a step alone")
    options = parser.parse_args()
    states = States(jobs.Job("acs-income", options.program))
    results = {}
    some = ("wy", "ct", "tx")
    for epsilon in () if options.no_accuracy else ("", 4, 1, 0.1):
        found, by_state = [], {s: [] for s in some}
        for _ in range(options.repeat if epsilon else 1):
            folder, _ = states.train(states.names, epsilon, np=2)
            overall, each = states.accuracy(folder, states.names)
            found.append(overall)
            for s in some:
                by_state[s].append(each[s])
        alone = {}
        for s in some:
            scores = []
            for _ in range(options.repeat if epsilon else 1):
                folder, _ = states.train([s], epsilon)
                scores.append(states.accuracy(folder, [s])[0])
            alone[s] = statistics.mean(scores)
        results[f"epsilon {epsilon or 'none'}"] = {"accuracy": found, "by state": by_state, "alone": alone}
        print(f"epsilon {epsilon or 'none':>4}: accuracy {min(found):.4f} to {max(found):.4f}; "
              + "; ".join(f"{s} {statistics.mean(by_state[s]):.4f} (alone {alone[s]:.4f})" for s in some), flush=True)
    for np in (1, 2):
        steps = step_costs(states, options.repeat, np)
        results[f"seconds a step np={np}"] = steps
        plain = min(steps["exact"])
        print(f"np={np}: " + "; ".join(f"{how} {min(seconds):.3f} s a step, {min(seconds) / plain:.2f} x" for how, seconds in steps.items()), flush=True)
    jobs.finish(options, results)


main()
