// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/boundary/aggregate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "lib/core/error.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;

namespace {

__extension__ using Integer = __int128;

Aggregate make(std::vector<Stream> streams) {
  return Aggregate(std::make_shared<AggregateLayout>(std::move(streams)));
}

// The value of one number given by its limbs, lowest first.
double decoded(FixedPoint format, const std::vector<std::int64_t>& limbs) {
  Aggregate aggregate = make({{"v", 1, format}});
  std::copy(limbs.begin(), limbs.end(), aggregate.words("v").begin());
  aggregate.normalise();
  return aggregate.values("v").front();
}

}  // namespace

TEST_CASE("streams lie one after the other behind the saturated word", "[aggregate]") {
  const AggregateLayout layout({{"rows", 1, counts}, {"score", 5, wide}, {"sum", 2, any_size}});
  CHECK(layout.offset("rows") == 1);
  CHECK(layout.offset("score") == 2);
  CHECK(layout.offset("sum") == 17);
  CHECK(layout.words() == 17 + 2 * 26);
  CHECK(layout.stream("score").size == 5);
  CHECK_THROWS_AS(layout.stream("scores"), Error);
  CHECK_THROWS_AS(AggregateLayout({{"a", 1, counts}, {"a", 2, counts}}), Error);
  CHECK_THROWS_AS(AggregateLayout({{"a", 1, FixedPoint{27, 0}}}), Error);
  CHECK_THROWS_AS(AggregateLayout({{"a", 1, FixedPoint{0, 0}}}), Error);
  CHECK_THROWS_AS(AggregateLayout({{"a", 1, FixedPoint{1, 2000}}}), Error);
}

TEST_CASE("values of a stream are named one by one, as pairs of a triangle, or by number") {
  const auto names =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"a", "b", "c"});
  const Stream each{"s", 3, counts, names}, pairs{"i", 6, counts, names}, none{"n", 4, counts};
  CHECK(each.name_of(2) == "c");
  std::string all;
  for (std::size_t i = 0; i < 6; ++i)
    all += pairs.name_of(i) + "; ";
  CHECK(all == "a; b with a; b; c with a; c with b; c; ");
  CHECK(none.name_of(1) == "number 2 of 4 of n");
  CHECK(Stream{"s", 3, counts} == each);  // names are for people
}

TEST_CASE("sums do not depend on order and decode exactly", "[aggregate]") {
  std::vector<double> values;
  std::mt19937_64 random(2);
  for (int i = 0; i < 999; ++i) {  // multiples of 2^-40 whose sum needs less than 53 bits
    values.push_back(static_cast<double>(static_cast<std::int64_t>(random()) >> 24) * 0x1p-40);
  }
  double sum = 0;
  Aggregate forward = make({{"v", 1, wide}}), backward = forward;
  for (const double v : values) {
    forward.add("v", std::span(&v, 1));
    sum += v;
  }
  std::reverse(values.begin(), values.end());
  for (const double v : values)
    backward.add("v", std::span(&v, 1));
  CHECK(std::ranges::equal(forward.words(), backward.words()));
  forward.normalise();
  CHECK(forward.values("v").front() == sum);
  CHECK(forward.saturated() == 0);
}

TEST_CASE("decoding rounds once", "[aggregate]") {
  std::mt19937_64 random(3);
  for (int limbs = 1; limbs <= 4; ++limbs)
    for (int i = 0; i < 20000; ++i) {
      // Limbs as large as many contributions make them, highest small enough for the witness.
      std::vector<std::int64_t> w(limbs);
      Integer exact = 0;
      for (int k = limbs - 1; k >= 0; --k) {
        const int room = k == 3 ? 6 : k == 2 ? 46 : 63;
        w[k] = static_cast<std::int64_t>(random()) >> (64 - room + random() % room);
        exact += Integer{w[k]} * (Integer{1} << (limb_bits * k));
      }
      REQUIRE(decoded({limbs, 60}, w) == std::ldexp(static_cast<double>(exact), -60));
    }
  constexpr std::int64_t big = std::int64_t{1} << 53;
  CHECK(decoded({3, 0}, {0, 0, big + 1}) == std::ldexp(static_cast<double>(big), 80));
  CHECK(decoded({3, 0}, {1, 0, big + 1}) == std::ldexp(static_cast<double>(big + 2), 80));
  CHECK(decoded({3, 0}, {-1, 0, -big - 1}) == -std::ldexp(static_cast<double>(big + 2), 80));
  CHECK(decoded({3, 0}, {1, 0, -big - 1}) == -std::ldexp(static_cast<double>(big), 80));
  CHECK(decoded(counts, {std::numeric_limits<std::int64_t>::min()}) == -0x1p63);
  CHECK(decoded({2, 0}, {5, std::numeric_limits<std::int64_t>::min()}) == -0x1p103);
  CHECK_FALSE(std::signbit(decoded(wide, {0, 0, 0})));
}

