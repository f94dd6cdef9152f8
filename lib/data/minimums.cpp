// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/minimums.hpp"

#include <algorithm>
#include <string>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

namespace {

/// Whoever cuts a column where he likes can cut one row off, and with powers and products enough,
/// or several functions of one number, sums tell the rows that they are of. nullptr: it is allowed.
const char* why_refused(const DerivedColumn& column, const ModelColumns& columns) {
  if (column.is_free())
    return "columns that the config makes could leave fewer to themselves: have the column made "
           "before it is ingested";
  if (column.is_indicator_of_missing()) return nullptr;  // where it cuts the owners have said
  const std::size_t made_of = column.factors.front().column;
  const auto others = std::ranges::count_if(columns.features, [&](const ModelFeature& feature) {
    return feature.column == made_of &&
           !(feature.derived && columns.derived[*feature.derived].is_indicator_of_missing());
  });
  return others > 1 ? "several columns of one number could leave fewer to themselves: have them "
                      "made before they are ingested"
                    : nullptr;
}

}  // namespace

bool has_minimum(const Run& run, const LocalDomain& domain) {
  return domain.minimum_rows > 1 || run.domains()[domain.index].minimum_contributors > 1;
}

void refuse_columns(const Run& run, const ModelColumns& columns, bool trains) {
  std::vector<std::string> problems;
  std::string demanding;  // the first domain with a minimum
  for (const LocalDomain& domain : run.local())
    if (demanding.empty() && has_minimum(run, domain)) demanding = run.domains()[domain.index].name;
  if (demanding.empty()) return;
  const auto refuse = [&](const std::string& what, const char* why) {
    problems.push_back(fmt::format(
        "{}: the policy of domain {} asks for a minimum of rows or contributors, and {}", what,
        demanding, why));
  };
  for (const DerivedColumn& column : columns.derived)
    if (const char* why = why_refused(column, columns))
      refuse(fmt::format("model.features: \"{}\"", column.name), why);
  for (const MissingFeature& missing : columns.missing) {
    if (trains && missing.rule == MissingRule::median)
      refuse(fmt::format("model.missing: {}: median", missing.name),
             "a median is the value of one row or two: take mean");
    if (trains && missing.rule == MissingRule::number)
      refuse(fmt::format("model.missing: {}: a number", missing.name),
             "a number of the config's can set a few rows apart: take mean");
  }
  if (!problems.empty()) throw Error(ExitCode::policy, "{}", join(problems, "\n"));
}

}  // namespace bailiwick
