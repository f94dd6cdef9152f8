// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/glm/glm.hpp"

#include "kokkos_kernels/glm/glm_rows.hpp"
#include "kokkos_kernels/sums/block_sums.hpp"
#include "kokkos_kernels/sums/factors.hpp"
#include "kokkos_kernels/sums/packed_products.hpp"

namespace bailiwick::kernels {

namespace {

using Cube = Kokkos::View<double***, Kokkos::LayoutRight, Memory>;
using Vector = Kokkos::View<const double*, Memory>;

std::size_t triangle(std::size_t d) {
  return d * (d + 1) / 2;
}

std::size_t outputs_of(Family family, std::size_t classes) {
  return family == multinomial ? classes - 1 : 1;
}

/// What both sums need of rows and model. Kept in device memory, copied with the functor.
struct Problem {
  RowBlocks blocks;
  InternalColumns internal;
  Vector theta;  ///< of internal columns
  Family family;
  double shape;
  std::size_t outputs, rows;

  Problem(const RowBlocks& row_blocks, const GlmPoint& at)
      : blocks(row_blocks),
        internal(row_blocks),
        family(at.family),
        shape(at.shape),
        outputs(outputs_of(at.family, at.classes)),
        rows(row_blocks.block_rows()) {
    require(rows % lanes == 0, "blocks are padded to a multiple of 8 rows");
    require(at.theta.size() == glm_parameters(family, internal.columns, at.classes),
            "as many parameters as the model has");
    theta = to_device(internal.parameters(at.theta));
  }

  KOKKOS_FUNCTION std::size_t parameters() const { return outputs * internal.columns; }

  /// Where a block's numbers lie, from the beginning of its scratch on: up to work + rows.
  KOKKOS_FUNCTION Evaluated evaluated(double* scratch) const {
    double* const value = scratch + 2 * outputs * rows;
    return {.eta = scratch, .pi = scratch + outputs * rows, .value = value, .work = value + rows};
  }

  template <class Team>
  KOKKOS_INLINE_FUNCTION void evaluate(const Team& team, std::size_t b, const Evaluated& to) const {
    const DesignRows design{columns_of(blocks, b), factors_of(blocks, b), blocks.offset_of(b)};
    const std::size_t stride = design.x.stride;
    const Observed of{.y = &blocks.y(b, 0, 0), .weight = &blocks.weight(b, 0)};
    const Evaluated out = to;
    const double* const t = theta.data();
    const std::size_t n = outputs, width = internal.count;
    const Family kind = family;
    const double log_shape = shape;
    spread(team, rows, [=](std::size_t begin, std::size_t end) {
      for (std::size_t k = 0; k < n; ++k)
        linear_rows(design, t + k * width, begin, end, out.eta + k * stride);
      if (kind == multinomial)
        multinomial_rows({.outputs = n, .stride = stride, .begin = begin, .end = end}, of, out);
      else if (kind == negative_binomial)
        negative_binomial_rows(log_shape, of, begin, end, out);
      else
        family_rows(Families{}, kind, of, begin, end, out);
    });
    team.team_barrier();
  }

  /// Weights of the information between classes a and b of a row.
  template <class Team>
  KOKKOS_INLINE_FUNCTION const double* pair_weights(const Team& team, std::size_t block_index,
                                                    std::size_t a, std::size_t b,
                                                    const Evaluated& at) const {
    if (family != multinomial) return at.pi;
    const double* const w = &blocks.weight(block_index, 0);
    const double *const pa = at.pi + a * rows, *const pb = at.pi + b * rows;
    double* const work = at.work;
    const bool same = a == b;
    spread(team, rows, [=](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r)
        work[r] = weighted(w[r], pa[r] * (same ? 1.0 - pb[r] : -pb[r]));
    });
    team.team_barrier();
    return work;
  }
};

/// Of a block's information.
struct InformationSpace {
  double* weighted_x;  ///< a panel of columns
  double* partial;     ///< sums in lanes
  double* triangle;    ///< packed, of the internal columns
};

template <class Tile>
struct GlmSums {
  Problem problem;
  Order order;
  LikelihoodFormats formats;
  bool products = false;  ///< of scores, and nothing else: in place of the information

  // A few columns by this many rows stay in the first-level cache while tiles pass over them.
  static constexpr std::size_t chunk_rows = on_host ? 256 : std::size_t{1} << 30;
  static constexpr std::size_t panel = Tile::rows;
  // One lane at a time is for GPUs, and what packed sums are compared with.
  static constexpr bool packs = on_host && Tile::width > 1;
  using Packed = PackedProducts<Tile>;

