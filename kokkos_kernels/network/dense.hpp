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

/// value = f(x W + b), rows x outputs; `input`, if not null, gets x W + b.
void dense_forward(const DenseShape& shape, std::size_t rows, const float* x, const float* weights,
                   const float* bias, Activation f, float* value, float* input,
                   GemmScratch& scratch);

/// The words of the weights become the sum over blocks of X' G, those of the bias of the column
/// sums of G: sums over the rows of a block ascending, each rounded once. x and gradient: of the
/// whole batch.
void dense_parameter_gradient(const DenseShape& shape, const BlockBounds& blocks, std::size_t rows,
                              const float* x, const float* gradient,
                              const GradientWords& weight_words, const GradientWords& bias_words,
                              GemmScratch& scratch);

/// result = (G W') f'(known), rows x inputs: the gradient before the activation f of the layer
/// below. `known` as chain() takes it.
void dense_input_gradient(const DenseShape& shape, std::size_t rows, const float* gradient,
                          const float* weights, Activation below, const float* known, float* result,
                          GemmScratch& scratch);

}  // namespace bailiwick::kernels
