# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""One flipped byte anywhere in what a lineage vouches for: `verify` finds it, or nobody who reads notices it.

BAILIWICK_FLIPS says how many; tests/durability/flip.cpp flips and verifies, in a process with bounded memory and time.
"""
import base64
import json
import os
import subprocess

import pytest
from conftest import PROGRAM, Checkout, referee

FLIP = os.path.join(os.path.dirname(PROGRAM), "flip")
np = referee("numpy")
COUNT = int(os.environ.get("BAILIWICK_FLIPS", 1500 if os.environ.get("BAILIWICK_TIER") == "long" else 500))
SEED = 20261121


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A job of two ranks with checkpoints, whose folder nothing else uses."""
    checkout = Checkout(tmp_path_factory.mktemp("flips")).prepare("lung")
    checkout.train("configs/lung/logistic.yaml", "--set", "train.checkpoint.every=1", output="out/run", np=2)
    return checkout


def envelope(text):
    """What a DSSE envelope says, whatever its spelling: docs/lineage.md, The file."""
    def decoded(word):
        assert not set("+/") & set(word) or not set("-_") & set(word)
        return base64.b64decode(word.translate(str.maketrans("-_", "+/")), validate=True)
    read = json.loads(text)
    return read["payloadType"], decoded(read["payload"]), [(s["keyid"], decoded(s["sig"])) for s in read["signatures"]]


def rows(path):
    """Everything that h5py, which is not our reader, finds in a partition or a checkpoint."""
    h5py = referee("h5py")
    found = {}

    def add(name, thing):
        found[name] = {key: np.asarray(value).tobytes() for key, value in thing.attrs.items()}
        if isinstance(thing, h5py.Dataset):
            found[name + " values"] = (thing.shape, thing.dtype.str, np.asarray(thing[()]).tobytes())
    with h5py.File(path) as file:
        add("/", file)
        file.visititems(add)
    return found


def data_sets(file):
    h5py = referee("h5py")
    found = []
    file.visititems(lambda _, thing: found.append(thing) if isinstance(thing, h5py.Dataset) else None)
    return found


def unread(path, offset):
    """True if no row lies at `offset`: by the chunks' places, and by their rows that the last ones have too many. What is packed
    has spare bits, so of it only the rows tell."""
    h5py = referee("h5py")
    with h5py.File(path) as file:
        for data in data_sets(file):
            if data.compression is not None:
                continue
            if data.chunks is None:
                places = [(data.id.get_offset() or 0, data.id.get_storage_size())]
            else:
                row_bytes = data.dtype.itemsize * int(np.prod(data.shape[1:]))
                places = []
                for i in range(data.id.get_num_chunks()):
                    chunk = data.id.get_chunk_info(i)
                    used = min(data.chunks[0], data.shape[0] - chunk.chunk_offset[0])
                    places.append((chunk.byte_offset, used * row_bytes))
            if any(begin <= offset < begin + size for begin, size in places):
                return False
    return True


def unnoticed(finished, count, files):
    """Flips bytes of `files`; (path, flipped bytes, offset, line) of each flip that verify did not find."""
    before = {path: path.read_bytes() for path in files}
    result = subprocess.run([FLIP, finished.path("out/run"), finished.path("out/lung/keys/operator.pub.pem"), finished.path("out/lung/partitions"), str(count),
                             str(SEED), *files], text=True, capture_output=True, timeout=1200 + count)
    assert result.returncode == 0, result.stderr
    assert {path: path.read_bytes() for path in files} == before
    *lines, last = result.stdout.splitlines()
    assert last.startswith(f"{count} flips, "), last
    print(f"{last}; the other {len(lines)} change nothing that is read")
    for line in lines:
        name, offset, mask, how = line.split(maxsplit=3)
        assert how == "unnoticed", line
        path = next(path for path in files if str(path) == name)
        flipped = bytearray(before[path])
        flipped[int(offset)] ^= int(mask)
        yield path, flipped, int(offset), line


def same_rows(path, flipped):
    copy = path.with_name("flipped.h5")
    copy.write_bytes(flipped)
    return rows(copy) == rows(path)


def test_every_flip_is_found_or_read_by_nobody(finished):
    out, job = finished.path("out/run"), finished.path("out/lung")
    partitions = [job / "partitions/north.h5", job / "partitions/west.h5"]
    documents = [*out.glob("documents/north/*")]
    assert len(documents) == 2
    covered = [out / "model.h5", out / "lineage.jsonl"]
    checkpoints = list(out.glob("checkpoints/*.h5"))
    left = 0
    for path, flipped, offset, line in unnoticed(finished, COUNT, partitions + documents + covered + checkpoints):
        left += 1
        assert path not in covered, line
        if path in documents:
            assert envelope(flipped) == envelope(path.read_bytes()), line
        else:
            assert unread(path, offset) and same_rows(path, flipped), line
    assert left < COUNT / 4


def test_an_older_format_has_no_checksums_and_no_flip_changes_a_row(finished):
    """The same rows as another program writes them: HDF5 1.8's structure, where much more is free to change."""
    h5py = referee("h5py")
    files = []
    for name, options in (("south", {"compression": "gzip", "shuffle": True}), ("east", {})):
        path = finished.path(f"out/lung/partitions/{name}.h5")
        with h5py.File(path) as file, h5py.File(path.with_name("older.h5"), "w", libver=("earliest", "v108")) as older:
            for key, value in file.attrs.items():
                older.attrs[key] = value
            for key, data in file.items():
                packed = options if data.shape and key != "digests" else {}
                older.create_dataset(key, data=data[()], **packed)
        os.replace(path.with_name("older.h5"), path)
        files.append(path)
    for path, flipped, _, line in unnoticed(finished, COUNT // 5, files):
        assert same_rows(path, flipped), line
