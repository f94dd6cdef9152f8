// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/csv/row_reader.hpp"

namespace bailiwick::io {

/// How a file of delimited text is written.
struct CsvFormat {
  /// Around which fields spaces and tabs say nothing.
  enum class Trim { unquoted, all, none };

  char delimiter = ',';
  std::string encoding = "UTF-8";    ///< a name that iconv knows
  std::uint64_t skip_lines = 0;      ///< before the first record
  std::optional<char> comment = {};  ///< lines that begin with it are skipped
  Trim trim = Trim::unquoted;        ///< unless none, a field may also be quoted behind blanks
};

/// Reads delimited text (RFC 4180) record by record in constant memory: CRLF or LF, quoted fields
/// with "" for a quote and with delimiters and line ends inside, a UTF-8 byte order mark, plain or
/// packed (FileBytes). Blank lines are skipped, and a first line `sep=;` as Excel writes it. A
/// quote inside an unquoted field is an ordinary character.
class CsvReader final : public RowReader {
 public:
  /// Throws ExitCode::data if the file cannot be opened.
  explicit CsvReader(const std::string& path, CsvFormat format = {});
  ~CsvReader() override;

  /// Throws ExitCode::data on a read error, a truncated or damaged packed file, a quote that is
  /// never closed, bytes that are not of the encoding (UTF-8 is not checked), a file that is no
  /// text at all, and a record longer than `longest_record`.
  bool next() override;
  const std::vector<std::string_view>& fields() const override;
  const std::vector<bool>& quoted() const override;
  std::string_view text() const override;
  bool well_quoted() const override;
  std::uint64_t line() const override;
  std::uint64_t bytes_read() const override;
  const std::vector<TypedColumn>& columns() const override;
  Digest finish() override;

  static constexpr std::size_t longest_record = std::size_t{16} << 20;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Without spaces and tabs around it.
inline std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

}  // namespace bailiwick::io
