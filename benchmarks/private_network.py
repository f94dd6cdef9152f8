#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""DP-SGD of a network on Fashion-MNIST, epsilon 3 at delta 1e-5, beside Opacus on one core of the same machine.

Needs the Debian package dataset-fashion-mnist, python3-h5py, and --torch, a Python that has torch, opacus and h5py. Both draw
rows by chance (Poisson), shorten each row's gradient to the same length, divide the noisy sum by the same number, and take the same
steps of AdamW. Ours promises the replacement of a row; Opacus' accountant knows rows that come or go alone, which is a weaker promise, and takes
less noise for it. So Opacus runs with our noise, which is the equal promise, and with its own for the same epsilon. Its default way (hooks)
keeps a gradient of every row, its ghost clipping only their lengths; both give the same model, so the first, slow, runs a single epoch.
Rows a second: rows that are expected in a step, times steps, by seconds of all steps. Accuracy: of the test rows, by exact scores.
"""
import json
import statistics
import subprocess

import jobs
import network

DELTA, SAMPLE_RATE, MAX_GRADIENT = 1e-5, 0.01, 1.0
OPACUS = r'''
import json, sys, time, warnings
import h5py, numpy as np, torch
from torch import nn
from opacus import PrivacyEngine, __version__ as opacus_version
from opacus.accountants.utils import get_noise_multiplier
warnings.filterwarnings("ignore")
how = json.loads(sys.argv[1])
torch.set_num_threads(1)
with h5py.File(how["rows"]) as f:
    names = json.loads(f["schema"].asstr()[()])["splits"]
    x, y, train = f["features"][:].astype("f4") / 127.5 - 1, f["targets"][:, 0].astype("i8"), f["splits"][:] == names.index("train")
x, y = torch.tensor(x), torch.tensor(y)
torch.manual_seed(how["seed"])
sizes = [784, *how["layers"], 10]
layers = []
for i, o in zip(sizes, sizes[1:]):
    layers += [nn.Linear(i, o), nn.ReLU()]
net = nn.Sequential(*layers[:-1])
optimiser = torch.optim.AdamW(net.parameters(), lr=how["rate"], weight_decay=0.01)
data = torch.utils.data.TensorDataset(x[train], y[train])
class Rows(torch.utils.data.Dataset):  # a whole batch at once, as quick as it gets
    def __len__(self): return len(data)
    def __getitem__(self, i): return data[i]
    def __getitems__(self, rows): return data[torch.as_tensor(rows)]
n = len(data)
steps = how["epochs"] * round(1 / how["sample_rate"])
noise = how["noise"] or get_noise_multiplier(target_epsilon=how["epsilon"], target_delta=how["delta"], sample_rate=how["sample_rate"], steps=steps, accountant="prv")
loader = torch.utils.data.DataLoader(Rows(), batch_size=round(n * how["sample_rate"]), collate_fn=lambda batch: batch)
loss = nn.CrossEntropyLoss()
made = PrivacyEngine(accountant="rdp").make_private(module=net, optimizer=optimiser, data_loader=loader, criterion=loss, noise_multiplier=noise,
    max_grad_norm=how["max_gradient"], poisson_sampling=True, grad_sample_mode=how["mode"])
net, optimiser, loss, loader = made if len(made) == 4 else (made[0], made[1], loss, made[2])
start = time.perf_counter()
for epoch in range(how["epochs"]):
    for xb, yb in loader:
        optimiser.zero_grad()
        loss(net(xb), yb).backward()
        optimiser.step()
seconds = time.perf_counter() - start
net.eval()
with torch.no_grad():
    accuracy = (net(x[~train]).argmax(1) == y[~train]).double().mean().item()
print(json.dumps({"versions": f"PyTorch {torch.__version__}, Opacus {opacus_version}", "rate": n * how["sample_rate"] * steps / seconds, "accuracy": accuracy, "noise": noise}))
'''


class Ours:
    def __init__(self, options):
        self.job = jobs.Job("fashion-mnist", options.program)
        network.ingest_in_one(options.program)
        folder = self.job.output("private")
        folder.mkdir(parents=True)
        key = jobs.SOURCE / "out/fashion-mnist/keys/antwerp"
        policy = self.job.private_policy(folder, "pooled", key, where="LU", delta=DELTA, purpose="dpv:CommercialResearch")
        self.domain = {"name": "pooled", "jurisdiction": "LU", "public_key": f"{key}.pub.pem", "private_key": f"{key}.pem",
                       "policy": str(policy), "partitions": ["out/fashion-mnist/one/all.h5"]}
        self.words = [f"model.mlp.layers={json.dumps([{'units': units, 'activation': 'relu'} for units in options.layers])}",
                      f"train.descent.epochs={options.epochs}", f"train.descent.learning_rate={options.rate}"]
        self.private = [f"domains=[{json.dumps(self.domain)}]",
                        f"privacy={json.dumps({'epsilon': options.epsilon, 'delta': DELTA, 'sample_rate': SAMPLE_RATE, 'max_gradient': MAX_GRADIENT})}"]

    def run(self, *words, settings):
        return self.job.run(*words, *(word for setting in settings for word in ("--set", setting)))[1]

    def noise(self):
        """What this many steps take, by the length of a row's gradient."""
        plans = json.loads(self.run("budget", "plan", "configs/fashion-mnist/pooled.yaml", "--json", settings=self.words + self.private))
        return next(plan for plan in plans if plan["stage"] == "train")["releases"][0]

    def train(self, seed):
        output = self.job.output("private-run")
        self.run("train", "configs/fashion-mnist/pooled.yaml", "--output", output,
                 settings=[*self.words, *self.private, "train.checkpoint.every=0", f"train.descent.seed={seed}"])
        said = json.loads((output / "run.json").read_text())["results"]
        scores = self.job.output("private-scores")
        exact = json.dumps(network.DOMAIN)
        self.run("evaluate", "configs/fashion-mnist/pooled.yaml", "--output", scores, "--model", output / "model.h5", "--model-key",
                 "out/fashion-mnist/keys/operator.pub.pem", settings=[*self.words, f"domains=[{exact}]"])
        accuracy = json.loads((scores / "evaluation.json").read_text())["overall"]["accuracy"]
        seconds = said["seconds"]["solving"]
        return {"rate": said["rows"] * SAMPLE_RATE * said["steps"] / seconds, "accuracy": accuracy, "seconds": said["seconds"]}


