#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Rounds of FedAvg on Fed-Heart-Disease, beside frameworks for federated learning on the same cores.

configs/heart/federated.yaml with a hidden layer of 32 units: 4 hospitals, 486 rows of 13 features, 481 parameters, 100 local steps
of SGD of 4 rows a round. Bailiwick runs with its defaults, masks and signatures included. The peers share one local training in
PyTorch on one thread, rows in memory (frameworks_peers.py); it takes most of a round, for at this size PyTorch's time is that
of its calls, so a loop without any framework is timed too. Each peer has a virtual environment of its own, with torch and h5py besides:

    --flower PYTHON     flwr[simulation]    simulation on Ray, one core a client
    --nvflare PYTHON    nvflare             simulator, a process a client
    --appfl PYTHON      appfl, mpi4py       over MPI on 5 ranks; and serial, server and clients in one process

What cannot be set: Flower's simulation takes messages up every 0.1 s, a client of NVFLARE's simulator that finds no task asks again
after 0.5 s, APPFL's MPI server sleeps 0.1 s before each message.

Round: of Bailiwick, solving / rounds; of the peers, from the first client's second start to its last. Start and end: the whole
process less its rounds. The best of --repeat runs, in turns, counts. Memory: the peak of the sum over all processes, in a further
run that is not timed: of resident sets, which count shared pages in each, and of proportional sets. A torch built for CUDA loads
its libraries. Loss: mean over all training rows at the end; Bailiwick starts from other parameters. Same bits: whether all runs, of
one seed, end with equal parameters.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import jobs

NETWORK = {"units": 32, "steps": 100, "batch": 4, "rate": 1e-3, "seed": 42, "split": "train"}  # federated.yaml's, but the units
HOSPITALS = ("cleveland", "hungarian", "switzerland", "va")
RUN_PEER = ("-c", "import frameworks_peers; frameworks_peers.main()")


def resident(mark):
    """Resident and proportional sets, MiB, of all processes with this mark in their environment, whoever is their parent."""
    total = {"Rss": 0, "Pss": 0}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes():
                for line in (process / "smaps_rollup").read_text().splitlines():
                    if line[:3] in total and line[3] == ":":
                        total[line[:3]] += int(line.split()[1])
        except OSError:  # it has ended
            pass
    return {name: kib / 1024 for name, kib in total.items()}


def measured(command, environment, folder, sampled):
    """Seconds of the whole process and, if sampled, the peak of its memory."""
    peak = {"Rss": 0.0, "Pss": 0.0}
    with open(folder / "log", "w") as log:
        start = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        while sampled and process.poll() is None:
            now = resident(str(folder).encode())
            peak = {name: max(peak[name], now[name]) for name in peak}
            time.sleep(0.05)
        if process.wait():
            sys.exit(f"{' '.join(map(str, command))}\n{(folder / 'log').read_text()[-4000:]}")
        return time.perf_counter() - start, peak


def peer_run(words, rounds, sampled):
    with tempfile.TemporaryDirectory(prefix="bailiwick-frameworks-") as name:
        folder = pathlib.Path(name)
        partitions = [str(jobs.SOURCE / f"out/heart/partitions/{hospital}.h5") for hospital in HOSPITALS]
        environment = dict(
            jobs.ENVIRONMENT, PYTHONPATH=str(pathlib.Path(__file__).resolve().parent), OMPI_MCA_mpi_yield_when_idle="1",
            FLWR_TELEMETRY_ENABLED="0", RAY_USAGE_STATS_ENABLED="0", FLWR_HOME=name,
            FRAMEWORKS_TASK=json.dumps({**NETWORK, "partitions": partitions, "rounds": rounds, "folder": name}))
        seconds, peak = measured(words, environment, folder, sampled)
        starts = list(map(float, (folder / "starts").read_text().split()))
        a_round = (starts[-1] - starts[1]) / (len(starts) - 2)
        return {"round": a_round, "rest": seconds - a_round * rounds, **peak, **json.loads((folder / "result.json").read_text())}


