// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/description.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/catch.hpp"
#include "tests/support/local_sums.hpp"
#include "tests/support/rows.hpp"

using namespace bailiwick;
using bailiwick::testing::LocalSums;

namespace {

std::vector<DescribedRows> split(const std::vector<std::vector<double>>& columns,
                                 std::size_t domains) {
  std::vector<DescribedRows> parts(domains);
  for (DescribedRows& part : parts)
    part.numbers.resize(columns.size());
  for (std::size_t j = 0; j < columns.size(); ++j)
    for (std::size_t i = 0; i < columns[j].size(); ++i)
      parts[i % domains].numbers[j].push_back(columns[j][i]);
  return parts;
}

}  // namespace

TEST_CASE("quantiles are values of the rows, whatever the numbers and however they are split") {
  constexpr double tiny = std::numeric_limits<double>::denorm_min(),
                   huge = std::numeric_limits<double>::max();
  const std::vector<std::vector<double>> columns{{5, 1, 4, 2, 3},
                                                 {-1, -huge, huge, -tiny, tiny},
                                                 {0, -0.0, 0, -0.0, 0},
                                                 {7, 7, 7, 7, 7},
                                                 {-3, -1, -2, 0.5, 0.25}};
  const std::vector<double> probabilities{0.01, 0.2, 0.21, 0.5, 0.8, 0.99};
  const std::size_t domains = GENERATE(1, 2, 3, 5);
  std::vector<DescribedRows> rows = split(columns, domains);
  LocalSums sums(domains);
  const std::vector<std::uint64_t> n(columns.size(), 5);
  const auto found = exact_quantiles({{"a", "b", "c", "d", "e"}, {}}, rows, n, probabilities, sums);
  CHECK(sums.rounds <= 64);
  for (std::size_t j = 0; j < columns.size(); ++j) {
    std::vector<double> sorted = columns[j];
    std::ranges::sort(sorted);
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
      const double expected = sorted[static_cast<std::size_t>(std::ceil(5 * probabilities[i])) - 1];
      CHECK(found[j][i] == expected);
      CHECK(std::signbit(found[j][i]) == (expected < 0));
    }
  }
  CHECK(exact_quantiles({{"a", "b", "c", "d", "e"}, {}}, rows, n, {}, sums) ==
        std::vector<std::vector<double>>(columns.size()));
}

TEST_CASE("quantiles are of the rows that a column has") {
  std::vector<DescribedRows> rows = split({{4, 2, 3}, {7}, {}}, 2);
  LocalSums sums(2);
  const std::vector<std::uint64_t> n{3, 1, 0};
  const std::vector<double> probabilities{0.5, 0.9};
  const auto found = exact_quantiles({{"a", "b", "c"}, {}}, rows, n, probabilities, sums);
  CHECK(found[0] == std::vector<double>{3, 4});
  CHECK(found[1] == std::vector<double>{7, 7});
  CHECK((std::isnan(found[2][0]) && std::isnan(found[2][1])));
}

TEST_CASE("histograms count the last edge in, and what lies outside apart") {
  const std::vector<DescribedRows> rows = split({{-1, 0, 0.5, 1, 1.5, 2, 2.5}}, 2);
  LocalSums sums(2);
  const std::vector<std::vector<double>> edges{{0, 1, 2}};
  CHECK(histograms({{"a"}, {}}, rows, edges, sums) ==
        std::vector<std::vector<std::int64_t>>{{1, 2, 3, 1}});
}

TEST_CASE("contingency tables count pairs of codes") {
  std::vector<DescribedRows> rows(2);
  rows[0].codes = {{0, 1, 2, 2}, {0, 0, 1, 1}};
  rows[1].codes = {{1, 1}, {1, 0}};
  LocalSums sums(2);
  const DescribedColumns columns{{}, {{"ward", {"a", "b", "c"}}, {"sex", {"f", "m"}}}};
  const std::vector<std::pair<std::size_t, std::size_t>> tables{{0, 0}, {1, 1}, {0, 1}};
  CHECK(contingency_tables(columns, rows, tables, sums) ==
        std::vector<std::vector<std::int64_t>>{{1, 3, 2}, {3, 3}, {1, 0, 2, 1, 0, 2}});
}

TEST_CASE("products of columns are those of their definition") {
  const std::vector<std::vector<double>> x{{1, 2, 3, 4}, {2, 0, -2, 1}};
  const std::vector<kernels::RowBlocks> whole{testing::make_rows(x, {{0, 0, 0, 0}})};
  LocalSums sums(1);
  CHECK(sums_of_products({"a", "b"}, whole, sums) == std::vector<double>{30, 0, 9});
}
