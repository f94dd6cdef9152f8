// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/sums/rows.hpp"
#include "lib/boundary/boundary.hpp"
#include "lib/domain/schema.hpp"
#include "lib/model/standardisation.hpp"

// Moments of numbers over the rows that have them, which `describe` tells (docs/describe.md).
namespace bailiwick {

/// Rows of numbers (NaN: missing), of each of this rank's domains, and what they are called.
struct NumbersOfDomains {
  std::vector<Column> columns;
  std::vector<kernels::RowBlocks> rows;
  std::vector<std::uint64_t> held;  ///< rows on this rank

  /// The columns without missing values.
  std::vector<std::size_t> complete() const;
};

struct MomentsOfNumbers {
  std::vector<std::uint64_t> rows;    ///< of each column: that have a value
  std::vector<double> centre, scale;  ///< as ColumnMoments; NaN where fewer than two rows have one
};

/// Those columns, without the rows that lack a value of one of them: these weigh nothing.
kernels::RowBlocks rows_with(const kernels::RowBlocks& rows, std::span<const std::size_t> columns);

/// Over all domains, `n` rows in all. Two rounds, and, if some columns have missing values, one of
/// the rows that do not, and two for each of these, made of such rows alone. Collective over the
/// world.
MomentsOfNumbers pooled_moments(const NumbersOfDomains& numbers, std::uint64_t n, Boundary& sums);

/// Of this rank's d-th domain, `n` rows in all; nothing leaves it. Collective over that domain.
MomentsOfNumbers domain_moments(const NumbersOfDomains& numbers, std::uint64_t n, std::size_t d,
                                Boundary& sums);

}  // namespace bailiwick
