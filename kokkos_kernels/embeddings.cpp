// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/embeddings.hpp"

#include "kokkos_kernels/block_sums.hpp"

namespace bailiwick::kernels {

void embed(const EmbeddingShape& shape, std::size_t rows, const std::uint16_t* code,
           const float* table, float* x, std::size_t width) {
  const std::size_t dimension = shape.dimension;
  Kokkos::parallel_for(
      "embed", Kokkos::RangePolicy<Execution>(0, rows), KOKKOS_LAMBDA(const std::size_t r) {
        const float* const from = table + code[r] * dimension;
        float* const to = x + r * width;
        for (std::size_t j = 0; j < dimension; ++j)
          to[j] = from[j];
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
void embedding_gradient(const EmbeddingShape& shape, const BlockBounds& blocks,
                        const std::uint16_t* code, const float* gradient, std::size_t width,
                        const GradientWords& words) {
  constexpr std::size_t chunk = on_host ? 64 : 1;
  const FloatRounder round(words.format);
  const GradientWords to = words;
  const std::size_t dimension = shape.dimension, chunks = (dimension + chunk - 1) / chunk;
  const std::size_t* const bounds = blocks.first;
  using Policy = Kokkos::TeamPolicy<Execution>;
  Kokkos::parallel_for(
      "embedding gradient", Policy(static_cast<int>(blocks.blocks), on_host ? 1 : 128),
      KOKKOS_LAMBDA(const Policy::member_type& team) {
        const auto block = static_cast<std::size_t>(team.league_rank());
        const std::size_t first = bounds[block], last = bounds[block + 1];
        spread(team, (last - first) * chunks, [=](std::size_t begin, std::size_t end) {
          for (std::size_t item = begin; item < end; ++item) {
            const std::size_t row = first + item / chunks, from = item % chunks * chunk;
            const std::uint16_t level = code[row];
            bool earlier = false;
            for (std::size_t r = first; r < row; ++r)
              earlier |= code[r] == level;
            if (earlier) continue;
            const std::size_t count = dimension - from < chunk ? dimension - from : chunk;
            float sum[chunk] = {};
            for (std::size_t r = row; r < last; ++r)
              if (code[r] == level)
                for (std::size_t j = 0; j < count; ++j)
                  sum[j] += gradient[r * width + from + j];
            std::int64_t rounded[chunk];
            const std::int64_t misfits = round.add(sum, count, true, rounded);
            std::int64_t* const into = to.words + level * dimension + from;
            for (std::size_t j = 0; j < count; ++j)
              Kokkos::atomic_add(into + j, FloatRounder::finish(rounded[j], 1));
            if (misfits != 0) Kokkos::atomic_add(to.saturated, misfits);
          }
        });
      });
}

}  // namespace bailiwick::kernels
