#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Holds the dependency rules of the house: check.py [ROOT]; check.py --self-test plants every violation."""
import pathlib
import re
import sys
import tempfile

# Which modules a module may include, besides itself. Everything may include core.
ARROWS = {
    "lib/core": [],
    "lib/crypto": [],
    "lib/domain": [],
    "lib/policy": ["lib/domain"],
    "lib/config": ["lib/policy", "lib/domain"],
    "lib/runtime": [],
    "kokkos_kernels": [],
    "lib/boundary": ["lib/runtime", "lib/policy", "lib/crypto", "kokkos_kernels"],
    "lib/model": ["lib/boundary", "kokkos_kernels"],
    "lib/optim": ["lib/model", "lib/boundary", "kokkos_kernels"],
    "lib/lineage": ["lib/crypto", "lib/domain"],
    "io": ["lib/policy", "lib/domain", "lib/crypto", "lib/runtime"],
    "lib/stages": ["lib/optim", "lib/model", "lib/boundary", "lib/lineage", "io", "lib/config", "lib/policy",
                   "lib/domain", "lib/crypto", "lib/runtime", "kokkos_kernels"],
    "apps": ["lib/stages", "lib/config", "lib/policy", "lib/domain", "lib/crypto", "lib/lineage", "lib/runtime", "io"],
}
# Of lib/boundary, those who may not communicate see only these.
AGGREGATE_ONLY = {"lib/model", "lib/optim"}
AGGREGATE_HEADERS = {"lib/boundary/aggregate.hpp", "lib/boundary/sums.hpp"}

# Text that may stand only in some places: (what, pattern, allowed path prefixes).
ONLY_IN = [
    ("mpi.h", r'#\s*include\s*[<"]mpi\.h', ["lib/runtime/", "io/", "benchmarks/"]),
    ("HDF5 headers", r'#\s*include\s*[<"]hdf5', ["io/", "benchmarks/"]),
    ("PETSc headers", r'#\s*include\s*[<"]petsc', ["lib/optim/", "lib/runtime/session.cpp"]),
    ("yaml-cpp headers", r'#\s*include\s*[<"]yaml-cpp', ["lib/config/"]),
    ("OpenSSL headers", r'#\s*include\s*[<"]openssl/', ["lib/crypto/"]),
    ("Kokkos headers", r"#\s*include\s*[<\"]Kokkos_", ["kokkos_kernels/", "lib/runtime/session.cpp"]),
    ("MPI_COMM_WORLD", r"\bMPI_COMM_WORLD\b", ["apps/", "lib/runtime/session.", "lib/runtime/egress_", "benchmarks/"]),
    ("MPI by its profiling names", r"\bPMPI_", ["lib/runtime/egress_", "benchmarks/egress_meter.cpp"]),
    ("exit or abort", r"\b(std::(_Exit|exit|quick_exit|abort)|::abort|_Exit|_exit)\s*\(|(?<![\w.>:])(exit|abort)\s*\(",
     ["apps/", "lib/runtime/session.", "lib/runtime/egress_meter.", "lib/runtime/stop_signal.", "lib/runtime/watchdog."]),
    ("KOKKOS_VERSION", r"\bKOKKOS_VERSION\b", ["kokkos_kernels/kokkos_compat.hpp", "lib/runtime/session.cpp"]),
    ("the communicators of the decomposition", r"\b(domain_comms_|leaders_)\b", ["lib/boundary/"]),
    ("parallel_reduce", r"\bparallel_reduce\b", []),
    ("float atomics", r"\batomic_(add|fetch_add)\s*<\s*(float|double)", []),
    ("vendor BLAS", r"#\s*include\s*[<\"](cblas|mkl|openblas|cublas)", ["benchmarks/"]),
]
# A statement that is nothing but a call into HDF5, MPI or PETSc: nobody looks at whether it failed.
UNLOOKED = r"[;{})]\s*((?:H5[A-Z]{1,2}[a-z]|MPI_[A-Z]|(?:Vec|Mat|Tao|KSP|Petsc)[A-Z])\w*)\s*\("
# Allowed where nobody could be told (destructors, the end), or where the call cannot fail.
MAY_BE_UNLOOKED = {"MPI_Abort", "MPI_Comm_free", "MPI_Error_string", "MPI_Finalize", "MPI_Finalized", "MPI_Get_library_version",
                   "MPI_Test", "MPI_Win_free", "MPI_Win_unlock_all", "H5Eset_auto2", "H5Ewalk2", "PetscFinalize",
                   "PetscOptionsPop", "PetscPopErrorHandler", "PetscPopSignalHandler", "PetscPushErrorHandler",
                   "VecRestoreArrayRead"}
