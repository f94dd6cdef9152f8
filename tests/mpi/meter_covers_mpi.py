#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Every function of MPI is metered, refused or known to tell other ranks nothing, as mpi_calls.txt says.

meter_covers_mpi.py PROGRAM RUNTIME_ARCHIVE C_COMPILER [INCLUDE_FOLDER...]
"""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
NAME = r"\bMPIX?_[A-Z]\w*[a-z]\w*"


def output(*command, text=None):
    return subprocess.run(command, input=text, text=True, capture_output=True, check=True).stdout


def table():
    for line in (HERE / "mpi_calls.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern, verdict, reason = line.split(" | ")  # a "|" within a pattern has no spaces
            assert verdict in ("metered", "refused", "harmless") and reason, line
            yield re.compile(pattern), verdict


def declared_here(compiler, folders):
    """C functions of the MPI at hand; Open MPI has its extensions in a header of their own."""
    text = "#include <mpi.h>\n#if __has_include(<mpi-ext.h>)\n#include <mpi-ext.h>\n#endif\n"
    header = output(compiler, "-E", *(f"-I{folder}" for folder in folders), "-x", "c", "-", text=text)
    return set(re.findall(NAME + r"(?=\s*\()", header))


def symbols(file, *options):
    """(object, kind, name) of each."""
    for line in output("nm", "-A", *options, file).splitlines():
        found = re.match(r"(\S+?):(?:[0-9a-f]+)?\s+(\w) (\w+)", line)
        if found:
            yield found.groups()


def main():
    program, archive, compiler, *folders = sys.argv[1:]
    rows = list(table())
    mpich = {line for line in (HERE / "mpich_4_functions.txt").read_text().splitlines() if line.startswith("MPI")}
    here = declared_here(compiler, folders)
    wrong = []
    if len(here) < 300 or len(mpich) < 600:
        wrong.append(f"{len(here)} functions in mpi.h, {len(mpich)} of MPICH: too few; the patterns of this test are out of date")

    exported = {name for _, kind, name in symbols(program, "-D", "--defined-only") if kind == "T"}
    in_front = {name for name in exported if name.startswith("MPI")}
    refused = {name for where, kind, name in symbols(archive, "--defined-only") if "refused.cpp" in where and name.startswith("MPI")}
    truth = {name: "refused" if name in refused else "metered" for name in in_front}
    used = set()

    def verdict_of(name):
        for number, (pattern, verdict) in enumerate(rows):
            if pattern.fullmatch(name):
                used.add(number)
                return verdict
        return None

    for name in sorted(here | mpich):
        verdict = verdict_of(name)
        if verdict is None:
            wrong.append(f"{name}: not in tests/mpi/mpi_calls.txt")
        elif verdict != truth.get(name, "harmless"):
            wrong.append(f"{name}: {verdict} in tests/mpi/mpi_calls.txt, but {truth.get(name, 'not in front of MPI')} in the program")
    for name in sorted(in_front):
        if name not in here | mpich:
            wrong.append(f"{name}: in front of MPI, but in no header")
        if "P" + name not in exported:
            wrong.append(f"{name}: in front of MPI, but not under its profiling name")

    # Fortran's functions end in a call of C's profiling name, which the program has in front.
    bindings = re.search(r"(/\S*libmpi_mpifh\S*)", output("ldd", program))
    if bindings:
        entries = list(symbols(bindings[1], "-D"))
        calls = {name for _, kind, name in entries if kind == "U"}
        by_lower_case = {name.lower(): name for name in here | mpich}
        fortran = {found[1] for _, kind, name in entries if kind in "TW" and (found := re.fullmatch(r"(mpix?_\w*[^_])_", name))}
        if len(fortran) < 300:
            wrong.append(f"{len(fortran)} functions in {bindings[1]}: too few; the patterns of this test are out of date")
        for name in sorted(fortran):
            c_name = by_lower_case.get(name.removesuffix("_cptr"))
            if c_name is None and verdict_of(name) is None:
                wrong.append(f"{name}: of Fortran alone, and not in tests/mpi/mpi_calls.txt")
            elif c_name in truth and "P" + c_name not in calls:
                wrong.append(f"{name}: of Fortran, and does not call P{c_name}")
    wrong += [f"{rows[i][0].pattern}: in tests/mpi/mpi_calls.txt, but matches no function"
              for i in range(len(rows)) if i not in used and (bindings or not rows[i][0].pattern.startswith("mpi_"))]
    print("\n".join(wrong) or f"{len(here | mpich)} functions of MPI, {len(in_front)} of them in front of it")
    sys.exit(1 if wrong else 0)


main()
