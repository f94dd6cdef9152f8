#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Logistic regression on a wide dense table, 200,000 rows of 1,000 numbers, beside scikit-learn's newton-cholesky on one core.

Needs python3-sklearn and python3-h5py, and about 8 GB of memory. With Debian's reference BLAS scikit-learn is many times slower than it
has to be: install libopenblas0-pthread, or name its folder in LD_LIBRARY_PATH; which kernels answered is printed. The rows are drawn by numpy (seed 1); both penalise by l2 = 1 and
are compared at their optima. scikit-learn gets the rows in memory, and its time includes standardising them, as Bailiwick's solver's does.
On a machine that others use as well the seconds of the processor say more: Bailiwick's are those of the whole process, reading included.
"""
import json
import pathlib
import resource
import subprocess
import tempfile
import time

import jobs

CONFIG = """version: 1
name: wide
purpose: dpv:ScientificResearch
output: out
site: {name: here, nodes: [{match: "*", jurisdiction: CH}]}
lineage: {sign_with: owner.pem}
domains: [{name: d, jurisdiction: CH, public_key: owner.pub.pem, policy: d.json, partitions: [d.h5]}]
boundary: {secure_aggregation: false}
model: {kind: logistic, target: event, l2: 1}
"""
TERMS = """version: 1
uid: urn:bailiwick:benchmark:wide
owner: d
target: d
permit: [train, release_model]
purposes: ["dpv:ScientificResearch"]
where: [CH]
valid: {from: 2026-01-01T00:00:00Z, until: 2099-01-01T00:00:00Z}
allow: {exact_release: true, unmasked_sums: true, two_parties: true}
"""


def draw(rows, columns):
    import numpy
    random = numpy.random.default_rng(1)
    x = random.standard_normal((rows, columns), dtype="f4").astype("f8")
    beta = random.standard_normal(columns) / columns**0.5
    return x, (random.random(rows) < 1 / (1 + numpy.exp(-x @ beta))).astype("f8")


def write_partition(path, x, y, block_rows, number="<f4"):
    import h5py
    schema = {"features": [{"name": f"x{j}"} for j in range(x.shape[1])], "targets": [{"name": "event"}]}
    with h5py.File(path, "w") as file:
        file.attrs["format"], file.attrs["version"], file.attrs["name"], file.attrs["block_rows"] = "bailiwick-partition", 2, "d", block_rows
        file["schema"] = json.dumps(schema)
        file.create_dataset("features", data=x.astype(number))
        file.create_dataset("targets", data=y[:, None])


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    parser = jobs.arguments(__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--columns", type=int, default=1_000)
    options = parser.parse_args()
    import h5py
    import numpy
    import sklearn
    from sklearn.linear_model import LogisticRegression
    x, y = draw(options.rows, options.columns)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def run(*words):
            command = [str(options.program.resolve()), *map(str, words)]
            done = subprocess.run(command, cwd=folder, env=jobs.ENVIRONMENT, text=True, capture_output=True)
            if done.returncode:
                raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")

        write_partition(folder / "d.h5", x, y, 1024)
        (folder / "run.yaml").write_text(CONFIG)
        (folder / "d.yaml").write_text(TERMS)
        run("keygen", "owner")
        run("policy", "sign", "d.h5", "--key", "owner.pem", "--owner", "d")
        run("policy", "sign", "d.yaml", "--key", "owner.pem", "--output", "d.json")
        ours, processor = [], []
        for i in range(options.repeat):
            start = cpu_of_children()
            run("train", "run.yaml", "--output", f"run-{i}")
            processor.append(cpu_of_children() - start)
            ours.append(json.loads((folder / f"run-{i}/run.json").read_text())["results"])
        with h5py.File(folder / "run-0/model.h5") as file:
            beta = file["arrays/parameters"][:]
    solving = jobs.median([result["seconds"]["solving"] for result in ours])
    processor = jobs.median(processor)
    start, peer_processor = time.perf_counter(), time.process_time()
    z = (x - x.mean(0)) / x.std(0, ddof=1)
    fit = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-8, max_iter=100).fit(z, y)
    theirs, peer_processor = time.perf_counter() - start, time.process_time() - peer_processor

    def objective(intercept, slopes):
        eta = z @ slopes + intercept
        return float(numpy.sum(y * eta - numpy.logaddexp(0, eta))) - float(slopes @ slopes) / 2

    gap = objective(beta[0], beta[1:]) - objective(fit.intercept_[0], fit.coef_[0])
    print(f"{options.rows} rows, {options.columns} columns; scikit-learn's products by {jobs.blas()}")
    print(f"bailiwick np=1                      solver {solving:7.2f} s, {ours[0]['iterations']} iterations")
    print(f"scikit-learn {sklearn.__version__} newton-cholesky   {theirs:14.2f} s, {int(fit.n_iter_[0])} iterations, short of our optimum by {gap:.1e}; {theirs / solving:.2f} x our solver")
    print(f"seconds of the processor            process {processor:6.2f}, scikit-learn's fit {peer_processor:.2f}: {peer_processor / processor:.2f} x")
    jobs.finish(options, {"bailiwick": {"solving": solving, "processor": processor, "iterations": ours[0]["iterations"]}, "newton-cholesky": {"seconds": theirs, "processor": peer_processor, "iterations": int(fit.n_iter_[0]), "gap": gap}})


if __name__ == "__main__":
    main()
