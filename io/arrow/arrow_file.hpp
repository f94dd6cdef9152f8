// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/csv/row_reader.hpp"

namespace bailiwick::io {

/// Whether a file begins as Parquet, or as Arrow's own file format (Feather 2), does.
bool is_arrow_file(const std::string& path);

struct ArrowTable {
  std::unique_ptr<RowReader> rows;  ///< typed: it says the forms of its columns
  std::vector<std::string> header;
};

/// Reads such a file batch by batch. Throws ExitCode::data naming the file if it is damaged, and
/// also if this program was built without Arrow.
ArrowTable open_arrow_file(const std::string& path);

}  // namespace bailiwick::io
