#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Logistic regression on ACS income, 50 domains, beside scikit-learn's and R's time on the same pooled rows.

Needs ../shared/data/acs_income, python3-sklearn, python3-h5py and R. All in one run, one core each, but
for Bailiwick on two ranks. scikit-learn and R get the rows in memory; Bailiwick's time is that of its
solver (standardisation to summary), and of the whole process, start and reading with digests included.
"""
import json
import subprocess
import sys
import tempfile
import time

import jobs


def pooled_rows():
    """Training rows as scikit-learn and R want them: all partitions, one matrix."""
    import h5py
    import numpy
    sys.path.append(str(jobs.SOURCE / "tests/integration"))
    from h5py_partition import spread
    x, y = [], []
    for path in sorted((jobs.SOURCE / "out/acs-income/partitions").glob("*.h5")):
        with h5py.File(path) as file:
            train = file["splits"][:] == json.loads(file["schema"].asstr()[()])["splits"].index("train")
            x.append(numpy.stack([values for _, values in spread(file)], axis=1)[train].astype("f8"))
            y.append(file["targets"][:, 0][train])
    return numpy.concatenate(x), numpy.concatenate(y)


def log_likelihood(x, y, intercept, beta):
    import numpy
    eta = x @ beta + intercept
    return float(numpy.sum(y * eta - numpy.logaddexp(0, eta)))


def penalised(value, model, l2=1.0):
    """Less l2 / 2 times the squares of the standardised parameters, but for the intercept."""
    import h5py
    with h5py.File(model) as file:
        beta = file["arrays/parameters"][1:]
    return value - l2 / 2 * float(beta @ beta)


def time_sklearn(x, y, l2, tolerance, solver):
    from sklearn.linear_model import LogisticRegression
    start = time.perf_counter()
    mean, sd = x.mean(0), x.std(0, ddof=1)
    z = (x - mean) / sd
    fit = LogisticRegression(C=1 / l2, solver=solver, tol=tolerance, max_iter=5000).fit(z, y)
    seconds = time.perf_counter() - start
    beta = fit.coef_[0]
    return seconds, log_likelihood(z, y, fit.intercept_[0], beta) - l2 / 2 * float(beta @ beta), int(fit.n_iter_[0])


def time_r(x, y):
    with tempfile.TemporaryDirectory() as folder:
        x.tofile(f"{folder}/x")
        y.tofile(f"{folder}/y")
        script = f"""n <- {len(y)}; p <- {x.shape[1]}
            x <- cbind(1, matrix(readBin("{folder}/x", "double", n * p), n, p, byrow=TRUE)); y <- readBin("{folder}/y", "double", n)
            t <- system.time(fit <- glm.fit(x, y, family=binomial(), control=glm.control(epsilon=1e-10, maxit=30)))
            cat(t[["elapsed"]], fit$iter, -fit$deviance / 2)"""
        out = subprocess.run(["Rscript", "--vanilla", "-e", script], capture_output=True, text=True, env=jobs.ENVIRONMENT)
        return tuple(map(float, out.stdout.split())) if out.returncode == 0 else None


def main():
    parser = jobs.arguments(__doc__)
    parser.add_argument("--no-r", action="store_true", help="leave R out (it takes minutes)")
    options = parser.parse_args()
    job = jobs.Job("acs-income", options.program)
    results = {}
    plain, runs = {1: [], 2: []}, {1: [], 2: []}
    for _ in range(options.repeat):  # in turns, so that what else the machine does falls on all alike
        for np in (1, 2):
            plain[np].append(job.train("train.yaml", "--set", "boundary.secure_aggregation=false", np=np, tag="benchmark-plain"))
            runs[np].append(job.train("train.yaml", np=np, tag=f"benchmark-np{np}"))
    for np in (1, 2):
        last = runs[np][-1]
        results[f"bailiwick np={np}"] = {
            "process": jobs.median([r[0] for r in runs[np]]), "digest": last[1]["digest"], "iterations": last[1]["iterations"],
            **{k: jobs.median([r[1]["seconds"][k] for r in runs[np]]) for k in ("total", "reading", "solving")},
            "least": min(r[1]["seconds"]["solving"] for r in runs[np]),
            "log_likelihood": last[1]["logLikelihood"], "rows": last[1]["rows"],
            "plain": jobs.median([r[1]["seconds"]["solving"] for r in plain[np]]),
            "objective": penalised(last[1]["logLikelihood"], last[2] / "model.h5")}
    one, two = results["bailiwick np=1"], results["bailiwick np=2"]
    if one["digest"] != two["digest"]:
        raise SystemExit("the digests differ")
    print(f"{one['rows']} rows, digest {one['digest'][:16]} on 1 and 2 ranks")
    for name, r in (("np=1", one), ("np=2", two)):
        print(f"bailiwick {name}      solver {r['solving']:7.2f} s, reading {r['reading']:5.2f} s, process {r['process']:6.2f} s, "
              f"{r['iterations']} iterations, log-likelihood {r['log_likelihood']:.6f}")
    print(f"masked over plain   solver {one['solving'] / one['plain']:.2f} at np=1, {two['solving'] / two['plain']:.2f} at np=2")
    print(f"2 ranks over 1      solver {one['solving'] / two['solving']:.2f} x, process {one['process'] / two['process']:.2f} x; least of {options.repeat} solvers {one['least']:.2f} and {two['least']:.2f} s: {one['least'] / two['least']:.2f} x")

    import sklearn
    x, y = pooled_rows()
    print(f"scikit-learn's products by {jobs.blas()}")
    for solver, tolerance in (("lbfgs", 1e-4), ("lbfgs", 1e-6), ("newton-cholesky", 1e-6)):
        seconds, objective, iterations = time_sklearn(x, y, 1.0, tolerance, solver)
        name = f"scikit-learn {sklearn.__version__} {solver} tol={tolerance:g}"
        results[name] = {"seconds": seconds, "objective": objective, "iterations": iterations}
        print(f"{name}: {seconds:.2f} s, {iterations} iterations, short of our optimum by {one['objective'] - objective:.1e}; "
              f"{seconds / one['solving']:.1f} x our solver, {seconds / one['process']:.1f} x our whole process")
    if not options.no_r and (r := time_r(x, y)):
        results["R glm.fit"] = {"seconds": r[0], "iterations": r[1], "log_likelihood": r[2]}
        print(f"R glm.fit (no l2)   {r[0]:14.2f} s, {r[1]:.0f} iterations, log-likelihood {r[2]:.6f}; {r[0] / one['solving']:.1f} x our solver")
    jobs.finish(options, results)


main()
