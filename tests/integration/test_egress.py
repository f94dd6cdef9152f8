# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What crosses between domains is measured under MPI, explained in egress.json, and stopped if it is not."""
import json
import os
import subprocess

import pytest

from conftest import PROGRAM

LEAKS = os.environ["BAILIWICK_LEAKS"]
TRAIN = "configs/lung/train.yaml"


def train_with(checkout, library, output, np, leak=None, *words):
    environment = dict(os.environ, LD_PRELOAD=f"{LEAKS}/{library}")
    if leak:
        environment["LEAK"] = leak
    return subprocess.run(["mpirun", "-np", str(np), "-x", "LD_PRELOAD", "-x", "LEAK", PROGRAM, "train", TRAIN,
                           "--output", output, *words],
                          cwd=checkout.root, env=environment, text=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("np, leak, says", [
    (2, "send", 'MPI_Isend on communicator "MPI_COMM_WORLD" would take 12 bytes to another domain'),
    (4, "persistent", 'MPI_Start on communicator "MPI_COMM_WORLD" would take 12 bytes to another domain'),
    (4, "colour", 'MPI_Comm_split on communicator "MPI_COMM_WORLD" would take 12 bytes to another domain'),
    (2, "unit", 'MPI_Win_allocate_shared on communicator "MPI_COMM_WORLD" would take 16 bytes to another domain'),
    (2, "profiling name", 'MPI_Send on communicator "MPI_COMM_WORLD" would take 12 bytes to another domain'),
    (4, "Fortran allgather", 'MPI_Allgather on communicator "MPI_COMM_WORLD" would take 8 bytes to another domain'),
    (2, "persistent allgather", "MPIX_Allgather_init is not made in a job that keeps domains apart"),
    (1, "spawn", "MPI_Comm_spawn is not made in a job that keeps domains apart"),
    (1, "file of one", 'MPI_File_open would write "leak", which is no file of this run'),
    (2, "around", 'a message of 8 bytes on communicator "MPI_COMM_WORLD" to a rank of another domain was about to leave by a way around'),
    (4, "around, in a thread", "a message of 8 bytes"),
    (2, "around, by shared memory", "was about to leave by a way around MPI's functions"),
    (4, "around, by a megabyte of rows", "a message of 1048576 bytes")])
def test_a_planted_leak_is_stopped(jobs, np, leak, says):
    """8 bytes of the first row a rank reads, to a rank of another domain; mpi.leaks tries every way of tests/support/leaks.cpp."""
    lung = jobs("lung")
    output = f"out/lung/leak-{leak.replace(' ', '-')}"
    done = train_with(lung, "libleak.so", output, np, leak)
    assert done.returncode == 7, done.stdout + done.stderr
    assert says in done.stderr and "and the job ends" in done.stderr, done.stderr
    assert not lung.path(f"{output}/model.h5").exists() and not lung.path(f"{output}/egress.json").exists()


def test_no_library_stands_between_the_meter_and_mpi(jobs):
    done = train_with(jobs("lung"), "libin_front.so", "out/lung/in-front", 1)
    assert done.returncode == 7, done.stdout + done.stderr
    assert 'PMPI_Allreduce of MPI\'s library is hidden by "libin_front.so", which put itself in front' in done.stderr, done.stderr


def test_the_plant_alone_changes_nothing(jobs):
    """With the library, but no leak asked for, and with a leak where there is no other domain to leak to."""
    lung = jobs("lung")
    reference = lung.train(TRAIN, output="out/lung/egress-reference")
    assert train_with(lung, "libleak.so", "out/lung/no-leak", 2).returncode == 0
    assert lung.digest("out/lung/no-leak/model.h5") == reference
    assert train_with(lung, "libleak.so", "out/lung/leak-home", 1, "send").returncode == 0


@pytest.mark.parametrize("np", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("method", ["newton", "lbfgs"])
def test_the_ledger_explains_every_byte(jobs, np, method):
    """PETSc (lbfgs) and HDF5 (a checkpoint a step, on several ranks of one domain at np = 7) included."""
    lung = jobs("lung")
    folder = f"out/lung/egress-{method}-{np}"
    lung.run("train", TRAIN, "--output", folder, "--set", f"train.method={method}", "--set", "train.tolerance=1e-8",
             "--set", "train.checkpoint.every=1", np=np)
    lung.run("evaluate", TRAIN, "--output", folder, np=np)
    lung.run("predict", TRAIN, "--output", folder, np=np)
    run = json.loads(lung.path(f"{folder}/run.json").read_text())
    egress = json.loads(lung.path(f"{folder}/egress.json").read_text())
    purposes = {p["purpose"]: p for p in egress["purposes"]}
    for report in (egress, *(json.loads(lung.path(f"{folder}/{c}.egress.json").read_text()) for c in ("evaluate", "predict"))):
        assert report["bytes"]["difference"] == 0
        assert sum(p["meter"] for p in report["purposes"]) == report["bytes"]["meter"] == report["bytes"]["ledger"]
        for purpose in report["purposes"]:
            assert purpose["meter"] == purpose["ledger"] == sum(c["bytes"] for c in purpose["calls"])
        assert len(report["domains of ranks"]) == np
        # What one rank gives, Open MPI's collectives hand on to each other one at most once, and little else.
        meter, sent = report["bytes"]["meter"], report["transport"]
        assert report["version"] == 3 and sent["measured"]
        assert meter <= sent["bytes"] <= (np - 1) * meter + (1024 if np > 1 else 0)
    gateways = len({d["ranks"][0] for d in run["domains"]})
    for line in run["rounds"]:
        sums = [c for c in purposes.get(f"round {line['round']}: {line['name']}", {"calls": []})["calls"] if c["communicator"] == "leaders"]
        assert sum(c["bytes"] for c in sums) == (8 * line["words"] * gateways if np > 1 else 0)
    if np == 1:
        assert egress["bytes"]["meter"] == 0
    lung.run("verify", folder, "--key", "out/lung/keys/operator.pub.pem")


@pytest.fixture
def two_nodes(tmp_path):
    """Two network namespaces as nodes: one link between them for MPI's messages, one for the launcher."""
    names, made = [f"bw{os.getpid()}{n}" for n in "ab"], []

    def ip(*words):
        subprocess.run(["ip", *words], check=True, text=True, capture_output=True)
    try:
        for name in names:
            ip("netns", "add", name)
            made.append(name)
        for link in ("mpi", "launch"):
            ip("link", "add", link, "netns", names[0], "type", "veth", "peer", "name", link, "netns", names[1])
        for number, name in enumerate(names, 1):
            ip("-n", name, "link", "set", "lo", "up")
            for network, link in enumerate(("mpi", "launch")):
                ip("-n", name, "addr", "add", f"10.77.{network}.{number}/24", "dev", link)
                ip("-n", name, "link", "set", link, "up")
        agent = tmp_path / "agent"
        agent.write_text(f'#!/bin/bash\ncase $1 in 10.77.1.1) node={names[0]};; *) node={names[1]};; esac\nshift\n'
                         'exec ip netns exec $node bash -c "$*"\n')
        agent.chmod(0o755)
        yield names[0], agent
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespaces here: {getattr(error, 'stderr', error)}")
    finally:
        for name in made:
            ip("netns", "del", name)


def test_the_wire_carries_no_more(jobs, two_nodes):
    """The bytes that cross the link between two nodes, headers of Ethernet, TCP and Open MPI included, beside the ledger."""
    lung, (node, agent) = jobs("lung"), two_nodes
    done = subprocess.run(
        ["ip", "netns", "exec", node, "mpirun", "-np", "2", "--host", "10.77.1.1:1,10.77.1.2:1", "--mca", "plm_rsh_agent", agent,
         "--mca", "oob_tcp_if_include", "10.77.1.0/24", "--mca", "btl", "tcp,self", "--mca", "pml", "ob1", "--mca", "btl_tcp_if_include",
         "10.77.0.0/24", PROGRAM, "train", TRAIN, "--output", "out/lung/wire"], cwd=lung.root, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    counters = subprocess.run(["ip", "-n", node, "-json", "-s", "link", "show", "mpi"], check=True, text=True, capture_output=True).stdout
    wire = sum(json.loads(counters)[0]["stats64"][way]["bytes"] for way in ("rx", "tx"))
    egress = json.loads(lung.path("out/lung/wire/egress.json").read_text())
    meter, messages = egress["bytes"]["meter"], egress["transport"]["messages"]
    print(wire, meter, messages)
    assert meter < wire < meter + 256 * messages + 4096
