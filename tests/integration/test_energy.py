# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What a stage costs: measured or null with a reason, modelled only if the config says how, and no part of what the run is."""
import json
import pathlib

import pytest

from conftest import Checkout
from test_policies import Stays

CONFIG = 3
ENERGY = "energy={model: {watts_per_core: 8}, grid_intensity: {CH: 36, DE: 380}, embodied_per_node_hour: 25}"
COUNTERS = [path for pattern in ("class/powercap/intel-rapl*", "cray/pm_counters/energy") for path in pathlib.Path("/sys").glob(pattern)]


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    """plain and told: the same run, the second with a section `energy`; both evaluated."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("energy")))
    for folder, words in (("plain", ()), ("told", ("--set", ENERGY))):
        stays.run("train", "run.yaml", "--output", folder, *words)
        stays.run("evaluate", "run.yaml", "--output", folder, *words)
    return stays


def record(stays, name):
    return json.loads(stays.path(name).read_text())


def test_measured_or_null_with_a_reason(stays):
    for name in ("plain/run.json", "plain/evaluate.run.json", "told/run.json"):
        costs = record(stays, name)["costs"]
        node, = costs["nodes"]
        assert (node["joules"] is None) == ("reason" in node) and node["joules"] != 0
        assert node["jurisdiction"] == "CH" and node["ranks"] == 1 and node["processor_seconds"] > 0 and costs["seconds"] > 0
        if not COUNTERS:
            assert node["source"] is None and node["reason"] == "the node shows no counter of energy"
            assert costs["measured"]["joules"] is costs["measured"]["grams_co2e"] is costs["measured"]["sci"] is None
    assert record(stays, "plain/run.json")["costs"]["modelled"] is None


@pytest.mark.parametrize("name", ["run.json", "evaluate.run.json"])
def test_modelled_beside_it(stays, name):
    costs = record(stays, f"told/{name}")["costs"]
    node, = costs["nodes"]
    modelled = costs["modelled"]
    assert modelled["joules"] == node["modelled_joules"] == pytest.approx(8 * node["processor_seconds"], rel=1e-12)
    assert modelled["grams_co2e"] == pytest.approx(modelled["joules"] / 3.6e6 * 36, rel=1e-12)
    assert costs["embodied_grams_co2e"] == pytest.approx(25 * costs["seconds"] / 3600, rel=1e-12)
    assert costs["rows"] == 72 and modelled["sci"] == pytest.approx((modelled["grams_co2e"] + costs["embodied_grams_co2e"]) / 0.072, rel=1e-12)
    assert modelled["sci_is_of"] == "operation and embodied"


def test_parts_that_were_not_given(stays):
    stays.run("train", "run.yaml", "--output", "operation", "--set", "energy={model: {watts_per_core: 8}, grid_intensity: {CH: 36}}")
    costs = record(stays, "operation/run.json")["costs"]
    assert costs["embodied_grams_co2e"] is None and costs["modelled"]["sci_is_of"] == "operation alone"
    assert costs["modelled"]["sci"] == pytest.approx(costs["modelled"]["grams_co2e"] / 0.072, rel=1e-12)
    stays.run("train", "run.yaml", "--output", "elsewhere", "--set", "energy={model: {watts_per_core: 8}, grid_intensity: {DE: 380}}")
    modelled = record(stays, "elsewhere/run.json")["costs"]["modelled"]
    assert modelled["joules"] > 0 and modelled["grams_co2e"] is None and modelled["sci"] is None


def test_a_node_counts_once(stays):
    stays.run("train", "run.yaml", "--output", "ranks", "--set", ENERGY, np=3)
    costs = record(stays, "ranks/run.json")["costs"]
    node, = costs["nodes"]
    assert node["ranks"] == 3 and costs["modelled"]["joules"] == node["modelled_joules"]


def test_it_is_no_part_of_the_run(stays):
    assert stays.checkout.digest("plain/model.h5") == stays.checkout.digest("told/model.h5")
    for name in ("inputs.json", "evaluate.inputs.json"):
        plain, told = (record(stays, f"{folder}/{name}") for folder in ("plain", "told"))
        assert plain["identity"] == told["identity"] and "energy" not in told["given"]
    assert "costs" not in stays.path("told/lineage.jsonl").read_text()
    stays.run("verify", "told", "--key", "operator.pub.pem")


def test_report_and_compare(stays):
    stays.run("report", "told", "--key", "operator.pub.pem")
    page = stays.path("told/report.html").read_text()
    assert "energy, measured" in page and "energy, by the model of the config" in page and "a thousand rows (operation and embodied)" in page
    assert COUNTERS or "not known: the node shows no counter of energy" in page
    told = json.loads(stays.run("compare", "plain", "told", "--format", "json"))["b"]
    assert told["joules_modelled"] == record(stays, "told/run.json")["costs"]["modelled"]["joules"]
    assert "joules_modelled" in stays.run("compare", "plain", "told")


@pytest.mark.parametrize("words, text", [("energy={model: {watts_per_core: 0}}", "energy.model.watts_per_core"), ("energy={model: {}}", "watts_per_core"),
                                         ("energy={grid_intensity: {Switzerland: 36}}", "energy.grid_intensity"), ("energy={grid_intensity: {CH: -1}}", "energy.grid_intensity"),
                                         ("energy={embodied_per_node_hour: -1}", "energy.embodied_per_node_hour"), ("energy={watts: 3}", "energy.watts")])
def test_what_is_no_section(stays, words, text):
    assert text in stays.run("train", "run.yaml", "--output", "never", "--set", words, code=CONFIG)
