// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/row_blocks.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>
#include <utility>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/core/undefined.hpp"

namespace bailiwick {

namespace {

/// A whole number of lanes, at least one row.
std::size_t padded(std::size_t rows) {
  return (std::max<std::size_t>(rows, 1) + kernels::lanes - 1) / kernels::lanes * kernels::lanes;
}

template <class T>
Kokkos::View<T*, kernels::Memory> to_view(const char* label, const std::vector<T>& values) {
  Kokkos::View<T*, kernels::Memory> view(std::string(label), values.size());
  const auto host = Kokkos::create_mirror_view(view);
  std::copy(values.begin(), values.end(), host.data());
  Kokkos::deep_copy(view, host);
  return view;
}

/// The first `rows` of the last extent, on the device. What is there and no longer is not copied.
template <class View, class Host>
View shortened(const char* label, const Host& from, std::size_t rows) {
  if constexpr (std::is_same_v<typename View::memory_space, typename Host::memory_space>)
    if (from.extent(View::rank - 1) == rows) return View(from);
  const auto range = std::make_pair(std::size_t{0}, rows);
  View view;
  if constexpr (View::rank == 3) {
    view = View(std::string(label), from.extent(0), from.extent(1), rows);
    const auto host = Kokkos::create_mirror_view(view);
    Kokkos::deep_copy(host, Kokkos::subview(from, Kokkos::ALL, Kokkos::ALL, range));
    Kokkos::deep_copy(view, host);
  } else {
    view = View(std::string(label), from.extent(0), rows);
    const auto host = Kokkos::create_mirror_view(view);
    Kokkos::deep_copy(host, Kokkos::subview(from, Kokkos::ALL, range));
    Kokkos::deep_copy(view, host);
  }
  return view;
}

}  // namespace

RowBlocksBuilder::RowBlocksBuilder(const ModelColumns& columns, const Schema& schema,
                                   std::size_t blocks, std::size_t block_rows)
    : columns_(columns),
      schema_(schema),
      numbers_(schema.features.size() - schema.categories()),
      categories_(schema.categories()),
      targets_(schema.targets.size()),
      internal_(columns.features.size()),
      dense_(columns.intercept ? 1 : 0) {
  std::size_t numbers = 0, categories = 0;
  for (const Column& column : schema.features)
    place_.push_back(column.is_category() ? categories++ : numbers++);
  find_missing();
  for (std::size_t j = 0; j < internal_.size(); ++j)
    if (!columns.factor[j]) internal_[j] = dense_++;
  first_.push_back(dense_);
  for (std::size_t f = 0; f < columns.factors.size(); ++f) {
    // Cell 0 is that of all levels that the model leaves out.
    auto& cell = cell_.emplace_back(schema.features[columns.factors[f]].levels.size());
    std::uint16_t cells = 1;
    for (std::size_t j = 0; j < internal_.size(); ++j)
      if (columns.factor[j] == f) {
        internal_[j] = first_.back() + cells;
        cell[*columns.features[j].level] = cells++;
      }
    const std::vector<std::uint16_t> own = cell;
    for (std::size_t level = 0; level < cell.size(); ++level)
      cell[level] = own[code_[columns.factors[f]][level]];
    first_.push_back(first_.back() + cells);
  }
  block_rows = padded(block_rows);
  x_ = Cube("x", blocks, dense_, block_rows);
  y_ = Cube("y", blocks, columns.targets.size() + (columns.trials ? 1 : 0), block_rows);
  weight_ = Weights("weight", blocks, block_rows);
  if (columns.has_offset()) offset_ = Weights("offset", blocks, block_rows);
  codes_ = Codes("code", blocks, columns.factors.size(), block_rows);
}

void RowBlocksBuilder::find_missing() {
  const std::vector<Column>& features = schema_.features;
  number_.assign(features.size(), bailiwick::undefined);
  keeps_missing_.assign(features.size(), 0);
  for (const Column& column : features) {
    code_.emplace_back(column.levels.size());
    std::iota(code_.back().begin(), code_.back().end(), std::uint16_t{0});
  }
  for (const MissingFeature& missing : columns_.missing) {
    const auto j = static_cast<std::size_t>(
        std::ranges::find(features, missing.name, &Column::name) - features.begin());
    ensure(j < features.size(), "ModelColumns::missing are features");
    if (missing.rule == MissingRule::drop) {
      needed_.push_back(j);
      number_[j] = 0;  // of rows that weigh nothing
    }
    keeps_missing_[j] = missing.rule == MissingRule::keep ? 1 : 0;
    if (missing.number) number_[j] = *missing.number;
    if (missing.rule != MissingRule::mode) continue;
    const auto level = std::ranges::find(features[j].levels, missing.level);
    if (level == features[j].levels.end())
      throw Error(ExitCode::data, "model.missing: \"{}\" has no level \"{}\"", missing.name,
                  missing.level);
    code_[j].at(features[j].missing_code().value()) =
        static_cast<std::uint16_t>(level - features[j].levels.begin());
  }
}

double RowBlocksBuilder::raw_value(const io::RowBuffer& buffer, std::size_t row,
                                   std::size_t feature) const {
  return buffer.features[row * numbers_ + place_[feature]];
}

double RowBlocksBuilder::value(const io::RowBuffer& buffer, std::size_t row,
                               std::size_t feature) const {
  const double raw = raw_value(buffer, row, feature);
  return std::isnan(raw) ? number_[feature] : raw;
}

std::uint16_t RowBlocksBuilder::code(const io::RowBuffer& buffer, std::size_t row,
                                     std::size_t feature) const {
  return code_[feature][buffer.codes[row * categories_ + place_[feature]]];
}

bool RowBlocksBuilder::is_left_out(const io::RowBuffer& buffer, std::size_t row) const {
  return std::ranges::any_of(needed_, [&](std::size_t j) {
    return schema_.features[j].missing ? std::isnan(raw_value(buffer, row, j))
                                       : code(buffer, row, j) == schema_.features[j].missing_code();
  });
}

void RowBlocksBuilder::add(const io::RowBuffer& buffer, std::span<const std::size_t> chosen,
                           std::span<const std::size_t> weightless) {
  longest_ = std::max(longest_, chosen.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    weight_(block_, i) = columns_.weights ? buffer.weights[chosen[i]] : 1.0;
    if (columns_.intercept) x_(block_, 0, i) = 1;
    for (std::size_t k = 0; k < columns_.targets.size(); ++k)
      y_(block_, k, i) = buffer.targets[chosen[i] * targets_ + columns_.targets[k]];
    if (columns_.trials) {  // a proportion of so many
      const double trials = number(buffer, chosen[i], *columns_.trials);
      y_(block_, 0, i) /= trials;
      y_(block_, 1, i) = trials;
      weight_(block_, i) *= trials;
    }
    if (columns_.exposure)
      offset_(block_, i) = exact::log(number(buffer, chosen[i], *columns_.exposure));
    if (columns_.offset) offset_(block_, i) += number(buffer, chosen[i], *columns_.offset);
  }
  if (columns_.weights) check_size("of weights", &weight_(block_, 0), chosen.size());
  for (std::size_t k = 0; k < columns_.targets.size(); ++k)
    check_size('"' + schema_.targets[columns_.targets[k]].name + '"', &y_(block_, k, 0),
               chosen.size());
  copy_numbers(buffer, chosen);
  copy_codes(buffer, chosen);
  for (std::size_t i = 0; !needed_.empty() && i < chosen.size(); ++i)
    if (is_left_out(buffer, chosen[i])) weight_(block_, i) = 0;
  for (const std::size_t i : weightless)
    weight_(block_, i) = 0;
  ++block_;
}

double RowBlocksBuilder::number(const io::RowBuffer& buffer, std::size_t row,
                                const NumberColumn& column) const {
  return column.is_target ? buffer.targets[row * targets_ + column.index]
                          : raw_value(buffer, row, column.index);
}

std::size_t RowBlocksBuilder::stratum(const io::RowBuffer& buffer, std::size_t row) const {
  std::size_t stratum = 0;
  for (const StrataCategory& category : columns_.strata)
    stratum = stratum * category.levels.size() + code(buffer, row, category.column);
  return stratum;
}

double RowBlocksBuilder::derived(const io::RowBuffer& buffer, std::size_t row,
                                 const DerivedColumn& column) const {
  double product = 1;
  for (const DerivedFactor& factor : column.factors) {
    double x = 0;
    if (factor.level)
      x = code(buffer, row, factor.column) == *factor.level ? 1 : 0;
    else
      x = factor.asks_missing() ? raw_value(buffer, row, factor.column)
                                : value(buffer, row, factor.column);
    if (std::isnan(x) && !factor.asks_missing()) return bailiwick::undefined;
    for (const Derivation& step : factor.steps)
      x = step(x);
    product *= x;
  }
  return product;
}

const std::string* RowBlocksBuilder::undefined(const io::RowBuffer& buffer, std::size_t row) const {
  for (const DerivedColumn& column : columns_.derived)
    if (std::isnan(derived(buffer, row, column))) return &column.name;
  return nullptr;
}

// Whose squares, with such a weight, any_size still holds.
void RowBlocksBuilder::check_size(const std::string& column, const double* values, std::size_t rows,
                                  bool keeps_missing) const {
  constexpr double most = 1e45;
  double largest = 0;
  bool missing = false;
  for (std::size_t i = 0; i < rows; ++i) {
    largest = std::max(largest, std::fabs(values[i]));  // a NaN is never larger
    missing = missing || std::isnan(values[i]);
  }
  if (missing && !keeps_missing)
    throw Error(ExitCode::data, "column {} lacks a value, and nothing was found to stand for it",
                column);
  if (largest > most)
    throw Error(ExitCode::data,
                "column {} holds a number beyond {:g}: give it in a larger unit, or leave it out",
                column, most);
}

// Column by column: the block lies row-major in the file and column-major for the kernels.
void RowBlocksBuilder::copy_numbers(const io::RowBuffer& buffer,
                                    std::span<const std::size_t> chosen) {
  for (std::size_t j = 0; j < internal_.size(); ++j) {
    if (columns_.factor[j]) continue;
    const auto [feature, level, index] = columns_.features[j];
    double* const column = &x_(block_, internal_[j], 0);
    if (index) {
      for (std::size_t i = 0; i < chosen.size(); ++i)
        column[i] = is_left_out(buffer, chosen[i])
                        ? 0
                        : derived(buffer, chosen[i], columns_.derived[*index]);
      check_size('"' + columns_.derived[*index].name + '"', column, chosen.size());
    } else if (level) {
      const std::uint16_t* const source = buffer.codes.data() + place_[feature];
      const std::vector<std::uint16_t>& read = code_[feature];
      for (std::size_t i = 0; i < chosen.size(); ++i)
        column[i] = read[source[chosen[i] * categories_]] == *level ? 1 : 0;
    } else {
      const double* const source = buffer.features.data() + place_[feature];
      for (std::size_t i = 0; i < chosen.size(); ++i) {
        const double raw = source[chosen[i] * numbers_];
        column[i] = std::isnan(raw) ? number_[feature] : raw;
      }
      check_size('"' + schema_.features[feature].name + '"', column, chosen.size(),
                 keeps_missing_[feature] != 0);
    }
  }
}

void RowBlocksBuilder::copy_codes(const io::RowBuffer& buffer,
                                  std::span<const std::size_t> chosen) {
  for (std::size_t f = 0; f < cell_.size(); ++f) {
    const std::uint16_t* const source = buffer.codes.data() + place_[columns_.factors[f]];
    std::uint16_t* const cell = &codes_(block_, f, 0);
    for (std::size_t i = 0; i < chosen.size(); ++i)
      cell[i] = cell_[f][source[chosen[i] * categories_]];
  }
}

kernels::RowBlocks RowBlocksBuilder::finish() {
  const std::size_t rows = padded(longest_);
  kernels::RowBlocks result;
  result.x = shortened<decltype(result.x)>("x", std::exchange(x_, {}), rows);
  result.y = shortened<decltype(result.y)>("y", std::exchange(y_, {}), rows);
  result.weight = shortened<decltype(result.weight)>("weight", std::exchange(weight_, {}), rows);
  if (columns_.has_offset())
    result.offset = shortened<decltype(result.offset)>("offset", std::exchange(offset_, {}), rows);
  if (columns_.factors.empty()) return result;

  std::vector<std::size_t> order;
  if (columns_.intercept) order.push_back(0);
  order.insert(order.end(), internal_.begin(), internal_.end());
  kernels::Factors& factors = result.factors;
  factors.code = shortened<decltype(factors.code)>("code", std::exchange(codes_, {}), rows);
  factors.first = to_view("first", first_);
  factors.order = to_view("order", order);
  factors.centre = to_view("centre", std::vector<double>(first_.back(), 0.0));
  factors.scale = to_view("scale", std::vector<double>(first_.back(), 1.0));
  return result;
}

}  // namespace bailiwick
