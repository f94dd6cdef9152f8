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
  Activated to;

  KOKKOS_FUNCTION float* place(std::size_t row, std::size_t column) const {
    return to.value + row * columns + column;
  }
  KOKKOS_FUNCTION void operator()(std::size_t row, std::size_t column, const float* sums,
                                  std::size_t count) const {
    float* const values = place(row, column);
    BAILIWICK_INDEPENDENT
    for (std::size_t j = 0; j < count; ++j) {
      const float z = sums[j] + bias[column + j];
      values[j] = Relu && z < 0.0F ? 0.0F : z;
    }
    if constexpr (Relu) return;
    if (to.input != nullptr)
      for (std::size_t j = 0; j < count; ++j)
        to.input[row * columns + column + j] = values[j];
    activate(to.f, values, count);
  }
};

template <bool Relu>
struct Chain {
  std::size_t columns;
  LayerBelow below;

  KOKKOS_FUNCTION float* place(std::size_t row, std::size_t column) const {
    return below.gradient + row * columns + column;
  }
  KOKKOS_FUNCTION void operator()(std::size_t row, std::size_t column, const float* sums,
                                  std::size_t count) const {
    const float* const at = below.known + row * columns + column;
    float* const to = place(row, column);
    BAILIWICK_INDEPENDENT
    for (std::size_t j = 0; j < count; ++j)
      to[j] = !Relu || at[j] > 0.0F ? sums[j] : 0.0F;
    if constexpr (!Relu) chain(below.f, at, to, count);
  }
};

}  // namespace

void dense_forward(const DenseShape& shape, std::size_t rows, const float* x,
                   const DenseParameters& parameters, const Activated& to, GemmScratch& scratch) {
  const auto multiply = [&](const auto& epilogue) {
    gemm({rows, shape.outputs, shape.inputs}, row_major(x, shape.inputs),
         row_major(parameters.weights, shape.outputs), epilogue, scratch);
  };
  if (to.f == Activation::relu)
    multiply(BiasAndActivation<true>{shape.outputs, parameters.bias, to});
  else
    multiply(BiasAndActivation<false>{shape.outputs, parameters.bias, to});
}

void dense_parameter_gradient(const DenseShape& shape, const BlockBounds& blocks, std::size_t rows,
                              const DenseBatch& batch, const DenseWords& to, GemmScratch& scratch) {
  gemm_of_blocks({shape.inputs, shape.outputs, rows}, row_major(batch.x, shape.inputs).transposed(),
                 row_major(batch.gradient, shape.outputs), blocks, to.weights, scratch);
  const FloatRounder round(to.bias.format);
  const GradientWords bias = to.bias;
  const float* const gradient = batch.gradient;
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
          bias.words[first + j] = FloatRounder::finish(words[j], blocks.blocks);
        if (misfits != 0) Kokkos::atomic_add(bias.saturated, misfits);
      });
}

void dense_input_gradient(const DenseShape& shape, std::size_t rows, const float* gradient,
                          const float* weights, const LayerBelow& below, GemmScratch& scratch) {
  const auto multiply = [&](const auto& epilogue) {
    gemm({rows, shape.inputs, shape.outputs}, row_major(gradient, shape.outputs),
         row_major(weights, shape.outputs).transposed(), epilogue, scratch);
  };
  if (below.f == Activation::relu)
    multiply(Chain<true>{shape.inputs, below});
  else
    multiply(Chain<false>{shape.inputs, below});
}

}  // namespace bailiwick::kernels
