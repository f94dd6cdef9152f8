// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/model/description.hpp"

namespace bailiwick {

/// Rows of each level, as description.json has them.
inline Json category_json(const DescribedColumns::Category& category,
                          const std::vector<std::int64_t>& rows) {
  Json levels = Json::array();
  for (std::size_t l = 0; l < rows.size(); ++l)
    levels.push_back({category.levels[l], rows[l]});
  return {{"name", category.name}, {"kind", "category"}, {"levels", levels}};
}

/// Rows of each pair of levels, `cells` row-major.
inline Json table_json(const DescribedColumns::Category& left,
                       const DescribedColumns::Category& right,
                       const std::vector<std::int64_t>& cells) {
  Json lines = Json::array();
  for (std::size_t i = 0; i < left.levels.size(); ++i) {
    Json& line = lines.emplace_back(Json::array());
    for (std::size_t j = 0; j < right.levels.size(); ++j)
      line.push_back(cells[i * right.levels.size() + j]);
  }
  return {{"rows", left.name},
          {"columns", right.name},
          {"row_levels", left.levels},
          {"column_levels", right.levels},
          {"counts", lines}};
}

}  // namespace bailiwick
