# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Networks: one digest over rank counts, maps, masks, processors, threads, pooled or federated, stopped or not."""
import json
import os
import subprocess

import pytest
from conftest import PROGRAM, needs_shared
from test_same_bits import VARIANTS

pytestmark = needs_shared("heart")
CONFIG = "configs/heart/mlp.yaml"
KEEP_ALL = ["--set", "train.checkpoint.keep_last=0"]
REGION = "{kind: fedper, layers: 1}"


@pytest.fixture(scope="module")
def heart(jobs):
    return jobs("heart")


@pytest.fixture(scope="module")
def reference(heart):
    return heart.train(CONFIG, *KEEP_ALL, output="out/heart/mlp-reference", np=1)


def test_golden_digest(reference):
    """The bits of this release; another digest means that every user's model changes: say so in CHANGELOG.md."""
    assert reference == "9b595d590abc51781cee2032c05b080187fde3eec80113e3f229d45ea04a5d99"


@pytest.mark.parametrize("np", [2, 3, 4, 7])
def test_rank_counts(heart, reference, np):
    assert heart.train(CONFIG, output=f"out/heart/mlp-np{np}", np=np) == reference


@pytest.mark.parametrize("name,ranks", [("reversed", [[3], [2], [1], [0]]), ("shared", [[0, 1, 2, 3], [1], [2, 0], [3]]),
                                        ("crowded", [[1], [1], [0, 1], [0]])])
def test_maps(heart, reference, name, ranks):
    overrides = [w for i, r in enumerate(ranks) for w in ("--set", f"domains.{i}.ranks={r}")]
    assert heart.train(CONFIG, *overrides, output=f"out/heart/mlp-map-{name}", np=max(map(max, ranks)) + 1) == reference


@pytest.mark.parametrize("np", [2, 4])
def test_pooled(heart, reference, np):
    assert heart.train("configs/heart/mlp-pooled.yaml", output=f"out/heart/mlp-pooled-{np}", np=np) == reference


@pytest.mark.parametrize("tiles", ["portable", "avx2", "avx512"])
def test_processors(heart, reference, tiles):
    assert heart.train(CONFIG, output=f"out/heart/mlp-{tiles}", np=2, environment={"BAILIWICK_TILES": tiles}) == reference


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_builds(heart, reference, name, threads):
    if not os.path.exists(VARIANTS[name]):
        pytest.skip(f"{VARIANTS[name]} is not built; ./run-tests builds it")
    if threads > 1 and name != "openmp":
        pytest.skip("a serial build has one thread")
    digest = heart.train(CONFIG, output=f"out/heart/mlp-{name}-{threads}", np=2, program=VARIANTS[name], threads=threads)
    assert digest == reference


@pytest.mark.parametrize("epoch, np", [(1, 3), (7, 1), (20, 3)])
def test_resumed(heart, reference, epoch, np):
    digest = heart.train(CONFIG, "--resume", f"out/heart/mlp-reference/checkpoints/epoch-{epoch:06}.h5",
                         output=f"out/heart/mlp-resumed-{epoch}-{np}", np=np)
    assert digest == reference


def test_resuming_something_else_is_refused(heart, reference):
    checkpoint = "out/heart/mlp-reference/checkpoints/epoch-000003.h5"
    for words in (["--set", "train.descent.seed=2"], ["--set", "model.mlp.layers=[]"], ["--set", "train.split=test"]):
        output = heart.run("train", CONFIG, "--resume", checkpoint, *words, "--output", "out/heart/mlp-other", np=2, code=5)
        assert "not a checkpoint of this training" in output
        assert not heart.path("out/heart/mlp-other").exists()
    output = heart.run("train", CONFIG, "--resume", "out/heart/mlp-reference/model.h5", "--output", "out/heart/mlp-other", np=1, code=5)
    assert "not a checkpoint of this training" in output
    output = heart.run("train", "configs/heart/train.yaml", "--resume", checkpoint, "--output", "out/heart/mlp-other2", np=1, code=5)
    assert "not a checkpoint of this training" in output


def test_dropout_layer_norm_and_early_stopping_stop_and_resume_alike(heart):
    words = ["--set", "model.mlp.layers=[{units: 24, activation: gelu, layer_norm: true, dropout: 0.3}]",
             "--set", "train.descent.early_stopping={split: test, patience: 3}", "--set", "train.descent.epochs=60",
             "--set", "train.descent.schedule={kind: cosine, warmup_epochs: 2}", "--set", "train.descent.clip_norm=0.5"]
    digest = heart.train(CONFIG, *words, *KEEP_ALL, output="out/heart/early-1", np=1)
    run = json.loads(heart.path("out/heart/early-1/run.json").read_text())
    assert 4 < run["results"]["epochs"] < 60, "it stopped early"
    assert heart.train(CONFIG, *words, output="out/heart/early-4", np=4) == digest
    assert heart.train(CONFIG, *words, "--resume", "out/heart/early-1/checkpoints/epoch-000004.h5", output="out/heart/early-r", np=2) == digest


@needs_shared("tcga_brca")
def test_early_stopping_of_cox_sees_the_same_risk_sets_on_any_ranks(jobs):
    """With blocks that are larger than what a rank holds of a step, and more ranks than lanes."""
    job = jobs("breast-cancer", 1)
    words = ["--set", "model={kind: mlp, time: time, status: event, mlp: {layers: [{units: 8}], loss: cox}}",
             "--set", "train={method: adamw, split: train, descent: {epochs: 4, batch_rows: 12, block_rows: 64, "
                      "early_stopping: {split: train, patience: 3}}}"]
    digests = {job.train("configs/breast-cancer/train.yaml", *words, output=f"out/breast-cancer/cox-{np}", np=np) for np in (1, 6, 9)}
    assert len(digests) == 1


