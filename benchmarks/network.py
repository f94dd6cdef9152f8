#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""The network 784-512-256-10 on Fashion-MNIST, batch 256, AdamW, beside PyTorch on the same cores and rows.

Needs the Debian package dataset-fashion-mnist, python3-h5py, and --torch, a Python that has torch. Rows a second of whole
training steps: drawing the batch, forward, backward, sum, update. All rows lie in one partition, in memory; PyTorch runs with its
fused AdamW; batches are drawn anew every epoch on both sides. Accuracy: of the test rows, after the same number of epochs, three
seeds.
"""
import json
import re
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


WAREHOUSES = ["antwerp", "bremen", "cadiz", "gdansk", "piraeus"]
DOMAIN = {"name": "pooled", "jurisdiction": "LU", "public_keys": ["out/fashion-mnist/keys/antwerp.pub.pem"],
          "policy": "out/fashion-mnist/policies/pooled.policy.json", "partitions": ["out/fashion-mnist/one/all.h5"]}


def ingest_in_one(program):
    """All pictures as one partition."""
    if (jobs.SOURCE / "out/fashion-mnist/one/all.h5").exists():
        return
    text = (jobs.SOURCE / "configs/fashion-mnist/ingest.yaml").read_text()
    one = {"name": "all", "owner": "all", "values": WAREHOUSES, "sign_with": "keys/antwerp.pem"}
    config = jobs.SOURCE / "out/fashion-mnist/one.yaml"
    config.write_text(text[:text.index("output:")].replace("../../out/fashion-mnist/", "") +
                      f"output: one\npartitions: [{json.dumps(one)}]\n")
    subprocess.run([program, "ingest", config], check=True, stdout=subprocess.DEVNULL)


def torch_runs(options, threads, epochs, seeds):
    path = str(jobs.SOURCE / "out/fashion-mnist/one/all.h5")
    done = subprocess.run([options.torch, "-c", TORCH, str(threads), str(epochs), json.dumps(seeds), path], check=True,
                          text=True, capture_output=True, env=dict(jobs.ENVIRONMENT, OMP_NUM_THREADS=str(threads)))
    return json.loads(done.stdout)


def our_run(options, np, epochs, seed, block_rows, threads=1):
    """Rows a second of every epoch, and the accuracy at the end."""
    job = jobs.Job("fashion-mnist", options.openmp if threads > 1 else options.program)
    jobs.ENVIRONMENT.update(OMP_NUM_THREADS=str(threads))
    words = ["--set", f"train.descent.seed={seed}", "--set", f"train.descent.epochs={epochs}",
             "--set", f"train.descent.block_rows={block_rows}", "--set", f"domains=[{json.dumps(DOMAIN)}]"]
    output = job.output("benchmark")
    _, text = job.run("train", "configs/fashion-mnist/pooled.yaml", "--output", output, "--set", "train.checkpoint.every=0", *words,
                      np=np)
    rates = [float(line.split()[2].replace(",", "")) for line in text.splitlines() if re.match(r" +[0-9]+  +[0-9.]+ ", line)]
    job.run("evaluate", "configs/fashion-mnist/pooled.yaml", "--output", output, *words[-2:], np=np)
    jobs.ENVIRONMENT.update(OMP_NUM_THREADS="1")
    return {"rates": rates, "accuracies": [json.loads((output / "evaluation.json").read_text())["overall"]["accuracy"]]}


def main():
    parser = jobs.arguments(__doc__)
    parser.add_argument("--torch", default="python3", help="a Python that has torch and h5py")
    parser.add_argument("--openmp", help="Bailiwick built with a Kokkos that has OpenMP")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--block-rows", type=int, nargs="+", default=[16, 64])
    options = parser.parse_args()
    jobs.Job("fashion-mnist", options.program)  # prepared before PyTorch reads its rows
    ingest_in_one(options.program)
    results = {}

    def add(name, run):
        kept = results.setdefault(name, {"rates": [], "accuracies": []})
        for key in kept:
            kept[key] += run[key]

    # In turns, so that what else the machine does meets all alike.
    for seed in (1, 2, 3):
        add("PyTorch, one core", torch_runs(options, 1, options.epochs, [seed]))
        for block_rows in options.block_rows:
            add(f"one rank, blocks of {block_rows}", our_run(options, 1, options.epochs, seed, block_rows))
        add("PyTorch, two threads", torch_runs(options, 2, options.epochs, [seed]))
        for block_rows in options.block_rows:
            add(f"two ranks, blocks of {block_rows}", our_run(options, 2, options.epochs, seed, block_rows))
            if options.openmp:
                add(f"two threads, blocks of {block_rows}", our_run(options, 1, options.epochs, seed, block_rows, threads=2))
    print(f"{'best epoch of each':<34} {'rows/s':>10} {'ratio':>8}  accuracy after {options.epochs} epochs")
    for name, run in sorted(results.items(), key=lambda item: ("two" in item[0], "PyTorch" not in item[0])):
        peer = results["PyTorch, two threads" if "two" in name else "PyTorch, one core"]
        print(f"{name:<34} {max(run['rates']):>10,.0f} {max(run['rates']) / max(peer['rates']):>8.2f}  "
              f"{statistics.mean(run['accuracies']):.4f} ± {statistics.pstdev(run['accuracies']):.4f}")
    jobs.finish(options, results)


if __name__ == "__main__":
    main()
