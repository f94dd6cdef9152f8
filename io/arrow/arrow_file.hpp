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
/// if the library that reads them cannot be loaded: it is not there if built without Arrow.
ArrowTable open_arrow_file(const std::string& path);

namespace detail {
/// What reads them is a library that is loaded when such a file is met, from where the program's
/// RUNPATH says: Arrow's own are many, and cost every other run time. Throws as open_arrow_file().
using OpenArrowRows = void(const std::string& path, ArrowTable& table);
inline constexpr const char* arrow_reader_library = "bailiwick_arrow_reader.so";
inline constexpr const char* arrow_reader_function = "bailiwick_open_arrow_rows";
}  // namespace detail

}  // namespace bailiwick::io
