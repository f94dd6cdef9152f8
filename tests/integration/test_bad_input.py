# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Every promised error: its exit code, its words, at one rank and at four, and nothing left half done."""
import json
import os
import re
import shutil
import subprocess

import pytest
from conftest import PROGRAM, referee

TRAIN = "configs/lung/train.yaml"
USAGE, CONFIG, POLICY, DATA, NOT_CONVERGED, INTEGRITY = 2, 3, 4, 5, 6, 7
ranks = pytest.mark.parametrize("np", [1, 4])


@pytest.fixture
def lung(jobs, tmp_path):
    """A prepared lung job of one's own, to damage; its configs name no absolute path."""
    copy = tmp_path / "copy"
    shutil.copytree(jobs("lung").root, copy, ignore=shutil.ignore_patterns("reference*", "np*", "map*", "pooled*"))
    checkout = object.__new__(type(jobs("lung")))
    checkout.root = copy
    return checkout


def refused(checkout, command, code, *texts, np=None, words=(), config=TRAIN, timeout=30, program=PROGRAM):
    """The command fails with `code`, says every text exactly once, and leaves no model and no half file."""
    out = checkout.run(command, config, "--output", "out/refused", *words, np=np, code=code, timeout=timeout, program=program)
    for text in texts:
        assert out.count(text) == 1, f"{text!r} stands {out.count(text)} times in\n{out}"
    assert not list(checkout.root.rglob("*.tmp*"))
    assert not checkout.path("out/refused/model.h5").exists()
    return out


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def flip(path, position):
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


# --- configuration ------------------------------------------------------------------------------------------

@ranks
def test_unknown_key(lung, np):
    edit(lung.path(TRAIN), "  tolerance:", "  tolerence:")
    line = 1 + lung.path(TRAIN).read_text().splitlines().index("  tolerence: 1e-10")
    refused(lung, "train", CONFIG, f"train.yaml:{line}:3: train.tolerence: unknown key", '(did you mean "tolerance"?)', np=np)


@ranks
def test_missing_key(lung, np):
    edit(lung.path(TRAIN), 'purpose: "dpv:ScientificResearch"\n', "")
    refused(lung, "train", CONFIG, "train.yaml:", "purpose", np=np)


@ranks
def test_several_problems_at_once(lung, np):
    refused(lung, "train", CONFIG, 'unknown value "newtn"', '(did you mean "newton"?)', "train.max_iterations", np=np,
            words=["--set", "train.method=newtn", "--set", "train.max_iterations=-1"])


@ranks
def test_missing_config(lung, np):
    refused(lung, "train", CONFIG, "configs/none.yaml: cannot open: No such file", np=np, config="configs/none.yaml")


@ranks
def test_unknown_feature(lung, np):
    refused(lung, "train", CONFIG, 'no feature "agge"', '(did you mean "age"?)', np=np, words=["--set", "model.features=[agge]"])
    refused(lung, "train", CONFIG, '"cyclic(hour(age), 24).sin": "age" is no date: its unit is "a"', np=np, words=["--set", "model.features=['cyclic(hour(age), 24)']"])


@ranks
def test_a_key_has_its_place_whoever_met_the_fault(lung, np):
    """What only the partitions can tell is told of the line, as what the schema tells is."""
    edit(lung.path(TRAIN), "features: [", "features: [agge, ")
    line = 1 + [line.strip().startswith("features: [") for line in lung.path(TRAIN).read_text().splitlines()].index(True)
    for words in ((), ("--set", "train.split=")):
        refused(lung, "train", CONFIG, f"train.yaml:{line}:3: model.features: the partitions have no feature", np=np, words=words)
    refused(lung, "train", CONFIG, "--set model.weights: the partitions have no row weights", np=np, words=["--set", "model.features=[age]", "--set", "model.weights=true"])


@ranks
def test_of_an_unknown_kind_nothing_more_is_said(lung, np):
    out = refused(lung, "train", CONFIG, 'unknown value "coks"', '(did you mean "cox"?)', np=np, words=["--set", "model.kind=coks"])
    assert len([line for line in out.splitlines() if "model." in line]) == 1, out


@ranks
def test_rank_that_does_not_exist(lung, np):
    refused(lung, "train", CONFIG, "domain north: rank 9 does not exist", np=np, words=["--set", "domains.0.ranks=[9]"])


@ranks
def test_unused_petsc_option(lung, np):
    out = refused(lung, "train", CONFIG, "-tao_lmvm_typo", np=np,
                  words=["--set", "train.method=lbfgs", "--petsc", "-tao_lmvm_typo 3"])
    assert not re.search(r"^ +\d+ +-?\d", out, re.M), f"known before the first iteration:\n{out}"


