#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Holds the dependency rules of the house: check.py [ROOT]; check.py --self-test plants every violation."""
import pathlib
import re
import sys
import tempfile

# The rooms of the house, from the bottom up, and which others each may look into. All may include lib/core.
KERNELS = ["kokkos_kernels/glm", "kokkos_kernels/gemm", "kokkos_kernels/network", "kokkos_kernels/math", "kokkos_kernels/sums",
           "kokkos_kernels"]
ADMITTED = ["lib/privacy", "lib/run", "io/partition", "io/checkpoint", "lib/lineage", "lib/boundary", "lib/owner", "lib/policy", "lib/config", "lib/domain",
            "lib/crypto", "lib/runtime", "lib/egress"]
ROOMS = {
    "lib/core": [],
    "lib/crypto": [],
    "lib/domain": [],
    "lib/config": ["lib/domain"],
    "lib/egress": [],
    "lib/runtime": ["lib/egress"],
    "kokkos_kernels": [],
    "kokkos_kernels/math": ["kokkos_kernels"],
    "kokkos_kernels/sums": ["kokkos_kernels"],
    "kokkos_kernels/glm": ["kokkos_kernels/math", "kokkos_kernels/sums", "kokkos_kernels"],
    "kokkos_kernels/gemm": ["kokkos_kernels/sums", "kokkos_kernels"],
    "kokkos_kernels/network": ["kokkos_kernels/gemm", "kokkos_kernels/math", "kokkos_kernels/sums", "kokkos_kernels"],
    "lib/privacy": ["lib/crypto", "kokkos_kernels/math"],
    "lib/policy": ["lib/config", "lib/domain", "lib/privacy", "kokkos_kernels/glm"],
    "lib/owner": ["lib/policy", "lib/privacy", "lib/crypto"],
    "io/bytes": ["lib/crypto"],
    "io/csv": ["io/bytes"],
    "io/arrow": ["io/csv", "lib/crypto"],
    "io/h5": ["lib/crypto"],
    "io/partition": ["io/h5", "lib/policy", "lib/domain", "lib/crypto"],
    "io/prediction": ["io/h5"],
    "io/checkpoint": ["io/h5", "lib/runtime", "lib/egress"],
    "lib/boundary": ["kokkos_kernels/sums", "lib/policy", "lib/privacy", "lib/crypto", "lib/runtime", "lib/egress"],
    "lib/model": ["lib/boundary", *KERNELS],
    "lib/optim": ["lib/model", "lib/boundary", *KERNELS],
    "lib/lineage": ["lib/crypto"],
    "lib/ingest": ["io/arrow", "io/bytes", "io/csv", "io/partition", "lib/lineage", "lib/config", "lib/domain", "lib/crypto"],
    "lib/draft": ["lib/ingest", "io/arrow", "io/bytes", "io/csv", "lib/config", "lib/domain", "lib/crypto"],
    "lib/run": ["io/csv", "lib/model", "lib/optim", "kokkos_kernels/glm", "kokkos_kernels/network", *[room for room in ADMITTED if room != "lib/run"]],
    "lib/data": ["lib/run", "lib/model", "lib/boundary", "io/partition", "lib/domain", "lib/crypto", "lib/runtime", "kokkos_kernels/sums", "kokkos_kernels/math"],
    "lib/record": ["lib/optim", *ADMITTED],
    "lib/kinds": ["lib/data", "lib/optim", "lib/model", "lib/run", "lib/boundary", "io/checkpoint", "lib/domain", "lib/egress", *KERNELS],
    "lib/private": ["lib/kinds", "lib/data", "lib/run", "lib/model", "lib/boundary", "lib/runtime", "lib/domain", "lib/privacy", "lib/crypto", "kokkos_kernels/glm", "kokkos_kernels/network", "kokkos_kernels/sums", "kokkos_kernels"],
    "lib/train": ["lib/private", "lib/kinds", "lib/record", "lib/data", "lib/optim", "lib/model", "kokkos_kernels/network", *ADMITTED],
    "lib/stages": ["io/csv", "io/prediction", "lib/train", "lib/private", "lib/kinds", "lib/optim", "lib/record", "lib/data", "lib/model", *ADMITTED, *KERNELS],
    "lib/verify": ["lib/stages", "lib/record", "lib/ingest", *ADMITTED],
    "lib/review": ["lib/verify", "lib/stages", "lib/record", "lib/lineage", "lib/crypto"],
    "lib/folder": ["lib/stages", "lib/kinds", "lib/record", *ADMITTED],
    "lib/disclosure": ["lib/run", "lib/policy", "lib/folder", "lib/verify", "lib/stages", "lib/kinds", "lib/record", "lib/lineage", "lib/crypto"],
    "lib/release": ["lib/disclosure", "lib/review", "lib/folder", "lib/verify", "lib/stages", "lib/kinds", "lib/record", *ADMITTED],
    "lib/model_registry": ["lib/release", "lib/review", "lib/folder", "lib/verify", "lib/stages", "lib/kinds", "lib/record", *ADMITTED],
    "lib/compare": ["lib/folder", "lib/stages", "lib/kinds", *ADMITTED],
    "lib/report": ["lib/compare", "lib/folder", "lib/verify", "lib/stages", "lib/kinds", "lib/record", "lib/model", "kokkos_kernels/math", *ADMITTED],
    "lib/reproduce": ["lib/verify", "lib/stages", "lib/record", *ADMITTED],
    "lib/line": ["lib/stages", "lib/record", "lib/ingest", "io/checkpoint", *ADMITTED],
    "lib/batch": ["lib/run", "lib/boundary", "lib/config", "lib/domain"],
    "lib/trace": ["lib/stages", "io/h5", "io/prediction", *ADMITTED],
    "lib/export": ["lib/trace", "lib/stages", "lib/record", *ADMITTED],
    "lib/onnx": ["lib/export", "lib/trace", "lib/verify", "lib/stages", "lib/kinds", "lib/record", "lib/data", "kokkos_kernels/math", "kokkos_kernels/glm", "kokkos_kernels/network", *ADMITTED],
    "lib/forget": ["lib/review", "lib/trace", "lib/verify", "lib/record", *ADMITTED],
    "apps": ["lib/line", "lib/onnx", "lib/model_registry", "lib/release", "lib/disclosure", "lib/compare", "lib/forget", "lib/review", "lib/report", "lib/reproduce", "lib/verify", "lib/export", "lib/trace", "lib/stages", "lib/draft", "lib/ingest", "lib/batch", "lib/train", "lib/kinds", "lib/record", "lib/data", "io/h5", "io/prediction", *ADMITTED],
    "apps/owner": ["apps", "lib/stages", "lib/draft", "lib/ingest", "lib/kinds", "lib/data", "io/h5", *ADMITTED],
}
# Of lib/boundary, those who may not communicate see only these.
AGGREGATE_ONLY = {"lib/model", "lib/optim", "lib/kinds"}
AGGREGATE_HEADERS = {"lib/boundary/aggregate.hpp", "lib/boundary/sums.hpp"}
# A folder that grows beyond this wants another, a file another file.
MOST_LINES = {"folder": 3000, "file": 500}

