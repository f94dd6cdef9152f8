# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""slurm/bailiwick.sbatch, with stand-ins for the program, the launcher and scontrol: what it calls, when it requeues."""
import os
import signal
import subprocess
import time

import pytest
from conftest import SOURCE

PROGRAM = """#!/bin/bash
echo "$@" >> calls
trap 'echo stopped >> calls; exit 75' TERM
while [ -e slow ]; do sleep 0.05; done
exit "$CODE"
"""
STAND_INS = {"program": PROGRAM, "launch": '#!/bin/bash\nexec "$@"\n', "scontrol": '#!/bin/bash\necho "scontrol $@" >> calls\n'}


@pytest.fixture
def job(tmp_path):
    for name, text in STAND_INS.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def start(code):
        environment = dict(os.environ, PATH=f"{tmp_path}:{os.environ['PATH']}", LAUNCHER="launch", BAILIWICK="program",
                           SLURM_JOB_ID="7", CODE=str(code))
        return subprocess.Popen(["bash", SOURCE / "slurm/bailiwick.sbatch", "run.yaml", "out", "operator.pub.pem"],
                                cwd=tmp_path, env=environment)

    start.calls = tmp_path / "calls"
    start.slow = tmp_path / "slow"
    return start


def test_trains_evaluates_verifies(job):
    assert job(0).wait(timeout=30) == 0
    assert job.calls.read_text().splitlines() == [
        "train run.yaml --output out", "evaluate run.yaml --output out", "verify out --key operator.pub.pem --quiet"]


@pytest.mark.parametrize("code", [2, 3, 4, 5, 6, 7, 70, 75, 137])
def test_requeues_on_75_alone(job, code):
    assert job(code).wait(timeout=30) == code
    assert job.calls.read_text().splitlines() == ["train run.yaml --output out"] + ["scontrol requeue 7"] * (code == 75)


def test_hands_the_signal_on_and_waits_for_the_answer(job):
    job.slow.touch()
    process = job(0)
    while not job.calls.exists():
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 75
    assert job.calls.read_text().splitlines() == ["train run.yaml --output out", "stopped", "scontrol requeue 7"]
