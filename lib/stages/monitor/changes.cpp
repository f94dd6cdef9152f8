// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/monitor/changes.hpp"

#include <optional>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/stages/shown.hpp"

namespace bailiwick {

namespace {

/// Whether the current rows lie in higher bins, taken together: by the sum of the differences of
/// both distribution functions.
const char* shift_of(std::span<const std::int64_t> before, std::span<const std::int64_t> after) {
  const auto mean_bin = [](std::span<const std::int64_t> rows) {
    double sum = 0, all = 0;
    for (std::size_t b = 0; b < rows.size(); ++b) {
      sum += static_cast<double>(b) * static_cast<double>(rows[b]);
      all += static_cast<double>(rows[b]);
    }
    return sum / all;
  };
  const double difference = mean_bin(after) - mean_bin(before);
  return difference > 0 ? "higher" : difference < 0 ? "lower" : "other";
}

/// Distances of the samples in the bins of one column, and whether they are chance.
Json change_json(const MonitoredColumn& column, const ColumnBins& bins,
                 const BinnedSamples& samples) {
  Json change = {{"role", column.role}, {"psi", nullptr},     {"js", nullptr},
                 {"ks", nullptr},       {"p_value", nullptr}, {"drifted", false}};
  const std::span<const std::int64_t> before = samples.of[reference_sample].rows,
                                      after = samples.of[current_sample].rows;
  std::array<double, 2> rows{};
  for (std::size_t s = 0; s < rows.size(); ++s)
    rows[s] = static_cast<double>(samples.of[s].count());
  if (rows[0] == 0 || rows[1] == 0) {
    change["reason"] = bins.reason.empty() ? "a sample has no rows" : bins.reason;
    return change;
  }
  change["psi"] = stability_index(before, after);
  change["js"] = jensen_shannon(before, after);
  // Of rows with a value, as long as these are known; levels have no order.
  const bool has_order = !column.is_category() && !bins.missing_within;
  const std::size_t ordered = has_order ? bins.count - (bins.missing ? 1 : 0) : 0;
  if (ordered > 0)
    change["ks"] = number_or_null(largest_difference(before.first(ordered), after.first(ordered)));
  if (ordered > 0) change["shift"] = shift_of(before.first(ordered), after.first(ordered));
  const std::optional<DriftTest> test = drift_test(samples);
  if (!test) {
    change["reason"] = "all rows lie in one bin";
    return change;
  }
  change["statistic"] = number_or_null(test->statistic);
  change["degrees_of_freedom"] = number_or_null(test->freedom);
  change["p_value"] = number_or_null(test->p_value);
  change["rows_p_value"] = test->rows_p_value;
  change["moments"] = samples.products[0].empty() ? 1 : 2;
  for (std::size_t s = 0; s < rows.size(); ++s) {
    change["design_effect"][sample_names[s]] = number_or_null(test->design_effect[s]);
    change["effective_rows"][sample_names[s]] = number_or_null(rows[s] / test->design_effect[s]);
  }
  return change;
}

/// Of each bin its level, or a list of those that were put together.
Json levels_json(const MonitoredColumn& column, const ColumnBins& bins) {
  if (bins.starts.empty()) return column.levels;
  Json levels = Json::array();
  for (std::size_t i = 0; i < bins.starts.size(); ++i) {
    const auto first = column.levels.begin() + static_cast<std::ptrdiff_t>(bins.starts[i]);
    const auto last = i + 1 < bins.starts.size()
                          ? column.levels.begin() + static_cast<std::ptrdiff_t>(bins.starts[i + 1])
                          : column.levels.end();
    levels.push_back(last - first == 1 ? Json(*first) : Json(std::vector(first, last)));
  }
  return levels;
}

}  // namespace

void add_changes(const MonitoredTable& table, const BinnedTable& binned, Json& columns) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const MonitoredColumn& column = table.columns[c];
    Json& said = columns.emplace_back(change_json(column, binned.bins[c], binned.columns[c]));
    said["name"] = column.name;
    said["kind"] = column.is_category() ? "category" : "number";
    if (column.is_category())
      said["levels"] = levels_json(column, binned.bins[c]);
    else
      said["cuts"] = binned.bins[c].cuts;
    if (binned.bins[c].missing) said["missing"] = true;
    if (binned.bins[c].missing_within) said["missing_within"] = true;
    if (binned.bins[c].merged_from > 0) said["bins_before"] = binned.bins[c].merged_from;
    for (std::size_t s = 0; s < sample_names.size(); ++s)
      said["rows"][sample_names[s]] = binned.columns[c].of[s].rows;
  }
}

void add_domain_changes(const MonitoredTable& table, const BinnedTable& binned, std::size_t d,
                        Json& columns) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    Json& said =
        columns.emplace_back(change_json(table.columns[c], binned.bins[c], binned.of_domain[d][c]));
    said["name"] = table.columns[c].name;
  }
}

std::vector<std::string> judge_changes(Json& columns, double level, double psi) {
  std::vector<double> p_values;
  std::vector<Json*> tested;
  for (Json& column : columns)
    if (column["p_value"].is_number()) {
      tested.push_back(&column);
      p_values.push_back(column["p_value"].get<double>());
    }
  const std::vector<double> adjusted = holm_adjusted(p_values);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    Json& column = *tested[i];
    column["adjusted_p_value"] = adjusted[i];
    column["drifted"] = adjusted[i] < level && column["psi"].get<double>() >= psi;
  }
  return reasons_of(columns);
}

std::vector<std::string> reasons_of(const Json& columns) {
  std::vector<std::string> reasons;
  for (const Json& column : columns)
    if (column.at("drifted").get<bool>())
      reasons.push_back(fmt::format(
          "{} {} has changed{}: PSI {:.3g}, p {}", column.at("role").get<std::string>(),
          column.at("name").get<std::string>(),
          column.contains("shift") ? ", to " + column.at("shift").get<std::string>() + " values"
                                   : "",
          column.at("psi").get<double>(),
          p_value_text(column.at("adjusted_p_value").get<double>())));
  return reasons;
}

}  // namespace bailiwick
