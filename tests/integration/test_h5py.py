# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Partitions that h5py writes, as docs/partition-format.md says, are signed, trained on, and give the bits of ingested ones."""
import json
import shutil
import subprocess
import sys

import pytest
from conftest import SOURCE, Checkout, referee
from test_foreign_files import MANIFEST_TYPE, sign

h5py = referee("h5py")
numpy = referee("numpy")
from h5py_partition import PARTS, digests_of, manifest_of, root_of, schema_of, to_version_1  # noqa: E402, needs h5py

DOMAINS = ("north", "south", "east", "west")


def rewrite(source, target):
    """The rows of a partition in a file of one's own: section 5 of the format."""
    with h5py.File(source) as old, h5py.File(target, "w") as f:
        f.attrs["format"], f.attrs["version"] = "bailiwick-partition", 2
        f.attrs["name"], f.attrs["block_rows"] = old.attrs["name"], int(old.attrs["block_rows"])
        f["schema"] = json.dumps(schema_of(old))
        for name in PARTS:
            if name in old:
                f.create_dataset(name, data=old[name][()])


def other_partitions(ingested, fresh, write):
    """The lung job's partitions as `write` makes them of the ingested ones, signed by owners with keys of their own."""
    fresh.path("out/lung/partitions").mkdir(parents=True)
    for key in ("operator", *DOMAINS):
        fresh.path("out/lung/keys").mkdir(exist_ok=True)
        fresh.run("keygen", f"out/lung/keys/{key}")
    for name in DOMAINS:
        write(ingested.path(f"out/lung/partitions/{name}.h5"), fresh.path(f"out/lung/partitions/{name}.h5"))
        fresh.run("policy", "sign", f"out/lung/partitions/{name}.h5", "--owner", name, "--key", f"out/lung/keys/{name}.pem")
        fresh.sign_policy(fresh.path("configs/lung/policy.yaml"), name)


def test_train_on_partitions_of_h5py(jobs, fresh):
    ingested = jobs("lung")
    reference = ingested.train("configs/lung/train.yaml", output="out/lung/h5py-reference", np=2)
    other_partitions(ingested, fresh, rewrite)
    for np in (1, 3):
        assert fresh.train("configs/lung/train.yaml", output=f"out/lung/run-{np}", np=np) == reference
    fresh.run("verify", "out/lung/run-1", "--key", "out/lung/keys/operator.pub.pem")


DESCENT = "train={descent: {epochs: 2, batch_rows: 128, block_rows: 8, learning_rate: 0.01}}"
NETWORK = ["--set", "model={kind: mlp, target: status, mlp: {embeddings: {sex: 2}, layers: [{units: 4}], loss: binary}}"]
LOCAL = "train={method: sgd, descent: {batch_rows: 32, block_rows: 8, learning_rate: 0.05}, federated: {rounds: 2, local_steps: 3}}"


@pytest.fixture(scope="module")
def version_1(jobs, tmp_path_factory):
    older = Checkout(tmp_path_factory.mktemp("version-1"))
    other_partitions(jobs("lung"), older, to_version_1)
    return older


@pytest.mark.parametrize("kind, config, words, nps", [
    ("solver", "logistic", [], (1, 3, 4)),
    ("cox", "train", [], (4,)),
    ("network", "train", [*NETWORK, "--set", DESCENT], (3,)),
    ("federated", "train", [*NETWORK, "--set", LOCAL], (1, 4))])
def test_version_1_gives_the_model_of_version_2(jobs, version_1, kind, config, words, nps):
    reference = jobs("lung").train(f"configs/lung/{config}.yaml", *words, output=f"out/lung/version-2-{kind}", np=2)
    for np in nps:
        assert version_1.train(f"configs/lung/{config}.yaml", *words, output=f"out/lung/{kind}-{np}", np=np) == reference


def test_either_version_takes_the_other_ones_model(jobs, version_1):
    new = jobs("lung")
    new.train("configs/lung/logistic.yaml", output="out/lung/either")
    model = new.path("out/lung/either/model.h5")
    found = []
    for job, name, words in ((new, "two", ()), (version_1, "one", ("--model-key", new.path("out/lung/keys/operator.pub.pem")))):
        job.run("evaluate", "configs/lung/logistic.yaml", "--model", model, *words, "--output", f"out/lung/{name}", np=2)
        found.append(json.loads(job.path(f"out/lung/{name}/evaluation.json").read_text())["overall"])
    assert found[0] == found[1]


def test_versions_do_not_mix_where_there_are_categories(jobs, version_1, fresh):
    for name in DOMAINS:
        for folder, pattern in (("partitions", f"{name}.*"), ("policies", f"{name}.*"), ("keys", f"{name}*")):
            fresh.path(f"out/lung/{folder}").mkdir(parents=True, exist_ok=True)
            for file in (version_1 if name == "west" else jobs("lung")).path(f"out/lung/{folder}").glob(pattern):
                shutil.copy(file, fresh.path(f"out/lung/{folder}/{file.name}"))
    fresh.run("keygen", "out/lung/keys/operator")
    for np in (1, 4):
        out = fresh.run("train", "configs/lung/train.yaml", "--output", f"out/lung/mixed-{np}", np=np, code=5)
        assert "the partitions of domain west have another schema than those of north: categories are indicators (format version 1) here and codes there" in out


def test_levels_that_differ_are_named(jobs, fresh):
    def write(source, target):
        rewrite(source, target)
        if "west" in source.name:
            with h5py.File(target, "r+") as file:
                schema = schema_of(file)
                schema["features"][1]["levels"].append("unknown")
                del file["schema"]
                file["schema"] = json.dumps(schema)
    other_partitions(jobs("lung"), fresh, write)
    for np in (1, 4):
        out = fresh.run("train", "configs/lung/train.yaml", "--output", f"out/lung/differs-{np}", np=np, code=5)
        assert 'the partitions of domain west have another schema than those of north: "sex" has the level "unknown" only here' in out


