// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// Internal to the kernels: products of all pairs of many columns of a block, on a processor.

#include <algorithm>
#include <cstddef>

#include "kokkos_kernels/sums/block_sums.hpp"
#include "kokkos_kernels/sums/lanes.hpp"

namespace bailiwick::kernels {

/// The sums of tile_products for all pairs of a block's columns, the same bits, where columns are
/// too many for the caches: no two lanes meet before lane_sum(), so that a register may as well
/// hold one lane of neighbouring columns. Columns are copied into strips of a tile's height and
/// width, one lane's rows together. A lane of a wide strip stays in the first-level cache while a
/// group of tall ones streams by from the second (Goto & van de Geijn, ACM Transactions on
/// Mathematical Software 34 (2008) 12).
template <class Tile>
struct PackedProducts {
  using Vector = Lanes<Tile::width>;
  static constexpr std::size_t height = Tile::rows, width = Tile::columns * Tile::width;
  /// Fewer columns are summed where they lie.
  static constexpr std::size_t fewest_columns = 160;

  std::size_t columns, rows;

  std::size_t steps() const { return rows / lanes; }
  std::size_t strips() const { return (columns + width - 1) / width; }
  /// Tall strips at a time: half a megabyte, which is half a second-level cache.
  std::size_t group() const {
    return std::clamp<std::size_t>(65536 / (height * rows), 1, (columns + height - 1) / height);
  }
  /// From a lane of so many columns to the next, in doubles: not by powers of two, or all lanes
  /// would want the same lines of the cache.
  std::size_t lane_step(std::size_t count) const { return steps() * count + lanes; }
  std::size_t strip_size() const { return lanes * lane_step(width); }
  std::size_t group_size() const { return lanes * lane_step(group() * height); }
  /// Doubles of work space.
  std::size_t space() const {
    return strips() * strip_size() + group_size() + lanes * group() * height * width;
  }

  /// to[lane][step][column] = value(first + column, row), zero beyond the last column.
  template <std::size_t Width, class Value>
  void pack(std::size_t first, const Value& value, std::size_t step, double* to) const {
    const std::size_t count = first < columns ? std::min(Width, columns - first) : 0;
    for (std::size_t s = 0; s < steps(); ++s)
      for (std::size_t j = 0; j < Width; ++j)
        for (std::size_t l = 0; l < lanes; ++l)
          to[l * step + s * Width + j] = j < count ? value(first + j, s * lanes + l) : 0.0;
  }

  /// sums[i][j] = sum over steps of left(i) right(j), by fma in their order.
  static void tile(const double* left, const double* right, std::size_t steps, double* sums) {
    Vector sum[Tile::rows][Tile::columns];
    BAILIWICK_UNROLL
    for (int i = 0; i < Tile::rows; ++i) {
      BAILIWICK_UNROLL
      for (int j = 0; j < Tile::columns; ++j)
        sum[i][j] = Vector::same(0.0);
    }
    for (std::size_t s = 0; s < steps; ++s, left += height, right += width) {
      Vector columns[Tile::columns];
      BAILIWICK_UNROLL
      for (int j = 0; j < Tile::columns; ++j)
        columns[j] = Vector::load(right + j * Tile::width);
      BAILIWICK_UNROLL
      for (int i = 0; i < Tile::rows; ++i) {
        const Vector row = Vector::same(left[i]);
        BAILIWICK_UNROLL
        for (int j = 0; j < Tile::columns; ++j)
          sum[i][j] = fused(row, columns[j], sum[i][j]);
      }
    }
    BAILIWICK_UNROLL
    for (int i = 0; i < Tile::rows; ++i) {
      BAILIWICK_UNROLL
      for (int j = 0; j < Tile::columns; ++j)
        sum[i][j].store(sums + i * width + j * Tile::width);
    }
  }

  /// Sums of lanes, `step` apart, in place of the first.
  static void add_lanes(double* sums, std::size_t size, std::size_t step) {
    BAILIWICK_INDEPENDENT
    for (std::size_t i = 0; i < size; ++i)
      sums[i] = lane_sum(sums + i, step);
  }

  /// The packed lower triangle of sum_r (h(r) x(i, r)) x(j, r); `work`: space() doubles.
  void operator()(const Columns& x, const double* h, double* work, double* triangle) const {
    double *const right = work, *const left = right + strips() * strip_size(),
                  *const sums = left + group_size();
    const std::size_t n = steps(), all = group() * height, left_step = lane_step(all);
    const auto at = [x](std::size_t j, std::size_t r) { return x.data[j * x.stride + r]; };
    for (std::size_t strip = 0; strip < strips(); ++strip)
      pack<width>(strip * width, at, lane_step(width), right + strip * strip_size());
    for (std::size_t first = 0; first < columns; first += all) {
      const std::size_t last = std::min(first + all, columns);
      for (std::size_t i = 0; i < all; i += height)
        pack<height>(
            first + i, [&](std::size_t j, std::size_t r) { return h[r] * at(j, r); }, left_step,
            left + n * i);
      for (std::size_t j0 = 0; j0 < last; j0 += width) {
        // Tall strips that lie wholly above the diagonal are left out.
        const std::size_t from = j0 > first ? (j0 - first) / height * height : 0;
        for (std::size_t l = 0; l < lanes; ++l)
          for (std::size_t i = from; first + i < last; i += height)
            tile(left + l * left_step + n * i,
                 right + j0 / width * strip_size() + l * lane_step(width), n,
                 sums + (l * all + i) * width);
        add_lanes(sums + from * width, (std::min(all, last - first) - from) * width, all * width);
        for (std::size_t i = from; first + i < last; ++i)
          std::copy_n(sums + i * width,
                      std::min(width, first + i + 1 - std::min(j0, first + i + 1)),
                      triangle + (first + i) * (first + i + 1) / 2 + j0);
      }
    }
  }
};

}  // namespace bailiwick::kernels
