# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Files of other people: what they may be, how long, how deep, what they may call themselves, and that they hold what they say."""
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess

import pytest
from conftest import referee

CONFIG, POLICY, DATA, INTEGRITY = 3, 4, 5, 7
TRAIN = "configs/lung/logistic.yaml"
POLICY_TYPE = "application/vnd.bailiwick.policy.v1+json"
MANIFEST_TYPE = "application/vnd.bailiwick.partition-manifest.v1+json"
DEEP = "lists and objects nested more than 64 deep"


@pytest.fixture
def lung(jobs, tmp_path):
    """A prepared lung job of one's own, to damage."""
    copy = tmp_path / "copy"
    shutil.copytree(jobs("lung").root, copy, ignore=shutil.ignore_patterns("run*"))
    checkout = object.__new__(type(jobs("lung")))
    checkout.root = copy
    return checkout


def sign(payload, kind, key):
    """An envelope as openssl makes it: an owner need not use our program."""
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    run = lambda *words, **how: subprocess.run(["openssl", *words], check=True, capture_output=True, **how).stdout
    signature = run("dgst", "-sha256", "-sign", str(key), input=message)
    key_id = hashlib.sha256(run("pkey", "-in", str(key), "-pubout")).hexdigest()
    return json.dumps({"payload": base64.b64encode(payload).decode(), "payloadType": kind,
                       "signatures": [{"keyid": key_id, "sig": base64.b64encode(signature).decode()}]}) + "\n"


def type_of(path):
    return json.loads(path.read_text())["payloadType"]


def payload_of(path):
    return base64.b64decode(json.loads(path.read_text())["payload"])


# --- what is no regular file, or too long ----------------------------------------------------------------------

def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def endless(path):
    path.touch()
    os.truncate(path, 1 << 42)


@pytest.mark.parametrize("make,text", [(pipe, "is a pipe, not a regular file"), (device, "is a device, not a regular file"),
                                       (endless, "may have")])
def test_every_document_is_a_file_that_ends(lung, make, text):
    """In place of each document in turn, and of every file that a command is given."""
    key = "out/lung/keys/north.pem"
    for name, code in [("keys/north.pub.pem", CONFIG), ("policies/north.policy.json", DATA), ("partitions/north.manifest.json", DATA),
                       ("keys/operator.pem", CONFIG)]:
        path = lung.path(f"out/lung/{name}")
        kept = path.rename(path.with_suffix(".kept"))
        make(path)
        out = lung.run("train", TRAIN, "--output", "out/none", code=code, timeout=30)
        assert f"{path}: " in out and text in out
        path.unlink()
        kept.rename(path)
    made = lung.path("made")
    make(made)
    for words, code in [(["inspect", made], DATA), (["policy", "show", made], DATA), (["site", "show", made], DATA),
                        (["policy", "sign", made, "--key", key, "--output", "x.json"], DATA), (["ingest", made], DATA),
                        (["policy", "check", made, "--key", "out/lung/keys/north.pub.pem", "--purpose", "dpv:ScientificResearch",
                          "--stage", "train", "--place", "CH", "--parties", "3"], DATA),
                        (["check", made], CONFIG), (["slurm", made], CONFIG)]:
        out = lung.run(*words, code=code, timeout=30)
        assert "made: " in out and text in out
    if make is endless:
        return
    out = lung.run("digest", made, code=DATA, timeout=30)
    assert text in out
    ingest = lung.path("configs/lung/ingest.yaml")
    csv = next(lung.path("data/lung").glob("*.csv*"))
    csv.unlink()
    make(csv)
    out = lung.run("ingest", ingest, "--force", code=DATA, timeout=30)
    assert f"{csv}: {text}" in out
    folder = lung.path("out/run")
    folder.mkdir()
    make(folder / "lineage.jsonl")
    out = lung.run("verify", folder, "--key", "out/lung/keys/operator.pub.pem", code=DATA, timeout=30)
    assert text in out


# --- depth -----------------------------------------------------------------------------------------------------

