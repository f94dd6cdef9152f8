# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Partitions that h5py writes, as docs/partition-format.md says, are signed, trained on, and give the bits of ingested ones."""
import json

import pytest

h5py = pytest.importorskip("h5py")

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
        fresh.sign_policy(fresh.path(f"configs/lung/policy-{name}.yaml"))
    for np in (1, 3):
        assert fresh.train("configs/lung/train.yaml", output=f"out/lung/run-{np}", np=np) == reference
    fresh.run("verify", "out/lung/run-1", "--key", "out/lung/keys/operator.pub.pem")
