// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Noise is drawn from the key alone, and follows its distribution.

#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "lib/crypto/key_stream.hpp"
#include "lib/privacy/discrete_gaussian.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/stride.hpp"

using namespace bailiwick;
using Catch::Matchers::ContainsSubstring;

namespace {

Secret key(unsigned char number) {
  Secret secret;
  for (std::size_t i = 0; i < 32; ++i)
    secret.bytes()[i] = static_cast<std::byte>(number + i);
  return secret;
}

bool is_long() {
  const char* const tier = std::getenv("BAILIWICK_TIER");
  return tier && std::string(tier) == "long";
}

/// The upper quantile of chi-square at about 1e-6 (Wilson and Hilferty 1931).
double chi_square_bound(double degrees) {
  const double a = 2.0 / (9.0 * degrees);
  return degrees * std::pow(1 - a + 4.75 * std::sqrt(a), 3);
}

double chi_square_of_draws(std::uint64_t scale, std::uint64_t draws, double& degrees) {
  KeyedWords words(key(static_cast<unsigned char>(scale)));
  std::map<std::int64_t, double> counts;
  for (std::uint64_t i = 0; i < draws; ++i)
    ++counts[draw_discrete_gaussian(scale, words)];
  const auto s = static_cast<double>(scale);
  const auto weight = [&](std::int64_t x) {
    return std::exp(-static_cast<double>(x * x) / (2 * s * s));
  };
  const auto last = static_cast<std::int64_t>(40 * scale);
  double all = 0;
  for (std::int64_t x = -last; x <= last; ++x)
    all += weight(x);
  // Values that are expected less than ten times are one cell.
  double sum = 0, rare = static_cast<double>(draws), rare_seen = rare;
  degrees = 0;
  for (std::int64_t x = -last; x <= last; ++x) {
    const double expected = static_cast<double>(draws) * weight(x) / all;
    if (expected < 10) continue;
    const double seen = counts[x];
    sum += (seen - expected) * (seen - expected) / expected;
    rare -= expected;
    rare_seen -= seen;
    ++degrees;
  }
  return rare > 1 ? sum + (rare_seen - rare) * (rare_seen - rare) / rare : sum;
}

}  // namespace

TEST_CASE("keyed words are those of the key's stream, in order") {
  std::vector<std::int64_t> stream(5000, 0);
  add_key_stream(key(1), 0, Sign::plus, stream);
  KeyedWords words(key(1));
  for (const std::int64_t word : stream)
    REQUIRE(words.next() == static_cast<std::uint64_t>(word));
  KeyedWords others(key(1));
  const auto first = static_cast<std::uint64_t>(stream[0]);
  const auto second = static_cast<std::uint64_t>(stream[1]);
  CHECK(others.half() == (first & 0xffffffff));
  for (int i = 0; i < 64; ++i)
    REQUIRE(others.bit() == ((second >> i & 1) == 1));
  CHECK(others.half() == first >> 32);
  CHECK(others.next() == static_cast<std::uint64_t>(stream[2]));
  CHECK_THROWS(words.below(0));
}

TEST_CASE("numbers below another are uniform") {
  KeyedWords words(key(2));
  for (const std::uint64_t m : {1, 2, 3, 10, 255}) {
    std::vector<double> counts(m, 0);
    for (int i = 0; i < 100000; ++i)
      ++counts.at(words.below(m));
    double sum = 0;
    const double expected = 100000.0 / static_cast<double>(m);
    for (const double count : counts)
      sum += (count - expected) * (count - expected) / expected;
    CHECK(sum < chi_square_bound(static_cast<double>(m)));
  }
  // Of a range of 3/4 of all words, each quarter is hit as often.
  const std::uint64_t quarter = std::uint64_t{1} << 62;
  std::vector<double> counts(3, 0);
  for (int i = 0; i < 30000; ++i)
    ++counts.at(words.below(3 * quarter) / quarter);
  for (const double count : counts)
    CHECK(std::abs(count - 10000) < 500);
}

TEST_CASE("draws have the probabilities of the discrete Gaussian") {
  for (const std::uint64_t scale : {1, 2, 3, 8}) {
    double degrees = 0;
    const double statistic = chi_square_of_draws(scale,
                                                 is_long()            ? 100'000'000
                                                 : testing::sanitized ? 200'000
                                                                      : 1'000'000,
                                                 degrees);
    INFO("scale " << scale << ": " << statistic << " with " << degrees << " degrees of freedom");
    CHECK(degrees >= 8);
    CHECK(statistic < chi_square_bound(degrees));
  }
}

TEST_CASE("draws at large scales have the moments and tails of the Gaussian") {
  const int draws = testing::sanitized ? 40'000 : 400'000;
  for (const int exponent : {20, 31, 32, 33, 40}) {
    const std::uint64_t scale = (std::uint64_t{1} << exponent) - (exponent < 40 ? 3 : 0);
    KeyedWords words(key(static_cast<unsigned char>(exponent)));
    double moments[4] = {}, beyond[3] = {}, odd = 0;
    for (int i = 0; i < draws; ++i) {
      const std::int64_t drawn = draw_discrete_gaussian(scale, words);
      odd += static_cast<double>(drawn & 1);
      const double x = static_cast<double>(drawn) / static_cast<double>(scale);
      double power = 1;
      for (double& moment : moments)
        moment += power *= x;
      for (int k = 1; k <= 3; ++k)
        beyond[k - 1] += std::abs(x) > k ? 1 : 0;
    }
    // Five standard deviations of each mean: E x^2 = 1, x^4 = 3, x^6 = 15, x^8 = 105.
    const double root = 5 / std::sqrt(draws);
    CHECK(std::abs(moments[0] / draws) < root);
    CHECK(std::abs(moments[1] / draws - 1) < root * std::sqrt(2.0));
    CHECK(std::abs(moments[2] / draws) < root * std::sqrt(15.0));
    CHECK(std::abs(moments[3] / draws - 3) < root * std::sqrt(96.0));
    CHECK(std::abs(odd / draws - 0.5) < root / 2);
    for (int k = 1; k <= 3; ++k) {
      const double expected = std::erfc(k / std::sqrt(2.0));
      CHECK(std::abs(beyond[k - 1] / draws - expected) < root * std::sqrt(expected));
    }
  }
}

TEST_CASE("golden draws: a key's noise is the same in every release and on every machine") {
  const auto draws = [](std::uint64_t scale) {
    KeyedWords words(key(7));
    std::vector<std::int64_t> result(8);
    for (std::int64_t& x : result)
      x = draw_discrete_gaussian(scale, words);
    return result;
  };
  CHECK(draws(1) == std::vector<std::int64_t>{0, 0, 2, 0, 0, 0, -1, -1});
  CHECK(draws(std::uint64_t{1} << 20) ==
        std::vector<std::int64_t>{-206910, 540605, 1423987, 3618, 862500, 418718, 1284958, 647662});
  CHECK(draws(largest_noise_scale) ==
        std::vector<std::int64_t>{-216961416682, 566866285241, 1493158802828, 3793865904,
                                  904397471121, 439057670834, 1347376614786, 679123113805});
  KeyedWords words(key(7));
  std::uint64_t sum = 0;
  for (std::uint64_t i = 1; i <= 100000; ++i)
    sum = sum * 31 + static_cast<std::uint64_t>(draw_discrete_gaussian(i, words));
  CHECK(sum == 0xf58f3f063ac4551a);
  CHECK_THROWS_WITH(draw_discrete_gaussian(0, words), ContainsSubstring("1 to 2^40"));
  CHECK_THROWS(draw_discrete_gaussian(largest_noise_scale + 1, words));
}
