// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/row_blocks.hpp"

#include <algorithm>
#include <utility>

#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

constexpr std::size_t most_levels = 0xffff - 1;

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

/// The first `rows` of the last extent, on the device.
template <class View, class Host>
View shortened(const char* label, const Host& from, std::size_t rows) {
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

RowBlocksBuilder::RowBlocksBuilder(const ModelColumns& columns, std::size_t blocks,
                                   std::size_t block_rows)
    : columns_(columns),
      internal_(columns.features.size()),
      level_(columns.features.size()),
      dense_(columns.intercept ? 1 : 0) {
  for (std::size_t j = 0; j < internal_.size(); ++j)
    if (!columns.factor[j]) internal_[j] = dense_++;
  first_.push_back(dense_);
  for (std::size_t f = 0; f < columns.factors; ++f) {
    std::size_t cells = 1;
    for (std::size_t j = 0; j < internal_.size(); ++j)
      if (columns.factor[j] == f) {
        level_[j] = static_cast<std::uint16_t>(cells);
        internal_[j] = first_.back() + cells++;
      }
    if (cells - 1 > most_levels)
      throw Error(ExitCode::config, "a category has {} levels; at most {} are possible", cells - 1,
                  most_levels);
    first_.push_back(first_.back() + cells);
  }
  block_rows = padded(block_rows);
  x_ = Cube("x", blocks, dense_, block_rows);
  y_ = Cube("y", blocks, columns.targets.size(), block_rows);
  weight_ = Weights("weight", blocks, block_rows);
  codes_ = Codes("code", blocks, columns.factors, block_rows);
}

void RowBlocksBuilder::add(const io::RowBuffer& buffer, const Schema& schema,
                           std::span<const std::size_t> chosen, const Fail& fail) {
  const std::size_t width = schema.features.size(), targets = schema.targets.size();
  longest_ = std::max(longest_, chosen.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    weight_(block_, i) = columns_.weights ? buffer.weights[chosen[i]] : 1.0;
    if (columns_.intercept) x_(block_, 0, i) = 1;
    for (std::size_t k = 0; k < columns_.targets.size(); ++k)
      y_(block_, k, i) = buffer.targets[chosen[i] * targets + columns_.targets[k]];
  }
  // Column by column: the block lies row-major in the file and column-major for the kernels.
  for (std::size_t j = 0; j < internal_.size(); ++j) {
    const double* const source = buffer.features.data() + columns_.features[j];
    if (!columns_.factor[j]) {
      double* const column = &x_(block_, internal_[j], 0);
      for (std::size_t i = 0; i < chosen.size(); ++i)
        column[i] = source[chosen[i] * width];
      continue;
    }
    const Column& level = schema.features[columns_.features[j]];
    std::uint16_t* const code = &codes_(block_, *columns_.factor[j], 0);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const double value = source[chosen[i] * width];
      if (value == 0) continue;
      if (value != 1)
        fail(chosen[i], fmt::format("\"{}\" is neither 0 nor 1, but a level of \"{}\"", level.name,
                                    level.source));
      if (code[i] != 0)
        fail(chosen[i], fmt::format("\"{}\" is 1, and so is another level of \"{}\"", level.name,
                                    level.source));
      code[i] = level_[j];
    }
  }
  ++block_;
}

kernels::RowBlocks RowBlocksBuilder::finish() {
  const std::size_t rows = padded(longest_);
  kernels::RowBlocks result;
  result.x = shortened<decltype(result.x)>("x", std::exchange(x_, {}), rows);
  result.y = shortened<decltype(result.y)>("y", std::exchange(y_, {}), rows);
  result.weight = shortened<decltype(result.weight)>("weight", std::exchange(weight_, {}), rows);
  if (columns_.factors == 0) return result;

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
