// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/quality/plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/stages/quality/rules.hpp"

namespace bailiwick {

namespace {

/// Pieces of the line, cut where a condition on values begins or ends: [-inf, c_0), [c_0, c_1), …
class Pieces {
 public:
  void cut(const ClosedRange& range) {
    if (range.low) cuts_.insert(*range.low);
    if (range.high) cuts_.insert(after(*range.high));
  }
  bool none() const { return cuts_.empty(); }
  std::size_t count() const { return cuts_.size() + 1; }
  std::vector<double> list() const { return {cuts_.begin(), cuts_.end()}; }
  std::vector<std::size_t> outside(const ClosedRange& range) const {
    const std::vector<double> cuts = list();
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i <= cuts.size(); ++i) {
      const bool below = range.low && i < cuts.size() && cuts[i] <= *range.low;
      const bool above = range.high && i > 0 && cuts[i - 1] > *range.high;
      if (below || above) found.push_back(i);
    }
    return found;
  }

 private:
  static double after(double value) {
    return std::nextafter(value, std::numeric_limits<double>::infinity());
  }
  std::set<double> cuts_;
};

void unite(std::vector<std::size_t>& into, const std::vector<std::size_t>& more) {
  into.insert(into.end(), more.begin(), more.end());
  std::ranges::sort(into);
  into.erase(std::unique(into.begin(), into.end()), into.end());
}

}  // namespace

QualityPlan::QualityPlan(const QualityConfig& how, const TableColumns& columns,
                         const Schema& schema, std::span<const ExaminedRows> rows,
                         std::span<const NumberFacts> facts)
    : how_(how), columns_(columns), schema_(schema), rows_(rows), facts_(facts) {
  check_rules(how, columns);
  for (std::size_t j = 0; j < columns.numbers.size(); ++j) {
    numbers.emplace_back();
    if (facts[j].is_binary)
      add_binary_target(j);
    else
      add_number(j);
  }
  for (std::size_t c = 0; c < columns.categories.size(); ++c) {
    categories.emplace_back();
    add_category(c);
  }
  add_row_rules();
  add_twins();
  sound = divide_in_two("rows with a flaw", [this](std::size_t d, std::size_t r) {
    return std::ranges::any_of(flaws_, [&](const IsSo& is_so) { return is_so(d, r); });
  });
}

std::size_t QualityPlan::divide(Division division) {
  divisions.push_back(std::move(division));
  return divisions.size() - 1;
}

std::size_t QualityPlan::divide_in_two(const std::string& name, const IsSo& is_second) {
  return divide({name, {"no", "yes"}, [is_second](std::size_t d, std::size_t r) -> std::size_t {
                   return is_second(d, r) ? 1 : 0;
                 }});
}

void QualityPlan::add_missing(ColumnPlan& plan, const std::string& name, const IsSo& is_missing) {
  plan.missing = divide_in_two(name + " without a value", is_missing);
  flaws_.push_back(is_missing);
  const auto add = [&](Severity severity, bool is_rule, double high) {
    demands.push_back({.check = "missing",
                       .column = name,
                       .severity = severity,
                       .is_rule = is_rule,
                       .division = *plan.missing,
                       .of = {1},
                       .among = {},
                       .high = high,
                       .what = "rows without a value"});
  };
  if (how_.findings.missing != Severity::off)
    add(how_.findings.missing, false, how_.missing_at_most);
  for (const ColumnRuleConfig* rule : rules_of(how_, name))
    if (rule->missing_at_most) add(rule->severity, true, *rule->missing_at_most);
}

void QualityPlan::add_number(std::size_t j) {
  const Column& column = columns_.numbers[j];
  ColumnPlan& plan = numbers[j];
  const auto value = [this, j](std::size_t d, std::size_t r) {
    return rows_[d].table.numbers[j][r];
  };
  if (column.missing)
    add_missing(plan, column.name,
                [value](std::size_t d, std::size_t r) { return std::isnan(value(d, r)); });
  struct Condition {
    ClosedRange range;
    Demand demand;
  };
  std::vector<Condition> conditions;
  const auto add = [&](const ClosedRange& range, const char* check, Severity severity, bool is_rule,
                       double high, const std::string& what) {
    if (severity != Severity::off && (range.low || range.high))
      conditions.push_back({range,
                            {.check = check,
                             .column = column.name,
                             .severity = severity,
                             .is_rule = is_rule,
                             .of = {},
                             .among = {},
                             .high = high,
                             .what = what}});
  };
  const ClosedRange declared{column.minimum, column.maximum};
  add(declared, "range", how_.findings.range, false, 0,
      fmt::format("rows {}, the declared range", declared.outside_text()));
  if (const auto& fences = facts_[j].fences)
    add({fences->first, fences->second}, "outliers", how_.findings.outliers, false,
        how_.outliers_at_most,
        fmt::format("rows beyond the fences, {:.6g} and {:.6g}", fences->first, fences->second));
  for (const ColumnRuleConfig* rule : rules_of(how_, column.name)) {
    const ClosedRange range{rule->minimum, rule->maximum};
    add(range, "range", rule->severity, true, rule->outside_at_most,
        "rows " + range.outside_text());
  }
  refuse_levels(column.name);
  if (conditions.empty()) return;

  Pieces pieces;
  for (const Condition& condition : conditions)
    pieces.cut(condition.range);
  Division division{column.name + " by its value", {}, {}};
  for (std::size_t i = 0; i < pieces.count(); ++i)
    division.parts.push_back(fmt::format("piece {}", i + 1));
  if (column.missing) division.parts.emplace_back("none");
  division.part_of = [value, cuts = pieces.list()](std::size_t d, std::size_t r) {
    const double x = value(d, r);
    if (std::isnan(x)) return cuts.size() + 1;
    return static_cast<std::size_t>(std::ranges::upper_bound(cuts, x) - cuts.begin());
  };
  plan.parts = divide(std::move(division));
  for (Condition& condition : conditions) {
    condition.demand.division = *plan.parts;
    condition.demand.of = pieces.outside(condition.range);
    unite(plan.flawed, condition.demand.of);
    if (condition.demand.check == "outliers")
      plan.far_out = condition.demand.of;
    else if (!condition.demand.is_rule)
      plan.outside = condition.demand.of;
    demands.push_back(std::move(condition.demand));
  }
  flaws_.emplace_back([part_of = divisions[*plan.parts].part_of, flawed = plan.flawed](
                          std::size_t d, std::size_t r) {
    return std::ranges::binary_search(flawed, part_of(d, r));
  });
}

