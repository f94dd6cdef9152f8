# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Trainings that are stopped, killed and gone on with: whatever happens, the model is that of the uninterrupted run."""
import base64
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import pytest
from conftest import PROGRAM, needs_shared
from test_policies import Stays
from test_same_bits import VARIANTS

pytestmark = needs_shared("heart")
STOPPED = 75
KEY = "out/heart/keys/operator.pub.pem"
KILLS = int(os.environ.get("BAILIWICK_KILLS", "12"))  # of the test with random moments; a release is tested with 240


def setting(**words):
    return [w for key, value in words.items() for w in ("--set", f"{key.replace('__', '.')}={value}")]


NETWORK = setting(train__descent__epochs=2, train__checkpoint="{every: 1, every_steps: 2, keep_last: 2, keep_best: 1}",
                  model__mlp__layers="[{units: 24, activation: gelu, layer_norm: true, dropout: 0.3}]")
JOBS = {
    "newton": ["configs/heart/train.yaml"],
    "lbfgs": ["configs/heart/train.yaml", *setting(train__method="lbfgs", train__tolerance="1e-2")],
    "newton-krylov": ["configs/heart/train.yaml", *setting(train__method="newton-krylov")],
    "network": ["configs/heart/mlp.yaml", *NETWORK],
    "asynchronous": ["configs/heart/mlp.yaml", *NETWORK, *setting(train__checkpoint="{every: 1, every_steps: 1, asynchronous: true}")],
    "early-stopping": ["configs/heart/mlp.yaml", *NETWORK, *setting(
        train__descent__early_stopping="{split: test, patience: 1}", train__descent__schedule="{kind: cosine, warmup_epochs: 2}",
        train__descent__epochs=3, train__descent__clip_norm=0.5)],
    "sgd": ["configs/heart/mlp.yaml", *setting(train="{method: sgd, split: train, descent: {epochs: 2, momentum: 0.9}}")],
}
for strategy in ("fedavg", "fedadam", "scaffold"):
    JOBS[strategy] = ["configs/heart/federated.yaml", *setting(train__federated__strategy=strategy, train__federated__rounds=3)]
for kind in ("fedrep", "ditto", "finetune"):
    JOBS[kind] = ["configs/heart/federated.yaml", *setting(
        model__mlp__layers="[{units: 8}]", train__federated__personal=f"{{kind: {kind}}}", train__federated__rounds=3)]


