// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// Internal to the kernels: how blocks are shared out, and sums of products over the rows of a
// block.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kokkos_kernels/kokkos_compat.hpp"
#include "kokkos_kernels/sums/lanes.hpp"
#include "kokkos_kernels/sums/quantise.hpp"
#include "kokkos_kernels/sums/rows.hpp"

namespace bailiwick::kernels {

/// Work items [0, size) over the threads of a team as f(begin, end): all at once on a processor,
/// where f's loop is a SIMD loop, one each on a GPU.
template <class Team, class F>
KOKKOS_INLINE_FUNCTION void spread(const Team& team, std::size_t size, const F& f) {
  if constexpr (on_host) {
    f(std::size_t{0}, size);
  } else {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, size),
                         [&](const std::size_t i) { f(i, i + 1); });
  }
}

/// Adds `size` values, one contribution each, to their words; *saturated counts those that do not
/// fit.
template <class Team>
KOKKOS_INLINE_FUNCTION void quantise(const Team& team, const double* values, std::size_t size,
                                     FixedPoint format, std::int64_t* words,
                                     std::int64_t* saturated) {
  spread(team, size, [=](std::size_t begin, std::size_t end) {
    const std::int64_t misfits =
        add_quantised(values + begin, end - begin, format, words + begin, size);
    if (misfits != 0) Kokkos::atomic_add(saturated, misfits);  // integers: exact in any order
  });
}

/// Rows of numbers, `stride` apart: columns of a block, or one weight per row of the block.
struct Columns {
  const double* data;
  std::size_t stride;
  std::size_t count;
};

/// The columns of one block.
KOKKOS_INLINE_FUNCTION Columns columns_of(const RowBlocks& rows, std::size_t block) {
  return {&rows.x(block, 0, 0), rows.x.extent(2), rows.x.extent(1)};
}

/// lanes[(i * b.count + j) * 8 + l] += sum over rows r = l, l + 8, ... in [0, rows) of
/// a(i, r) b(j, r), by fma in the order of rows. At most R x C columns; exactly TR x TC after
/// descent.
template <class Tile, int TR = Tile::rows, int TC = Tile::columns>
KOKKOS_INLINE_FUNCTION void tile_products(const Columns& a, const Columns& b, std::size_t rows,
                                          int first_lane, double* out, std::size_t out_stride) {
  if (a.count < TR) {
    if constexpr (TR > 1) tile_products<Tile, TR - 1, TC>(a, b, rows, first_lane, out, out_stride);
    return;
  }
  if (b.count < TC) {
    if constexpr (TC > 1) tile_products<Tile, TR, TC - 1>(a, b, rows, first_lane, out, out_stride);
    return;
  }
  using Vector = Lanes<Tile::width>;
  Vector sum[TR][TC];
  BAILIWICK_UNROLL
  for (int i = 0; i < TR; ++i) {
    BAILIWICK_UNROLL
    for (int j = 0; j < TC; ++j)
      sum[i][j] = Vector::load(out + i * out_stride + j * lanes + first_lane);
  }
  for (std::size_t r = first_lane; r < rows; r += lanes) {
    Vector right[TC];
    BAILIWICK_UNROLL
    for (int j = 0; j < TC; ++j)
      right[j] = Vector::load(b.data + j * b.stride + r);
    BAILIWICK_UNROLL
    for (int i = 0; i < TR; ++i) {
      const Vector left = Vector::load(a.data + i * a.stride + r);
      BAILIWICK_UNROLL
      for (int j = 0; j < TC; ++j)
        sum[i][j] = fused(left, right[j], sum[i][j]);
    }
  }
  BAILIWICK_UNROLL
  for (int i = 0; i < TR; ++i) {
    BAILIWICK_UNROLL
    for (int j = 0; j < TC; ++j)
      sum[i][j].store(out + i * out_stride + j * lanes + first_lane);
  }
}

/// The same for any number of columns of b, shared by the team; a.count <= Tile::rows. Tiles are as
/// equal as can be: a sliver of one column has too few independent sums to fill the pipelines.
template <class Tile, class Team>
KOKKOS_INLINE_FUNCTION void panel_products(const Team& team, const Columns& a, const Columns& b,
                                           std::size_t rows, double* out) {
  constexpr std::size_t groups = lanes / Tile::width;
  const std::size_t tiles = (b.count + Tile::columns - 1) / Tile::columns;
  spread(team, tiles * groups, [=](std::size_t begin, std::size_t end) {
    for (std::size_t item = begin; item < end; ++item) {
      const std::size_t tile = item / groups;
      const std::size_t j = b.count * tile / tiles, next = b.count * (tile + 1) / tiles;
      tile_products<Tile>(a, {b.data + j * b.stride, b.stride, next - j}, rows,
                          static_cast<int>(item % groups) * Tile::width, out + j * lanes,
                          b.count * lanes);
    }
  });
}

