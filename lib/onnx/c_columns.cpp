// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/onnx/c_columns.hpp"

#include <algorithm>

#include "lib/core/text.hpp"

namespace bailiwick {

using Function = Derivation::Function;

CColumns::CColumns(CFunctions& functions, const ScoringModel& scored)
    : functions_(functions), scored_(scored) {
  std::set<std::size_t> features = features_taken(scored.columns), targets;
  for (const auto& column : {scored.columns.offset, scored.columns.exposure})
    if (column) (column->is_target ? targets : features).insert(column->index);
  CNames names;
  for (const std::size_t j : features)
    features_[j] = names.identifier(scored.schema.features[j].name);
  for (const std::size_t k : targets)
    targets_[k] = names.identifier(scored.schema.targets[k].name);
  for (const MissingFeature& missing : scored.columns.missing) {
    if (missing.rule != MissingRule::drop) continue;
    for (const std::size_t j : features)
      if (const Column& column = scored.schema.features[j]; column.name == missing.name)
        column.is_category() ? code(j) : number(j);
  }
}

const MissingFeature* CColumns::rule_of(const std::string& name) const {
  const auto& rules = scored_.columns.missing;
  const auto found = std::ranges::find(rules, name, &MissingFeature::name);
  return found == rules.end() ? nullptr : &*found;
}

std::string CColumns::missing_words(std::size_t feature) const {
  const Column& column = scored_.schema.features[feature];
  const MissingFeature* const rule = rule_of(column.name);
  if (rule == nullptr) return "";
  if (rule->rule == MissingRule::drop) return "; without it there is no prediction";
  if (rule->number) return "; " + round_trip(*rule->number) + " stands for a missing one";
  if (!rule->level.empty()) return "; " + rule->level + " stands for a missing one";
  return "; may be missing";
}

std::string CColumns::members() const {
  std::string text;
  const auto add = [&](const Column& column, const std::string& member, const std::string& more) {
    const std::string name = member == column.name ? "" : '"' + column.name + "\": ";
    text += c_comment(name + column_words(column) + more, "  /* ", "     ") + " */\n";
    text += fmt::format("  {}{};\n", column.is_category() ? "const char *" : "double ", member);
  };
  for (const auto& [j, member] : features_)
    add(scored_.schema.features[j], member, missing_words(j));
  for (const auto& [k, member] : targets_)
    add(scored_.schema.targets[k], member, "");
  return text;
}

std::string CColumns::undefined() const {
  return join(conditions_, " || ");
}

std::string CColumns::raw(std::size_t feature) {
  const std::string& member = features_.at(feature);
  if (raw_.insert(feature).second)
    statements_ += fmt::format("  const double raw_{0} = {1}row->{0};\n", member,
                               scored_.stored_single ? "(float)" : "");
  return "raw_" + member;
}

std::string CColumns::number(std::size_t feature) {
  const MissingFeature* const rule = rule_of(scored_.schema.features[feature].name);
  const bool filled = rule != nullptr && rule->number;
  const std::string given = raw(feature);
  std::string value = filled ? "value_" + features_.at(feature) : given;
  if (!numbers_.insert(feature).second) return value;
  if (filled)
    statements_ += fmt::format("  const double {0} = isnan({1}) ? {2} : {1};\n", value, given,
                               c_number(*rule->number));
  else
    conditions_.push_back("isnan(" + given + ")");
  return value;
}

std::string CColumns::code(std::size_t feature) {
  const Column& column = scored_.schema.features[feature];
  const std::string& member = features_.at(feature);
  std::string code = "code_" + member;
  if (!codes_.insert(feature).second) return code;
  const MissingFeature* const rule = rule_of(column.name);
  const auto missing = column.missing_code();
  const auto level = [&](const std::string& name) {
    return static_cast<std::ptrdiff_t>(std::ranges::find(column.levels, name) -
                                       column.levels.begin());
  };
  const auto size = static_cast<std::ptrdiff_t>(column.levels.size());
  // As a CSV has it, and as the partition calls it.
  const std::string nothing = level("") < size ? fmt::format("!row->{0}", member)
                                               : fmt::format("!row->{0} || !row->{0}[0]", member);
  const std::string asked = fmt::format("{}(row->{}, levels_{}, {})", functions_.use("level"),
                                        member, member, column.levels.size());
  statements_ += c_array("levels_" + member, std::span<const std::string>(column.levels));
  if (!missing) {
    statements_ += fmt::format("  const int {} = row->{} ? {} : -1;\n", code, member, asked);
  } else {
    auto stands = static_cast<std::ptrdiff_t>(*missing);
    if (rule != nullptr && rule->rule == MissingRule::mode) stands = level(rule->level);
    if (rule != nullptr && rule->rule == MissingRule::drop) stands = -1;
    const std::string given =
        static_cast<std::size_t>(stands) == *missing ? code : "given_" + member;
    statements_ += fmt::format("  const int {} = {} ? {} : {};\n", given, nothing, *missing, asked);
    if (given != code)
      statements_ +=
          fmt::format("  const int {0} = {1} == {2} ? {3} : {1};\n", code, given, *missing, stands);
  }
  conditions_.push_back(code + " < 0");
  return code;
}

std::string CColumns::derivation(const Derivation& step, const std::string& x) {
  const auto call = [&](const char* name, const std::string& more = "") {
    return fmt::format("{}({}{})", functions_.use(name), x, more);
  };
  const auto value = [&](std::size_t i) { return ", " + c_number(step.values[i]); };
  switch (step.function) {
    case Function::log:
    case Function::log1p:
      return fmt::format("{}({})", functions_.use("defined"),
                         call(step.function == Function::log ? "log" : "log1p"));
    case Function::sqrt:
      return "sqrt(" + x + ")";
    case Function::power:
      return call("power", fmt::format(", {}", static_cast<int>(step.values[0])));
    case Function::spline: {
      const std::string knots = fmt::format("knots_{}", ++knots_);
      statements_ += c_array(knots, std::span<const double>(step.values));
      return call("spline", fmt::format(", {}, {}, {}", knots, step.values.size(), step.which));
    }
    case Function::interval:
      return step.values.size() == 1 ? call("from", value(0))
                                     : call("interval", value(0) + value(1));
    case Function::year:
      return call("civil", ", 1");
    case Function::month:
      return call("civil", ", 0");
    case Function::weekday:
      return call("weekday");
    case Function::hour:
      return call("hour");
    case Function::sine:
      return call("cyclic", value(0) + ", 0");
    case Function::cosine:
      return call("cyclic", value(0) + ", 1");
    case Function::missing:
      break;
  }
  return fmt::format("(isnan({}) ? 1.0 : 0.0)", x);
}

std::string CColumns::derived(const DerivedColumn& column) {
  std::string product;
  for (const DerivedFactor& factor : column.factors) {
    std::string x;
    if (factor.level)
      x = fmt::format("({} == {} ? 1.0 : 0.0)", code(factor.column), *factor.level);
    else
      x = factor.asks_missing() ? raw(factor.column) : number(factor.column);
    for (const Derivation& step : factor.steps)
      x = derivation(step, x);
    product += (product.empty() ? "" : " * ") + x;
  }
  return product;
}

std::string CColumns::standardised(std::size_t c) {
  const ModelColumns& model = scored_.columns;
  const double mean = scored_.model.mean.at(c), scale = scored_.model.scale.at(c);
  if (model.intercept && c == 0) return c_number((1 - mean) * scale);
  const ModelFeature& feature = model.features[c - (model.intercept ? 1 : 0)];
  if (feature.level && !feature.derived)
    return fmt::format("{} == {} ? {} : {}", code(feature.column), *feature.level,
                       c_number((1 - mean) * scale), c_number((0 - mean) * scale));
  const std::string x =
      feature.derived ? derived(model.derived[*feature.derived]) : number(feature.column);
  return mean == 0 && scale == 1
             ? x
             : fmt::format("({} - {}) * {}", x, c_number(mean), c_number(scale));
}

std::string CColumns::of_number(const NumberColumn& column) {
  return column.is_target ? "row->" + targets_.at(column.index) : raw(column.index);
}

std::string CColumns::offset() {
  const auto &offset = scored_.columns.offset, &exposure = scored_.columns.exposure;
  std::string sum;
  if (exposure) sum = fmt::format("{}({})", functions_.use("log"), of_number(*exposure));
  if (offset) sum += (exposure ? " + " : "") + of_number(*offset);
  return sum.empty() ? "0.0" : sum;
}

}  // namespace bailiwick
