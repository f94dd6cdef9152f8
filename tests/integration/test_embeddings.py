# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Embeddings of categories: one digest over rank counts, maps, pooled or federated, stopped or not, and all that takes models."""
import json

import pytest
from conftest import Checkout

MODEL = ("model={kind: mlp, target: status, features: [age, sex_female, ph.ecog_0, ph.ecog_2, ph.ecog_3, ph.karno], "
         "mlp: {embeddings: EMBEDDINGS, layers: [{units: 6, activation: tanh}], loss: binary}}")
TRAIN = "train={descent: {epochs: 6, batch_rows: 32, block_rows: 8, learning_rate: 0.01, weight_decay: 0.01}}"
EMBEDDINGS = "{ph.ecog: 3}"


def words(embeddings=EMBEDDINGS, *others):
    return ["--set", MODEL.replace("EMBEDDINGS", embeddings), "--set", TRAIN, "--set", "evaluate={per_domain: true}", *others]


@pytest.fixture(scope="module")
def lung(tmp_path_factory):
    """The lung job with a category of more than two levels; level 1 is the reference."""
    job = Checkout(tmp_path_factory.mktemp("embeddings"))
    ingest = job.path("configs/lung/ingest.yaml")
    text = ingest.read_text()
    column = "{role: feature, type: integer, minimum: 0, maximum: 5, description: ECOG score by the physician}"
    assert column in text
    ingest.write_text(text.replace(column, '{role: feature, type: category, levels: ["0", "1", "2", "3"], reference: "1"}'))
    return job.prepare("lung", 1)


@pytest.fixture(scope="module")
def reference(lung):
    return lung.train("configs/lung/train.yaml", *words(), "--set", "train.checkpoint.keep_last=0", output="out/lung/reference", np=1)


@pytest.mark.parametrize("np", [2, 4, 6])
def test_rank_counts(lung, reference, np):
    assert lung.train("configs/lung/train.yaml", *words(), output=f"out/lung/np{np}", np=np) == reference


def test_maps(lung, reference):
    ranks = [w for i, r in enumerate([[1], [0, 1], [1], [0]]) for w in ("--set", f"domains.{i}.ranks={r}")]
    assert lung.train("configs/lung/train.yaml", *words(), *ranks, output="out/lung/map", np=2) == reference


@pytest.mark.parametrize("np", [2, 4])
def test_pooled(lung, reference, np):
    assert lung.train("configs/lung/pooled.yaml", *words(), output=f"out/lung/pooled-{np}", np=np) == reference


def test_resumed(lung, reference):
    digest = lung.train("configs/lung/train.yaml", *words(), "--resume", "out/lung/reference/checkpoints/epoch-000002.h5",
                        output="out/lung/resumed", np=2)
    assert digest == reference
    output = lung.run("train", "configs/lung/train.yaml", *words("{ph.ecog: 4}"), "--resume", "out/lung/reference/checkpoints/epoch-000002.h5",
                      "--output", "out/lung/resumed-4", np=2, code=5)
    assert "not a checkpoint of this training" in output


def test_all_categories(lung):
    """Without indicators at all, and the order of the config does not matter."""
    digests = {lung.train("configs/lung/train.yaml", *words(e), output=f"out/lung/all-{np}", np=np)
               for np, e in ((1, "{ph.ecog: 3, sex: 2}"), (3, "{sex: 2, ph.ecog: 3}"))}
    assert len(digests) == 1


def test_scores(lung, reference):
    """A model is scored alike by any number of ranks, with its own embeddings whatever the config says."""
    found = []
    for np, embeddings in ((1, EMBEDDINGS), (3, "{sex: 2}")):
        lung.run("evaluate", "configs/lung/train.yaml", *words(embeddings), "--model", "out/lung/reference/model.h5",
                 "--output", f"out/lung/scores-{np}", np=np)
        found.append(json.loads(lung.path(f"out/lung/scores-{np}/evaluation.json").read_text())["overall"])
    assert found[0] == found[1]
    assert found[0]["auc"] > 0.5


def test_check_counts_parameters(lung):
    """4 levels x 3, then (age, sex, ph.karno and 3) x 6 + 6, then 6 + 1."""
    assert "61 parameters" in lung.run("check", "configs/lung/train.yaml", *words(), np=1)


@pytest.mark.parametrize("strategy,personal", [("fedavg", "{kind: fedper, layers: 1}"), ("scaffold", "{kind: ditto}")])
def test_federated(lung, strategy, personal):
    rounds = ["--set", f"train={{method: sgd, descent: {{batch_rows: 16, block_rows: 8, learning_rate: 0.05}}, "
              f"federated: {{strategy: {strategy}, rounds: 2, local_steps: 5, personal: {personal}}}}}"]
    digests = {}
    for np in (1, 3):
        output = f"out/lung/{strategy}-{np}"
        lung.train("configs/lung/train.yaml", *words(), *rounds, output=output, np=np)
        for model in ("model.h5", "regions/north/model.h5", "regions/west/model.h5"):
            digests.setdefault(model, set()).add(lung.digest(f"{output}/{model}"))
    assert all(len(found) == 1 for found in digests.values())
    lung.run("evaluate", "configs/lung/train.yaml", *words(), *rounds, "--set", "evaluate.regional=true", "--output", f"out/lung/{strategy}-1", np=2)


@pytest.mark.parametrize("embeddings,message", [
    ("{ph.ecg: 3}", 'model.mlp.embeddings.ph.ecg: the partitions have no category "ph.ecg"; they have: sex, ph.ecog (did you mean "ph.ecog"?)'),
    ("{age: 3}", 'model.mlp.embeddings.age: the partitions have no category "age"')])
def test_unknown_categories(lung, embeddings, message):
    assert message in lung.run("train", "configs/lung/train.yaml", *words(embeddings), "--output", "out/lung/wrong", np=2, code=3)


def test_a_category_that_is_no_feature(lung):
    output = lung.run("train", "configs/lung/train.yaml", *words(), "--set", "model.features=[age, sex_female]", "--output", "out/lung/wrong", np=1, code=3)
    assert "model.mlp.embeddings.ph.ecog: none of its levels is in model.features" in output


def test_inspect_shows_the_network(lung, reference):
    for file, about in (("model.h5", "\nrows "), ("checkpoints/epoch-000002.h5", "\niteration    2\n")):
        shown = lung.run("inspect", f"out/lung/reference/{file}")
        assert about in shown and "\nloss  " in shown, shown
        assert shown.endswith("\nembedding    ph.ecog: 4 levels, 3 numbers each\nlayer        6 -> 6, tanh\noutput       6 -> 1\nparameters   61\n"), shown
    assert f"\ndigest       {reference}\n" in lung.run("inspect", "out/lung/reference/model.h5")
