// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/arrow/arrow_file.hpp"
#include "lib/core/error.hpp"

namespace bailiwick::io {

ArrowTable open_arrow_file(const std::string& path) {
  throw Error(ExitCode::data,
              "{}: is a Parquet or Arrow file, and this build has no Arrow; build with "
              "-DBAILIWICK_ARROW=ON (Spack: +arrow), or write it as CSV",
              path);
}

}  // namespace bailiwick::io
