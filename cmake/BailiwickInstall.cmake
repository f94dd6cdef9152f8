# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
include(CMakePackageConfigHelpers)

get_property(modules GLOBAL PROPERTY BAILIWICK_MODULES)
set_target_properties(bailiwick_program PROPERTIES EXPORT_NAME program)
set_target_properties(bailiwick_hdf5 PROPERTIES EXPORT_NAME hdf5)
# The flags that fix the bits go with the headers whose functions they fix.
set_target_properties(bailiwick_exact_flags PROPERTIES EXPORT_NAME exact_flags)
install(TARGETS bailiwick_program bailiwick_hdf5 bailiwick_exact_flags ${modules} EXPORT BailiwickTargets)
install(TARGETS bailiwick_petsc DESTINATION ${BAILIWICK_MODULE_DIR})
if(BAILIWICK_ARROW)
  install(TARGETS bailiwick_arrow_reader DESTINATION ${BAILIWICK_MODULE_DIR})
endif()
get_property(headers GLOBAL PROPERTY BAILIWICK_HEADERS)
foreach(header IN LISTS headers)
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/bailiwick/${folder})
endforeach()
# A copy of this folder is a place to work in: scripts/prepare-job and the jobs find what they name.
install(DIRECTORY configs data slurm DESTINATION ${CMAKE_INSTALL_DATADIR}/bailiwick USE_SOURCE_PERMISSIONS)
install(PROGRAMS scripts/prepare-job scripts/get-data scripts/install-packages DESTINATION ${CMAKE_INSTALL_DATADIR}/bailiwick/scripts)
install(FILES cmake/modulefile.tcl DESTINATION ${CMAKE_INSTALL_DATADIR}/modulefiles/bailiwick RENAME ${BAILIWICK_VERSION})
install(FILES LICENSE NOTICE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Bailiwick)
install(EXPORT BailiwickTargets NAMESPACE Bailiwick:: DESTINATION ${package_dir})
configure_package_config_file(cmake/BailiwickConfig.cmake.in ${CMAKE_BINARY_DIR}/BailiwickConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/BailiwickConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/BailiwickConfig.cmake ${CMAKE_BINARY_DIR}/BailiwickConfigVersion.cmake
  cmake/BailiwickDependencies.cmake DESTINATION ${package_dir})
