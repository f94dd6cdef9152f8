// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/glm/glm.hpp"
#include "kokkos_kernels/glm/glm_rows.hpp"
#include "kokkos_kernels/sums/block_sums.hpp"

namespace bailiwick::kernels {

namespace {

using Cube = Kokkos::View<double***, Kokkos::LayoutRight, Memory>;
using Vector = Kokkos::View<const double*, Memory>;

constexpr std::size_t moment_limbs = any_size.limbs;

/// What sums of columns begin with: their rows, and the scratch of a block.
struct Moments {
  RowBlocks rows;
  InternalColumns internal;

  KOKKOS_FUNCTION std::size_t partial_size() const {
    const std::size_t dense = (rows.x.extent(1) + 1) * lanes;
    return dense < internal.table ? internal.table : dense;
  }
  std::size_t scratch() const { return partial_size() + internal.count + 1 + internal.columns; }
};

struct ColumnSums : Moments {
  template <class Team>
  KOKKOS_INLINE_FUNCTION void operator()(const Team& team, std::size_t block, double* scratch,
                                         std::int64_t* words) const {
    const Columns x = columns_of(rows, block);
    const double* const w = &rows.weight(block, 0);
    double* const partial = scratch;
    double* const sums_internal = partial + partial_size();
    double* const sums = sums_internal + internal.count;
    row_sum(team, w, x.stride, partial, sums);
    column_products<Preferred>(team, w, x, partial, sums_internal);
    all_cell_sums(team, factors_of(rows, block), w, partial, sums_internal);
    internal.vector(team, sums_internal, sums + 1);
    quantise(team, sums, 1, any_size, words + 1, words);
    quantise(team, sums + 1, internal.columns, any_size, words + 1 + moment_limbs, words);
  }
};

/// Of columns as they were read: indicators are 0 or 1.
struct CentredSquares : Moments {
  Vector centre;

  template <class Team>
  KOKKOS_INLINE_FUNCTION void operator()(const Team& team, std::size_t block, double* scratch,
                                         std::int64_t* words) const {
    const Columns x = columns_of(rows, block);
    const double *const w = &rows.weight(block, 0), *const c = centre.data();
    double* const partial = scratch;
    double* const cells = partial + partial_size();
    double* const total = cells + internal.count;
    double* const sums = total + 1;
    const std::size_t* const order = internal.order.data();
    row_sum(team, w, x.stride, partial, total);
    all_cell_sums(team, factors_of(rows, block), w, partial, cells);
    spread(team, internal.columns, [=](std::size_t begin, std::size_t end) {
      for (std::size_t j = begin; j < end; ++j) {
        const std::size_t a = order ? order[j] : j;
        if (a >= x.count) {
          const double set = 1.0 - c[j];
          sums[j] = cells[a] * (set * set) + (*total - cells[a]) * (c[j] * c[j]);
          continue;
        }
        double* const lane = partial + a * lanes;
        for (int l = 0; l < lanes; ++l)
          lane[l] = 0.0;
        for (std::size_t r = 0; r < x.stride; r += lanes)
          for (int l = 0; l < lanes; ++l) {
            const double difference = x.data[a * x.stride + r + l] - c[j];
            lane[l] = ::fma(weighted(w[r + l], difference), difference, lane[l]);
          }
        sums[j] = lane_sum(lane);
      }
    });
    team.team_barrier();
    quantise(team, sums, internal.columns, any_size, words + 1, words);
  }
};

struct LinearPredictor {
  RowBlocks rows;
  Vector theta;  ///< of internal columns
  Cube out;

  template <class Team>
  KOKKOS_INLINE_FUNCTION void operator()(const Team& team) const {
    const auto b = static_cast<std::size_t>(team.league_rank());
    const DesignRows design{columns_of(rows, b), factors_of(rows, b), rows.offset_of(b)};
    for (std::size_t k = 0; k < out.extent(1); ++k) {
      double* const to = &out(b, k, 0);
      const double* const t = theta.data() + k * rows.internal_columns();
      spread(team, design.x.stride,
             [=](std::size_t begin, std::size_t end) { linear_rows(design, t, begin, end, to); });
    }
  }
};

struct Standardise {
  RowBlocks rows;
  Vector centre, scale;

