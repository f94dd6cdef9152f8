# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Bad input ends in the promised exit code and one message, on any number of ranks, and leaves nothing half-done.

docs/exit-codes.md is the table of these promises.
"""
import base64
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess

import h5py
import numpy
import pytest

USAGE, CONFIG, POLICY, DATA, NOT_CONVERGED, INTEGRITY = 2, 3, 4, 5, 6, 7
LUNG = "configs/lung/train.yaml"
LOGISTIC = "configs/lung/logistic.yaml"
NORTH = "out/lung/partitions/north.h5"
MANIFEST = "out/lung/partitions/north.manifest.json"
TERMS = "out/lung/policies/north.policy.json"


@pytest.fixture(params=[1, 4], ids="np={}".format)
def np(request):
    return request.param


@pytest.fixture
def lung(jobs, tmp_path):
    """The prepared lung job, one's own to damage."""
    return jobs("lung").copy(tmp_path)


@pytest.fixture(scope="session")
def trained(jobs, tmp_path_factory):
    """The lung job with a finished run in out/lung/run."""
    checkout = jobs("lung").copy(tmp_path_factory.mktemp("trained"))
    checkout.run("train", LUNG)
    return checkout


@pytest.fixture(scope="session")
def extended(jobs, tmp_path_factory):
    """The lung job with a feature that repeats the age ("twin") and one that tells the outcome ("fate")."""
    checkout = jobs("lung").copy(tmp_path_factory.mktemp("extended"))
    table = checkout.path("data/lung/lung.csv")
    rows = list(csv.DictReader(table.open()))
    with table.open("w") as file:
        writer = csv.DictWriter(file, [*rows[0], "twin", "fate"])
        writer.writeheader()
        writer.writerows(dict(row, twin=row["age"], fate=row["status"]) for row in rows)
    edit(checkout, "configs/lung/ingest.yaml", "  ph.ecog:", "  twin: {role: feature}\n  fate: {role: feature}\n  ph.ecog:")
    checkout.run("ingest", "configs/lung/ingest.yaml", "--force")
    return checkout


def edit(checkout, name, old, new):
    path = checkout.path(name)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def flip(path, offset):
    """Flips one bit of one byte."""
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def offset_of(path, values):
    """Where these float64 values lie in a file."""
    return path.read_bytes().index(numpy.asarray(values, "<f8").tobytes())


def message(output):
    """The one message of a failed command, without what mpirun adds."""
    output = re.split(r"^-{50,}$", output, flags=re.M)[0]
    assert "internal error" not in output and "terminate called" not in output, output
    found = re.findall(r"^bailiwick: (?:rank \d+: )?(.*)", output, re.M | re.S)
    assert len(found) == 1 and "\nbailiwick: " not in found[0], output
    return found[0].rstrip("\n")


def fails(checkout, *words, np=1, code, says):
    """The command ends with this code, in time, and its message matches the pattern `says`."""
    output = checkout.run(*words, np=np if np > 1 else None, code=code, timeout=20)
    assert re.fullmatch(says, message(output), re.S), message(output)
    return output


def train_fails(checkout, config, *words, np, code, says, output="out/failed"):
    fails(checkout, "train", config, "--output", output, *words, np=np, code=code, says=says)
    left = [p.name for p in checkout.root.rglob("*") if ".tmp" in p.name or (p.name == "model.h5" and output in str(p))]
    assert not left, left


def override(**values):
    return [word for key, value in values.items() for word in ("--set", f"{key}={value}")]


def sign_policy(checkout, old, new, key="north"):
    """Replaces the policy of north by one with other terms, or another's signature."""
    edit(checkout, "configs/lung/policy-north.yaml", old, new)
    checkout.run("policy", "sign", "configs/lung/policy-north.yaml", "--key", f"out/lung/keys/{key}.pem",
                 "--output", TERMS, "--force")


# What is typed: exit code 2.

@pytest.mark.parametrize("words,says", [
    (["trian"], r'unknown command "trian" \(did you mean "train"\?\); see bailiwick --help'),
    (["policy", "sing"], r'unknown command "policy sing"; there are sign, show and check'),
    (["digest"], r"MODEL is missing\nusage: bailiwick digest MODEL\.\.\."),
    (["verify", "out", "--kye", "a"], r'unknown option --kye \(did you mean "--key"\?\)\nusage: .*'),
])
def test_usage(jobs, words, says):
    fails(jobs("lung"), *words, code=USAGE, says=says)


@pytest.mark.parametrize("words,says", [
    ([], r"CONFIG is missing\nusage: bailiwick train CONFIG \[options\]"),
    ([LUNG, "--sett", "a=b"], r'unknown option --sett \(did you mean "--set"\?\)\nusage: .*'),
    ([LUNG, "--set", "train.method"], r"--set train\.method: write KEY=VALUE, e\.g\. --set train\.method=lbfgs"),
])
def test_usage_of_a_job(jobs, np, words, says):
    fails(jobs("lung"), "train", *words, np=np, code=USAGE, says=says)


# What the config says: exit code 3, and the place.

