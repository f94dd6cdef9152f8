# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Where a rank runs: signed site files, and the features of nodes in a real Slurm (where one can be started)."""
import json
import os
import shutil
import subprocess

import pytest

import slurm_cluster
from conftest import PROGRAM
from test_policies import CLINICS, Stays

CONFIG, POLICY = 3, 4


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
    set_site(stays, "{file: cluster.json, public_key: site.pub.pem}")
    stays.terms("bern", f"site_key: {key_id}\n")
    stays.train(output="run", np=np)
    decisions = json.loads(stays.path("run/decisions.json").read_text())
    assert decisions["site"] == "cluster" and [r["place"] for r in decisions["ranks"]] == ["CH-ZH"] * np
    stays.run("verify", "run", "--key", "operator.pub.pem")
    assert stays.run("site", "show", "cluster.json", "--key", "site.pub.pem", "--node", "n1") == "CH-ZH\n"

    # Bern wants this key; the config's word, or another's signature, will not do.
    stays.run("site", "sign", "cluster.yaml", "--key", "other.pem", "--output", "other.json")
    set_site(stays, "{file: other.json, public_key: other.pub.pem}")
    out = stays.refused(f"domain bern: site: signed by ", f"(required: signed by {key_id})", np=np)
    assert "domain lyon" not in out
    set_site(stays, '{name: here, nodes: [{match: "*", jurisdiction: CH}]}')
    stays.refused("domain bern: site: not signed", np=np, output="declared")
    set_site(stays, "{file: other.json, public_key: site.pub.pem}")
    stays.refused("other.json: ", np=np, output="wrong-key")
    text = stays.path("cluster.json").read_text()
    stays.path("cluster.json").write_text(text.replace(text[40], "A" if text[40] != "A" else "B", 1))
    set_site(stays, "{file: cluster.json, public_key: site.pub.pem}")
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


def sign_site(stays, text):
    stays.write("cluster.yaml", f"version: 1\nname: cluster\n{text}\n")
    if not stays.path("site.pem").exists():
        stays.run("keygen", "site")
    stays.run("site", "sign", "cluster.yaml", "--key", "site.pem", "--output", "cluster.json", "--force")
    set_site(stays, "{file: cluster.json, public_key: site.pub.pem}")


def scontrol(folder, text):
    """A program that speaks as Slurm's."""
    folder.mkdir()
    path = folder / "scontrol"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_slurm_that_cannot_be_asked(stays, tmp_path):
    path = scontrol(tmp_path / "bin", "echo 'Unable to contact slurm controller' >&2; exit 1")
    sign_site(stays, f"slurm_features: {{ch: CH}}\nslurm: {{scontrol: {path}}}")
    stays.refused(f"Slurm cannot be asked: {path}: Unable to contact slurm controller", output="down")
    path.unlink()
    stays.refused(f"Slurm cannot be asked: {path}: No such file or directory", output="gone")
    sign_site(stays, f"slurm_features: {{ch: CH}}\nslurm: {{conf: {tmp_path}/slurm.conf}}")
    stays.refused("Slurm cannot be asked: ", *([f"{tmp_path}/slurm.conf: there is no such file"] if shutil.which("scontrol") else []), output="conf")


@pytest.mark.parametrize("np", [1, 3])
def test_the_environment_does_not_answer_for_slurm(stays, tmp_path, np):
    """The operator's scontrol, and its slurm.conf, say that the node lies at home."""
    node = os.uname().nodename
    lie = f"echo NodeName={node} NodeHostName={node} ActiveFeatures=ch"
    scontrol(tmp_path / "bin", lie)
    (tmp_path / "slurm.conf").write_text(f"ClusterName=mine\nSlurmctldHost={node}(127.0.0.1)\nSlurmctldPort=1\nInclude /dev/null\n")
    mine = dict(PATH=f"{tmp_path}/bin:{os.environ['PATH']}", SLURM_CONF=f"{tmp_path}/slurm.conf", BASH_ENV=f"{tmp_path}/bin/scontrol")
    words = ("train", "run.yaml", "--output", "refused")
    sign_site(stays, "slurm_features: {ch: CH}")
    out = stays.run(*words, np=np, code=POLICY, environment=mine)
    assert "Slurm cannot be asked: " in out and f"{tmp_path}" not in out
    # The site's own word counts, and what it names sees none of this.
    honest = scontrol(tmp_path / "site", f'[ -z "$SLURM_CONF$BASH_ENV$HOME" ] && echo NodeName={node.split(".")[0]} NodeHostName={node} ActiveFeatures=fr,gpu')
    sign_site(stays, f"slurm_features: {{ch: CH, fr: FR}}\nslurm: {{scontrol: {honest}}}")
    assert "place: FR (permitted: CH)" in stays.run(*words, np=np, code=POLICY, environment=mine)
    honest.write_text(honest.read_text().replace("fr,gpu", "ch"))
    stays.train(output="run", np=np)
    stays.run("verify", "run", "--key", "operator.pub.pem")


