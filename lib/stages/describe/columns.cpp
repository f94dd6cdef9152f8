// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/describe/columns.hpp"

#include <algorithm>
#include <cstdint>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {

namespace {

constexpr std::size_t most_categories = 0xffff;  // of codes in 16 bits

/// The place of `name` in the one list, nothing if it is in the other.
template <class Named, class Other>
std::optional<std::size_t> find_column(const char* what, const std::string& name,
                                       const std::vector<Named>& list,
                                       const std::vector<Other>& others, const std::string& key) {
  std::vector<std::string> names;
  for (const Named& candidate : list)
    names.push_back(candidate.name);
  for (const Other& other : others)
    names.push_back(other.name);
  const auto found = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
  if (found == names.size())
    throw Error(ExitCode::config, "{}: the partitions have no {} \"{}\"; they have: {}{}", key,
                what, name, names.empty() ? "none" : join(names), did_you_mean(name, names));
  if (found >= list.size()) return std::nullopt;
  return found;
}

/// What is counted is an index: whatever reads rows has refused codes that are none.
std::uint16_t code_of(double value, const TableColumns::Category& category) {
  ensure(value >= 0 && value < static_cast<double>(category.levels.size()),
         "a code is less than the number of its category's levels");
  return static_cast<std::uint16_t>(value);
}

}  // namespace

TableColumns::TableColumns(const Schema& schema) : factors(schema.categories()) {
  for (const Column& column : schema.features)
    if (column.is_category())
      categories.push_back({column.name, column.levels});
    else
      numbers.push_back(column);
  features = numbers.size();
  for (std::size_t k = 0; k < schema.targets.size(); ++k) {
    const Column& column = schema.targets[k];
    if (column.categories.empty()) {
      numbers.push_back(column);
      number_targets.push_back(k);
    } else {
      if (column.categories.size() > most_categories)
        throw Error(ExitCode::data, "target \"{}\" has {} categories; describe takes {} at most",
                    column.name, column.categories.size(), most_categories);
      categories.push_back({column.name, column.categories});
      category_targets.push_back(k);
    }
  }
}

std::size_t TableColumns::category(const std::string& name, const std::string& key) const {
  return *find_column("category", name, categories, std::vector<Column>(), key);
}

std::optional<std::size_t> TableColumns::number(const std::string& name,
                                                const std::string& key) const {
  return find_column("column", name, numbers, categories, key);
}

DescribedColumns TableColumns::names() const {
  DescribedColumns named{{}, categories};
  for (const Column& column : numbers) {
    if (column.missing) named.may_be_missing.insert(named.numbers.size());
    named.numbers.push_back(column.name);
  }
  return named;
}

kernels::RowBlocks blocks_of_numbers(const LoadedRows& loaded, const TableColumns& columns) {
  kernels::RowBlocks rows;
  const kernels::RowBlocks& from = loaded.rows;
  rows.x = decltype(rows.x)("x", from.blocks(), columns.numbers.size(), from.block_rows());
  rows.y = decltype(rows.y)("y", from.blocks(), 1, from.block_rows());
  rows.weight = from.weight;
  const auto put = [&](std::size_t j, const auto& view, std::size_t k) {
    Kokkos::deep_copy(Kokkos::subview(rows.x, Kokkos::ALL, j, Kokkos::ALL),
                      Kokkos::subview(view, Kokkos::ALL, k, Kokkos::ALL));
  };
  for (std::size_t j = 0; j < columns.features; ++j)
    put(j, from.x, j);
  for (std::size_t k = 0; k < columns.number_targets.size(); ++k)
    put(columns.features + k, from.y, columns.number_targets[k]);
  return rows;
}

DescribedRows described_rows(const LoadedRows& loaded, const kernels::RowBlocks& numbers,
                             const TableColumns& columns) {
  DescribedRows rows;
  rows.numbers.resize(columns.numbers.size());
  rows.codes.resize(columns.categories.size());
  const auto x = host_copy(numbers.x);
  const auto y = host_copy(loaded.rows.y);
  const auto weight = host_copy(loaded.rows.weight);
  const auto code = host_copy(loaded.rows.factors.code);
  for (std::size_t b = 0; b < numbers.blocks(); ++b)
    for (std::size_t r = 0; r < numbers.block_rows(); ++r) {
      if (weight(b, r) == 0) continue;
      for (std::size_t j = 0; j < rows.numbers.size(); ++j)
        rows.numbers[j].push_back(x(b, j, r));
      for (std::size_t f = 0; f < columns.factors; ++f)
        // Cell 0 is that of levels that are not asked for; here all are.
        rows.codes[f].push_back(code_of(code(b, f, r) - 1.0, columns.categories[f]));
      for (std::size_t k = 0; k < columns.category_targets.size(); ++k)
        rows.codes[columns.factors + k].push_back(
            code_of(y(b, columns.category_targets[k], r), columns.categories[columns.factors + k]));
    }
  return rows;
}

}  // namespace bailiwick
