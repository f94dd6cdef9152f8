// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/arrow/reader/cell.hpp"

#include <arrow/util/float16.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>

#include "lib/core/text.hpp"

namespace bailiwick::io::detail {

namespace {

using arrow::Type;
using Form = RowReader::Form;

template <class Array>
const Array& as(const arrow::Array& column) {
  return static_cast<const Array&>(column);
}

/// As CSV would have it: what is no number is a word.
void append_double(double value, std::string& text) {
  text += std::isnan(value) ? "NaN" : round_trip(value);
}

void append_day(std::int64_t days, std::string& text) {
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  fmt::format_to(std::back_inserter(text), "{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

struct Floored {
  std::int64_t whole, rest;
};
Floored floor_divide(std::int64_t value, std::int64_t by) {
  const std::int64_t rest = ((value % by) + by) % by;
  return {value / by - (value % by < 0 ? 1 : 0), rest};
}

/// Of `digits` decimals of a second.
void append_time(std::int64_t value, int digits, std::string& text) {
  std::int64_t unit = 1;
  for (int i = 0; i < digits; ++i)
    unit *= 10;
  const auto [seconds, fraction] = floor_divide(value, unit);
  const auto [days, second] = floor_divide(seconds, 86400);
  append_day(days, text);
  fmt::format_to(std::back_inserter(text), "T{:02}:{:02}:{:02}", second / 3600, second / 60 % 60,
                 second % 60);
  if (fraction != 0) fmt::format_to(std::back_inserter(text), ".{:0{}}", fraction, digits);
}

int decimals_of(arrow::TimeUnit::type unit) {
  return 3 * static_cast<int>(unit);  // SECOND, MILLI, MICRO, NANO
}

}  // namespace

Form form_of(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
    case Type::UINT64:
      return Form::integer;
    case Type::HALF_FLOAT:
    case Type::FLOAT:
    case Type::DOUBLE:
    case Type::DECIMAL128:
    case Type::DECIMAL256:
      return Form::number;
    case Type::DATE32:
    case Type::DATE64:
      return Form::date;
    case Type::TIMESTAMP:
      return Form::time;
    case Type::NA:
    case Type::BOOL:
    case Type::STRING:
    case Type::LARGE_STRING:
      return Form::text;
    case Type::DICTIONARY:
      return form_of(*static_cast<const arrow::DictionaryType&>(type).value_type());
    default:
      return Form::none;
  }
}

void append_cell(const arrow::Array& column, std::int64_t row, std::string& text) {
  if (column.IsNull(row)) return;
  const auto integer = [&](auto value) { fmt::format_to(std::back_inserter(text), "{}", value); };
  switch (column.type_id()) {
    case Type::BOOL:
      text += as<arrow::BooleanArray>(column).Value(row) ? "true" : "false";
      return;
    case Type::INT8:
      return integer(as<arrow::Int8Array>(column).Value(row));
    case Type::INT16:
      return integer(as<arrow::Int16Array>(column).Value(row));
    case Type::INT32:
      return integer(as<arrow::Int32Array>(column).Value(row));
    case Type::INT64:
      return integer(as<arrow::Int64Array>(column).Value(row));
    case Type::UINT8:
      return integer(as<arrow::UInt8Array>(column).Value(row));
    case Type::UINT16:
      return integer(as<arrow::UInt16Array>(column).Value(row));
    case Type::UINT32:
      return integer(as<arrow::UInt32Array>(column).Value(row));
    case Type::UINT64:
      return integer(as<arrow::UInt64Array>(column).Value(row));
    case Type::HALF_FLOAT:
      return append_double(
          arrow::util::Float16::FromBits(as<arrow::HalfFloatArray>(column).Value(row)).ToDouble(),
          text);
    case Type::FLOAT:
      return append_double(static_cast<double>(as<arrow::FloatArray>(column).Value(row)), text);
    case Type::DOUBLE:
      return append_double(as<arrow::DoubleArray>(column).Value(row), text);
    case Type::DECIMAL128:
      text += as<arrow::Decimal128Array>(column).FormatValue(row);
      return;
    case Type::DECIMAL256:
      text += as<arrow::Decimal256Array>(column).FormatValue(row);
      return;
    case Type::STRING:
      text += as<arrow::StringArray>(column).GetView(row);
      return;
    case Type::LARGE_STRING:
      text += as<arrow::LargeStringArray>(column).GetView(row);
      return;
    case Type::DATE32:
      return append_day(as<arrow::Date32Array>(column).Value(row), text);
    case Type::DATE64:  // milliseconds
      return append_day(floor_divide(as<arrow::Date64Array>(column).Value(row), 86'400'000).whole,
                        text);
    case Type::TIMESTAMP:
      return append_time(
          as<arrow::TimestampArray>(column).Value(row),
          decimals_of(static_cast<const arrow::TimestampType&>(*column.type()).unit()), text);
    case Type::DICTIONARY: {
      const auto& words = as<arrow::DictionaryArray>(column);
      return append_cell(*words.dictionary(), words.GetValueIndex(row), text);
    }
    default:
      return;
  }
}

}  // namespace bailiwick::io::detail
