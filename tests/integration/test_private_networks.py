# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Networks that are trained along noisy sums of a few rows' shortened gradients, drawn by chance."""
import csv
import io
import json
import signal
import statistics
import subprocess

import pytest

from conftest import PROGRAM, Checkout
from test_privacy import CONFIG, DOMAINS, POLICY, RUN, Clinics

NETWORK = RUN.replace("model: {kind: logistic, target: event, features: [age, dose, ward], l2: 0.1}",
                      "model: {kind: mlp, target: event, features: [age, dose, ward], mlp: {layers: [{units: 8}], loss: binary}}").replace(
    "train: {split: train}", "train: {split: train, descent: {epochs: 5, learning_rate: 0.02}}").replace(
    "unit_rows: 2}", "sample_rate: 0.1}")


@pytest.fixture
def clinics(tmp_path):
    clinics = Clinics(Checkout(tmp_path))
    clinics.write("run.yaml", NETWORK + clinics.domains)
    return clinics


def more_budget(clinics):
    clinics.serial += 1
    for name in DOMAINS:
        clinics.terms(name, epsilon="100000")


def plan_of(clinics, *words):
    return next(plan for plan in json.loads(clinics.run("budget", "plan", "run.yaml", *words, "--json")) if plan["stage"] == "train")


def parameters(clinics, output):
    import h5py
    with h5py.File(clinics.path(f"{output}/model.h5")) as model:
        return list(model["arrays/parameters"][:])


def auc(clinics, output, *words):
    clinics.run("evaluate", "run.yaml", "--output", output, "--set", "privacy.statistics_epsilon=20000", *words)
    return json.loads(clinics.path(f"{output}/evaluation.json").read_text())["overall"]["auc"]


def test_a_training_is_charged_what_was_planned(clinics):
    plan = plan_of(clinics)
    assert plan["releases"][0]["name"] == "gradient" and plan["releases"][0]["times"] == 50
    text = clinics.train(np=3)
    assert "epsilon 2 at delta 1e-06 for each unit's row" in text and "10 steps an epoch" in text
    run = json.loads(clinics.path("run/run.json").read_text())["results"]
    assert run["steps"] == 50 and run["epochs"] == 5 and "loss" not in run
    assert run["privacy"]["releases"][0]["sampled"] == pytest.approx(0.1)
    clinics.run("verify", "run", "--key", "operator.pub.pem")
    clinics.run("evaluate", "run.yaml", "--output", "run", np=2)
    for name in DOMAINS:
        train, evaluation = clinics.shown(name)["charges"]
        assert train["settled"] and train["share"] == pytest.approx(plan["domains"][name]["asks"], rel=1e-9)
    clinics.run("report", "run")
    clinics.run("inspect", "run/model.h5")
    assert "about 96 rows by chance" in clinics.run("check", "run.yaml")


def test_less_noise_where_fewer_rows_are_drawn(clinics):
    noise = [plan_of(clinics, "--set", f"privacy.sample_rate={rate}", "--set", f"train.descent.epochs={epochs}")["releases"][0]
             for rate, epochs in ((0.01, 1), (0.1, 10), (1, 100))]
    assert [release["times"] for release in noise] == [100] * 3
    assert noise[0]["noise"] < 0.5 * noise[1]["noise"] < 0.25 * noise[2]["noise"]


def test_other_noise_and_other_rows_each_time(clinics):
    models = []
    for i, np in enumerate((None, 2, 3)):
        clinics.train(np=np, output=f"run-{i}", code=0)
        models.append(parameters(clinics, f"run-{i}"))
    assert models[0] != models[1] != models[2]


