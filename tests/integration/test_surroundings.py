# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What surrounds the process - variables, files of the working folder, libraries - loads no code into it and changes no result."""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from conftest import PROGRAM, referee

CONFIG, DATA = 3, 5
TRAIN = "configs/lung/logistic.yaml"
WITNESS = next(pathlib.Path(os.environ["BAILIWICK_LEAKS"]).glob("*witness*"))
OPENSSL = """
openssl_conf = all
[all]
providers = some
engines = more
[some]
witness = one
[one]
module = %s
activate = 1
[more]
witness = two
[two]
dynamic_path = %s
"""


class Surroundings:
    def __init__(self, checkout, folder):
        self.checkout, self.folder, self.told = checkout, folder, folder / "told"
        self.outputs = 0

    def train(self, *words, environment=None, np=None, code=0):
        self.told.unlink(missing_ok=True)
        self.outputs += 1
        self.output = self.folder / f"run-{self.outputs}"
        out = self.checkout.run("train", TRAIN, "--output", self.output, "--set", "train.method=lbfgs", "--set", "train.tolerance=1e-6", *words, np=np, code=code,
                                environment={"BAILIWICK_WITNESS": str(self.told), **(environment or {})})
        return out if code else self.checkout.digest(self.output / "model.h5")

    def record(self):
        return json.loads((self.output / "run.json").read_text())


@pytest.fixture
def around(jobs, tmp_path):
    return Surroundings(jobs("lung"), tmp_path)


def test_nothing_is_loaded_by_variables_and_files(around, tmp_path):
    plain = around.train()
    home, load = tmp_path / "home", f"-dll_append {WITNESS}\n-tao_max_it 1\n"
    home.mkdir()
    (home / ".petscrc").write_text(load)
    (tmp_path / "openssl.cnf").write_text(OPENSSL % (WITNESS, WITNESS))
    shutil.copy(WITNESS, tmp_path / "witness.so")
    here = [around.checkout.path(name) for name in (".petscrc", "petscrc")]
    for path in here:
        path.write_text(load)
    variables = {"HOME": str(home), "PETSC_OPTIONS": load, "PETSC_OPTIONS_YAML": f"dll_append: {WITNESS}", "HDF5_PLUGIN_PATH": str(tmp_path),
                 "HDF5_PLUGIN_PRELOAD": str(WITNESS), "KOKKOS_PROFILE_LIBRARY": str(WITNESS), "KOKKOS_TOOLS_LIBS": str(WITNESS),
                 "OPENSSL_CONF": str(tmp_path / "openssl.cnf"), "OPENSSL_MODULES": str(tmp_path), "OPENSSL_ENGINES": str(tmp_path)}
    try:
        assert around.train(environment=variables) == plain
    finally:
        for path in here:
            path.unlink()
    assert not around.told.exists()
    assert around.record()["environmentCleared"] == sorted(set(variables) - {"HOME"})


def test_what_cannot_be_kept_out_is_told(around):
    """The dynamic linker acts before main: the record and the signed statements differ."""
    def libraries():
        statements = [json.loads(base64.b64decode(json.loads(line)["payload"])) for line in (around.output / "lineage.jsonl").open()]
        digests = {d["digest"]["sha256"] for s in statements for d in s["predicate"]["buildDefinition"]["resolvedDependencies"]
                   if d["name"] == "libraries"}
        assert len(digests) == 1
        return digests.pop()

    digest, before = around.train(), libraries()
    assert around.train() == digest and libraries() == before
    assert around.train(environment={"LD_PRELOAD": str(WITNESS)}) == digest
    assert libraries() != before
    told = around.told.read_text().splitlines()
    assert told.count("loaded 1") >= 1 and set(told) == {"loaded 1", "core 1"}  # it was there, and no core would have been written
    record = around.record()
    assert record["environment"]["LD_PRELOAD"] == str(WITNESS)
    sha256 = hashlib.sha256
    assert {"path": str(WITNESS), "sha256": sha256(WITNESS.read_bytes()).hexdigest()} in record["librariesLoaded"]
    lines = "".join(f"{entry.get('sha256') or entry['buildId']}  {entry['path']}\n" for entry in record["librariesLoaded"])
    assert sha256(lines.encode()).hexdigest() == libraries()
    assert record["ranksWithOtherLibraries"] == []


def test_ranks_with_other_libraries_are_told(around):
    words = [PROGRAM, "train", TRAIN, "--output", around.folder / "run"]
    subprocess.run(["mpirun", "-np", "1", *words, ":", "-np", "1", "-x", f"LD_PRELOAD={WITNESS}", *words], cwd=around.checkout.root, check=True,
                   env=dict(os.environ, OMP_NUM_THREADS="1"))
    around.output = around.folder / "run"
    assert around.record()["ranksWithOtherLibraries"] == [1]


def test_no_library_comes_from_the_working_folder(around, tmp_path):
    """An empty or relative folder in the program's search path would let it."""
    needed = re.findall(r"NEEDED.*\[(.*)\]", subprocess.run(["readelf", "-d", PROGRAM], check=True, text=True, capture_output=True).stdout)
    assert len(needed) > 5
    for name in needed:
        shutil.copy(WITNESS, tmp_path / name)
    subprocess.run([PROGRAM, "--version"], cwd=tmp_path, check=True, env=dict(os.environ, BAILIWICK_WITNESS=str(around.told)))
    assert not around.told.exists()


@pytest.mark.parametrize("options,word", [("-dll_append x.so", "-dll_append"), ("-tao_max_it 5 -dll_prepend x.so", "-dll_prepend"),
                                          ("-options_file x", "-options_file"), ("-log_view ascii:x", "-log_view"), ("-info x", "-info"),
                                          ("-tao_view ascii:x", "ascii:x"), ("-tao_view_solution binary", "binary"),
                                          ("-tao_ls_view draw", "draw"), ("-tao_draw_solution", "-tao_draw_solution"),
                                          ("-tao_type python", "-tao_type"), ("-tao_ls_type python", "python"),
                                          ("-tao_ls_type a/b", "a/b"), ("-TAO_MAX_IT 3", "-TAO_MAX_IT"), ("--dll_append x.so", "--dll_append")])
def test_options_that_do_more_than_steer_the_solver(around, options, word):
    out = around.train("--petsc", options, code=CONFIG)
    assert f'train.petsc_options: "{word}" ' in out
    assert not around.output.exists()  # said before any row was read, or a run counted
    assert not list(around.checkout.root.glob("x*"))


def test_a_filter_never_sees_rows(around, tmp_path):
    h5py = referee("h5py")
    from h5py_partition import write
    path = tmp_path / "clinic.h5"
    write(path)
    with h5py.File(path, "r+") as f:
        rows = f["features"][:]
        del f["features"]
        f.create_dataset("features", data=rows, compression="lzf")
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    shutil.copy(WITNESS, plugins / "libwitness.so")
    out = around.checkout.run("policy", "sign", path, "--owner", "clinic", "--key", "out/lung/keys/north.pem", code=DATA,
                              environment={"HDF5_PLUGIN_PATH": str(plugins), "BAILIWICK_WITNESS": str(around.told)})
    assert "/features: needs the HDF5 filter 32000, which is not one of HDF5's own" in out
    assert not around.told.exists()
