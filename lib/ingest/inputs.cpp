// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/inputs.hpp"

#include <glob.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <utility>

#include "io/arrow/arrow_file.hpp"
#include "io/bytes/file_bytes.hpp"
#include "io/csv/csv.hpp"
#include "lib/core/error.hpp"
#include "lib/ingest/lookup.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

bool is_pattern(const std::string& path) {
  std::error_code unknown;
  return path.find_first_of("*?[") != std::string::npos && !fs::exists(path, unknown);
}

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  const int status = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  const std::unique_ptr<glob_t, void (*)(glob_t*)> guard(&found, &::globfree);
  if (status == GLOB_NOMATCH) throw Error(ExitCode::data, "{}: no file is called so", pattern);
  if (status != 0)
    throw Error(ExitCode::data, "{}: cannot look for files: a folder cannot be read", pattern);
  return {found.gl_pathv, found.gl_pathv + found.gl_pathc};
}

}  // namespace

std::vector<std::string> find_inputs(const IngestConfig& config) {
  std::vector<std::string> paths;
  bool patterns = false;
  for (const std::string& input : config.inputs) {
    if (is_pattern(input)) {
      const std::vector<std::string> found = matches(input);
      paths.insert(paths.end(), found.begin(), found.end());
      patterns = true;
    } else {
      paths.push_back(input);
    }
  }
  // By what they are, whatever they are called: a link is the same rows.
  std::set<std::pair<dev_t, ino_t>> seen;
  for (const std::string& path : paths)
    if (struct stat file{}; patterns && ::stat(path.c_str(), &file) == 0 &&
                            !seen.insert({file.st_dev, file.st_ino}).second)
      throw Error(ExitCode::data, "{}: is an input twice; its rows would be too", path);
  return paths;
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
