// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kokkos_kernels/glm/families.hpp"
#include "kokkos_kernels/sums/fixed_point.hpp"
#include "kokkos_kernels/sums/order.hpp"
#include "kokkos_kernels/sums/rows.hpp"

namespace bailiwick::kernels {

/// How a sum runs, never what comes out: for tests and benchmarks.
struct Tuning {
  std::size_t workers = 0;  ///< 0: as many as the machine has
  bool portable = false;    ///< one lane at a time
};

/// Formats of the sums of a likelihood; all have as many limbs.
struct LikelihoodFormats {
  FixedPoint value, score, information;

  constexpr LikelihoodFormats(FixedPoint all) : value(all), score(all), information(all) {}
  constexpr LikelihoodFormats(FixedPoint v, FixedPoint s, FixedPoint i)
      : value(v), score(s), information(i) {}
};

/// Parameters of a family: columns, or columns * (classes - 1) for multinomial.
std::size_t glm_parameters(Family family, std::size_t columns, std::size_t classes);

/// Words written by glm_sums: 1 + limbs * (1 + d [+ d (d+1)/2]), d = glm_parameters.
std::size_t glm_words(Family family, std::size_t columns, std::size_t classes, Order order,
                      FixedPoint format);

/// A generalised linear model at theta; `classes` is of multinomial, `shape` of negative_binomial.
struct GlmPoint {
  Family family;
  std::size_t classes;
  std::span<const double> theta;
  double shape = 0;
};

/// Adds to `words` the block sums of a GLM at theta, each block's sum rounded once.
///
/// words: [saturated][log-likelihood][score, d][Fisher information, packed lower triangle by rows,
/// d(d+1)/2], each stream limb-major in its format. Weighted by rows.weight. eta = x'theta; what a
/// family makes of it is in its file;
///   multinomial  y = class 0..K-1, class 0 is the reference; theta class-major (K-1) x columns
///   negative_binomial  mean mu = e^eta, variance mu + mu^2 / s, log s the shape: the
///   log-likelihood
///                without what s alone changes; the expected information, of eta alone
/// (McCullagh & Nelder 1989, sections 2.2, 2.5.) Host call, local to the rank, not collective.
/// A sum that does not fit counts as saturated; nothing throws on the numbers.
void glm_sums(const RowBlocks& rows, const GlmPoint& at, Order order,
              const LikelihoodFormats& formats, std::span<std::int64_t> words, Tuning tuning = {});

/// The score of one row of weight 1 with respect to its predictors `eta`, on the host.
void row_residuals(const GlmPoint& at, double y, std::span<const double> eta,
                   std::span<double> out);

/// Adds the products of single rows' scores, sum_r s_r s_r' (of a sandwich's filling: White 1980),
/// s_r the derivative of a row's weighted log-likelihood. words: [saturated][d(d+1)/2, packed].
void glm_score_products(const RowBlocks& rows, const GlmPoint& at, FixedPoint format,
                        std::span<std::int64_t> words, Tuning tuning = {});

/// Adds X' W(theta) X v, the Hessian of the negative log-likelihood times v. words: [saturated][d].
void glm_hessian_times(const RowBlocks& rows, const GlmPoint& at, std::span<const double> v,
                       FixedPoint format, std::span<std::int64_t> words, Tuning tuning = {});

/// out(block, k, row) = offset + sum_j x(block, j, row) theta[k*columns + j], j in order, k =
/// 0..outputs-1: the linear predictor, left on the device.
Kokkos::View<double***, Kokkos::LayoutRight, Memory> linear_predictor(const RowBlocks& rows,
                                                                      std::span<const double> theta,
                                                                      std::size_t outputs);

/// Adds the weighted column sums: words [saturated][sum w][sum w x_j, columns], format
/// `any_size`.
void column_sums(const RowBlocks& rows, std::span<std::int64_t> words);

/// Adds the weighted squares about a centre: words [saturated][sum w (x_j - c_j)^2, columns].
void centred_squares(const RowBlocks& rows, std::span<const double> centre,
                     std::span<std::int64_t> words);

/// Multiplies the weight of every row.
void scale_weights(RowBlocks& rows, double factor);

/// x_j <- (x_j - centre_j) * scale_j for rows of non-zero weight; others stay zero.
void standardise(RowBlocks& rows, std::span<const double> centre, std::span<const double> scale);

}  // namespace bailiwick::kernels