# Text that may stand only in some places: (what, pattern, allowed path prefixes).
ONLY_IN = [
    ("mpi.h", r'#\s*include\s*[<"]mpi\.h', ["lib/runtime/", "lib/egress/", "io/", "benchmarks/"]),
    ("HDF5 headers", r'#\s*include\s*[<"]hdf5', ["io/", "benchmarks/"]),
    ("PETSc headers", r'#\s*include\s*[<"]petsc', ["lib/optim/petsc/"]),
    ("yaml-cpp headers", r'#\s*include\s*[<"]yaml-cpp', ["lib/config/"]),
    ("OpenSSL headers", r'#\s*include\s*[<"]openssl/', ["lib/crypto/"]),
    ("headers of packers", r'#\s*include\s*[<"](bzlib|lzma|zstd)\.h', ["io/bytes/"]),
    ("Arrow headers", r'#\s*include\s*[<"](arrow|parquet)/', ["io/arrow/"]),
    ("Kokkos headers", r"#\s*include\s*[<\"]Kokkos_", ["kokkos_kernels/", "lib/runtime/session.cpp"]),
    ("MPI_COMM_WORLD", r"\bMPI_COMM_WORLD\b", ["apps/", "lib/runtime/session.", "lib/egress/", "benchmarks/"]),
    ("MPI by its profiling names", r"\bPMPI_", ["lib/egress/", "benchmarks/egress_meter.cpp"]),
    ("exit or abort", r"\b(std::(_Exit|exit|quick_exit|abort)|::abort|_Exit|_exit)\s*\(|(?<![\w.>:])(exit|abort)\s*\(",
     ["apps/", "lib/runtime/session.", "lib/egress/meter.", "lib/runtime/stop_signal.", "lib/runtime/watchdog."]),
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
HANDS_ON = "lib/egress/"
# Flags that break the rules of exactness, in build files.
FORBIDDEN_FLAGS = r"-ffast-math|-Ofast|-funsafe-math|-fassociative-math|-use_fast_math"


def room_of(path):
    for room in sorted(ROOMS, key=len, reverse=True):
        if path == room or path.startswith(room + "/"):
            return room
    return None


def strip_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)