def test_a_signed_document_is_not_deep(lung):
    """100,000 lists in a list, signed by the owner: an error with a code, no crash, and no advice to take more nodes."""
    deep = b"[" * 100_000 + b"]" * 100_000
    key = lung.path("out/lung/keys/north.pem")
    for name, code in [("policies/north.policy.json", POLICY), ("partitions/north.manifest.json", INTEGRITY)]:
        path = lung.path(f"out/lung/{name}")
        before = path.read_text()
        # Alone, and in a member of what is good otherwise.
        for payload in (deep, payload_of(path)[:-1] + b', "more": ' + deep + b"}"):
            path.write_text(sign(payload, type_of(path), key))
            assert DEEP in lung.run("inspect", path, code=DATA)
            for np in (None, 2):
                assert DEEP in lung.run("train", TRAIN, "--output", "out/none", code=code, np=np)
            assert DEEP in lung.run("check", TRAIN, code=code)
            if "policy" in name:
                assert DEEP in lung.run("policy", "show", path, code=POLICY)
        path.write_text(before)


def test_a_lineage_is_not_deep(lung):
    lung.train(TRAIN, output="out/deep")
    lineage = lung.path("out/deep/lineage.jsonl")
    lines = lineage.read_text().splitlines()
    payload = base64.b64decode(json.loads(lines[0])["payload"])
    line = sign(payload[:-1] + b',"more":' + b"[" * 100_000 + b"]" * 100_000 + b"}", json.loads(lines[0])["payloadType"],
                lung.path("out/lung/keys/operator.pem"))
    line = json.dumps(json.loads(line), separators=(",", ":"), sort_keys=True)
    lineage.write_text("\n".join([line, *lines[1:]]) + "\n")
    assert DEEP in lung.run("verify", "out/deep", "--key", "out/lung/keys/operator.pub.pem", code=INTEGRITY)


# --- names -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("member,value,text", [
    ("name", "../../../../x", '"name" must be a name of letters'), ("name", ".hidden", '"name" must be a name of letters'),
    ("name", "north\x1b]0;x\x07", r"north\u{1b}]0;x\u{7}"), ("name", "north\nverified", r"north\nverified"),
    ("owner", "north\nverified", r"north\nverified"), ("owner", "\u009b2J", r"\u{9b}2J"), ("created", "\u202egnihton", r"\u{202e}gnihton")])
def test_a_manifest_names_itself_well(lung, member, value, text):
    path = lung.path("out/lung/partitions/north.manifest.json")
    manifest = {**json.loads(payload_of(path)), member: value}
    path.write_text(sign(json.dumps(manifest).encode(), MANIFEST_TYPE, lung.path("out/lung/keys/north.pem")))
    for words, code in [(["train", TRAIN, "--output", "out/none"], INTEGRITY), (["check", TRAIN], INTEGRITY), (["inspect", path], DATA)]:
        out = lung.run(*words, code=code)
        assert text in out
        assert not set(out) & set("\x1b\x07\u009b\u202e")
    assert not lung.path("out/none").exists()


def test_a_policy_names_itself_well(lung):
    path = lung.path("out/lung/policies/north.policy.json")
    before = payload_of(path)
    uid = json.loads(before)["uid"].encode()
    for owner in (b'north\\n10 of 10', b'\\u001b[2J', b'\\u202e'):
        path.write_text(sign(before.replace(uid, uid + owner), type_of(path), lung.path("out/lung/keys/north.pem")))
        for words in (["policy", "show", path], ["check", TRAIN], ["train", TRAIN, "--output", "out/none"]):
            out = lung.run(*words, code=POLICY)
            assert not set(out) & set("\x1b\u202e")
    terms = lung.own_policy("lung", "north")
    terms.write_text(terms.read_text().replace("owner: ", 'owner: "\\e[2J" #'))
    out = lung.run("policy", "sign", terms, "--key", "out/lung/keys/north.pem", "--output", "x.json", code=CONFIG)
    assert "owner: must be one line" in out and "\x1b" not in out


def test_a_config_names_itself_well(lung):
    config = lung.path(TRAIN)
    before = config.read_text()
    assert re.search(r"^name: ", before, re.M)
    for name in ("run\\nverified", "\\e[2J"):
        config.write_text(re.sub(r"^name: .*$", lambda _: f'name: "{name}"', before, flags=re.M))
        for words in (["train", TRAIN, "--output", "out/none"], ["check", TRAIN]):
            out = lung.run(*words, code=CONFIG)
            assert "name: " in out and "is not one line of text without control characters" in out and "\x1b" not in out
    assert not lung.path("out/none").exists()


INGEST = """
version: 1
input: rows.csv
columns: {%s: {role: feature}, y: {role: target}}
output: partitions
partitions: [{name: clinic, owner: "%s", sign_with: clinic.pem}]
"""


