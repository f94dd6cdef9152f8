// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/description.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <memory>

#include "kokkos_kernels/glm/glm.hpp"
#include "lib/core/error.hpp"
#include "lib/core/undefined.hpp"

namespace bailiwick {

namespace {

/// Doubles in their order as integers: -inf is the least, no two values but the zeros are equal,
/// and the middle of two is a double as well.
std::uint64_t order_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
  return bits >> 63 != 0 ? ~bits : bits | std::uint64_t{1} << 63;
}

double value_at(std::uint64_t order) {
  return std::bit_cast<double>(order >> 63 != 0 ? order & ~(std::uint64_t{1} << 63) : ~order);
}

std::vector<std::int64_t> sum_counts(
    const char* round, std::vector<std::string> names, std::span<const DescribedRows> domains,
    Sums& sums, const std::function<void(const DescribedRows&, std::span<std::int64_t>)>& count) {
  const std::size_t size = names.size();
  const auto layout = std::make_shared<const AggregateLayout>(std::vector<Stream>{
      {"rows", size, counts, std::make_shared<const std::vector<std::string>>(std::move(names))}});
  std::vector<Aggregate> parts;
  for (const DescribedRows& rows : domains)
    count(rows, parts.emplace_back(layout).words("rows"));
  const Aggregate total = sums.across_domains(round, std::move(parts));
  const std::span words = total.words("rows");
  return {words.begin(), words.end()};
}

}  // namespace

std::vector<std::vector<double>> values_at_ranks(const std::string& round,
                                                 const std::vector<std::string>& columns,
                                                 std::span<const std::vector<std::int64_t>> ranks,
                                                 std::size_t domains, const RowsUpTo& rows_up_to,
                                                 Sums& sums) {
  std::vector<std::string> names;
  std::vector<std::size_t> column;  // of each answer
  std::vector<std::int64_t> wanted;
  for (std::size_t j = 0; j < ranks.size(); ++j) {
    names.insert(names.end(), ranks[j].size(), columns[j]);
    column.insert(column.end(), ranks[j].size(), j);
    wanted.insert(wanted.end(), ranks[j].begin(), ranks[j].end());
  }
  const std::size_t size = wanted.size();
  const auto layout = std::make_shared<const AggregateLayout>(std::vector<Stream>{
      {"rows", size, counts, std::make_shared<const std::vector<std::string>>(std::move(names))}});

  // The answer lies in [low, high]: too few rows are at most low - 1, enough are at most high.
  std::vector<std::uint64_t> low(size, order_of(-INFINITY)), high(size, order_of(INFINITY));
  while (low != high) {
    std::vector<double> middle(size);
    for (std::size_t i = 0; i < size; ++i)
      middle[i] = value_at(low[i] + (high[i] - low[i]) / 2);
    std::vector<Aggregate> parts;
    for (std::size_t d = 0; d < domains; ++d) {
      const std::span words = parts.emplace_back(layout).words("rows");
      for (std::size_t i = 0; i < size; ++i)
        words[i] = rows_up_to(d, column[i], middle[i]);
    }
    const Aggregate total = sums.across_domains(round, std::move(parts), middle);
    const std::span at_most = total.words("rows");
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint64_t half = low[i] + (high[i] - low[i]) / 2;
      if (at_most[i] >= wanted[i])
        high[i] = half;
      else if (low[i] != high[i])
        low[i] = half + 1;
    }
  }
  std::vector<std::vector<double>> result(ranks.size());
  for (std::size_t i = 0; i < size; ++i)
    result[column[i]].push_back(value_at(low[i]) + 0.0);  // zero has no sign
  return result;
}

std::vector<std::vector<double>> exact_quantiles(const DescribedColumns& columns,
                                                 std::span<DescribedRows> domains,
                                                 std::span<const std::uint64_t> n,
                                                 std::span<const double> probabilities,
                                                 Sums& sums) {
  ensure(!domains.empty() && n.size() == columns.numbers.size(), "quantiles are of rows");
  for (DescribedRows& rows : domains)
    for (std::vector<double>& column : rows.numbers)
      std::ranges::sort(column);
  std::vector<std::vector<std::int64_t>> ranks(n.size());
  for (std::size_t j = 0; j < n.size(); ++j)
    for (std::size_t i = 0; n[j] > 0 && i < probabilities.size(); ++i)
      ranks[j].push_back(std::max<std::int64_t>(
          1, static_cast<std::int64_t>(std::ceil(probabilities[i] * static_cast<double>(n[j])))));
  std::vector<std::vector<double>> result = values_at_ranks(
      "quantiles", columns.numbers, ranks, domains.size(),
      [&](std::size_t d, std::size_t j, double value) {
        const std::vector<double>& column = domains[d].numbers[j];
        return std::ranges::upper_bound(column, value) - column.begin();
      },
      sums);
  for (std::vector<double>& of_column : result)
    of_column.resize(probabilities.size(), undefined);
  return result;
}

