#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""The heart job's network on 1 to 64 ranks of one machine: one digest, the time that goes into messages, and a model of it.

The model (docs/scaling.md): a round has S message steps one after another, of which each takes alpha + beta * bytes. Where P ranks
share C cores every step waits until P / C ranks have had their turn, so alpha counts P / C times. alpha is fitted to these points, in
the logarithm; the column "model" says how far the points are from it. Last, the same formula for --ranks and --domains on a real network.
"""
import json
import math
import os
import sys

import jobs

COUNTS = (1, 2, 4, 8, 16, 32, 64)
DOMAINS = 4


def log2(n):
    return math.ceil(math.log2(n)) if n > 1 else 0


def steps(ranks, domains):
    """Message steps of a round: sum within a domain (three meetings of a team), sum of leaders, its way to the others, agreement to go on."""
    a_domain = max(1, ranks // domains)
    leaders = min(ranks, domains)
    return 3 * log2(a_domain) + log2(leaders) + log2(ranks - leaders + 1) + log2(ranks)


def model(ranks, domains, words, alpha, beta, masks):
    """Seconds of a round: latency; bytes, at twice the words for each of the three ways; the leader's masks, one a peer."""
    return {"latency": steps(ranks, domains) * alpha, "bytes": 6 * 8 * words * beta, "masks": (domains - 1) * 8 * words / masks}


def main():
    parser = jobs.arguments(__doc__)
    parser.add_argument("--ranks", type=int, default=10000)
    parser.add_argument("--domains", type=int, default=100)
    parser.add_argument("--latency", type=float, default=2e-6, help="seconds a message, of the network to predict")
    parser.add_argument("--bandwidth", type=float, default=10e9, help="bytes a second")
    parser.add_argument("--masks", type=float, default=2.5e9, help="bytes of masks a second and core (benchmark_masks)")
    options = parser.parse_args()
    job = jobs.Job("heart", options.program)
    points = []
    for ranks in COUNTS:
        runs = []
        for _ in range(options.repeat):
            _, results, output = job.train("mlp.yaml", np=ranks)
            record = json.loads((output / "run.json").read_text())
            runs.append((results["seconds"]["solving"], results["digest"], sum(r["rounds"] for r in record["rounds"])))
        points.append((ranks, *sorted(runs)[len(runs) // 2]))
    if len({digest for _, _, digest, _ in points}) != 1:
        sys.exit("the digests differ")
    alone, rounds = points[0][1], points[0][3]
    cores = len(os.sched_getaffinity(0))
    share = {p: steps(p, DOMAINS) * max(1, p / cores) for p in COUNTS}
    messages = {p: max(1e-9, (seconds - alone / min(p, cores)) / rounds) for p, seconds, _, _ in points}
    alpha = math.exp(sum(math.log(messages[p] / share[p]) for p in COUNTS if p > 1) / (len(COUNTS) - 1))
    print(f"one digest {points[0][2][:16]}…, {rounds} rounds, {cores} cores; alpha {alpha * 1e6:.1f} us\n"
          f"{'ranks':>6} {'solving':>10} {'a round':>10} {'in messages':>12} {'steps':>6} {'model':>10} {'model/measured':>15}")
    for p, seconds, _, _ in points:
        predicted = alpha * share[p]
        print(f"{p:>6} {seconds * 1e3:>7.1f} ms {seconds / rounds * 1e6:>7.0f} us {messages[p] * rounds / seconds if p > 1 else 0:>12.0%} "
              f"{steps(p, DOMAINS):>6} {predicted * 1e6:>7.0f} us {predicted / messages[p] if p > 1 else 1:>15.2f}")
    print(f"\n{options.ranks} ranks, {options.domains} domains, {options.latency * 1e6:.1f} us a message, {options.bandwidth / 1e9:.0f} GB/s, "
          f"masks {options.masks / 1e9:.1f} GB/s: milliseconds a round")
    for name, words in (("heart's network", 481), ("784-512-256-10", 535818 + 3)):
        parts = model(options.ranks, options.domains, words, options.latency, 1 / options.bandwidth, options.masks)
        print(f"  {name:<18}" + "".join(f"{key} {value * 1e3:>8.3f}   " for key, value in parts.items()))
    jobs.finish(options, {"points": points, "alpha": alpha})


if __name__ == "__main__":
    main()
