# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0

include(GNUInstallDirs)  # before the first target, whose exported include folder it names
# Libraries that the program loads when it needs them: below the same folder when built and when installed.
set(BAILIWICK_MODULE_DIR ${CMAKE_INSTALL_LIBDIR}/bailiwick)

# bailiwick_module(NAME [SOURCES ...] [HEADERS ...] [DEPENDS ...] [PRIVATE ...])
# A static library bailiwick_NAME, alias Bailiwick::NAME, of all sources in the folder unless some are
# named. Headers are included by their path from the top: "lib/core/error.hpp", "io/partition/file.hpp".
# HEADERS names the public ones, patterns allowed: they and no others are installed, so that what they
# include is public too (docs/library.md). PRIVATE names third-party targets that must not be seen by
# those who use the module.
function(bailiwick_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;DEPENDS;PRIVATE" ${ARGN})
  if(NOT arg_SOURCES)
    file(GLOB_RECURSE arg_SOURCES CONFIGURE_DEPENDS *.cpp)
  endif()
  add_library(bailiwick_${name} STATIC ${arg_SOURCES})
  add_library(Bailiwick::${name} ALIAS bailiwick_${name})
  target_include_directories(bailiwick_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/bailiwick>)
  set_target_properties(bailiwick_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(bailiwick_${name} PUBLIC cxx_std_20)
  target_link_libraries(bailiwick_${name} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_PRIVATE}
    $<BUILD_INTERFACE:bailiwick_warnings>
    PUBLIC bailiwick_exact_flags $<BUILD_INTERFACE:bailiwick_sanitizers>)
  set_property(GLOBAL APPEND PROPERTY BAILIWICK_MODULES bailiwick_${name})
  foreach(pattern IN LISTS arg_HEADERS)
    file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${pattern})
    if(NOT headers)
      message(FATAL_ERROR "no header to install: ${CMAKE_CURRENT_SOURCE_DIR}/${pattern}")
    endif()
    set_property(GLOBAL APPEND PROPERTY BAILIWICK_HEADERS ${headers})
  endforeach()
endfunction()
