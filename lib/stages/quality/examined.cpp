// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/quality/examined.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "lib/data/model_rows.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/quality/rules.hpp"

namespace bailiwick {

namespace {

/// The bytes of all that a row has: equal rows, equal text.
std::string text_of_row(const DescribedRows& table, std::size_t row) {
  std::string text;
  const auto append = [&](const auto& value) {
    char bytes[sizeof(value)];
    std::memcpy(bytes, &value, sizeof(value));
    text.append(bytes, sizeof(value));
  };
  for (const std::vector<double>& column : table.numbers) {
    const double value = column[row];
    // There are several zeros and NaNs.
    append(std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value + 0.0);
  }
  for (const std::vector<std::uint16_t>& column : table.codes)
    append(column[row]);
  return text;
}

/// Least and largest of what each column has in a domain, of all its ranks.
struct Extremes {
  std::vector<double> least, most;
};

Extremes extremes_of(Run& run, std::size_t d, const TableColumns& columns,
                     const ExaminedRows& rows) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::size_t size = columns.numbers.size() + columns.categories.size();
  std::vector<double> mine(2 * size);
  for (std::size_t i = 0; i < size; ++i) {
    double &least = mine[2 * i] = infinity, &most = mine[2 * i + 1] = -infinity;
    const auto add = [&](double value) {
      least = std::min(least, value);
      most = std::max(most, value);
    };
    if (i < columns.numbers.size()) {
      for (const double value : rows.table.numbers[i])
        if (!std::isnan(value)) add(value);
      continue;
    }
    const std::size_t c = i - columns.numbers.size();
    const auto missing = std::ranges::find(columns.categories[c].levels, missing_level) -
                         columns.categories[c].levels.begin();
    for (const std::uint16_t code : rows.table.codes[c])
      if (code != missing) add(code);
  }
  const std::vector<double> all = run.boundary().gather_within_domain(d, mine);
  Extremes found{std::vector(size, infinity), std::vector(size, -infinity)};
  for (std::size_t at = 0; at < all.size(); at += 2 * size)
    for (std::size_t i = 0; i < size; ++i) {
      found.least[i] = std::min(found.least[i], all[at + 2 * i]);
      found.most[i] = std::max(found.most[i], all[at + 2 * i + 1]);
    }
  return found;
}

/// Rows with a value of each number; 0 where a policy does not let that be told.
std::vector<std::uint64_t> rows_with_value(Run& run, const TableColumns& columns,
                                           const Examined& examined) {
  std::vector<std::uint64_t> with(columns.numbers.size(), examined.selected);
  std::vector<Division> divisions;
  std::vector<std::size_t> of, rows;
  for (std::size_t j = 0; j < columns.numbers.size(); ++j) {
    if (!columns.numbers[j].missing) continue;
    of.push_back(j);
    divisions.push_back({columns.numbers[j].name,
                         {"a value", "none"},
                         [&examined, j](std::size_t d, std::size_t r) -> std::size_t {
                           return std::isnan(examined.rows[d].table.numbers[j][r]) ? 1 : 0;
                         }});
  }
  if (divisions.empty()) return with;
  for (const ExaminedRows& domain : examined.rows)
    rows.push_back(domain.rows);
  const DividedRows counted = count_divisions(run, divisions, rows);
  for (std::size_t i = 0; i < of.size(); ++i)
    with[of[i]] = counted.rows[i].empty() ? 0 : static_cast<std::uint64_t>(counted.rows[i].front());
  return with;
}

}  // namespace

