// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/dense.hpp"

namespace bailiwick::kernels {
namespace {

struct BiasAndActivation {
  std::size_t columns;
  const float* bias;
  Activation f;
  float* value;
  float* input;

  KOKKOS_FUNCTION void operator()(std::size_t row, std::size_t column, const float* sums,
                                  std::size_t count) const {
    float* const to = value + row * columns + column;
    for (std::size_t j = 0; j < count; ++j)
      to[j] = sums[j] + bias[column + j];
    if (input != nullptr)
      for (std::size_t j = 0; j < count; ++j)
        input[row * columns + column + j] = to[j];
    activate(f, to, count);
  }
};

struct Chain {
  std::size_t columns;
  Activation f;
  const float* known;
  float* result;

  KOKKOS_FUNCTION void operator()(std::size_t row, std::size_t column, const float* sums,
                                  std::size_t count) const {
    const std::size_t first = row * columns + column;
    for (std::size_t j = 0; j < count; ++j)
      result[first + j] = sums[j];
    chain(f, known + first, result + first, count);
  }
};

}  // namespace

void dense_forward(const DenseShape& shape, std::size_t rows, const float* x, const float* weights,
                   const float* bias, Activation f, float* value, float* input,
                   GemmScratch& scratch) {
  gemm({rows, shape.outputs, shape.inputs}, row_major(x, shape.inputs),
       row_major(weights, shape.outputs), BiasAndActivation{shape.outputs, bias, f, value, input},
       scratch);
}

void dense_parameter_gradient(const DenseShape& shape, std::size_t rows, const float* x,
                              const float* gradient, const GradientWords& weight_words,
                              const GradientWords& bias_words, GemmScratch& scratch) {
  gemm({shape.inputs, shape.outputs, rows}, row_major(x, shape.inputs).transposed(),
       row_major(gradient, shape.outputs), QuantiseFloats(weight_words, shape.outputs), scratch);
  const QuantiseFloats quantise(bias_words, shape.outputs);
  constexpr std::size_t chunk = 64;
  Kokkos::parallel_for(
      "bias gradient", Kokkos::RangePolicy<Execution>(0, (shape.outputs + chunk - 1) / chunk),
      KOKKOS_LAMBDA(const std::size_t item) {
        const std::size_t first = item * chunk;
        const std::size_t count = shape.outputs - first < chunk ? shape.outputs - first : chunk;
        float sum[chunk] = {};
        for (std::size_t r = 0; r < rows; ++r)
          for (std::size_t j = 0; j < count; ++j)
            sum[j] += gradient[r * shape.outputs + first + j];
        quantise(0, first, sum, count);
      });
}

void dense_input_gradient(const DenseShape& shape, std::size_t rows, const float* gradient,
                          const float* weights, Activation below, const float* known, float* result,
                          GemmScratch& scratch) {
  gemm({rows, shape.inputs, shape.outputs}, row_major(gradient, shape.outputs),
       row_major(weights, shape.outputs).transposed(), Chain{shape.inputs, below, known, result},
       scratch);
}

}  // namespace bailiwick::kernels
