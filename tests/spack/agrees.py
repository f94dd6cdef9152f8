#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Compares the recipe and spack.yaml with what CMake looks for: agrees.py ROOT [--self-test]. Needs no Spack."""
import ast
import pathlib
import re
import sys

RECIPE = "spack_repo/bailiwick/packages/bailiwick/package.py"
FILES = ["CMakeLists.txt", "cmake/BailiwickDependencies.cmake", "cmake/BailiwickTests.cmake", RECIPE, "spack.yaml"]
# What CMake calls otherwise than Spack; None comes with the system.
SPACK_NAMES = {"MPI": "mpi", "HDF5": "hdf5", "PETSc": "petsc", "OpenSSL": "openssl", "ZLIB": "zlib-api", "BZip2": "bzip2", "LibLZMA": "xz", "Arrow": "arrow", "Parquet": "arrow", "libzstd": "zstd",
               "nlohmann_json": "nlohmann-json", "Boost": "boost", "Kokkos": "kokkos", "Catch2": "catch2",
               "PkgConfig": "pkgconfig", "Threads": None}
# What the build runs rather than finds.
TOOLS = {"c", "cxx", "cmake", "ninja", "git", "python"}


def from_cmake(texts):
    """Spack's names of what CMake looks for, and the least versions."""
    wanted = {}
    for text in texts:
        for name, version in re.findall(r"^\s*find_package\((\S+?)(?: ([\d.]+))?[ )]", text, re.M):
            wanted[SPACK_NAMES.get(name, name)] = version
        for name, version in re.findall(r"pkg_check_modules\(.* (\S+)>=([\d.]+)\)", text):
            wanted[SPACK_NAMES.get(name, name)] = version
        for version in re.findall(r"cmake_minimum_required\(VERSION ([\d.]+)\)", text):
            wanted["cmake"] = version
    wanted.pop(None, None)
    return wanted


def from_recipe(text):
    """The recipe's dependencies with their least versions, its variants and its base classes."""
    depends, variants, bases = {}, set(), set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            bases |= {base.id for base in node.bases}
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        argument = node.args[0]
        if node.func.id == "variant":
            variants.add(argument.value)
        elif node.func.id == "depends_on" and isinstance(argument, ast.Constant):
            name, version = re.match(r"([\w-]+)(?:@([\d.]+):)?", argument.value).groups()
            depends[name] = depends.get(name) or version or ""
    return depends, variants, bases


def number(version):
    return tuple(int(part) for part in version.split(".")) if version else ()


def same(a, b):
    """3 and 3.0 are the same least version."""
    a, b = number(a), number(b)
    size = max(len(a), len(b))
    return a + (0,) * (size - len(a)) == b + (0,) * (size - len(b))


def problems(texts):
    wanted = from_cmake([texts[file] for file in FILES[:3]])
    depends, variants, bases = from_recipe(texts[RECIPE])
    for name, version in wanted.items():
        if name not in depends:
            yield f"CMake looks for {name}, and the recipe does not depend on it"
        elif not same(version, depends[name]) and name != "catch2":  # find_package takes both of its kinds
            yield f"{name}: CMake wants {version or 'any'}, the recipe {depends[name] or 'any'}"
    for name in depends.keys() - wanted.keys() - TOOLS:
        yield f"the recipe depends on {name}, and CMake does not look for it"
    for name in {"arrow", "openmp", "tests"} - variants:
        yield f"the recipe has no variant {name}"
    for name in {"CMakePackage", "CudaPackage", "ROCmPackage"} - bases:  # these bring the variants cuda and rocm
        yield f"the recipe's class is no {name}"
    environment = texts["spack.yaml"]
    for line in ("    - bailiwick@main ", "    bailiwick: spack_repo/bailiwick\n",
                 "    bailiwick: {spec: bailiwick@main, path: .}\n"):
        if line not in environment:
            yield f"spack.yaml lacks: {line.strip()}"
    for name in re.findall(r"\^([\w-]+)", environment):
        if name not in depends and name != "openmpi":
            yield f"spack.yaml names {name}, on which the recipe does not depend"


def self_test(texts):
    """Plants a fault of every kind, each of which must be found."""
    faults = [("cmake/BailiwickDependencies.cmake", "find_package(ZLIB REQUIRED)", "find_package(ZLIB 9 REQUIRED)"),
              ("cmake/BailiwickDependencies.cmake", "PETSc>=3.17", "PETSc>=3.18"),
              ("CMakeLists.txt", "VERSION 3.22", "VERSION 3.25"),
              (RECIPE, 'depends_on("fmt@9:")', ""),
              (RECIPE, 'depends_on("fmt@9:")', 'depends_on("fmt@9:")\n    depends_on("spdlog")'),
              (RECIPE, 'variant("openmp"', 'variant("threads"'),
              (RECIPE, "CudaPackage, ROCmPackage)", "CudaPackage)"),
              ("spack.yaml", "- bailiwick@main ", "- bailiwick@0.1 "),
              ("spack.yaml", "^petsc", "^slepc")]
    for file, old, new in faults:
        assert old in texts[file], f"{file}: no {old} to spoil"
        if not list(problems({**texts, file: texts[file].replace(old, new, 1)})):
            yield f"not found: {new or 'nothing'} for {old} in {file}"


if __name__ == "__main__":
    texts = {file: (pathlib.Path(sys.argv[1]) / file).read_text() for file in FILES}
    found = list((self_test if "--self-test" in sys.argv else problems)(texts))
    print("\n".join(found) or "all agree")
    sys.exit(bool(found))
