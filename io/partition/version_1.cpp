// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Version 1 of the format spreads a category over indicators. They become codes as they are read,
// so that nobody else knows of them.
#include <map>

#include "io/partition/file.hpp"

namespace bailiwick::io::detail {

namespace {

/// Where a feature of the file goes: a number to its column, an indicator to its category.
struct Place {
  std::size_t column;
  std::uint16_t code;  ///< 0: a number
};

std::vector<Place> places_of(const Schema& schema) {
  std::vector<Place> places;
  std::map<std::string_view, Place> last;  // of each category, its last indicator
  std::size_t numbers = 0;
  for (const Column& column : schema.version_1) {
    if (column.source.empty()) {
      places.push_back({numbers++, 0});
      continue;
    }
    Place& place = last.try_emplace(column.source, Place{last.size(), 0}).first->second;
    ++place.code;
    places.push_back(place);
  }
  return places;
}

}  // namespace

void gather_indicators(const Header& header, std::span<const double> values, std::uint64_t row,
                       RowBuffer& rows, const std::string& where) {
  const Schema& schema = header.schema;
  const std::vector<Place> places = places_of(schema);
  const std::size_t width = places.size(), categories = schema.categories();
  const std::size_t numbers = schema.features.size() - categories;
  rows.features.resize(rows.rows * numbers);
  rows.codes.assign(rows.rows * categories, 0);
  for (std::size_t r = 0; r < rows.rows; ++r)
    for (std::size_t j = 0; j < width; ++j) {
      const double value = values[r * width + j];
      const auto [column, code] = places[j];
      if (code == 0) {
        rows.features[r * numbers + column] = value;
        continue;
      }
      if (value == 0) continue;
      const auto fail = [&](const char* problem) {
        const Column& level = schema.version_1[j];
        throw_value(fmt::format("feature \"{}\"", level.name), row + r,
                    fmt::format("{} of \"{}\"", problem, level.source), where);
      };
      std::uint16_t& found = rows.codes[r * categories + column];
      if (value != 1) fail("is neither 0 nor 1, but a level");
      if (found != 0) fail("is 1, and so is another level");
      found = code;
    }
}

}  // namespace bailiwick::io::detail
