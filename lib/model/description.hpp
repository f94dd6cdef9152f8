// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kokkos_kernels/sums/rows.hpp"
#include "lib/boundary/sums.hpp"

namespace bailiwick {

/// The columns of all domains: numbers, and categories with a level a code. Refusals name them.
struct DescribedColumns {
  struct Category {
    std::string name;
    std::vector<std::string> levels;
  };
  std::vector<std::string> numbers;
  std::vector<Category> categories;
  std::set<std::size_t> may_be_missing = {};  ///< of the numbers
};

/// This rank's rows of one domain, column by column.
struct DescribedRows {
  std::vector<std::vector<double>> numbers;       ///< (column of numbers, row); NaN: missing
  std::vector<std::vector<std::uint16_t>> codes;  ///< (category, row)
};

/// How many of this rank's rows of its d-th domain are at most `value` in that column.
using RowsUpTo = std::function<std::int64_t(std::size_t d, std::size_t column, double value)>;

/// The values at these places, from 1 on, of all rows in ascending order, of each column. Found by
/// bisection over the ordered doubles: one round a bit, at most 64, each a count of rows for each
/// column and place, of which nothing but the sum over domains is seen. Collective over the world.
/// result[column][place].
std::vector<std::vector<double>> values_at_ranks(const std::string& round,
                                                 const std::vector<std::string>& columns,
                                                 std::span<const std::vector<std::int64_t>> ranks,
                                                 std::size_t domains, const RowsUpTo& rows_up_to,
                                                 Sums& sums);

/// Exact sample quantiles of every column: for each probability p the smallest value v with at
/// least p n rows at most v (R's type 1; Hyndman & Fan, Am. Statistician 50 (1996) 361), by
/// values_at_ranks. `n`: rows of each column in all; NaN of a column without any. Sorts the
/// numbers. Collective over the world. result[column][probability].
std::vector<std::vector<double>> exact_quantiles(const DescribedColumns& columns,
                                                 std::span<DescribedRows> domains,
                                                 std::span<const std::uint64_t> n,
                                                 std::span<const double> probabilities, Sums& sums);

/// Rows of every column in [edges[i], edges[i + 1]), the last bin with its end, after the rows
/// below the first edge and before those above the last. One round. result[column],
/// edges[column].size() + 1 long.
std::vector<std::vector<std::int64_t>> histograms(const DescribedColumns& columns,
                                                  std::span<const DescribedRows> domains,
                                                  std::span<const std::vector<double>> edges,
                                                  Sums& sums);

/// Rows for each pair of codes of two categories, or for each code where both are the same.
/// One round. result[table], row-major.
std::vector<std::vector<std::int64_t>> contingency_tables(
    const DescribedColumns& columns, std::span<const DescribedRows> domains,
    std::span<const std::pair<std::size_t, std::size_t>> tables, Sums& sums);

/// Sums of products of all pairs of standardised columns, packed lower triangle by rows: n - 1
/// times their correlations. `names`: of the columns. One round.
std::vector<double> sums_of_products(const std::vector<std::string>& names,
                                     std::span<const kernels::RowBlocks> domains, Sums& sums);

}  // namespace bailiwick