  KOKKOS_FUNCTION std::size_t values() const {
    const std::size_t d = problem.parameters();
    if (products) return d * (d + 1) / 2;
    return 1 + (order == Order::value ? 0 : d) + (order == Order::hessian ? d * (d + 1) / 2 : 0);
  }
  KOKKOS_FUNCTION std::size_t partial_size() const {
    const std::size_t columns = problem.blocks.x.extent(1);
    std::size_t dense = panel * columns * lanes;
    if constexpr (packs)
      if (columns >= Packed::fewest_columns && order == Order::hessian)
        dense = Packed{columns, problem.rows}.space();
    return dense < problem.internal.table ? problem.internal.table : dense;
  }
  std::size_t scratch() const {
    return problem.rows * (2 * problem.outputs + 2 + panel) + (lanes + partial_size()) +
           triangle(problem.internal.count) + problem.internal.count + values();
  }

  template <class Team>
  KOKKOS_INLINE_FUNCTION void operator()(const Team& team, std::size_t block, double* scratch,
                                         std::int64_t* words) const {
    const std::size_t rows = problem.rows, d = problem.parameters(), p = problem.internal.columns;
    const Evaluated at = problem.evaluated(scratch);
    double* const weighted_x = at.work + rows;
    double* const partial = weighted_x + panel * rows;
    double* const internal = partial + lanes + partial_size();
    double* const sums = internal + problem.internal.count * (problem.internal.count + 3) / 2;

    problem.evaluate(team, block, at);
    const Columns x = columns_of(problem.blocks, block);
    const BlockFactors factors = factors_of(problem.blocks, block);
    const InformationSpace space{
        .weighted_x = weighted_x, .partial = partial, .triangle = internal};
    const std::size_t before = products ? 0 : 1 + d;
    if (!products) row_sum(team, at.value, rows, partial, sums);
    if (!products && order != Order::value)
      for (std::size_t k = 0; k < problem.outputs; ++k) {
        column_products<Tile>(team, at.eta + k * rows, x, partial, internal);
        all_cell_sums(team, factors, at.eta + k * rows, partial, internal);
        problem.internal.vector(team, internal, sums + 1 + k * p);
      }
    if (order == Order::hessian)
      for (std::size_t a = 0; a < problem.outputs; ++a)
        for (std::size_t b = 0; b <= a; ++b) {
          const double* const h = products ? score_products(team, a, b, at)
                                           : problem.pair_weights(team, block, a, b, at);
          dense_information(team, x, h, space);
          factor_information(team, x, factors, h, space);
          spread_information(team, a, b, internal, sums + before);
        }
    team.team_barrier();

    std::int64_t* to = words + 1;
    if (products) {
      quantise(team, sums, values(), formats.information, to, words);
      return;
    }
    std::size_t done = 0;
    const std::size_t sizes[] = {1, d, d * (d + 1) / 2};
    const FixedPoint format[] = {formats.value, formats.score, formats.information};
    for (int i = 0; i < 3 && done < values(); ++i) {
      quantise(team, sums + done, sizes[i], format[i], to, words);
      done += sizes[i];
      to += sizes[i] * static_cast<std::size_t>(format[i].limbs);
    }
  }

  /// Weighted residuals of outputs a and b, row by row.
  template <class Team>
  KOKKOS_INLINE_FUNCTION const double* score_products(const Team& team, std::size_t a,
                                                      std::size_t b, const Evaluated& at) const {
    const double *const ra = at.eta + a * problem.rows, *const rb = at.eta + b * problem.rows;
    double* const work = at.work;
    spread(team, problem.rows, [=](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r)
        work[r] = ra[r] * rb[r];
    });
    team.team_barrier();
    return work;
  }

  /// The packed lower triangle of sum_r (h(r) x(i, r)) x(j, r).
  template <class Team>
  KOKKOS_INLINE_FUNCTION void dense_information(const Team& team, const Columns& x, const double* h,
                                                const InformationSpace& space) const {
    if constexpr (packs)
      if (x.count >= Packed::fewest_columns)
        return Packed{x.count, x.stride}(x, h, space.partial, space.triangle);
    double *const weighted_x = space.weighted_x, *const partial = space.partial;
    for (std::size_t i0 = 0; i0 < x.count; i0 += panel) {
      const std::size_t height = x.count - i0 < panel ? x.count - i0 : panel;
      const std::size_t breadth = i0 + height;
      fill_zero(team, partial, height * breadth * lanes);
      for (std::size_t r0 = 0; r0 < x.stride; r0 += chunk_rows) {
        const std::size_t n = x.stride - r0 < chunk_rows ? x.stride - r0 : chunk_rows;
        const Columns left{x.data + i0 * x.stride + r0, x.stride, height};
        for (std::size_t i = 0; i < height; ++i)
          multiply(team, h + r0, left.data + i * left.stride, n, weighted_x + i * n);
        team.team_barrier();
        panel_products<Tile>(team, {weighted_x, n, height}, {x.data + r0, x.stride, breadth}, n,
                             partial);
        team.team_barrier();
      }
      for (std::size_t i = 0; i < height; ++i) {
        double* const to = space.triangle + (i0 + i) * (i0 + i + 1) / 2;
        const double* const from = partial + i * breadth * lanes;
        spread(team, i0 + i + 1, [=](std::size_t begin, std::size_t end) {
          for (std::size_t j = begin; j < end; ++j)
            to[j] = lane_sum(from + j * lanes);
        });
      }
      team.team_barrier();
    }
  }

