// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/taken_features.hpp"

#include <cmath>
#include <set>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

double TakenFeature::value_in(const io::RowBuffer& buffer, std::size_t row) const {
  return column->is_category()
             ? buffer.codes[row * (buffer.codes.size() / buffer.rows) + place]
             : buffer.features[row * (buffer.features.size() / buffer.rows) + place];
}

void TakenFeature::put(double value, io::RowBuffer& buffer, std::size_t row) const {
  if (column->is_category())
    buffer.codes[row * (buffer.codes.size() / buffer.rows) + place] =
        static_cast<std::uint16_t>(value);
  else
    buffer.features[row * (buffer.features.size() / buffer.rows) + place] = value;
}

std::vector<TakenFeature> taken_features(const ModelColumns& columns, const Schema& schema) {
  const std::set<std::size_t> taken = features_taken(columns);
  std::vector<TakenFeature> features;
  std::size_t numbers = 0, categories = 0;
  for (std::size_t j = 0; j < schema.features.size(); ++j) {
    std::size_t& place = schema.features[j].is_category() ? categories : numbers;
    if (taken.contains(j)) features.push_back({&schema.features[j], j, place});
    ++place;
  }
  return features;
}

const TakenFeature& find_feature(std::span<const TakenFeature> features, const std::string& name,
                                 const std::string& key) {
  std::vector<std::string> names;
  for (const TakenFeature& feature : features) {
    if (feature.column->name == name) return feature;
    names.push_back(feature.column->name);
  }
  throw Error(ExitCode::config, "{}: the model takes no \"{}\"; it takes {}{}", key, name,
              join(names), did_you_mean(name, names));
}

bool is_defined(const ModelColumns& columns, const TakenFeature& number, double value) {
  for (const DerivedColumn& derived : columns.derived)
    for (const DerivedFactor& factor : derived.factors) {
      if (factor.column != number.index || factor.level || factor.asks_missing()) continue;
      double x = value;
      for (const Derivation& step : factor.steps)
        x = step(x);
      if (std::isnan(x)) return false;
    }
  return true;
}

RowChange give_all(const TakenFeature& feature, double value) {
  return [feature, value](std::size_t, std::uint64_t, std::span<const std::size_t> rows,
                          io::RowBuffer& buffer) {
    for (const std::size_t r : rows)
      feature.put(value, buffer, r);
  };
}

}  // namespace bailiwick
