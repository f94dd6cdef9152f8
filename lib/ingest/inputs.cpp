// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/inputs.hpp"

#include <filesystem>

#include "io/arrow/arrow_file.hpp"
#include "io/bytes/file_bytes.hpp"
#include "io/csv/csv.hpp"
#include "lib/core/error.hpp"
#include "lib/core/file_pattern.hpp"
#include "lib/ingest/lookup.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

std::vector<std::string> find_inputs(const IngestConfig& config) {
  return files_named(config.inputs);
}

std::uint64_t input_bytes(const std::vector<std::string>& paths) {
  std::uint64_t total = 0;
  for (const std::string& path : paths) {
    std::error_code unknown;
    const std::uintmax_t size = fs::file_size(path, unknown);
    if (unknown) return 0;
    total += size;
  }
  return total;
}

std::string input_name(const std::string& path) {
  return path == io::standard_input ? "standard input" : path;
}

Input open_input(const IngestConfig& config, const std::string& path) {
  const std::string name = input_name(path);
  if (path != io::standard_input && io::is_arrow_file(path)) {
    io::ArrowTable table = io::open_arrow_file(path);
    return {std::move(table.rows), std::move(table.header)};
  }
  auto rows = std::make_unique<io::CsvReader>(path, config.csv);
  if (!config.header) return {std::move(rows), config.column_names};
  if (!rows->next()) throw Error(ExitCode::data, "{}: is empty: there is no header", name);
  if (!rows->well_quoted())
    throw Error(ExitCode::data, "{}:{}: the header has text after a closing quote", name,
                rows->line());
  std::vector<std::string> header = header_from(rows->fields(), name);
  return {std::move(rows), std::move(header)};
}

}  // namespace bailiwick