  /// The triangle's rows of cells: against columns of x, against the cells of earlier factors, and,
  /// as a row is in one cell of a factor only, the diagonal.
  template <class Team>
  KOKKOS_INLINE_FUNCTION void factor_information(const Team& team, const Columns& x,
                                                 const BlockFactors& factors, const double* h,
                                                 const InformationSpace& space) const {
    if (factors.count == 0) return;
    double *const weighted_x = space.weighted_x, *const partial = space.partial;
    double* const out = space.triangle;
    for (std::size_t j = 0; j < x.count; ++j) {
      multiply(team, h, x.data + j * x.stride, x.stride, weighted_x);
      team.team_barrier();
      for (std::size_t f = 0; f < factors.count; ++f) {
        const std::size_t first = factors.first[f];
        cell_sums(team, factors, f, weighted_x, partial, [=](std::size_t i, double sum) {
          out[(first + i) * (first + i + 1) / 2 + j] = sum;
        });
      }
    }
    for (std::size_t f = 0; f < factors.count; ++f) {
      const std::size_t first = factors.first[f];
      cell_sums(team, factors, f, h, partial, [=](std::size_t i, double sum) {
        double* const row = out + (first + i) * (first + i + 1) / 2 + first;
        for (std::size_t j = 0; j < i; ++j)
          row[j] = 0.0;
        row[i] = sum;
      });
      for (std::size_t g = 0; g < f; ++g) {
        const std::size_t other = factors.first[g];
        cell_sums(team, factors, {.rows = f, .columns = g}, h, partial,
                  [=](std::size_t i, std::size_t j, double sum) {
                    out[(first + i) * (first + i + 1) / 2 + other + j] = sum;
                  });
      }
    }
  }

  /// The information between classes a >= b of the model's columns, from that of the internal ones.
  template <class Team>
  KOKKOS_INLINE_FUNCTION void spread_information(const Team& team, std::size_t a, std::size_t b,
                                                 double* internal, double* sums) const {
    const std::size_t n = problem.internal.count, p = problem.internal.columns;
    problem.internal.standardise(team, internal, internal + n * (n + 1) / 2);
    const std::size_t* const place = problem.internal.order.data();
    spread(team, p, [=](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t row = a * p + i, at = place ? place[i] : i;
        double* const to = sums + row * (row + 1) / 2 + b * p;
        for (std::size_t j = 0; j < (a == b ? i + 1 : p); ++j) {
          const std::size_t other = place ? place[j] : j;
          to[j] = at < other ? internal[other * (other + 1) / 2 + at]
                             : internal[at * (at + 1) / 2 + other];
        }
      }
    });
    team.team_barrier();
  }

  template <class Team>
  KOKKOS_INLINE_FUNCTION static void multiply(const Team& team, const double* h, const double* x,
                                              std::size_t rows, double* out) {
    spread(team, rows, [=](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r)
        out[r] = h[r] * x[r];
    });
  }
};

/// X' W X v: the score of residuals w_r (W_r X_r v), with X_r v a second linear predictor.
template <class Tile>
struct HessianTimes {
  Problem problem;
  Vector direction;
  FixedPoint format;

  KOKKOS_FUNCTION std::size_t partial_size() const {
    const std::size_t dense = problem.blocks.x.extent(1) * lanes;
    return dense < problem.internal.table ? problem.internal.table : dense;
  }
  std::size_t scratch() const {
    return problem.rows * (3 * problem.outputs + 2) + lanes + partial_size() +
           problem.internal.count + problem.parameters();
  }

