// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

#include "kokkos_kernels/gemm/gemm.hpp"
#include "kokkos_kernels/network/activations.hpp"

// A fully connected layer. Matrices are row-major floats where kernels can read them: rows of a
// batch, one after another; weights are inputs x outputs. Host calls, local to the rank.
namespace bailiwick::kernels {

struct DenseShape {
  std::size_t inputs, outputs;
};

struct DenseParameters {
  const float* weights;
  const float* bias;
};

/// to.value = f(x W + b), rows x outputs.
void dense_forward(const DenseShape& shape, std::size_t rows, const float* x,
                   const DenseParameters& parameters, const Activated& to, GemmScratch& scratch);

/// What a gradient is made of: the layer's inputs x and the gradient G of x W + b.
struct DenseBatch {
  const float* x;
  const float* gradient;
};
struct DenseWords {
  GradientWords weights, bias;
};

/// The words of the weights become the sum over blocks of X' G, those of the bias of the column
/// sums of G: sums over the rows of a block ascending, each rounded once. x and gradient: of the
/// whole batch.
void dense_parameter_gradient(const DenseShape& shape, const BlockBounds& blocks, std::size_t rows,
                              const DenseBatch& batch, const DenseWords& to, GemmScratch& scratch);

/// The layer below: its activation, what is known of it as chain() takes that, and where the
/// gradient before the activation goes, rows x inputs.
struct LayerBelow {
  Activation f;
  const float* known;
  float* gradient;
};

/// below.gradient = (G W') f'(known).
void dense_input_gradient(const DenseShape& shape, std::size_t rows, const float* gradient,
                          const float* weights, const LayerBelow& below, GemmScratch& scratch);

}  // namespace bailiwick::kernels
