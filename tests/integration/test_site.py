# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Where a rank runs: signed site files, and the features of nodes in a real Slurm (where one can be started)."""
import json
import os
import shutil
import subprocess
import time

import pytest

from conftest import PROGRAM, SHARED
from test_policies import CLINICS, Stays

POLICY = 4
TOOLS = SHARED / "tools" / "slurm"


@pytest.fixture
def stays(fresh):
    return Stays(fresh)


def set_site(stays, site):
    run = stays.path("run.yaml")
    run.write_text("\n".join(f"site: {site}" if line.startswith("site:") else line for line in run.read_text().splitlines()) + "\n")


@pytest.mark.parametrize("np", [1, 3])
def test_a_signed_site_file(stays, np):
    stays.write("cluster.yaml", 'version: 1\nname: cluster\nnodes: [{match: "*", jurisdiction: CH-ZH}]\n')
    for name in ("site", "other"):
        stays.run("keygen", name)
    signed = stays.run("site", "sign", "cluster.yaml", "--key", "site.pem", "--output", "cluster.json")
    key_id = signed.split()[-1]
    set_site(stays, "{file: cluster.json, key: site.pub.pem}")
    stays.terms("bern", f"site_key: {key_id}\n")
    stays.train(output="run", np=np)
    decisions = json.loads(stays.path("run/decisions.json").read_text())
    assert decisions["site"] == "cluster" and [r["place"] for r in decisions["ranks"]] == ["CH-ZH"] * np
    stays.run("verify", "run", "--key", "operator.pub.pem")
    assert stays.run("site", "show", "cluster.json", "--key", "site.pub.pem", "--node", "n1") == "CH-ZH\n"

    # Bern wants this key; the config's word, or another's signature, will not do.
    stays.run("site", "sign", "cluster.yaml", "--key", "other.pem", "--output", "other.json")
    set_site(stays, "{file: other.json, key: other.pub.pem}")
    out = stays.refused(f"domain bern: site: signed by ", f"(required: signed by {key_id})", np=np)
    assert "domain lyon" not in out
    set_site(stays, '{name: here, nodes: [{match: "*", jurisdiction: CH}]}')
    stays.refused("domain bern: site: not signed", np=np, output="declared")
    set_site(stays, "{file: other.json, key: site.pub.pem}")
    stays.refused("other.json: ", np=np, output="wrong-key")
    text = stays.path("cluster.json").read_text()
    stays.path("cluster.json").write_text(text.replace(text[40], "A" if text[40] != "A" else "B", 1))
    set_site(stays, "{file: cluster.json, key: site.pub.pem}")
    stays.refused("cluster.json: ", np=np, output="flipped")


@pytest.mark.parametrize("np", [1, 3])
def test_nodes_that_lie_nowhere_elsewhere_or_twice(stays, np):
    set_site(stays, '{name: here, nodes: [{match: "no-such-node", jurisdiction: CH}]}')
    stays.refused("place: a node in no declared place (permitted: CH)", np=np)
    set_site(stays, '{name: here, nodes: [{match: "*", jurisdiction: FR}]}')
    stays.refused("place: FR (permitted: CH)", np=np, output="elsewhere")
    node = os.uname().nodename
    set_site(stays, f'{{name: here, nodes: [{{match: "*", jurisdiction: CH}}, {{match: "{node}", jurisdiction: FR}}]}}')
    stays.refused(f'node {node} lies in CH by "*" and in FR by "{node}"; a node lies in one place', np=np, output="twice")
    environment = dict(os.environ, SLURMD_NODENAME="elsewhere")
    done = subprocess.run([PROGRAM, "train", "run.yaml"], cwd=stays.checkout.root, env=environment, text=True, capture_output=True)
    assert done.returncode == POLICY and "SLURMD_NODENAME says elsewhere" in done.stderr


def test_slurm_that_cannot_be_asked(stays, tmp_path):
    (tmp_path / "scontrol").write_text("#!/bin/sh\necho 'Unable to contact slurm controller' >&2\nexit 1\n")
    (tmp_path / "scontrol").chmod(0o755)
    set_site(stays, "{name: here, slurm_features: {de: DE}}")
    done = subprocess.run([PROGRAM, "train", "run.yaml"], cwd=stays.checkout.root, text=True, capture_output=True,
                          env=dict(os.environ, PATH=f"{tmp_path}:{os.environ['PATH']}"))
    assert done.returncode == POLICY and "Unable to contact slurm controller" in done.stderr


