#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What a checkpoint due after every step costs the network 784-512-256-10, batch 256: written asynchronously, and at once.

One rank, so that the writer's thread has a core where there are two. In turns with the same training without checkpoints; the fastest of
--repeat runs of each counts. Asynchronously, a checkpoint that falls due before the last is on disk is left out.
"""
import jobs

WORDS = {"none": "{every: 0}", "asynchronous": "{every: 0, every_steps: 1, asynchronous: true}", "at once": "{every: 0, every_steps: 1}"}


def main():
    parser = jobs.arguments(__doc__)
    options = parser.parse_args()
    job = jobs.Job("fashion-mnist", options.program)
    best = {}
    for _ in range(options.repeat):
        for name, checkpoint in WORDS.items():
            epochs = 1 if name == "at once" else 3
            output = job.output("checkpoint-steps")
            job.run("train", "configs/fashion-mnist/pooled.yaml", "--output", output, "--set", f"train.checkpoint={checkpoint}",
                    "--set", f"train.descent.epochs={epochs}", np=1)
            results = jobs.json.loads((output / "run.json").read_text())["results"]
            written = sum('"name": "checkpoints/' in line for line in job.run("inspect", output / "lineage.jsonl")[1].splitlines())
            best[name] = min(best.get(name, (9e9,)), (results["seconds"]["solving"] / results["steps"], results["steps"], written))
    print(f"{'checkpoints':<14} {'ms a step':>10} {'more':>8} {'steps':>8} {'written':>8}")
    for name, (seconds, steps, written) in best.items():
        print(f"{name:<14} {seconds * 1e3:>10.3f} {seconds / best['none'][0] - 1:>8.1%} {steps:>8} {written:>8}")
    jobs.finish(options, best)


if __name__ == "__main__":
    main()
