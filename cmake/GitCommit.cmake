# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
# Run at every build, since every statement names the commit that the program was built from:
#   cmake -D SOURCE=... -D BAILIWICK_VERSION=... -D IN=version.cpp.in -D OUT=version.cpp -P GitCommit.cmake
execute_process(COMMAND git describe --always --abbrev=40 --dirty --match=
  WORKING_DIRECTORY ${SOURCE}
  OUTPUT_VARIABLE BAILIWICK_GIT_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT BAILIWICK_GIT_COMMIT)
  set(BAILIWICK_GIT_COMMIT unknown)
endif()
configure_file(${IN} ${OUT} @ONLY)  # touches the file only if it changes
