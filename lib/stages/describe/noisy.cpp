// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/describe/noisy.hpp"

#include <algorithm>
#include <cmath>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/private/grid.hpp"
#include "lib/private/rows.hpp"
#include "lib/stages/describe/tables.hpp"
#include "lib/stages/shown.hpp"

namespace bailiwick {

namespace {

constexpr const char* cells_release = "cells";
constexpr const char* moments_release = "moments";
/// Binary digits of a row in a cell, and of a number between -1 and 1.
constexpr int digits = 10;

/// A column, and where it lies in a row: among the numbers, the codes, or the targets.
struct Source {
  enum { number, code, target } kind;
  std::size_t place;
};
struct Number {
  const Column* column;
  Source source;
};
struct Category : DescribedColumns::Category {
  Source source;
};

/// What is counted together: of a number its bins, of a category its levels, of two their pairs.
class Plan {
 public:
  Plan(const Schema& schema, const NoisyDescription& how, std::size_t bins) : bins_(bins) {
    std::size_t of_numbers = 0, of_codes = 0;
    for (const Column& column : schema.features)
      column.is_category()
          ? categories.push_back({{column.name, column.levels}, {Source::code, of_codes++}})
          : add(column, {Source::number, of_numbers++});
    for (std::size_t k = 0; k < schema.targets.size(); ++k) {
      const Column& column = schema.targets[k];
      column.categories.empty()
          ? add(column, {Source::target, k})
          : categories.push_back({{column.name, column.categories}, {Source::target, k}});
    }
    for (const std::vector<std::string>& pair : how.tables)
      tables.emplace_back(find(pair[0]), find(pair[1]));
  }

  std::vector<Number> numbers;
  std::vector<Category> categories;
  std::vector<std::pair<std::size_t, std::size_t>> tables;
  std::vector<std::string> left_out;  ///< numbers without a declared range

  std::size_t cells() const { return first_cell(groups()); }
  /// A row is in one cell of each.
  std::size_t groups() const { return numbers.size() + categories.size() + tables.size(); }
  std::size_t first_cell(std::size_t group) const {
    std::size_t cell = 0;
    for (std::size_t g = 0; g < group; ++g)
      cell += size(g);
    return cell;
  }
  std::size_t size(std::size_t group) const {
    if (group < numbers.size()) return bins_;
    group -= numbers.size();
    if (group < categories.size()) return categories[group].levels.size();
    const auto [left, right] = tables[group - categories.size()];
    return categories[left].levels.size() * categories[right].levels.size();
  }

  std::shared_ptr<const AggregateLayout> layout() const {
    std::vector<Stream> streams;
    streams.reserve(2);
    streams.push_back({cells_release, cells(), {2, digits}});
    if (!numbers.empty()) streams.push_back({moments_release, 2 * numbers.size(), {2, 2 * digits}});
    return std::make_shared<const AggregateLayout>(std::move(streams));
  }

 private:
  void add(const Column& column, Source source) {
    if (column.minimum && column.maximum && *column.minimum < *column.maximum)
      numbers.push_back({&column, source});
    else
      left_out.push_back(column.name);
  }
  std::size_t find(const std::string& name) const {
    const auto found = std::ranges::find(categories, name, &Category::name);
    if (found != categories.end()) return static_cast<std::size_t>(found - categories.begin());
    std::vector<std::string> names;
    for (const Category& category : categories)
      names.push_back(category.name);
    throw Error(ExitCode::config, "describe.tables: the partitions have no category \"{}\"{}", name,
                did_you_mean(name, names));
  }

  std::size_t bins_;
};

/// The rows of a domain on this rank, as the plan reads them.
class Reader {
 public:
  explicit Reader(const kernels::RowBlocks& rows)
      : x_(host_copy(rows.x)), y_(host_copy(rows.y)), codes_(host_copy(rows.factors.code)) {}

  double number(const Source& source, std::size_t b, std::size_t r) const {
    return source.kind == Source::number ? x_(b, source.place, r) : y_(b, source.place, r);
  }
  /// One that is none counts as the first.
  std::size_t code(const Category& category, std::size_t b, std::size_t r) const {
    const double code = category.source.kind == Source::code
                            ? codes_(b, category.source.place, r) - 1.0
                            : y_(b, category.source.place, r);
    return code > 0 && code < static_cast<double>(category.levels.size())
               ? static_cast<std::size_t>(code)
               : 0;
  }