def test_version_1_does_not_name_the_reference(fresh):
    prepare_wards(fresh)
    written, own = fresh.path("out/partitions/bern.h5"), fresh.path("out/own.h5")
    to_version_1(written, own)
    own.replace(written)
    fresh.run("policy", "sign", written, "--owner", "bern", "--key", "out/bern.pem", "--force")
    fresh.run("describe", "train.yaml")
    columns = json.loads(fresh.path("out/run/description.json").read_text())["columns"]
    assert [c["levels"] for c in columns if c["name"] == "ward"] == [[["(none of these)", 10], ["surgery", 10], ["icu", 10]]]
    assert "reference levels" not in fresh.run("train", "train.yaml", "--output", "out/trained")


def test_a_category_and_its_levels_by_name(fresh):
    """All levels but the reference, or those that are listed; the summary says with what they are compared."""
    prepare_wards(fresh)
    train = ("train", "train.yaml", "--set", "train.method=newton")
    everything = fresh.run(*train, "--output", "out/all")
    for features in ("[age, ward]", "[age, ward_surgery, ward_icu]"):
        assert everything[-65:] == fresh.run(*train, "--set", f"model.features={features}", "--output", "out/" + features, np=3)[-65:]
        fresh.run("verify", "out/" + features, "--key", "out/bern.pub.pem")
    assert "\nreference levels: ward medicine\n" in everything
    assert ["ward_surgery", "ward_icu"] == [line.split()[0] for line in everything.splitlines() if line.startswith("ward_")]
    out = fresh.run(*train, "--set", "model.features=[age, ward_icu]", "--output", "out/one")
    assert "\nreference levels: ward medicine or surgery\n" in out
    out = fresh.run(*train, "--set", "model.features=[age, ward_medicine, ward_icu]", "--output", "out/other")
    assert "\nreference levels: ward surgery\n" in out
    for features, message in (("[ward, ward_icu]", 'model.features: "ward_icu" asks for "ward_icu", which is there already'),
                              ("[ward_icu, ward]", 'model.features: "ward" asks for "ward_icu", which is there already'),
                              ("[ward_icy]", 'the partitions have no feature "ward_icy" (did you mean "ward_icu"?); they have: age, ward')):
        for np in (1, 3):
            assert message in fresh.run(*train, "--set", f"model.features={features}", "--output", "out/wrong", np=np, code=3)
    assert "ward                     levels: medicine, surgery, icu; reference: medicine" in fresh.run("inspect", "out/partitions/bern.h5")


INGEST = """
version: 1
input: wards.csv
columns:
  age: {role: feature, minimum: 0}
  ward: {role: feature, type: category, levels: [medicine, surgery, icu]}
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


def prepare_wards(fresh):
    wards = ("medicine", "surgery", "icu")
    rows = "".join(f"{30 + 7 * i % 40},{wards[i % 3]},{i * i % 11},{'yn'[i % 2]}\n" for i in range(30))
    for name, text in (("wards.csv", "age,ward,days,died\n" + rows), ("ingest.yaml", INGEST), ("policy.yaml", POLICY), ("train.yaml", TRAIN)):
        fresh.path(name).write_text(text)
    fresh.path("out").mkdir()
    fresh.run("keygen", "out/bern")
    fresh.run("ingest", "ingest.yaml")
    fresh.run("policy", "sign", "policy.yaml", "--key", "out/bern.pem", "--output", "out/bern.json")


@pytest.mark.parametrize("version, part, row, message", [
    (1, "features", [50, 0.5, 0], 'feature "ward_surgery": is neither 0 nor 1, but a level of "ward"'),
    (1, "features", [50, 1, 1], 'feature "ward_icu": is 1, and so is another level of "ward"'),
    (2, "codes", [3], 'feature "ward": is not the code of one of its 3 levels'),
    (2, "codes", [255], 'feature "ward": is not the code of one of its 3 levels'),
    (2, "targets", [3, 2], 'target "died": is not the code of one of its 2 categories'),
    (2, "targets", [3, 1e9], 'target "died": is not the code of one of its 2 categories'),
    (2, "targets", [3, 0.5], 'target "died": is not the code of one of its 2 categories'),
    (2, "targets", [3, -1], 'target "died": is not the code of one of its 2 categories')])
def test_what_is_no_level_is_refused(fresh, version, part, row, message):
    """Neither signed nor, where somebody signed it all the same, counted: a code is an index into the counts."""
    prepare_wards(fresh)
    written, own = fresh.path("out/partitions/bern.h5"), fresh.path("out/own.h5")
    (to_version_1 if version == 1 else rewrite)(written, own)
    own.replace(written)
    owner = ("--owner", "bern", "--key", "out/bern.pem")
    fresh.run("policy", "sign", written, *owner, "--force")
    fresh.run("train", "train.yaml")
    shutil.copy(written, own)
    with h5py.File(own, "r+") as file:
        del file["digests"], file.attrs["salt"]
        file[part][7] = row
    out = fresh.run("policy", "sign", "out/own.h5", *owner, code=5)
    assert "own.h5: row 7 (from 0), " in out and message in out
    with h5py.File(written, "r+") as file:
        file[part][7] = row
    sign_unchecked(written, fresh.path("out/bern.pem"))
    for command, np in (("train", 1), ("train", 4), ("describe", 1), ("describe", 2)):
        out = fresh.run(command, "train.yaml", "--output", f"out/bad-{np}", np=np, code=5)
        assert "bern.h5: row 7" in out and message in out


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
