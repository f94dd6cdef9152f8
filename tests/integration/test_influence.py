# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What owners made of models of real data, and what becomes of a model when one leaves: trainings without them by digest, R's refits to 1e-8."""
import json
import math
import re

import pytest

from conftest import SHARED, Checkout, referee
from r import r_numbers

HEART = "age, sex, trestbps, chol, fbs, thalach, exang, oldpeak, cp_2, cp_3, cp_4, restecg_2"
CANCER = "age_at_index, prior_malignancy_yes, ajcc_pathologic_t_T2, ajcc_pathologic_n_N1"
JOBS = {
    "heart": (["(intercept)", *HEART.split(", ")], f"model={{kind: logistic, target: disease, standardise: pooled, features: [{HEART}]}}",
              f'd <- read.csv("../shared/data/heart/fed_heart_flamby_split.csv"); d <- d[d$split == "train" & d$center != "%s", ]; '
              f'cat(sprintf("%%.17g ", coef(glm(y ~ {HEART.replace(", ", " + ")}, binomial, d, control = glm.control(1e-15, 100)))))'),
    "breast-cancer": (CANCER.split(", "), f"model={{kind: cox, time: time, status: event, standardise: pooled, features: [{CANCER}], cox: {{strata: domain, ties: efron}}}}",
                      'library(survival); d <- merge(read.csv("../shared/data/tcga_brca/brca.csv"), read.csv("../shared/data/tcga_brca/train_test_split.csv")); '
                      'names <- c("northeast", "south", "west", "midwest", "europe", "canada"); d$region <- names[1 + as.integer(sub(".*_", "", d$fold2))]; d <- d[d$fold == "train" & d$region != "%s", ]; '
                      f'cat(sprintf("%%.17g ", coef(coxph(Surv(T, E) ~ {CANCER.replace(", ", " + ")} + strata(region), d, ties = "efron", control = coxph.control(eps = 1e-15, iter.max = 100)))))')}


def prepared(job, folder):
    """A job whose owners let everybody know what each of them made of a model."""
    checkout = Checkout(folder)
    for path in checkout.path(f"configs/{job}").glob("policy*.yaml"):
        text = path.read_text().replace("permit: [", "permit: [attribute, ")
        if "unmasked_sums" not in text:
            text = text.replace("allow:\n", "allow:\n  unmasked_sums: true\n")
        path.write_text(text)
    checkout.prepare(job, 1)
    return checkout


def without(checkout, job, domain):
    """The config of a training without a domain."""
    parties = checkout.path(f"configs/{job}/parties.yaml").read_text()
    checkout.path(f"configs/{job}/but-{domain}-parties.yaml").write_text(re.sub(rf"\b{domain}: {{[^}}]*}},?", "", parties))
    path = checkout.path(f"configs/{job}/but-{domain}.yaml")
    path.write_text(checkout.path(f"configs/{job}/train.yaml").read_text().replace("parties.yaml", f"but-{domain}-parties.yaml"))
    return path.relative_to(checkout.root)


@pytest.mark.parametrize("job", JOBS)
def test_owners_of_real_data(job, tmp_path):
    if not (SHARED / "data").exists():
        pytest.skip("shared/data is not beside this checkout")
    referee("Rscript:survival")
    checkout, (names, model, by_r) = prepared(job, tmp_path), JOBS[job]
    words, out = ("--set", model), f"out/{job}/run"
    checkout.run("train", f"configs/{job}/train.yaml", *words, "--output", out, np=2)
    checkout.run("attribute", f"configs/{job}/train.yaml", *words, "--output", out, "--set", "attribute.split=test", np=2)
    found = json.loads(checkout.path(f"{out}/attribution.json").read_text())
    for domain in found["domains"]:
        name = domain["domain"]
        config = without(checkout, job, name)
        other = f"out/{job}/but-{name}"
        assert domain["without"]["digest"] == checkout.train(config, *words, output=other)
        ours = domain["without"]["coefficients"]
        of_r = dict(zip(names, r_numbers(by_r % name, checkout.root), strict=True))
        assert ours.keys() == of_r.keys() and all(math.isclose(ours[term], of_r[term], rel_tol=1e-8) for term in ours), name
    checkout.run("evaluate", config, *words, "--output", other, "--set", "evaluate.split=test")
    said = checkout.run("forget", out, "--replaced-by", other, "--key", f"out/{job}/keys/operator.pub.pem", "--sign-with", f"out/{job}/keys/operator.pem",
                        "--by", "operator", "--reason", f"{name} leaves", "--in", f"out/{job}")
    assert f"forgotten    {name}/{name}, " in said and f"replacement  {domain['without']['digest']}" in said and "times the training before" in said
    assert "was withdrawn on" in checkout.run("predict", f"configs/{job}/train.yaml", *words, "--output", out, code=4)
