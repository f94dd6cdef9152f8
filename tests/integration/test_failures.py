# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Storage and memory that fail at any call, on any rank: every rank ends, one line says why, nothing is left half done.

tests/durability/shim.cpp makes the failures. A first run of each command lists the calls that it makes of the storage; of
these, and of the requests for memory, BAILIWICK_FAILURES a command fail, one a run. BAILIWICK_FAILURES_SEED picks others.
"""
import errno
import os
import random
import re
import shutil
import subprocess
import time
import zlib

import pytest
from conftest import PROGRAM, Checkout

SHIM = os.path.join(os.environ["BAILIWICK_DURABILITY"], "libshim.so")
COUNT = int(os.environ.get("BAILIWICK_FAILURES", 4))
SEED = int(os.environ.get("BAILIWICK_FAILURES_SEED", 1))
CONFIG, DATA, INTEGRITY = 3, 5, 7
SECONDS = 60  # for a run of a second, the 5 in which ranks wait for each other, and a machine that is busy
HOW = {"open": ["ENOENT", "EACCES", "EIO", "EROFS", "ENOSPC"], "read": ["EIO", "short"],
       "write": ["ENOSPC", "EDQUOT", "EIO", "EROFS", "short"], "sync": ["EIO", "ENOSPC", "EDQUOT"],
       "rename": ["EACCES", "EIO", "ENOENT", "EROFS"], "mkdir": ["EACCES", "ENOSPC", "EROFS"], "unlink": ["EACCES", "EIO"],
       "truncate": ["EIO", "ENOSPC"], "new": ["memory"]}
MODEL = """model:
  kind: mlp
  features: [age, sex_female, ph.ecog, ph.karno]
  target: status
  standardise: per_domain
  mlp: {layers: %s, loss: binary}
train:
  method: sgd
  checkpoint: {every: 1}
  descent: {batch_rows: 64, learning_rate: 1e-3%s}
