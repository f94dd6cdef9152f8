#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Our exact fits beside FLamby's published rows (owkin/FLamby, MIT; mean over five seeds).

Needs ../shared/data/heart and ../shared/data/tcga_brca. Ours have no seed and no spread.
"""
import json
import statistics

import jobs

SHARED = jobs.SOURCE.parent / "shared/data"


def published(folder, prefix):
    """method -> mean over seeds of the pooled test metric, from the published CSVs."""
    import csv
    rows = {}
    for path in sorted((SHARED / folder / "flamby_results").glob(prefix + "_4*.csv")):
        for row in csv.DictReader(open(path)):
            if row["Test"].lower().replace("_", " ").startswith("pooled"):
                rows.setdefault(row["Method"], []).append(float(row["Metric"]))
    return {method: (statistics.mean(v), statistics.pstdev(v)) for method, v in rows.items()}


def scores(job, config, tag, *words):
    """The overall line of an evaluation of the model in out/JOB/TAG."""
    output = jobs.SOURCE / "out" / job.name / f"{tag}-evaluation"
    jobs.subprocess.run(["rm", "-rf", output], check=True)
    job.run("evaluate", f"configs/{job.name}/{config}", "--model", jobs.SOURCE / "out" / job.name / tag / "model.h5",
            "--output", output, *words, np=1)
    return json.loads((output / "evaluation.json").read_text())


def main():
    options = jobs.arguments(__doc__).parse_args()
    results = {}

    heart = jobs.Job("heart", options.program)
    heart.train("train.yaml", tag="flamby", np=1)
    heart.train("train-per-centre.yaml", tag="flamby-per-centre", np=1)
    results["heart, pooled standardisation"] = scores(heart, "train.yaml", "flamby", "--set", "evaluate.split=test")["overall"]["accuracy"]
    results["heart, per-centre standardisation"] = scores(
        heart, "train-per-centre.yaml", "flamby-per-centre", "--set", "evaluate.split=test", "--set", "evaluate.standardise=pooled")["overall"]["accuracy"]

    brca = jobs.Job("breast-cancer", options.program)
    brca.train("pooled.yaml", tag="flamby-pooled", np=1)
    results["breast cancer, pooled Cox"] = scores(brca, "pooled.yaml", "flamby-pooled", "--set", "evaluate.split=test")["overall"]["c_index"]
    brca.train("train.yaml", tag="flamby-stratified", np=1)
    results["breast cancer, Cox stratified by region"] = scores(
        brca, "pooled.yaml", "flamby-stratified", "--set", "evaluate.split=test")["overall"]["c_index"]

    for title, names, folder, prefix in (("Heart disease: accuracy on the pooled test rows", "heart", "heart", "heart"),
                                         ("Breast cancer: C-index on the pooled test rows", "breast", "tcga_brca", "tcga")):
        print(title)
        for method, (mean, spread) in published(folder, prefix).items():
            print(f"  FLamby {method:<42} {mean:.4f} +- {spread:.4f}")
        for name, value in results.items():
            if name.startswith(names):
                print(f"  Bailiwick {name.split(', ')[1]:<39} {value:.4f}")
    jobs.finish(options, results)


main()
