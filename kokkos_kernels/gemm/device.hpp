// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// Internal to gemm.hpp: products on a GPU. A team computes a tile; slices of A and B go through its
// shared memory, sums stay in registers. Every element is one chain of fma over its terms in order,
// as on a processor.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kokkos_kernels/gemm/shape.hpp"
#include "kokkos_kernels/kokkos_compat.hpp"
#include "kokkos_kernels/sums/gradient_words.hpp"
#include "kokkos_kernels/sums/lanes.hpp"

// Before a long loop that must stay one.
#if defined(__CUDA_ARCH__) || defined(__HIP_DEVICE_COMPILE__)
#define BAILIWICK_ROLLED _Pragma("unroll 1")
#else
#define BAILIWICK_ROLLED
#endif

namespace bailiwick::kernels::detail {

/// What one instruction loads; nvcc would make four bytes at a time of a memcpy.
struct alignas(16) Four {
  float value[4];
};

KOKKOS_FORCEINLINE_FUNCTION const Four& four_at(const float* from) {
  return *reinterpret_cast<const Four*>(from);
}
KOKKOS_FORCEINLINE_FUNCTION Four& four_at(float* to) {
  return *reinterpret_cast<Four*>(to);
}

/// How a team shares a tile: warps of 4 x 8 threads, Down x Across squares of 4 x 4 elements for
/// each thread, `Slice` terms at a time. `Teams` are wanted at once on a multiprocessor: a bound
/// for registers. `Worth` is a guess of the speed, in per cent of the multiprocessor's, by which
/// tiles are chosen.
template <int WarpsDown, int WarpsAcross, int Down, int Across, int Slice, int Teams, int Worth>
struct TeamTile {
  static constexpr int threads = 32 * WarpsDown * WarpsAcross, teams = Teams, worth = Worth;
  static constexpr int threads_down = 4 * WarpsDown, threads_across = 8 * WarpsAcross;
  static constexpr int down = 4 * Down, across = 4 * Across;  ///< elements of a thread
  static constexpr int rows = down * threads_down, columns = across * threads_across;
  static constexpr int slice = Slice;
  using Sums = float[down][across];

  /// Place of a thread in the tile. Lanes that differ in bit 0 share columns, those that differ in
  /// bit 1 rows: 16-byte loads of a warp from shared memory then take two turns instead of four
  /// (CUTLASS's interleaved order).
  KOKKOS_FORCEINLINE_FUNCTION static int down_of(int rank) {
    const int warp = rank / 32, lane = rank % 32;
    return warp / WarpsAcross * 4 + (lane >> 4) * 2 + (lane & 1);
  }
  KOKKOS_FORCEINLINE_FUNCTION static int across_of(int rank) {
    const int warp = rank / 32, lane = rank % 32;
    return warp % WarpsAcross * 8 + (lane >> 1) % 8;
  }
  /// Elements of a thread lie in the same place of every square.
  KOKKOS_FORCEINLINE_FUNCTION static int row(int thread, int i) {
    return (i / 4 * threads_down + thread) * 4 + i % 4;
  }
  KOKKOS_FORCEINLINE_FUNCTION static int column(int thread, int j) {
    return (j / 4 * threads_across + thread) * 4 + j % 4;
  }
};

using LargeTile = TeamTile<4, 2, 2, 2, 8, 2, 100>;   // 128 x 128
using MiddleTile = TeamTile<2, 2, 2, 2, 16, 2, 90>;  // 64 x 128
using BlocksTile = TeamTile<2, 2, 2, 1, 16, 3, 80>;  // 64 x 64, 64-bit sums too
using TallTile = TeamTile<4, 1, 1, 1, 16, 4, 50>;    // 64 x 32
using WideTile = TeamTile<1, 4, 1, 1, 16, 4, 50>;    // 16 x 128

/// One operand's share of a tile: `Extent` rows of A or columns of B.
template <class Tile, int Extent>
class Panel {
 public:
  static constexpr int step = Extent + 4;  // terms in neighbouring banks
  static constexpr int size = step * Tile::slice;

