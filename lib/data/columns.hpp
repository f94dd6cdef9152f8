// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lib/domain/schema.hpp"
#include "lib/run/config.hpp"

namespace bailiwick {

/// A category whose levels a network learns vectors for. Level 0 is that of rows that have none of
/// the indicators: the reference.
struct EmbeddedCategory {
  std::string name;
  std::size_t factor;  ///< number of the category among all that are read as codes
  std::size_t levels, dimension;

  bool operator==(const EmbeddedCategory&) const = default;
};

/// Which columns of a partition a model takes, in the order of its parameters.
struct ModelColumns {
  std::vector<std::size_t> features;  ///< indices into Schema::features
  std::vector<std::size_t> targets;   ///< indices into Schema::targets; Cox: time, status
  bool intercept = false;             ///< a column of ones comes first
  bool weights = false;
  bool ids = false;                     ///< keep what the owner calls the rows, where they say it
  std::vector<std::string> names;       ///< one a column, "(intercept)" included
  std::vector<std::string> categories;  ///< of the target, multinomial only
  /// Of each feature: the category it is a level of, if it is read as a code; else none.
  std::vector<std::optional<std::size_t>> factor;
  std::size_t factors = 0;                   ///< categories
  std::vector<EmbeddedCategory> embeddings;  ///< networks: some of them, in the order of columns

  std::size_t columns() const { return features.size() + (intercept ? 1 : 0); }
  /// Memory of one row: numbers, two bytes a category, targets and weight.
  std::size_t bytes_a_row() const {
    const auto levels = static_cast<std::size_t>(
        std::count_if(factor.begin(), factor.end(), [](const auto& f) { return f.has_value(); }));
    return 8 * (columns() - levels + targets.size() + 1) + 2 * factors;
  }
};

/// Throws ExitCode::config naming the near ones if a feature or target does not exist. Rows that
/// are only to be predicted need no target.
ModelColumns select_columns(const ModelConfig& model, const Schema& schema,
                            bool with_targets = true);

/// All features and targets of a partition as they are, for those who describe them.
ModelColumns all_columns(const Schema& schema);

/// Whether a model's targets are a time and a status.
bool has_times(const ModelConfig& model);

}  // namespace bailiwick
