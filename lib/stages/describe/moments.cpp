// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/describe/moments.hpp"

#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "kokkos_kernels/glm/glm.hpp"
#include "lib/core/json.hpp"
#include "lib/core/undefined.hpp"
#include "lib/data/group_sums.hpp"
#include "lib/model/description.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {

namespace {

/// Rows of a domain on this rank that have a value of each of these columns.
Aggregate count_values(const NumbersOfDomains& numbers, std::size_t d,
                       const std::vector<std::size_t>& columns) {
  const auto names = std::make_shared<std::vector<std::string>>();
  for (const std::size_t j : columns)
    names->push_back(numbers.columns[j].name);
  Aggregate part(std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"rows", columns.size(), counts, names}}));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto weight = host_copy(rows_with(numbers.rows[d], {&columns[i], 1}).weight);
    for (std::size_t b = 0; b < weight.extent(0); ++b)
      for (std::size_t r = 0; r < weight.extent(1); ++r)
        part.words("rows")[i] += weight(b, r) != 0 ? 1 : 0;
  }
  return part;
}

/// Moments of these columns together, from the rows that have them all.
using Moments = std::function<ColumnMoments(std::span<const std::size_t> columns, std::uint64_t n,
                                            const ColumnSelection& selection)>;

/// `values`: rows of each of the columns that may lack some.
MomentsOfNumbers moments_of_numbers(const NumbersOfDomains& numbers, std::uint64_t n,
                                    std::span<const std::int64_t> values, const Moments& moments) {
  const std::size_t size = numbers.columns.size();
  MomentsOfNumbers result{std::vector<std::uint64_t>(size, n), std::vector<double>(size, undefined),
                          std::vector<double>(size, undefined)};
  const auto put = [&](std::span<const std::size_t> columns, std::uint64_t rows) {
    ColumnSelection selection;
    selection.constant_says_nothing = selection.constant_has_centre = true;
    for (const std::size_t j : columns)
      selection.names.push_back(numbers.columns[j].name);
    const ColumnMoments found = moments(columns, rows, selection);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      result.centre[columns[i]] = found.centre[i];
      result.scale[columns[i]] = found.scale[i];
    }
  };
  if (const std::vector<std::size_t> complete = numbers.places(false); !complete.empty())
    put(complete, n);
  const std::vector<std::size_t> others = numbers.places(true);
  for (std::size_t i = 0; i < others.size(); ++i) {
    const auto rows = static_cast<std::uint64_t>(values[i]);
    result.rows[others[i]] = rows;
    if (rows > 1) put({&others[i], 1}, rows);
  }
  return result;
}

}  // namespace

std::vector<std::size_t> NumbersOfDomains::places(bool missing) const {
  std::vector<std::size_t> found;
  for (std::size_t j = 0; j < columns.size(); ++j)
    if (columns[j].missing == missing) found.push_back(j);
  return found;
}

kernels::RowBlocks rows_with(const kernels::RowBlocks& rows, std::span<const std::size_t> columns) {
  const auto from = host_copy(rows.x);
  const auto weight = host_copy(rows.weight);
  kernels::RowBlocks chosen;
  chosen.x = decltype(chosen.x)("x", rows.blocks(), columns.size(), rows.block_rows());
  chosen.y = decltype(chosen.y)("y", rows.blocks(), 1, rows.block_rows());
  chosen.weight = decltype(chosen.weight)("weight", rows.blocks(), rows.block_rows());
  const auto x = Kokkos::create_mirror_view(chosen.x);
  const auto weigh = Kokkos::create_mirror_view(chosen.weight);
  for (std::size_t b = 0; b < rows.blocks(); ++b)
    for (std::size_t r = 0; r < rows.block_rows(); ++r) {
      weigh(b, r) = weight(b, r);
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const double value = from(b, columns[i], r);
        x(b, i, r) = std::isnan(value) ? 0 : value;
        if (std::isnan(value)) weigh(b, r) = 0;
      }
    }
  Kokkos::deep_copy(chosen.x, x);
  Kokkos::deep_copy(chosen.weight, weigh);
  return chosen;
}

MomentsOfNumbers pooled_moments(const NumbersOfDomains& numbers, std::uint64_t n, Boundary& sums) {
  const std::vector<std::size_t> others = numbers.places(true);
  std::vector<std::int64_t> values;
  std::map<std::size_t, std::vector<std::uint64_t>> held;  // of each: on this rank
  if (!others.empty()) {
    std::vector<Aggregate> parts;
    for (std::size_t d = 0; d < numbers.rows.size(); ++d) {
      const Aggregate& part = parts.emplace_back(count_values(numbers, d, others));
      for (std::size_t i = 0; i < others.size(); ++i)
        held[others[i]].push_back(static_cast<std::uint64_t>(part.words("rows")[i]));
    }
    const Aggregate total = sum_groups("rows with a value", std::move(parts), sums);
    values.assign(total.words("rows").begin(), total.words("rows").end());
  }
  MomentsOfNumbers result = moments_of_numbers(
      numbers, n, values,
      [&](std::span<const std::size_t> columns, std::uint64_t rows,
          const ColumnSelection& selection) {
        if (const auto of_column = held.find(columns.front()); of_column != held.end())
          sums.hold_rows(of_column->second);
        std::vector<kernels::RowBlocks> blocks;
        for (const kernels::RowBlocks& of_domain : numbers.rows)
          blocks.push_back(others.empty() ? of_domain : rows_with(of_domain, columns));
        return pooled_moments(blocks, rows, selection, sums);
      });
  sums.hold_rows(numbers.held);
  return result;
}

MomentsOfNumbers domain_moments(const NumbersOfDomains& numbers, std::uint64_t n, std::size_t d,
                                Boundary& sums) {
  Aggregate values = count_values(numbers, d, numbers.places(true));
  sums.within_domain(d, values);
  return moments_of_numbers(numbers, n, values.words("rows"),
                            [&](std::span<const std::size_t> columns, std::uint64_t rows,
                                const ColumnSelection& selection) {
                              return domain_moments(rows_with(numbers.rows[d], columns), rows, d,
                                                    selection, sums);
                            });
}

Json correlation_json(const NumbersOfDomains& numbers, const MomentsOfNumbers& moments,
                      std::uint64_t n, Boundary& sums) {
  const std::vector<std::size_t> complete = numbers.places(false);
  std::vector<std::string> names, all;
  std::vector<double> centre, scale;
  for (const std::size_t j : complete) {
    names.push_back(numbers.columns[j].name);
    centre.push_back(moments.centre[j]);
    scale.push_back(moments.scale[j]);
  }
  std::vector<kernels::RowBlocks> blocks;
  for (const kernels::RowBlocks& rows : numbers.rows)
    kernels::standardise(blocks.emplace_back(rows_with(rows, complete)), centre, scale);
  const std::vector<double> products = sums_of_products(names, blocks, sums);

  Json matrix = Json::array();
  for (const Column& column : numbers.columns) {
    all.push_back(column.name);
    matrix.push_back(std::vector<Json>(all.size()));
  }
  for (std::size_t i = 0; i < complete.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      matrix[complete[i]][complete[j]] =
          products[i * (i + 1) / 2 + j] / (static_cast<double>(n) - 1);
    matrix[complete[i]][complete[i]] = scale[i] == 0 ? 0.0 : 1.0;
  }
  return {{"columns", all}, {"lower_triangle", matrix}};
}

}  // namespace bailiwick
