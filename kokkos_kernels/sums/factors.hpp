// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// Internal to the kernels: categories as codes. A model's columns are linear in the internal ones
// (RowBlocks::x, then cells): column j with internal column a is (z_a - centre_a z_0) scale_a,
// where z_0, the intercept, is one in every row. Parameters go one way, sums the other, and no row
// is ever expanded.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kokkos_kernels/sums/block_sums.hpp"

namespace bailiwick::kernels {

/// The categories of one block: a code a row, the cells that codes lead to.
struct BlockFactors {
  const std::uint16_t* code;  ///< (factor, row)
  const std::size_t* first;   ///< internal column of each factor's first cell; then the end
  std::size_t count, stride;

  KOKKOS_INLINE_FUNCTION std::size_t cells(std::size_t f) const { return first[f + 1] - first[f]; }
  KOKKOS_INLINE_FUNCTION const std::uint16_t* codes(std::size_t f) const {
    return code + f * stride;
  }
};

KOKKOS_INLINE_FUNCTION BlockFactors factors_of(const RowBlocks& rows, std::size_t block) {
  const Factors& f = rows.factors;
  if (f.count() == 0) return {nullptr, nullptr, 0, 0};
  return {&f.code(block, 0, 0), f.first.data(), f.count(), f.code.extent(2)};
}

/// Adds value(r) to table[code(r)] for the rows of lanes [begin, end); a cell has a number a lane.
template <class Index>
KOKKOS_INLINE_FUNCTION void scatter(const double* value, const Index& index, std::size_t rows,
                                    std::size_t begin, std::size_t end, double* table) {
  for (std::size_t r = 0; r < rows; r += lanes)
    for (std::size_t l = begin; l < end; ++l)
      table[index(r + l) * lanes + l] += value[r + l];
}

/// Two factors, whose cells are rows and columns of a table.
struct FactorPair {
  std::size_t rows, columns;
};

/// put(i, j, sum of value over rows in cell i of factor of.rows and cell j of factor of.columns).
/// `table` is room for 8 doubles a pair of cells.
template <class Team, class Put>
KOKKOS_INLINE_FUNCTION void cell_sums(const Team& team, const BlockFactors& factors, FactorPair of,
                                      const double* value, double* table, const Put& put) {
  const std::size_t breadth = factors.cells(of.columns), cells = factors.cells(of.rows) * breadth;
  const std::uint16_t *const row = factors.codes(of.rows), *const column =
                                                               factors.codes(of.columns);
  const std::size_t rows = factors.stride;
  fill_zero(team, table, cells * lanes);
  team.team_barrier();
  spread(team, lanes, [=](std::size_t begin, std::size_t end) {
    scatter(
        value, [=](std::size_t r) { return row[r] * breadth + column[r]; }, rows, begin, end,
        table);
  });
  team.team_barrier();
  spread(team, cells, [=](std::size_t begin, std::size_t end) {
    for (std::size_t c = begin; c < end; ++c)
      put(c / breadth, c % breadth, lane_sum(table + c * lanes));
  });
  team.team_barrier();
}

/// put(i, sum of value over rows in cell i of factor a).
template <class Team, class Put>
KOKKOS_INLINE_FUNCTION void cell_sums(const Team& team, const BlockFactors& factors, std::size_t a,
                                      const double* value, double* table, const Put& put) {
  const std::uint16_t* const row = factors.codes(a);
  const std::size_t rows = factors.stride, cells = factors.cells(a);
  fill_zero(team, table, cells * lanes);
  team.team_barrier();
  spread(team, lanes, [=](std::size_t begin, std::size_t end) {
    scatter(
        value, [=](std::size_t r) { return std::size_t{row[r]}; }, rows, begin, end, table);
  });
  team.team_barrier();
  spread(team, cells, [=](std::size_t begin, std::size_t end) {
    for (std::size_t c = begin; c < end; ++c)
      put(c, lane_sum(table + c * lanes));
  });
  team.team_barrier();
}

/// out(r) += parameters of the cells of row r.
KOKKOS_INLINE_FUNCTION void add_factor_rows(const BlockFactors& factors, const double* parameters,
                                            std::size_t begin, std::size_t end,
                                            double* KOKKOS_RESTRICT out) {
  for (std::size_t f = 0; f < factors.count; ++f) {
    const std::uint16_t* const code = factors.codes(f);
    const double* const cell = parameters + factors.first[f];
    for (std::size_t r = begin; r < end; ++r)
      out[r] += cell[code[r]];
  }
}

/// sums(first cell of a factor + i) = sum of value over the rows in cell i, for all factors.
template <class Team>
KOKKOS_INLINE_FUNCTION void all_cell_sums(const Team& team, const BlockFactors& factors,
                                          const double* value, double* table, double* sums) {
  for (std::size_t a = 0; a < factors.count; ++a) {
    double* const to = sums + factors.first[a];
    cell_sums(team, factors, a, value, table, [=](std::size_t i, double sum) { to[i] = sum; });
  }
}

/// What kernels need to know of categories on the host, and where columns are on the device.
struct InternalColumns {
  Kokkos::View<const std::size_t*, Memory> order;
  Kokkos::View<const double*, Memory> centre, scale;
  std::size_t columns, count;  ///< of the model; internal
  std::size_t table = 0;       ///< doubles that cell_sums needs

