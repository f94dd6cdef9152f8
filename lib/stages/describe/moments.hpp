// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/sums/rows.hpp"
#include "lib/boundary/boundary.hpp"
#include "lib/core/json_fwd.hpp"
#include "lib/domain/schema.hpp"
#include "lib/model/standardisation.hpp"

// Moments of numbers over the rows that have them, which `describe` tells (docs/describe.md).
namespace bailiwick {

/// Rows of numbers (NaN: missing), of each of this rank's domains, and what they are called.
struct NumbersOfDomains {
  std::vector<Column> columns;
  std::vector<kernels::RowBlocks> rows;
  std::vector<std::uint64_t> held;  ///< rows on this rank

  /// The columns that may have missing values, or those that may not.
  std::vector<std::size_t> places(bool missing) const;
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

/// As description.json has it, `n` rows in all, of the complete columns: null with one that has
/// missing values, 0 of a constant column with any other, itself included. One round. Collective
/// over the world.
Json correlation_json(const NumbersOfDomains& numbers, const MomentsOfNumbers& moments,
                      std::uint64_t n, Boundary& sums);

}  // namespace bailiwick