def strategies():
    schema = json.loads(subprocess.run([PROGRAM, "schema", "run", "--json"], check=True, capture_output=True, text=True).stdout)
    return schema["properties"]["train"]["properties"]["federated"]["properties"]["strategy"]["enum"]


@pytest.mark.parametrize("strategy", strategies())
def test_strategies_keep_their_bits(heart, strategy):
    words = ["--set", f"train.federated.strategy={strategy}", "--set", "train.federated.rounds=3",
             "--set", "model.mlp.layers=[{units: 6, activation: tanh}]", "--set", "train.descent.momentum=0.5"]
    digests = {heart.train("configs/heart/federated.yaml", *words, output=f"out/heart/{strategy}-{np}", np=np) for np in (3, 6)}
    assert len(digests) == 1


def test_one_local_step_of_all_rows_is_a_step_of_gradient_descent(heart):
    """FedAvg of one full-batch step a round is plain gradient descent, but for how often sums are rounded."""
    common = ["--set", "model.standardise=pooled", "--set", "train.descent.learning_rate=0.5",
              "--set", "train.descent.batch_rows=1024", "--set", "train.descent.block_rows=64"]
    heart.train("configs/heart/federated.yaml", *common, "--set", "train.federated.rounds=10", "--set", "train.federated.local_steps=1",
                output="out/heart/descent-rounds", np=1)
    heart.train(CONFIG, *common, "--set", "train.method=sgd", "--set", "model.mlp.layers=[]", "--set", "train.descent.epochs=10",
                "--set", "train.descent.seed=42", "--set", "train.descent.weight_decay=0", output="out/heart/descent-steps", np=1)
    losses = [json.loads(heart.path(f"out/heart/descent-{how}/run.json").read_text())["results"]["loss"] for how in ("rounds", "steps")]
    assert abs(losses[0] - losses[1]) < 1e-6


@pytest.mark.parametrize("personal", ["{kind: fedper, layers: 1}", "{kind: fedrep, layers: 1, steps: 5}", "{kind: ditto}", "{kind: finetune, steps: 7}"])
def test_regional_models_stay_home(heart, personal):
    kind = personal.strip("{}").split(",")[0].split()[1]
    words = ["--set", f"train.federated.personal={personal}", "--set", "train.federated.rounds=3",
             "--set", "model.mlp.layers=[{units: 6, activation: tanh}]"]
    regions = {}
    for np in (1, 4, 6):
        output = f"out/heart/{kind}-{np}"
        heart.train("configs/heart/federated.yaml", *words, output=output, np=np)
        for domain in ("cleveland", "hungarian", "switzerland", "va"):
            folder = f"{output}/regions/{domain}"
            regions.setdefault(domain, set()).add(heart.digest(f"{folder}/model.h5"))
            heart.run("verify", folder, "--key", f"out/heart/keys/{domain}.pub.pem")
    heart.run("evaluate", "configs/heart/federated.yaml", *words, "--set", "evaluate.regional=true", "--output", f"out/heart/{kind}-4", np=3)
    own = json.loads(heart.path(f"out/heart/{kind}-4/evaluation.json").read_text())
    heart.run("evaluate", "configs/heart/federated.yaml", *words, "--model", f"out/heart/{kind}-4/regions/va/model.h5",
              "--output", f"out/heart/{kind}-va", np=2)
    heart.run("evaluate", "configs/heart/federated.yaml", *words, "--set", "evaluate.regional=true",
              "--model", f"out/heart/{kind}-4/model.h5", "--output", f"out/heart/{kind}-elsewhere")
    assert json.loads(heart.path(f"out/heart/{kind}-elsewhere/evaluation.json").read_text()) == own
    of_va = json.loads(heart.path(f"out/heart/{kind}-va/evaluation.json").read_text())
    assert own["domains"]["va"] == of_va["domains"]["va"] and own["domains"]["cleveland"] != of_va["domains"]["cleveland"]
    assert all(len(digests) == 1 for digests in regions.values()), "the same bits on any number of ranks"
    assert len(set.union(*regions.values())) == 4, "every region has its own"
    # Only the common layers crossed: 13 x 6 weights and 6 biases, or all 91 parameters.
    crossed = 84 if kind in ("fedper", "fedrep") else 91
    run = json.loads(heart.path(f"out/heart/{kind}-1/run.json").read_text())
    words_sent = [r["words"] for r in run["rounds"] if r["name"] == "change of the common parameters"]
    assert words_sent == [1 + 1 + 4 * 3 + 2 * crossed]


def test_a_run_that_diverges_says_so(heart):
    words = ["--set", "train.method=sgd", "--set", "train.descent.learning_rate=1e9", "--set", "model.mlp.loss=squared_error"]
    output = heart.run("train", CONFIG, *words, "--output", "out/heart/diverged", np=3, code=6)
    assert "sums are not finite or too large: lower train.descent.learning_rate" in output
    words = ["--set", "train.descent.learning_rate=1e9", "--set", "model.mlp.loss=squared_error"]
    output = heart.run("train", "configs/heart/federated.yaml", *words, "--output", "out/heart/diverged2", np=3, code=6)
    assert "not finite or too large" in output
