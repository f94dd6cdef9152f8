# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks of whole jobs share: a prepared job, timed runs, and a JSON of the results."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # one core each; before numpy is imported
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                   OMPI_MCA_rmaps_base_oversubscribe="1")


def arguments(about):
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--program", default=SOURCE / "build/release/bin/bailiwick", type=pathlib.Path)
    parser.add_argument("--json", help="write the figures to this file as well")
    parser.add_argument("--repeat", type=int, default=3, help="runs of Bailiwick; the median counts")
    return parser


PRIVATE_TERMS = """version: 1
uid: urn:bailiwick:benchmark:{name}
owner: {name}
target: "*"
permit: [train, release_model]
purposes: ["{purpose}"]
where: [{where}]
valid: {{from: 2026-01-01T00:00:00Z, until: 2036-01-01T00:00:00Z}}
registry: {registry}
serial: 1
allow: {{unmasked_sums: true, two_parties: true}}
privacy: {{epsilon: 1000000, delta: {delta}}}
"""


class Job:
    """A job of configs/NAME, prepared in out/NAME."""

    def __init__(self, name, program):
        self.name, self.program = name, program
        subprocess.run([SOURCE / "scripts/prepare-job", name], check=True, stdout=subprocess.DEVNULL,
                       env=dict(ENVIRONMENT, BAILIWICK=str(program)))

    def run(self, *words, np=None):
        command = [str(self.program), *map(str, words)]
        if np:
            threads = ENVIRONMENT["OMP_NUM_THREADS"] != "1"  # which share the cores, unlike ranks
            command = ["mpirun", "-np", str(np), "--bind-to", "none" if threads or np > len(os.sched_getaffinity(0)) else "core", *command]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=SOURCE, env=ENVIRONMENT, text=True, capture_output=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return time.perf_counter() - start, done.stdout

    def private_policy(self, folder, name, key, where, delta, purpose="dpv:ScientificResearch"):
        """A domain's signed terms for training with noise, with a registry of its own and next to no limit: the policy's path."""
        terms, policy = folder / f"{name}.yaml", folder / f"{name}.json"
        terms.write_text(PRIVATE_TERMS.format(name=name, purpose=purpose, where=where, registry=folder / "registry" / name, delta=delta))
        self.run("policy", "sign", terms, "--key", f"{key}.pem", "--output", policy)
        self.run("registry", "publish", policy, "--key", f"{key}.pub.pem")
        return policy

    def output(self, tag):
        """An empty place for results."""
        folder = SOURCE / "out" / self.name / tag
        subprocess.run(["rm", "-rf", folder], check=True)
        return folder

    def train(self, config, *words, np=1, tag="benchmark"):
        """Seconds of the whole process, and what run.json says."""
        output = self.output(tag)
        seconds, _ = self.run("train", f"configs/{self.name}/{config}", "--output", output,
                              "--set", "train.checkpoint.every=0", *words, np=np)
        return seconds, json.loads((output / "run.json").read_text())["results"], output


def blas():
    """What multiplies matrices for numpy and scikit-learn in this process: libraries and their kernels."""
    from threadpoolctl import threadpool_info
    kernels = (f"{library['internal_api']} {library['version']} {library['architecture']}" for library in threadpool_info() if library["user_api"] == "blas")
    return ", ".join(kernels) or "the reference BLAS, which is slow"


def median(values):
    return sorted(values)[len(values) // 2]


def finish(options, results):
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2) + "\n")
