// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/ingest/config.hpp"

namespace bailiwick {

/// To whom finds bytes that are not UTF-8.
inline constexpr const char* encoding_advice =
    "; it is not UTF-8: set csv.encoding, e.g. to ISO-8859-1 or Windows-1252";

/// Names of columns as a file's first line gives them, without blanks around them. Throws
/// ExitCode::data, naming `path`, if they hold a carriage return that ends no line: then every row
/// may be in the header.
std::vector<std::string> header_from(const std::vector<std::string_view>& fields,
                                     const std::string& path);

/// Whether blanks around a field belong to it if it holds words.
bool keeps_blanks(const io::CsvFormat& format, const std::vector<bool>& quoted, std::size_t field);

/// The position of `name` in `header`. Throws ExitCode::data, naming `path`, if it is not there or
/// there twice.
std::size_t find_column(const std::vector<std::string>& header, const std::string& name,
                        const std::string& path);
/// Of several, all of which it misses it names.
std::vector<std::size_t> find_columns(const std::vector<std::string>& header,
                                      std::span<const std::string> names, const std::string& path);

/// A lookup file, held in memory.
class Lookup {
 public:
  /// Throws ExitCode::data, with file and line, on anything irregular: a lookup is reference data.
  Lookup(const IngestLookup& config, const io::CsvFormat& format);

  /// The values of config.columns for `key`; null if the file does not have it.
  const std::vector<std::string>* find(std::string_view key) const;
  /// Of the file.
  const Digest& sha256() const { return sha256_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<std::string, std::vector<std::string>, Hash, std::equal_to<>> rows_;
  Digest sha256_;
};

}  // namespace bailiwick
