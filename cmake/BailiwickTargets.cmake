# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0

# bailiwick_module(NAME SOURCES ... [DEPENDS ...] [PRIVATE ...])
# A static library bailiwick_NAME, alias Bailiwick::NAME. Headers are included by their path from
# the top: "lib/core/error.hpp", "io/partition_reader.hpp". PRIVATE names third-party targets that
# must not be seen by those who use the module.
function(bailiwick_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  set(present)
  foreach(source IN LISTS arg_SOURCES)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${source} OR IS_ABSOLUTE ${source})
      list(APPEND present ${source})
    else()
      message(STATUS "not yet: ${name}/${source}")
    endif()
  endforeach()
  if(NOT present)
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/empty.cpp "")
    set(present ${CMAKE_CURRENT_BINARY_DIR}/empty.cpp)
  endif()
  add_library(bailiwick_${name} STATIC ${present})
  add_library(Bailiwick::${name} ALIAS bailiwick_${name})
  target_include_directories(bailiwick_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/bailiwick>)
  target_compile_features(bailiwick_${name} PUBLIC cxx_std_20)
  target_link_libraries(bailiwick_${name} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_PRIVATE}
    $<BUILD_INTERFACE:bailiwick_warnings>
    PUBLIC $<BUILD_INTERFACE:bailiwick_exact_flags> $<BUILD_INTERFACE:bailiwick_sanitizers>)
  set_property(GLOBAL APPEND PROPERTY BAILIWICK_MODULES bailiwick_${name})
endfunction()
