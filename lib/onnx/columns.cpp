// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/onnx/columns.hpp"

#include <algorithm>
#include <set>

#include "lib/core/error.hpp"
#include "lib/core/undefined.hpp"

namespace bailiwick {

using Value = OnnxGraph::Value;

OnnxColumns::OnnxColumns(OnnxGraph& graph, const ScoringModel& scored)
    : graph_(graph), scored_(scored), first_(scored.columns.intercept ? 1 : 0) {
  // In the order of the partitions.
  std::set<std::size_t> features = features_taken(scored.columns), targets;
  for (const auto& column : {scored.columns.offset, scored.columns.exposure})
    if (column) (column->is_target ? targets : features).insert(column->index);
  const auto declare = [&](const Column& column) {
    inputs_[column.name] =
        graph.input(column.name, column.is_category() ? OnnxType::string : OnnxType::float64,
                    column_words(column));
  };
  for (const std::size_t j : features)
    declare(scored.schema.features[j]);
  for (const std::size_t k : targets)
    declare(scored.schema.targets[k]);
}

Value OnnxColumns::raw(std::size_t feature) {
  const Value& input = inputs_.at(scored_.schema.features[feature].name);
  // As the partitions hold it, so that both score the same number.
  if (!scored_.stored_single) return input;
  return graph_.cast(graph_.cast(input, OnnxType::float32), OnnxType::float64);
}

Value OnnxColumns::number(std::size_t feature) {
  const auto [known, is_new] = numbers_.try_emplace(feature);
  if (!is_new) return known->second;
  Value value = raw(feature);
  const auto& rules = scored_.columns.missing;
  const auto rule =
      std::ranges::find(rules, scored_.schema.features[feature].name, &MissingFeature::name);
  if (rule != rules.end() && rule->number)
    value =
        graph_.add("Where", {graph_.add("IsNaN", {value}), graph_.number(*rule->number), value});
  return known->second = value;
}

Value OnnxColumns::code(std::size_t feature) {
  const auto [known, is_new] = codes_.try_emplace(feature);
  if (!is_new) return known->second;
  const Column& column = scored_.schema.features[feature];
  std::vector<std::string> levels = column.levels;
  std::vector<std::int64_t> codes(levels.size());
  for (std::size_t l = 0; l < levels.size(); ++l)
    codes[l] = static_cast<std::int64_t>(l);
  const auto& rules = scored_.columns.missing;
  const auto rule = std::ranges::find(rules, column.name, &MissingFeature::name);
  if (const auto missing = column.missing_code()) {
    if (rule != rules.end() && rule->rule == MissingRule::mode)
      codes[*missing] = std::ranges::find(levels, rule->level) - levels.begin();
    if (rule != rules.end() && rule->rule == MissingRule::drop) codes[*missing] = -1;
    if (std::ranges::find(levels, "") == levels.end()) {  // as a CSV has it
      levels.emplace_back();
      codes.push_back(codes[*missing]);
    }
  }
  return known->second = graph_.add("ai.onnx.ml.LabelEncoder", {inputs_.at(column.name)},
                                    {{"keys_strings", levels},
                                     {"values_int64s", codes},
                                     {"default_int64", std::int64_t{-1}}});
}

Value OnnxColumns::unknown(const Value& code) {
  const std::int64_t none = 0;
  return graph_.add("Where", {graph_.add("Less", {code, graph_.integers({&none, 1}, {})}),
                              graph_.number(undefined), graph_.number(0)});
}

Value OnnxColumns::indicators(std::size_t feature, std::span<const std::int64_t> levels) {
  const Value of_row = code(feature);
  const Value is_level = graph_.add(
      "Equal", {of_row, graph_.integers(levels, {1, static_cast<std::int64_t>(levels.size())})});
  return graph_.add("Add", {graph_.cast(is_level, OnnxType::float64), unknown(of_row)});
}

Value OnnxColumns::place_among(std::size_t feature, std::span<const std::size_t> levels) {
  std::vector<std::int64_t> places(scored_.schema.features[feature].levels.size(), 0);
  for (std::size_t i = 0; i < levels.size(); ++i)
    places.at(levels[i]) = static_cast<std::int64_t>(i + 1);
  places.push_back(-1);  // where -1 leads
  return graph_.add(
      "Gather",
      {graph_.integers(places, {static_cast<std::int64_t>(places.size())}), code(feature)},
      {{"axis", std::int64_t{0}}});
}

Value OnnxColumns::derived(const DerivedColumn& column) {
  std::optional<Value> product;
  for (const DerivedFactor& factor : column.factors) {
    Value x;
    if (factor.level) {
      const auto level = static_cast<std::int64_t>(*factor.level);
      x = indicators(factor.column, {&level, 1});
    } else {
      x = factor.asks_missing() ? raw(factor.column) : number(factor.column);
    }
    for (const Derivation& step : factor.steps)
      x = add_derivation(graph_, step, x);
    product = product ? graph_.add("Mul", {*product, x}) : x;
  }
  return product.value();
}

Value OnnxColumns::ones() {
  const ModelFeature& first = scored_.columns.features.front();
  const std::size_t any =
      first.derived ? scored_.columns.derived[*first.derived].factors[0].column : first.column;
  const Value value = scored_.schema.features[any].is_category() ? code(any) : raw(any);
  // True or false, it is 1: nothing of the row reaches it.
  const Value one = graph_.number(1);
  return graph_.add("Where", {graph_.add("Equal", {value, value}), one, one});
}

Value OnnxColumns::standardised(std::span<const std::size_t> columns) {
  const ModelColumns& model = scored_.columns;
  std::vector<Value> pieces;
  std::vector<double> mean, scale;
  for (const std::size_t c : columns) {
    mean.push_back(scored_.model.mean.at(c));
    scale.push_back(scored_.model.scale.at(c));
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] < first_) {
      pieces.push_back(ones());
      continue;
    }
    const ModelFeature& feature = model.features[columns[i] - first_];
    if (feature.derived) {
      pieces.push_back(derived(model.derived[*feature.derived]));
    } else if (!feature.level) {
      pieces.push_back(number(feature.column));
    } else {  // neighbours of one category at once
      std::vector<std::int64_t> levels;
      for (; i < columns.size(); ++i) {
        const ModelFeature& next = model.features[columns[i] - first_];
        if (next.derived || !next.level || next.column != feature.column) break;
        levels.push_back(static_cast<std::int64_t>(*next.level));
      }
      --i;
      pieces.push_back(indicators(feature.column, levels));
    }
  }
  const Value all =
      pieces.size() == 1 ? pieces[0] : graph_.add("Concat", pieces, {{"axis", std::int64_t{1}}});
  const auto width = static_cast<std::int64_t>(columns.size());
  const Value centred = graph_.add("Sub", {all, graph_.numbers(mean, {1, width})});
  return graph_.add("Mul", {centred, graph_.numbers(scale, {1, width})});
}

Value OnnxColumns::of_number(const NumberColumn& column) {
  return column.is_target ? inputs_.at(scored_.schema.targets[column.index].name)
                          : raw(column.index);
}

std::optional<Value> OnnxColumns::offset() {
  std::optional<Value> sum;
  if (const auto& exposure = scored_.columns.exposure)
    sum = graph_.add("Log", {of_number(*exposure)});
  if (const auto& offset = scored_.columns.offset)
    sum = sum ? graph_.add("Add", {*sum, of_number(*offset)}) : of_number(*offset);
  return sum;
}

}  // namespace bailiwick
