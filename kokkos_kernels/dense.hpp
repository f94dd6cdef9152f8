// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

#include "kokkos_kernels/activations.hpp"
#include "kokkos_kernels/gemm.hpp"
#include "kokkos_kernels/quantise.hpp"

// A fully connected layer. Matrices are row-major floats where kernels can read them: rows of a
// batch, one after another; weights are inputs x outputs. Host calls, local to the rank.
namespace bailiwick::kernels {

/// Fixed point of gradients: one word an element, resolution 2^-exponent. A block's contribution is
/// at most 2^contribution_bits; so many blocks can be added before a word could wrap.
struct GradientFormat {
  int exponent = 34;
  int contribution_bits = 50;
};

/// Where the integers of a gradient go.
struct GradientWords {
  std::int64_t* words;      ///< of the layer's first parameter
  std::int64_t* saturated;  ///< counts elements that are not finite or too large
  GradientFormat format;
  bool assign;  ///< the first block of a sum replaces what is there
};

/// Rounds floats and adds them to their words, as add_quantised<1> does with doubles; an epilogue
/// of gemm().
struct QuantiseFloats {
  std::int64_t* words;
  std::int64_t* saturated;
  std::size_t columns;
  double scale;
  float limit;
  bool assign;

  QuantiseFloats(const GradientWords& to, std::size_t columns_)
      : words(to.words),
        saturated(to.saturated),
        columns(columns_),
        scale(power_of_two(to.format.exponent)),
        limit(static_cast<float>(power_of_two(to.format.contribution_bits - to.format.exponent))),
        assign(to.assign) {}

  KOKKOS_FUNCTION void operator()(std::size_t row, std::size_t column, const float* values,
                                  std::size_t count) const {
    constexpr double rounder = 0x1.8p52;
    std::int64_t* const to = words + row * columns + column;
    int misfits = 0;
    for (std::size_t j = 0; j < count; ++j) {
      const bool fits = values[j] >= -limit && values[j] <= limit;  // false for NaN
      misfits += fits ? 0 : 1;
      const double shifted = static_cast<double>(fits ? values[j] : 0.0F) * scale + rounder;
      const std::int64_t word = bits_of(shifted) - bits_of(rounder);
      to[j] = assign ? word : to[j] + word;
    }
    if (misfits != 0) Kokkos::atomic_add(saturated, std::int64_t{misfits});
  }
};

struct DenseShape {
  std::size_t inputs, outputs;
};

/// value = f(x W + b), rows x outputs; `input`, if not null, gets x W + b.
void dense_forward(const DenseShape& shape, std::size_t rows, const float* x, const float* weights,
                   const float* bias, Activation f, float* value, float* input,
                   GemmScratch& scratch);

/// Adds X' G and the column sums of G over the rows of one block, each sum over rows ascending,
/// rounded once, to the words of the weights and, `bias_words` on, of the bias.
void dense_parameter_gradient(const DenseShape& shape, std::size_t rows, const float* x,
                              const float* gradient, const GradientWords& weight_words,
                              const GradientWords& bias_words, GemmScratch& scratch);

/// result = (G W') f'(known), rows x inputs: the gradient before the activation f of the layer
/// below. `known` as chain() takes it.
void dense_input_gradient(const DenseShape& shape, std::size_t rows, const float* gradient,
                          const float* weights, Activation below, const float* known, float* result,
                          GemmScratch& scratch);

}  // namespace bailiwick::kernels
