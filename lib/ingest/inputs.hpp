// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/csv/row_reader.hpp"
#include "lib/ingest/config.hpp"

namespace bailiwick {

/// The files that the config's inputs mean: a name with `*`, `?` or `[` that no file has means all
/// files that it matches, sorted. Throws ExitCode::data for one that matches none, and for a file
/// that is meant twice.
std::vector<std::string> find_inputs(const IngestConfig& config);

/// Bytes of all of them, or 0 if that is not known.
std::uint64_t input_bytes(const std::vector<std::string>& paths);

/// What to call an input where people read it.
std::string input_name(const std::string& path);

/// An input, opened, and the names of its columns.
struct Input {
  std::unique_ptr<io::RowReader> rows;
  std::vector<std::string> header;
};
/// Throws ExitCode::data naming the file.
Input open_input(const IngestConfig& config, const std::string& path);

}  // namespace bailiwick
