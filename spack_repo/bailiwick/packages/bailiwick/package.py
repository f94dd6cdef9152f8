# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Spack recipe, package API v2.1. docs/install.md says how to use it."""
from pathlib import Path

from spack_repo.builtin.build_systems.cmake import CMakePackage, generator
from spack_repo.builtin.build_systems.cuda import CudaPackage
from spack_repo.builtin.build_systems.rocm import ROCmPackage

from spack.package import *


class Bailiwick(CMakePackage, CudaPackage, ROCmPackage):
    """Trains models over MPI on data that must stay with its owners: only integer sums leave a
    domain, so that federated and pooled training give the same bits."""

    # The recipe builds the checkout in which it lies.
    git = Path(__file__).resolve().parents[4].as_uri()
    homepage = git

    license("Apache-2.0")

    version("main", branch="main")

    variant("openmp", default=False, description="Threads by Kokkos' OpenMP backend")
    variant("arrow", default=False, description="Ingest Parquet and Arrow files too")
    variant("tests", default=False, description="Build the unit and MPI tests")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.22:", type="build")
    depends_on("ninja", type="build")
    depends_on("git", type="build")
    depends_on("pkgconfig", type="build")

    depends_on("mpi@3.1:")
    depends_on("hdf5@1.10.7:1+mpi")
    depends_on("petsc@3.17:+mpi")
    depends_on("kokkos@3.4:+serial+pic")
    depends_on("yaml-cpp@0.7:")
    depends_on("boost@1.74:+program_options+math")
    depends_on("openssl@3:")
    depends_on("nlohmann-json@3.11:")
    depends_on("fmt@9:")
    depends_on("zlib-api")
    depends_on("bzip2")
    depends_on("xz")
    depends_on("zstd@1.4:")
    depends_on("arrow@24:+parquet", when="+arrow")
    with when("+tests"):
        depends_on("catch2@2.13:3")
        depends_on("python@3.8:", type="build")

    # Whatever Kokkos can compute on, Bailiwick can, and nothing else.
    depends_on("kokkos+openmp", when="+openmp")
    for _arch in CudaPackage.cuda_arch_values:
        depends_on(f"kokkos+cuda+wrapper cuda_arch={_arch}", when=f"+cuda cuda_arch={_arch}")
    for _target in ROCmPackage.amdgpu_targets:
        depends_on(f"kokkos+rocm amdgpu_target={_target}", when=f"+rocm amdgpu_target={_target}")
    requires("^kokkos+cuda_lambda", when="+cuda ^kokkos@:4")
    conflicts("+cuda", when="+rocm", msg="Kokkos has one kind of device in a build")
    conflicts("cuda_arch=none", when="+cuda", msg="name the device: cuda_arch=90 is an H100")
    conflicts("amdgpu_target=none", when="+rocm", msg="name the device: amdgpu_target=gfx90a")
    conflicts("%gcc@:10", msg="C++20 needs GCC 11")
    requires("target=x86_64_v3:", when="target=x86_64:", msg="exact sums need fma as one instruction")

    generator("ninja")

    def cmake_args(self):
        args = [self.define_from_variant("BAILIWICK_TESTS", "tests"), self.define_from_variant("BAILIWICK_ARROW", "arrow")]
        if self.spec.satisfies("+cuda"):
            args.append(self.define("CMAKE_CXX_COMPILER", self["kokkos"].kokkos_cxx))
        if self.spec.satisfies("+rocm"):
            args.append(self.define("CMAKE_CXX_COMPILER", self.spec["hip"].hipcc))
        return args

    def test_version(self):
        """the program starts and names what it was built with"""
        out = Executable(self.prefix.bin.bailiwick)("--version", output=str.split, error=str.split)
        check_outputs(["Kokkos", "PETSc", "HDF5", "MPI"], out)

    def test_lung(self):
        """federated training on two ranks verifies, and has the bits of pooled training on one"""
        program = self.prefix.bin.bailiwick
        bailiwick = Executable(program)
        mpiexec = Executable(self.spec["mpi"].prefix.bin.mpiexec)
        # Spack hides the user's variables. Other MPIs than Open MPI do not mind: in a container even root may test.
        may = "ALLOW_RUN_AS_ROOT ALLOW_RUN_AS_ROOT_CONFIRM MCA_rmaps_base_oversubscribe".split()
        mpi_env = {f"OMPI_{name}": "1" for name in may}
        mpi_env["PRTE_MCA_rmaps_default_mapping_policy"] = ":oversubscribe"
        install_tree(self.prefix.share.bailiwick, "job")
        with working_dir("job"):
            Executable("scripts/prepare-job")("lung", extra_env={"BAILIWICK": program})
            mpiexec("-n", "2", program, "train", "configs/lung/train.yaml", extra_env=mpi_env)
            bailiwick("train", "configs/lung/pooled.yaml")
            bailiwick("verify", "out/lung/run", "--key", "out/lung/keys/operator.pub.pem", "--quiet")
            digests = {
                bailiwick("digest", f"out/lung/{run}/model.h5", output=str).split()[0]
                for run in ("run", "pooled")
            }
        assert len(digests) == 1, f"federated and pooled training differ: {digests}"
