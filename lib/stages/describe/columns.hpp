// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "kokkos_kernels/sums/rows.hpp"
#include "lib/data/load_rows.hpp"
#include "lib/domain/schema.hpp"
#include "lib/model/description.hpp"

// The columns of partitions as a table of numbers and categories, for stages that need no model.
namespace bailiwick {

/// Features, then targets, of each sort.
struct TableColumns {
  using Category = DescribedColumns::Category;
  std::vector<Column> numbers;
  std::vector<Category> categories;
  std::vector<std::size_t> number_targets, category_targets;
  std::size_t features = 0;  ///< numbers that are features
  std::size_t factors = 0;   ///< categories that are features

  /// Throws ExitCode::data for a target of more categories than codes can tell.
  explicit TableColumns(const Schema& schema);

  /// Throws ExitCode::config, as number() does, naming that key, if there is none of that name.
  std::size_t category(const std::string& name, const std::string& key) const;
  /// Nothing if it is a category.
  std::optional<std::size_t> number(const std::string& name, const std::string& key) const;
  /// What refusals call them.
  DescribedColumns names() const;
};

/// The numbers of rows that were read by all_columns(); targets become columns like features.
kernels::RowBlocks blocks_of_numbers(const LoadedRows& loaded, const TableColumns& columns);

/// The same rows, those of non-zero weight in their order, column by column.
DescribedRows described_rows(const LoadedRows& loaded, const kernels::RowBlocks& numbers,
                             const TableColumns& columns);

}  // namespace bailiwick
