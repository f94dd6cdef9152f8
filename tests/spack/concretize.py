#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Has Spack concretize spack.yaml and the recipe's variants: concretize.py ROOT. Exit code 77: no Spack here.

All dependencies are externals, since to build them is not what is tested: those of scripts/spack-externals, and
for devices some that need not be there.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

KOKKOS = """  kokkos:
    buildable: false
    externals:
    - {spec: "kokkos@4.6.02+serial+pic", prefix: /opt/none/serial}
    - {spec: "kokkos@4.6.02+serial+openmp+pic", prefix: /opt/none/openmp}
    - {spec: "kokkos@4.6.02+serial+pic+cuda+cuda_lambda+wrapper cuda_arch=90", prefix: /opt/none/cuda}
    - {spec: "kokkos@4.6.02+serial+pic+rocm amdgpu_target=gfx90a", prefix: /opt/none/rocm}
  cuda: {buildable: false, externals: [{spec: "cuda@12.8.0", prefix: /opt/none}]}
  hip: {buildable: false, externals: [{spec: "hip@6.4.0+rocm", prefix: /opt/none}]}
  hsa-rocr-dev: {buildable: false, externals: [{spec: "hsa-rocr-dev@6.4.0", prefix: /opt/none}]}
  llvm-amdgpu: {buildable: false, externals: [{spec: "llvm-amdgpu@6.4.0", prefix: /opt/none}]}
"""
# A spec and what its Kokkos must have; or what its refusal must say.
CASES = [
    ("bailiwick+tests+openmp", "kokkos+openmp"),
    ("bailiwick+cuda cuda_arch=90", "kokkos+cuda+wrapper cuda_arch=90"),
    ("bailiwick+rocm amdgpu_target=gfx90a", "kokkos+rocm amdgpu_target=gfx90a"),
    ("bailiwick+cuda", "refused: name the device"),
]


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def main(root):
    spack = shutil.which("spack") or shutil.which(os.environ.get("SPACK_ROOT", "/nowhere") + "/bin/spack")
    if not spack:
        skip("there is no spack on PATH, nor in SPACK_ROOT")

    def run(*arguments):
        return subprocess.run([spack, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    canary = run("spec", "zlib-api")
    if canary.returncode != 0:
        skip(f"this Spack concretizes nothing:\n{canary.stdout[-2000:]}")
    externals = subprocess.run([root / "scripts/spack-externals", "/nowhere"], stdout=subprocess.PIPE, text=True)
    if externals.returncode != 0 or "petsc" not in externals.stdout:
        skip("the dependencies are not installed as Debian's packages")

    with tempfile.TemporaryDirectory(prefix="bailiwick-spack-") as folder:
        folder = pathlib.Path(folder)
        scope, environment = folder / "scope", folder / "environment"
        for path in (scope, environment):
            path.mkdir()
        (scope / "packages.yaml").write_text(externals.stdout + KOKKOS)
        (scope / "repos.yaml").write_text(f"repos:\n  bailiwick: {root}/spack_repo/bailiwick\n")
        # A copy, for Spack writes beside the file.
        shutil.copy(root / "spack.yaml", environment)
        (environment / "spack_repo").symlink_to(root / "spack_repo")

        failures = 0
        done = run("-C", str(scope), "-e", str(environment), "concretize")
        names = set()
        if done.returncode == 0:
            lock = json.loads((environment / "spack.lock").read_text())
            names = {node["name"] for node in lock["concrete_specs"].values()}
        if names >= {"bailiwick", "openmpi", "hdf5", "petsc", "kokkos"}:
            print("spack.yaml: concretized")
        else:
            print(f"spack.yaml: exit code {done.returncode}, packages {sorted(names)}\n{done.stdout}")
            failures += 1

        for spec, expected in CASES:
            done = run("-C", str(scope), "spec", spec)
            kokkos = next((line for line in done.stdout.splitlines() if "^kokkos@" in line), "")
            if expected.startswith("refused: "):
                good = done.returncode != 0 and expected[len("refused: "):] in done.stdout
            else:
                parts = expected.replace("kokkos", "").replace("+", " +").split()
                good = done.returncode == 0 and all(part in kokkos for part in parts)
            print(f"{spec}: {expected}" if good else f"{spec}: not {expected}:\n{done.stdout}")
            failures += not good
        return failures


if __name__ == "__main__":
    sys.exit(1 if main(pathlib.Path(sys.argv[1]).resolve()) else 0)
