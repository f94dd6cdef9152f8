// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/imputation.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/data/group_sums.hpp"
#include "lib/data/load_rows.hpp"
#include "lib/data/minimums.hpp"
#include "lib/model/description.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

/// What is to be found: numbers, then categories with all their levels, and how they are read.
struct Wanted {
  std::vector<MissingFeature*> numbers, categories;
  std::vector<const Column*> levels_of;  ///< of each category
  ModelColumns columns;
};

Wanted find_wanted(ModelColumns& columns, const Schema& schema) {
  Wanted wanted;
  ModelColumns& read = wanted.columns;
  read.targets = columns.targets;  // which say, with these two, what rows there are
  read.categories = columns.categories;
  read.trials = columns.trials;
  read.weights = columns.weights;
  for (MissingFeature& missing : columns.missing) {
    if (missing.rule == MissingRule::drop) read.missing.push_back(missing);
    if (missing.rule == MissingRule::drop || missing.rule == MissingRule::number) continue;
    const auto column = std::ranges::find(schema.features, missing.name, &Column::name);
    const auto j = static_cast<std::size_t>(column - schema.features.begin());
    if (!column->is_category()) {
      wanted.numbers.push_back(&missing);
      read.missing.push_back({missing.name, MissingRule::keep});
      read.features.push_back({j, std::nullopt});
      read.factor.emplace_back();
      continue;
    }
    wanted.categories.push_back(&missing);
    wanted.levels_of.push_back(&*column);
    for (std::size_t code = 0; code < column->levels.size(); ++code) {
      read.features.push_back({j, code});
      read.factor.emplace_back(read.factors.size());
    }
    read.factors.push_back(j);
  }
  return wanted;
}

/// This rank's rows of one domain that have a value.
struct Observed {
  using Values = std::vector<std::pair<double, std::int64_t>>;  ///< and for how many rows it stands
  std::vector<Values> numbers;
  std::vector<std::vector<std::int64_t>> rows, stand_for;  ///< (category, level)
};

Observed observe(const LoadedRows& loaded, const Wanted& wanted, bool counts_weights) {
  Observed observed;
  observed.numbers.resize(wanted.numbers.size());
  for (const Column* column : wanted.levels_of)
    for (auto* counted : {&observed.rows, &observed.stand_for})
      counted->emplace_back(column->levels.size(), 0);
  const auto x = host_copy(loaded.rows.x);
  const auto weight = host_copy(loaded.rows.weight);
  const auto code = host_copy(loaded.rows.factors.code);
  for (std::size_t b = 0; b < loaded.rows.blocks(); ++b)
    for (std::size_t r = 0; r < loaded.rows.block_rows(); ++r) {
      if (weight(b, r) == 0) continue;
      const std::int64_t count =
          counts_weights ? static_cast<std::int64_t>(weight(b, r)) : std::int64_t{1};
      for (std::size_t j = 0; j < observed.numbers.size(); ++j)
        if (!std::isnan(x(b, j, r))) observed.numbers[j].emplace_back(x(b, j, r), count);
      for (std::size_t f = 0; f < observed.rows.size(); ++f) {
        const std::size_t level = code(b, f, r) - 1U;  // cell 0: of levels that are not read
        observed.rows[f][level] += 1;
        observed.stand_for[f][level] += count;
      }
    }
  return observed;
}

/// Of all domains: for how many rows each number's values stand, their mean where it is asked for,
/// and for how many rows each level stands but that of missing ones.
struct Found {
  std::vector<std::int64_t> numbers;
  std::vector<double> means;
  std::vector<std::vector<std::int64_t>> levels;
};

