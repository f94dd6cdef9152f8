#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""The network 784-512-256-10 on Fashion-MNIST, batch 256, AdamW, beside PyTorch on the same cores and rows.

Needs the Debian package dataset-fashion-mnist, python3-h5py, and --torch, a Python that has torch. Rows a second of whole
training steps: drawing the batch, forward, backward, sum, update. PyTorch runs with its fused AdamW on rows that lie in memory;
batches are drawn anew every epoch on both sides. Accuracy: of the test rows, after the same number of epochs, three seeds.
"""
import json
import statistics
import subprocess

import jobs

TORCH = r'''
import json, sys, time
import h5py, numpy as np, torch
from torch import nn
threads, epochs, seeds, paths = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4:]
torch.set_num_threads(threads)
x, y, train = [], [], []
for path in paths:
    with h5py.File(path) as f:
        names = json.loads(f["schema"].asstr()[()])["splits"]
        x.append(f["features"][:]); y.append(f["targets"][:, 0]); train.append(f["splits"][:] == names.index("train"))
x, y, train = np.concatenate(x).astype("f8"), np.concatenate(y).astype("i8"), np.concatenate(train)
mean, sd = x[train].mean(0), x[train].std(0, ddof=1)
x = torch.tensor(((x - mean) * np.where(sd > 0, 1 / np.maximum(sd, 1e-300), 0)).astype("f4")); y = torch.tensor(y)
xt, yt, xv, yv = x[train], y[train], x[~train], y[~train]
rates, accuracies = [], []
for seed in seeds:
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    loss = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        start = time.perf_counter()
        for rows in torch.randperm(len(xt)).split(256):
            optimiser.zero_grad()
            loss(net(xt[rows]), yt[rows]).backward()
            optimiser.step()
        rates.append(len(xt) / (time.perf_counter() - start))
    with torch.no_grad():
        accuracies.append((net(xv).argmax(1) == yv).double().mean().item())
print(json.dumps({"version": torch.__version__, "rates": rates, "accuracies": accuracies}))
'''


def torch_runs(options, threads, epochs, seeds):
    paths = sorted(map(str, (jobs.SOURCE / "out/fashion-mnist/partitions").glob("*.h5")))
    done = subprocess.run([options.torch, "-c", TORCH, str(threads), str(epochs), json.dumps(seeds), *paths], check=True,
                          text=True, capture_output=True, env=dict(jobs.ENVIRONMENT, OMP_NUM_THREADS=str(threads)))
    return json.loads(done.stdout)


def our_runs(job, np, epochs, seeds, block_rows, program=None, threads=1):
    rates, accuracies = [], []
    if program:
        job = jobs.Job(job.name, program)
    jobs.ENVIRONMENT.update(OMP_NUM_THREADS=str(threads))
    for seed in seeds:
        words = ["--set", f"train.descent.seed={seed}", "--set", f"train.descent.epochs={epochs}",
                 "--set", f"train.descent.block_rows={block_rows}"]
        _, results, output = job.train("pooled.yaml", *words, np=np)
        rates.append(results["rows"] * results["epochs"] / results["seconds"]["solving"])
        job.run("evaluate", "configs/fashion-mnist/pooled.yaml", "--output", output, np=np)
        accuracies.append(json.loads((output / "evaluation.json").read_text())["overall"]["accuracy"])
    jobs.ENVIRONMENT.update(OMP_NUM_THREADS="1")
    return {"rates": rates, "accuracies": accuracies}


def main():
    parser = jobs.arguments(__doc__)
    parser.add_argument("--torch", default="python3", help="a Python that has torch and h5py")
    parser.add_argument("--openmp", help="Bailiwick built with a Kokkos that has OpenMP")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--block-rows", type=int, nargs="+", default=[16, 64])
    options = parser.parse_args()
    job = jobs.Job("fashion-mnist", options.program)
    seeds = [1, 2, 3]
    results = {}

    def line(name, run, peer=None):
        results[name] = run
        rate = statistics.median(run["rates"])
        accuracy = run["accuracies"]
        spread = f"{statistics.mean(accuracy):.4f} ± {statistics.pstdev(accuracy):.4f}" if len(accuracy) == 3 else ""
        ratio = f"{rate / statistics.median(peer['rates']):.2f}" if peer else ""
        print(f"{name:<34} {rate:>10,.0f} {ratio:>8}  {spread}", flush=True)

    print(f"{'':<34} {'rows/s':>10} {'ratio':>8}  accuracy")
    one = torch_runs(options, 1, options.epochs, seeds)
    line(f"PyTorch {one['version']}, one core", one)
    for block_rows in options.block_rows:
        line(f"one rank, blocks of {block_rows}", our_runs(job, 1, options.epochs, seeds, block_rows), one)
    two = torch_runs(options, 2, 3, [1])
    line("PyTorch, two threads", two)
    for block_rows in options.block_rows:
        line(f"two ranks, blocks of {block_rows}", our_runs(job, 2, 3, [1], block_rows), two)
        if options.openmp:
            line(f"two threads, blocks of {block_rows}",
                 our_runs(job, 1, 3, [1], block_rows, options.openmp, threads=2), two)
    jobs.finish(options, results)


if __name__ == "__main__":
    main()