def test_with_little_noise_it_learns_as_without(clinics):
    more_budget(clinics)
    words = ("--set", "privacy.epsilon=20000", "--set", "train.descent.epochs=30")
    clinics.train(*words, output="noisy", np=3)
    assert auc(clinics, "noisy", *words) > 0.77


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error", "huber", "poisson"])
def test_other_losses(clinics, loss):
    more_budget(clinics)
    target = {"cross_entropy": "size", "poisson": "visits"}.get(loss, "score")
    rows = list(csv.DictReader(io.StringIO(clinics.path("rows.csv").read_text())))
    if loss == "cross_entropy":
        ingest = clinics.path("ingest.yaml").read_text().replace("  visits: {role: target, minimum: 0, maximum: 40}",
                                                                 "  size: {role: target, type: category, levels: [small, middle, large]}")
        clinics.write("ingest.yaml", ingest)
        for row in rows:
            row["size"] = ("small", "middle", "large")[int(1.4 * float(row["dose"]) + 1.5)]
            del row["visits"]
        clinics.write("rows.csv", "\n".join(",".join(row.values() if i else rows[0]) for i, row in enumerate([{}, *rows])) + "\n")
        clinics.run("ingest", "ingest.yaml", "--force")
    words = ("--set", "privacy.epsilon=20000", "--set", f"model.mlp.loss={loss}", "--set", f"model.target={target}", "--set", "train.descent.epochs=30")
    clinics.train(*words, np=2)
    clinics.run("predict", "run.yaml", *words)
    with open(clinics.path("run/predictions/bern/bern.csv")) as file:
        predicted = list(csv.DictReader(file))
    own = [row for row in rows if row["clinic"] == "bern"]
    assert len(own) == len(predicted)
    if loss == "cross_entropy":
        right = sum(row["size"] == max(("small", "middle", "large"), key=lambda size: float(said[f"probability_{size}"])) for row, said in zip(own, predicted))
        assert right > 0.8 * len(own)
        return
    given, said = [float(row[target]) for row in own], [float(row.get("mean") or row["rate"]) for row in predicted]
    assert statistics.correlation(given, said) > (0.3 if loss == "poisson" else 0.85)
    assert statistics.fmean(said) == pytest.approx(statistics.fmean(given), abs=1.2)  # batches and noise of keys made anew


def test_a_training_that_stops_goes_on(clinics):
    words = ("--set", "train.descent.epochs=400", "--set", "train.checkpoint.keep_last=1")
    job = subprocess.Popen([PROGRAM, "train", "run.yaml", *words], cwd=clinics.checkout.root, stdout=subprocess.PIPE, text=True)
    while not job.stdout.readline().strip().startswith("20 "):
        assert job.poll() is None
    job.send_signal(signal.SIGTERM)
    job.communicate()
    assert job.returncode == 75
    clinics.train(*words, "--resume", "latest")
    assert json.loads(clinics.path("run/run.json").read_text())["results"]["steps"] == 4000
    plan = plan_of(clinics, *words)
    for name in DOMAINS:
        charges = clinics.shown(name)["charges"]
        assert len(charges) == 2 and all(charge["settled"] for charge in charges)
        assert sum(charge["share"] for charge in charges) == pytest.approx(plan["domains"][name]["asks"], rel=1e-9)


def test_what_is_refused(clinics):
    for word, why in (("model.mlp.loss=cox", "that is no sum over rows"), ("train.descent.early_stopping.split=test", "no loss is told"),
                      ("train.descent.batch_rows=64", "privacy.sample_rate says"), ("privacy.unit_rows=2", "of a unit there may be one"),
                      ("privacy.rounds=7", "not used with model.kind: mlp"), ("privacy.sample_rate=1.5", "privacy.sample_rate"),
                      ("model.standardise=per_domain", "declared ranges bring columns"), ("privacy.sample_rate=1e-6", "2^23 steps or more")):
        words = ["--set", word] + (["--set", "train.descent.epochs=100"] if "1e-6" in word else [])
        assert why in clinics.train(*words, output="x", code=CONFIG), word
    text = clinics.path("run.yaml").read_text()
    clinics.write("run.yaml", text.replace("train: {split: train,", "train: {split: train, method: sgd, federated: {strategy: fedavg},").replace("epochs: 5, ", ""))
    assert "every step has noise" in clinics.train(output="x", code=CONFIG)
    clinics.write("run.yaml", text.replace("layers: [{units: 8}]", "layers: [{units: 8, dropout: 0.5}]").replace("features: [age", "missing: {age: drop}, features: [age"))
    assert "would change what is dropped out" in clinics.train(output="x", code=CONFIG)
    clinics.write("run.yaml", text.replace("kind: mlp", "kind: logistic").replace(", mlp: {layers: [{units: 8}], loss: binary}", "").replace(
        ", descent: {epochs: 5, learning_rate: 0.02}", ""))
    assert "only used with model.kind: mlp" in clinics.train(output="x", code=CONFIG)


def test_vectors_of_categories_layer_norm_and_dropout(clinics):
    text = clinics.path("run.yaml").read_text()
    clinics.write("run.yaml", text.replace("mlp: {layers: [{units: 8}]", "mlp: {embeddings: {ward: 3}, layers: [{units: 8, layer_norm: true, dropout: 0.2}]"))
    more_budget(clinics)
    words = ("--set", "privacy.epsilon=20000", "--set", "train.descent.epochs=30")
    clinics.train(*words, np=3)
    assert auc(clinics, "run", *words) > 0.75


def test_no_value_of_a_row_ends_a_training(clinics):
    clinics.spoil()
    for loss, target in (("binary", "event"), ("squared_error", "score"), ("poisson", "visits")):
        clinics.train("--set", f"model.mlp.loss={loss}", "--set", f"model.target={target}", "--set", "privacy.epsilon=0.5", np=2, output=loss)
