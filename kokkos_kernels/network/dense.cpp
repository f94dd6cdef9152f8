// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/network/dense.hpp"

namespace bailiwick::kernels {
namespace {

// ReLU is so short that choosing it anew for every tile would cost more than itself.

template <bool Relu>
struct BiasAndActivation {
  std::size_t columns;
  const float* bias;
  Activation f;
  float* value;
  float* input;

  KOKKOS_FUNCTION float* place(std::size_t row, std::size_t column) const {
    return value + row * columns + column;
  }
  KOKKOS_FUNCTION void operator()(std::size_t row, std::size_t column, const float* sums,
                                  std::size_t count) const {
    float* const to = place(row, column);
    BAILIWICK_INDEPENDENT
    for (std::size_t j = 0; j < count; ++j) {
      const float z = sums[j] + bias[column + j];
      to[j] = Relu && z < 0.0F ? 0.0F : z;
    }
    if constexpr (Relu) return;
    if (input != nullptr)
      for (std::size_t j = 0; j < count; ++j)
        input[row * columns + column + j] = to[j];
    activate(f, to, count);
  }
};

template <bool Relu>
struct Chain {
  std::size_t columns;
  Activation f;
  const float* known;
  float* result;

  KOKKOS_FUNCTION float* place(std::size_t row, std::size_t column) const {
    return result + row * columns + column;
  }
  KOKKOS_FUNCTION void operator()(std::size_t row, std::size_t column, const float* sums,
                                  std::size_t count) const {
    const float* const at = known + row * columns + column;
    float* const to = place(row, column);
    BAILIWICK_INDEPENDENT
    for (std::size_t j = 0; j < count; ++j)
      to[j] = !Relu || at[j] > 0.0F ? sums[j] : 0.0F;
    if constexpr (!Relu) chain(f, at, to, count);
  }
};

}  // namespace

void dense_forward(const DenseShape& shape, std::size_t rows, const float* x, const float* weights,
                   const float* bias, Activation f, float* value, float* input,
                   GemmScratch& scratch) {
  const auto multiply = [&](const auto& epilogue) {
    gemm({rows, shape.outputs, shape.inputs}, row_major(x, shape.inputs),
         row_major(weights, shape.outputs), epilogue, scratch);
  };
  if (f == Activation::relu)
    multiply(BiasAndActivation<true>{shape.outputs, bias, f, value, input});
  else
    multiply(BiasAndActivation<false>{shape.outputs, bias, f, value, input});
}

void dense_parameter_gradient(const DenseShape& shape, const BlockBounds& blocks, std::size_t rows,
                              const float* x, const float* gradient,
                              const GradientWords& weight_words, const GradientWords& bias_words,
                              GemmScratch& scratch) {
  gemm_of_blocks({shape.inputs, shape.outputs, rows}, row_major(x, shape.inputs).transposed(),
                 row_major(gradient, shape.outputs), blocks, weight_words, scratch);
  const FloatRounder round(bias_words.format);
  const GradientWords to = bias_words;
  constexpr std::size_t chunk = on_host ? 64 : 1;
  Kokkos::parallel_for(
      "bias gradient", Kokkos::RangePolicy<Execution>(0, (shape.outputs + chunk - 1) / chunk),
      KOKKOS_LAMBDA(const std::size_t item) {
        const std::size_t first = item * chunk;
        const std::size_t count = shape.outputs - first < chunk ? shape.outputs - first : chunk;
        std::int64_t words[chunk] = {};
        std::int64_t misfits = 0;
        for (std::size_t block = 0; block < blocks.blocks; ++block) {
          float sum[chunk] = {};
          for (std::size_t r = blocks.first[block]; r < blocks.first[block + 1]; ++r)
            for (std::size_t j = 0; j < count; ++j)
              sum[j] += gradient[r * shape.outputs + first + j];
          misfits += round.add(sum, count, block == 0, words);
        }
        for (std::size_t j = 0; j < count; ++j)
          to.words[first + j] = FloatRounder::finish(words[j], blocks.blocks);
        if (misfits != 0) Kokkos::atomic_add(to.saturated, misfits);
      });
}

void dense_input_gradient(const DenseShape& shape, std::size_t rows, const float* gradient,
                          const float* weights, Activation below, const float* known, float* result,
                          GemmScratch& scratch) {
  const auto multiply = [&](const auto& epilogue) {
    gemm({rows, shape.inputs, shape.outputs}, row_major(gradient, shape.outputs),
         row_major(weights, shape.outputs).transposed(), epilogue, scratch);
  };
  if (below == Activation::relu)
    multiply(Chain<true>{shape.inputs, below, known, result});
  else
    multiply(Chain<false>{shape.inputs, below, known, result});
}

}  // namespace bailiwick::kernels
