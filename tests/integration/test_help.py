# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Every command explains itself, under mpirun too, and --version says what the program is made of."""
import re
import subprocess

import pytest
from conftest import PROGRAM

COMMANDS = ["keygen", "ingest", "policy", "policy sign", "policy show", "policy check", "registry", "registry publish", "registry withdraw", "trust", "trust sign", "site", "site sign", "site show", "inspect", "check", "describe", "train",
            "evaluate", "predict", "access-log", "verify", "slurm", "digest"]


def run(*words, launcher=()):
    return subprocess.run([*launcher, PROGRAM, *words], text=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(command, option):
    result = run(*command.split(), option)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"usage: bailiwick {command} ")


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in ("policy", "registry", "registry withdraw", "trust", "site", "digest")])
def test_a_word_too_many_is_named(command):
    result = run(*command.split(), "one", "two", "three")
    assert (result.returncode, result.stderr.splitlines()[0]) == (2, 'bailiwick: unexpected "two"')
    assert f"usage: bailiwick {command}" in result.stderr


def test_a_time_without_quotes_or_in_minutes():
    for words, message in ((["--wall-time", "5", "minutes"], 'unexpected "minutes"'),
                           (["--wall-time", "300"], '--wall-time: "300" is not a time as HH:MM:SS or D-HH:MM:SS')):
        result = run("train", "absent.yaml", *words)
        assert result.returncode == 2 and result.stderr.startswith("bailiwick: " + message), result.stderr


def test_help_names_every_command():
    result = run("--help")
    assert (result.returncode, result.stderr) == (0, "")
    named = re.findall(r"^  ([\w-]+) +\w", result.stdout, re.M)
    assert named == list(dict.fromkeys(command.split()[0] for command in COMMANDS))


def test_no_command_is_a_usage_error_that_helps():
    result = run()
    assert result.returncode == 2
    assert result.stdout == run("--help").stdout


def test_help_comes_once_from_several_ranks():
    result = run("train", "--help", launcher=["mpirun", "-np", "3"])
    assert result.returncode == 0
    assert result.stdout.count("usage: bailiwick train") == 1


def test_version():
    result = run("--version")
    assert (result.returncode, result.stderr) == (0, "")
    assert re.match(r"bailiwick \d+\.\d+\.\d+ \(\w", result.stdout)
    for library in ["Kokkos", "PETSc", "MPI", "HDF5"]:
        assert re.search(rf"^{library} .*\d", result.stdout, re.M), f"{library} in\n{result.stdout}"
