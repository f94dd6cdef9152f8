// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/library.hpp"

#include "io/h5.hpp"

namespace bailiwick::io {

void start_library() {
  h5::check(H5dont_atexit(), "HDF5", "be kept from ending");
  h5::check(H5open(), "HDF5", "start");  // before MPI: otherwise it ends with MPI_COMM_SELF
}

std::string library_version() {
  unsigned major = 0, minor = 0, release = 0;
  h5::check(H5get_libversion(&major, &minor, &release), "HDF5", "tell its version");
  return fmt::format("HDF5 {}.{}.{}\n", major, minor, release);
}

}  // namespace bailiwick::io