  /// Of the `count` rows of an operand whose columns are terms, those from the first on. `padding`
  /// stands for what lies beyond the operand and for terms beyond the last.
  KOKKOS_FORCEINLINE_FUNCTION Panel(const Operand& of, std::size_t first, std::size_t count,
                                    float padding, int rank)
      : data_(of.data + first * of.row_step),
        step_between_(of.row_step),
        term_step_(of.column_step),
        inside_(count - first < Extent ? static_cast<int>(count - first) : Extent),
        padding_(padding),
        rank_(rank) {}

  /// Terms begin to end, at most a slice, into registers.
  KOKKOS_FORCEINLINE_FUNCTION void fetch(std::size_t begin, std::size_t end) {
    const int terms = end - begin < Tile::slice ? static_cast<int>(end - begin) : Tile::slice;
    BAILIWICK_UNROLL
    for (int i = 0; i < each; ++i) {
      if (beyond(i)) continue;
      const auto [at, term] = place(i);
      const float* const from = data_ + static_cast<std::size_t>(at) * step_between_ +
                                (begin + static_cast<std::size_t>(term)) * term_step_;
      const int left =
          along_terms() ? (at < inside_ ? terms - term : 0) : (term < terms ? inside_ - at : 0);
      if (left >= 4 && reinterpret_cast<std::uintptr_t>(from) % sizeof(Four) == 0) {
        held_[i] = four_at(from);
      } else {
        BAILIWICK_UNROLL
        for (int j = 0; j < 4; ++j)
          held_[i].value[j] = j < left ? from[j] : padding_;
      }
    }
  }

  /// From registers to shared memory, where a term's numbers lie together.
  KOKKOS_FORCEINLINE_FUNCTION void put(float* shared) const {
    BAILIWICK_UNROLL
    for (int i = 0; i < each; ++i) {
      if (beyond(i)) continue;
      const auto [at, term] = place(i);
      if (!along_terms()) {
        four_at(shared + term * step + at) = held_[i];
      } else {
        BAILIWICK_UNROLL
        for (int j = 0; j < 4; ++j)
          shared[(term + j) * step + at] = held_[i].value[j];
      }
    }
  }

 private:
  static constexpr int fours = Extent * Tile::slice / 4;
  static constexpr int each = (fours + Tile::threads - 1) / Tile::threads;
  struct Place {
    int at, term;
  };

  KOKKOS_FORCEINLINE_FUNCTION bool along_terms() const { return term_step_ == 1; }
  KOKKOS_FORCEINLINE_FUNCTION bool beyond(int i) const {
    return fours % Tile::threads != 0 && rank_ + i * Tile::threads >= fours;
  }
  /// Neighbouring threads read neighbouring memory.
  KOKKOS_FORCEINLINE_FUNCTION Place place(int i) const {
    const int four = rank_ + i * Tile::threads;
    if (along_terms()) return {four / (Tile::slice / 4), four % (Tile::slice / 4) * 4};
    return {four % (Extent / 4) * 4, four / (Extent / 4)};
  }

  const float* data_;
  std::size_t step_between_, term_step_;
  int inside_;
  float padding_;
  int rank_;
  Four held_[each];
};

/// Walks over the terms of blocks first to last in slices, none of which is in two blocks.
template <class Blocks>
struct Slices {
  const Blocks& blocks;
  std::size_t block, last;
  std::size_t begin = 0, end_of_block = 0;

  KOKKOS_FORCEINLINE_FUNCTION Slices(const Blocks& all, std::size_t first_block,
                                     std::size_t last_block)
      : blocks(all), block(first_block), last(last_block) {
    if (block == last) return;
    begin = blocks.first(block);
    end_of_block = blocks.first(block + 1);
    skip_empty();
  }
  KOKKOS_FORCEINLINE_FUNCTION bool done() const { return block == last; }
  template <int Terms>
  KOKKOS_FORCEINLINE_FUNCTION bool ends_block() const {
    return end_of_block - begin <= Terms;
  }
  template <int Terms>
  KOKKOS_FORCEINLINE_FUNCTION void next() {
    begin = ends_block<Terms>() ? end_of_block : begin + Terms;
    skip_empty();
  }

