// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/data/load_rows.hpp"

namespace bailiwick {

/// A column of the partitions that a model takes, or makes others of.
struct TakenFeature {
  const Column* column;  ///< of the schema, which must outlive it
  std::size_t index;     ///< into Schema::features
  std::size_t place;     ///< among the numbers, or the categories, of a row

  /// Of a row that was read: the number, or the code of its level.
  double value_in(const io::RowBuffer& buffer, std::size_t row) const;
  void put(double value, io::RowBuffer& buffer, std::size_t row) const;
};

/// In the order of the partitions.
std::vector<TakenFeature> taken_features(const ModelColumns& columns, const Schema& schema);

/// The one that `key` of the config calls so. Throws ExitCode::config.
const TakenFeature& find_feature(std::span<const TakenFeature> features, const std::string& name,
                                 const std::string& key);

/// Whether all that the model derives of a number has a value where it is that.
bool is_defined(const ModelColumns& columns, const TakenFeature& number, double value);

/// Gives all rows that value of the feature; what is derived of it follows.
RowChange give_all(const TakenFeature& feature, double value);

}  // namespace bailiwick
