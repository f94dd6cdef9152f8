# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""A config in several files is one config: on every rank, in what the run signs, and when one of the files changes."""
import pytest

from conftest import Checkout

TRAIN = "configs/lung/train.yaml"
CONFIG, OK = 3, 0


@pytest.fixture
def lung(tmp_path):
    return Checkout(tmp_path).prepare("lung")


def test_an_included_file_is_part_of_the_run(lung):
    lung.train(TRAIN, output="out/run", np=2)
    out = lung.run("verify", "out/run", "--key", "out/lung/keys/operator.pub.pem")
    assert "verified" in out
    # As of the config itself: what decides bits and is changed in an included file makes another run, and nothing else does.
    parties = lung.path("configs/lung/parties.yaml")
    text = parties.read_text()
    parties.write_text(text.replace("jurisdiction: US\n", "jurisdiction: US\n    access_log: <name>.log\n"))
    assert "the training there is finished already" in lung.run("train", TRAIN, "--output", "out/run", "--resume", "latest", np=2)
    parties.write_text(text.replace("[north, south, east, west]", "{north: {name: northern}, south: , east: , west: }"))
    out = lung.run("train", TRAIN, "--output", "out/run", "--resume", "latest", np=2, code=CONFIG)
    assert "resolved.yaml: the run there began with another config" in out


@pytest.mark.parametrize("np", [None, 4])
def test_errors_name_the_file_that_has_them(lung, np):
    parties = lung.path("configs/lung/parties.yaml")
    text = parties.read_text()
    line = 1 + text[:text.index("public_key")].count("\n")
    parties.write_text(text.replace("public_key", "key", 1))
    out = lung.run("check", TRAIN, np=np, code=CONFIG)
    assert f'configs/lung/parties.yaml:{line}:5: domains.0.key: is called "public_key" now' in out, out
    assert "domains.1.key" not in out, out  # said once of all that the entry is for
    parties.unlink()
    out = lung.run("check", TRAIN, np=np, code=CONFIG)
    assert "configs/lung/train.yaml:10:10: include: configs/lung/parties.yaml: " in out, out
    assert out.count("parties.yaml") == 1, out