void QualityPlan::add_binary_target(std::size_t j) {
  ColumnPlan& plan = numbers[j];
  const std::string& name = columns_.numbers[j].name;
  plan.parts = divide({name, {"0", "1"}, [this, j](std::size_t d, std::size_t r) -> std::size_t {
                         return rows_[d].table.numbers[j][r] == 1 ? 1 : 0;
                       }});
  add_levels(plan, name, {"0", "1"}, true);
  for (const ColumnRuleConfig* rule : rules_of(how_, name)) {
    const ClosedRange range{rule->minimum, rule->maximum};
    if (!range.low && !range.high) continue;
    std::vector<std::size_t> outside;
    for (const std::size_t value : {0U, 1U})
      if (!range.contains(static_cast<double>(value))) outside.push_back(value);
    unite(plan.flawed, outside);
    demands.push_back({.check = "range",
                       .column = name,
                       .severity = rule->severity,
                       .is_rule = true,
                       .division = *plan.parts,
                       .of = outside,
                       .among = {},
                       .high = rule->outside_at_most,
                       .what = "rows " + range.outside_text()});
  }
}

/// Throws ExitCode::config for a rule of levels that names the number by its whole name.
void QualityPlan::refuse_levels(const std::string& number) const {
  for (std::size_t i = 0; i < how_.rules.size(); ++i) {
    const ColumnRuleConfig& rule = how_.rules[i];
    if (std::ranges::find(rule.columns, number) == rule.columns.end()) continue;
    if (rule.level_at_least || !rule.share_of.empty())
      throw Error(
          ExitCode::config,
          "quality.rules.{}: \"{}\" is a number, which has no levels, and no target of 0 and "
          "1 alone",
          i, number);
  }
}

void QualityPlan::add_category(std::size_t c) {
  const TableColumns::Category& category = columns_.categories[c];
  ColumnPlan& plan = categories[c];
  const auto code = [this, c](std::size_t d, std::size_t r) -> std::size_t {
    return rows_[d].table.codes[c][r];
  };
  if (const auto missing = std::ranges::find(category.levels, missing_level);
      missing != category.levels.end()) {
    const auto of = static_cast<std::size_t>(missing - category.levels.begin());
    add_missing(plan, category.name,
                [code, of](std::size_t d, std::size_t r) { return code(d, r) == of; });
  }
  plan.parts = divide({category.name, category.levels, code});
  add_levels(plan, category.name, category.levels, c >= columns_.factors);
  if (!plan.flawed.empty())
    flaws_.emplace_back([code, flawed = plan.flawed](std::size_t d, std::size_t r) {
      return std::ranges::binary_search(flawed, code(d, r));
    });
}

