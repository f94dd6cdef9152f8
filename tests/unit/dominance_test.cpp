// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/describe/dominance.hpp"

#include <random>
#include <vector>

#include "tests/support/catch.hpp"

using namespace bailiwick;

namespace {

struct Found {
  bool two_make_most, largest_is_told;
};

Found of(const std::vector<double>& values) {
  Magnitudes magnitudes;
  double sum = 0;
  for (const double value : values) {
    magnitudes.add(value);
    sum += value;
  }
  return {magnitudes.two_make_most(sum), magnitudes.largest_is_told(sum)};
}

}  // namespace

TEST_CASE("the rules of dominance at their thresholds") {
  CHECK(of({45, 45, 10}).two_make_most);
  CHECK_FALSE(of({45, 44, 11}).two_make_most);
  CHECK(of({100, 50, 9}).largest_is_told);
  CHECK_FALSE(of({100, 50, 10}).largest_is_told);
  CHECK_FALSE(of({0, 0, 0}).two_make_most);
  CHECK_FALSE(of({0, 0, 0}).largest_is_told);
  CHECK(of({3}).largest_is_told);
  Magnitudes below;
  below.add(-1);
  CHECK(below.has_negative());
}

TEST_CASE("where no domain is dominated, all rows together are not") {
  std::mt19937 random(2);
  std::lognormal_distribution<double> size(0, 2);
  int clear = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    std::vector<double> all;
    Found any{false, false};
    for (int d = 0; d < 3; ++d) {
      std::vector<double> own(random() % 30);
      for (double& value : own)
        value = size(random);
      const Found found = of(own);
      any.two_make_most |= found.two_make_most;
      any.largest_is_told |= found.largest_is_told;
      all.insert(all.end(), own.begin(), own.end());
    }
    const Found found = of(all);
    REQUIRE((any.two_make_most || !found.two_make_most));
    REQUIRE((any.largest_is_told || !found.largest_is_told));
    clear += any.two_make_most ? 0 : 1;
  }
  CHECK(clear > 100);
}
