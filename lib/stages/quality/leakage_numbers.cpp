// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <memory>

#include "lib/core/json.hpp"
#include "lib/data/group_sums.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/describe/moments.hpp"
#include "lib/stages/quality/leakage.hpp"

namespace bailiwick {

namespace {

/// Those numbers, of the rows that have a value of each.
NumbersOfDomains chosen_numbers(const TableColumns& columns, const Examined& examined,
                                const std::vector<std::size_t>& chosen) {
  NumbersOfDomains numbers;
  for (const std::size_t j : chosen) {
    numbers.columns.push_back(columns.numbers[j]);
    numbers.columns.back().missing = false;
  }
  for (std::size_t d = 0; d < examined.rows.size(); ++d) {
    numbers.rows.push_back(rows_with(examined.numbers[d], chosen));
    std::uint64_t& held = numbers.held.emplace_back(0);
    for (std::size_t r = 0; r < examined.rows[d].rows; ++r)
      held += std::ranges::none_of(
                  chosen,
                  [&](std::size_t j) { return std::isnan(examined.rows[d].table.numbers[j][r]); })
                  ? 1
                  : 0;
  }
  return numbers;
}

class LeakageOfNumbers {
 public:
  LeakageOfNumbers(Run& run, const TableColumns& columns, const Examined& examined,
                   std::vector<std::size_t> targets)
      : run_(run), columns_(columns), examined_(examined), targets_(std::move(targets)) {
    for (const ExaminedRows& domain : examined.rows)
      held_.push_back(domain.rows);
  }

  /// Of these features with each target; `rows`: that have them all. Three rounds. Returns the
  /// moments of the features and, behind them, the targets.
  MomentsOfNumbers correlate(std::vector<std::size_t> features, std::uint64_t rows) {
    const std::size_t count = features.size();
    features.insert(features.end(), targets_.begin(), targets_.end());
    const NumbersOfDomains numbers = chosen_numbers(columns_, examined_, features);
    Boundary& sums = run_.boundary();
    sums.hold_rows(numbers.held);
    MomentsOfNumbers moments = pooled_moments(numbers, rows, sums);
    const Json triangle = correlation_json(numbers, moments, rows, sums).at("lower_triangle");
    sums.hold_rows(held_);
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t t = 0; t < targets_.size(); ++t) {
        const double correlation = triangle[count + t][i].get<double>();
        found.push_back({features[i], columns_.numbers[targets_[t]].name, "r_squared", "", "value",
                         correlation * correlation});
      }
    return moments;
  }

  /// The share of each target's variance that lies between the levels of these categories. One
  /// round. `centre` and `scale`: of the targets.
  void compare_levels(const std::vector<std::size_t>& categories, std::span<const double> centre,
                      std::span<const double> scale) {
    std::vector<std::string> names, groups;
    for (const std::size_t c : categories)
      for (const std::string& level : columns_.categories[c].levels) {
        groups.push_back(columns_.categories[c].name + " " + level);
        for (const std::size_t t : targets_)
          names.push_back(groups.back() + " with " + columns_.numbers[t].name);
      }
    if (groups.empty()) return;
    const auto named = [](const std::vector<std::string>& list) {
      return std::make_shared<const std::vector<std::string>>(list);
    };
    const auto layout = std::make_shared<const AggregateLayout>(
        std::vector<Stream>{{"rows", groups.size(), counts, named(groups)},
                            {"sums", names.size(), any_size, named(names)}});
    std::vector<Aggregate> parts;
    for (const ExaminedRows& domain : examined_.rows) {
      Aggregate& part = parts.emplace_back(layout);
      const RowSum counted(part, "rows"), sum(part, "sums");
      for (std::size_t r = 0; r < domain.rows; ++r) {
        std::size_t first = 0;
        for (const std::size_t c : categories) {
          const std::size_t group = first + domain.table.codes[c][r];
          counted.count(group);
          for (std::size_t t = 0; t < targets_.size(); ++t)
            sum.add((domain.table.numbers[targets_[t]][r] - centre[t]) * scale[t],
                    group * targets_.size() + t);
          first += columns_.categories[c].levels.size();
        }
        if ((r + 1) % rows_between_carries == 0) part.normalise();
      }
      part.normalise();
    }
    const Aggregate total = sum_groups("targets by level", std::move(parts), run_.boundary());
    const std::span rows = total.words("rows");
    const std::vector<double> sums = total.values("sums");
    const double squares = static_cast<double>(examined_.selected) - 1;  // of what is standardised
    std::size_t first = 0;
    for (const std::size_t c : categories) {
      const std::size_t levels = columns_.categories[c].levels.size();
      for (std::size_t t = 0; t < targets_.size(); ++t) {
        double between = 0;
        for (std::size_t group = first; group < first + levels; ++group)
          if (rows[group] > 0) {
            const double of_group = sums[group * targets_.size() + t];
            between += of_group * of_group / static_cast<double>(rows[group]);
          }
        found.push_back({columns_.numbers.size() + c, columns_.numbers[targets_[t]].name,
                         "eta_squared", "", "level", between / squares});
      }
      first += levels;
    }
  }

  std::vector<Leakage> found;

 private:
  Run& run_;
  const TableColumns& columns_;
  const Examined& examined_;
  std::vector<std::size_t> targets_;
  std::vector<std::uint64_t> held_;
};

}  // namespace

std::vector<Leakage> leakage_of_numbers(Run& run, const TableColumns& columns,
                                        const Examined& examined, const FirstLook& look,
                                        const QualityPlan& plan, const Counts& told) {
  std::vector<std::size_t> targets, complete, categories;
  for (std::size_t j = columns.features; j < columns.numbers.size(); ++j)
    if (!plan.is_binary(j) && !look.constant[j]) targets.push_back(j);
  // Sums of single domains are no sums: what minimum.contributors asks for cannot be kept here.
  if (targets.empty() || run.boundary().contributors() > 1 || examined.selected < 3) return {};
  LeakageOfNumbers leakage(run, columns, examined, targets);
  for (std::size_t j = 0; j < columns.features; ++j)
    if (!columns.numbers[j].missing) complete.push_back(j);
  const MomentsOfNumbers moments = leakage.correlate(complete, examined.selected);
  for (std::size_t j = 0; j < columns.features; ++j) {
    if (!columns.numbers[j].missing || told[*plan.numbers[j].missing].empty()) continue;
    const std::int64_t rows = told[*plan.numbers[j].missing].front();
    std::vector<std::uint64_t> with;
    for (std::size_t d = 0; d < examined.rows.size(); ++d) {
      Aggregate count(
          std::make_shared<const AggregateLayout>(std::vector<Stream>{{"rows", 1, counts}}));
      for (const double value : examined.rows[d].table.numbers[j])
        count.words("rows")[0] += std::isnan(value) ? 0 : 1;
      run.boundary().within_domain(d, count);
      with.push_back(static_cast<std::uint64_t>(count.words("rows")[0]));
    }
    const std::vector<std::int64_t> few =
        count_domains_where(run, "domains with few values", 1, [&](std::size_t d, std::size_t) {
          return with[d] > 0 && with[d] < run.local()[d].minimum_rows;
        });
    if (few.front() == 0 && rows > 2) leakage.correlate({j}, static_cast<std::uint64_t>(rows));
  }
  for (std::size_t c = 0; c < columns.factors; ++c)
    if (!told[*plan.categories[c].parts].empty()) categories.push_back(c);
  const std::span centre(moments.centre), scale(moments.scale);
  leakage.compare_levels(categories, centre.last(targets.size()), scale.last(targets.size()));
  return std::move(leakage.found);
}

}  // namespace bailiwick
