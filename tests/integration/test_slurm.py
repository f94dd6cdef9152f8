# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What `bailiwick slurm` writes, in a real Slurm (where one can be started): jobs that are stopped, requeued or lose a node end with
the model of those that are not."""
import json

import pytest
import slurm_cluster
from conftest import PROGRAM, Checkout
from test_policies import Stays

PLACES = {"bern": "CH", "lyon": "FR", "graz": "AT"}
NODES = "at1:at at2:at ch1:ch fr1:fr fr2:fr"
COUNTRIES = "site: {name: cluster, slurm_features: {at: AT, ch: CH, fr: FR}, %s}"
LUXEMBOURG = 'site={name: one, nodes: [{match: "*", jurisdiction: LU}]}'
# A network whose training takes long enough to be met in the middle of it.
NETWORK = """model: {kind: mlp, target: days, mlp: {layers: [{units: 8}], loss: squared_error}}
train: {method: adamw, split: train, descent: {epochs: 120, batch_rows: 24}}"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with slurm_cluster.started(NODES, tmp_path_factory.mktemp("probe")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def stays(cluster, tmp_path_factory):
    """Three clinics in three countries; their rows may be computed on at home, or all in Luxembourg."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("stays")))
    text = stays.path("run.yaml").read_text()
    lines = [COUNTRIES % cluster.conf if line.startswith("site:") else NETWORK if line.startswith("model:") else line for line in text.splitlines()]
    text = "\n".join(lines) + "\n"
    for clinic, place in PLACES.items():
        text = text.replace(f"name: {clinic}, jurisdiction: CH", f"name: {clinic}, jurisdiction: {place}")
        terms = stays.path(f"{clinic}.yaml").read_text()
        stays.write(f"{clinic}.yaml", terms.replace("where: [CH]", f"where: [{place}, LU]"))
        stays.run("policy", "sign", f"{clinic}.yaml", "--key", f"{clinic}.pem", "--output", f"{clinic}.json", "--force")
    stays.write("run.yaml", text)
    return stays


@pytest.fixture(scope="module")
def uninterrupted(stays):
    """The digest of the model, trained without Slurm on one rank."""
    stays.train("--set", LUXEMBOURG, output="reference", np=1)
    return stays.checkout.digest("reference/model.h5")


def write(stays, name, *words):
    """Writes a script for a run with an output folder of that name, and gives both."""
    stays.run("slurm", "run.yaml", "--output", f"{name}.sbatch", "--set", f"output={name}", *words)
    return f"{name}.sbatch", stays.path(name)


def heterogeneous(stays, name, *words):
    return write(stays, name, "--heterogeneous", *words)


def plain(stays, name, *words):
    return write(stays, name, "--set", LUXEMBOURG, "--sbatch=--nodes=3", "--sbatch=--constraint=[at*1&ch*1&fr*1]", *words)


def submit(cluster, stays, script):
    return cluster.sbatch(script, stays.checkout.root, BAILIWICK=PROGRAM)


def log(stays, cluster, job):
    name = cluster.jobs(job)[0]["StdOut"]
    return stays.path(name).read_text() if stays.path(name).exists() else ""


def amid_training(folder):
    """True while a checkpoint or two are there, and no model."""
    return lambda: len(list(folder.glob("checkpoints/*.h5"))) > 1 and not (folder / "model.h5").exists()


def check(cluster, stays, job, folder, digest, restarts=0):
    jobs = cluster.jobs(job)
    text = log(stays, cluster, job)
    assert [(j["JobState"], j["ExitCode"]) for j in jobs] == [("COMPLETED", "0:0")] * len(jobs), text
    assert int(jobs[0]["Restarts"]) == restarts and text.count(f"goes on from {folder}/checkpoints/") == restarts, text
    assert stays.checkout.digest(folder / "model.h5") == digest
    assert (folder / "evaluation.json").exists() and "verified" in text, text
    stays.run("verify", folder, "--key", "operator.pub.pem")


def test_a_component_a_jurisdiction(cluster, stays, uninterrupted):
    script, folder = heterogeneous(stays, "countries", "--ranks", 5)
    job = submit(cluster, stays, script)
    cluster.wait(job)
    check(cluster, stays, job, folder, uninterrupted)
    ranks = json.loads((folder / "decisions.json").read_text())["ranks"]
    domains = json.loads((folder / "egress.json").read_text())["domains of ranks"]
    assert len(ranks) == 5 and [PLACES[domain] for domain, in domains] == [rank["place"] for rank in ranks]
    assert [rank["node"][:2].upper() for rank in ranks] == [rank["place"] for rank in ranks]


# Not the node that has the script, which is the first by name, or the first component's; and one that has a twin.
@pytest.mark.parametrize("kind, country", [(plain, "fr"), (heterogeneous, "at")])
def test_a_node_lost_amid_training(cluster, stays, uninterrupted, kind, country):
    script, folder = kind(stays, f"lost-{kind.__name__}")
    job = submit(cluster, stays, script)
    cluster.wait(job, amid_training(folder))
    nodes = cluster.bash(f"squeue -h -o %N -j {job} | xargs -n 1 scontrol show hostnames", folder).split()
    cluster.lose(next(node for node in nodes if node.startswith(country)))
    cluster.wait(job)
    check(cluster, stays, job, folder, uninterrupted, restarts=1)


def test_requeued_amid_training(cluster, stays, uninterrupted):
    script, folder = heterogeneous(stays, "requeued")
    job = submit(cluster, stays, script)
    cluster.wait(job, amid_training(folder))
    cluster.bash(f"scontrol requeue {job}", folder)
    cluster.wait(job)
    check(cluster, stays, job, folder, uninterrupted, restarts=1)


@pytest.mark.parametrize("kind", [plain, heterogeneous])
def test_signalled_amid_training(cluster, stays, uninterrupted, kind):
    script, folder = kind(stays, f"signalled-{kind.__name__}")
    job = submit(cluster, stays, script)
    cluster.wait(job, amid_training(folder))
    cluster.bash(f"scancel --batch --signal=USR1 {job}", folder)
    cluster.wait(job)
    assert f"start 1 of job {job} ended with 75: requeued" in log(stays, cluster, job)
    check(cluster, stays, job, folder, uninterrupted, restarts=1)


def test_signalled_by_slurm_before_the_limit(cluster, stays):
    script, folder = plain(stays, "limit", "--set", "train.descent.epochs=1000000")
    # Limits count in whole minutes, and the signal may come up to one early.
    job = submit(cluster, stays, f"--time=1 --signal=B:USR1@10 {script}")
    cluster.wait(job, lambda: cluster.jobs(job)[0]["Restarts"] == "1")
    assert f"start 1 of job {job} ended with 75: requeued" in log(stays, cluster, job)
    assert not (folder / "model.h5").exists() and list(folder.glob("checkpoints/*.h5"))
    cluster.bash(f"scancel {job}", folder)


@pytest.mark.parametrize("kind", [plain, heterogeneous])
def test_a_cancelled_job_stays_cancelled(cluster, stays, kind):
    script, folder = kind(stays, f"cancelled-{kind.__name__}", "--set", "train.descent.epochs=1000000")
    job = submit(cluster, stays, script)
    cluster.wait(job, amid_training(folder))
    cluster.bash(f"scancel {job}", folder)
    cluster.wait(job)
    assert {(j["JobState"], j["Restarts"]) for j in cluster.jobs(job)} == {("CANCELLED", "0")}, log(stays, cluster, job)


def test_a_chain(cluster, stays, uninterrupted):
    for partition in stays.path("partitions").iterdir():
        partition.unlink()
    write(stays, "chain", "--heterogeneous", "--chain", "chain.sh", "--ingest", "ingest.yaml")
    out = cluster.bash("bash chain.sh", stays.checkout.root, BAILIWICK=PROGRAM)
    jobs = dict(line.split() for line in out.splitlines())
    assert list(jobs) == ["ingest", "train", "evaluate", "verify"]
    cluster.wait(jobs["verify"])
    ended = [cluster.jobs(job)[0] for job in jobs.values()]
    assert [j["JobState"] for j in ended] == ["COMPLETED"] * 4, [log(stays, cluster, job) for job in jobs.values()]
    assert [j["JobName"] for j in ended] == [f"length-of-stay-{stage}" for stage in jobs]
    assert stays.checkout.digest("chain/model.h5") == uninterrupted and stays.path("chain/evaluation.json").exists()
    assert "verified" in log(stays, cluster, jobs["verify"])

    # The same again: the partitions are there, ingest overwrites nothing, and nothing comes after it.
    jobs = dict(line.split() for line in cluster.bash("bash chain.sh", stays.checkout.root, BAILIWICK=PROGRAM).splitlines())
    cluster.wait(jobs["verify"])
    ended = [cluster.jobs(job)[0] for job in jobs.values()]
    assert [j["JobState"] for j in ended] == ["FAILED", "CANCELLED", "CANCELLED", "CANCELLED"]
    assert ended[0]["ExitCode"] == "5:0" and "exists already" in log(stays, cluster, jobs["ingest"])


def test_a_sweep(cluster, stays):
    sweep = ("--sweep", "train.descent.epochs=2,3", "--sweep", "model.features=[age],[age, sex_m]")
    script, folder = plain(stays, "rates", *sweep)
    job = submit(cluster, stays, script)
    cluster.wait(job)
    jobs = cluster.jobs(job)
    assert [j["JobState"] for j in jobs] == ["COMPLETED"] * 4, [log(stays, cluster, j["JobId"]) for j in jobs]
    digests = [stays.checkout.digest(f"rates-sweep/{k}/model.h5") for k in range(4)]
    assert len(set(digests)) == 4 and not folder.exists()
    stays.train("--set", LUXEMBOURG, "--set", "train.descent.epochs=3", "--set", "model.features=[age]", output="rates-alone")
    assert stays.checkout.digest("rates-alone/model.h5") == digests[2]
