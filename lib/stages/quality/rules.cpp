// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/quality/rules.hpp"

#include <algorithm>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/data/pattern.hpp"

namespace bailiwick {

namespace {

bool is_about(const ColumnRuleConfig& rule, const std::string& column) {
  return std::ranges::any_of(
      rule.columns, [&](const std::string& pattern) { return matches_pattern(pattern, column); });
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

std::string ClosedRange::text() const {
  if (!low && !high) return "any";
  if (!low) return "at most " + round_trip(*high);
  if (!high) return "at least " + round_trip(*low);
  return round_trip(*low) + " to " + round_trip(*high);
}

std::vector<const ColumnRuleConfig*> rules_of(const QualityConfig& how, const std::string& column) {
  std::vector<const ColumnRuleConfig*> found;
  for (const ColumnRuleConfig& rule : how.rules)
    if (rule.severity != Severity::off && is_about(rule, column)) found.push_back(&rule);
  return found;
}

void check_rules(const QualityConfig& how, const TableColumns& columns) {
  std::vector<std::string> names;
  for (const Column& column : columns.numbers)
    names.push_back(column.name);
  for (const TableColumns::Category& category : columns.categories)
    names.push_back(category.name);
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
