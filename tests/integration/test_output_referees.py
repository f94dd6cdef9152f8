# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""check-output beside the tools that output checkers use, acro and sacroml, on 740 patients with heart disease: which cells of tables, which groups, which models."""
import csv
import itertools
import json
import os
import pathlib
import re
import subprocess

import pytest

from conftest import SHARED, SOURCE, Checkout, needs_shared, referee
from test_policies import CLINICS, Stays

REFEREES = SOURCE / "build/referees/disclosure"
NOT_CONVERGED = 6
NUMBERS = ["age", "trestbps", "chol", "thalach", "oldpeak"]
CATEGORIES = {"pain": ["typical", "atypical", "other", "none"], "ecg": ["normal", "st_t", "hypertrophy"], "sex": ["f", "m"], "exang": ["no", "yes"],
              "centre": ["cleveland", "hungarian", "switzerland", "va"], "decade": ["20", "30", "40", "50", "60", "70"], "disease": ["no", "yes"]}
TABLES = [list(pair) for pair in itertools.combinations(CATEGORIES, 2)]
MODELS = {"pain": ["pain"], "pain and ecg": ["pain", "ecg"], "pain and centre": ["pain", "centre"], "numbers": NUMBERS}
# One column and one hidden layer of n units: 3 n + 1 parameters, of 740 rows.
NETWORKS = {243: "pass", 244: "fail"}
pytestmark = needs_shared("heart")


