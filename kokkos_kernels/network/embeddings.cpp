// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/network/embeddings.hpp"

namespace bailiwick::kernels {

void embed(const EmbeddingShape& shape, std::size_t rows, const std::uint16_t* code,
           const float* table, VectorRows<float> to) {
  const std::size_t dimension = shape.dimension;
  Kokkos::parallel_for(
      "embed", Kokkos::RangePolicy<Execution>(0, rows), KOKKOS_LAMBDA(const std::size_t r) {
        const float* const from = table + code[r] * dimension;
        float* const vector = to.data + r * to.width;
        for (std::size_t j = 0; j < dimension; ++j)
          vector[j] = from[j];
      });
}

void clear_words(const GradientWords& to, std::size_t size) {
  std::int64_t* const words = to.words;
  Kokkos::parallel_for(
      "clear", Kokkos::RangePolicy<Execution>(0, size),
      KOKKOS_LAMBDA(const std::size_t i) { words[i] = 0; });
}

// A thread takes columns of one row: if the row is the first of its level in the block, it sums the
// rows of that level. Comparing a block's codes with each other costs less than sorting them would,
// and needs no memory. Blocks add integers, so their order does not matter.
void embedding_gradient(const EmbeddingShape& shape, const BlockBounds& blocks, std::size_t rows,
                        const std::uint16_t* code, VectorRows<const float> gradient,
                        const GradientWords& words) {
  constexpr std::size_t chunk = on_host ? 64 : 1;
  const FloatRounder round(words.format);
  const GradientWords to = words;
  const BlockBounds bounds = blocks;
  const std::size_t dimension = shape.dimension, chunks = (dimension + chunk - 1) / chunk;
  Kokkos::parallel_for(
      "table gradient", Kokkos::RangePolicy<Execution>(0, rows * chunks),
      KOKKOS_LAMBDA(const std::size_t item) {
        const std::size_t row = bounds.first[0] + item / chunks, from = item % chunks * chunk;
        std::size_t block = 0;
        for (std::size_t end = bounds.blocks; end - block > 1;) {
          const std::size_t middle = (block + end) / 2;
          (bounds.first[middle] <= row ? block : end) = middle;
        }
        const std::uint16_t level = code[row];
        bool earlier = false;
        for (std::size_t r = bounds.first[block]; r < row; ++r)
          earlier |= code[r] == level;
        if (earlier) return;
        const std::size_t last = bounds.first[block + 1];
        const std::size_t count = dimension - from < chunk ? dimension - from : chunk;
        float sum[chunk] = {};
        for (std::size_t r = row; r < last; ++r)
          if (code[r] == level)
            for (std::size_t j = 0; j < count; ++j)
              sum[j] += gradient.data[r * gradient.width + from + j];
        std::int64_t rounded[chunk];
        const std::int64_t misfits = round.add(sum, count, true, rounded);
        std::int64_t* const into = to.words + level * dimension + from;
        for (std::size_t j = 0; j < count; ++j)
          Kokkos::atomic_add(into + j, FloatRounder::finish(rounded[j], 1));
        if (misfits != 0) Kokkos::atomic_add(to.saturated, misfits);
      });
}

}  // namespace bailiwick::kernels
