# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(MPI 3.1 REQUIRED COMPONENTS C)
# mpi.h must not drag in the C++ bindings that MPI-3 removed.
target_compile_definitions(MPI::MPI_C INTERFACE OMPI_SKIP_MPICXX=1 MPICH_SKIP_MPICXX=1)
set(HDF5_PREFER_PARALLEL ON)
find_package(HDF5 1.10.7 REQUIRED COMPONENTS C)
if(NOT HDF5_IS_PARALLEL)
  message(FATAL_ERROR "Bailiwick needs parallel HDF5; Debian: libhdf5-openmpi-dev, Spack: hdf5+mpi")
endif()
add_library(bailiwick_hdf5 INTERFACE)
target_include_directories(bailiwick_hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE_DIRS})
target_link_libraries(bailiwick_hdf5 INTERFACE ${HDF5_LIBRARIES} MPI::MPI_C)

pkg_check_modules(PETSC REQUIRED IMPORTED_TARGET PETSc>=3.17)
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(BZip2 REQUIRED)
find_package(LibLZMA REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd>=1.4)
if(BAILIWICK_ARROW AND BAILIWICK_PYARROW)
  # Python's package has headers and libraries, and no description of them for CMake.
  foreach(library arrow parquet)
    file(GLOB found ${BAILIWICK_PYARROW}/lib${library}.so.*)
    if(NOT found)
      message(FATAL_ERROR "BAILIWICK_PYARROW: no lib${library}.so.* in ${BAILIWICK_PYARROW}")
    endif()
    if(library STREQUAL arrow)
      set(target Arrow::arrow_shared)
    else()
      set(target Parquet::parquet_shared)
    endif()
    add_library(${target} SHARED IMPORTED)
    set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${found}
      INTERFACE_INCLUDE_DIRECTORIES ${BAILIWICK_PYARROW}/include)
  endforeach()
elseif(BAILIWICK_ARROW)
  find_package(Arrow 24 REQUIRED CONFIG)
  find_package(Parquet 24 REQUIRED CONFIG)
endif()
find_package(yaml-cpp 0.7 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)

find_package(Kokkos 3.4 REQUIRED CONFIG)
# Debian's Kokkos 3.4.1 exports an include folder that does not exist.
if(Kokkos_VERSION VERSION_LESS 4.0 AND EXISTS "${Kokkos_INCLUDE_DIRS}/Kokkos_Core.hpp")
  set_target_properties(Kokkos::kokkos PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "")
  set_target_properties(Kokkos::kokkos PROPERTIES
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${Kokkos_INCLUDE_DIRS}"
    INTERFACE_INCLUDE_DIRECTORIES "${Kokkos_INCLUDE_DIRS}")
endif()
if(Kokkos_ENABLE_CUDA)
  # What nvcc compiles may fuse no more than what hosts do: bailiwick_exact_flags.
  target_compile_options(Kokkos::kokkos INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fmad=false>)
  # fmt 9 takes nvcc for one that has no constexpr, and then cannot check format strings.
  target_compile_definitions(fmt::fmt INTERFACE FMT_USE_CONSTEXPR=1)
endif()
message(STATUS "Kokkos ${Kokkos_VERSION}: ${Kokkos_DEVICES}")