template <class Team>
KOKKOS_INLINE_FUNCTION void fill_zero(const Team& team, double* values, std::size_t size) {
  spread(team, size, [=](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      values[i] = 0.0;
  });
}

/// sums[j] = sum_r weight(r) x(j, r) over a block; `partial` is room for 8 x.count doubles.
template <class Tile, class Team>
KOKKOS_INLINE_FUNCTION void column_products(const Team& team, const double* weight,
                                            const Columns& x, double* partial, double* sums) {
  const std::size_t columns = x.count;
  fill_zero(team, partial, columns * lanes);
  team.team_barrier();
  panel_products<Strip<Tile>>(team, {weight, x.stride, 1}, x, x.stride, partial);
  team.team_barrier();
  spread(team, columns, [=](std::size_t begin, std::size_t end) {
    for (std::size_t j = begin; j < end; ++j)
      sums[j] = lane_sum(partial + j * lanes);
  });
  team.team_barrier();
}

/// *sum = sum_r value(r) over `rows` rows; `partial` is room for 8 doubles.
template <class Team>
KOKKOS_INLINE_FUNCTION void row_sum(const Team& team, const double* value, std::size_t rows,
                                    double* partial, double* sum) {
  spread(team, lanes, [=](std::size_t begin, std::size_t end) {
    for (std::size_t l = begin; l < end; ++l)
      partial[l] = 0.0;
    for (std::size_t r = 0; r < rows; r += lanes)
      for (std::size_t l = begin; l < end; ++l)
        partial[l] += value[r + l];
  });
  team.team_barrier();
  spread(team, 1, [=](std::size_t, std::size_t) { *sum = lane_sum(partial); });
  team.team_barrier();
}

/// One worker's share of the blocks. `Body` is copied to the device and has
///   scratch()                                   doubles it needs a worker
///   operator()(team, block, scratch, words)     adds a block's integers to words
template <class Body>
struct Share {
  Body body;
  std::size_t blocks, workers;
  Kokkos::View<double**, Kokkos::LayoutRight, Memory> scratch;
  Kokkos::View<std::int64_t**, Kokkos::LayoutRight, Memory> words;

  template <class Team>
  KOKKOS_INLINE_FUNCTION void operator()(const Team& team) const {
    const auto w = static_cast<std::size_t>(team.league_rank());
    for (std::size_t b = blocks * w / workers; b < blocks * (w + 1) / workers; ++b) {
      body(team, b, &scratch(w, 0), &words(w, 0));
      team.team_barrier();
    }
  }
};

struct AddSlices {
  Kokkos::View<std::int64_t**, Kokkos::LayoutRight, Memory> slices;

  KOKKOS_INLINE_FUNCTION void operator()(const std::size_t word) const {
    for (std::size_t w = 1; w < slices.extent(0); ++w)
      slices(0, word) += slices(w, word);
  }
};

/// Adds the integers of all blocks to `words`. Every worker owns a slice of words and a run of
/// blocks; slices are added as integers, so neither the number of workers nor their order matters.
template <class Body>
void sum_blocks(const char* label, const Body& body, std::size_t blocks,
                std::span<std::int64_t> words, std::size_t workers = 0) {
  if (blocks == 0) return;
  constexpr std::size_t team_size = on_host ? 1 : 128;
  if (workers == 0) {
    // A GPU gets enough teams to hide latency, but no more than 1 GiB of slices and scratch.
    const std::size_t bytes = 8 * (words.size() + body.scratch());
    workers = on_host ? concurrency()
                      : std::min(concurrency() / (2 * team_size), (std::size_t{1} << 30) / bytes);
  }
  workers = std::clamp(workers, std::size_t{1}, blocks);
  Share<Body> share{body, blocks, workers, {}, {}};
  // Whole cache lines a worker: vector loads that straddle two lines cost twice.
  share.scratch = uninitialised<decltype(share.scratch)>("scratch", workers,
                                                         (body.scratch() / lanes + 1) * lanes);
  share.words = decltype(share.words)("words", workers, words.size());
  Kokkos::parallel_for(label, Kokkos::TeamPolicy<Execution>(static_cast<int>(workers), team_size),
                       share);
  Kokkos::parallel_for("add slices", Kokkos::RangePolicy<Execution>(0, words.size()),
                       AddSlices{share.words});
  const auto total = Kokkos::create_mirror_view_and_copy(
      Kokkos::HostSpace(), Kokkos::subview(share.words, 0, Kokkos::ALL));
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] += total(i);
}

}  // namespace bailiwick::kernels