std::vector<std::vector<std::int64_t>> histograms(const DescribedColumns& columns,
                                                  std::span<const DescribedRows> domains,
                                                  std::span<const std::vector<double>> edges,
                                                  Sums& sums) {
  std::vector<std::string> names;
  for (std::size_t j = 0; j < edges.size(); ++j)
    names.insert(names.end(), edges[j].size() + 1, columns.numbers[j]);
  const std::vector<std::int64_t> words =
      sum_counts("histograms", std::move(names), domains, sums,
                 [&](const DescribedRows& rows, std::span<std::int64_t> to) {
                   std::size_t first = 0;
                   for (std::size_t j = 0; j < edges.size(); ++j) {
                     for (const double value : rows.numbers[j]) {
                       auto bin = std::ranges::upper_bound(edges[j], value) - edges[j].begin();
                       if (value == edges[j].back()) --bin;  // the last bin has both its ends
                       ++to[first + static_cast<std::size_t>(bin)];
                     }
                     first += edges[j].size() + 1;
                   }
                 });
  std::vector<std::vector<std::int64_t>> result;
  auto at = words.begin();
  for (const std::vector<double>& of_column : edges) {
    const auto length = static_cast<std::ptrdiff_t>(of_column.size() + 1);
    result.emplace_back(at, at + length);
    at += length;
  }
  return result;
}

std::vector<std::vector<std::int64_t>> contingency_tables(
    const DescribedColumns& columns, std::span<const DescribedRows> domains,
    std::span<const std::pair<std::size_t, std::size_t>> tables, Sums& sums) {
  const auto levels = [&](std::size_t category) {
    return columns.categories[category].levels.size();
  };
  const auto cells = [&](const std::pair<std::size_t, std::size_t>& table) {
    return levels(table.first) * (table.first == table.second ? 1 : levels(table.second));
  };
  std::vector<std::string> names;
  for (const auto& [first, second] : tables)
    for (const std::string& level : columns.categories[first].levels) {
      const std::string own = columns.categories[first].name + " " + level;
      if (first == second) names.push_back(own);
      for (const std::string& other : columns.categories[second].levels)
        if (first != second)
          names.push_back(
              fmt::format("{} with {} {}", own, columns.categories[second].name, other));
    }
  const std::vector<std::int64_t> words = sum_counts(
      "contingency tables", std::move(names), domains, sums,
      [&](const DescribedRows& rows, std::span<std::int64_t> to) {
        std::size_t first = 0;
        for (const auto& table : tables) {
          const auto &left = rows.codes[table.first], &right = rows.codes[table.second];
          for (std::size_t r = 0; r < left.size(); ++r)
            ++to[first + (table.first == table.second ? left[r]
                                                      : left[r] * levels(table.second) + right[r])];
          first += cells(table);
        }
      });
  std::vector<std::vector<std::int64_t>> result;
  auto at = words.begin();
  for (const auto& table : tables) {
    const auto length = static_cast<std::ptrdiff_t>(cells(table));
    result.emplace_back(at, at + length);
    at += length;
  }
  return result;
}

std::vector<double> sums_of_products(const std::vector<std::string>& names,
                                     std::span<const kernels::RowBlocks> domains, Sums& sums) {
  // The information of a linear model: its kernel adds up products of columns already.
  const std::size_t columns = domains.front().columns();
  const auto layout = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"value", 1, wide},
                          {"score", columns, wide},
                          {"products", columns * (columns + 1) / 2, wide,
                           std::make_shared<const std::vector<std::string>>(names)}});
  const std::vector<double> nothing(columns, 0.0);
  std::vector<Aggregate> parts;
  for (const kernels::RowBlocks& rows : domains) {
    kernels::glm_sums(
        rows, {.family = kernels::family<kernels::Gaussian>, .classes = 0, .theta = nothing},
        kernels::Order::hessian, wide, parts.emplace_back(layout).words());
    parts.back().normalise();
  }
  Aggregate total = sums.across_domains("products of columns", std::move(parts));
  total.normalise();
  return total.values("products");
}

}  // namespace bailiwick
