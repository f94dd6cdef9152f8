// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/digest.hpp"

namespace bailiwick::io {

/// Rows of a table in a file, one by one, each field as text in UTF-8.
class RowReader {
 public:
  /// What a file of types says of a column: how its fields are written, or that they cannot be.
  enum class Form { text, integer, number, date, time, none };
  struct TypedColumn {
    Form form = Form::text;
    std::string type;  ///< as the file's format calls it
  };

  RowReader() = default;
  virtual ~RowReader() = default;
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;

  /// The next row; false at the end. Throws ExitCode::data, with place, if it cannot be read.
  virtual bool next() = 0;

  /// Of the current row. What these return is valid until next().
  virtual const std::vector<std::string_view>& fields() const = 0;
  /// Of each field whether it was quoted; empty if none was.
  virtual const std::vector<bool>& quoted() const = 0;
  /// The row as a line of CSV, without its line end.
  virtual std::string_view text() const = 0;
  /// False if the fields are a guess, because of text after a closing quote.
  virtual bool well_quoted() const = 0;
  /// Where the row begins: the line of a file of text, else the number of the row; from 1.
  virtual std::uint64_t line() const = 0;

  /// Bytes of the file read so far, packed if the file is.
  virtual std::uint64_t bytes_read() const = 0;
  /// Of each column its type; empty for a file of text. Where there are types, numbers have a
  /// point, dates are %F, times %FT%T, and an empty field is a missing value.
  virtual const std::vector<TypedColumn>& columns() const = 0;
  /// SHA-256 of the file, whose rest is read for it. Once, at the end.
  virtual Digest finish() = 0;
};

}  // namespace bailiwick::io
