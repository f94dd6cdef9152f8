// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/quality/leakage.hpp"

#include <algorithm>
#include <numeric>

#include "lib/core/json.hpp"

namespace bailiwick {

namespace {

double total_of(std::span<const std::int64_t> rows) {
  return static_cast<double>(std::accumulate(rows.begin(), rows.end(), std::int64_t{0}));
}

}  // namespace

double area_of_order(std::span<const std::int64_t> of_class, std::span<const std::int64_t> others) {
  const double pairs = total_of(of_class) * total_of(others);
  if (pairs == 0) return 0.5;
  double before = 0, twice = 0;  // whole numbers
  for (std::size_t part = 0; part < of_class.size(); ++part) {
    const auto here = static_cast<double>(others[part]);
    twice += static_cast<double>(of_class[part]) * (2 * before + here);
    before += here;
  }
  const double area = twice / (2 * pairs);
  return std::max(area, 1 - area);
}

double area_of_best_order(std::span<const std::int64_t> of_class,
                          std::span<const std::int64_t> others) {
  std::vector<std::size_t> order(of_class.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto share = [&](std::size_t part) {
    const auto rows = static_cast<double>(of_class[part] + others[part]);
    return rows == 0 ? 0 : static_cast<double>(of_class[part]) / rows;
  };
  std::ranges::stable_sort(order, {}, share);
  std::vector<std::int64_t> sorted_class, sorted_others;
  double last = -1;
  for (const std::size_t part : order) {
    if (share(part) != last) {
      sorted_class.push_back(0);
      sorted_others.push_back(0);
    }
    last = share(part);
    sorted_class.back() += of_class[part];
    sorted_others.back() += others[part];
  }
  return area_of_order(sorted_class, sorted_others);
}

Json leakage_json(const Leakage& leak) {
  Json json = {
      {"target", leak.target}, {"measure", leak.measure}, {"by", leak.by}, {"value", leak.value}};
  if (!leak.target_class.empty()) json["class"] = leak.target_class;
  return json;
}

std::string what_leaks(const Leakage& leak) {
  const std::string of = leak.by == "absence" ? "that it lacks a value" : "its " + leak.by;
  if (leak.measure == "auc")
    return fmt::format("{} alone tells {} {} from the rest, area under the ROC curve", of,
                       leak.target, leak.target_class);
  return fmt::format("{} alone tells {}, {}", of, leak.target,
                     leak.measure == "r_squared" ? "squared correlation" : "correlation ratio");
}

LeakageOfClasses::LeakageOfClasses(QualityPlan& plan, const TableColumns& columns,
                                   std::span<const ExaminedRows> rows,
                                   const std::vector<std::vector<double>>& quantiles)
    : plan_(plan), columns_(columns), rows_(rows), quantiles_(quantiles) {
  for (std::size_t j = columns.features; j < columns.numbers.size(); ++j)
    if (plan.is_binary(j))
      add_tables(columns.numbers[j].name, {"0", "1"},
                 [this, j](std::size_t d, std::size_t r) -> std::size_t {
                   return rows_[d].table.numbers[j][r] == 1 ? 1 : 0;
                 });
  for (std::size_t c = columns.factors; c < columns.categories.size(); ++c)
    add_tables(columns.categories[c].name, columns.categories[c].levels,
               [this, c](std::size_t d, std::size_t r) -> std::size_t {
                 return rows_[d].table.codes[c][r];
               });
}

void LeakageOfClasses::add_tables(
    const std::string& target, const std::vector<std::string>& classes,
    const std::function<std::size_t(std::size_t d, std::size_t row)>& class_of) {
  const auto add = [&](std::size_t column, const std::string& name, std::size_t bins,
                       bool is_category, bool has_missing,
                       const std::function<std::size_t(std::size_t d, std::size_t row)>& bin_of) {
    Division division{name + " by " + target, {}, {}};
    for (std::size_t bin = 0; bin < bins; ++bin)
      for (const std::string& of_class : classes)
        division.parts.push_back(fmt::format("{} of {}, {}", bin + 1, bins, of_class));
    division.part_of = [class_of, bin_of, size = classes.size()](std::size_t d, std::size_t r) {
      return bin_of(d, r) * size + class_of(d, r);
    };
    plan_.divisions.push_back(std::move(division));
    tables_.push_back(
        {column, plan_.divisions.size() - 1, bins, is_category, has_missing, target, classes});
  };
  for (std::size_t j = 0; j < columns_.features; ++j) {
    if (quantiles_[j].empty()) continue;
    std::vector<double> edges = quantiles_[j];
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    const Column& column = columns_.numbers[j];
    const Division bins = divide_by_edges(column.name, edges, rows_, j, column.missing);
    add(j, column.name, bins.parts.size(), false, column.missing, bins.part_of);
  }
  for (std::size_t c = 0; c < columns_.factors; ++c)
    add(columns_.numbers.size() + c, columns_.categories[c].name,
        columns_.categories[c].levels.size(), true, false,
        [this, c](std::size_t d, std::size_t r) -> std::size_t {
          return rows_[d].table.codes[c][r];
        });
}

std::vector<Leakage> LeakageOfClasses::measure(const Counts& told) const {
  std::vector<Leakage> all;
  for (const Table& table : tables_) {
    const std::vector<std::int64_t>& cells = told[table.division];
    if (cells.empty()) continue;
    Leakage most{table.column, table.target, "auc", "", "", 0};
    const std::size_t size = table.classes.size();
    // Of two classes each says what the other does.
    for (std::size_t of = size == 2 ? 1 : 0; of < size; ++of) {
      std::vector<std::int64_t> of_class(table.bins), others(table.bins);
      for (std::size_t bin = 0; bin < table.bins; ++bin)
        for (std::size_t k = 0; k < size; ++k)
          (k == of ? of_class : others)[bin] += cells[bin * size + k];
      const auto look = [&](const char* by, double area) {
        if (area <= most.value) return;
        most.target_class = table.classes[of];
        most.by = by;
        most.value = area;
      };
      if (table.is_category) {
        look("level", area_of_best_order(of_class, others));
        continue;
      }
      const std::size_t bins = table.bins - (table.has_missing ? 1 : 0);
      look("value", area_of_order(std::span(of_class).first(bins), std::span(others).first(bins)));
      if (!table.has_missing) continue;
      const auto split = [&](const std::vector<std::int64_t>& rows) {
        return std::vector{static_cast<std::int64_t>(total_of(std::span(rows).first(bins))),
                           rows.back()};
      };
      look("absence", area_of_order(split(of_class), split(others)));
    }
    all.push_back(most);
  }
  return all;
}

}  // namespace bailiwick