  explicit InternalColumns(const RowBlocks& rows)
      : order(rows.factors.order),
        centre(rows.factors.centre),
        scale(rows.factors.scale),
        columns(rows.columns()),
        count(rows.internal_columns()) {
    if (identical()) return;
    const auto first = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), rows.factors.first);
    std::size_t widest = 1;
    for (std::size_t f = 0; f < rows.factors.count(); ++f) {
      const std::size_t cells = first(f + 1) - first(f);
      table = std::max(table, lanes * cells * widest);
      widest = std::max(widest, cells);
    }
  }

  KOKKOS_FUNCTION bool identical() const { return order.extent(0) == 0; }

  /// Parameters of the internal columns, `count` for each `columns` of theta.
  std::vector<double> parameters(std::span<const double> theta) const {
    if (identical()) return {theta.begin(), theta.end()};
    const auto at = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), order);
    const auto c = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), centre);
    const auto s = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), scale);
    std::vector<double> result(theta.size() / columns * count);
    for (std::size_t k = 0; k < theta.size() / columns; ++k) {
      double* const to = &result[k * count];
      for (std::size_t j = 0; j < columns; ++j) {
        const double scaled = s(at(j)) * theta[k * columns + j];
        to[at(j)] += scaled;
        if (c(at(j)) != 0) to[0] -= c(at(j)) * scaled;
      }
    }
    return result;
  }

  /// Sums of the model's columns from those of the internal ones.
  template <class Team>
  KOKKOS_INLINE_FUNCTION void vector(const Team& team, const double* internal, double* out) const {
    const std::size_t* const at = order.data();
    const double *const c = centre.data(), *const s = scale.data();
    spread(team, columns, [=](std::size_t begin, std::size_t end) {
      for (std::size_t j = begin; j < end; ++j)
        out[j] = at ? (internal[at[j]] - c[at[j]] * internal[0]) * s[at[j]] : internal[j];
    });
    team.team_barrier();
  }

  /// Makes the packed lower triangle of the internal columns that of the same columns,
  /// standardised.
  template <class Team>
  KOKKOS_INLINE_FUNCTION void standardise(const Team& team, double* triangle, double* first) const {
    if (identical()) return;
    const std::size_t n = count;
    spread(team, n, [=](std::size_t begin, std::size_t end) {
      for (std::size_t a = begin; a < end; ++a)
        first[a] = triangle[a * (a + 1) / 2];
    });
    team.team_barrier();
    const double *const c = centre.data(), *const s = scale.data();
    spread(team, n, [=](std::size_t begin, std::size_t end) {
      for (std::size_t a = begin; a < end; ++a) {
        double* const row = triangle + a * (a + 1) / 2;
        const double left = first[a] - c[a] * first[0];
        for (std::size_t b = 0; b <= a; ++b)
          row[b] = ((row[b] - c[a] * first[b]) - c[b] * left) * (s[a] * s[b]);
      }
    });
    team.team_barrier();
  }
};

}  // namespace bailiwick::kernels