# The meter stands in MPI's place and hands every result on.
HANDS_ON = "lib/runtime/egress_"
# Flags that break the rules of exactness, in build files.
FORBIDDEN_FLAGS = r"-ffast-math|-Ofast|-funsafe-math|-fassociative-math|-use_fast_math"


def module_of(path):
    for module in sorted(ARROWS, key=len, reverse=True):
        if path == module or path.startswith(module + "/"):
            return module
    return None


def strip_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)


def violations(root):
    found = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name.startswith(("build/", "out/", ".git/", "tests/")) or not path.is_file():
            continue
        if path.name == "CMakeLists.txt" or path.suffix in (".cmake", ".json") and "configs" not in name:
            if re.search(FORBIDDEN_FLAGS, path.read_text(errors="replace")):
                found.append(f"{name}: a flag that reorders floating-point arithmetic")
            continue
        if path.suffix not in (".cpp", ".hpp", ".in"):
            continue
        text = strip_comments(path.read_text(errors="replace"))
        module = module_of(name)
        for what, pattern, allowed in ONLY_IN:
            if re.search(pattern, text) and not any(name.startswith(prefix) for prefix in allowed):
                found.append(f"{name}: {what} may not appear here")
        if module is None:
            continue
        for call in re.findall(UNLOOKED, text):
            if call not in MAY_BE_UNLOOKED and not name.startswith(HANDS_ON):
                found.append(f"{name}: nobody looks at the result of {call}: wrap it in check()")
        for target in re.findall(r'#\s*include\s*"([^"]+)"', text):
            other = module_of(target)
            if other is None:
                found.append(f'{name}: includes "{target}": write the path from the top')
            elif other not in (module, "lib/core") and other not in ARROWS[module]:
                found.append(f"{name}: {module} may not depend on {other} ({target})")
            elif other == "lib/boundary" and module in AGGREGATE_ONLY and target not in AGGREGATE_HEADERS:
                found.append(f"{name}: {module} may see aggregates and sums, not {target}")
            elif other == "kokkos_kernels" and module == "lib/boundary" and target not in (
                    "kokkos_kernels/fixed_point.hpp", "kokkos_kernels/quantise.hpp"):
                found.append(f"{name}: the boundary needs the fixed point, not {target}")
        first = (root / name).read_text(errors="replace").splitlines()[:2]
        if len(first) < 2 or "SPDX-FileCopyrightText" not in first[0] or "SPDX-License-Identifier" not in first[1]:
            found.append(f"{name}: the two SPDX lines are missing")
    return found


def self_test():
    spdx = "// SPDX-FileCopyrightText: x\n// SPDX-License-Identifier: Apache-2.0\n"
    planted = {
        "lib/policy/a.cpp": "#include <mpi.h>\n", "lib/model/b.cpp": "#include <hdf5.h>\n",
        "lib/stages/c.cpp": "#include <petsctao.h>\n", "io/d.cpp": "#include <yaml-cpp/yaml.h>\n",
        "lib/lineage/e.cpp": "#include <openssl/evp.h>\n", "lib/boundary/f.cpp": "#include <Kokkos_Core.hpp>\n",
        "lib/stages/g.cpp": "auto c = MPI_COMM_WORLD;\n", "lib/core/h.cpp": "void f() { std::exit(1); }\n",
        "kokkos_kernels/i.cpp": "#if KOKKOS_VERSION > 1\n#endif\n", "lib/stages/j.cpp": "auto& c = x.leaders_;\n",
        "kokkos_kernels/k.hpp": "Kokkos::parallel_reduce(1);\n", "lib/core/l.cpp": '#include "lib/domain/site.hpp"\n',
        "lib/domain/m.cpp": '#include "lib/policy/gate.hpp"\n', "lib/model/n.cpp": '#include "lib/boundary/boundary.hpp"\n',
        "lib/optim/o.cpp": '#include "io/h5.hpp"\n', "apps/p.cpp": '#include "options.hpp"\n',
        "lib/stages/CMakeLists.txt": "add_compile_options(-ffast-math)\n",
        "lib/boundary/q.cpp": '#include "kokkos_kernels/glm.hpp"\n',
        "io/r.cpp": "void f() { H5Fflush(1, 2); }\n", "lib/runtime/s.cpp": "void f() { if (x) MPI_Barrier(comm); }\n",
        "lib/optim/t.cpp": "void f() {\n  // why\n  TaoSolve(tao);\n}\n",
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in planted.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(("" if name.endswith(".txt") else spdx) + text)
        (root / "apps/bare.cpp").write_text("int x;\n")
        found = violations(root)
        missed = [name for name in [*planted, "apps/bare.cpp"] if not any(f.startswith(name + ":") for f in found)]
    if missed:
        sys.exit("planted and not found: " + ", ".join(missed))
    print(f"all {len(planted) + 1} planted violations found")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = violations(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print("\n".join(found) or "layering holds")
    sys.exit(1 if found else 0)


main()
