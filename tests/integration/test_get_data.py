# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Data of examples out of packages: the bytes that configs/JOB/source promises, or nothing and what to do."""
import hashlib
import os
import re
import signal
import subprocess
import time

import pytest
from conftest import PROGRAM, SOURCE

JOBS = sorted(path.parent.name for path in SOURCE.glob("configs/*/source"))


def files(checkout, job):
    return [path.name for path in checkout.path(f"out/{job}").iterdir()]


@pytest.mark.parametrize("job", JOBS)
def test_what_is_made_is_what_was_promised(fresh, job):
    assert "made, with the SHA-256 of" in fresh.get_data(job)
    (name,) = files(fresh, job)
    path = fresh.path(f"out/{job}/{name}")
    assert hashlib.sha256(path.read_bytes()).hexdigest() in fresh.path(f"configs/{job}/source").read_text()
    made = path.stat().st_mtime_ns
    assert fresh.get_data(job) == ""  # there already
    assert path.stat().st_mtime_ns == made
    path.unlink()  # pytest keeps folders, and pictures are 156 MB


def test_another_sha_256_leaves_nothing(fresh):
    source = fresh.path("configs/diabetes/source")
    source.write_text(re.sub(r"(?<=sha256: ).*", "0" * 64, source.read_text()))
    out = fresh.get_data("diabetes", code=1)
    assert "out/diabetes/diabetes.csv: not kept: SHA-256" in out and f"configs/diabetes/source says {'0' * 64}" in out, out
    assert "Debian 12's are meant: python3-sklearn" in out, out
    assert files(fresh, "diabetes") == []


def test_a_file_that_is_there_is_left_as_it_is(fresh):
    path = fresh.path("out/diabetes/diabetes.csv")
    path.parent.mkdir(parents=True)
    path.write_text("mine\n")
    out = fresh.get_data("diabetes", code=1)
    assert "out/diabetes/diabetes.csv: SHA-256" in out and "remove it and call scripts/get-data diabetes again" in out, out
    assert path.read_text() == "mine\n"


def test_a_failure_halfway_leaves_nothing(fresh):
    fresh.path("configs/diabetes/prepare").write_text('#!/bin/sh\necho half > "$1"\nexit 1\n')
    out = fresh.get_data("diabetes", code=1)
    assert "not made: configs/diabetes/prepare failed" in out and "apt-get install --no-install-recommends python3-sklearn" in out, out
    assert files(fresh, "diabetes") == []


def test_a_stop_halfway_leaves_nothing(fresh):
    fresh.path("configs/diabetes/prepare").write_text('#!/bin/sh\necho half > "$1"\nsleep 60\n')
    process = subprocess.Popen(["scripts/get-data", "diabetes"], cwd=fresh.root, start_new_session=True)
    while not fresh.path("out/diabetes").exists() or not files(fresh, "diabetes"):
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(timeout=30) != 0
    assert files(fresh, "diabetes") == []


@pytest.fixture
def alone(fresh):
    """A clone without ../shared beside it."""
    fresh.path("../shared").unlink(missing_ok=True)
    return fresh


def test_a_job_without_a_package_says_so(alone):
    get_data = lambda job: subprocess.run(["scripts/get-data", job], cwd=alone.root, text=True, capture_output=True)
    done = get_data("heart")
    assert done.returncode == 1 and "The data of this job are in no package: configs/heart/ingest.yaml" in done.stderr
    assert get_data("lung").returncode == 0  # which has its own
    done = get_data("none")
    assert done.returncode != 0 and "configs/none/ingest.yaml: No such file" in done.stderr


def prepare(checkout, job):
    return subprocess.run(["scripts/prepare-job", job], cwd=checkout.root, text=True, capture_output=True, env=dict(os.environ, BAILIWICK=PROGRAM))


def test_one_call_prepares_a_job(fresh):
    """Keys, data, partitions, policies; an owner with terms of its own signs no others, and is nobody's pool."""
    fresh.get_data("rotterdam")
    done = prepare(fresh, "rotterdam")
    assert done.returncode == 0 and "2,232 rows read: 2,232 kept" in done.stdout, done.stdout + done.stderr
    fresh.train("configs/rotterdam/train.yaml", output="out/run", np=2)
    fresh.run("evaluate", "configs/rotterdam/germany.yaml", "--model", "out/run/model.h5")
    refused = fresh.run("train", "configs/rotterdam/germany.yaml", "--output", "out/no", code=4)
    assert "domain germany: action" in refused, refused
    shown = fresh.run("policy", "show", "out/rotterdam/policies/pooled.policy.json")
    assert "germany" not in shown, shown


@pytest.mark.parametrize("job", ["heart", "cmapss"])
def test_a_clone_alone_says_which_jobs_need_more(alone, job):
    done = prepare(alone, job)
    assert done.returncode == 5 and f"The data of {job} are expected in ../shared/data" in done.stderr and "README.md" in done.stderr, done.stderr
