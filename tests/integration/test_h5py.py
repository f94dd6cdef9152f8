# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Partitions that h5py writes, as docs/partition-format.md says, are signed, trained on, and give the bits of ingested ones."""
import json
import subprocess
import sys

import pytest
from conftest import SOURCE
from test_foreign_files import MANIFEST_TYPE, sign

h5py = pytest.importorskip("h5py")
numpy = pytest.importorskip("numpy")
from h5py_partition import digests_of, manifest_of, root_of  # noqa: E402, needs h5py

DOMAINS = ("north", "south", "east", "west")


def rewrite(source, target):
    """The rows of a partition in a file of one's own: section 5 of the format."""
    with h5py.File(source) as old, h5py.File(target, "w") as f:
        f.attrs["format"], f.attrs["version"] = "bailiwick-partition", 1
        f.attrs["name"], f.attrs["block_rows"] = old.attrs["name"], int(old.attrs["block_rows"])
        schema = json.loads(old["schema"].asstr()[()] if hasattr(old["schema"], "asstr") else old["schema"][()])
        f["schema"] = json.dumps(schema)
        for name in ("features", "targets", "weights", "splits", "ids"):
            if name in old:
                f.create_dataset(name, data=old[name][()])


def test_train_on_partitions_of_h5py(jobs, fresh):
    ingested = jobs("lung")
    reference = ingested.train("configs/lung/train.yaml", output="out/lung/h5py-reference", np=2)
    fresh.path("out/lung/partitions").mkdir(parents=True)
    for key in ("operator", *DOMAINS):
        fresh.path("out/lung/keys").mkdir(exist_ok=True)
        fresh.run("keygen", f"out/lung/keys/{key}")
    for name in DOMAINS:
        rewrite(ingested.path(f"out/lung/partitions/{name}.h5"), fresh.path(f"out/lung/partitions/{name}.h5"))
        fresh.run("policy", "sign", f"out/lung/partitions/{name}.h5", "--owner", name, "--key", f"out/lung/keys/{name}.pem")
        fresh.sign_policy(fresh.path("configs/lung/policy.yaml"), name)
    for np in (1, 3):
        assert fresh.train("configs/lung/train.yaml", output=f"out/lung/run-{np}", np=np) == reference
    fresh.run("verify", "out/lung/run-1", "--key", "out/lung/keys/operator.pub.pem")


INGEST = """
version: 1
input: wards.csv
columns:
  age: {role: feature, minimum: 0}
  ward: {role: feature, type: category, levels: [medicine, surgery, icu], one_hot: true}
  days: {role: target, minimum: 0}
  died: {role: target, type: category, levels: [y, n]}
output: out/partitions
partitions: [{name: bern, owner: bern, sign_with: out/bern.pem}]
"""
POLICY = """
version: 1
uid: urn:example:wards
owner: bern
target: bern
permit: [train, describe, release_model, release_statistics]
purposes: ["dpv:ServiceOptimisation"]
where: [CH]
valid: {from: 2026-01-01T00:00:00Z, until: 2099-01-01T00:00:00Z}
allow: {exact_release: true}
"""
TRAIN = """
version: 1
name: wards
purpose: "dpv:ServiceOptimisation"
site: {name: here, nodes: [{match: "*", jurisdiction: CH}]}
lineage: {sign_with: out/bern.pem}
domains: [{name: bern, jurisdiction: CH, public_key: out/bern.pub.pem, policy: out/bern.json, partitions: [out/partitions/bern.h5]}]
model: {kind: linear, target: days}
train: {method: newton}
output: out/run
"""


def sign_unchecked(path, key):
    """What a program that checks no row would sign: all digests hold."""
    with h5py.File(path, "r+") as f:
        f["digests"][...] = numpy.frombuffer(digests_of(f), "u1").reshape(-1, 32)
        manifest = {**manifest_of(path), "root": root_of(f, "float64")}
    path.with_suffix(".manifest.json").write_text(sign(json.dumps(manifest).encode(), MANIFEST_TYPE, key))


@pytest.mark.parametrize("part, row, message", [
    ("features", [50, 0.5, 0], '"ward_surgery"{} is neither 0 nor 1, but a level of "ward"'),
    ("features", [50, 1, 1], '"ward_icu"{} is 1, and so is another level of "ward"'),
    ("targets", [3, 2], 'target "died": is not the code of one of its 2 categories'),
    ("targets", [3, 1e9], 'target "died": is not the code of one of its 2 categories'),
    ("targets", [3, 0.5], 'target "died": is not the code of one of its 2 categories'),
    ("targets", [3, -1], 'target "died": is not the code of one of its 2 categories')])
def test_what_is_no_level_is_refused(fresh, part, row, message):
    """Neither signed nor, where somebody signed it all the same, counted: a code is an index into the counts."""
    wards = ("medicine", "surgery", "icu")
    rows = "".join(f"{30 + 7 * i % 40},{wards[i % 3]},{i * i % 11},{'yn'[i % 2]}\n" for i in range(30))
    for name, text in (("wards.csv", "age,ward,days,died\n" + rows), ("ingest.yaml", INGEST), ("policy.yaml", POLICY), ("train.yaml", TRAIN)):
        fresh.path(name).write_text(text)
    fresh.path("out").mkdir()
    fresh.run("keygen", "out/bern")
    fresh.run("ingest", "ingest.yaml")
    fresh.run("policy", "sign", "policy.yaml", "--key", "out/bern.pem", "--output", "out/bern.json")
    fresh.run("train", "train.yaml")
    written = fresh.path("out/partitions/bern.h5")
    rewrite(written, fresh.path("out/own.h5"))
    with h5py.File(fresh.path("out/own.h5"), "r+") as file:
        file[part][7] = row
    out = fresh.run("policy", "sign", "out/own.h5", "--owner", "bern", "--key", "out/bern.pem", code=5)
    assert "own.h5: row 7 (from 0), " in out and message.format(":") in out
    with h5py.File(written, "r+") as file:
        file[part][7] = row
    sign_unchecked(written, fresh.path("out/bern.pem"))
    for command, np in (("train", 1), ("train", 4), ("describe", 1), ("describe", 2)):
        out = fresh.run(command, "train.yaml", "--output", f"out/bad-{np}", np=np, code=5)
        assert "bern.h5: row 7" in out and message.format("") in out


def test_the_recipe_for_content_digests(jobs, fresh):
    """docs/checkpoint-format.md computes the digest in Python: of the lung model, and of one with more than a piece."""
    lung = jobs("lung")
    lung.train("configs/lung/train.yaml", "--set", "train.checkpoint.every=1", output="out/lung/recipe")
    model = lung.path("out/lung/recipe/model.h5")
    large = fresh.path("large.h5")
    large.write_bytes(model.read_bytes())
    page = SOURCE.joinpath("docs/checkpoint-format.md").read_text()
    content = fresh.path("content.py")
    content.write_text(page.split("```python\n")[1].split("```")[0])

    def by_recipe(path):
        return subprocess.run([sys.executable, content, path], check=True, text=True, capture_output=True).stdout.strip()
    for path in (model, *lung.path("out/lung/recipe/checkpoints").iterdir()):
        assert by_recipe(path) == lung.digest(path)
    with h5py.File(large, "r+") as file:
        file["arrays/more"] = [1 / (i + 1) for i in range(300000)]
    digest = by_recipe(large)
    assert f"the content digest is {digest} but the file says" in lung.run("digest", large, code=7)
    with h5py.File(large, "r+") as file:
        file.attrs.modify("content", digest.encode())
    assert lung.digest(large) == digest