 private:
  KOKKOS_FORCEINLINE_FUNCTION void skip_empty() {
    while (begin == end_of_block && ++block != last)
      end_of_block = blocks.first(block + 1);
  }
};

/// A product without blocks is one of one block.
struct OneBlock {
  std::size_t depth;
  static constexpr std::size_t count = 1;
  KOKKOS_FUNCTION std::size_t first(std::size_t block) const { return block == 0 ? 0 : depth; }
};
struct ManyBlocks {
  const std::size_t* bounds;
  std::size_t count;
  KOKKOS_FUNCTION std::size_t first(std::size_t block) const { return bounds[block]; }
};

/// What all teams of a product need, and what they do alike.
template <class Tile, class Blocks>
struct TeamGemm {
  using PanelA = Panel<Tile, Tile::rows>;
  using PanelB = Panel<Tile, Tile::columns>;
  static constexpr int buffer = PanelA::size + PanelB::size;
  static constexpr std::size_t shared_bytes = 2 * sizeof(float) * buffer;

  GemmShape shape;
  Operand a, b;
  Blocks blocks;

  KOKKOS_FUNCTION std::size_t tiles_across() const {
    return (shape.columns + Tile::columns - 1) / Tile::columns;
  }
  KOKKOS_FUNCTION std::size_t tiles() const {
    return (shape.rows + Tile::rows - 1) / Tile::rows * tiles_across();
  }
  KOKKOS_FUNCTION std::size_t first_row(std::size_t tile) const {
    return tile / tiles_across() * Tile::rows;
  }
  KOKKOS_FUNCTION std::size_t first_column(std::size_t tile) const {
    return tile % tiles_across() * Tile::columns;
  }

  template <class Team>
  KOKKOS_FORCEINLINE_FUNCTION static float* shared_memory(const Team& team) {
    return static_cast<float*>(
        team.team_scratch(0).get_shmem_aligned(std::size_t{shared_bytes}, sizeof(Four)));
  }

  /// Sums of a tile over the terms in slices; calls end_of_block(), which may take them away, after
  /// each block that has terms. Shared memory is free for others afterwards.
  template <class Team, class EndOfBlock>
  KOKKOS_FORCEINLINE_FUNCTION void sum(const Team& team, std::size_t tile, Slices<Blocks> slices,
                                       float* shared, typename Tile::Sums& sums,
                                       const EndOfBlock& end_of_block) const {
    const int rank = team.team_rank();
    // Terms beyond a block's last are -0 times +0, which changes no sum, not even -0.
    PanelA left(a, first_row(tile), shape.rows, -0.0F, rank);
    PanelB right(b.transposed(), first_column(tile), shape.columns, 0.0F, rank);
    if (!slices.done()) {
      left.fetch(slices.begin, slices.end_of_block);
      right.fetch(slices.begin, slices.end_of_block);
      left.put(shared);
      right.put(shared + PanelA::size);
    }
    team.team_barrier();
    for (int now = 0; !slices.done(); now ^= 1) {
      const bool ends = slices.template ends_block<Tile::slice>();
      slices.template next<Tile::slice>();
      // The next slice is on its way while this one is used.
      if (!slices.done()) {
        left.fetch(slices.begin, slices.end_of_block);
        right.fetch(slices.begin, slices.end_of_block);
      }
      add_slice(rank, shared + now * buffer, sums);
      if (ends) end_of_block();
      if (!slices.done()) {
        left.put(shared + (now ^ 1) * buffer);
        right.put(shared + (now ^ 1) * buffer + PanelA::size);
      }
      team.team_barrier();
    }
  }