void QualityPlan::add_levels(ColumnPlan& plan, const std::string& name,
                             const std::vector<std::string>& levels, bool is_target) {
  const auto add = [&](const char* check, Severity severity, bool is_rule,
                       std::vector<std::size_t> of, double low, double high,
                       const std::string& what) {
    demands.push_back({.check = check,
                       .column = name,
                       .severity = severity,
                       .is_rule = is_rule,
                       .division = *plan.parts,
                       .of = std::move(of),
                       .among = {},
                       .low = low,
                       .high = high,
                       .what = what});
  };
  const auto each = [&](const char* check, Severity severity, bool is_rule, double low,
                        const char* what) {
    for (std::size_t l = 0; l < levels.size(); ++l)
      if (levels[l] != missing_level)
        add(check, severity, is_rule, {l}, low, 1, fmt::format("rows of {} {}", what, levels[l]));
  };
  if (is_target && how_.findings.imbalance != Severity::off)
    each("imbalance", how_.findings.imbalance, false, how_.class_at_least, "class");
  for (const ColumnRuleConfig* rule : rules_of(how_, name)) {
    if (rule->level_at_least) each("levels", rule->severity, true, *rule->level_at_least, "level");
    for (const auto& [level, range] : rule->share_of) {
      const auto found =
          static_cast<std::size_t>(std::ranges::find(levels, level) - levels.begin());
      if (found == levels.size()) {
        if (std::ranges::find(rule->columns, name) != rule->columns.end())
          throw Error(ExitCode::config,
                      "quality.rules: share_of: \"{}\" has no level \"{}\"; it has: {}", name,
                      level, join(levels));
        continue;  // of another column that the pattern has
      }
      add("share", rule->severity, true, {found}, range[0], range[1], "rows of level " + level);
    }
    if (rule->levels.empty()) continue;
    std::vector<std::size_t> others;
    std::vector<std::string> named;
    for (std::size_t l = 0; l < levels.size(); ++l)
      if (levels[l] != missing_level &&
          std::ranges::find(rule->levels, levels[l]) == rule->levels.end()) {
        others.push_back(l);
        named.push_back(levels[l]);
      }
    if (others.empty()) continue;
    add("levels", rule->severity, true, others, 0, rule->outside_at_most,
        "rows of a level that the rule does not name: " + join(named));
    unite(plan.flawed, others);
  }
}

void QualityPlan::add_row_rules() {
  for (std::size_t i = 0; i < how_.row_rules.size(); ++i) {
    const RowRuleConfig& rule = how_.row_rules[i];
    if (rule.severity == Severity::off) continue;
    const std::size_t left = number_of_row_rule(columns_, rule.left, i, "left");
    const std::size_t right = number_of_row_rule(columns_, rule.right, i, "right");
    const std::string text = fmt::format("{} {} {}", rule.left, to_word(rule.is), rule.right);
    const IsSo breaks = [this, left, right, is = rule.is](std::size_t d, std::size_t r) {
      const double a = rows_[d].table.numbers[left][r], b = rows_[d].table.numbers[right][r];
      return !std::isnan(a) && !std::isnan(b) && !stands(is, a, b);
    };
    demands.push_back({.check = "row rule",
                       .column = rule.left,
                       .severity = rule.severity,
                       .is_rule = true,
                       .division = divide_in_two("not " + text, breaks),
                       .of = {1},
                       .among = {},
                       .high = rule.at_most,
                       .what = "rows in which it does not hold that " + text});
    flaws_.push_back(breaks);
  }
}

void QualityPlan::add_twins() {
  const auto add = [&](const std::string& check, Severity severity, std::size_t division,
                       std::vector<std::size_t> among, const std::string& what) {
    demands.push_back({.check = check,
                       .column = "",
                       .severity = severity,
                       .division = division,
                       .of = {divisions[division].parts.size() - 1},
                       .among = std::move(among),
                       .high = check == "duplicates" ? how_.duplicates_at_most : 0,
                       .what = what});
    return division;
  };
  const auto look = [&](const char* check, Severity severity, Twins ExaminedRows::*twins,
                        const std::string& what) {
    const IsSo repeats = [this, twins](std::size_t d, std::size_t r) {
      return (rows_[d].*twins).repeats[r];
    };
    flaws_.push_back(repeats);
    return add(check, severity, divide_in_two(what, repeats), {}, what);
  };
  if (how_.findings.duplicates != Severity::off)
    duplicates = look("duplicates", how_.findings.duplicates, &ExaminedRows::equal,
                      "rows that repeat another row of their domain");
  if (asks_ids(how_, schema_))
    ids = look("ids", how_.findings.ids, &ExaminedRows::ids,
               "rows whose id an earlier row of their domain has");
  const auto look_elsewhere = [&](const char* check, Severity severity, Twins ExaminedRows::*twins,
                                  std::size_t split, const char* what) {
    const std::string text = fmt::format("rows of split {} {}", schema_.splits[split], what);
    if (split == 0)
      flaws_.emplace_back([this, twins](std::size_t d, std::size_t r) {
        return bool{(rows_[d].*twins).elsewhere[r]};
      });
    return add(check, severity,
               divide({text,
                       {"others", "alone", "elsewhere"},
                       [this, twins, split](std::size_t d, std::size_t r) -> std::size_t {
                         const ExaminedRows& rows = rows_[d];
                         if (rows.splits[r] != split) return 0;
                         return (rows.*twins).elsewhere[r] ? 2 : 1;
                       }}),
               {1, 2}, text);
  };
  for (std::size_t s = 0; asks_splits(how_, schema_) && s < schema_.splits.size(); ++s)
    across_splits.push_back(look_elsewhere("splits", how_.findings.splits, &ExaminedRows::equal, s,
                                           "that stand in another split too"));
  for (std::size_t s = 0; asks_units(how_, schema_) && s < schema_.splits.size(); ++s)
    of_units.push_back(look_elsewhere("units", how_.findings.units, &ExaminedRows::units, s,
                                      "of units with rows in another split"));
}

}  // namespace bailiwick