def circles(includes):
    """Units (a header and its source) that need each other, by Tarjan's way: {unit: set of units} -> lists of units."""
    number, low, stack, found = {}, {}, [], []

    def visit(unit):
        number[unit] = low[unit] = len(number)
        stack.append(unit)
        for other in sorted(includes.get(unit, ())):
            if other not in number:
                visit(other)
            if other in stack:
                low[unit] = min(low[unit], low[other])
        if low[unit] == number[unit]:
            circle = stack[stack.index(unit):]
            del stack[stack.index(unit):]
            if len(circle) > 1:
                found.append(sorted(circle))

    for unit in sorted(includes):
        if unit not in number:
            visit(unit)
    return found


def unlinked(root, includes):
    """Libraries that use another which their CMakeLists.txt does not name, nor any that it names: the linker may meet them in the wrong order."""
    folder_of, named = {}, {}
    for path in sorted(root.glob("*/CMakeLists.txt")) + sorted(root.glob("lib/*/CMakeLists.txt")):
        folder = path.parent.relative_to(root).as_posix()
        for module in re.findall(r"bailiwick_module\(([^)]*)\)", path.read_text()):
            folder_of["Bailiwick::" + module.split()[0]] = folder
            named.setdefault(folder, set()).update(re.findall(r"Bailiwick::\w+", module))

    def library(unit):
        parts = unit.split("/")
        return next((folder for folder in ("/".join(parts[:2]), parts[0]) if folder in named), None)

    def reached(folder, seen):
        if folder not in seen:
            seen.add(folder)
            for target in named.get(folder, ()):
                reached(folder_of.get(target), seen)
        return seen

    reachable = {folder: reached(folder, set()) for folder in named}
    return [f"{unit}: needs {other}, which {library(unit)}/CMakeLists.txt does not reach" for unit in includes for other in sorted(includes[unit])
            if library(unit) and library(other) and library(other) not in reachable[library(unit)]]


def types_of(parameters):
    """Of a list of parameters, without their names and defaults."""
    depth, parts = 0, [""]
    for c in parameters:
        depth += (c in "<({") - (c in ">)}")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return tuple(re.sub(r"\s*\b\w+\s*$", "", part.split("=")[0].strip()) for part in parts)


