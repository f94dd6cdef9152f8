# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Two runs side by side: what differs is named, and nothing else."""
import json
import shutil

import pytest

from conftest import Checkout
from test_policies import Stays

USAGE, DATA = 2, 5


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    stays = Stays(Checkout(tmp_path_factory.mktemp("compare")))
    for clinic in stays.clinics:
        stays.terms(clinic)
    for output, words, np in (("one", (), 3), ("same", (), 1), ("other", ("--set", "model.features=[age, sex]", "--set", "model.l2=0.5"), 2)):
        stays.train(*words, output=output, np=np)
        stays.run("evaluate", "run.yaml", *words, "--output", output, np=np)
    return stays


def compared(stays, a, b):
    return json.loads(stays.run("compare", a, b, "--format", "json"))


def test_the_same_twice(stays):
    found = compared(stays, "one", "same")
    assert found["same_model"] and found["same_program"] and found["config"] == []
    assert found["partitions"] == {"same": ["bern/bern", "graz/graz", "lyon/lyon"], "differ": [], "only_a": [], "only_b": []}
    assert all(entry["a"] == entry["b"] for entry in found["coefficients"] + found["measures"])
    assert (found["a"]["ranks"], found["b"]["ranks"]) == (3, 1)
    text = stays.run("compare", "one", "same")
    for line in ("model: the same, to the bit", "config: the same in all that decides bits", "rows: the same", "policies: the same"):
        assert line in text


def test_what_differs(stays):
    found = compared(stays, "one", "other")
    assert not found["same_model"] and any(line.startswith("model.l2: ") for line in found["config"])
    terms = {entry["term"]: entry for entry in found["coefficients"]}
    assert "b" not in terms["ward_icu"] and terms["age"]["a"] != terms["age"]["b"]
    own = json.loads(stays.path("other/evaluation.json").read_text())["overall"]
    assert {entry["measure"]: entry["b"] for entry in found["measures"] if entry["domain"] == "overall"} == {k: v for k, v in own.items() if not isinstance(v, list)}
    stays.terms("bern", "minimum: {rows: 2}\n")
    stays.write("stays.csv", stays.path("stays.csv").read_text().replace("lyon,30,", "lyon,31,", 1))
    stays.write("later.yaml", stays.path("ingest.yaml").read_text().replace("output: partitions", "output: later-rows"))
    stays.run("ingest", "later.yaml")
    for end in (".h5", ".manifest.json"):  # salts differ from ingest to ingest, and with them all roots
        shutil.copy(stays.path(f"later-rows/lyon{end}"), stays.path(f"partitions/lyon{end}"))
    stays.train(output="later", np=2)
    found = compared(stays, "one", "later")
    assert found["partitions"]["differ"] == ["lyon/lyon"] and found["policies"] == {"same": ["graz", "lyon"], "differ": ["bern"], "only_a": [], "only_b": []}
    text = stays.run("compare", "one", "later")
    assert "  other rows: lyon/lyon\n" in text and "  other terms: bern\n" in text and "rmse" in text


def test_what_cannot_be_compared(stays):
    assert "compare takes the folders of two runs" in stays.run("compare", "one", code=USAGE)
    assert "partitions: holds no lineage" in stays.run("compare", "one", "partitions", code=DATA)
    assert "--format yaml: text or json" in stays.run("compare", "one", "same", "--format", "yaml", code=USAGE)