def our_run(job, np, rounds, sampled):
    words = ["--set", f"train.federated.rounds={rounds}", "--set", f"model.mlp.layers=[{{units: {NETWORK['units']}, activation: relu}}]"]
    output = job.output("frameworks")
    with tempfile.TemporaryDirectory(prefix="bailiwick-frameworks-") as name:
        environment = dict(jobs.ENVIRONMENT, OMPI_MCA_mpi_yield_when_idle="1", FRAMEWORKS_TASK=name)
        seconds, peak = measured(
            ["mpirun", "-np", np, "--bind-to", "none", job.program.resolve(), "train", jobs.SOURCE / "configs/heart/federated.yaml",
             "--output", output, "--set", "train.checkpoint.every=0", *words], environment, pathlib.Path(name), sampled)
    results = json.loads((output / "run.json").read_text())["results"]
    run = {"round": results["seconds"]["solving"] / rounds, "rest": seconds - results["seconds"]["solving"], **peak,
           "digest": results["digest"]}
    job.run("evaluate", "configs/heart/federated.yaml", "--output", output, "--set", "evaluate.split=train", *words, np=1)
    run["loss"] = json.loads((output / "evaluation.json").read_text())["overall"]["log_loss"]
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=jobs.SOURCE / "build/release/bin/bailiwick", type=pathlib.Path)
    parser.add_argument("--json", help="write the figures of all runs to this file as well")
    parser.add_argument("--repeat", type=int, default=3, help="timed runs; the best counts")
    parser.add_argument("--rounds", type=int, default=100)
    for peer in ("flower", "nvflare", "appfl"):
        parser.add_argument(f"--{peer}", metavar="PYTHON", type=os.path.abspath, help=f"a Python that has {peer}")
    options = parser.parse_args()
    job = jobs.Job("heart", options.program)

    commands = {}
    if any_python := options.flower or options.nvflare or options.appfl:
        commands["PyTorch, no framework"] = [any_python, *RUN_PEER, "alone"]
    if options.flower:
        commands["Flower, simulation"] = [options.flower, *RUN_PEER, "flower"]
    if options.nvflare:
        commands["NVFLARE, simulator"] = [options.nvflare, *RUN_PEER, "nvflare"]
    if options.appfl:
        commands["APPFL, MPI"] = ["mpirun", "-np", "5", "--bind-to", "none", options.appfl, *RUN_PEER, "appfl"]
        commands["APPFL, serial"] = [options.appfl, *RUN_PEER, "appfl_serial"]

    results = {}
    for repeat in range(1 + options.repeat):  # in turns, so that what else the machine does meets all alike
        for np in (1, 4):
            name = f"Bailiwick, {np} rank{'s' * (np > 1)}"
            results.setdefault(name, []).append(our_run(job, np, options.rounds, sampled=repeat == 0))
        for name, words in commands.items():
            results.setdefault(name, []).append(peer_run(words, options.rounds, sampled=repeat == 0))
        print(f"turn {repeat} of {options.repeat} done", file=sys.stderr)

    best = {name: {key: min(run[key] for run in runs[1:]) for key in ("round", "rest")} for name, runs in results.items()}
    print(f"{'':<22} {'ms/round':>9} {'/ 1 rank':>9} {'/ 4 ranks':>9} {'start+end s':>11} {'RSS MiB':>8} {'PSS MiB':>8} {'loss':>7}  "
          "same bits")
    for name, runs in results.items():
        a_round = best[name]["round"]
        ratios = [a_round / best[ours]["round"] for ours in list(results)[:2]]
        same = "yes" if len({run["digest"] for run in runs}) == 1 else "no"
        print(f"{name:<22} {a_round * 1e3:>9.1f} {ratios[0]:>9.1f} {ratios[1]:>9.1f} {best[name]['rest']:>11.1f} "
              f"{runs[0]['Rss']:>8.0f} {runs[0]['Pss']:>8.0f} {runs[-1]['loss']:>7.4f}  {same}")
    print("; ".join(sorted({f"{package} {version}" for runs in results.values()
                            for package, version in runs[0].get("versions", {}).items()})))
    jobs.finish(options, results)


if __name__ == "__main__":
    main()