 private:
  decltype(host_copy(kernels::RowBlocks().x)) x_;
  decltype(host_copy(kernels::RowBlocks().y)) y_;
  decltype(host_copy(kernels::RowBlocks().factors.code)) codes_;
};

/// Where a number lies in its declared range, from -1 to 1; NaN: it is missing.
double place_of(const Column& column, double value) {
  if (std::isnan(value)) return value;
  const double low = *column.minimum, high = *column.maximum;
  return std::clamp((value - low) / (high - low) * 2 - 1, -1.0, 1.0);
}

Aggregate count_rows(const Plan& plan, const kernels::RowBlocks& rows) {
  Aggregate sums(plan.layout());
  const Reader reader(rows);
  const auto weight = host_copy(rows.weight);
  const std::span<std::int64_t> cells = sums.words(cells_release);
  const auto count = [&](std::size_t group, std::size_t cell) {
    cells[plan.first_cell(group) + cell] += std::int64_t{1} << digits;
  };
  for (std::size_t b = 0; b < rows.blocks(); ++b)
    for (std::size_t r = 0; r < rows.block_rows(); ++r) {
      if (weight(b, r) == 0) continue;
      for (std::size_t j = 0; j < plan.numbers.size(); ++j) {
        const double place =
            place_of(*plan.numbers[j].column, reader.number(plan.numbers[j].source, b, r));
        if (std::isnan(place)) continue;
        const std::size_t bins = plan.size(j);
        count(j, std::min(
                     static_cast<std::size_t>(snapped((place + 1) / 2 * static_cast<double>(bins))),
                     bins - 1));
        const std::int64_t whole = std::llrint(snapped(std::ldexp(place, digits)));
        const std::span<std::int64_t> moments = sums.words(moments_release);
        moments[2 * j] += whole << digits;
        moments[2 * j + 1] += whole * whole;
      }
      std::size_t group = plan.numbers.size();
      for (const Category& category : plan.categories)
        count(group++, reader.code(category, b, r));
      for (const auto& [left, right] : plan.tables)
        count(group++,
              reader.code(plan.categories[left], b, r) * plan.categories[right].levels.size() +
                  reader.code(plan.categories[right], b, r));
    }
  return sums;
}

/// Noisy rows as people count them: whole, and no fewer than none.
std::vector<std::int64_t> counts_of(const Plan& plan, const std::vector<double>& cells,
                                    std::size_t group) {
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < plan.size(group); ++i)
    rows.push_back(std::max<std::int64_t>(0, std::llrint(cells[plan.first_cell(group) + i])));
  return rows;
}

/// The value below which a share of the counted rows lies, as if rows lay evenly within a bin.
double quantile(const std::vector<double>& edges, const std::vector<std::int64_t>& rows,
                double probability) {
  double all = 0, below = 0;
  for (const std::int64_t of_bin : rows)
    all += static_cast<double>(of_bin);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto of_bin = static_cast<double>(rows[i]);
    if (of_bin > 0 && below + of_bin >= probability * all)
      return edges[i] + (edges[i + 1] - edges[i]) * ((probability * all - below) / of_bin);
    below += of_bin;
  }
  return NAN;
}

Json number_json(const Column& column, const std::vector<std::int64_t>& rows, double sum,
                 double squares, const std::vector<double>& probabilities) {
  const double low = *column.minimum, half = (*column.maximum - low) / 2;
  double counted = 0;
  std::vector<double> edges;
  for (std::size_t i = 0; i <= rows.size(); ++i)
    edges.push_back(low + 2 * half * (static_cast<double>(i) / static_cast<double>(rows.size())));
  for (const std::int64_t of_bin : rows)
    counted += static_cast<double>(of_bin);
  const double mean = std::clamp(sum / counted, -1.0, 1.0);
  const double variance = std::max(0.0, squares / counted - mean * mean);
  std::vector<std::int64_t> with_outside{0};  // nothing lies beyond a declared range
  with_outside.insert(with_outside.end(), rows.begin(), rows.end());
  with_outside.push_back(0);
  Json json = {{"name", column.name},
               {"kind", "number"},
               {"mean", number_or_null(low + half * (mean + 1))},
               {"sd", number_or_null(half * std::sqrt(variance))},
               {"quantiles", Json::array()},
               {"histogram", {{"edges", edges}, {"rows", with_outside}}}};
  if (!column.unit.empty()) json["unit"] = column.unit;
  for (const double probability : probabilities)
    json["quantiles"].push_back({probability, number_or_null(quantile(edges, rows, probability))});
  return json;
}

