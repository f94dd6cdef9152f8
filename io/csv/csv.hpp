// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bailiwick::io {

/// How a file of delimited text is written.
struct CsvFormat {
  char delimiter = ',';
  std::string encoding = "UTF-8";    ///< a name that iconv knows
  std::uint64_t skip_lines = 0;      ///< before the first record
  std::optional<char> comment = {};  ///< lines that begin with it are skipped
};

/// Reads delimited text (RFC 4180) record by record in constant memory: CRLF or LF, quoted fields
/// with "" for a quote and with delimiters and line ends inside, a UTF-8 byte order mark, plain or
/// gzip. Blank lines are skipped, and a first line `sep=;` as Excel writes it. A quote inside an
/// unquoted field is an ordinary character.
class CsvReader {
 public:
  /// Throws ExitCode::data if the file cannot be opened.
  explicit CsvReader(std::string path, CsvFormat format = {});
  ~CsvReader();
  CsvReader(CsvReader&&) noexcept;

  /// The next record; false at the end of the file. Throws ExitCode::data on a read error, a
  /// truncated or corrupt gzip file, a quote that is never closed, bytes that are not of the
  /// encoding (UTF-8 is not checked), and a record longer than `longest_record`.
  bool next();

  /// Of the current record, quotes removed, in UTF-8. Valid until next().
  const std::vector<std::string_view>& fields() const;
  /// The current record as it stands in the file, without its line end. Valid until next().
  std::string_view text() const;
  /// False if text follows a closing quote (`"a"b`): the fields are then a guess.
  bool well_quoted() const;
  /// Line of the file, from 1, at which the current record begins.
  std::uint64_t line() const;
  /// Bytes of the file read so far, compressed if the file is.
  std::uint64_t bytes_read() const;

  static constexpr std::size_t longest_record = std::size_t{16} << 20;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bailiwick::io