@pytest.mark.parametrize("option", ["-tao_view", "-tao_view_solution", "-tao_nls_ksp_view", "-tao_nls_ksp_type cg", "-tao_converged_reason",
                                    "-tao_nls_ksp_converged_reason", "-tao_ls_view", "-tao_monitor", "-tao_ls_type armijo"])
def test_petsc_options_that_are_asked_for_late(lung, option):
    lung.run("train", "configs/lung/logistic.yaml", "--output", "out/asked", "--set", "train.method=newton-krylov", "--petsc", option)


@ranks
def test_petsc_that_cannot_be_loaded(lung, np):
    alone = shutil.copy(PROGRAM, lung.path("bailiwick"))
    refused(lung, "train", CONFIG, "train.method: PETSc, whose solver this is, cannot be loaded (bailiwick_petsc.so: cannot open shared object file: "
            "No such file or directory); install it (docs/install.md), or use train.method: newton", np=np, words=["--set", "train.method=lbfgs"],
            program=str(alone))


@pytest.mark.parametrize("words,text", [(["trian"], '(did you mean "train"?)'), (["train"], "CONFIG is missing"),
                                        (["train", TRAIN, "--outptu", "x"], "unknown option"),
                                        (["train", TRAIN, "--set", "x"], "write KEY=VALUE")])
def test_usage(lung, words, text):
    assert text in lung.run(*words, code=USAGE)


# --- files that are missing or damaged ----------------------------------------------------------------------

@ranks
@pytest.mark.parametrize("name,code", [("partitions/east.h5", DATA), ("partitions/east.manifest.json", DATA),
                                       ("policies/east.policy.json", DATA), ("keys/east.pub.pem", CONFIG),
                                       ("keys/operator.pem", CONFIG)])
def test_missing_file(lung, name, code, np):
    lung.path(f"out/lung/{name}").unlink()
    refused(lung, "train", code, name, np=np)


@ranks
def test_missing_files_are_told_at_once(lung, np):
    """With the keys of the config that name them."""
    for name in ("keys/operator.pem", "keys/north.pub.pem", "keys/west.pem", "policies/east.policy.json", "partitions/south.h5"):
        lung.path(f"out/lung/{name}").unlink()
    refused(lung, "train", CONFIG, "files that it names are not there:\n  lineage.sign_with: ", "domain north: public_key: ", "domain west: private_key: ", "domain east: policy: ",
            "domain south: partitions: ", np=np)


@ranks
def test_truncated_partition(lung, np):
    path = lung.path("out/lung/partitions/east.h5")
    path.write_bytes(path.read_bytes()[:-200])
    refused(lung, "train", DATA, "east.h5: cannot open", "truncated file", np=np)


@ranks
def test_flipped_byte_in_rows(lung, np):
    path = lung.path("out/lung/partitions/east.h5")
    h5py = referee("h5py")
    with h5py.File(path, "r") as file:
        assert file["codes"].compression is None  # else HDF5 finds the flip first
        position = file["codes"].id.get_chunk_info(1).byte_offset + 3
    flip(path, position)
    refused(lung, "train", INTEGRITY, "east.h5: block 1 (rows 16 to 31) does not match its digest", np=np)


@ranks
@pytest.mark.parametrize("name,code", [("partitions/east.manifest.json", INTEGRITY), ("policies/east.policy.json", POLICY)])
def test_flipped_byte_in_signed_document(lung, name, code, np):
    path = lung.path(f"out/lung/{name}")
    flip(path, path.read_text().index('"payload"') + 60)
    refused(lung, "train", code, f"{name}: ", np=np)


@pytest.fixture
def trained(lung):
    lung.run("train", TRAIN, "--output", "out/run")
    return lung


@ranks
def test_flipped_byte_in_model(trained, np):
    path = trained.path("out/run/model.h5")
    h5py = referee("h5py")
    with h5py.File(path, "r") as file:
        position = file["arrays/parameters"].id.get_offset() + 3
    flip(path, position)
    assert "model.h5" in trained.run("digest", "out/run/model.h5", code=INTEGRITY)
    refused(trained, "evaluate", INTEGRITY, "model.h5: ", np=np, words=["--model", "out/run/model.h5"])
    verdict = trained.run("verify", "out/run", "--key", "out/lung/keys/operator.pub.pem", code=INTEGRITY)
    assert re.search(r"^NO  lineage\.jsonl:\d: model\.h5", verdict, re.M), verdict


@pytest.mark.parametrize("where", [0.1, 0.5, 0.9])
def test_flipped_byte_in_lineage(trained, where):
    path = trained.path("out/run/lineage.jsonl")
    flip(path, int(where * path.stat().st_size))
    assert "NOT VERIFIED" in trained.run("verify", "out/run", "--key", "out/lung/keys/operator.pub.pem", code=INTEGRITY)


