// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/sums/quantise.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "tests/support/catch.hpp"

using bailiwick::FixedPoint;
using bailiwick::kernels::add_quantised;

namespace {

__extension__ using Integer = __int128;

struct Result {
  std::int64_t saturated;
  std::vector<std::int64_t> words;
};

Result quantised(const std::vector<double>& values, FixedPoint format) {
  Result result{0, std::vector<std::int64_t>(values.size() * format.limbs)};
  result.saturated =
      add_quantised(values.data(), values.size(), format, result.words.data(), values.size());
  return result;
}

// The sum of the digits; right for any format whose numbers fit 127 bits.
Integer number(const Result& result, std::size_t i, std::size_t size) {
  Integer total = 0;
  for (std::size_t k = result.words.size() / size; k-- > 0;)
    total = total * (Integer{1} << bailiwick::limb_bits) + result.words[k * size + i];
  return total;
}

// value * 2^exponent to the nearest integer, ties to even, without floating point.
Integer nearest(double value, int exponent) {
  int power = 0;
  const double fraction = std::frexp(value, &power);
  const auto mantissa = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  const int shift = power - 53 + exponent;
  if (shift >= 0) return Integer{mantissa} * (Integer{1} << shift);
  if (shift < -60) return 0;
  const std::int64_t unit = std::int64_t{1} << -shift;
  std::int64_t quotient = mantissa / unit, rest = mantissa % unit;
  if (rest < 0) rest += unit, --quotient;
  const bool up = 2 * rest > unit || (2 * rest == unit && quotient % 2 != 0);
  return quotient + (up ? 1 : 0);
}

}  // namespace

TEST_CASE("quantising rounds once, to nearest even", "[quantise]") {
  std::mt19937_64 random(1);
  for (const FixedPoint format : {bailiwick::counts, FixedPoint{2, 30}, bailiwick::wide,
                                  FixedPoint{3, -20}, FixedPoint{4, 80}}) {
    const int top = 40 * format.limbs - 1 - format.exponent;
    std::vector<double> values;
    for (int i = 0; i < 20000; ++i) {
      // Up to 2^46 / 2^exponent for four limbs, so that the witness below fits 127 bits.
      const int power = static_cast<int>(random() % 150) - 149 + std::min(top, 46);
      values.push_back(
          std::ldexp(static_cast<double>(static_cast<std::int64_t>(random())), power - 63));
    }
    for (const double half : {0.5, 1.5, 2.5, 0x1p39 + 0.5, 0x1p40 - 0.5})
      for (const double sign : {1.0, -1.0})
        values.push_back(std::ldexp(sign * std::min(half, 0x1p38 + 0.5), -format.exponent));
    const Result result = quantised(values, format);
    CHECK(result.saturated == 0);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (number(result, i, values.size()) != nearest(values[i], format.exponent)) ++wrong;
    CHECK(wrong == 0);
    for (const std::int64_t word : result.words)
      REQUIRE(std::abs(word) <= std::int64_t{1} << 39);
  }
}

TEST_CASE("what does not fit is counted and adds nothing", "[quantise]") {
  const double limit = 0x1p59, beyond = std::nextafter(limit, HUGE_VAL);
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = HUGE_VAL;
  const Result result = quantised(
      {limit, beyond, -limit, -beyond, nan, -nan, inf, -inf, 1e308, 5e-324}, bailiwick::wide);
  CHECK(result.saturated == 7);
  CHECK(number(result, 0, 10) == Integer{1} << 119);
  CHECK(number(result, 2, 10) == -(Integer{1} << 119));
  for (const std::size_t i : {1, 3, 4, 5, 6, 7, 8, 9})
    CHECK(number(result, i, 10) == 0);
}

TEST_CASE("numbers of any size keep every digit", "[quantise]") {
  std::mt19937_64 random(2);
  const FixedPoint format = bailiwick::any_size;
  for (int i = 0; i < 20000; ++i) {
    const int power = static_cast<int>(random() % 980) - 502;  // of the leading digit
    const double value =
        std::ldexp(static_cast<double>(random() | std::uint64_t{1} << 63), power - 63) *
        (i % 2 == 0 ? 1 : -1);
    const Result result = quantised({value}, format);
    REQUIRE(result.saturated == 0);
    long double sum = 0;
    for (int k = format.limbs - 1; k >= 0; --k) {
      REQUIRE(std::abs(result.words[k]) <= std::int64_t{1} << 39);
      sum += std::ldexp(static_cast<long double>(result.words[k]), 40 * k - format.exponent);
    }
    REQUIRE(sum == value);
  }
  const Result edges = quantised({0x1p478, -0x1.fffffffffffffp478, 0x1p479, 0x1p-561, 0x1.8p-561,
                                  -0x1.8p-561, 0x1.8p-562, 5e-324, 0.0, -0.0, HUGE_VAL},
                                 format);
  CHECK(edges.saturated == 2);
  const std::vector<std::int64_t> lowest(edges.words.begin(), edges.words.begin() + 11);
  CHECK(lowest == std::vector<std::int64_t>{0, 0, 0, 0, 1, -1, 0, 0, 0, 0, 0});
}

TEST_CASE("contributions add to the words that are there, limb-major, at any size", "[quantise]") {
  for (const std::size_t size : {1, 63, 64, 65, 200}) {
    std::vector<double> values(size);
    for (std::size_t i = 0; i < size; ++i)
      values[i] = -1.25 * static_cast<double>(i);
    std::vector<std::int64_t> words(3 * size + 1, 7);
    CHECK(add_quantised(values.data(), size, FixedPoint{3, 2}, words.data(), size) == 0);
    for (std::size_t i = 0; i < size; ++i) {
      REQUIRE(words[i] == 7 - 5 * static_cast<std::int64_t>(i));
      REQUIRE(words[size + i] == 7);
      REQUIRE(words[2 * size + i] == 7);
    }
    CHECK(words.back() == 7);
  }
}
