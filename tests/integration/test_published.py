# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""The deterministic targets beside FLamby's table (benchmarks/flamby.py prints both)."""
import json

from conftest import needs_shared


def overall(checkout, job, config, tag, *words):
    checkout.train(f"configs/{job}/{config}", output=f"out/{job}/{tag}", np=2)
    checkout.run("evaluate", f"configs/{job}/{config}", "--output", f"out/{job}/{tag}", "--set", "evaluate.split=test", *words, np=2)
    return json.loads(checkout.path(f"out/{job}/{tag}/evaluation.json").read_text())["overall"]


@needs_shared("heart")
def test_heart_pooled_standardisation(jobs):
    result = overall(jobs("heart"), "heart", "train.yaml", "published")
    assert result["rows"] == 254
    assert round(result["accuracy"], 4) == 0.7913


@needs_shared("heart")
def test_heart_per_centre_standardisation(jobs):
    result = overall(jobs("heart"), "heart", "train-per-centre.yaml", "published-per-centre", "--set", "evaluate.standardise=pooled")
    assert round(result["accuracy"], 4) == 0.7795


@needs_shared("tcga_brca")
def test_breast_cancer_pooled_cox(jobs):
    result = overall(jobs("breast-cancer"), "breast-cancer", "pooled.yaml", "published")
    assert (result["rows"], result["comparable"]) == (222, 2730)
    assert result["c_index"] >= 0.8388 - 5e-5