def test_cut_lineage(trained):
    path = trained.path("out/run/lineage.jsonl")
    path.write_text("".join(path.read_text().splitlines(True)[:-1]))
    assert "no final statement" in trained.run("verify", "out/run", "--key", "out/lung/keys/operator.pub.pem", code=INTEGRITY)


def test_another_key(trained):
    trained.run("verify", "out/run", "--key", "out/lung/keys/north.pub.pem", code=INTEGRITY)


# --- policies -----------------------------------------------------------------------------------------------

@ranks
@pytest.mark.parametrize("old,new,rule", [("until: 2036", "until: 2026-02-01T00:00:00Z # ", "valid until"),
                                          ("from: 2026", "from: 2035", "valid from"),
                                          ("dpv:ScientificResearch", "dpv:CommercialResearch", "purpose"),
                                          ("where: [US]", "where: [DE]", "place"),
                                          ("permit: [train, ", "permit: [", "action"),
                                          ("parties: 3", "parties: 5", "minimum parties"),
                                          ("rows: 20", "rows: 58", "minimum rows"),
                                          ("target: east", "target: north", "target")])
def test_policy_refuses(lung, old, new, rule, np):
    policy = lung.own_policy("lung", "east")
    edit(policy, old, new)
    lung.sign_policy(policy)
    out = refused(lung, "train", POLICY, "refused, and nothing was read", np=np)
    assert re.search(rf"domain east: .*{rule}", out), out
    assert "REFUSED" in lung.run("check", TRAIN, np=np, code=POLICY)


def test_evaluate_needs_leave_to_release_statistics(trained):
    policy = trained.own_policy("lung", "east")
    edit(policy, ", release_statistics]", "]")
    trained.sign_policy(policy)
    out = trained.run("evaluate", TRAIN, "--output", "out/run", code=POLICY)
    assert "domain east: action: release_statistics (permitted: train, evaluate, predict, describe, release_model)" in out
    assert not trained.path("out/run/evaluation.json").exists()


@ranks
def test_every_refusal_is_listed(lung, np):
    for name in ("east", "west"):
        policy = lung.own_policy("lung", name)
        edit(policy, "parties: 3", "parties: 9")
        lung.sign_policy(policy)
    refused(lung, "train", POLICY, "domain east: ", "domain west: ", np=np)


@ranks
def test_policy_of_another_signer(lung, np):
    lung.run("policy", "sign", "configs/lung/policy.yaml", "--for", "east", "--key", "out/lung/keys/north.pem", "--output",
             "out/lung/policies/east.policy.json", "--force")
    refused(lung, "train", POLICY, "policies/east.policy.json: ", np=np)