@pytest.mark.parametrize("np", [1, 3])
def test_a_variable_names_no_node(stays, np):
    """The site lays *.zh.example in Zurich; the machine is called otherwise, whatever SLURMD_NODENAME adds to its name."""
    node = os.uname().nodename
    sign_site(stays, 'nodes: [{match: "*.zh.example", jurisdiction: CH}]')
    words = ("train", "run.yaml", "--output", "refused")
    out = stays.run(*words, np=np, code=POLICY, environment={"SLURMD_NODENAME": f"{node}.zh.example"})
    assert "place: a node in no declared place (permitted: CH)" in out
    out = stays.run(*words, np=np, code=POLICY, environment={"SLURMD_NODENAME": "other.zh.example"})
    assert f"the machine is called {node}, but SLURMD_NODENAME says other.zh.example" in out
    sign_site(stays, f"nodes: [{{match: {json.dumps(node)}, jurisdiction: CH}}]")
    stays.run("train", "run.yaml", "--output", "run", np=np, environment={"SLURMD_NODENAME": node})


# --- a real Slurm ---------------------------------------------------------------------------------------------


def submit(cluster, folder, nodes, command):
    """Runs a command under mpirun, a rank a node, as a Slurm job; its exit code and output."""
    script, output = folder / "job.sh", folder / "job.out"
    script.write_text(f"""#!/bin/bash
#SBATCH --nodelist={','.join(nodes)} --nodes={len(nodes)} --ntasks={len(nodes)} --output={output}
mpirun -np {len(nodes)} --map-by node {command}
""")
    output.unlink(missing_ok=True)
    job = cluster.sbatch(script, folder)
    cluster.wait(job)
    return int(cluster.jobs(job)[0]["ExitCode"].split(":")[0]), output.read_text()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Virtual nodes, each with its features; xx1 has two of them, no1 none."""
    with slurm_cluster.started("de1:de fr1:fr ch1:ch xx1:de,fr no1:gpu", tmp_path_factory.mktemp("probe")) as cluster:
        yield cluster


def test_features_of_slurm(cluster, stays):
    for clinic, place in zip(CLINICS, ("DE", "FR", "CH")):
        stays.write("t.yaml", stays.path(f"{clinic}.yaml").read_text().replace("where: [CH]", f"where: [{place}]"))
        stays.run("policy", "sign", "t.yaml", "--key", f"{clinic}.pem", "--output", f"{clinic}.json", "--force")
    set_site(stays, f"{{name: cluster, slurm_features: {{de: DE, fr: FR, ch: CH}}, {cluster.conf}}}")
    train = f"{PROGRAM} train run.yaml --output "
    # Slurm lists nodes by name: ch1, de1, fr1 are ranks 0, 1, 2.
    at_home = "--set domains.0.ranks=[1] --set domains.1.ranks=[2] --set domains.2.ranks=[0]"
    code, text = submit(cluster, stays.checkout.root, ["ch1", "de1", "fr1"], train + f"run {at_home}")
    assert code == 0, text
    ranks = json.loads(stays.path("run/decisions.json").read_text())["ranks"]
    assert ranks == [{"node": "ch1", "place": "CH"}, {"node": "de1", "place": "DE"}, {"node": "fr1", "place": "FR"}]

    # Without ranks in the config each rank is dealt a domain of its jurisdiction.
    by_place = " ".join(f"--set domains.{i}.jurisdiction={place}" for i, place in enumerate(("DE", "FR", "CH")))
    code, text = submit(cluster, stays.checkout.root, ["ch1", "de1", "fr1"], train + f"dealt {by_place}")
    assert code == 0, text
    assert json.loads(stays.path("dealt/egress.json").read_text())["domains of ranks"] == [["graz"], ["bern"], ["lyon"]]
    assert stays.checkout.digest("dealt/model.h5") == stays.checkout.digest("run/model.h5")
    code, text = submit(cluster, stays.checkout.root, ["ch1", "fr1"], train + f"nobody {by_place}")
    assert code == CONFIG and "domain bern: no rank of this job runs in DE, its jurisdiction (the nodes lie in CH, FR)" in text
    code, text = submit(cluster, stays.checkout.root, ["ch1", "de1", "fr1", "no1"], train + f"nowhere {by_place}")
    assert code == CONFIG and "rank 3 on node no1 holds no domain: the node lies in no declared place" in text

    code, text = submit(cluster, stays.checkout.root, ["ch1", "de1", "fr1"], train + "swapped --set domains.0.ranks=[2] --set domains.1.ranks=[1] --set domains.2.ranks=[0]")
    assert code == POLICY and "domain bern: place: FR (permitted: DE)" in text and "domain lyon: place: DE (permitted: FR)" in text
    code, text = submit(cluster, stays.checkout.root, ["ch1", "fr1", "xx1"], train + "two --set domains.0.ranks=[2] --set domains.1.ranks=[1] --set domains.2.ranks=[0]")
    assert code == POLICY and "node xx1 lies in DE by Slurm's feature de and in FR by Slurm's feature fr" in text
    code, text = submit(cluster, stays.checkout.root, ["de1", "fr1", "no1"], train + "none --set domains.0.ranks=[0] --set domains.1.ranks=[1] --set domains.2.ranks=[2]")
    assert code == POLICY and "domain graz: place: a node in no declared place (permitted: CH)" in text
    for folder in ("nobody", "nowhere", "swapped", "two", "none"):
        assert not stays.path(folder).exists()
