# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Runs that earlier releases finished (tests/data/runs) hold, and what was changed in them since does not."""
import re
import shutil
import subprocess

import pytest

from conftest import PROGRAM, SOURCE

RUNS = SOURCE / "tests/data/runs"
# release, run, findings that the release itself counted
FINISHED = [("0.1", "solver", 115), ("0.1", "cox", 84), ("0.1", "network", 84), ("0.1", "federated", 74)]


def verify(folder, run, code):
    result = subprocess.run([PROGRAM, "verify", run, "--key", "keys/operator.pub.pem", "--quiet", "--lineage-format", "1"], cwd=folder, text=True,
                            capture_output=True, timeout=60)
    output = result.stdout + result.stderr
    assert result.returncode == code, output
    return output


def test_every_folder_is_looked_at():
    assert {path.parent.relative_to(RUNS).as_posix() for path in RUNS.glob("*/*/lineage.jsonl")} == {f"{r}/{n}" for r, n, _ in FINISHED}


@pytest.mark.parametrize("release, run, findings", FINISHED)
def test_holds(tmp_path, release, run, findings):
    folder = shutil.copytree(RUNS / release, tmp_path / "runs")
    held, of = map(int, re.search(r"(\d+) of (\d+) findings hold: verified", verify(folder, run, 0)).groups())
    assert held == of >= findings


@pytest.mark.parametrize("name", ["model.h5", "egress.json", "decisions.json", "lineage.jsonl", "evaluation.json", "resolved.yaml",
                                  "../policies/east.policy.json", "../partitions/east.h5", "../partitions/east.manifest.json"])
def test_a_change_is_seen(tmp_path, name):
    folder = shutil.copytree(RUNS / "0.1", tmp_path / "runs")
    path = folder / "cox" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    verify(folder, "cox", 7)