 private:
  KOKKOS_FORCEINLINE_FUNCTION static void add_slice(int rank, const float* shared,
                                                    typename Tile::Sums& sums) {
    const float* const left = shared + 4 * Tile::down_of(rank);
    const float* const right = shared + PanelA::size + 4 * Tile::across_of(rank);
    BAILIWICK_UNROLL
    for (int k = 0; k < Tile::slice; ++k) {
      Four x[Tile::down / 4], y[Tile::across / 4];
      BAILIWICK_UNROLL
      for (int i = 0; i < Tile::down / 4; ++i)
        x[i] = four_at(left + k * PanelA::step + i * 4 * Tile::threads_down);
      BAILIWICK_UNROLL
      for (int j = 0; j < Tile::across / 4; ++j)
        y[j] = four_at(right + k * PanelB::step + j * 4 * Tile::threads_across);
      BAILIWICK_UNROLL
      for (int i = 0; i < Tile::down; ++i) {
        BAILIWICK_UNROLL
        for (int j = 0; j < Tile::across; ++j)
          sums[i][j] = ::fmaf(x[i / 4].value[i % 4], y[j / 4].value[j % 4], sums[i][j]);
      }
    }
  }
};

/// C goes to an epilogue, an element a call: neighbouring threads have neighbouring columns.
template <class Tile, class Epilogue>
struct TeamStore {
  TeamGemm<Tile, OneBlock> product;
  Epilogue epilogue;

  KOKKOS_FUNCTION std::size_t league() const { return product.tiles(); }

  template <class Team>
  KOKKOS_INLINE_FUNCTION void operator()(const Team& team) const {
    static_assert(Tile::threads_down * Tile::columns <= 2 * decltype(product)::buffer);
    const auto tile = static_cast<std::size_t>(team.league_rank());
    float* const shared = product.shared_memory(team);
    typename Tile::Sums sums = {};
    product.sum(team, tile, {product.blocks, 0, 1}, shared, sums, [] {});
    const int rank = team.team_rank();
    float* const own = shared + Tile::down_of(rank) * Tile::columns;
    const std::size_t first_row = product.first_row(tile);
    const std::size_t first_column = product.first_column(tile);
    BAILIWICK_ROLLED
    for (int pass = 0; pass < Tile::down; ++pass) {
      // One row of every thread; registers have no index that is not known to the compiler.
      BAILIWICK_UNROLL
      for (int i = 0; i < Tile::down; ++i) {
        if (i != pass) continue;
        BAILIWICK_UNROLL
        for (int j = 0; j < Tile::across; j += 4)
          four_at(own + Tile::column(Tile::across_of(rank), j)) = {
              {sums[i][j], sums[i][j + 1], sums[i][j + 2], sums[i][j + 3]}};
      }
      team.team_barrier();
      BAILIWICK_ROLLED
      for (int e = rank; e < Tile::threads_down * Tile::columns; e += Tile::threads) {
        const std::size_t row =
            first_row + static_cast<std::size_t>(Tile::row(e / Tile::columns, pass));
        const std::size_t column = first_column + static_cast<std::size_t>(e % Tile::columns);
        if (row < product.shape.rows && column < product.shape.columns)
          epilogue(row, column, shared + e, 1);
      }
      team.team_barrier();
    }
  }
};

/// C in fixed point, block by block. Blocks are shared out in runs: words are integers, whose sum
/// has no order.
template <class Tile>
struct TeamRound {
  TeamGemm<Tile, ManyBlocks> product;
  FloatRounder round;
  GradientWords to;
  std::size_t runs;

  KOKKOS_FUNCTION std::size_t league() const { return product.tiles() * runs; }

