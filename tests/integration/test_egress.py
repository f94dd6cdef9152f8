# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What crosses between domains is measured under MPI, explained in egress.json, and stopped if it is not."""
import json
import os
import subprocess

import pytest

from conftest import PROGRAM

LEAKS = os.environ["BAILIWICK_LEAKS"]
TRAIN = "configs/lung/train.yaml"


def train_with(checkout, library, output, np, leak=None, *words):
    environment = dict(os.environ, LD_PRELOAD=f"{LEAKS}/{library}")
    if leak:
        environment["LEAK"] = leak
    return subprocess.run(["mpirun", "-np", str(np), "-x", "LD_PRELOAD", "-x", "LEAK", PROGRAM, "train", TRAIN,
                           "--output", output, *words],
                          cwd=checkout.root, env=environment, text=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("np", [2, 4])
@pytest.mark.parametrize("leak, call, size", [
    ("send", "MPI_Isend", 8), ("persistent", "MPI_Start", 8), ("allgather", "MPI_Iallgather", 8),
    ("duplicate", "MPI_Sendrecv", 8), ("colour", "MPI_Comm_split", 8), ("window", "MPI_Put", 8)])
def test_a_planted_leak_is_stopped(jobs, np, leak, call, size):
    """8 bytes of the first row a rank reads, to a rank of another domain."""
    lung = jobs("lung")
    output = f"out/lung/leak-{leak}-{np}"
    done = train_with(lung, "libleak.so", output, np, leak)
    assert done.returncode == 7, done.stdout + done.stderr
    assert f"{call} on communicator" in done.stderr and f"would take {size} bytes to another domain" in done.stderr, done.stderr
    assert not lung.path(f"{output}/model.h5").exists() and not lung.path(f"{output}/egress.json").exists()


def test_the_plant_alone_changes_nothing(jobs):
    """With the library, but no leak asked for, and with a leak where there is no other domain to leak to."""
    lung = jobs("lung")
    reference = lung.train(TRAIN, output="out/lung/egress-reference")
    assert train_with(lung, "libleak.so", "out/lung/no-leak", 2).returncode == 0
    assert lung.digest("out/lung/no-leak/model.h5") == reference
    assert train_with(lung, "libleak.so", "out/lung/leak-home", 1, "send").returncode == 0


@pytest.mark.parametrize("np", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("method", ["newton", "lbfgs"])
def test_the_ledger_explains_every_byte(jobs, np, method):
    """PETSc (lbfgs) and HDF5 (a checkpoint a step, on several ranks of one domain at np = 7) included."""
    lung = jobs("lung")
    folder = f"out/lung/egress-{method}-{np}"
    lung.run("train", TRAIN, "--output", folder, "--set", f"train.method={method}", "--set", "train.tolerance=1e-8",
             "--set", "train.checkpoint.every=1", np=np)
    lung.run("evaluate", TRAIN, "--output", folder, np=np)
    lung.run("predict", TRAIN, "--output", folder, np=np)
    run = json.loads(lung.path(f"{folder}/run.json").read_text())
    egress = json.loads(lung.path(f"{folder}/egress.json").read_text())
    purposes = {p["purpose"]: p for p in egress["purposes"]}
    for report in (egress, *(json.loads(lung.path(f"{folder}/{c}.egress.json").read_text()) for c in ("evaluate", "predict"))):
        assert report["bytes"]["difference"] == 0
        assert sum(p["meter"] for p in report["purposes"]) == report["bytes"]["meter"] == report["bytes"]["ledger"]
        for purpose in report["purposes"]:
            assert purpose["meter"] == purpose["ledger"] == sum(c["bytes"] for c in purpose["calls"])
        assert len(report["domains of ranks"]) == np
    gateways = len({d["ranks"][0] for d in run["domains"]})
    for line in run["rounds"]:
        sums = [c for c in purposes.get(f"round {line['round']}: {line['name']}", {"calls": []})["calls"] if c["communicator"] == "leaders"]
        assert sum(c["bytes"] for c in sums) == (8 * line["words"] * gateways if np > 1 else 0)
    if np == 1:
        assert egress["bytes"]["meter"] == 0
    lung.run("verify", folder, "--key", "out/lung/keys/operator.pub.pem")
