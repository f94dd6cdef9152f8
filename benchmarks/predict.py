#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Predictions of a linear model for 2,000,000 rows of 20 numbers on one core, beside a plain read of the same partition and beside scikit-learn.

Needs python3-sklearn and python3-h5py; pandas and pyarrow, where they are, write CSV for the peer too. Seconds of Bailiwick are those of the whole process: places, policies, digests of all blocks, signatures and fsync included. The
plain read is h5py's, block by block, of the data sets that the digests cover, with a SHA-256 of them. The peer reads with h5py, predicts with LinearRegression and writes the same columns.
"""
import contextlib
import csv
import hashlib
import pathlib
import resource
import subprocess
import tempfile
import time

import jobs
import wide

CONFIG = wide.CONFIG.replace("{kind: logistic, target: event, l2: 1}", "{kind: linear, target: event}").replace("name: wide", "name: predict")
TERMS = wide.TERMS.replace("[train, release_model]", "[train, predict, release_model]")
AT_ONCE = 1 << 17


def timed(work):
    """Seconds, and seconds of processors, which others on the machine change less."""
    def used():
        return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
    start, before = time.perf_counter(), used()
    work()
    return time.perf_counter() - start, used() - before


def plain_read(path):
    import h5py
    digest = hashlib.sha256()
    with h5py.File(path) as file:
        for name in ("features", "targets"):
            for i in range(0, len(file[name]), AT_ONCE):
                digest.update(file[name][i:i + AT_ONCE])


def peers(path, model):
    """Ways to write what a fitted scikit-learn model says of all rows."""
    import h5py
    import numpy

    def predicted():
        with h5py.File(path) as file:
            for i in range(0, len(file["features"]), AT_ONCE):
                mean = model.predict(file["features"][i:i + AT_ONCE])
                yield numpy.arange(i, i + len(mean)), mean

    def savetxt():
        with open(path.with_name("numpy.csv"), "w") as file:
            for columns in predicted():
                numpy.savetxt(file, numpy.column_stack(columns), fmt=("%d", "%.17g"), delimiter=",")

    def hdf5():
        parts = list(zip(*predicted()))
        with h5py.File(path.with_name("peer.hdf5"), "w") as file:
            for name, part in zip(("row", "mean"), parts):
                file[name] = numpy.concatenate(part)

    found = {"numpy savetxt": savetxt, "h5py": hdf5}
    with contextlib.suppress(ImportError):
        import pandas

        def to_csv():
            for i, (row, mean) in enumerate(predicted()):
                pandas.DataFrame({"row": row, "mean": mean}).to_csv(path.with_name("pandas.csv"), index=False, header=i == 0, mode="a" if i else "w")

        found["pandas to_csv"] = to_csv
    with contextlib.suppress(ImportError):
        import pyarrow
        import pyarrow.csv

        def write_csv():
            with open(path.with_name("arrow.csv"), "wb") as file:
                for i, (row, mean) in enumerate(predicted()):
                    pyarrow.csv.write_csv(pyarrow.table({"row": row, "mean": mean}), file, pyarrow.csv.WriteOptions(include_header=i == 0))

        found["pyarrow write_csv"] = write_csv
    return found


def main():
    parser = jobs.arguments(__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--folder", help="where the files lie meanwhile")
    given = parser.parse_args()
    import numpy
    import sklearn.linear_model
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = pathlib.Path(name)

        def run(*words):
            subprocess.run([given.program.resolve(), *words], cwd=folder, env=jobs.ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)

        x, _ = wide.draw(given.rows, given.columns)
        y = x @ numpy.linspace(-1, 1, given.columns) + numpy.random.default_rng(2).standard_normal(given.rows)
        wide.write_partition(folder / "d.h5", x, y, 1024, "<f8")
        run("keygen", "owner")
        run("policy", "sign", "d.h5", "--owner", "d", "--key", "owner.pem")
        (folder / "run.yaml").write_text(CONFIG)
        (folder / "d.yaml").write_text(TERMS)
        run("policy", "sign", "d.yaml", "--key", "owner.pem", "--output", "d.json")
        run("train", "run.yaml")
        model = sklearn.linear_model.LinearRegression().fit(x, y)
        figures = {"rows": given.rows, "columns": given.columns, "seconds": {}, "processor seconds": {}}

        def measure(what, work):
            for kind, values in zip(("seconds", "processor seconds"), zip(*(timed(work) for _ in range(given.repeat)))):
                figures[kind][what] = jobs.median(values)
            wall, busy = figures["seconds"], figures["processor seconds"]
            print(f"{what:<32} {wall[what]:7.2f} s, of processors {busy[what]:6.2f}; {given.rows / wall[what] / 1e6:6.2f} million rows/s; "
                  f"plain read / this {wall['plain read'] / wall[what]:5.2f}, of processors {busy['plain read'] / busy[what]:5.2f}", flush=True)

        def predict(*words):
            subprocess.run(["rm", "-rf", *folder.glob("out/predict*")], check=True)
            run("predict", "run.yaml", *words)

        measure("plain read", lambda: plain_read(folder / "d.h5"))
        measure("predict, csv", lambda: predict())
        with open(folder / "out/predictions/d/d.csv") as file:
            ours = [float(row["mean"]) for row in csv.DictReader(file)]
        measure("predict, hdf5", lambda: predict("--set", "predict.format=hdf5"))
        measure("predict, hdf5, intervals", lambda: predict("--set", "predict.format=hdf5", "--set", "predict.interval=0.95"))
        measure("predict, csv, intervals", lambda: predict("--set", "predict.interval=0.95"))
        for what, work in peers(folder / "d.h5", model).items():
            measure("scikit-learn, " + what, work)
        figures["largest relative difference"] = float(numpy.max(numpy.abs(numpy.array(ours) / model.predict(x) - 1)))
    print(f"largest relative difference from scikit-learn: {figures['largest relative difference']:.1e}")
    jobs.finish(given, figures)


if __name__ == "__main__":
    main()
