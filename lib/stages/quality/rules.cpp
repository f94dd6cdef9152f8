// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/quality/rules.hpp"

#include <algorithm>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/data/minimums.hpp"
#include "lib/data/pattern.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

/// Of a column, where an owner has a minimum: each tells in how many domains a share is beyond a
/// bound that the config chooses.
constexpr std::size_t most_rules_with_minimum = 10;

bool is_about(const ColumnRuleConfig& rule, const std::string& column) {
  return std::ranges::any_of(
      rule.columns, [&](const std::string& pattern) { return matches_pattern(pattern, column); });
}

std::vector<std::string> names_of(const TableColumns& columns) {
  std::vector<std::string> names;
  for (const Column& column : columns.numbers)
    names.push_back(column.name);
  for (const TableColumns::Category& category : columns.categories)
    names.push_back(category.name);
  return names;
}

bool is_pattern(const std::string& name) {
  return name.find('*') != std::string::npos;
}

void check_category(const ColumnRuleConfig& rule, const std::vector<std::string>& levels,
                    const std::string& name, const std::string& key) {
  if (rule.minimum || rule.maximum)
    throw Error(ExitCode::config,
                "{}: \"{}\" is a category, which has levels and no minimum or maximum", key, name);
  for (const auto& [level, range] : rule.share_of)
    if (std::ranges::find(levels, level) == levels.end())
      throw Error(ExitCode::config, "{}.share_of: \"{}\" has no level \"{}\"; it has: {}{}", key,
                  name, level, join(levels), did_you_mean(level, levels));
}

}  // namespace

std::string ClosedRange::outside_text() const {
  if (!low && !high) return "nowhere";
  if (!low) return "above " + round_trip(*high);
  if (!high) return "below " + round_trip(*low);
  return fmt::format("outside {} to {}", round_trip(*low), round_trip(*high));
}

bool stands(Relation is, double left, double right) {
  switch (is) {
    case Relation::less:
      return left < right;
    case Relation::at_most:
      return left <= right;
    case Relation::equal:
      return left == right;
    case Relation::at_least:
      return left >= right;
    case Relation::greater:
      return left > right;
    case Relation::different:
      return left != right;
  }
  return true;
}

std::vector<const ColumnRuleConfig*> rules_of(const QualityConfig& how, const std::string& column) {
  std::vector<const ColumnRuleConfig*> found;
  for (const ColumnRuleConfig& rule : how.rules)
    if (rule.severity != Severity::off && is_about(rule, column)) found.push_back(&rule);
  return found;
}

void check_rules(const QualityConfig& how, const TableColumns& columns) {
  const std::vector<std::string> names = names_of(columns);
  for (std::size_t i = 0; i < how.rules.size(); ++i) {
    const ColumnRuleConfig& rule = how.rules[i];
    const std::string key = fmt::format("quality.rules.{}", i);
    for (const std::string& name : rule.columns) {
      if (std::ranges::none_of(
              names, [&](const std::string& known) { return matches_pattern(name, known); }))
        throw Error(ExitCode::config,
                    "{}.columns: the partitions have no column \"{}\"; they have: {}{}", key, name,
                    join(names), did_you_mean(name, names));
      if (is_pattern(name)) continue;
      const auto place = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
      if (place >= columns.numbers.size())
        check_category(rule, columns.categories[place - columns.numbers.size()].levels, name, key);
      else if (!rule.levels.empty())
        throw Error(ExitCode::config, "{}: \"{}\" is a number, which has no levels", key, name);
    }
  }
  for (std::size_t i = 0; i < how.row_rules.size(); ++i) {
    number_of_row_rule(columns, how.row_rules[i].left, i, "left");
    number_of_row_rule(columns, how.row_rules[i].right, i, "right");
  }
}

void refuse_many_rules(const Run& run, const QualityConfig& how, const TableColumns& columns) {
  agree(run.world(), [&] {
    for (const LocalDomain& domain : run.local()) {
      if (!has_minimum(run, domain)) continue;
      for (const std::string& name : names_of(columns))
        if (rules_of(how, name).size() > most_rules_with_minimum)
          throw Error(
              ExitCode::policy,
              "quality.rules: the policy of domain {} asks for a minimum of rows or "
              "contributors, and more than {} rules of a column, \"{}\", tell of single rows",
              run.domains()[domain.index].name, most_rules_with_minimum, name);
    }
  });
}

std::size_t number_of_row_rule(const TableColumns& columns, const std::string& name, std::size_t i,
                               const char* side) {
  const std::string key = fmt::format("quality.row_rules.{}.{}", i, side);
  if (const auto number = columns.number(name, key)) return *number;
  throw Error(ExitCode::config, "{}: \"{}\" is a category; row rules compare numbers", key, name);
}

bool asks_ids(const QualityConfig& how, const Schema& schema) {
  return how.findings.ids != Severity::off && schema.has_ids;
}

bool asks_splits(const QualityConfig& how, const Schema& schema) {
  return how.findings.splits != Severity::off && schema.splits.size() > 1 && how.split.empty();
}

bool asks_units(const QualityConfig& how, const Schema& schema) {
  return how.findings.units != Severity::off && schema.splits.size() > 1 && how.split.empty() &&
         schema.has_units;
}

}  // namespace bailiwick