# --- a real Slurm ---------------------------------------------------------------------------------------------


def submit(cluster, folder, nodes, command):
    """Runs a command under mpirun, a rank a node, as a Slurm job; its exit code and output. None if it did not end."""
    script, output = folder / "job.sh", folder / "job.out"
    script.write_text(f"""#!/bin/bash
#SBATCH --nodelist={','.join(nodes)} --nodes={len(nodes)} --ntasks={len(nodes)} --output={output}
cd {folder}
mpirun -np {len(nodes)} --map-by node {command}
echo "ended with $?"
""")
    output.unlink(missing_ok=True)
    subprocess.run(["bash", "-ec", f". {cluster}/env.sh; sbatch {script}"], check=True, capture_output=True, timeout=60)
    text = ""
    for _ in range(900):
        text = output.read_text() if output.exists() else ""
        if "ended with" in text:
            return int(text.rsplit("ended with", 1)[1]), text
        time.sleep(0.1)
    return None, text


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Virtual nodes, each with its features; xx1 has two of them, no1 none."""
    if not TOOLS.exists() or os.geteuid() != 0 or not all(shutil.which(t) for t in ("slurmctld", "slurmd", "munged", "ip")):
        pytest.skip("no Slurm can be started here")
    folder = f"/tmp/bailiwick-slurm-{os.getpid()}"
    settings = dict(os.environ, SLURM_CI_NODES="de1:de fr1:fr ch1:ch xx1:de,fr no1:gpu", SLURM_CI_PREFIX="bwt", SLURM_CI_NET="10.178.0",
                    SLURM_CI_PORT="16917")
    started = subprocess.run([TOOLS / "start-slurm.sh", folder], env=settings, text=True, capture_output=True, timeout=120)
    if started.returncode:
        pytest.skip(f"no Slurm could be started here: {started.stderr.strip().splitlines()[-1:]}")
    code, text = submit(folder, tmp_path_factory.mktemp("probe"), ["de1", "fr1"], "hostname")
    if code == 0:
        yield folder
    subprocess.run([TOOLS / "stop-slurm.sh", folder], env=settings, capture_output=True, timeout=120)
    if code != 0:
        pytest.skip(f"Slurm starts here, but runs no MPI job: {text[-200:]}")


def test_features_of_slurm(cluster, stays):
    for clinic, place in zip(CLINICS, ("DE", "FR", "CH")):
        stays.write("t.yaml", stays.path(f"{clinic}.yaml").read_text().replace("where: [CH]", f"where: [{place}]"))
        stays.run("policy", "sign", "t.yaml", "--key", f"{clinic}.pem", "--output", f"{clinic}.json", "--force")
    set_site(stays, "{name: cluster, slurm_features: {de: DE, fr: FR, ch: CH}}")
    train = f"{PROGRAM} train run.yaml --output "
    # Slurm lists nodes by name: ch1, de1, fr1 are ranks 0, 1, 2.
    at_home = "--set domains.0.ranks=[1] --set domains.1.ranks=[2] --set domains.2.ranks=[0]"
    code, text = submit(cluster, stays.checkout.root, ["ch1", "de1", "fr1"], train + f"run {at_home}")
    assert code == 0, text
    ranks = json.loads(stays.path("run/decisions.json").read_text())["ranks"]
    assert ranks == [{"node": "ch1", "place": "CH"}, {"node": "de1", "place": "DE"}, {"node": "fr1", "place": "FR"}]

    code, text = submit(cluster, stays.checkout.root, ["ch1", "de1", "fr1"], train + "swapped --set domains.0.ranks=[2] --set domains.1.ranks=[1] --set domains.2.ranks=[0]")
    assert code == POLICY and "domain bern: place: FR (permitted: DE)" in text and "domain lyon: place: DE (permitted: FR)" in text
    code, text = submit(cluster, stays.checkout.root, ["ch1", "fr1", "xx1"], train + "two --set domains.0.ranks=[2] --set domains.1.ranks=[1] --set domains.2.ranks=[0]")
    assert code == POLICY and "node xx1 lies in DE by Slurm's feature de and in FR by Slurm's feature fr" in text
    code, text = submit(cluster, stays.checkout.root, ["de1", "fr1", "no1"], train + "none --set domains.0.ranks=[0] --set domains.1.ranks=[1] --set domains.2.ranks=[2]")
    assert code == POLICY and "domain graz: place: a node in no declared place (permitted: CH)" in text
    for folder in ("swapped", "two", "none"):
        assert not stays.path(folder).exists()
