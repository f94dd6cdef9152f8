// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/gemm.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "kokkos_kernels/random.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick::kernels;

namespace {

std::vector<float> random_floats(std::size_t size, std::uint64_t seed) {
  const Philox random(seed, RandomPurpose::initial_parameters);
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i)
    values[i] = static_cast<float>(2 * unit_interval(random(0, i).word[0]) - 1);
  return values;
}

float element(const Operand& a, const Operand& b, std::size_t i, std::size_t j, std::size_t begin,
              std::size_t end) {
  float sum = 0;
  for (std::size_t k = begin; k < end; ++k)
    sum = std::fma(a(i, k), b(k, j), sum);
  return sum;
}

constexpr GemmShape shapes[] = {{1, 1, 1},    {2, 3, 4},    {14, 32, 5},   {15, 33, 7},
                                {13, 16, 64}, {29, 65, 17}, {100, 10, 40}, {3, 200, 512},
                                {256, 1, 30}, {1, 77, 1},   {40, 40, 1},   {12, 31, 0},
                                {0, 4, 4},    {4, 0, 4}};

}  // namespace

TEST_CASE("Every tile set gives the chain of fma, bit for bit, for all shapes and transposes") {
  const TileSets sets = all_tile_sets();
  GemmScratch scratch;
  for (std::size_t s = 0; s < sets.count; ++s) {
    INFO(sets.sets[s]->name);
    for (const GemmShape& shape : shapes)
      for (const bool ta : {false, true})
        for (const bool tb : {false, true}) {
          const auto [m, n, k] = shape;
          INFO(m << " x " << n << " x " << k << ' ' << ta << tb);
          const std::vector<float> left = random_floats(m * k, 1), right = random_floats(k * n, 2);
          const Operand a = ta ? row_major(left.data(), m).transposed() : row_major(left.data(), k);
          const Operand b =
              tb ? row_major(right.data(), k).transposed() : row_major(right.data(), n);
          std::vector<float> c(m * n, -1), expected(m * n);
          gemm(shape, a, b, Store{c.data(), n}, scratch, *sets.sets[s]);
          for (std::size_t i = 0; i < m; ++i)
            for (std::size_t j = 0; j < n; ++j)
              expected[i * n + j] = element(a, b, i, j, 0, k);
          CHECK(c == expected);
        }
  }
}

TEST_CASE("Terms in blocks are rounded block by block") {
  const TileSets sets = all_tile_sets();
  const std::size_t first[] = {3, 3, 10, 11, 40};
  const BlockBounds blocks{first, 4};
  GemmScratch scratch;
  for (std::size_t s = 0; s < sets.count; ++s)
    for (const auto& [m, n] : {std::pair<std::size_t, std::size_t>{17, 35}, {50, 3}, {1, 1}}) {
      const std::vector<float> left = random_floats(m * 40, 1), right = random_floats(40 * n, 2);
      const Operand a = row_major(left.data(), m).transposed(), b = row_major(right.data(), n);
      std::vector<std::int64_t> words(m * n, 99), expected(m * n, 0);
      std::int64_t saturated = 0;
      gemm_of_blocks({m, n, 37}, a, b, blocks, {words.data(), &saturated, {30, 50}}, scratch,
                     *sets.sets[s]);
      for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < n; ++j)
          for (std::size_t block = 0; block < 4; ++block) {
            const double sum = element(a, b, i, j, first[block], first[block + 1]);
            add_quantised<1>(&sum, 1, 30, &expected[i * n + j], 1);
          }
      CHECK(words == expected);
      CHECK(saturated == 0);
    }
}

TEST_CASE("Sums that do not fit are counted") {
  GemmScratch scratch;
  const float infinity = std::numeric_limits<float>::infinity();
  const std::size_t first[] = {0, 1};
  for (const float bad : {infinity, -infinity, std::nanf(""), 0x1p21F}) {
    const std::vector<float> left{bad, 1}, right{1, 1, 1};
    std::vector<std::int64_t> words(6);
    std::int64_t saturated = 0;
    gemm_of_blocks({2, 3, 1}, row_major(left.data(), 2).transposed(), row_major(right.data(), 3),
                   {first, 1}, {words.data(), &saturated, {30, 50}}, scratch);
    CHECK(saturated == 3);
    CHECK(words == std::vector<std::int64_t>{0, 0, 0, 1 << 30, 1 << 30, 1 << 30});
  }
}

TEST_CASE("Philox gives the numbers of Random123's known answers") {
  const auto words = [](const Philox::Four& four) {
    return std::vector<std::uint32_t>(four.word, four.word + 4);
  };
  CHECK(words(Philox::rounds({{0, 0, 0, 0}}, 0, 0)) ==
        std::vector<std::uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(words(Philox::rounds({{~0U, ~0U, ~0U, ~0U}}, ~0U, ~0U)) ==
        std::vector<std::uint32_t>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(words(Philox::rounds({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822,
                             0x299f31d0)) ==
        std::vector<std::uint32_t>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}
