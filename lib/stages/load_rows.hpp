// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "kokkos_kernels/rows.hpp"
#include "lib/config/run_config.hpp"
#include "lib/stages/run.hpp"

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

/// What a model asks of its targets: a network that of the kind with the same loss.
ModelKind response_of(const ModelConfig& model);

/// This rank's rows of one of its domains.
struct LoadedRows {
  kernels::RowBlocks rows;
  std::vector<std::size_t> rows_of_block;
  std::vector<std::string> ids;        ///< of the rows, if asked for and the partitions have them
  std::vector<std::size_t> partition;  ///< of each block, in the order of the domain's partitions
  std::size_t partitions = 0;          ///< of the domain
  std::uint64_t selected = 0;          ///< rows of non-zero weight
  std::uint64_t events = 0;            ///< Cox: of these, with status 1
};

/// Reads this rank's blocks, checking digests, targets and indicators as it goes; rows outside
/// `split` (empty: none are) and rows of
/// weight zero are left out, but for networks, whose steps count rows. Not collective. Throws
/// ExitCode::data, ExitCode::integrity.
LoadedRows load_rows(const LocalDomain& domain, const ModelConfig& model,
                     const ModelColumns& columns, const std::string& split);

}  // namespace bailiwick