# Gradients of all rows of a step are large: without this glibc gives them back, and the kernel clears them anew in each step.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**34)}


def opacus(options, seed, noise, mode, epochs=None):
    how = {"rows": str(jobs.SOURCE / "out/fashion-mnist/one/all.h5"), "seed": seed, "layers": options.layers, "rate": options.rate,
           "sample_rate": SAMPLE_RATE, "epochs": epochs or options.epochs, "noise": noise, "epsilon": options.epsilon, "delta": DELTA,
           "max_gradient": MAX_GRADIENT, "mode": mode}
    done = subprocess.run([options.torch, "-c", OPACUS, json.dumps(how)], text=True, capture_output=True, env={**jobs.ENVIRONMENT, **KEEP_MEMORY})
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = jobs.arguments(__doc__)
    parser.add_argument("--torch", default="python3", help="a Python that has torch, opacus and h5py")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--epsilon", type=float, default=3)
    parser.add_argument("--layers", type=int, nargs="+", default=[128, 64])
    parser.add_argument("--rate", type=float, default=1e-3)
    options = parser.parse_args()
    ours = Ours(options)
    noise = ours.noise()["noise"]
    results = {"noise": noise}

    def add(name, run):
        results.setdefault(name, []).append(run)
        print(f"  {name}: {run['rate']:,.0f} rows/s, accuracy {run['accuracy']:.4f}", flush=True)

    for seed in range(1, options.repeat + 1):  # in turns, so that what else the machine does meets all alike
        add("Bailiwick", ours.train(seed))
        add("Opacus, our noise, hooks, an epoch", opacus(options, seed, 2 * noise, "hooks", epochs=1))
        add("Opacus, our noise, ghost", opacus(options, seed, 2 * noise, "ghost"))
        add("Opacus, its own noise, ghost", opacus(options, seed, None, "ghost"))
    print(f"784-{'-'.join(map(str, options.layers))}-10, epsilon {options.epsilon} at delta {DELTA}, {options.epochs} epochs, "
          f"{SAMPLE_RATE} of the rows a step; {results['Opacus, our noise, ghost'][0]['versions']}")
    best = max(run["rate"] for run in results["Bailiwick"])
    for name in results:
        if name != "noise":
            runs = results[name]
            rates, scores = [run["rate"] for run in runs], [run["accuracy"] for run in runs]
            print(f"{name:<35} {max(rates):>9,.0f} rows/s, ours is {best / max(rates):5.2f} x; accuracy {statistics.mean(scores):.4f} "
                  f"± {statistics.pstdev(scores):.4f}; noise {runs[0].get('noise', 2 * noise):.3f} times a gradient's length")
    jobs.finish(options, results)


main()
