// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

#include "kokkos_kernels/gemm/gemm.hpp"
#include "kokkos_kernels/network/choices.hpp"
#include "kokkos_kernels/sums/fixed_point.hpp"

namespace bailiwick::kernels {

/// What a network's parameters lessen; huber_delta is of Loss::huber.
struct NetworkLoss {
  Loss loss = Loss::squared_error;
  double huber_delta = 1;
};

/// Rows of a batch: a target has one column a row, `rows` long.
struct Targets {
  const double* y;       ///< target-major
  const double* weight;  ///< of each row
  std::size_t rows;
};

struct LossOfRows {
  float* gradient;   ///< rows x outputs
  double* row_loss;  ///< one a row
};

/// gradient becomes weight times the derivative of the loss by z, computed in binary64 and rounded
/// once; row_loss the weighted loss of each row. z: rows x outputs. Host call, local.
void loss_and_gradient(const NetworkLoss& loss, std::size_t outputs, const float* z,
                       const Targets& targets, const BlockBounds& blocks, const LossOfRows& to);

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
