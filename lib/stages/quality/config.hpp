// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <fmt/format.h>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/config/rules.hpp"
#include "lib/core/words.hpp"

namespace bailiwick {

/// What a finding does.
enum class Severity { off, warn, stop };
template <>
inline constexpr auto words<Severity> = std::to_array<std::pair<Severity, const char*>>(
    {{Severity::off, "off"}, {Severity::warn, "warn"}, {Severity::stop, "stop"}});

/// One of quality.rules: what must hold of columns.
struct ColumnRuleConfig {
  std::vector<std::string> columns;
  std::optional<double> missing_at_most, minimum, maximum, level_at_least;
  std::vector<std::string> levels;
  double outside_at_most = 0;
  std::map<std::string, std::vector<double>> share_of;
  Severity severity = Severity::stop;
};

enum class Relation { less, at_most, equal, at_least, greater, different };
template <>
inline constexpr auto words<Relation> =
    std::to_array<std::pair<Relation, const char*>>({{Relation::less, "<"},
                                                     {Relation::at_most, "<="},
                                                     {Relation::equal, "="},
                                                     {Relation::at_least, ">="},
                                                     {Relation::greater, ">"},
                                                     {Relation::different, "!="}});

/// One of quality.row_rules: what must hold between two numbers of a row.
struct RowRuleConfig {
  std::string left, right;
  Relation is = Relation::less;
  double at_most = 0;
  Severity severity = Severity::stop;
};

/// What is looked for without a rule.
struct FindingsConfig {
  Severity missing = Severity::warn, range = Severity::warn, outliers = Severity::warn,
           constant = Severity::warn, imbalance = Severity::warn, duplicates = Severity::warn,
           ids = Severity::warn, leakage = Severity::warn, splits = Severity::stop,
           units = Severity::stop, expectations = Severity::warn;
};

/// The section `quality` of the config.
struct QualityConfig {
  static constexpr const char* section = "quality";
  static constexpr const char* sentence = "What data must be like before a model is made of them.";

  std::string split;
  std::vector<ColumnRuleConfig> rules;
  std::vector<RowRuleConfig> row_rules;
  FindingsConfig findings;
  double missing_at_most = 0.2, outliers_at_most = 0.01, fence = 3, class_at_least = 0.05,
         duplicates_at_most = 0, leakage_above = 0.98;
  std::optional<std::string> expect;
  double expect_within = 0.05;
  bool per_domain = false;
};

struct Share {
  static constexpr double minimum = 0, maximum = 1;
  std::string operator()(double value) const {
    return value >= 0 && value <= 1 ? "" : fmt::format("{} is no share, from 0 to 1", value);
  }
};
inline constexpr Share a_share;

template <class Visitor>
void schema(Visitor& v, ColumnRuleConfig& rule) {
  v.either("column", "columns", rule.columns,
           "Feature or target of that name; * stands for anything.", non_empty, distinct);
  v.key("missing_at_most", rule.missing_at_most, "Share of rows that may lack a value.", a_share);
  v.key("minimum", rule.minimum, "Least value of a number.");
  v.key("maximum", rule.maximum, "Largest value of a number.");
  v.key("levels", rule.levels, "Levels of a category that rows may have.", distinct);
  v.key("outside_at_most", rule.outside_at_most,
        "Share of rows that may be outside minimum, maximum or levels.", a_share);
  v.key("level_at_least", rule.level_at_least,
        "Share of rows that each level of a category must have.", a_share);
  v.key("share_of", rule.share_of,
        "Shares of rows that levels of a category must have, {LEVEL: [LOW, HIGH]}.");
  v.key("severity", rule.severity, "What a violation does; stop ends with exit code 8.");
  const bool outside = rule.minimum || rule.maximum || !rule.levels.empty();
  v.check(outside || rule.missing_at_most || rule.level_at_least || !rule.share_of.empty(),
          "severity", "the rule demands nothing");
  v.check(outside || rule.outside_at_most == 0, "outside_at_most",
          "outside of what? Give minimum, maximum or levels");
  v.check(rule.levels.empty() || !(rule.minimum || rule.maximum), "levels",
          "are of categories, and minimum and maximum of numbers: make two rules of it");
  v.check(!rule.minimum || !rule.maximum || *rule.minimum <= *rule.maximum, "maximum",
          "is below minimum");
  for (const auto& [level, range] : rule.share_of)
    v.check(range.size() == 2 && range[0] >= 0 && range[0] <= range[1] && range[1] <= 1,
            "share_of." + level, "give two shares, the lower first: [0.1, 0.4]");
}

template <class Visitor>
void schema(Visitor& v, RowRuleConfig& rule) {
  v.key("left", rule.left, "A number among features and targets.", required);
  v.key("is", rule.is, "How it must stand to the other.", required);
  v.key("right", rule.right, "The other number.", required);
  v.key("at_most", rule.at_most, "Share of rows that may break the rule.", a_share);
  v.key("severity", rule.severity, "What a violation does; stop ends with exit code 8.");
  v.check(rule.left != rule.right || rule.left.empty(), "right", "is the same column");
}

template <class Visitor>
void schema(Visitor& v, FindingsConfig& findings) {
  v.key("missing", findings.missing, "More missing values than quality.missing_at_most.");
  v.key("range", findings.range, "Numbers outside the range that the partitions declare.");
  v.key("outliers", findings.outliers, "Numbers far out, beyond quality.fence.");
  v.key("constant", findings.constant, "A column that has one value in all rows of a domain.");
  v.key("imbalance", findings.imbalance, "A class of a target below quality.class_at_least.");
  v.key("duplicates", findings.duplicates,
        "Rows of a domain that repeat another in all features and targets.");
  v.key("ids", findings.ids, "Rows of a domain whose id another row has.");
  v.key("splits", findings.splits, "Rows that stand in another split of their domain too.");
  v.key("units", findings.units, "Rows of a unit that has rows in another split too.");
  v.key("leakage", findings.leakage,
        "A feature that alone tells the target, above quality.leakage_above.");
  v.key("expectations", findings.expectations, "What is not as in quality.expect.");
}

template <class Visitor>
void schema(Visitor& v, QualityConfig& quality) {
  v.key("split", quality.split, "Name of the split to look at; \"\": all rows.");
  v.key("rules", quality.rules, "What must hold of columns.");
  v.key("row_rules", quality.row_rules, "What must hold between two numbers of a row.");
  v.key("findings", quality.findings,
        "What is looked for without a rule, and what each does: off, warn or stop.");
  v.key("missing_at_most", quality.missing_at_most,
        "Share of rows that may lack a value of a column.", a_share);
  v.key("fence", quality.fence,
        "Interquartile ranges beyond the quartiles from which a number is far out.", positive);
  v.key("outliers_at_most", quality.outliers_at_most, "Share of rows that may be so.", a_share);
  v.key("class_at_least", quality.class_at_least, "Share of rows that each class must have.",
        a_share);
  v.key("duplicates_at_most", quality.duplicates_at_most, "Share of rows that may repeat others.",
        a_share);
  v.key("leakage_above", quality.leakage_above,
        "Area under the curve, or share of the variance, that no feature reaches alone.", a_share);
  v.key("expect", quality.expect,
        "Result of an earlier run, quality.json in the folder that vouches for it.", is_path);
  v.key("expect_within", quality.expect_within,
        "By how much a share of rows may differ from that of the earlier run.", a_share);
  v.key("per_domain", quality.per_domain,
        "Counts of each domain too, and who breaks a rule; every policy must allow it.");
}

}  // namespace bailiwick
