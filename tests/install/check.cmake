# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
# Installs BUILD below WORK, moves it (a prefix must not be baked in), builds CONSUMER and each
# header alone against it, runs both.
file(REMOVE_RECURSE ${WORK})

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nexit code ${code}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/first)
file(RENAME ${WORK}/first ${WORK}/prefix)

run(${WORK}/prefix/bin/bailiwick --version)
if(NOT output MATCHES "^bailiwick ${VERSION} ")
  message(FATAL_ERROR "the installed program calls itself: ${output}")
endif()

# A copy of share/bailiwick is a place to work in, and the module file finds the prefix where it is now.
file(COPY ${WORK}/prefix/share/bailiwick DESTINATION ${WORK})
run(${CMAKE_COMMAND} -E env BAILIWICK=${WORK}/prefix/bin/bailiwick ${WORK}/bailiwick/scripts/prepare-job lung)
run(${WORK}/bailiwick/scripts/get-data lung)
# A solver that lies in a library beside the program.
run(${CMAKE_COMMAND} -E chdir ${WORK}/bailiwick ${WORK}/prefix/bin/bailiwick train configs/lung/logistic.yaml
  --set train.method=newton-krylov --output out/lung/petsc)
# An owner's policy names the other three as partners; the common one of all four names nobody.
run(${WORK}/prefix/bin/bailiwick policy show ${WORK}/bailiwick/out/lung/policies/north.policy.json)
if(NOT output MATCHES "\npartners:[^:]*,[^:]*,")
  message(FATAL_ERROR "the policy of north does not name three partners:\n${output}")
endif()
run(${WORK}/prefix/bin/bailiwick policy show ${WORK}/bailiwick/out/lung/policies/pooled.policy.json)
if(output MATCHES "\npartners:")
  message(FATAL_ERROR "the common policy names partners:\n${output}")
endif()
find_program(TCLSH tclsh)
if(TCLSH)
  file(WRITE ${WORK}/module.tcl "proc unknown args { puts $args }
set ModulesCurrentModulefile ${WORK}/prefix/share/modulefiles/bailiwick/${VERSION}
source $ModulesCurrentModulefile\n")
  run(${TCLSH} ${WORK}/module.tcl)
  if(NOT output MATCHES "prepend-path PATH ${WORK}/prefix/bin\n")
    message(FATAL_ERROR "the module file sets: ${output}")
  endif()
endif()

# What the page says is public is there.
file(GLOB page ${WORK}/prefix/share/doc/*/docs/library.md)
file(STRINGS "${page}" lines)
string(REGEX MATCHALL "[a-z0-9_/]+\\.hpp" headers "${lines}")
if(NOT headers)
  message(FATAL_ERROR "docs/library.md names no header")
endif()
foreach(header IN LISTS headers)
  if(NOT EXISTS ${WORK}/prefix/include/bailiwick/${header})
    message(FATAL_ERROR "docs/library.md names ${header}, which is not installed")
  endif()
endforeach()

run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${WORK}/build -G ${GENERATOR} -D CMAKE_PREFIX_PATH=${WORK}/prefix
  -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_BUILD_TYPE=${BUILD_TYPE} -D Kokkos_DIR=${KOKKOS} -D VERSION=${RELEASE}
  -D CMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER})
run(${CMAKE_COMMAND} --build ${WORK}/build)
file(MAKE_DIRECTORY ${WORK}/consumed)
run(${WORK}/build/consumer ${WORK}/consumed)
message("${output}")