TEST_CASE("room for almost 2^24 contributions of the largest digits", "[aggregate]") {
  constexpr std::int64_t digit = std::int64_t{1} << 39, most = (1 << 24) - 1;
  // most * 2^39 * (2^80 + 2^40 + 1): the last term is half the sum's last place and below.
  const double got = decoded({3, 0}, {most * digit, most * digit, most * digit});
  CHECK(got == static_cast<double>(most) * 0x1p119 + static_cast<double>(most) * 0x1p79);
  CHECK(decoded({3, 0}, {-most * digit, -most * digit, -most * digit}) == -got);
}

TEST_CASE("equal values have equal words after normalise()", "[aggregate]") {
  Aggregate a = make({{"v", 2, wide}}), b = a;
  const std::vector<double> up{1.75, -3.0}, down{-0.75, 2.5}, sum{1.0, -0.5};
  a.add("v", up);
  a.add("v", down);
  b.add("v", sum);
  a.normalise();
  b.normalise();
  CHECK(std::ranges::equal(a.words(), b.words()));
  CHECK(a.values("v") == sum);
}

TEST_CASE("aggregates add modulo 2^64, so masks cancel", "[aggregate]") {
  Aggregate secret = make({{"n", 3, counts}}), mask = secret;
  const std::vector<std::int64_t> numbers{1, -2, 3};
  const std::vector<std::int64_t> masks{std::numeric_limits<std::int64_t>::max(),
                                        std::numeric_limits<std::int64_t>::min(), -1};
  secret.add_counts("n", numbers);
  mask.add_counts("n", masks);
  Aggregate masked = secret;
  masked.add(mask);
  Aggregate unmask = make({{"n", 3, counts}});
  std::vector<std::int64_t> inverse(3);
  for (int i = 0; i < 3; ++i)
    inverse[i] = static_cast<std::int64_t>(-static_cast<std::uint64_t>(masks[i]));
  unmask.add_counts("n", inverse);
  masked.add(unmask);
  CHECK(std::ranges::equal(masked.words(), secret.words()));
  CHECK(masked.values("n") == std::vector<double>{1, -2, 3});
}

TEST_CASE("misuse of an aggregate is a bug, and says so", "[aggregate]") {
  Aggregate a = make({{"v", 2, wide}, {"n", 2, counts}});
  const std::vector<double> values{-1, 2}, too_many(3);
  const std::vector<std::int64_t> whole{1, 2};
  CHECK_THROWS_AS(a.add("v", too_many), Error);
  CHECK_THROWS_AS(a.add_counts("v", whole), Error);
  CHECK_THROWS_AS(a.add("w", values), Error);
  CHECK_THROWS_AS(a.add(make({{"v", 2, wide}})), Error);
  a.add("v", values);
  CHECK_THROWS_AS(a.values("v"), Error);
  a.normalise();
  CHECK(a.values("v") == values);
}

TEST_CASE("an aggregate counts what it could not add", "[aggregate]") {
  Aggregate a = make({{"v", 3, wide}});
  const std::vector<double> values{1, HUGE_VAL, std::nan("")};
  a.add("v", values);
  a.add("v", values);
  CHECK(a.saturated() == 4);
  a.normalise();
  CHECK(a.values("v") == std::vector<double>{2, 0, 0});
}