/// Whole steps of a grid that a unit can move a sum of so many squared lengths by.
std::uint64_t moved(double squares, std::uint64_t unit_rows, int grid) {
  return static_cast<std::uint64_t>(
      std::ceil(std::ldexp(std::sqrt(squares) * static_cast<double>(unit_rows), grid)));
}

}  // namespace

NoisePlan description_noise(const RunConfig& config) {
  return plan_noise(config.privacy->statistics_epsilon, config.privacy->delta,
                    {{cells_release, 1, 0.6}, {moments_release, 1, 0.4}});
}

Json describe_with_noise(Run& run, const NoisyDescription& how) {
  const PrivacyConfig& privacy = *run.config().privacy;
  const Plan plan(run.schema(), how, static_cast<std::size_t>(privacy.bins));
  const ModelColumns all = all_columns(run.schema());
  DeclaredScale as_they_are;
  as_they_are.centre.assign(all.columns(), 0.0);
  as_they_are.scale.assign(all.columns(), 1.0);
  std::vector<Aggregate> parts;
  for (const kernels::RowBlocks& rows :
       load_private_rows(run, ModelConfig(), all, as_they_are, how.split, privacy.unit_rows))
    parts.push_back(count_rows(plan, rows));

  if (plan.groups() == 0)
    throw Error(ExitCode::config,
                "privacy: no column has levels or a declared range, so there is nothing to count");
  // A row leaves one cell of each group for another. Of a number x between -1 and 1 that another
  // takes the place of, x and x^2 move by at most 2 and 0: the longest of all moves.
  const NoisePlan noise = description_noise(run.config());
  std::vector<NoisyStream> streams{
      {cells_release, moved(2.0 * static_cast<double>(plan.groups()), privacy.unit_rows, digits),
       noise.release(cells_release).scale}};
  if (!plan.numbers.empty())
    streams.push_back(
        {moments_release,
         moved(4.0 * static_cast<double>(plan.numbers.size()), privacy.unit_rows, 2 * digits),
         noise.release(moments_release).scale});
  const Aggregate total = run.boundary().across_domains_with_noise(
      "rows in cells and sums of numbers, with noise", std::move(parts), streams, {});
  const std::vector<double> cells = total.values(cells_release);
  const std::vector<double> moments =
      plan.numbers.empty() ? std::vector<double>() : total.values(moments_release);

  Json columns = Json::array(), tables = Json::array();
  std::int64_t rows = 0;
  double all_rows = 0;
  for (std::size_t j = 0; j < plan.numbers.size(); ++j)
    columns.push_back(number_json(*plan.numbers[j].column, counts_of(plan, cells, j),
                                  moments[2 * j], moments[2 * j + 1], how.probabilities));
  std::size_t group = plan.numbers.size();
  for (const Category& category : plan.categories)
    columns.push_back(category_json(category, counts_of(plan, cells, group++)));
  for (const auto& [left, right] : plan.tables)
    tables.push_back(
        table_json(plan.categories[left], plan.categories[right], counts_of(plan, cells, group++)));
  // Each group counts all rows, but for those without a number: the one with fewest cells best.
  std::size_t fewest = 0;
  for (std::size_t g = 1; g < plan.groups(); ++g)
    if (plan.size(g) < plan.size(fewest)) fewest = g;
  if (plan.groups() > 0)
    for (std::size_t i = 0; i < plan.size(fewest); ++i)
      all_rows += cells[plan.first_cell(fewest) + i];
  rows = std::max<std::int64_t>(0, std::llrint(all_rows));
  return {{"format", "bailiwick-description"},
          {"version", 1},
          {"rows", rows},
          {"split", how.split},
          {"columns", columns},
          {"tables", tables},
          {"privacy",
           {{"epsilon", privacy.statistics_epsilon},
            {"delta", privacy.delta},
            {"unit_rows", privacy.unit_rows},
            {"noise",
             run.boundary().noise_deviation(plan.layout()->stream(cells_release), streams.front())},
            {"left_out", plan.left_out}}}};
}

}  // namespace bailiwick
