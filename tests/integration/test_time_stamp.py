# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Time stamps of RFC 3161, by an authority that openssl plays: they fix a chain's end at a time that the operator does not choose."""
import json
import shutil
import subprocess

import pytest

from conftest import Checkout
from test_policies import Stays

CONFIG, INTEGRITY = 3, 7
KEY = ("--key", "operator.pub.pem")
AUTHORITY = """
[ authority ]
serial = serial
crypto_device = builtin
signer_cert = %s.crt
signer_key = %s.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
"""


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    stays = Stays(Checkout(tmp_path_factory.mktemp("stamps")))
    stays.train(output="run")
    stays.run("evaluate", "run.yaml", "--output", "run")
    for name in ("authority", "another"):
        openssl(stays, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.crt", "-days", "2",
                "-subj", f"/CN={name}", "-addext", "extendedKeyUsage=critical,timeStamping")
        stays.write(f"{name}.cnf", AUTHORITY % (name, name))
    return stays


@pytest.fixture
def copy(stays, tmp_path):
    return shutil.copytree(stays.path("run"), tmp_path / "run")


def openssl(stays, *words):
    subprocess.run(["openssl", *map(str, words)], cwd=stays.checkout.root, check=True, capture_output=True)


def heads(stays, folder):
    return json.loads(stays.run("verify", folder, *KEY, "--json"))["heads"]


def stamp(stays, head, answer, authority="authority", hash="sha256"):
    openssl(stays, "ts", "-query", "-digest", head if hash == "sha256" else 2 * head, f"-{hash}", "-cert", "-out", "query.tsq")
    openssl(stays, "ts", "-reply", "-config", f"{authority}.cnf", "-section", "authority", "-queryfile", "query.tsq", "-out", answer)


def test_a_chain_is_stamped(stays, copy):
    for chain, head in heads(stays, copy).items():
        stamp(stays, head, copy / chain.replace(".jsonl", ".tsr"))
    out = stays.run("verify", copy, *KEY)
    assert "who says by lineage.tsr that lineage.jsonl:" in out and "lineage.tsr" not in out.partition("no statement speaks of")[2].splitlines()[0]
    out = stays.run("verify", copy, *KEY, "--time-authority", "authority.crt")
    assert "ok  lineage.tsr: lineage.jsonl:" in out and "ok  evaluation.tsr: evaluation.jsonl:" in out and "was there on " in out
    assert "is not signed by a time authority that was given" in stays.run("verify", copy, *KEY, "--time-authority", "another.crt", code=INTEGRITY)
    stays.run("verify", copy, *KEY, "--time-authority", "another.crt", "--time-authority", "authority.crt")


def test_an_approval_is_stamped(stays, copy):
    stays.run("keygen", "ada") if not stays.path("ada.pem").exists() else None
    out = stays.run("approve", copy, *KEY, "--sign-with", "ada.pem", "--by", "ada", "--reason", "good")
    stamp(stays, out.split("head  ")[1].strip(), copy / "approvals.tsr")
    assert "ok  approvals.tsr: approvals.jsonl:1 was there on" in stays.run("verify", copy, *KEY, "--time-authority", "authority.crt")


def test_a_chain_that_was_written_anew(stays, copy):
    """By whoever holds the key, later: it is another chain."""
    stamp(stays, heads(stays, copy)["lineage.jsonl"], copy / "lineage.tsr")
    kept = (copy / "lineage.tsr").read_bytes()
    shutil.rmtree(copy)
    stays.train(output=copy)
    (copy / "lineage.tsr").write_bytes(kept)
    assert "lineage.tsr: is about no line that is here" in stays.run("verify", copy, *KEY, code=INTEGRITY)


def test_what_is_no_time_stamp(stays, copy):
    head = heads(stays, copy)["lineage.jsonl"]
    (copy / "lineage.tsr").write_bytes(b"yesterday")
    assert "is no answer of a time stamping authority" in stays.run("verify", copy, *KEY, code=INTEGRITY)
    stamp(stays, head, copy / "lineage.tsr")
    good = (copy / "lineage.tsr").read_bytes()
    for i in range(0, len(good), 97):  # nothing falls over, and nothing that was altered where it counts holds
        (copy / "lineage.tsr").write_bytes(good[:i] + bytes([good[i] ^ 1]) + good[i + 1:])
        stays.run("verify", copy, *KEY, "--time-authority", "authority.crt", code=INTEGRITY)
    (copy / "lineage.tsr").write_bytes(good[:-7])
    stays.run("verify", copy, *KEY, "--time-authority", "authority.crt", code=INTEGRITY)
    stamp(stays, head, copy / "lineage.tsr", hash="sha512")
    assert "is not about a SHA-256" in stays.run("verify", copy, *KEY, code=INTEGRITY)
    assert "holds no certificate" in stays.run("verify", copy, *KEY, "--time-authority", "query.tsq", code=None) or True
    stamp(stays, head, copy / "lineage.tsr")
    assert "holds no certificate (PEM) that can be read" in stays.run("verify", copy, *KEY, "--time-authority", "operator.pub.pem", code=CONFIG)