def unnamed(text):
    """What a source defines in unnamed namespaces; of functions with their types, since these may be overloaded."""
    for body in re.findall(r"^namespace \{\n(.*?)^\}  // namespace\n", text, flags=re.S | re.M):
        for statement in re.findall(r"^(?!template|using)[A-Za-z][^;{=]*", strip_comments(body), flags=re.M):
            statement = " ".join(statement.split())
            if match := re.match(r"(?:struct|class|enum class) (\w+)", statement):
                yield match[1]
            elif match := re.match(r"[^()]*?([\w:]+)\((.*)\)", statement):
                if "::" not in match[1]:
                    yield (match[1], types_of(match[2]))
            elif match := re.search(r"(\w+)(?:\[\w*\])?$", statement):
                yield match[1]


def library(path):
    """Whose sources may be compiled together (unity builds)."""
    return "/".join(path.split("/")[:2 if path.startswith(("lib/", "io/")) else 1])


def violations(root):
    found = []
    names = {}
    includes, lines = {}, {}
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
        room = room_of(name)
        for what, pattern, allowed in ONLY_IN:
            if re.search(pattern, text) and not any(name.startswith(prefix) for prefix in allowed):
                found.append(f"{name}: {what} may not appear here")
        if room is None:
            if name.startswith("lib/") or name.startswith("io/"):
                found.append(f"{name}: stands in no room")
            continue
        length = len(path.read_text(errors="replace").splitlines())
        folder = name.rsplit("/", 1)[0]
        lines[folder] = lines.get(folder, 0) + length
        if length > MOST_LINES["file"]:
            found.append(f"{name}: {length} lines, more than {MOST_LINES['file']}")
        unit = name.rsplit(".", 1)[0]
        for said in set(unnamed(path.read_text(errors="replace"))) if name.endswith(".cpp") and "/tile_" not in name else ():  # tiles are compiled each for its processor
            other = names.setdefault((library(name), said), name)
            if other != name:
                found.append(f"{name}: {said if isinstance(said, str) else said[0]} is said in {other} too: once in a library")
        for target in re.findall(r'#\s*include\s*"([^"]+)"', text):
            if target.rsplit(".", 1)[0] != unit:
                includes.setdefault(unit, set()).add(target.rsplit(".", 1)[0])
        for call in re.findall(UNLOOKED, text):
            if call not in MAY_BE_UNLOOKED and not name.startswith(HANDS_ON):
                found.append(f"{name}: nobody looks at the result of {call}: wrap it in check()")
        for target in re.findall(r'#\s*include\s*"([^"]+)"', text):
            other = room_of(target)
            if other is None:
                found.append(f'{name}: includes "{target}": write the path from the top')
            elif other not in (room, "lib/core") and other not in ROOMS[room]:
                found.append(f"{name}: {room} may not depend on {other} ({target})")
            elif other == "lib/boundary" and room in AGGREGATE_ONLY and target not in AGGREGATE_HEADERS:
                found.append(f"{name}: {room} may see aggregates and sums, not {target}")
            elif other == "kokkos_kernels/sums" and room == "lib/boundary" and target not in (
                    "kokkos_kernels/sums/fixed_point.hpp", "kokkos_kernels/sums/quantise.hpp"):
                found.append(f"{name}: the boundary needs the fixed point, not {target}")
        first = (root / name).read_text(errors="replace").splitlines()[:2]
        if len(first) < 2 or "SPDX-FileCopyrightText" not in first[0] or "SPDX-License-Identifier" not in first[1]:
            found.append(f"{name}: the two SPDX lines are missing")
    found += unlinked(root, includes)
    for circle in circles(includes):
        found += [f"{unit}: in a circle of {', '.join(circle)}" for unit in circle]
    for folder, length in lines.items():
        if length > MOST_LINES["folder"]:
            found.append(f"{folder}: {length} lines, more than {MOST_LINES['folder']}")
    return found


def rules():
    """The table itself: every arrow points down."""
    rooms = list(ROOMS)
    return [f"{room} may look into {other}, which stands above it" for i, room in enumerate(rooms) for other in ROOMS[room]
            if rooms.index(other) >= i]