  template <class Team>
  KOKKOS_INLINE_FUNCTION void operator()(const Team& team, std::size_t block, double* scratch,
                                         std::int64_t* words) const {
    const std::size_t rows = problem.rows, n = problem.outputs;
    const Columns x = columns_of(problem.blocks, block);
    const BlockFactors factors = factors_of(problem.blocks, block);
    const Evaluated at = problem.evaluated(scratch);
    double* const change = at.work + rows;
    double* const partial = change + n * rows;
    double* const internal = partial + lanes + partial_size();
    double* const sums = internal + problem.internal.count;

    problem.evaluate(team, block, at);
    const double* const v = direction.data();
    const double* const w = &problem.blocks.weight(block, 0);
    const std::size_t width = problem.internal.count, p = problem.internal.columns;
    const bool classes = problem.family == multinomial;
    spread(team, rows, [=](std::size_t begin, std::size_t end) {
      for (std::size_t k = 0; k < n; ++k)
        linear_rows({x, factors, nullptr}, v + k * width, begin, end, change + k * rows);
      if (classes)
        multinomial_change({.outputs = n, .stride = rows, .begin = begin, .end = end}, w, at.pi,
                           change, at.work);
      else
        for (std::size_t r = begin; r < end; ++r)
          change[r] = weighted(at.pi[r], change[r]);
    });
    team.team_barrier();
    for (std::size_t k = 0; k < n; ++k) {
      column_products<Tile>(team, change + k * rows, x, partial, internal);
      all_cell_sums(team, factors, change + k * rows, partial, internal);
      problem.internal.vector(team, internal, sums + k * p);
    }
    quantise(team, sums, problem.parameters(), format, words + 1, words);
  }
};

}  // namespace

std::size_t glm_parameters(Family family, std::size_t columns, std::size_t classes) {
  return columns * outputs_of(family, classes);
}

std::size_t glm_words(Family family, std::size_t columns, std::size_t classes, Order order,
                      FixedPoint format) {
  const std::size_t d = glm_parameters(family, columns, classes);
  const std::size_t values =
      1 + (order == Order::value ? 0 : d) + (order == Order::hessian ? triangle(d) : 0);
  return 1 + static_cast<std::size_t>(format.limbs) * values;
}

void glm_sums(const RowBlocks& rows, const GlmPoint& at, Order order,
              const LikelihoodFormats& formats, std::span<std::int64_t> words, Tuning tuning) {
  require(words.size() == glm_words(at.family, rows.columns(), at.classes, order, formats.value) &&
              formats.value.limbs == formats.score.limbs &&
              formats.value.limbs == formats.information.limbs,
          "glm_sums writes glm_words() words");
  const Problem problem(rows, at);
  if (tuning.portable)
    sum_blocks("glm_sums", GlmSums<Portable>{problem, order, formats}, rows.blocks(), words,
               tuning.workers);
  else
    sum_blocks("glm_sums", GlmSums<Preferred>{problem, order, formats}, rows.blocks(), words,
               tuning.workers);
}

void row_residuals(const GlmPoint& at, double y, std::span<const double> eta,
                   std::span<double> out) {
  const double weight = 1;
  const Observed of{&y, &weight};
  std::vector<double> residual(eta.begin(), eta.end()), pi(eta.size());
  double value = 0, work = 0;
  const Evaluated to{residual.data(), pi.data(), &value, &work};
  if (at.family == multinomial)
    multinomial_rows({eta.size(), 1, 0, 1}, of, to);
  else if (at.family == negative_binomial)
    negative_binomial_rows(at.shape, of, 0, 1, to);
  else
    family_rows(Families{}, at.family, of, 0, 1, to);
  std::copy(residual.begin(), residual.end(), out.begin());
}

void glm_score_products(const RowBlocks& rows, const GlmPoint& at, FixedPoint format,
                        std::span<std::int64_t> words, Tuning tuning) {
  require(words.size() == 1 + static_cast<std::size_t>(format.limbs) * triangle(at.theta.size()),
          "glm_score_products writes a word for saturation and limbs for every pair");
  const Problem problem(rows, at);
  if (tuning.portable)
    sum_blocks("glm_score_products", GlmSums<Portable>{problem, Order::hessian, format, true},
               rows.blocks(), words, tuning.workers);
  else
    sum_blocks("glm_score_products", GlmSums<Preferred>{problem, Order::hessian, format, true},
               rows.blocks(), words, tuning.workers);
}

void glm_hessian_times(const RowBlocks& rows, const GlmPoint& at, std::span<const double> v,
                       FixedPoint format, std::span<std::int64_t> words, Tuning tuning) {
  const Problem problem(rows, at);
  require(v.size() == at.theta.size(), "a direction has as many entries as there are parameters");
  require(words.size() == 1 + static_cast<std::size_t>(format.limbs) * at.theta.size(),
          "glm_hessian_times writes a word for saturation and limbs for every parameter");
  const Vector direction = to_device(problem.internal.parameters(v));
  if (tuning.portable)
    sum_blocks("glm_hessian_times", HessianTimes<Portable>{problem, direction, format},
               rows.blocks(), words, tuning.workers);
  else
    sum_blocks("glm_hessian_times", HessianTimes<Preferred>{problem, direction, format},
               rows.blocks(), words, tuning.workers);
}

}  // namespace bailiwick::kernels