def test_what_ingest_writes_names_itself_well(fresh):
    fresh.run("keygen", "clinic")
    fresh.path("rows.csv").write_text('x,"a\nb",y,"\x1b[2J"\n1,2,3,4\n')
    for column, owner, text in (('"a\\nb"', "clinic", r"a\nb"), ("x", "\\e[2J", r"\u{1b}[2J"), ("x", "a\\nb", r"a\nb")):
        fresh.path("ingest.yaml").write_text(INGEST % (column, owner))
        out = fresh.run("ingest", "ingest.yaml", code=DATA)
        assert text in out and "must be one line without control characters" in out and "\x1b" not in out
        assert not list(fresh.path("partitions").glob("*"))
    fresh.path("ingest.yaml").write_text(INGEST % ("x", "clinic"))
    out = fresh.run("ingest", "ingest.yaml")
    assert r"Columns not used: a\nb, \u{1b}[2J" in out and "\x1b" not in out


def of_one_name(lung):
    """The partitions of two owners, both called clinic; each signs its own."""
    h5py = referee("h5py")
    for owner in ("north", "south"):
        path = lung.path(f"out/lung/partitions/{owner}.h5")
        with h5py.File(path, "r+") as f:
            f.attrs["name"] = "clinic"
            del f["digests"], f.attrs["salt"]
        lung.run("policy", "sign", path, "--owner", owner, "--key", f"out/lung/keys/{owner}.pem", "--force")
        terms = lung.own_policy("lung", owner)
        terms.write_text(terms.read_text().replace(f"target: {owner}", "target: clinic"))
        lung.sign_policy(terms)


def test_two_owners_may_choose_one_name(lung):
    of_one_name(lung)
    for np in (None, 3):
        lung.train(TRAIN, output=f"out/both-{np}", np=np)
        lung.run("verify", f"out/both-{np}", "--key", "out/lung/keys/operator.pub.pem", "--partitions", "out/lung/partitions")
    lung.run("predict", TRAIN, "--output", "out/both-None")
    predictions = lung.path("out/both-None/predictions")
    assert {p.relative_to(predictions).as_posix() for p in predictions.rglob("clinic.csv")} == {"north/clinic.csv", "south/clinic.csv"}
    # Either's rows are those of its own statement, not of the other's.
    for end in (".h5", ".manifest.json"):
        shutil.copy(lung.path(f"out/lung/partitions/south{end}"), lung.path(f"out/lung/partitions/north{end}"))
    shutil.copy(lung.path("out/lung/keys/south.pub.pem"), lung.path("out/lung/keys/north.pub.pem"))
    out = lung.run("verify", "out/both-None", "--key", "out/lung/keys/operator.pub.pem", "--partitions", "out/lung/partitions", code=INTEGRITY)
    assert re.search(r"NO  partition north/clinic: \S+ has other rows: its root is another", out) and out.count("NO  ") == 2  # trained and predicted


REGIONS = ("north", "south", "east", "west")


def test_one_owner_may_not(lung):
    of_one_name(lung)
    config = lung.path("configs/lung/parties.yaml")
    folder = os.path.relpath(lung.path("out/lung/partitions"), config.parent)
    text = config.read_text()
    shutil.copy(lung.path("out/lung/partitions/south.h5"), lung.path("out/lung/partitions/more.h5"))
    h5py = referee("h5py")
    with h5py.File(lung.path("out/lung/partitions/more.h5"), "r+") as f:  # as if other rows: another salt, and so another root
        del f["digests"], f.attrs["salt"]
    lung.run("policy", "sign", "out/lung/partitions/more.h5", "--owner", "north", "--key", "out/lung/keys/north.pem")
    own = ", ".join(f"{name}: {{partitions: [{folder}/<name>.h5{f', {folder}/more.h5' if name == 'north' else ''}]}}" for name in REGIONS)
    config.write_text(text.replace(f"[{', '.join(REGIONS)}]", f"{{{own}}}").replace(f"    partitions: [{folder}/<name>.h5]\n", ""))
    for command in (["check", TRAIN], ["train", TRAIN, "--output", "out/none"]):
        assert 'domain north: two of its partitions are called "clinic"' in lung.run(*command, code=CONFIG)


# --- HDF5 objects that lead out of the file --------------------------------------------------------------------