%s"""
COMMANDS = {
    "ingest": ["ingest", "configs/lung/other.yaml"],
    "replace": ["ingest", "configs/lung/other.yaml", "--force"],
    "train": ["train", "configs/lung/logistic.yaml", "--set", "train.checkpoint.every=2"],
    "network": ["train", "configs/lung/network.yaml"],
    "federated": ["train", "configs/lung/federated.yaml"],
    "evaluate": ["evaluate", "configs/lung/logistic.yaml", "--model", "out/run/model.h5"],
    "predict": ["predict", "configs/lung/logistic.yaml", "--model", "out/run/model.h5"],
    "describe": ["describe", "configs/lung/logistic.yaml"],
}

ONE_PROCESS = ("ingest", "replace")


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    checkout = Checkout(tmp_path_factory.mktemp("failures")).prepare("lung", 1)
    configs = checkout.path("configs/lung")
    (configs / "other.yaml").write_text((configs / "ingest.yaml").read_text().replace("lung/partitions", "lung/case"))
    text = (configs / "parties.yaml").read_text()
    (configs / "parties.yaml").write_text(text.replace("    policy: ", "    access_log: ../../out/lung/<name>.log\n    policy: "))
    text = (configs / "logistic.yaml").read_text()
    head = text[:text.index("model:")]
    (configs / "network.yaml").write_text(head + MODEL % ("[{units: 4}]", ", epochs: 2, block_rows: 16", ""))
    (configs / "federated.yaml").write_text(
        head + MODEL % ("[]", "", "  federated: {strategy: fedavg, rounds: 2, local_steps: 4}\n"))
    checkout.run("train", "configs/lung/logistic.yaml", "--output", "out/run")
    checkout.calls = {}
    return checkout


def attempt(job, name, np, **settings):
    """Runs a command with the shim; its exit code and what it printed."""
    out = job.path("out/lung/case")
    shutil.rmtree(out, ignore_errors=True)
    if name == "replace":
        shutil.copytree(job.path("out/lung/partitions"), out)
    for log in job.path("out/lung").glob("*.log"):  # every run makes the same calls
        log.unlink()
    trace = job.path("trace")
    trace.unlink(missing_ok=True)
    words = [PROGRAM, *COMMANDS[name], *([] if name in ONE_PROCESS else ["--output", "out/lung/case"])]
    shim = dict(LD_PRELOAD=SHIM, SHIM_PATH=str(job.root), SHIM_TRACE=str(trace), **settings)
    words = ["env", *(f"{key}={value}" for key, value in shim.items()), *words]
    if np > 1:
        words = ["mpirun", "-np", str(np), *words]
    result = subprocess.run(words, cwd=job.root, text=True, capture_output=True, timeout=SECONDS)
    return result.returncode, result.stdout + result.stderr, time.time()


def calls_of(job, name, np):
    """(rank, call) -> the paths of such calls, in order; for "new" their number."""
    if (name, np) not in job.calls:
        found = {}
        for call in ("", "new"):
            code, output, _ = attempt(job, name, np, SHIM_CALL=call)
            assert code == 0, output
            for line in job.path("trace").read_text().splitlines():
                rank, n, kind, path = line.split(" ", 3)
                if kind == "new":
                    found[int(rank), kind] = range(int(n))
                else:
                    found.setdefault((int(rank), kind), []).append(path)
        assert {rank for rank, _ in found} == set(range(np))
        job.calls[name, np] = found
    return job.calls[name, np]


def problems(job, name, kind, how, paths, code, output):
    """What is wrong with how a run ended."""
    found = []
    out = job.path("out/lung/case")
    left = [str(file) for file in job.root.rglob("*") if ".tmp." in file.name or file.name.startswith(".ingest")]
    if kind in ("unlink", "open"):  # what could not be removed, or listed to be removed, is there
        left = [file for file in left if kind == "open" and ".ingest" not in file or kind == "unlink" and not paths[0].startswith(file)]
    # Memory that runs out while nlohmann's JSON frees its own ends the process: its destructor asks for more.
    aborted = how == "memory" and code in (-6, 134)
    lines = [line for line in output.splitlines() if line.startswith("bailiwick: ")]
    told = "what was there before: it is in" in output  # nothing else may keep a staging folder
    if left and not aborted and not told:
        found.append(f"left behind: {left}")
    if aborted:
        if lines or "signal 6 (Aborted)" not in output and "bad_alloc" not in output:
            found.append("aborted otherwise")
    elif code == 0:
        if lines:
            found.append("complains and ends with 0")
    else:
        allowed = {DATA, CONFIG} if any(re.search(r"/keys/|configs/", path) for path in paths) else {DATA}
        if code not in allowed:
            found.append(f"exit code {code}, not {DATA}")
        # MPI-IO keeps errno to itself, and does not go on after a short read or write.
        text = "" if how == "short" or any(".h5.tmp" in path for path in paths) else "out of memory" if how == "memory" else os.strerror(getattr(errno, how))
        if len(lines) != 1:
            found.append(f"{len(lines)} lines of complaint")
        elif text not in lines[0]:
            found.append(f"does not say: {text}")
        elif paths and not any(os.path.basename(path).split(".tmp.")[0] in lines[0] for path in paths):
            found.append(f"does not name any of {paths}")
    if name in ONE_PROCESS:
        # All is new, or all is as it was. The program may fail after all is new, where it tells of it.
        before = job.path("out/lung/partitions") if name == "replace" else job.path("out/none")
        new = [file.name for file in out.glob("[!.]*") if not (before / file.name).exists()
               or (before / file.name).read_bytes() != file.read_bytes()]
        old = list(out.glob(".ingest.*/*.before"))
        if old and code != 0 and "what was there before: it is in" in output:
            for file in old:  # renames were refused from the middle on: the person can do it later
                file.rename(out / file.name.removesuffix(".before"))
            shutil.rmtree(old[0].parent)
            new = [name for name in new if (out / name).read_bytes() != (before / name).read_bytes()]
        gone = [file.name for file in before.glob("*") if not (out / file.name).exists()]
        signed = {"ingest": 13, "replace": 12}[name]  # quarantine.csv is the same again
        if gone or len(new) not in ((signed,) if code == 0 else (0, signed)):
            found.append(f"put in place in part: {new}, gone: {gone}")
        return found
    if name == "predict":
        return found
    if code == 0 or (out.exists() and list(out.glob("*.jsonl"))):
        key = "out/lung/keys/operator.pub.pem"
        verdict = subprocess.run([PROGRAM, "verify", out, "--key", key, "--quiet"], cwd=job.root, text=True, capture_output=True)
        broken = [line for line in verdict.stdout.splitlines() if line.startswith("NO") and "no final statement" not in line]
        if broken or (code == 0 and verdict.returncode != 0):
            found.append("does not verify: " + (verdict.stdout + verdict.stderr))
    elif list(out.rglob("*.h5")):
        found.append("a model without a lineage")
    return found


def settings_of(chance, calls):
    """One call that fails, and how."""
    kinds = sorted({kind for _, kind in calls})
    kind = chance.choices(kinds, [{"new": 3, "open": 3, "read": 3, "write": 3}.get(kind, 1) for kind in kinds])[0]
    rank = chance.choice(sorted(rank for rank, k in calls if k == kind))
    n = chance.randrange(len(calls[rank, kind]))
    how = chance.choice(HOW[kind])
    lasts = kind not in ("unlink", "new") and how != "short" and chance.random() < 0.3
    path = None if kind == "new" else [calls[rank, kind][n]]
    return how, path, dict(SHIM_RANK=rank, SHIM_CALL=kind, SHIM_NTH=n + 1, SHIM_LASTS="yes" if lasts else "no",
                           SHIM_HOW=how if how in ("short", "memory") else getattr(errno, how))


def test_a_model_that_might_lose_its_name_again(job):
    """The folder cannot be synced once model.h5 is renamed: no statement speaks of it, so nothing lies there."""
    syncs = calls_of(job, "train", 1)[0, "sync"]
    n = max(n for n, path in enumerate(syncs) if "model.h5.tmp" in path) + 1
    assert syncs[n] == str(job.path("out/lung/case"))
    code, output, _ = attempt(job, "train", 1, SHIM_RANK=0, SHIM_CALL="sync", SHIM_NTH=n + 1, SHIM_LASTS="no", SHIM_HOW=errno.ENOSPC)
    wrong = problems(job, "train", "sync", "ENOSPC", [], code, output)
    assert code == DATA and not wrong, "\n".join([*wrong, output])
    assert not job.path("out/lung/case/model.h5").exists()


@pytest.mark.parametrize("np", [1, 4])
@pytest.mark.parametrize("name", COMMANDS)
def test_failures(job, name, np):
    if name in ONE_PROCESS and np > 1:
        pytest.skip("ingest is one process")
    calls = calls_of(job, name, np)
    chance = random.Random(zlib.crc32(f"{SEED} {name} {np}".encode()))
    ends, wrong, slowest = {}, [], 0.0
    for _ in range(COUNT):
        how, paths, settings = settings_of(chance, calls)
        case = f"{' '.join(f'{k}={v}' for k, v in settings.items())} ({how}) {paths}"
        try:
            code, output, end = attempt(job, name, np, **settings)
        except subprocess.TimeoutExpired as stuck:
            wrong.append(f"{case}\n  did not end: {stuck.output}")
            continue
        struck = [line for line in job.path("trace").read_text().splitlines()] if job.path("trace").exists() else []
        if struck:
            paths = None if how == "memory" else [line.removesuffix(" fails").split(" ", 3)[3] for line in struck]
            slowest = max(slowest, end - job.path("trace").stat().st_mtime)
        ends[code if struck else "not met"] = ends.get(code if struck else "not met", 0) + 1
        for problem in problems(job, name, settings["SHIM_CALL"], how, paths or [], code, output):
            wrong.append(f"{case}\n  {problem}\n  " + "\n  ".join(output.splitlines()[-12:]))
    print(f"{name} np={np}: {COUNT} failures, exit codes {ends}, all had ended {slowest:.1f} s after the failure")
    if wrong:
        pytest.fail(f"{len(wrong)} of {COUNT}:\n" + "\n".join(wrong), pytrace=False)