def patients():
    for i, row in enumerate(csv.DictReader((SHARED / "data/heart/fed_heart_flamby_split.csv").open())):
        on = {name: float(row[name]) == 1 for name in ("cp_2", "cp_3", "cp_4", "restecg_1", "restecg_2", "sex", "exang", "y")}
        yield {"clinic": CLINICS[i % 3], "gone": int(on["y"]), **{name: row[name] for name in NUMBERS}, "charge": {5: 300000, 6: 290000, 40: 20000}.get(i, 1 + float(row["chol"]) / 4),
               "pain": "atypical" if on["cp_2"] else "other" if on["cp_3"] else "none" if on["cp_4"] else "typical",
               "ecg": "st_t" if on["restecg_1"] else "hypertrophy" if on["restecg_2"] else "normal",
               "sex": "fm"[on["sex"]], "exang": ("no", "yes")[on["exang"]], "disease": ("no", "yes")[on["y"]], "centre": row["center"], "decade": str(int(float(row["age"])) // 10 * 10)}


@pytest.fixture(scope="module")
def heart(tmp_path_factory):
    """The output folders of ours, and what the others say of the same rows."""
    referee("sklearn")
    if not (REFEREES / "acro").exists():
        reason = "build/referees/disclosure is missing; scripts/get-referees build/referees makes it"
        if os.environ.get("BAILIWICK_REFEREES") == "required":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    stays = Stays(Checkout(tmp_path_factory.mktemp("output")))
    rows = list(patients())
    with stays.path("heart.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    columns = [f"{name}: {{role: feature}}" for name in (*NUMBERS, "charge")] + [f"{name}: {{role: feature, type: category, levels: [{', '.join(levels)}]}}" for name, levels in CATEGORIES.items()]
    stays.take("heart", "\n  " + "\n  ".join([*columns, "gone: {role: target, type: boolean}"]) + "\n", "heart-run.yaml")
    config = stays.path("heart-run.yaml").read_text()
    stays.write("heart-run.yaml", config.replace("{kind: linear, target: days}", "{kind: logistic, target: gone, features: [pain]}"))
    stays.write("network.yaml", config.replace("{kind: linear, target: days}", "{kind: mlp, target: gone, features: [age], mlp: {layers: [{units: 4, activation: relu}], loss: binary}}")
                + "train: {descent: {epochs: 1, batch_rows: 740, learning_rate: 1e-3}}\n")
    for clinic in CLINICS:
        stays.terms(clinic, allow="exact_release: true, unmasked_sums: true, per_domain_statistics: true")
    stays.run("describe", "heart-run.yaml", "--output", "described", "--set", f"describe={{tables: {json.dumps(TABLES)}, bins: 0, quantiles: []}}")
    stays.pool("exact_release: true")
    stays.pooled("pooled.yaml", "heart")
    for config in ("heart-run", "pooled"):
        tests = [{"compare": "charge", "by": category} for category in CATEGORIES]
        stays.run("describe", f"{config}.yaml", "--output", f"means-{config}", "--set", f"describe={{tests: {json.dumps(tests)}, bins: 0, quantiles: []}}")
    models = {}
    for name, features in MODELS.items():
        stays.run("train", "heart-run.yaml", "--output", name, "--set", f"model.features={json.dumps(features)}")
        with (stays.path(name) / "coefficients.csv").open() as file:
            fitted = {row["term"]: float(row["estimate"]) for row in csv.DictReader(file)}
        terms = [(next(([feature, term[len(feature) + 1:]] for feature in features if term.startswith(feature + "_")), [term, ""])) for term in fitted if term != "(intercept)"]
        models[name] = [terms, [fitted["(intercept)"], *(value for term, value in fitted.items() if term != "(intercept)")]]
    for units in NETWORKS:
        stays.run("train", "network.yaml", "--output", f"network-{units}", "--set", f"model.mlp.layers=[{{units: {units}, activation: relu}}]")
    freedom = len(rows) - len(NUMBERS) - 1
    question = {"rows": str(stays.path("heart.csv")), "target": "gone", "numbers": NUMBERS, "tables": TABLES, "models": models, "networks": list(NETWORKS), "folder": str(stays.path("theirs")), "magnitude": "charge", "categories": list(CATEGORIES),
                "freedom": [freedom, freedom + 1]}
    stays.write("question.json", json.dumps(question))
    done = subprocess.run(["/usr/bin/python3", pathlib.Path(__file__).with_name("output_referees.py"), stays.path("question.json")], text=True, capture_output=True, timeout=300,
                          env={**os.environ, "PYTHONPATH": str(REFEREES), "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stderr
    return stays, rows, json.loads(done.stdout.splitlines()[-1])


def checks(stays, folder, *words, code=None):
    return {(one["artefact"], one["rule"]): one for one in json.loads(stays.run("check-output", folder, "--key", "operator.pub.pem", "--json", *words, code=code))["checks"]}


def against(stays, folder, rule, artefact="description.json", *words):
    """All that does not meet a rule; a record has 20 examples, so tables are asked one by one."""
    found = checks(stays, folder, *words)[artefact, rule]
    assert found["against"] == len(found["examples"]), "more than a record shows"
    return found["examples"]


def test_cells_of_tables(heart):
    """Every cell that acro calls too small is one that fails; every empty one is a disclosure of its line."""
    stays, rows, theirs = heart
    small = empty = 0
    for table, cells in zip(TABLES, theirs["crosstabs"]):
        out = "table-" + "-".join(table)
        stays.run("describe", "heart-run.yaml", "--output", out, "--set", f"describe={{tables: {json.dumps([table])}, bins: 0, quantiles: []}}")
        ours = {rule: {tuple(re.match(rf"{table[0]} (\w+), {table[1]} (\w+): ", example).groups()) for example in against(stays, out, rule) if example.startswith(f"{table[0]} ") and ", " in example}
                for rule in ("minimum count", "class disclosure")}
        wanted = {rule: {(row, column) for row, column, check in cells if check == rule} for rule in ("threshold", "zero")}
        assert ours["minimum count"] == wanted["threshold"] - wanted["zero"], table  # theirs counts 0 among the small ones
        assert ours["class disclosure"] >= wanted["zero"], table
        # All of a line are in one cell: then the others are empty.
        assert {row for row, _ in ours["class disclosure"]} == {row for row, _ in wanted["zero"]}, table
        small += len(ours["minimum count"])
        empty += len(wanted["zero"])
    print(f"{small} cells too small, {empty} empty, in {len(TABLES)} tables")
    assert small > 20 and empty > 3


def test_means_that_few_rows_make(heart):
    """acro's n-k and p% rules of the means of a number by each category: the same of one domain, and no fewer of three, which each see their own."""
    stays, _, theirs = heart
    dominated = 0
    for config in ("pooled", "heart-run"):
        for test in json.loads(stays.path(f"means-{config}/description.json").read_text())["tests"]:
            for group in test["groups"]:
                if group["rows"] == 0:
                    continue
                ours = {rule for rule, found in group["dominance"].items() if found}
                wanted = set(theirs["means"][test["by"]][group["level"]])
                assert ours == wanted if config == "pooled" else ours >= wanted, (test["by"], group)
                dominated += len(wanted)
    assert dominated > 4


def test_groups_of_equal_predictions(heart):
    """Of a model of categories they are the cells of the table of these: sacroml counts rows by what the model says, and describe by what they are."""
    stays, rows, theirs = heart
    for name in ("pain", "pain and ecg", "pain and centre"):
        features, said = MODELS[name], theirs["models"][name]
        counts = {}
        for row in rows:
            key = tuple(row[feature] for feature in features)
            counts[key] = counts.get(key, 0) + 1
        assert said["classes"] == sorted(counts.values()), name
        if len(features) == 1:
            examples = [example for example in checks(stays, "described")["description.json", "minimum count"]["examples"] if example.startswith("pain: ")]
        else:
            examples = [example for example in against(stays, "table-" + "-".join(features), "minimum count") if ", " in example]
        assert said["k_anonymity_risk"] == bool(examples), name
        assert sorted(k for k in said["classes"] if k < 10) == sorted(int(example.rsplit(": ", 1)[1]) for example in examples), name


def test_expected_events_of_groups(heart):
    """Of a model of one category a group's probability times its rows is what was observed: the table of category and event."""
    stays, rows, theirs = heart
    said = theirs["models"]["pain"]
    table = sorted(sum(row["pain"] == level and row["disease"] == disease for row in rows) for level in CATEGORIES["pain"] for disease in CATEGORIES["disease"])
    assert said["expected"] == pytest.approx(table, rel=1e-9)
    assert said["smallgroup_risk"] == any(", disease" in example for example in against(stays, "table-pain-disease", "minimum count")) == any(0 < n < 10 for n in table)
    assert said["class_disclosure_risk"] == (0 in table)


def test_what_no_count_of_ours_tells(heart):
    """Groups of a model of numbers are of one row each: sacroml warns of every such model."""
    said = heart[2]["models"]["numbers"]
    assert said["k_anonymity_risk"] and said["smallgroup_risk"] and min(said["classes"]) == 1 and len(said["classes"]) > 700
    assert not said["class_disclosure_risk"]
    # A group whose every row has no event has a probability of 0 where a model separates: such a training gives no model.
    assert "it separates the outcomes" in heart[0].run("train", "heart-run.yaml", "--output", "separated", "--set", "model.features=[decade]", code=NOT_CONVERGED)


def test_residual_degrees_of_freedom(heart):
    """acro of a regression, at the threshold and one above; sacroml of networks, and of regressions it counts no parameters."""
    stays, rows, theirs = heart
    for threshold, (status, summary) in theirs["logit"].items():
        found = checks(stays, "numbers", "--minimum-freedom", threshold)["model.h5", "residual degrees of freedom"]
        assert found["verdict"] == status and f"dof={len(rows) - len(NUMBERS) - 1} " in summary
    assert sorted(status for status, _ in theirs["logit"].values()) == ["fail", "pass"]
    for units, verdict in NETWORKS.items():
        said = theirs["networks"][str(units)]
        found = checks(stays, f"network-{units}")["model.h5", "residual degrees of freedom"]
        assert said["parameters"] == 3 * units + 1 and found["verdict"] == verdict and said["dof_risk"] == (verdict == "fail")
        if verdict == "fail":
            assert found["examples"] == [f"740 rows less {said['parameters']} parameters"]
    assert theirs["models"]["numbers"]["parameters"] == 0