class Training:
    """One job in one output folder."""

    def __init__(self, checkout, job, output):
        self.checkout, self.output = checkout, f"out/heart/{output}"
        self.words = [*JOBS[job], "--output", self.output, "--resume", "latest"]

    def run(self, *words, **how):
        return self.checkout.run("train", *self.words, *words, **how)

    def digests(self):
        """Of the model, and of the regional ones."""
        folder = self.checkout.path(self.output)
        return {str(path.relative_to(folder)): self.checkout.digest(path) for path in sorted(folder.rglob("model.h5"))}

    def verify(self):
        self.checkout.run("verify", self.output, "--key", KEY)
        left = [path for path in self.checkout.path(self.output).rglob("*") if ".tmp." in path.name]
        assert not left, "nothing half written is left"

    def start(self, np, *words):
        """The running mpirun."""
        return subprocess.Popen(["mpirun", "-np", str(np), PROGRAM, "train", *self.words, *words], cwd=self.checkout.root,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def heart(jobs):
    return jobs("heart")


@pytest.fixture(scope="module")
def whole(heart):
    """job -> what its uninterrupted run, on two ranks, ends with."""
    made = {}

    def of(job):
        if job not in made:
            training = Training(heart, job, f"whole-{job}")
            training.run(np=2)
            made[job] = training.digests()
        return made[job]

    return of


@pytest.mark.parametrize("job", JOBS)
def test_stopped_as_often_as_can_be(heart, whole, job):
    """A wall time of nothing stops at every safe point; every session has another number of ranks."""
    expected = whole(job)
    training = Training(heart, job, f"stopped-{job}")
    sizes = [4, 1, 2, 3, 7, 2]
    for session in range(100):
        output = subprocess.run(["mpirun", "-np", str(sizes[session % len(sizes)]), PROGRAM, "train", *training.words,
                                 "--wall-time", "0"], cwd=heart.root, text=True, capture_output=True, timeout=60)
        if output.returncode != STOPPED:
            break
        assert "stopped: the wall time of 0 s is over; " in output.stderr
        assert re.search(r"out/heart/\S+\.h5 is on disk, go on with --resume latest", output.stderr)
    assert output.returncode == 0, output.stdout + output.stderr
    assert session > 1 and training.digests() == expected
    training.verify()
    assert "the training there is finished already" in training.run(np=2)
    for region in heart.path(training.output).glob("regions/*"):  # closed, each with its own key
        heart.run("verify", region, "--key", f"out/heart/keys/{region.name}.pub.pem")


def ranks_of(mpirun):
    """Process ids of the ranks that it started. One that is not yet our program, but mpirun's own image between fork and exec, does not
    count: Open MPI 4.1 can wait for ever for such a one that was killed."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
            program = os.readlink(stat.parent / "exe")
        except OSError:
            continue  # it ended meanwhile
        if int(fields[1]) == mpirun.pid and os.path.basename(program) == os.path.basename(PROGRAM):
            found.append(int(stat.parent.name))
    return sorted(found)


def has_ended(mpirun, seconds=30):
    """Waits for its ranks, and for itself unless they were killed early: Open MPI 4.1 can then lock itself up in PMIx_server_finalize."""
    deadline = time.monotonic() + seconds
    while mpirun.poll() is None and ranks_of(mpirun):
        assert time.monotonic() < deadline, "ranks outlive one that was killed"
        time.sleep(0.02)
    try:
        mpirun.wait(10)
    except subprocess.TimeoutExpired:
        mpirun.kill()
        mpirun.wait()


JOBS_KILLED = ["network", "asynchronous", "newton", "scaffold"]


@pytest.mark.parametrize("job", JOBS_KILLED)
def test_killed_at_random_moments(heart, whole, job):
    """SIGKILL to one rank, the leader of all included, or to all at once; some hit the publishing of a checkpoint."""
    expected = whole(job)
    dice = random.Random(job)
    enough = KILLS // len(JOBS_KILLED) * (20 if os.environ.get("BAILIWICK_TIER") == "long" else 1)
    kills = attempt = 0
    longest = 1.0
    while kills < enough:
        attempt += 1
        training = Training(heart, job, f"killed-{job}-{attempt}")
        while kills < enough:
            started = time.monotonic()
            process = training.start(dice.choice([1, 2, 3]))
            try:
                process.wait(dice.uniform(0.05, longest))
                longest = max(0.3, time.monotonic() - started)
                assert process.returncode == 0
                break
            except subprocess.TimeoutExpired:
                victims = ranks_of(process)
                if victims and dice.random() < 0.7:
                    victims = [dice.choice(victims)]
                elif not victims:
                    victims = [process.pid]
                for pid in victims:
                    try:
                        os.kill(pid, signal.SIGKILL)
                        kills += 1
                    except ProcessLookupError:
                        pass
                has_ended(process)
        else:
            training.run(np=2)
        assert training.digests() == expected
        training.verify()
        shutil.rmtree(heart.path(training.output))


@pytest.mark.parametrize("number", ["SIGUSR1", "SIGTERM", "SIGINT"])
@pytest.mark.parametrize("np", [1, 3])
def test_signals(heart, number, np):
    training = Training(heart, "network", f"signal-{number}-{np}")
    words = setting(train__descent__epochs=100000, train__checkpoint__every=100000)
    process = training.start(np, *words)
    deadline = time.monotonic() + 60
    while not list(heart.path(training.output).glob("checkpoints/*.h5")):  # before the first step a signal ends it at once
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    os.kill(ranks_of(process)[-1], getattr(signal, number))  # one rank is enough
    error = process.communicate(timeout=60)[1]
    assert process.returncode == STOPPED, error
    assert re.search(rf"bailiwick: stopped: {number}; .*{training.output}/checkpoints/\S+\.h5 is on disk", error)
    output = heart.run("train", *training.words, *words, "--wall-time", "0", np=np, code=STOPPED)
    assert f"/{training.output}/checkpoints/" in output


@pytest.mark.parametrize("saved, rank", [(True, 1), (False, 1), (True, 0)])
def test_a_run_that_hangs_is_ended(heart, saved, rank):
    """One rank stands still; with a checkpoint of this session it can go on, otherwise it is nobody's fault but a bug's."""
    training = Training(heart, "network", f"hangs-{saved}-{rank}")
    words = setting(train__descent__epochs=100000, train__checkpoint=f"{{every: {int(saved)}, every_steps: 0}}")
    process = training.start(3, *words, "--watchdog", "00:00:03")
    folder = heart.path(training.output)
    deadline = time.monotonic() + 60
    while not (list(folder.glob("checkpoints/*.h5")) if saved else folder.joinpath("lineage.jsonl").exists()):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    time.sleep(1)
    still = ranks_of(process)[rank]
    os.kill(still, signal.SIGSTOP)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == (STOPPED if saved else 70), error
    assert re.search(rf"bailiwick: rank {int(rank == 0)} on \S+: nothing has moved for 3 s, waiting for other ranks in ", error)
    assert ("can go on with --resume latest" in error) == saved
    while pathlib.Path(f"/proc/{still}").exists():
        assert time.monotonic() < deadline + 60, "nothing is left behind"
        time.sleep(0.05)


def newest(training):
    return max(training.checkout.path(training.output).glob("checkpoints/*.h5"), key=lambda path: path.stat().st_mtime_ns)


def test_the_newest_that_verifies(heart, whole):
    training = Training(heart, "newton", "damaged")
    for _ in range(4):
        training.run("--wall-time", "0", np=2, code=STOPPED)
    flipped, cut = newest(training), None
    data = bytearray(flipped.read_bytes())
    data[len(data) // 2] ^= 1
    flipped.write_bytes(data)
    os.utime(flipped, (0, 0))
    cut = newest(training)
    cut.write_bytes(cut.read_bytes()[:1000])
    heart.path(training.output).joinpath("checkpoints/step-000009.h5").write_bytes(b"nobody signed this")
    output = training.run("--wall-time", "0", np=3, code=STOPPED)
    for path in (flipped, cut):
        assert re.search(f"passed over .*/{training.output}/checkpoints/{path.name}: ", output)
    assert f"/{training.output}/checkpoints/step-000001.h5" in output
    training.run(np=2)
    assert training.digests() == whole("newton")
    heart.path(training.output).joinpath("checkpoints/step-000009.h5").unlink()
    training.verify()


def test_no_checkpoint_that_verifies(heart, whole):
    training = Training(heart, "newton", "all-damaged")
    training.run("--wall-time", "0", np=2, code=STOPPED)
    newest(training).unlink()
    output = training.run(np=2)
    assert "passed over" in output and "no checkpoint there can be used: from the start" in output
    assert training.digests() == whole("newton")
    training.verify()


def test_what_others_put_into_the_folder_stays(heart):
    training = Training(heart, "newton", "others")
    training.run("--wall-time", "0", np=2, code=STOPPED)
    folder = heart.path(training.output)
    theirs = ["survey.tmp.csv", "survey.csv.tmp.1", "model.h5.tmp.old"]
    for name in (*theirs, "model.h5.tmp.17", "checkpoints/step-000009.h5.tmp.17"):
        (folder / name).write_text("half")
    training.run(np=2)
    assert sorted(path.name for path in folder.rglob("*.tmp.*")) == sorted(theirs)


def test_two_jobs_in_one_folder(heart):
    """The second waits until the first has ended, and goes on from what that has left."""
    training = Training(heart, "network", "two")
    words = setting(train__descent__epochs=100000, train__checkpoint__every=50)
    jobs = []
    for _ in range(2):
        jobs.append(training.start(2, *words))
        deadline = time.monotonic() + 60
        while not list(heart.path(training.output).glob("checkpoints/*.h5")):
            assert time.monotonic() < deadline and jobs[0].poll() is None
            time.sleep(0.05)
    time.sleep(5)  # the second starts, and speaks after a second of waiting
    for job in jobs:
        while not ranks_of(job):
            time.sleep(0.05)
        os.kill(ranks_of(job)[0], signal.SIGTERM)
        if job is jobs[0]:
            assert job.communicate(timeout=60)[1].count("is on disk, go on with") == 1
            time.sleep(2)
    error = jobs[1].communicate(timeout=60)[1]
    assert jobs[0].returncode == jobs[1].returncode == STOPPED, error
    assert re.search(r"/\.lineage\.lock: waiting for another job that holds it \(process \d+ on \S+\), 300 s at most", error)
    lines = heart.path(training.output).joinpath("lineage.jsonl").read_text().splitlines()
    sessions = [json.loads(base64.b64decode(json.loads(line)["payload"]))["predicate"]["runDetails"]["metadata"]["invocationId"] for line in lines]
    assert len(set(sessions)) == 2 and sessions == sorted(sessions, key=sessions.index), "one after the other"
    heart.run("verify", training.output, "--key", KEY, code=7)  # but for the end, all holds
    assert sum(line.startswith("NO ") for line in heart.run("verify", training.output, "--key", KEY, code=7).splitlines()) == 1


def test_what_is_kept(heart):
    training = Training(heart, "network", "kept")
    output = training.run(*setting(
        train__checkpoint="{every: 1, keep_last: 2, keep_best: 2}", train__descent__epochs=12, train__descent__learning_rate=1,
        train__descent__schedule="{kind: constant}", model__mlp__layers="[{units: 16}]"), np=2)
    losses = [(float(loss), int(epoch)) for epoch, loss in re.findall(r"^ +(\d+) +([\d.e+-]+) +[\d,]+ +[\d.]+$", output, re.M)]
    assert len(losses) == 12
    kept = {epoch for _, epoch in sorted(losses)[:2]} | {11, 12}
    assert len(kept) > 2, "one of the best is not among the last"
    names = sorted(path.name for path in heart.path(training.output).glob("checkpoints/*.h5"))
    assert names == [f"epoch-{epoch:06}.h5" for epoch in sorted(kept)]
    training.verify()
    heart.path(training.output).joinpath("checkpoints", names[0]).unlink()
    output = heart.run("verify", training.output, "--key", KEY, code=7)
    assert names[0] in output and "cannot open" in output


@pytest.mark.parametrize("np", [1, 4])
def test_going_on_needs_the_same_config(heart, np):
    training = Training(heart, "newton", f"config-{np}")
    training.run("--wall-time", "0", np=1, code=STOPPED)
    for words, difference in ((["model.l2=2"], "model.l2: was 1e-06, now 2"), (["train.tolerance=1e-3", "name=another"], "train.tolerance: was its default, now 0.001; name: was heart, now another")):
        output = training.run(*(part for word in words for part in ("--set", word)), np=np, code=3)
        assert f"the run there began with another config ({difference}); go on" in output
    output = heart.run("train", *JOBS["newton"], "--output", training.output, np=np, code=5)
    assert "an interrupted training goes on with --resume latest" in output


@pytest.mark.parametrize("np", [1, 4])
def test_going_on_needs_the_same_rows(fresh, np):
    """What was begun with other rows could never be verified."""
    stays = Stays(fresh)
    stays.train("--wall-time", "0", output="begun", code=STOPPED)
    rows = stays.path("stays.csv")
    rows.write_text(rows.read_text().replace("bern,30,", "bern,31,"))
    stays.run("ingest", "ingest.yaml", "--force")
    out = stays.train("--resume", "latest", output="begun", np=np, code=5)
    assert "began with other rows of partition/bern/bern" in out, out


def test_going_on_with_what_decides_no_bit(heart, whole):
    """Another name of the file, other checkpoints, sections of other stages: it is the same training. Each session says what it was asked."""
    training = Training(heart, "newton", "no-bits")
    training.run("--wall-time", "0", np=1, code=STOPPED)
    words = [*JOBS["newton"]]
    config = heart.path(words[0])
    words[0] = str(shutil.copy(config, config.with_name("renamed.yaml")))
    heart.run("train", *words, "--output", training.output, "--resume", "latest", "--set", "evaluate.calibration_bins=7",
              "--set", "train.checkpoint.keep_last=1", "--set", "recipients=[\"https://example.org/us\"]", np=2)
    assert training.digests() == whole("newton")
    training.verify()
    said = [json.loads(heart.path(training.output).joinpath(name).read_text()) for name in ("inputs.json", "inputs-2.json")]
    assert said[0]["identity"] == said[1]["identity"] and [s["recipients"] for s in said] == [[], ["https://example.org/us"]]


def test_going_on_in_another_build(heart, whole):
    program = VARIANTS["openmp"] if "openmp" in VARIANTS else ""
    if not os.path.exists(program):
        pytest.skip("the OpenMP build is not there; ./run-tests builds it")
    for job in ("network", "newton"):
        training = Training(heart, job, f"builds-{job}")
        training.run("--wall-time", "0", np=2, code=STOPPED)
        training.run(np=1, program=program, threads=2)
        assert training.digests() == whole(job)
        training.verify()


def test_an_evaluation_that_was_killed_starts_again(heart, whole):
    whole("newton")
    folder = heart.path("out/heart/whole-newton")
    words = ["evaluate", *JOBS["newton"], "--output", "out/heart/whole-newton"]
    heart.run(*words, np=2)
    finished = folder / "evaluation.jsonl"
    lines = finished.read_text().splitlines()
    finished.write_text(lines[0] + "\n")  # as after a kill: only the first statement stands
    heart.run(*words, np=2)
    heart.run("verify", "out/heart/whole-newton", "--key", KEY)
    before = finished.read_bytes()
    assert "the evaluation there is finished already" in heart.run(*words, np=3)  # a batch script that was given again
    assert finished.read_bytes() == before
    other = heart.run(*words, "--set", "evaluate.calibration_bins=7", np=2, code=5)
    assert "holds the lineage of an earlier evaluate; name another folder with --output and the model with --model" in other


def test_verify_says_what_nobody_signed(heart, whole):
    whole("newton")
    folder = heart.path("out/heart/unsigned")
    shutil.copytree(heart.path("out/heart/whole-newton"), folder)
    for path in [*folder.glob("evaluat*"), folder / ".evaluation.lock"]:
        path.unlink(missing_ok=True)
    (folder / "model2.h5").write_text("nobody's")
    verify = ("verify", "out/heart/unsigned", "--key", KEY)
    output = heart.run(*verify)
    assert "--  no statement speaks of coefficients.csv, model.txt, model2.h5, run.json" in output and "findings hold: verified" in output
    quiet = heart.run(*verify, "--quiet")
    last = json.loads((folder / "lineage.jsonl").read_bytes().splitlines()[-1])
    head = hashlib.sha256(base64.b64decode(last["payload"])).hexdigest()
    assert f"--  head of lineage.jsonl: {head}" in quiet
    assert "no statement speaks of coefficients.csv, model.txt" in quiet and "ok  " not in quiet
    (folder / "evaluation.json").write_text('{"auc": 0.99}')
    assert "NO  evaluation.json: no statement speaks of it" in heart.run(*verify, code=7)
    (folder / "evaluation.json").unlink()
    (policy,) = (folder / "documents/va").glob("policy-*.json")
    policy.write_text(policy.read_text().replace('"sig":"', '"sig":"A'))
    assert re.search(r"NO  documents/va/policy-\w+.json: policy and signature", heart.run(*verify, code=7))
    policy.unlink()
    assert "NO  the policy of domain va: is not in documents/" in heart.run(*verify, code=7)