@pytest.mark.parametrize("old,new,says", [
    ("  method: newton", "  metod: newton",
     r'configs/lung/train\.yaml:52:3: train\.metod: unknown key; allowed: method, .* \(did you mean "method"\?\)'),
    ("  method: newton", "  method: newtn",
     r'configs/lung/train\.yaml:52:11: train\.method: unknown value "newtn"; allowed: .* \(did you mean "newton"\?\)'),
    ("  time: time\n", "", r"configs/lung/train\.yaml:43:3: model\.time: kind: cox needs the column of times"),
    ("  kind: cox\n", "", r"configs/lung/train\.yaml:43:3: model\.kind: required key is missing"),
    ("version: 1", "version: 1\nversion: 1", r"configs/lung/train\.yaml:7:1: version: .*twice.*"),
    ("[age,", "[[age,", r"configs/lung/train\.yaml:\d+:\d+: .*"),
    ("features: [age,", "features: [agee,",
     r'model\.features: the partitions have no feature "agee"; they have: age, .* \(did you mean "age"\?\)'),
])
def test_config(lung, np, old, new, says):
    edit(lung, LUNG, old, new)
    train_fails(lung, LUNG, np=np, code=CONFIG, says=says)


@pytest.mark.parametrize("values,says", [
    ({"domains.0.ranks": "[7]"}, r"domain north: rank 7 does not exist; the job has \d ranks?"),
    ({"train.petsc_options": "-tao_lmvm_m 3"}, r".*train\.petsc_options: only used with method: lbfgs or newton-krylov"),
    ({"train.petsc_options": "-no_such_option 3", "train.method": "lbfgs"},
     r"train\.petsc_options: lmvm does not know -no_such_option"),
    ({"train.petsc_options": "no_such_option", "train.method": "lbfgs"},
     r'train\.petsc_options: "no_such_option" is neither an option \(-name\) nor the value of one'),
    ({"train.split": "test"}, r'.*no split "test".*'),
])
def test_override(lung, np, values, says):
    train_fails(lung, LUNG, *override(**values), np=np, code=CONFIG, says=says)


def test_idle_rank(lung):
    ranks = override(**{f"domains.{i}.ranks": "[0]" for i in range(4)})
    train_fails(lung, LUNG, *ranks, np=2, code=CONFIG,
                says=r"rank 1 holds no domain; name it under a domain's `ranks`, or start fewer ranks")


# Files that are missing.

@pytest.mark.parametrize("name,code,says", [
    (LUNG, CONFIG, r"configs/lung/train\.yaml: cannot open: No such file or directory"),
    (NORTH, DATA, r"/.*/north\.h5: cannot open: No such file or directory"),
    (MANIFEST, DATA, r"/.*/north\.manifest\.json: no such manifest; its owner must sign /.*/north\.h5 first"),
    (TERMS, DATA, r"/.*/north\.policy\.json: cannot open: No such file or directory"),
    ("out/lung/keys/north.pub.pem", CONFIG, r"/.*/north\.pub\.pem: cannot open: No such file or directory"),
    ("out/lung/keys/operator.pem", CONFIG, r"/.*/operator\.pem: cannot open: No such file or directory"),
])
def test_missing_file(lung, np, name, code, says):
    lung.path(name).unlink()
    train_fails(lung, LUNG, np=np, code=code, says=says)


@pytest.mark.parametrize("words", [["digest", "none.h5"], ["inspect", "none.h5"], ["policy", "show", "none.h5"],
                                   ["evaluate", LUNG, "--model", "none.h5"]])
def test_missing_argument(jobs, words):
    fails(jobs("lung"), *words, code=DATA, says=r"none\.h5: cannot open: No such file or directory")


# Files that are damaged: nothing computed from them gets a name.

@pytest.mark.parametrize("part", [0.3, 0.9])
def test_truncated_partition(lung, np, part):
    size = lung.path(NORTH).stat().st_size
    os.truncate(lung.path(NORTH), int(part * size))
    train_fails(lung, LUNG, np=np, code=DATA, says=r"/.*/north\.h5: cannot open: truncated file.*")


def test_flipped_row(lung, np):
    with h5py.File(lung.path(NORTH)) as file:
        row = file["features"][20]
    flip(lung.path(NORTH), offset_of(lung.path(NORTH), row))
    train_fails(lung, LUNG, np=np, code=INTEGRITY, says=r"/.*/north\.h5: block 1 \(rows 16 to 31\) does not match its digest: "
                r"damaged or changed since it was signed")


@pytest.mark.parametrize("name,code", [(MANIFEST, INTEGRITY), (TERMS, POLICY)])
@pytest.mark.parametrize("place,says", [('payload":"', r".*: the signature by key [0-9a-f]{64} does not hold: changed after it was signed"),
                                        ('sig":"', r".*: (the signature by key .* does not hold: changed after.*|\"sig\" .*)"),
                                        ('keyid":"', r".*: signed by key .*, which is none of the trusted ones \([0-9a-f]{64}\)"),
                                        ('{', r".*: not valid JSON near byte 1")])
def test_flipped_document(lung, np, name, code, place, says):
    text = lung.path(name).read_text()
    flip(lung.path(name), text.index(place) + (len(place) + 40 if '"' in place else 0))
    train_fails(lung, LUNG, np=np, code=code, says=r"/.*/north\." + says[2:] if False else says)
