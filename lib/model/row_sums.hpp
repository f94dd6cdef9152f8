// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kokkos_kernels/sums/quantise.hpp"
#include "kokkos_kernels/sums/rows.hpp"
#include "lib/boundary/aggregate.hpp"

// Sums whose contributions are single rows, taken on the host: not the hot path of a fit.
namespace bailiwick {

/// Limbs take 2^24 additions before a carry is due; this many rows leave room for ranks and
/// domains.
inline constexpr std::size_t rows_between_carries = std::size_t{1} << 23;

/// The numbers of a view where the host can read them; no copy if it can already.
template <class View>
auto host_copy(const View& view) {
  return Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, view);
}

/// Adds single contributions to one stream of an aggregate, which must outlive it.
class RowSum {
 public:
  RowSum(Aggregate& sum, std::string_view stream)
      : saturated_(sum.words().front()),
        words_(sum.words(stream).data()),
        size_(sum.layout().stream(stream).size),
        format_(sum.layout().stream(stream).format) {}

  void add(double value, std::size_t i = 0) const {
    saturated_ += kernels::add_quantised(&value, 1, format_, words_ + i, size_);
  }
  /// One more, or several, in a stream of counts.
  void count(std::size_t i = 0, std::int64_t more = 1) const { words_[i] += more; }

 private:
  std::int64_t& saturated_;
  std::int64_t* words_;
  std::size_t size_;
  FixedPoint format_;
};

/// Calls f(block, row, y, weight) with the first target of every row of non-zero weight, and
/// carries in `sum`, which f adds to, when that is due.
template <class F>
void for_each_row(const kernels::RowBlocks& rows, Aggregate& sum, const F& f) {
  const auto y = host_copy(rows.y);
  const auto weight = host_copy(rows.weight);
  std::size_t since_carry = 0;
  for (std::size_t b = 0; b < rows.blocks(); ++b) {
    for (std::size_t r = 0; r < rows.block_rows(); ++r) {
      if (weight(b, r) != 0) f(b, r, y(b, 0, r), weight(b, r));
    }
    since_carry += rows.block_rows();
    if (since_carry >= rows_between_carries) {
      sum.normalise();
      since_carry = 0;
    }
  }
  sum.normalise();
}

}  // namespace bailiwick