def outside(f, name, folder, how):
    """Puts a data set's values elsewhere, the same ones: no digest differs."""
    h5py = referee("h5py")
    values = f[name][:]
    elsewhere = folder / f"elsewhere-{how}.h5"
    with h5py.File(elsewhere, "w") as other:
        other.create_dataset("values", data=values)
    del f[name]
    if how == "external":
        f[name] = h5py.ExternalLink(str(elsewhere), "/values")
    elif how == "virtual":
        layout = h5py.VirtualLayout(values.shape, values.dtype)
        layout[:] = h5py.VirtualSource(str(elsewhere), "values", values.shape)
        f.create_virtual_dataset(name, layout)
    elif how == "storage":
        raw = folder / "raw"
        raw.write_bytes(values.tobytes())
        f.create_dataset(name, shape=values.shape, dtype=values.dtype, external=[(str(raw), 0, values.nbytes)])
    else:
        f["kept"] = values
        f[name] = h5py.SoftLink("/kept")


@pytest.mark.parametrize("how,text", [("external", '"{}" is an external link'), ("virtual", "{}: is a virtual data set"),
                                      ("storage", "{}: has external storage"), ("soft", '"{}" is a soft link')])
def test_rows_and_parameters_lie_in_their_file(lung, how, text):
    h5py = referee("h5py")
    lung.train(TRAIN, output="out/inside")
    partition = lung.path("out/lung/partitions/north.h5")
    with h5py.File(partition, "r+") as f:
        outside(f, "features", partition.parent, how)
        if how == "soft":
            del f["kept"]
    text_of = {"external": '"features" is an external link', "soft": '"features" is a soft link'}
    expected = text_of.get(how, text.format("/features"))
    assert expected in lung.run("train", TRAIN, "--output", "out/none", code=DATA)
    assert expected in lung.run("verify", "out/inside", "--key", "out/lung/keys/operator.pub.pem", "--partitions", "out/lung/partitions", code=INTEGRITY)
    model = lung.path("out/inside/model.h5")
    with h5py.File(model, "r+") as f:
        outside(f["arrays"], "parameters", model.parent, how)
        if how == "soft":
            del f["arrays/kept"]
    assert text.format("parameters" if how in text_of else "/arrays/parameters") in lung.run("digest", model, code=DATA)
    assert "all that is read must lie in the file itself" in lung.run("predict", TRAIN, "--output", "out/inside", code=DATA)


def bomb(f):
    """Seven floors of groups, each with thirty names for the one below: 30**7 paths in a few kilobytes."""
    group = f["arrays"].create_group("g")
    for _ in range(6):
        below = group.create_group("0")
        for i in range(1, 30):
            group[str(i)] = below
        group = below


def crowd(f):
    for i in range(5000):
        f["arrays"].create_group(str(i))


def second_name(f):
    f["arrays/again"] = f["arrays/parameters"]


@pytest.mark.parametrize("change,text", [(bomb, "is an object that has another name too"), (crowd, "has more than 4096 arrays and groups"),
                                         (second_name, "/arrays/parameters: is an object that has another name too")])
def test_objects_of_a_model_are_few_and_have_one_name(jobs, tmp_path, change, text):
    h5py = referee("h5py")
    lung = jobs("lung")
    if not lung.path("out/names").exists():
        lung.train(TRAIN, output="out/names")
    model = tmp_path / "model.h5"
    shutil.copy(lung.path("out/names/model.h5"), model)
    with h5py.File(model, "r+") as f:
        change(f)
    for command in ("inspect", "digest"):
        assert text in lung.run(command, model, code=DATA, timeout=20)


def test_what_nobody_reads_changes_nothing(lung):
    """docs/durability.md: attributes of data sets; those of the root group are read, and none is unknown."""
    h5py = referee("h5py")
    reference = lung.train(TRAIN, output="out/before")
    partition = lung.path("out/lung/partitions/north.h5")
    with h5py.File(partition, "r+") as f:
        f["features"].attrs["units"] = "\x1b[2J"
    lung.run("verify", "out/before", "--key", "out/lung/keys/operator.pub.pem")
    assert lung.train(TRAIN, output="out/after") == reference
    with h5py.File(partition, "r+") as f:
        f.attrs["\x1b[2J"] = 1
    out = lung.run("train", TRAIN, "--output", "out/none", code=DATA)
    assert r'unknown attribute "\u{1b}[2J"' in out and "\x1b" not in out
