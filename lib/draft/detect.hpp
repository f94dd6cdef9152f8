// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "io/csv/csv.hpp"

namespace bailiwick {

/// How a file of text seems to be written.
struct DetectedCsv {
  io::CsvFormat format;
  bool header = true;
};

/// Reads the whole file for its encoding, and its first rows for the rest. Throws ExitCode::data.
DetectedCsv detect_csv(const std::string& path);

}  // namespace bailiwick
