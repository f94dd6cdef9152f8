// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/h5/library.hpp"

#include <array>
#include <string_view>

#include "io/h5/h5.hpp"
#include "lib/core/input_file.hpp"

namespace bailiwick::io {

void start_library() {
  h5::check(H5dont_atexit(), "HDF5", "be kept from ending");
  h5::check(H5open(), "HDF5", "start");  // before MPI: otherwise it ends with MPI_COMM_SELF
  // Code that a file asks for would see its rows.
  h5::check(H5PLset_loading_state(0), "HDF5", "be kept from loading plugins");
}

std::string library_version() {
  unsigned major = 0, minor = 0, release = 0;
  h5::check(H5get_libversion(&major, &minor, &release), "HDF5", "tell its version");
  return fmt::format("HDF5 {}.{}.{}\n", major, minor, release);
}

bool is_hdf5(const std::string& path) {
  InputFile file(path);
  std::array<char, 4> signature{};
  file.read(std::as_writable_bytes(std::span(signature)));
  return std::string_view(signature.data(), signature.size()) == "\x89HDF";
}

}  // namespace bailiwick::io
