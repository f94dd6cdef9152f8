# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
# Language level, floating-point rules and warnings, as interface targets rather than global flags.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# On clusters libraries lie where no loader looks: the installed program remembers where they were.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
# The same for the program in the build folder: CMake would leave room for the other path with colons, and after a
# colon at the end the loader takes libraries from whatever folder the program is started in.
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # It may be there and not work: service accounts have no home to cache in.
  file(WRITE ${CMAKE_BINARY_DIR}/ccache.cpp "")
  execute_process(COMMAND ${CCACHE} ${CMAKE_CXX_COMPILER} -c ccache.cpp -o ccache.o
    WORKING_DIRECTORY ${CMAKE_BINARY_DIR} RESULT_VARIABLE ccache_result OUTPUT_QUIET ERROR_QUIET)
  if(ccache_result EQUAL 0)
    # Paths are cached relative to the sources, so that a second checkout finds what the first one compiled.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  endif()
endif()

# Exact code may fuse a multiply-add only where it says fma(), and fma() must be one instruction.
add_library(bailiwick_exact_flags INTERFACE)
target_compile_options(bailiwick_exact_flags INTERFACE
  $<$<COMPILE_LANG_AND_ID:CXX,GNU,Clang>:-ffp-contract=off -fno-fast-math -fno-math-errno>)
set(cpu ${BAILIWICK_CPU})
if(NOT cpu AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(cpu x86-64-v3)
endif()
if(cpu)
  target_compile_options(bailiwick_exact_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-march=${cpu}>)
endif()

add_library(bailiwick_warnings INTERFACE)
target_compile_options(bailiwick_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${BAILIWICK_WERROR}>>:-Werror>)

if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 warns of std::string assignments that are right (GCC bug 105651).
  target_compile_options(bailiwick_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()

add_library(bailiwick_sanitizers INTERFACE)
if(BAILIWICK_SANITIZE)
  target_compile_options(bailiwick_sanitizers INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(bailiwick_sanitizers INTERFACE -fsanitize=address,undefined)
endif()
if(BAILIWICK_FUZZ)
  target_compile_options(bailiwick_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
endif()