Found sum_observed(const std::vector<Observed>& domains, const Wanted& wanted, Boundary& sums) {
  std::vector<std::string> names;
  for (const MissingFeature* missing : wanted.numbers)
    names.push_back(missing->name);
  const auto of_numbers = std::make_shared<const std::vector<std::string>>(names);
  for (const Column* column : wanted.levels_of)
    for (const std::string& level : column->levels)
      names.push_back(column->name + " " + level);
  const auto of_all = std::make_shared<const std::vector<std::string>>(names);
  const std::size_t numbers = of_numbers->size();
  // Of these minimums are asked: rows that are there, not those that they stand for.
  std::vector<Stream> streams{{"rows", names.size(), counts, of_all},
                              {"stand_for", names.size(), counts, of_all},
                              {"sums", numbers, any_size, of_numbers}};
  const auto layout = std::make_shared<const AggregateLayout>(std::move(streams));
  std::vector<Aggregate> parts;
  for (const Observed& observed : domains) {
    Aggregate& part = parts.emplace_back(layout);
    const RowSum rows(part, "rows"), stand_for(part, "stand_for"), sum(part, "sums");
    for (std::size_t j = 0; j < numbers; ++j) {
      std::size_t since_carry = 0;
      for (const auto& [value, count] : observed.numbers[j]) {
        rows.count(j);
        stand_for.count(j, count);
        if (wanted.numbers[j]->rule == MissingRule::mean)
          sum.add(value * static_cast<double>(count), j);
        if (++since_carry % rows_between_carries == 0) part.normalise();
      }
      part.normalise();
    }
    std::size_t i = numbers;
    for (std::size_t f = 0; f < observed.rows.size(); ++f)
      for (std::size_t level = 0; level < observed.rows[f].size(); ++level, ++i) {
        if (level == wanted.levels_of[f]->missing_code()) continue;
        rows.count(i, observed.rows[f][level]);
        stand_for.count(i, observed.stand_for[f][level]);
      }
  }
  const Aggregate total = sum_groups("missing values", std::move(parts), sums);
  if (total.saturated() != 0)
    throw Error(ExitCode::data, "model.missing: a sum of values is not finite or too large");
  const std::span words = total.words("stand_for");
  Found found{{words.begin(), words.begin() + static_cast<std::ptrdiff_t>(numbers)},
              total.values("sums"),
              {}};
  for (std::size_t j = 0; j < numbers; ++j)
    found.means[j] /= static_cast<double>(found.numbers[j]);
  auto at = words.begin() + static_cast<std::ptrdiff_t>(numbers);
  for (const Column* column : wanted.levels_of) {
    const auto end = at + static_cast<std::ptrdiff_t>(column->levels.size());
    found.levels.emplace_back(at, end);
    at = end;
  }
  return found;
}

/// The mean of the two values in the middle, which of an odd number of rows are the same.
std::vector<double> medians(std::vector<Observed>& domains, const Wanted& wanted,
                            const Found& found, Boundary& sums) {
  std::vector<std::string> names;
  std::vector<std::vector<std::int64_t>> ranks(wanted.numbers.size());
  bool any = false;
  for (std::size_t j = 0; j < ranks.size(); ++j) {
    names.push_back(wanted.numbers[j]->name);
    if (wanted.numbers[j]->rule != MissingRule::median) continue;
    any = true;
    ranks[j] = {(found.numbers[j] + 1) / 2, found.numbers[j] / 2 + 1};
  }
  if (!any) return std::vector<double>(ranks.size());
  for (Observed& observed : domains)
    for (Observed::Values& values : observed.numbers) {
      std::ranges::sort(values);
      std::int64_t up_to = 0;
      for (auto& [value, count] : values)
        count = up_to += count;
    }
  const auto rows_up_to = [&](std::size_t d, std::size_t j, double value) -> std::int64_t {
    const Observed::Values& values = domains[d].numbers[j];
    const auto above =
        std::ranges::upper_bound(values, value, {}, &Observed::Values::value_type::first);
    return above == values.begin() ? 0 : std::prev(above)->second;
  };
  std::vector<double> result(ranks.size());
  const auto middle = values_at_ranks("medians", names, ranks, domains.size(), rows_up_to, sums);
  for (std::size_t j = 0; j < ranks.size(); ++j)
    if (!middle[j].empty()) result[j] = (middle[j][0] + middle[j][1]) / 2;
  return result;
}

}  // namespace

void fit_missing(Run& run, ModelColumns& columns) {
  const ModelConfig& model = run.config().model;
  agree(run.world(), [&] { refuse_columns(run, columns, true); });
  Wanted wanted = find_wanted(columns, run.schema());
  if (wanted.columns.features.empty()) return;
  std::vector<Observed> domains;
  agree(run.world(), [&] {
    for (const LocalDomain& domain : run.local())
      domains.push_back(observe(load_rows(domain, model, wanted.columns, run.config().train.split,
                                          !has_minimum(run, domain)),
                                wanted, model.counts_weights()));
  });
  const Found found = sum_observed(domains, wanted, run.boundary());
  const auto demand = [](bool holds, const MissingFeature& missing) {
    if (!holds)
      throw Error(ExitCode::data,
                  "model.missing: no row to train on has a value of \"{}\": leave it out of "
                  "model.features, or give a number",
                  missing.name);
  };
  for (std::size_t j = 0; j < wanted.numbers.size(); ++j)
    demand(found.numbers[j] > 0, *wanted.numbers[j]);
  const std::vector<double> middle = medians(domains, wanted, found, run.boundary());
  for (std::size_t j = 0; j < wanted.numbers.size(); ++j)
    wanted.numbers[j]->number =
        wanted.numbers[j]->rule == MissingRule::mean ? found.means[j] : middle[j];
  for (std::size_t f = 0; f < wanted.categories.size(); ++f) {
    const auto most = std::ranges::max_element(found.levels[f]);  // of equals the first
    demand(*most > 0, *wanted.categories[f]);
    wanted.categories[f]->level =
        wanted.levels_of[f]->levels[static_cast<std::size_t>(most - found.levels[f].begin())];
  }
}

}  // namespace bailiwick
