// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/network/losses.hpp"

#include "kokkos_kernels/math/exact_math.hpp"
#include "kokkos_kernels/sums/quantise.hpp"

namespace bailiwick::kernels {
namespace {

/// Loss of one row and, in place of z, its derivative.
struct RowLoss {
  NetworkLoss of;
  std::size_t outputs;

  /// z: outputs numbers; y: the targets of the row, `stride` apart.
  KOKKOS_FUNCTION double operator()(const float* z, const double* y, std::size_t stride,
                                    double weight, float* gradient) const {
    switch (of.loss) {
      case Loss::cross_entropy:
        return cross_entropy(z, static_cast<std::size_t>(y[0]), weight, gradient);
      case Loss::binary: {
        const double x = z[0];
        gradient[0] = static_cast<float>(weight * (exact::sigmoid(x) - y[0]));
        return exact::softplus(x) - y[0] * x;
      }
      case Loss::poisson: {
        const double x = z[0], mean = exact::exp(x);
        gradient[0] = static_cast<float>(weight * (mean - y[0]));
        return mean - y[0] * x;
      }
      case Loss::squared_error:
      case Loss::huber: {
        const double delta = of.huber_delta;
        double sum = 0;
        for (std::size_t k = 0; k < outputs; ++k) {
          const double e = z[k] - y[k * stride];
          const double size = e < 0 ? -e : e;
          const bool quadratic = of.loss == Loss::squared_error || size <= delta;
          const double slope = quadratic ? e : (e < 0 ? -delta : delta);
          sum += quadratic ? 0.5 * e * e : delta * (size - 0.5 * delta);
          gradient[k] = static_cast<float>(weight * slope);
        }
        return sum;
      }
      case Loss::cox:
        break;  // not a sum over rows: cox_block
    }
    return 0;
  }

  KOKKOS_FUNCTION double cross_entropy(const float* z, std::size_t y, double weight,
                                       float* gradient) const {
    double largest = z[0];
    for (std::size_t k = 1; k < outputs; ++k)
      largest = z[k] > largest ? static_cast<double>(z[k]) : largest;
    double sum = 0;
    for (std::size_t k = 0; k < outputs; ++k)
      sum += exact::exp(z[k] - largest);
    const double inverse = 1.0 / sum;
    for (std::size_t k = 0; k < outputs; ++k) {
      const double p = exact::exp(z[k] - largest) * inverse;
      gradient[k] = static_cast<float>(weight * (p - (k == y ? 1.0 : 0.0)));
    }
    return exact::log(sum) - (z[y] - largest);
  }
};

/// Cox's partial likelihood with the block, rows first to last, as the one stratum, Breslow's ties:
/// rows in the order of the block, quadratic in its length, which is short.
KOKKOS_FUNCTION void cox_block(const float* of_batch, const Targets& targets, std::size_t first,
                               std::size_t last, const LossOfRows& to) {
  const float* const z = of_batch + first;
  const double *const time = targets.y + first, *const status = time + targets.rows;
  const double* const weight = targets.weight + first;
  const std::size_t rows = last - first;
  float* const gradient = to.gradient + first;
  double* const row_loss = to.row_loss + first;
  double largest = z[0];
  for (std::size_t i = 1; i < rows; ++i)
    largest = z[i] > largest ? static_cast<double>(z[i]) : largest;
  // row_loss first holds each row's risk set, for those who die.
  for (std::size_t i = 0; i < rows; ++i) {
    row_loss[i] = 0;
    if (status[i] == 0 || weight[i] == 0) continue;
    double sum = 0;
    for (std::size_t j = 0; j < rows; ++j)
      if (time[j] >= time[i]) sum += weight[j] * exact::exp(z[j] - largest);
    row_loss[i] = sum;
  }
  for (std::size_t j = 0; j < rows; ++j) {
    double slope = 0;
    for (std::size_t i = 0; i < rows; ++i)
      if (row_loss[i] != 0 && time[j] >= time[i]) slope += weight[i] / row_loss[i];
    gradient[j] = static_cast<float>(
        weight[j] * (slope * exact::exp(z[j] - largest) - (status[j] != 0 ? 1.0 : 0.0)));
  }
  for (std::size_t i = 0; i < rows; ++i)
    if (row_loss[i] != 0) row_loss[i] = weight[i] * (exact::log(row_loss[i]) - (z[i] - largest));
}

}  // namespace

void loss_and_gradient(const NetworkLoss& loss, std::size_t outputs, const float* z,
                       const Targets& targets, const BlockBounds& blocks, const LossOfRows& to) {
  const Targets rows = targets;
  const LossOfRows out = to;
  if (loss.loss == Loss::cox) {
    Kokkos::parallel_for(
        "cox loss", Kokkos::RangePolicy<Execution>(0, blocks.blocks),
        KOKKOS_LAMBDA(const std::size_t b) {
          cox_block(z, rows, blocks.first[b], blocks.first[b + 1], out);
        });
  } else {
    const RowLoss of_row{loss, outputs};
    Kokkos::parallel_for(
        "loss", Kokkos::RangePolicy<Execution>(0, rows.rows), KOKKOS_LAMBDA(const std::size_t r) {
          const double weight = rows.weight[r];
          out.row_loss[r] = weight * of_row(z + r * outputs, rows.y + r, rows.rows, weight,
                                            out.gradient + r * outputs);
        });
  }
}

void add_loss(const double* weight, const double* row_loss, std::size_t first, std::size_t last,
              const LossWords& words) {
  Kokkos::parallel_for(
      "sums of loss", Kokkos::RangePolicy<Execution>(0, 1), KOKKOS_LAMBDA(const std::size_t) {
        std::int64_t saturated = 0;
        for (std::size_t r = first; r < last; ++r)
          saturated += add_quantised(weight + r, 1, wide, words.weight, 1) +
                       add_quantised(row_loss + r, 1, wide, words.loss, 1);
        *words.saturated += saturated;
      });
}

}  // namespace bailiwick::kernels
