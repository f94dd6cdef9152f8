// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

#include "kokkos_kernels/gemm/gemm.hpp"
#include "kokkos_kernels/sums/fixed_point.hpp"

namespace bailiwick::kernels {

/// What a network is trained for, on its outputs z of a row and the row's target y:
///   squared_error   1/2 |z - y|^2
///   huber           squared where |z - y| <= delta, else delta (|z - y| - delta/2) (Huber 1964)
///   binary          log(1 + e^z) - y z, y in [0, 1]; z are log odds
///   cross_entropy   log sum_k e^{z_k} - z_y, y a class; z are log probabilities up to a constant
///   poisson         e^z - y z, y >= 0
///   cox             each block is one risk set: log sum over rows not dead before row i of e^z -
///   z_i,
///                   for each death i; ties after Breslow. Two targets, time and status
enum class Loss { squared_error, huber, binary, cross_entropy, poisson, cox };

/// Rows of a batch: a target has one column a row, `rows` long.
struct Targets {
  const double* y;       ///< target-major
  const double* weight;  ///< of each row
  std::size_t rows;
};

/// gradient becomes weight times the derivative of the loss by z, computed in binary64 and rounded
/// once; row_loss the weighted loss of each row. z and gradient: rows x outputs. Host call, local.
void loss_and_gradient(Loss loss, double delta, std::size_t outputs, const float* z,
                       const Targets& targets, const BlockBounds& blocks, float* gradient,
                       double* row_loss);

/// Where the integers of weights and losses go: format `wide`, one value each.
struct LossWords {
  std::int64_t* weight;
  std::int64_t* loss;
  std::int64_t* saturated;
};

/// Adds weight and row_loss of rows first to last, each rounded by itself: fewer than 2^24 at once.
void add_loss(const double* weight, const double* row_loss, std::size_t first, std::size_t last,
              const LossWords& words);

}  // namespace bailiwick::kernels