  template <class Team>
  KOKKOS_INLINE_FUNCTION void operator()(const Team& team) const {
    const auto b = static_cast<std::size_t>(team.league_rank());
    const double* const w = &rows.weight(b, 0);
    for (std::size_t j = 0; j < rows.columns(); ++j) {
      const std::size_t a = rows.factors.count() == 0 ? j : rows.factors.order(j);
      if (a >= rows.x.extent(1)) continue;
      double* const x = &rows.x(b, a, 0);
      const double c = centre(j), s = scale(j);
      spread(team, rows.block_rows(), [=](std::size_t begin, std::size_t end) {
        for (std::size_t r = begin; r < end; ++r)
          x[r] = select(w[r] == 0.0, 0.0, (x[r] - c) * s);
      });
    }
  }
};

struct ScaleWeights {
  RowBlocks rows;
  double factor;

  template <class Team>
  KOKKOS_INLINE_FUNCTION void operator()(const Team& team) const {
    double* const w = &rows.weight(static_cast<std::size_t>(team.league_rank()), 0);
    const double by = factor;
    spread(team, rows.block_rows(), [=](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r)
        w[r] *= by;
    });
  }
};

/// One team a block, each free of the others.
template <class Body>
void for_each_block(const char* label, const RowBlocks& rows, const Body& body) {
  if (rows.blocks() == 0 || rows.block_rows() == 0) return;
  Kokkos::parallel_for(
      label, Kokkos::TeamPolicy<Execution>(static_cast<int>(rows.blocks()), on_host ? 1 : 128),
      body);
  Kokkos::fence();
}

}  // namespace

Cube linear_predictor(const RowBlocks& rows, std::span<const double> theta, std::size_t outputs) {
  require(theta.size() == outputs * rows.columns(), "as many parameters as outputs times columns");
  auto out = uninitialised<Cube>("eta", rows.blocks(), outputs, rows.block_rows());
  for_each_block("linear_predictor", rows,
                 LinearPredictor{rows, to_device(InternalColumns(rows).parameters(theta)), out});
  return out;
}

void column_sums(const RowBlocks& rows, std::span<std::int64_t> words) {
  require(words.size() == 1 + moment_limbs * (1 + rows.columns()),
          "column_sums writes words for saturation, the weight and every column");
  sum_blocks("column_sums", ColumnSums{{rows, InternalColumns(rows)}}, rows.blocks(), words);
}

void centred_squares(const RowBlocks& rows, std::span<const double> centre,
                     std::span<std::int64_t> words) {
  require(centre.size() == rows.columns() && words.size() == 1 + moment_limbs * rows.columns(),
          "centred_squares has a centre and words for every column");
  sum_blocks("centred_squares", CentredSquares{{rows, InternalColumns(rows)}, to_device(centre)},
             rows.blocks(), words);
}

void scale_weights(RowBlocks& rows, double factor) {
  for_each_block("scale_weights", rows, ScaleWeights{rows, factor});
}

void standardise(RowBlocks& rows, std::span<const double> centre, std::span<const double> scale) {
  require(centre.size() == rows.columns() && scale.size() == rows.columns(),
          "every column has a centre and a scale");
  for_each_block("standardise", rows, Standardise{rows, to_device(centre), to_device(scale)});
  // Levels stay codes; what is linear in them carries the centre and scale.
  if (rows.factors.count() == 0) return;
  const auto order = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), rows.factors.order);
  const auto c = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), rows.factors.centre);
  const auto s = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), rows.factors.scale);
  for (std::size_t j = 0; j < order.extent(0); ++j)
    if (order(j) >= rows.x.extent(1)) {
      c(order(j)) = centre[j];
      s(order(j)) = scale[j];
    }
  Kokkos::deep_copy(rows.factors.centre, c);
  Kokkos::deep_copy(rows.factors.scale, s);
}

}  // namespace bailiwick::kernels
