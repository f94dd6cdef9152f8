// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <string>

#include "io/csv/row_reader.hpp"

namespace bailiwick::io::detail {

/// How values of a type are written.
RowReader::Form form_of(const arrow::DataType& type);

/// Appends value `row` of a column as text: nothing for null. Numbers with a point and as many
/// digits as tell them apart, dates and times as ISO 8601 (UTC), truths as true and false.
void append_cell(const arrow::Array& column, std::int64_t row, std::string& text);

}  // namespace bailiwick::io::detail
