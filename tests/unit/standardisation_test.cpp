// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/standardisation.hpp"

#include <cmath>

#include "lib/core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/local_sums.hpp"
#include "tests/support/r_data.hpp"
#include "tests/support/rows.hpp"

using namespace bailiwick;
using namespace bailiwick::testing;

namespace {

const std::vector<Column> table{ones(32), mtcars::wt, mtcars::hp};
const ColumnSelection selection{{"(intercept)", "wt", "hp"}, 0};

}  // namespace

// R: c(mean(x), sd(x)) of mtcars$wt and mtcars$hp; with weights w = gear, weighted.mean(x, w) and
// sqrt(sum(w * (x - m)^2) / (sum(w) * 31 / 32)).
TEST_CASE("pooled moments agree with R and leave the intercept alone") {
  LocalSums sums(1);
  const std::vector<kernels::RowBlocks> rows{make_rows(table, {mtcars::mpg})};
  const ColumnMoments m = pooled_moments(rows, 32, selection, sums);
  CHECK(m.rows == 32);
  CHECK(m.centre[0] == 0);
  CHECK(m.scale[0] == 1);
  CHECK(m.centre[1] == Approx(3.2172499999999999).epsilon(1e-15));
  CHECK(1 / m.scale[1] == Approx(0.97845744298969672).epsilon(1e-14));
  CHECK(m.centre[2] == Approx(146.6875).epsilon(1e-15));
  CHECK(1 / m.scale[2] == Approx(68.562868489320593).epsilon(1e-14));

  const std::vector<kernels::RowBlocks> weighted{make_rows(table, {mtcars::mpg}, mtcars::gear)};
  const ColumnMoments w = pooled_moments(weighted, 32, selection, sums);
  CHECK(w.rows == 118);
  CHECK(w.centre[2] == Approx(145.01694915254237).epsilon(1e-15));
  CHECK(1 / w.scale[2] == Approx(71.96341735729592).epsilon(1e-14));
}

TEST_CASE("standardised columns have mean 0 and deviation 1, whoever holds the rows") {
  LocalSums one(1), three(3);
  std::vector<kernels::RowBlocks> pooled{make_rows(table, {mtcars::mpg})};
  std::vector<kernels::RowBlocks> federated{make_rows(table, {mtcars::mpg}, {}, 8, 0, 1),
                                            make_rows(table, {mtcars::mpg}, {}, 8, 1, 3),
                                            make_rows(table, {mtcars::mpg}, {}, 8, 3, 4)};
  const ColumnMoments a = pooled_moments(pooled, 32, selection, one);
  const ColumnMoments b = pooled_moments(federated, 32, selection, three);
  CHECK(one.words == three.words);
  CHECK(a.centre == b.centre);
  CHECK(a.scale == b.scale);

  kernels::standardise(pooled[0], a.centre, a.scale);
  const ColumnMoments after = pooled_moments(pooled, 32, selection, one);
  for (std::size_t j = 0; j < 3; ++j) {
    CHECK(after.centre[j] == Approx(0).margin(1e-15));
    CHECK(after.scale[j] == Approx(1).epsilon(1e-14));
  }
}

TEST_CASE("a domain alone, or a model without intercept, is standardised its own way") {
  LocalSums sums(1);
  const auto rows = make_rows(table, {mtcars::mpg});
  const ColumnMoments pooled = pooled_moments(std::vector{rows}, 32, selection, sums);
  const int rounds = sums.rounds;
  CHECK(domain_moments(rows, 32, 0, selection, sums).scale == pooled.scale);
  CHECK(sums.rounds == rounds);  // nothing crossed

  ColumnSelection scaled = selection;
  scaled.centre = false;
  const ColumnMoments m = domain_moments(rows, 32, 0, scaled, sums);
  CHECK(m.centre == Column(3, 0.0));
  CHECK(m.scale == pooled.scale);
}

TEST_CASE("weights count by their shares, and small columns as large ones") {
  LocalSums sums(1);
  const auto moments = [&](double unit, double weight) {
    Column x = mtcars::hp, w = mtcars::gear;
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] *= unit;
      w[i] *= weight;
    }
    return pooled_moments(std::vector{make_rows({x}, {mtcars::mpg}, w)}, 32, {{"hp"}, {}}, sums);
  };
  const ColumnMoments ordinary = moments(1, 1);
  for (const int power : {-60, -20, 20, 60})  // powers of two change no bit
    for (const int weight : {-60, 0, 60}) {
      const ColumnMoments m = moments(std::ldexp(1.0, power), std::ldexp(1.0, weight));
      CHECK(m.centre[0] == std::ldexp(ordinary.centre[0], power));
      CHECK(m.scale[0] == std::ldexp(ordinary.scale[0], -power));
    }
}

TEST_CASE("columns that are not standardised are brought to order by powers of two") {
  LocalSums sums(1);
  ColumnSelection raw{{"x"}, {}};
  raw.powers_only = true;
  const auto scale = [&](const Column& x) {
    const ColumnMoments m = pooled_moments(std::vector{make_rows({x}, {x})}, x.size(), raw, sums);
    CHECK(m.centre[0] == 0);
    return m.scale[0];
  };
  CHECK(scale(mtcars::hp) == 1);
  CHECK(scale({0x1p20, -0x1p20}) == 0x1p-4);
  CHECK(scale({0x1p-20, 0x1p-20}) == 0x1p12);
  CHECK(scale({0, 0}) == 1);
}

TEST_CASE("a constant column is named") {
  LocalSums sums(1);
  const auto expect = [&](std::vector<Column> x, const char* text) {
    const std::vector<kernels::RowBlocks> rows{make_rows(x, {x[0]})};
    const auto call = [&] { pooled_moments(rows, x[0].size(), {{"one", "two"}, {}}, sums); };
    CHECK_THROWS_WITH(call(), Catch::Contains(text));
  };
  expect({{1, 2, 3}, {0.1, 0.1, 0.1}}, "column 'two' is constant to twelve digits and cannot");
  expect({{0, 0, 0}, {1, 2, 3}}, "column 'one' is constant to twelve digits and cannot");
  expect({{0, 0, 0}, {2, 2, 2}}, "columns 'one', 'two' are constant to twelve digits and cannot");
  expect({{1}, {2}}, "only 1 rows");
  expect({{1, NAN}, {1, 2}}, "not finite");
}
