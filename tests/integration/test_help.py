# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Every command explains itself, under mpirun too, and --version says what the program is made of."""
import json
import os
import re
import subprocess

import pytest
from conftest import PROGRAM, SOURCE

COMMANDS = ["keygen", "ingest", "policy", "policy sign", "policy show", "policy check", "policy profile", "registry", "registry publish", "registry withdraw", "budget", "budget plan", "budget show", "trust", "trust sign", "site", "site sign", "site show", "inspect", "check", "describe", "survival", "label", "train",
            "evaluate", "predict", "attribute", "explain", "quality", "monitor", "access-log", "owner", "verify", "check-output", "approve", "refuse", "withdraw", "release", "deploy", "deploy init", "deploy add", "deploy promote", "deploy retire", "deploy rollback", "deploy withdraw", "deploy show", "countersign", "report", "reproduce", "trace", "forget", "export", "compare", "lrtest", "wald", "meta", "line", "slurm", "digest", "schema", "help"]


def run(*words, launcher=()):
    return subprocess.run([*launcher, PROGRAM, *words], text=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(command, option):
    result = run(*command.split(), option)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.split("\n")[0].startswith(f"usage: bailiwick {command}")


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in ("policy", "policy profile", "registry", "registry withdraw", "budget", "trust", "site", "release", "deploy", "compare", "lrtest", "wald", "meta", "digest", "help")])
def test_a_word_too_many_is_named(command):
    result = run(*command.split(), "one", "two", "three")
    assert (result.returncode, result.stderr.splitlines()[0]) == (2, 'bailiwick: unexpected "two"')
    assert f"usage: bailiwick {command}" in result.stderr


def test_a_time_without_quotes_or_in_minutes():
    for words, message in ((["--wall-time", "5", "minutes"], 'unexpected "minutes"'),
                           (["--wall-time", "300"], '--wall-time: "300" is not a time as HH:MM:SS or D-HH:MM:SS')):
        result = run("train", "absent.yaml", *words)
        assert result.returncode == 2 and result.stderr.startswith("bailiwick: " + message), result.stderr


def test_tasks_of_slurm_that_do_not_know_each_other():
    """`srun` without an MPI that it can start: each would train alone."""
    slurm = {"SLURM_JOB_ID": "77", "SLURM_STEP_ID": "0", "SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "2"}
    result = subprocess.run([PROGRAM, "train", "absent.yaml"], text=True, capture_output=True, timeout=60, env={**os.environ, **slurm})
    assert result.returncode == 2 and "Slurm started 4 tasks, but MPI sees 1" in result.stderr, result.stderr
    del slurm["SLURM_STEP_NUM_TASKS"]
    pmi = subprocess.run([PROGRAM, "train", "absent.yaml"], text=True, capture_output=True, timeout=60, env={**os.environ, **slurm, "PMI_SIZE": "4"})  # of its own
    assert pmi.returncode == 2 and "Slurm started 4 tasks, but MPI sees 1" in pmi.stderr, pmi.stderr
    for launcher, alone in (["mpirun", "-np", "1"], {"SLURM_STEP_NUM_TASKS": "4"}), ([], {"SLURM_STEP_NUM_TASKS": "1"}), ([], {}):  # a job of four tasks, of which this takes one
        result = subprocess.run([*launcher, PROGRAM, "train", "absent.yaml"], text=True, capture_output=True, timeout=60, env={**os.environ, **slurm, **alone})
        assert "Slurm started" not in result.stderr and "absent.yaml" in result.stderr


def test_help_names_every_command():
    result = run("--help")
    assert (result.returncode, result.stderr) == (0, "")
    named = re.findall(r"^  ([\w-]+) +\w", result.stdout, re.M)
    assert named == list(dict.fromkeys(command.split()[0] for command in COMMANDS))


def test_help_as_json_is_what_help_says():
    described = json.loads(run("help", "--json").stdout)
    commands = [f"{command['name']} {part['name']}".split() for command in described["commands"] for part in command.get("commands", [{"name": ""}])]
    assert commands == [command.split() for command in COMMANDS if command not in ("policy", "registry", "budget", "trust", "site", "deploy")]
    for words in commands:
        command = next(c for c in described["commands"] if c["name"] == words[0])
        assert command["summary"] in run("--help").stdout
        part = next(p for p in command.get("commands", [command]) if p["name"] == words[-1])
        told = " ".join(run(*words, "--help").stdout.split())
        assert (SOURCE / part["page"]).exists() and part["page"] in told
        assert f"usage: bailiwick {part['usage']} {' '.join(part['about'].split())}" in told
        for option in part["options"]:
            assert f"--{option['name']} {option['argument'] or ''}".strip() in told and " ".join(option["help"].split()) in told
    train = json.loads(run("help", "train", "--json").stdout)["commands"]
    assert [command["name"] for command in train] == ["train"]
    assert {"name": "set", "argument": "arg", "required": False, "help": "KEY=VALUE: override a key of the config, e.g. train.method=lbfgs"} in train[0]["options"]


def test_help_of_a_command():
    assert run("help").stdout == run("--help").stdout
    assert run("help", "policy", "sign").stdout == run("policy", "sign", "--help").stdout
    assert run("help", "policy").stdout == run("policy", "--help").stdout
    result = run("help", "tarin")
    assert result.returncode == 2 and 'unknown command "tarin" (did you mean "train"?)' in result.stderr


def test_the_readme_lists_these_commands_and_exit_codes():
    described = json.loads(run("help", "--json").stdout)
    section = (SOURCE / "README.md").read_text().split("## Commands")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w-]+)(?: ([\w|\\]+))?", section, re.M)
    wanted = [(command["name"], "|".join(part["name"] for part in command.get("commands", []))) for command in described["commands"]]
    found = [(name, parts.replace("\\", "") if parts.islower() else "") for name, parts in rows]
    assert found == wanted, "the table of commands in README.md is not that of `bailiwick help`"
    for code in described["exit_codes"]:
        assert re.search(rf"\b{code['code']}\b", section)


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
    version, release, minor, coming = re.match(r"bailiwick (((\d+\.\d+)\.\d+)(-dev)?) \(\w", result.stdout).groups()
    # The same everywhere, and no release that was.
    for file, words in {"CMakeLists.txt": f"project(bailiwick VERSION {release} ", "CITATION.cff": f"version: {version}\n",
                        "README.md": f"\nbailiwick {version} (", "docs/library.md": f"find_package(Bailiwick {minor} "}.items():
        assert words in (SOURCE / file).read_text(), file
    newest, *former = re.findall(r"^## (\S+)", (SOURCE / "CHANGELOG.md").read_text(), re.M)
    assert newest == ("Unreleased" if coming else version) and release not in former
    for library in ["Kokkos", "PETSc", "MPI", "HDF5"]:
        assert re.search(rf"^{library} .*\d", result.stdout, re.M), f"{library} in\n{result.stdout}"
