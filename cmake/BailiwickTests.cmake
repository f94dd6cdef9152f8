# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
find_package(Catch2 REQUIRED)

# MPI as root on few cores needs these in the tests' environment, never in the user's. The first three save what thousands of
# starts on one machine need not wait for: networks to be looked for (0.2 s), ranks that have ended already (1 to 2 s after each
# exit code but 0), and a map of the machine's other devices (0.08 s of processor time on four ranks).
set(BAILIWICK_TEST_ENVIRONMENT
  OMPI_MCA_pml=ob1 OMPI_MCA_odls_base_sigkill_timeout=0 HWLOC_COMPONENTS=-gl,-opencl,-pci,-linuxio
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
  PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
  OMP_NUM_THREADS=1 OMP_PROC_BIND=false
  BAILIWICK=${CMAKE_BINARY_DIR}/bin/bailiwick
  BAILIWICK_SOURCE=${PROJECT_SOURCE_DIR}
  BAILIWICK_SHARED=${PROJECT_SOURCE_DIR}/../shared)

add_custom_target(unit_tests)

# What a test says itself is compiled in two thirds of the time so; what is tested keeps its flags, and so do the kernels, which
# their tests instantiate.
add_library(bailiwick_test_flags INTERFACE)
target_compile_options(bailiwick_test_flags INTERFACE $<$<CONFIG:Release>:-O1>)

# main() of all unit tests, and of all tests under mpirun: Catch2 takes half a minute to compile.
add_library(bailiwick_serial_main OBJECT ${PROJECT_SOURCE_DIR}/tests/support/serial_main.cpp)
target_link_libraries(bailiwick_serial_main PUBLIC Kokkos::kokkos Catch2::Catch2 bailiwick_warnings PRIVATE bailiwick_test_flags)
target_include_directories(bailiwick_serial_main PUBLIC ${PROJECT_SOURCE_DIR})
add_library(bailiwick_mpi_main OBJECT ${PROJECT_SOURCE_DIR}/tests/support/mpi_main.cpp)
target_link_libraries(bailiwick_mpi_main PUBLIC Bailiwick::runtime Catch2::Catch2 bailiwick_warnings PRIVATE bailiwick_test_flags)
target_include_directories(bailiwick_mpi_main PUBLIC ${PROJECT_SOURCE_DIR})

# bailiwick_unit_test(NAME SOURCES ... LIBS ...): one Catch2 program, no MPI.
function(bailiwick_unit_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(test_${name} ${arg_SOURCES})
  target_link_libraries(test_${name} PRIVATE ${arg_LIBS} bailiwick_serial_main)
  if(NOT Bailiwick::kernels IN_LIST arg_LIBS)
    target_link_libraries(test_${name} PRIVATE bailiwick_test_flags)
  endif()
  add_dependencies(unit_tests test_${name})
  add_test(NAME unit.${name} COMMAND test_${name})
  set_tests_properties(unit.${name} PROPERTIES LABELS "unit;quick" TIMEOUT 900
    ENVIRONMENT "${BAILIWICK_TEST_ENVIRONMENT}")
endfunction()

# bailiwick_mpi_test(NAME NP 1 2 4 SOURCES ... LIBS ...): one Catch2 program, a test for each rank count.
function(bailiwick_mpi_test name)
  cmake_parse_arguments(arg "" "" "NP;SOURCES;LIBS" ${ARGN})
  add_executable(test_mpi_${name} ${arg_SOURCES})
  target_link_libraries(test_mpi_${name} PRIVATE ${arg_LIBS} bailiwick_mpi_main bailiwick_test_flags)
  foreach(np IN LISTS arg_NP)
    add_test(NAME mpi.${name}.np=${np}
      COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${np} $<TARGET_FILE:test_mpi_${name}>)
    set_tests_properties(mpi.${name}.np=${np} PROPERTIES LABELS mpi TIMEOUT 300 PROCESSORS 2
      ENVIRONMENT "${BAILIWICK_TEST_ENVIRONMENT}")
  endforeach()
endfunction()
