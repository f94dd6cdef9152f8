// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/rare_groups.hpp"

#include <optional>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

/// The groups that a fit tells of, in the order in which Counter counts them.
struct Groups {
  std::vector<std::string> names;
  std::vector<std::size_t> numbers;   ///< of the model's columns: those held as numbers, in x
  std::vector<std::size_t> targets;   ///< numbers among them
  std::vector<std::size_t> classes;   ///< categories among them
  std::vector<std::size_t> first;     ///< group of each factor's cell 0
  std::vector<std::size_t> of_class;  ///< first group of each of `classes`

  Groups(const ModelConfig& model, const ModelColumns& columns, const Schema& schema) {
    const std::size_t intercept = columns.intercept ? 1 : 0;
    // Of a number two groups: what is not 0, and, of a column of 0 and 1 alone, what is.
    const auto add_number = [&](const std::string& name) {
      names.push_back(name + " (not 0)");
      names.push_back(name + " (0)");
    };
    for (std::size_t j = 0; j < columns.features.size(); ++j)
      if (!columns.factor[j]) {
        numbers.push_back(intercept + numbers.size());
        add_number(columns.names[intercept + j]);
      }
    for (std::size_t k = 0; k < columns.targets.size(); ++k) {
      const Column& target = schema.targets[columns.targets[k]];
      // A time is summed in no model; of its status only events are.
      if (has_times(model) && k != 1) continue;
      if (!has_times(model) && !target.categories.empty()) continue;
      targets.push_back(k);
      add_number(target.name);
    }
    for (std::size_t f = 0; f < columns.factors.size(); ++f) {
      first.push_back(names.size());
      names.push_back("no level of " + schema.features[columns.factors[f]].name +
                      " that the model has");
      for (std::size_t j = 0; j < columns.features.size(); ++j)
        if (columns.factor[j] == f) names.push_back(columns.names[intercept + j]);
    }
    for (std::size_t k = 0; k < columns.targets.size() && !has_times(model); ++k) {
      const Column& target = schema.targets[columns.targets[k]];
      if (target.categories.empty()) continue;
      classes.push_back(k);
      of_class.push_back(names.size());
      for (const std::string& name : target.categories)
        names.push_back(target.name + " " + name);
    }
  }
};

/// Rows of each group in a local domain: on the rank that leads it, of all its ranks.
Aggregate count_groups(const kernels::RowBlocks& rows, const Groups& groups, bool times,
                       std::size_t d, Sums& sums) {
  const std::size_t numbers = groups.numbers.size() + groups.targets.size();
  Aggregate part(std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"rows", groups.names.size(), counts,
                           std::make_shared<const std::vector<std::string>>(groups.names)},
                          {"others", numbers, counts}}));  // neither 0 nor 1
  const RowSum counted(part, "rows"), others(part, "others");
  const auto x = host_copy(rows.x);
  const auto y = host_copy(rows.y);
  const auto code = host_copy(rows.factors.code);
  for_each_row(rows, part, [&](std::size_t b, std::size_t r, double, double) {
    std::size_t i = 0;
    const auto number = [&](double value) {
      counted.count(2 * i + (value == 0 ? 1 : 0));
      if (value != 0 && value != 1) others.count(i);
      ++i;
    };
    for (const std::size_t j : groups.numbers)
      number(x(b, j, r));
    for (const std::size_t k : groups.targets)
      number(y(b, k, r));
    for (std::size_t f = 0; f < groups.first.size(); ++f)
      counted.count(groups.first[f] + code(b, f, r));
    for (std::size_t k = 0; k < groups.classes.size(); ++k)
      counted.count(groups.of_class[k] + static_cast<std::size_t>(y(b, groups.classes[k], r)));
  });
  sums.within_domain(d, part);
  const std::span others_of = part.words("others");
  for (std::size_t i = 0; i < numbers; ++i) {
    const bool status = times && i >= groups.numbers.size();
    if (others_of[i] > 0 || status) part.words("rows")[2 * i + 1] = 0;
    others_of[i] = 0;
  }
  return part;
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
        count_groups(rows.domains[d].rows, groups, has_times(run.config().model), d, boundary));
    std::vector<std::string> rare;
    const std::span counted = parts.back().words("rows");
    for (std::size_t g = 0; g < groups.names.size(); ++g)
      if (counted[g] > 0 && static_cast<std::uint64_t>(counted[g]) < domain.minimum_group_rows)
        rare.push_back(groups.names[g]);
    if (!rare.empty() && !refusal)
      refusal = Error(ExitCode::policy,
                      "domain {}: fewer of its rows than the {} that a policy asks for "
                      "(minimum.group_rows, or without it minimum.rows) have: {}; a model tells "
                      "sums over them. Leave such levels and columns out (-NAME among "
                      "model.features), or have the owners merge rare levels at ingest",
                      domain.admission.domain(), domain.minimum_group_rows, join(rare));
  }
  agree(run.world(), [&] {
    if (refusal) throw *refusal;
  });
  if (shared) boundary.check_contributors("rows of levels", parts);
}

}  // namespace bailiwick
