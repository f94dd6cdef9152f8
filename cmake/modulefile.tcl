#%Module1.0
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
# PREFIX/share/modulefiles/bailiwick/VERSION: the prefix follows from where this file lies, so that it may be moved.
set version [file tail $ModulesCurrentModulefile]
set prefix  [file normalize [file join [file dirname $ModulesCurrentModulefile] ../../..]]
module-whatis "Bailiwick $version: exact, sovereign model training for supercomputers"
conflict bailiwick
prepend-path PATH $prefix/bin
prepend-path CMAKE_PREFIX_PATH $prefix
setenv BAILIWICK_SHARE $prefix/share/bailiwick
