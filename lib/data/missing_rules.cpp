// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/missing_rules.hpp"

#include <algorithm>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/data/pattern.hpp"

namespace bailiwick {

namespace {

MissingFeature rule_from_text(const std::string& text) {
  if (const std::optional<double> number = parse_number(text))
    return {{}, MissingRule::number, *number};
  for (const auto& [rule, word] : words<MissingRule>)
    if (text == word) return {{}, rule};
  ensure(false, "the schema of configs knows the words of model.missing");
  return {};
}

bool suits(MissingRule rule, const Column& column) {
  return rule == MissingRule::drop || column.is_category() == (rule == MissingRule::mode);
}

}  // namespace

MissingRules missing_rules(const std::map<std::string, std::string>& entries,
                           const Schema& schema) {
  MissingRules rules(schema.features.size());
  std::vector<std::string> may_be_missing;
  for (const Column& column : schema.features)
    if (column.may_be_missing()) may_be_missing.push_back(column.name);
  std::map<std::string, std::string> by_pattern;  // feature -> the pattern that speaks of it
  for (const auto& [entry, text] : entries) {
    const MissingFeature rule = rule_from_text(text);
    const bool is_name =
        std::ranges::find(schema.features, entry, &Column::name) != schema.features.end();
    bool met = false, suited = false;
    for (std::size_t j = 0; j < rules.size(); ++j) {
      const Column& column = schema.features[j];
      if (!column.may_be_missing() ||
          !(is_name ? column.name == entry : matches_pattern(entry, column.name)))
        continue;
      met = true;
      if (!suits(rule.rule, column)) continue;
      suited = true;
      if (!is_name && entries.contains(column.name)) continue;
      if (rules[j])
        throw Error(
            ExitCode::config,
            "model.missing: \"{}\" and \"{}\" both speak of \"{}\": give it an entry of its "
            "own",
            by_pattern[column.name], entry, column.name);
      rules[j] = rule;
      rules[j]->name = column.name;
      by_pattern[column.name] = entry;
    }
    if (!met)
      throw Error(ExitCode::config,
                  "model.missing: \"{}\" is no feature that may be missing (missing: keep, at "
                  "ingest); there are: {}{}",
                  entry, may_be_missing.empty() ? "none" : join(may_be_missing),
                  did_you_mean(entry, may_be_missing));
    if (!suited)
      throw Error(ExitCode::config, "model.missing: {}: {} is for {}; {}", entry, text,
                  rule.rule == MissingRule::mode ? "categories" : "numbers",
                  rule.rule == MissingRule::mode ? "a number has mean, median, a number, or drop"
                                                 : "a category has mode or drop");
  }
  return rules;
}

}  // namespace bailiwick