  template <class Team>
  KOKKOS_INLINE_FUNCTION void operator()(const Team& team) const {
    const auto item = static_cast<std::size_t>(team.league_rank());
    const std::size_t tile = item / runs, run = item % runs, blocks = product.blocks.count;
    const int rank = team.team_rank();
    const GemmShape& shape = product.shape;
    const std::size_t first_row = product.first_row(tile);
    const std::size_t first_column = product.first_column(tile);
    const auto row_of = [&](int i) {
      return first_row + static_cast<std::size_t>(Tile::row(Tile::down_of(rank), i));
    };
    const auto column_of = [&](int j) {
      return first_column + static_cast<std::size_t>(Tile::column(Tile::across_of(rank), j));
    };
    typename Tile::Sums sums = {};
    std::int64_t words[Tile::down][Tile::across] = {}, misfits = 0;
    std::size_t additions = 0;
    product.sum(team, tile, {product.blocks, blocks * run / runs, blocks * (run + 1) / runs},
                product.shared_memory(team), sums, [&] {
                  ++additions;
                  BAILIWICK_UNROLL
                  for (int i = 0; i < Tile::down; ++i) {
                    BAILIWICK_UNROLL
                    for (int j = 0; j < Tile::across; ++j) {
                      // What lies beyond the last row or column must not count as a misfit.
                      if (row_of(i) < shape.rows && column_of(j) < shape.columns)
                        misfits += round.add(&sums[i][j], 1, false, &words[i][j]);
                      sums[i][j] = 0;
                    }
                  }
                });
    BAILIWICK_UNROLL
    for (int i = 0; i < Tile::down; ++i) {
      BAILIWICK_UNROLL
      for (int j = 0; j < Tile::across; ++j) {
        if (row_of(i) >= shape.rows || column_of(j) >= shape.columns) continue;
        std::int64_t* const word = to.words + row_of(i) * shape.columns + column_of(j);
        const std::int64_t sum = FloatRounder::finish(words[i][j], additions);
        if (runs == 1)
          *word = sum;
        else
          Kokkos::atomic_add(word, sum);
      }
    }
    if (misfits != 0) Kokkos::atomic_add(to.saturated, misfits);
  }
};

template <class Tile, class Work>
void for_each_team(const char* label, const Work& work) {
  using Policy = Kokkos::TeamPolicy<Execution, Kokkos::LaunchBounds<Tile::threads, Tile::teams>>;
  // Room to align it, too.
  const auto bytes = static_cast<int>(decltype(work.product)::shared_bytes + sizeof(Four));
  Kokkos::parallel_for(label,
                       Policy(static_cast<int>(work.league()), Tile::threads)
                           .set_scratch_size(0, Kokkos::PerTeam(bytes)),
                       work);
}

/// Multiprocessors, near enough, of which each runs 2048 threads.
inline std::size_t multiprocessors() {
  return std::max<std::size_t>(1, concurrency() / 2048);
}

/// Calls use(tile) for the tile that takes the least time. Tiles are shared out whole, so that some
/// multiprocessors may have one more than others, unless `divisible`.
template <class... Tiles, class Use>
void with_best_tile(const GemmShape& shape, bool divisible, const Use& use) {
  const std::size_t units = divisible ? 1 : multiprocessors();
  const auto cost = [&]<class Tile>(Tile) {
    const std::size_t tiles = ((shape.rows + Tile::rows - 1) / Tile::rows) *
                              ((shape.columns + Tile::columns - 1) / Tile::columns);
    return (tiles + units - 1) / units * (Tile::rows * Tile::columns * 100 / Tile::worth);
  };
  const std::size_t least = std::min({cost(Tiles())...});
  bool used = false;
  const auto try_one = [&]<class Tile>(Tile tile) {
    if (used || cost(tile) != least) return;
    used = true;
    use(tile);
  };
  (try_one(Tiles()), ...);
}

template <class Epilogue>
void device_gemm(const GemmShape& shape, const Operand& a, const Operand& b,
                 const Epilogue& epilogue) {
  with_best_tile<LargeTile, MiddleTile, TallTile, WideTile>(shape, false, [&]<class Tile>(Tile) {
    for_each_team<Tile>("gemm", TeamStore<Tile, Epilogue>{{shape, a, b, {shape.depth}}, epilogue});
  });
}

void device_gemm_of_blocks(const GemmShape& shape, const Operand& a, const Operand& b,
                           const BlockBounds& blocks, const GradientWords& to);

}  // namespace bailiwick::kernels::detail
