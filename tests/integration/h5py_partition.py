#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Partitions by h5py, from docs/partition-format.md alone.

h5py_partition.py write FILE [--float32] [--gzip] [--full] [--units] [--rows N] [--block-rows N]   make an unsigned partition
h5py_partition.py to-version-1 FILE TARGET                              the same rows, unsigned, as version 1 has them
h5py_partition.py break FOLDER                                          make one for every fault, FOLDER/FAULT.h5
h5py_partition.py verify FILE                                           recompute all digests of a signed one
"""
import argparse
import base64
import hashlib
import json
import pathlib
import struct
import tempfile

import h5py
import numpy as np

BLOCK_ROWS = 64
PARTS = ["features", "codes", "targets", "weights", "splits", "ids", "units"]


def write(path, rows=200, float32=False, gzip=False, full=False, block_rows=BLOCK_ROWS, units=False):
    schema = {"features": [{"name": "age", "unit": "a"}, {"name": "ward", "levels": ["a", "b", "c"]}, {"name": "chol"}, {"name": "bmi"}],
              "targets": [{"name": "disease", "categories": ["no", "yes"]}]}
    row = np.arange(rows)
    parts = {"features": (row[:, None] * 10 + np.arange(3) + 0.5).astype("<f4" if float32 else "<f8"),
             "codes": (row % 3).astype("u1")[:, None],
             "targets": (row % 2).astype("<f8")[:, None]}
    if full:
        schema.update(weights=True, ids=True, splits=["train", "test"])
        parts["weights"] = 1.0 / (row + 1.0)
        parts["splits"] = (row % 3 == 0).astype("u1")
        parts["ids"] = np.array([f"pätient-{r}".encode() for r in row], dtype="S24")
    if units:
        schema["units"] = True
        parts["units"] = np.array([f"family {r // 3}".encode() for r in row], dtype="S12")
    with h5py.File(path, "w") as f:
        f.attrs["format"], f.attrs["version"] = "bailiwick-partition", 3 if units else 2
        f.attrs["name"], f.attrs["block_rows"] = "clinic", block_rows
        f["schema"] = json.dumps(schema)
        for name, data in parts.items():
            options = {"compression": "gzip", "shuffle": True} if gzip else {}
            if gzip:
                options["chunks"] = (min(BLOCK_ROWS, rows),) + data.shape[1:]
            f.create_dataset(name, data=data, **options)


def schema_of(f):
    return json.loads(text(f["schema"][()]))


def spread(f):
    """What models and version 1 make of the features: (column of version 1, its values), indicators of all levels but the reference."""
    found = []
    numbers, codes = (iter(f[part][()].T) if part in f else iter(()) for part in ("features", "codes"))
    for column in schema_of(f)["features"]:
        levels = column.pop("levels", None)
        if not levels:
            found.append((column, next(numbers)))
            continue
        reference, of_rows = column.pop("reference", levels[0]), next(codes)
        found += [({**column, "name": f"{column['name']}_{level}", "source": column["name"], "level": level}, (of_rows == code).astype("<f8"))
                  for code, level in enumerate(levels) if level != reference]
    return found


def to_version_1(source, target):
    """The same rows as version 1 has them."""
    with h5py.File(source) as old, h5py.File(target, "w") as f:
        f.attrs["format"], f.attrs["version"] = "bailiwick-partition", 1
        f.attrs["name"], f.attrs["block_rows"] = old.attrs["name"], int(old.attrs["block_rows"])
        columns, values = zip(*spread(old))
        f["schema"] = json.dumps({**{key: value for key, value in schema_of(old).items() if key != "units"}, "features": columns})
        f.create_dataset("features", data=np.stack(values, axis=1).astype(old["features"].dtype if "features" in old else "<f8"))
        for name in ("targets", "weights", "splits", "ids"):
            if name in old:
                f.create_dataset(name, data=old[name][()])


def replace(f, name, data, **options):
    del f[name]
    f.create_dataset(name, data=data, **options)


def rename_column(f, name):
    schema = json.loads(f["schema"][()])
    schema["features"][0]["name"] = name
    replace(f, "schema", json.dumps(schema, ensure_ascii=False))


def set_indicators(f, row, chol, bmi):
    """Version 1: two levels of one category, and in one row what they cannot be."""
    f.attrs["version"] = 1
    del f["codes"]
    schema = schema_of(f)
    del schema["features"][1]
    for column in schema["features"][1:]:
        column.update(source="cp", level=column["name"])
    replace(f, "schema", json.dumps(schema))
    f["features"][:, 1:] = [1, 0]
    f["features"][row, 1:] = [chol, bmi]


def change_ward(f, **members):
    schema = schema_of(f)
    schema["features"][1].update(members)
    replace(f, "schema", json.dumps(schema))


def change_chol(f, version, **members):
    f.attrs["version"] = version
    schema = schema_of(f)
    schema["features"][2].update(members)
    replace(f, "schema", json.dumps(schema))


def add_units(f, version, last):
    f.attrs["version"] = version
    replace(f, "schema", json.dumps({**schema_of(f), "units": True}))
    f.create_dataset("units", data=np.array([b"u"] * 199 + [last.encode()], dtype="S8"))


def claim_features(f, count):
    """A few rows of so many columns, none of which was ever written."""
    schema = json.loads(f["schema"][()])
    schema["features"] = [{"name": f"x{j}"} for j in range(count)]
    del f["codes"]
    replace(f, "schema", json.dumps(schema))
    replace(f, "features", None, shape=(200, count), dtype="f8")


def beside(name):
    """Another good partition, outside of the folder that the tests look at."""
    path = pathlib.Path(tempfile.mkdtemp()) / f"{name}.h5"
    write(path, full=True)
    return str(path)


def link_elsewhere(f, name):
    del f[name]
    f[name] = h5py.ExternalLink(beside("other"), name)


def make_virtual(f, *sources):
    layout = h5py.VirtualLayout((200, 3), "<f8")
    for i, source in enumerate(sources):
        layout[:, 3 * i // len(sources):3 * (i + 1) // len(sources)] = source
    del f["features"]
    f.create_virtual_dataset("features", layout)


def store_outside(f, name):
    data = f[name][:]
    path = pathlib.Path(tempfile.mkdtemp()) / "rows"
    path.write_bytes(data.tobytes())
    replace(f, name, None, shape=data.shape, dtype=data.dtype, external=[(str(path), 0, data.nbytes)])


# Each fault, and how a program that knows no better would make it.
FAULTS = {
    "no-format": lambda f: f.attrs.__delitem__("format"),
    "other-format": lambda f: f.attrs.__setitem__("format", "netcdf"),
    "version-5": lambda f: f.attrs.__setitem__("version", 5),
    "version-4-without-missing": lambda f: f.attrs.__setitem__("version", 4),
    "missing-in-version-2": lambda f: change_chol(f, 2, missing=True),
    "missing-elsewhere": lambda f: (change_chol(f, 4, missing=True), f["features"].__setitem__((70, 2), np.nan)),
    "missing-is-infinite": lambda f: (change_chol(f, 4, missing=True), f["features"].__setitem__((70, 1), np.inf)),
    "missing-category": lambda f: (change_chol(f, 4, missing=True), change_ward(f, missing=True)),
    "version-3-without-units": lambda f: f.attrs.__setitem__("version", 3),
    "units-in-version-2": lambda f: add_units(f, 2, "u"),
    "unit-empty": lambda f: add_units(f, 3, ""),
    "version-1-of-2": lambda f: f.attrs.__setitem__("version", 1),
    "version-text": lambda f: f.attrs.__setitem__("version", "1"),
    "no-name": lambda f: f.attrs.__setitem__("name", ""),
    "name-leads-out": lambda f: f.attrs.__setitem__("name", "../../../../x"),
    "name-is-a-folder": lambda f: f.attrs.__setitem__("name", ".."),
    "name-steers-terminal": lambda f: f.attrs.__setitem__("name", "clinic\x1b]0;x\x07"),
    "name-has-lines": lambda f: f.attrs.__setitem__("name", "clinic\n10 of 10 signatures hold"),
    "schema-steers-terminal": lambda f: rename_column(f, "\u009b2J"),
    "schema-has-lines": lambda f: rename_column(f, "a\nb"),
    "schema-turns-text": lambda f: rename_column(f, "\u202elohc"),
    "schema-deep": lambda f: replace(f, "schema", "[" * 100000 + "]" * 100000),
    "external-link": lambda f: link_elsewhere(f, "features"),
    "external-schema": lambda f: link_elsewhere(f, "schema"),
    "soft-link": lambda f: (f.__setitem__("kept", f["features"]), f.__delitem__("features"), f.__setitem__("features", h5py.SoftLink("/kept"))),
    "dangling-link": lambda f: (f.__delitem__("weights"), f.__setitem__("weights", h5py.SoftLink("/nowhere"))),
    "virtual": lambda f: make_virtual(f, h5py.VirtualSource(beside("other"), "features", (200, 3))),
    "virtual-inside": lambda f: make_virtual(f, *[h5py.VirtualSource(".", "targets", (200, 1))] * 3),
    "external-storage": lambda f: store_outside(f, "features"),
    "external-splits": lambda f: store_outside(f, "splits"),
    "foreign-filter": lambda f: replace(f, "features", f["features"][:], compression="lzf"),
    "checksum-filter": lambda f: replace(f, "features", f["features"][:], fletcher32=True),
    "packing-filter": lambda f: replace(f, "codes", f["codes"][:], scaleoffset=0),
    "no-codes": lambda f: f.__delitem__("codes"),
    "codes-wide": lambda f: replace(f, "codes", f["codes"][:].astype("<u2")),
    "codes-narrow": lambda f: replace(f, "codes", np.zeros((200, 2), "u1")),
    "code-of-no-level": lambda f: f["codes"].__setitem__((70, 0), 3),
    "reference-of-no-level": lambda f: change_ward(f, reference="d"),
    "indicator-taken": lambda f: rename_column(f, "ward_b"),
    "block-rows-0": lambda f: f.attrs.__setitem__("block_rows", 0),
    "block-rows-float": lambda f: f.attrs.__setitem__("block_rows", 64.0),
    "unknown-attribute": lambda f: f.attrs.__setitem__("block_row", 1),
    "unknown-object": lambda f: f.create_dataset("feature", data=[1.0]),
    "no-schema": lambda f: f.__delitem__("schema"),
    "schema-numbers": lambda f: replace(f, "schema", [1, 2]),
    "schema-not-json": lambda f: replace(f, "schema", "{"),
    "no-features": lambda f: f.__delitem__("features"),
    "no-targets": lambda f: f.__delitem__("targets"),
    "undeclared-weights": lambda f: replace(f, "schema", json.dumps({**json.loads(f["schema"][()]), "weights": False})),
    "features-int": lambda f: replace(f, "features", np.zeros((200, 3), "i4")),
    "features-big-endian": lambda f: replace(f, "features", np.zeros((200, 3), ">f8")),
    "features-narrow": lambda f: replace(f, "features", np.zeros((200, 2))),
    "features-flat": lambda f: replace(f, "features", np.zeros(200)),
    "features-group": lambda f: (f.__delitem__("features"), f.create_group("features")),
    "claims-rows": lambda f: replace(f, "features", None, shape=(10**12, 3), dtype="f8"),
    "claims-wide-rows": lambda f: claim_features(f, 10000),
    "claims-schema": lambda f: replace(f, "schema", None, shape=(), dtype="S2000000000"),
    "no-rows": lambda f: replace(f, "features", np.zeros((0, 3))),
    "targets-float32": lambda f: replace(f, "targets", np.zeros((200, 1), "f4")),
    "targets-short": lambda f: replace(f, "targets", np.zeros((199, 1))),
    "nan": lambda f: f["features"].__setitem__((70, 1), np.nan),
    "split-code": lambda f: f["splits"].__setitem__(7, 9),
    "target-code": lambda f: f["targets"].__setitem__((9, 0), 2),
    "target-half": lambda f: f["targets"].__setitem__((150, 0), 0.5),
    "indicator-half": lambda f: set_indicators(f, 70, 0.5, 0),
    "indicator-two": lambda f: set_indicators(f, 71, 1, 1),
    "splits-bool": lambda f: replace(f, "splits", np.zeros(200, bool)),
    "ids-variable": lambda f: replace(f, "ids", ["a"] * 200, dtype=h5py.string_dtype()),
    "ids-latin1": lambda f: f["ids"].__setitem__(3, b"p\xe4tient"),
    "ids-long": lambda f: replace(f, "ids", np.zeros(200, "S4097")),
    "ids-claimed": lambda f: replace(f, "ids", None, shape=(200,), dtype="S300000000", chunks=(1,), compression="gzip"),
    "salt-alone": lambda f: f.attrs.__setitem__("salt", np.zeros(32, "u1")),
    "digests-alone": lambda f: f.create_dataset("digests", data=np.zeros((4, 32), "u1")),
    "digests-short": lambda f: (f.attrs.__setitem__("salt", np.zeros(32, "u1")),
                                f.create_dataset("digests", data=np.zeros((3, 32), "u1"))),
}


def u64(n):
    return struct.pack("<Q", n)


def field(data):
    return u64(len(data)) + data


def text(value):
    return value if isinstance(value, bytes) else value.encode()


def manifest_of(path):
    envelope = json.loads(pathlib.Path(path).with_suffix(".manifest.json").read_text())
    assert envelope["payloadType"] == "application/vnd.bailiwick.partition-manifest.v1+json"
    return json.loads(base64.b64decode(envelope["payload"]))


def rows_of(f):
    return f["features" if "features" in f else "codes"].shape[0]


def digests_of(f):
    salt, block_rows, rows = f.attrs["salt"].tobytes(), int(f.attrs["block_rows"]), rows_of(f)
    digests = b""
    for block, first in enumerate(range(0, rows, block_rows)):
        last = min(first + block_rows, rows)
        data = salt + u64(block) + u64(last - first)
        for part in PARTS:
            if part in f:
                data += field(part.encode()) + field(f[part][first:last].tobytes())
        digests += hashlib.sha256(data).digest()
    return digests


def root_of(f, precision):
    return hashlib.sha256(field(b"bailiwick-partition") + u64(int(f.attrs["version"])) + field(text(f.attrs["name"])) + u64(rows_of(f)) +
                          u64(int(f.attrs["block_rows"])) + field(precision.encode()) + field(text(f["schema"][()])) +
                          field(f.attrs["salt"].tobytes()) + field(f["digests"][:].tobytes())).hexdigest()


def verify(path):
    manifest = manifest_of(path)
    with h5py.File(path, "r") as f:
        rows, block_rows = rows_of(f), int(f.attrs["block_rows"])
        precision = {4: "float32", 8: "float64"}[f["features"].dtype.itemsize if "features" in f else 8]
        assert f["digests"][:].tobytes() == digests_of(f), "block digests differ"
        root = root_of(f, precision)
        assert manifest["root"] == root, "root digests differ"
        assert manifest["version"] == f.attrs["version"]
        assert (manifest["rows"], manifest["block_rows"], manifest["precision"]) == (rows, block_rows, precision)
        declared = json.loads(text(f["schema"][()]))
        assert [c["name"] for c in manifest["schema"]["features"]] == [c["name"] for c in declared["features"]]
    print(root)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["write", "break", "verify", "to-version-1"])
    parser.add_argument("path")
    parser.add_argument("target", nargs="?")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--block-rows", type=int, default=BLOCK_ROWS)
    for flag in ("--float32", "--gzip", "--full", "--units"):
        parser.add_argument(flag, action="store_true")
    arguments = parser.parse_args()
    if arguments.command == "write":
        write(arguments.path, arguments.rows, arguments.float32, arguments.gzip, arguments.full, arguments.block_rows, arguments.units)
    elif arguments.command == "to-version-1":
        to_version_1(arguments.path, arguments.target)
    elif arguments.command == "verify":
        verify(arguments.path)
    else:
        for fault, apply in FAULTS.items():
            path = pathlib.Path(arguments.path) / f"{fault}.h5"
            write(path, full=True)
            with h5py.File(path, "r+") as file:
                apply(file)