@ranks
def test_unsigned_policy(lung, np):
    path = lung.path("out/lung/policies/east.policy.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "signatures": []}))
    refused(lung, "train", POLICY, "policies/east.policy.json: ", np=np)


@ranks
def test_undeclared_node(lung, np):
    edit(lung.path("configs/lung/operator.yaml"), 'match: "*"', 'match: "elsewhere"')
    refused(lung, "train", POLICY, "refused, and nothing was read", np=np)


# --- rows that no model can take ----------------------------------------------------------------------------

def rewrite(lung, change):
    """Lets `change` edit east's rows as another program would, and signs them anew."""
    h5py = referee("h5py")
    path = lung.path("out/lung/partitions/east.h5")
    with h5py.File(path, "r+") as file:
        change(file)
        for name in ("digests",):
            del file[name]
        if "salt" in file.attrs:
            del file.attrs["salt"]
    return path


def test_nan_in_rows(lung):
    def change(file):
        file["features"][3, 1] = float("nan")
    path = rewrite(lung, change)
    out = lung.run("policy", "sign", path, "--owner", "east", "--key", "out/lung/keys/east.pem", "--force", code=DATA)
    assert re.search(r"east\.h5: .*row 3.*", out), out


@ranks
def test_singular_design(lung, np):
    refused(lung, "train", DATA, "linear combination of the columns before it", "'twice'", np=np,
            words=["--set", "model.l2=0"], config=add_column(lung, "twice", "age"))


def add_column(lung, name, source, config="configs/lung/logistic.yaml"):
    """Ingests the lung data with one more column, a copy of `source`, and returns the config that fits it."""
    rows = lung.path("data/lung/lung.csv").read_text().splitlines()
    index = rows[0].split(",").index(source)
    lung.path("data/lung/lung.csv").write_text(
        "\n".join([rows[0] + "," + name] + [row + "," + row.split(",")[index] for row in rows[1:]]) + "\n")
    kind = "{role: feature, type: boolean, map: {\"1\": \"0\", \"2\": \"1\"}}" if source == "status" else "{role: feature}"
    edit(lung.path("configs/lung/ingest.yaml"), "columns:\n", f"columns:\n  {name}: {kind}\n")
    lung.run("ingest", "configs/lung/ingest.yaml", "--force")
    text = lung.path(config).read_text()
    lung.path(config).write_text(re.sub(r"features: \[[^\]]*\]", f"features: [age, {name}]", text))
    return config


@ranks
def test_perfect_separation(lung, np):
    refused(lung, "train", NOT_CONVERGED, "perfect separation", "set model.l2 above 0", np=np,
            words=["--set", "model.l2=0"], config=add_column(lung, "same", "status"))


@ranks
def test_more_iterations_needed(lung, np):
    refused(lung, "train", NOT_CONVERGED, "not converged after 1 iterations", np=np, words=["--set", "train.max_iterations=1"])


@pytest.mark.parametrize("np", [1, 2, 3])
def test_more_domains_than_ranks_works(lung, np):
    lung.run("train", TRAIN, "--output", "out/few", np=np)


# --- places to write to -------------------------------------------------------------------------------------

@ranks
def test_unwritable_output(lung, np):
    lung.path("out/file").write_text("")
    out = lung.run("train", TRAIN, "--output", "out/file/run", np=np, code=DATA, timeout=30)
    assert out.count("out/file/run") == 1 and "cannot make the folder" in out


@ranks
def test_earlier_run_is_kept(trained, np):
    before = trained.path("out/run/model.h5").read_bytes()
    out = trained.run("train", TRAIN, "--output", "out/run", np=np, code=DATA, timeout=30)
    assert "holds the lineage of an earlier train" in out
    assert trained.path("out/run/model.h5").read_bytes() == before


@ranks
def test_full_disk(lung, np):
    folder = lung.path("out/small")
    folder.mkdir()
    if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder]).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        out = lung.run("train", TRAIN, "--output", "out/small/run", np=np, code=DATA, timeout=30)
        assert "No space left on device" in out
        assert not list(folder.rglob("*.tmp*")) and not list(folder.rglob("model.h5"))
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_partition_is_not_overwritten(lung):
    assert "--force" in lung.run("ingest", "configs/lung/ingest.yaml", code=DATA)
    partitions, policy = lung.path("out/lung/partitions"), lung.path("out/lung/policies/north.policy.json")
    shutil.rmtree(partitions)
    partitions.mkdir()
    policy.unlink()
    for path, command in ((partitions / "north.h5", ("ingest", "configs/lung/ingest.yaml")),
                          (policy, ("policy", "sign", "configs/lung/policy.yaml", "--for", "north", "--key", "out/lung/keys/north.pem", "--output", policy))):
        path.symlink_to("nowhere")
        assert f"{path.name}: exists already" in lung.run(*command, code=DATA)
        assert path.is_symlink()


def test_key_is_not_overwritten(lung):
    assert "exists already" in lung.run("keygen", "out/lung/keys/north", code=DATA)


def test_inspect_verifies_no_signature_and_says_so(lung):
    policy = lung.path("out/lung/policies/north.policy.json")
    envelope = json.loads(policy.read_text())
    envelope["signatures"][0]["sig"] = "AAAA"
    policy.write_text(json.dumps(envelope))
    for path in (policy, lung.path("out/lung/partitions/north.manifest.json"), lung.path("out/lung/partitions/north.h5")):
        assert re.search(r"^signed by    [0-9a-f]{64}, not verified$", lung.run("inspect", path), re.M)


def test_inspect_of_anything_else(lung):
    lung.path("x.bin").write_bytes(b"\x89HDF nonsense")
    lung.run("inspect", "x.bin", code=DATA)
    lung.path("x.txt").write_text("nonsense")
    assert "is none of what inspect shows: partitions, models" in lung.run("inspect", "x.txt", code=DATA)
    for text in ('{\n  "overall": {"auc": 0.5}\n}\n', '{"at": 1}\n{"at": 2}\n'):
        lung.path("x.json").write_text(text)
        assert "x.json: is JSON that is not signed, to be read as it is; inspect shows partitions" in lung.run("inspect", "x.json", code=DATA)
    lung.path("x.json").write_text('{"payloadType": ')
    assert "x.json:1: not valid JSON" in lung.run("inspect", "x.json", code=DATA)


def test_one_rank_alone_ends_the_job(lung):
    """A rank that dies takes the others along instead of leaving them waiting."""
    result = subprocess.run(["mpirun", "-np", "1", PROGRAM, "check", TRAIN, ":", "-np", "1", "false"], cwd=lung.root,
                            capture_output=True, timeout=60)
    assert result.returncode != 0
