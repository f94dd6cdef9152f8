// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/kinds/network/network.hpp"

namespace bailiwick {

/// Gradients of rows as vectors of whole numbers of 2^-exponent(), each no longer than bound().
///
/// Of a layer's weights a row's gradient is an outer product, of its inputs and of the gradient of
/// the layer's products. Both are cut to whole numbers, the inputs to 12 binary digits of their
/// largest: their products are whole numbers, the squared length of the whole is a sum of products
/// of squared lengths, known exactly without a look at each element, and the sum over rows is a
/// product of matrices that binary64 computes without rounding. What is longer than the bound is
/// cut again a little shorter; what is not finite becomes nothing.
class CutGradients {
 public:
  /// Room for so many rows. `clip`: the bound, in the gradient's units.
  CutGradients(Architecture architecture, double clip, std::size_t most_rows);

  int exponent() const { return exponent_; }
  std::uint64_t bound() const { return bound_; }

  /// Adds the first `rows` rows to one word a parameter: at most 2^27 each. Fewer than 2^20 rows
  /// between two carries.
  void add(const RowGradients& of, std::size_t rows, std::span<std::int64_t> words);

 private:
  __extension__ using Squares = unsigned __int128;
  /// The whole numbers of a layer's rows. Inputs lie by columns, products by panels of `width`
  /// columns: so their product reads both in a row.
  struct Layer {
    std::vector<double> inputs, products;
    std::vector<std::int64_t> bias, gain, shift;  ///< (row, unit)
  };
  /// Squared length of row r before it is cut.
  double squared_length(const RowGradients& of, std::size_t r) const;
  /// Cuts `shorter` times row r; false if it is longer than the bound.
  bool cut(const RowGradients& of, std::size_t r, double& shorter);
  Squares cut_layer(const RowGradients::Layer& of, std::size_t l, std::size_t r, double scale);
  void add_layer(std::size_t l, std::size_t rows, std::span<std::int64_t> words) const;
  void add_embedded(const RowGradients& of, std::size_t rows, std::span<std::int64_t> words) const;

  Architecture architecture_;
  double clip_;
  int exponent_;
  std::uint64_t bound_;
  std::size_t most_rows_;
  std::vector<Layer> layers_;
  std::vector<std::int64_t> embedded_;
};

}  // namespace bailiwick