def self_test():
    spdx = "// SPDX-FileCopyrightText: x\n// SPDX-License-Identifier: Apache-2.0\n"
    planted = {
        "lib/policy/a.cpp": "#include <mpi.h>\n", "lib/model/b.cpp": "#include <hdf5.h>\n",
        "lib/stages/c.cpp": "#include <petsctao.h>\n", "io/d.cpp": "#include <yaml-cpp/yaml.h>\n",
        "lib/lineage/e.cpp": "#include <openssl/evp.h>\n", "lib/ingest/packed.cpp": "#include <lzma.h>\n", "io/csv/parquet.cpp": "#include <parquet/file_reader.h>\n", "lib/boundary/f.cpp": "#include <Kokkos_Core.hpp>\n",
        "lib/stages/g.cpp": "auto c = MPI_COMM_WORLD;\n", "lib/core/h.cpp": "void f() { std::exit(1); }\n",
        "kokkos_kernels/i.cpp": "#if KOKKOS_VERSION > 1\n#endif\n", "lib/stages/j.cpp": "auto& c = x.leaders_;\n",
        "kokkos_kernels/k.hpp": "Kokkos::parallel_reduce(1);\n", "lib/core/l.cpp": '#include "lib/domain/site.hpp"\n',
        "lib/domain/m.cpp": '#include "lib/policy/gate.hpp"\n', "lib/model/n.cpp": '#include "lib/boundary/boundary.hpp"\n',
        "lib/optim/o.cpp": '#include "io/h5/h5.hpp"\n', "apps/p.cpp": '#include "options.hpp"\n',
        "lib/stages/CMakeLists.txt": "add_compile_options(-ffast-math)\n",
        "lib/boundary/q.cpp": '#include "kokkos_kernels/glm/glm.hpp"\n',
        "io/r.cpp": "void f() { H5Fflush(1, 2); }\n", "lib/runtime/s.cpp": "void f() { if (x) MPI_Barrier(comm); }\n",
        "lib/optim/t.cpp": "void f() {\n  // why\n  TaoSolve(tao);\n}\n",
        "lib/attic/u.cpp": "int x;\n", "lib/optim/v.cpp": "int x;\n" * 500,
        "lib/crypto/one.cpp": "namespace {\nint twice(int a) {\n  return a;\n}\n}  // namespace\n", "lib/crypto/two.cpp": "namespace {\nint twice(int b) {\n  return b;\n}\n}  // namespace\n",
        "lib/config/y.cpp": '#include "lib/domain/site.hpp"\n', "lib/data/w.cpp": '#include "lib/data/x.hpp"\n', "lib/data/x.hpp": '#include "lib/data/w.hpp"\n',
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in planted.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(("" if name.endswith(".txt") else spdx) + text)
        (root / "apps/bare.cpp").write_text("int x;\n")
        for name in ("lib/config", "lib/domain"):
            (root / name).mkdir(parents=True, exist_ok=True)
            (root / name / "CMakeLists.txt").write_text(f"bailiwick_module({pathlib.Path(name).name} DEPENDS Bailiwick::core)\n")
        for i in range(7):
            (root / f"lib/policy/large_{i}.cpp").write_text(spdx + "int x;\n" * 490)
        found = violations(root)
        missed = [name for name in [*(name for name in planted if name != "lib/crypto/one.cpp"), "apps/bare.cpp", "lib/policy"] if not any(f.startswith((name + ":", name.rsplit(".", 1)[0] + ": in a circle", name.rsplit(".", 1)[0] + ": needs")) for f in found)]
    if missed:
        sys.exit("planted and not found: " + ", ".join(missed))
    print(f"all {len(planted) + 1} planted violations found")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = rules() + violations(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print("\n".join(found) or "layering holds")
    sys.exit(1 if found else 0)


main()
