// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/rare_groups.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <optional>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

/// The groups that a fit tells of: levels, classes, events, and of numbers the rows that do not
/// have the value that most rows have.
struct Groups {
  std::vector<std::string> names;
  std::vector<std::size_t> columns;           ///< numbers among the model's columns: of x
  std::vector<std::optional<double>> filled;  ///< of each, what stands for a missing value
  std::vector<std::size_t> targets;           ///< numbers among them
  bool weights, offset, trials;
  std::size_t events = 0;                          ///< group of them, where there are any
  std::vector<std::size_t> classes;                ///< targets that are categories
  std::vector<std::size_t> of_class;               ///< first group of each
  std::map<std::size_t, std::size_t> of_category;  ///< feature -> first group

  Groups(const ModelConfig& model, const ModelColumns& from, const Schema& schema)
      : weights(from.weights), offset(from.has_offset()), trials(from.trials.has_value()) {
    const std::size_t intercept = from.intercept ? 1 : 0;
    const auto add_number = [&](const std::string& name) {
      names.push_back(name + " (not the usual value)");
    };
    for (std::size_t j = 0; j < from.features.size(); ++j) {
      const ModelFeature& feature = from.features[j];
      if (from.factor[j]) continue;
      columns.push_back(intercept + columns.size());
      filled.emplace_back();
      for (const MissingFeature& missing : from.missing)
        if (!feature.derived && missing.name == schema.features[feature.column].name)
          filled.back() = missing.number;
      add_number(from.names[intercept + j]);
    }
    for (std::size_t k = 0; k < from.targets.size() && !has_times(model); ++k) {
      const Column& target = schema.targets[from.targets[k]];
      if (!target.categories.empty()) {
        classes.push_back(k);
        continue;
      }
      targets.push_back(k);
      add_number(target.name);
    }
    if (weights) add_number("the weight");
    if (offset) add_number("offset or exposure");
    if (trials) add_number("the trials");
    if (has_times(model)) {  // of times and statuses events are summed
      events = names.size();
      names.push_back("an event");
    }
    for (const std::size_t k : classes) {
      const Column& target = schema.targets[from.targets[k]];
      of_class.push_back(names.size());
      for (const std::string& name : target.categories)
        names.push_back(target.name + " " + name);
    }
    for (const ModelFeature& feature : from.features)
      if (feature.level && of_category.emplace(feature.column, names.size()).second)
        for (std::size_t code = 0; code < schema.features[feature.column].levels.size(); ++code)
          names.push_back(schema.features[feature.column].indicator(code));
  }

  std::size_t numbers() const {
    return columns.size() + targets.size() + (weights ? 1 : 0) + (offset ? 1 : 0) +
           (trials ? 1 : 0);
  }
};

/// How many rows have each number's most frequent value, at most: rows in buckets by two hashes of
/// the value, so that ranks can add them up. Two values share both buckets once in 2^16 times.
constexpr std::size_t buckets = 256;
std::array<std::size_t, 2> buckets_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value + 0.0);  // no -0
  const auto mixed = [](std::uint64_t x) {
    x = (x ^ (x >> 31)) * 0x9E3779B97F4A7C15U;
    return (x ^ (x >> 29)) * 0xBF58476D1CE4E5B9U;
  };
  return {mixed(bits) >> 56, buckets + (mixed(~bits * 0x94D049BB133111EBU) >> 56)};
}

/// Rows of each group in a local domain: on the rank that leads it, of all its ranks.
Aggregate count_groups(const LoadedRows& loaded, const Groups& groups, bool times, std::size_t d,
                       Sums& sums) {
  const kernels::RowBlocks& rows = loaded.rows;
  const std::size_t numbers = groups.numbers();
  Aggregate part(std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"rows", groups.names.size(), counts},
                          {"having", numbers, counts},
                          {"buckets", numbers * 2 * buckets, counts}}));
  const RowSum counted(part, "rows"), having(part, "having"), bucket(part, "buckets");
  const auto x = host_copy(rows.x);
  const auto y = host_copy(rows.y);
  const auto offset = host_copy(rows.offset);
  for_each_row(rows, part, [&](std::size_t b, std::size_t r, double, double weight) {
    std::size_t i = 0;
    const auto number = [&](double value, bool counts_it = true) {
      if (counts_it) {
        having.count(i);
        for (const std::size_t at : buckets_of(value))
          bucket.count(i * 2 * buckets + at);
      }
      ++i;
    };
    for (std::size_t j = 0; j < groups.columns.size(); ++j) {
      const double value = x(b, groups.columns[j], r);
      number(value, value != groups.filled[j]);
    }
    for (const std::size_t k : groups.targets)
      number(y(b, k, r));
    if (groups.weights) number(weight);
    if (groups.offset) number(offset(b, r));
    if (groups.trials) number(y(b, 1, r));
    if (times && y(b, 1, r) != 0) counted.count(groups.events);
    for (std::size_t k = 0; k < groups.classes.size(); ++k)
      counted.count(groups.of_class[k] + static_cast<std::size_t>(y(b, groups.classes[k], r)));
  });
  for (const auto& [feature, first] : groups.of_category)
    for (std::size_t code = 0; code < loaded.level_rows.at(feature).size(); ++code)
      counted.count(first + code, loaded.level_rows.at(feature)[code]);
  sums.within_domain(d, part);
  Aggregate result(std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"rows", groups.names.size(), counts,
                           std::make_shared<const std::vector<std::string>>(groups.names)}}));
  std::ranges::copy(part.words("rows"), result.words("rows").begin());
  const std::span in_buckets = part.words("buckets");
  for (std::size_t i = 0; i < numbers; ++i) {
    const auto of_hash = [&](std::size_t hash) {
      return std::ranges::max(in_buckets.subspan((2 * i + hash) * buckets, buckets));
    };
    const std::int64_t usual = std::min(of_hash(0), of_hash(1));
    const std::int64_t others = part.words("having")[i] - usual;
    if (usual >= others) result.words("rows")[i] = others;  // else no value is the usual one
  }
  return result;
}

}  // namespace

void refuse_rare_groups(Run& run, const ModelColumns& columns, const ModelRows& rows) {
  const Groups groups(run.config().model, columns, run.schema());
  Boundary& boundary = run.boundary();
  const bool shared = boundary.contributors() > 1;
  std::optional<Error> refusal;
  std::vector<Aggregate> parts;
  for (std::size_t d = 0; d < rows.domains.size(); ++d) {
    const LocalDomain& domain = run.local()[d];
    if (!shared && domain.minimum_group_rows <= 1) continue;
    parts.push_back(
        count_groups(rows.domains[d], groups, has_times(run.config().model), d, boundary));
    std::vector<std::string> rare;
    const std::span counted = parts.back().words("rows");
    for (std::size_t g = 0; g < groups.names.size(); ++g)
      if (counted[g] > 0 && static_cast<std::uint64_t>(counted[g]) < domain.minimum_group_rows)
        rare.push_back(groups.names[g]);
    if (!rare.empty() && !refusal)
      refusal =
          Error(ExitCode::policy,
                "domain {}: fewer of its rows than the {} that a policy asks for "
                "(minimum.group_rows, or without it minimum.rows) have: {}; a model tells "
                "sums over them. Leave such columns, and of a category all levels, out (-NAME "
                "among model.features), or have the owners merge rare levels at ingest",
                domain.admission.domain(), domain.minimum_group_rows, join(rare));
  }
  agree(run.world(), [&] {
    if (refusal) throw *refusal;
  });
  if (shared) boundary.check_contributors("rows of levels", parts);
}

}  // namespace bailiwick
