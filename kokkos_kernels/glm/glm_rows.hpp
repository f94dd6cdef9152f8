// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// Internal to the kernels: what a generalised linear model makes of single rows. Loops over rows
// are written so that compilers vectorise them; each row is on its own.

#include <cstddef>
#include <stdexcept>

#include "kokkos_kernels/glm/families.hpp"
#include "kokkos_kernels/math/exact_math.hpp"
#include "kokkos_kernels/sums/block_sums.hpp"
#include "kokkos_kernels/sums/factors.hpp"

namespace bailiwick::kernels {

/// What callers of a kernel promise.
inline void require(bool condition, const char* promise) {
  if (!condition) throw std::invalid_argument(promise);
}

/// Columns of a block and levels as codes; `offset`: what the predictor begins with, or nullptr.
struct DesignRows {
  Columns x;
  BlockFactors factors;
  const double* offset;
};

/// out(r) = offset(r) + sum_j x(j, r) theta_j, j in order, then the row's cells. Four columns a
/// pass keep `out` in registers longer.
KOKKOS_INLINE_FUNCTION void linear_rows(const DesignRows& design, const double* theta,
                                        std::size_t begin, std::size_t end,
                                        double* KOKKOS_RESTRICT out) {
  const Columns x = design.x;
  const double* const offset = design.offset;
  for (std::size_t r = begin; r < end; ++r)
    out[r] = 0.0;
  if (offset != nullptr)
    for (std::size_t r = begin; r < end; ++r)
      out[r] = offset[r];
  std::size_t j = 0;
  for (; j + 4 <= x.count; j += 4) {
    const double* const x0 = x.data + j * x.stride;
    const double *const x1 = x0 + x.stride, *const x2 = x1 + x.stride, *const x3 = x2 + x.stride;
    const double t0 = theta[j], t1 = theta[j + 1], t2 = theta[j + 2], t3 = theta[j + 3];
    for (std::size_t r = begin; r < end; ++r)
      out[r] = ::fma(x3[r], t3, ::fma(x2[r], t2, ::fma(x1[r], t1, ::fma(x0[r], t0, out[r]))));
  }
  for (; j < x.count; ++j) {
    const double* const xj = x.data + j * x.stride;
    const double tj = theta[j];
    for (std::size_t r = begin; r < end; ++r)
      out[r] = ::fma(xj[r], tj, out[r]);
  }
  add_factor_rows(design.factors, theta, begin, end, out);
}

using exact::detail::select;  // on bits, so that loops vectorise; ?: may become a branch

/// Rows of no weight add nothing, whatever their numbers are.
KOKKOS_FORCEINLINE_FUNCTION double weighted(double weight, double value) {
  return select(weight == 0.0, 0.0, weight * value);
}

/// What the rows of a block are: one number each.
struct Observed {
  const double* y;
  const double* weight;
};

/// What a model makes of them, (k, r) at k * rows of the block + r.
struct Evaluated {
  double* eta;    ///< (output, row): the predictor, then the weighted residual
  double* pi;     ///< (output, row): the weighted information; of multinomial, the probability
  double* value;  ///< (row): the weighted log-likelihood
  double* work;   ///< (row): work space
};

/// Rows begin to end of matrices whose outputs are `stride` apart.
struct OutputRows {
  std::size_t outputs, stride, begin, end;
};

/// Rows [begin, end): eta becomes the weighted residual.
template <class F>
KOKKOS_INLINE_FUNCTION void family_rows(const Observed& of, std::size_t begin, std::size_t end,
                                        const Evaluated& to) {
  const double *const y = of.y, *const w = of.weight;
  double* KOKKOS_RESTRICT const eta = to.eta;
  double* KOKKOS_RESTRICT const value = to.value;
  double* KOKKOS_RESTRICT const information = to.pi;
  for (std::size_t r = begin; r < end; ++r) {
    const Row row = F::row(y[r], eta[r]);
    value[r] = weighted(w[r], row.value);
    eta[r] = weighted(w[r], row.residual);
    information[r] = weighted(w[r], row.information);
  }
}

/// The same of a family that is a value.
template <class... F>
KOKKOS_INLINE_FUNCTION void family_rows(FamilyList<F...>, Family which, const Observed& of,
                                        std::size_t begin, std::size_t end, const Evaluated& to) {
  ((which.index == family<F>.index ? family_rows<F>(of, begin, end, to) : void()), ...);
}

/// Of a negative binomial model whose shape has this logarithm (Lawless 1987).
KOKKOS_INLINE_FUNCTION void negative_binomial_rows(double log_shape, const Observed& of,
                                                   std::size_t begin, std::size_t end,
                                                   const Evaluated& to) {
  const double *const y = of.y, *const w = of.weight;
  double* KOKKOS_RESTRICT const eta = to.eta;
  double* KOKKOS_RESTRICT const value = to.value;
  double* KOKKOS_RESTRICT const information = to.pi;
  const double shape = exact::exp(log_shape);
  for (std::size_t r = begin; r < end; ++r) {
    const double more = eta[r] - log_shape, share = exact::sigmoid(more), all = y[r] + shape;
    value[r] = weighted(w[r], ::fma(y[r], eta[r], -all * exact::softplus(more)));
    eta[r] = weighted(w[r], ::fma(-all, share, y[r]));
    information[r] = weighted(w[r], shape * share);
  }
}

/// Probabilities of classes 1..K-1 into pi(k, r) from eta(k, r), and log sum_k e^eta_k into
/// log_sum(r); `largest` is work space. Shifted by the largest predictor, class 0's zero included.
KOKKOS_INLINE_FUNCTION void softmax_rows(const OutputRows& rows, const double* eta,
                                         double* KOKKOS_RESTRICT pi,
                                         double* KOKKOS_RESTRICT log_sum,
                                         double* KOKKOS_RESTRICT largest) {
  const auto [outputs, stride, begin, end] = rows;
  for (std::size_t r = begin; r < end; ++r)
    largest[r] = 0.0;
  for (std::size_t k = 0; k < outputs; ++k)
    for (std::size_t r = begin; r < end; ++r)
      largest[r] = eta[k * stride + r] > largest[r] ? eta[k * stride + r] : largest[r];
  for (std::size_t r = begin; r < end; ++r)
    log_sum[r] = exact::exp(-largest[r]);
  for (std::size_t k = 0; k < outputs; ++k)
    for (std::size_t r = begin; r < end; ++r) {
      pi[k * stride + r] = exact::exp(eta[k * stride + r] - largest[r]);
      log_sum[r] += pi[k * stride + r];
    }
  for (std::size_t k = 0; k < outputs; ++k)
    for (std::size_t r = begin; r < end; ++r)
      pi[k * stride + r] /= log_sum[r];
  for (std::size_t r = begin; r < end; ++r)
    log_sum[r] = largest[r] + exact::log(log_sum[r]);
}

/// eta(k, r) becomes the weighted residual of class k + 1, pi its probability.
KOKKOS_INLINE_FUNCTION void multinomial_rows(const OutputRows& rows, const Observed& of,
                                             const Evaluated& to) {
  const auto [outputs, stride, begin, end] = rows;
  const double *const y = of.y, *const w = of.weight;
  double* KOKKOS_RESTRICT const eta = to.eta;
  double* KOKKOS_RESTRICT const pi = to.pi;
  double* KOKKOS_RESTRICT const value = to.value;
  double* KOKKOS_RESTRICT const work = to.work;
  softmax_rows(rows, eta, pi, value, work);
  for (std::size_t r = begin; r < end; ++r)
    work[r] = 0.0;
  for (std::size_t k = 0; k < outputs; ++k) {
    const double label = static_cast<double>(k + 1);
    for (std::size_t r = begin; r < end; ++r) {
      const std::size_t at = k * stride + r;
      work[r] = y[r] == label ? eta[at] : work[r];
      eta[at] = weighted(w[r], (y[r] == label ? 1.0 : 0.0) - pi[at]);
    }
  }
  for (std::size_t r = begin; r < end; ++r)
    value[r] = weighted(w[r], work[r] - value[r]);
}

/// change(k, r) becomes w pi_k (change_k - sum_l pi_l change_l): the row's information times
/// change.
KOKKOS_INLINE_FUNCTION void multinomial_change(const OutputRows& rows, const double* w,
                                               const double* pi, double* KOKKOS_RESTRICT change,
                                               double* KOKKOS_RESTRICT mean) {
  const auto [outputs, stride, begin, end] = rows;
  for (std::size_t r = begin; r < end; ++r)
    mean[r] = 0.0;
  for (std::size_t k = 0; k < outputs; ++k)
    for (std::size_t r = begin; r < end; ++r)
      mean[r] = ::fma(pi[k * stride + r], change[k * stride + r], mean[r]);
  for (std::size_t k = 0; k < outputs; ++k)
    for (std::size_t r = begin; r < end; ++r) {
      const std::size_t at = k * stride + r;
      change[at] = weighted(w[r], pi[at] * (change[at] - mean[r]));
    }
}

}  // namespace bailiwick::kernels
