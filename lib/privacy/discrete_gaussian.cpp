// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/privacy/discrete_gaussian.hpp"

#include <array>

#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

__extension__ using Wide = unsigned __int128;

/// True with probability numerator / denominator, numerator <= denominator < 2^96: 32 bits of a
/// uniform number at a time are compared with the fraction's, nearly always only the first.
bool bernoulli(Wide numerator, Wide denominator, KeyedWords& words) {
  for (;;) {
    const Wide below = words.half() * denominator;
    const Wide fraction = numerator << 32;
    if (below + denominator <= fraction) return true;
    if (below >= fraction) return false;
    numerator = fraction - below;
  }
}

/// True with probability exp(-numerator / denominator), numerator <= denominator <= 2^81
/// (algorithm 1): successes with probability gamma / k are counted up to the first failure.
bool bernoulli_exp_fraction(Wide numerator, Wide denominator, KeyedWords& words) {
  Wide product = denominator;
  for (unsigned k = 1;; ++k, product += denominator) {
    // Its probability is below 1 / 2^15!, which is 2^(-400,000).
    ensure(k < (1U << 15), "a chain of unlikely successes ends");
    if (!bernoulli(numerator, product, words)) return k % 2 == 1;
  }
}

constexpr std::array<std::uint32_t, 13> factorials = [] {
  std::array<std::uint32_t, 13> result{1};
  for (std::uint32_t k = 1; k < result.size(); ++k)
    result[k] = result[k - 1] * k;
  return result;
}();

/// True with probability 1/e: algorithm 1 at gamma = 1, where the first k successes have a
/// probability of 1 / k!, so that one number below 12! tells how many there are, up to 12.
bool bernoulli_inverse_e(KeyedWords& words) {
  constexpr std::uint32_t all = factorials[12];
  constexpr std::uint32_t as_many = UINT32_MAX / all * all;
  std::uint32_t u = words.half();
  while (u >= as_many)
    u = words.half();
  u %= all;
  if (u >= all / 2) return false;
  if (u >= all / 6) return true;
  unsigned k = 4;
  for (; k <= 12; ++k)
    if (u >= all / factorials[k]) return k % 2 == 1;
  while (words.below(k) == 0)
    ++k;
  return k % 2 == 1;
}

/// True with probability exp(-numerator / denominator), denominator <= 2^81.
bool bernoulli_exp(Wide numerator, Wide denominator, KeyedWords& words) {
  for (; numerator > denominator; numerator -= denominator)
    if (!bernoulli_inverse_e(words)) return false;
  return bernoulli_exp_fraction(numerator, denominator, words);
}

/// A size and a sign. A discrete Laplace variable of that scale (algorithm 2).
struct SignedSize {
  std::uint64_t size;
  bool negative;
};

SignedSize draw_discrete_laplace(std::uint64_t scale, KeyedWords& words) {
  for (;;) {
    const std::uint64_t u = words.below(scale);
    if (!bernoulli_exp_fraction(u, scale, words)) continue;
    std::uint64_t v = 0;
    while (bernoulli_inverse_e(words))
      ++v;
    ensure(v < (1U << 22), "no noise is 4 million times its scale: its probability is e^(-2^22)");
    const SignedSize drawn{u + scale * v, words.bit()};
    // Zero has one sign.
    if (!drawn.negative || drawn.size != 0) return drawn;
  }
}

}  // namespace

std::int64_t draw_discrete_gaussian(std::uint64_t scale, KeyedWords& words) {
  ensure(scale >= 1 && scale <= largest_noise_scale, "noise has a scale of 1 to 2^40");
  const Wide twice_square = 2 * Wide{scale} * scale;
  for (;;) {
    const SignedSize y = draw_discrete_laplace(scale, words);
    const std::uint64_t distance = y.size > scale ? y.size - scale : scale - y.size;
    if (!bernoulli_exp(Wide{distance} * distance, twice_square, words)) continue;
    const auto size = static_cast<std::int64_t>(y.size);
    return y.negative ? -size : size;
  }
}

}  // namespace bailiwick