Examined read_examined(Run& run, const QualityConfig& how, const TableColumns& columns) {
  const Schema& schema = run.schema();
  ModelColumns all = all_columns(schema);
  const bool splits = asks_splits(how, schema), units = asks_units(how, schema);
  const bool ids = asks_ids(how, schema), equal = how.findings.duplicates != Severity::off;
  all.ids = ids || splits || units;
  all.units = units;
  ModelRows loaded = load_model_rows(run, ModelConfig(), all, how.split);
  Examined examined{{}, {}, loaded.selected, loaded.observations_in};
  for (std::size_t d = 0; d < loaded.domains.size(); ++d) {
    LoadedRows& from = loaded.domains[d];
    ExaminedRows& to = examined.rows.emplace_back();
    examined.numbers.push_back(blocks_of_numbers(from, columns));
    to.table = described_rows(from, examined.numbers.back(), columns);
    to.rows = from.selected;
    to.splits = std::move(from.splits);
    if (equal || splits)
      to.equal = find_twins(
          run, d, to.rows, [&](std::size_t row) { return text_of_row(to.table, row); }, to.splits);
    if (ids)
      to.ids = find_twins(
          run, d, to.rows, [&](std::size_t row) { return from.ids[row]; }, to.splits);
    if (units)
      to.units = find_twins(
          run, d, to.rows, [&](std::size_t row) { return from.units[row]; }, to.splits);
  }
  return examined;
}

FirstLook look_first(Run& run, const TableColumns& columns, const Examined& examined) {
  const std::size_t numbers = columns.numbers.size();
  const std::size_t size = numbers + columns.categories.size();
  std::vector<Extremes> extremes;
  std::vector<std::vector<double>> others;  // rows of each number that are neither 0 nor 1
  for (std::size_t d = 0; d < examined.rows.size(); ++d) {
    extremes.push_back(extremes_of(run, d, columns, examined.rows[d]));
    Aggregate count(std::make_shared<const AggregateLayout>(
        std::vector<Stream>{{"rows", std::max<std::size_t>(numbers, 1), counts}}));
    for (std::size_t j = 0; j < numbers; ++j)
      for (const double value : examined.rows[d].table.numbers[j])
        if (value != 0 && value != 1) ++count.words("rows")[j];
    run.boundary().within_domain(d, count);
    others.push_back(count.values("rows"));
  }
  const std::vector<std::int64_t> found = count_domains_where(
      run, "domains in which columns vary", size + numbers, [&](std::size_t d, std::size_t i) {
        return i < size ? extremes[d].least[i] < extremes[d].most[i] : others[d][i - size] > 0;
      });
  FirstLook look;
  for (std::size_t i = 0; i < size; ++i)
    look.constant.push_back(found[i] == 0);
  for (std::size_t j = 0; j < numbers; ++j)
    look.binary.push_back(j >= columns.features && found[size + j] == 0);
  return look;
}

std::vector<std::vector<double>> find_quantiles(Run& run, const TableColumns& columns,
                                                const Examined& examined,
                                                const std::vector<bool>& skip) {
  std::vector<std::vector<double>> quantiles(columns.numbers.size());
  // The search counts rows up to values, down to single ones of single domains.
  if (run.boundary().contributors() > 1) return quantiles;
  std::vector<std::uint64_t> rows = rows_with_value(run, columns, examined);
  std::vector<DescribedRows> sorted;
  for (const ExaminedRows& domain : examined.rows) {
    sorted.push_back({domain.table.numbers, {}});
    for (std::vector<double>& column : sorted.back().numbers)
      std::erase_if(column, [](double value) { return std::isnan(value); });
  }
  bool any = false;
  for (std::size_t j = 0; j < rows.size(); ++j) {
    if (skip[j]) rows[j] = 0;
    any = any || rows[j] > 0;
  }
  if (!any) return quantiles;
  quantiles = exact_quantiles(columns.names(), sorted, rows, examined_quantiles, run.boundary());
  for (std::size_t j = 0; j < rows.size(); ++j)
    if (rows[j] == 0) quantiles[j].clear();
  return quantiles;
}

Division divide_by_edges(const std::string& name, std::vector<double> edges,
                         std::span<const ExaminedRows> rows, std::size_t number, bool has_missing) {
  Division division{name, {}, {}};
  for (std::size_t bin = 0; bin <= edges.size(); ++bin)
    division.parts.push_back(fmt::format("bin {}", bin + 1));
  if (has_missing) division.parts.emplace_back("none");
  division.part_of = [edges = std::move(edges), rows, number](std::size_t d, std::size_t r) {
    const double value = rows[d].table.numbers[number][r];
    if (std::isnan(value)) return edges.size() + 1;
    return static_cast<std::size_t>(std::ranges::lower_bound(edges, value) - edges.begin());
  };
  return division;
}

}  // namespace bailiwick
