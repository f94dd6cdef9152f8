// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

#include "kokkos_kernels/math/random.hpp"
#include "kokkos_kernels/network/dense.hpp"

// What comes between dense layers. Matrices are rows x units, row-major floats where kernels can
// read them; sums within a row go in eight lanes (rows.hpp) in binary64. Host calls, local to the
// rank.
namespace bailiwick::kernels {

/// What layer norm adds to a variance.
inline constexpr double variance_floor = 1e-5;

/// Of layer norm, one a unit each.
struct NormParameters {
  const float* gain;
  const float* shift;
};

/// n = (z - mean) / sqrt(variance + variance_floor) gain + shift over the units of a row, then
/// to.value = f(n) (Ba, Kiros & Hinton 2016). `moments` gets mean and 1/sqrt(…) of each row.
void layer_norm_forward(std::size_t units, std::size_t rows, const float* z,
                        const NormParameters& parameters, double* moments, const Activated& to);

struct NormWords {
  GradientWords gain, shift;
};

/// The words of gain and shift become the sums over blocks of their gradients, from that of n; each
/// block's sum is rounded once.
void layer_norm_parameter_gradient(std::size_t units, const BlockBounds& blocks, const float* z,
                                   const double* moments, const float* gradient,
                                   const NormWords& to);

/// The gradient of n becomes that of z.
void layer_norm_backward(std::size_t units, std::size_t rows, const float* z, const double* moments,
                         const float* gain, float* gradient);

/// gradient <- gradient f'(known), as chain().
void activation_backward(Activation f, std::size_t size, const float* known, float* gradient);

/// Which units are left out: a function of seed, epoch, layer and the number of the row.
struct Dropout {
  Philox random;
  std::uint32_t layer;
  std::uint64_t epoch;  ///< below 2^24
  double probability;
};

/// to = 0 with the given probability, else from / (1 - probability). `row`: numbers of the rows
/// over all domains, below 2^40. The same call takes a value forward and a gradient back; from may
/// be to.
void apply_dropout(const Dropout& dropout, std::size_t units, std::size_t rows,
                   const std::uint64_t* row, const float* from, float* to);

}  // namespace bailiwick::kernels
