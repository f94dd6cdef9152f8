// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/private/cut_gradients.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kokkos_kernels/sums/lanes.hpp"
#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

/// Binary digits of the bound, and of the largest input of a row.
constexpr int bound_digits = 27, input_digits = 12;
/// Of products, beyond which a row's part is nothing: no sum of squares wraps, whatever it is of.
constexpr double most_input = 0x1p12, most_product = 0x1p20, most_element = 0x1p28;
/// Of a tile of the product of matrices: its rows are inputs, its columns units.
constexpr std::size_t tall = 4, width = 8;
/// Rounding makes a row longer than it was by about so much, mostly; then it is cut once.
constexpr double room = 1 - 0x1p-10;
constexpr int most_tries = 20;

std::size_t rounded_up(std::size_t n, std::size_t to) {
  return (n + to - 1) / to * to;
}

/// value, at most so large, as a whole number; what is not a number, or larger, is 0.
double whole(double value, double most) {
  return std::fabs(value) <= most ? std::rint(value) : 0.0;
}

std::size_t row_of(const RowGradients::Floats& matrix, std::size_t r) {
  return r * matrix.extent(1);
}

double squares(const RowGradients::Floats& matrix, std::size_t r) {
  const float* const row = matrix.data() + row_of(matrix, r);
  double sum = 0;
  for (std::size_t j = 0; j < matrix.extent(1); ++j)
    sum += double{row[j]} * row[j];
  return sum;
}

/// sums[t][j] = the sum over rows r of left[t step + r] right[r width + j], exactly.
void add_tile(std::size_t rows, const double* left, std::size_t step, const double* right,
              double (&sums)[tall][width]) {
  using Four = kernels::Lanes<4>;
  constexpr std::size_t fours = width / Four::width;
  constexpr double nothing[Four::width] = {};
  Four sum[tall][fours];
  BAILIWICK_UNROLL
  for (std::size_t t = 0; t < tall; ++t) {  // NOLINT(modernize-loop-convert): unrolled
    BAILIWICK_UNROLL
    for (std::size_t j = 0; j < fours; ++j)
      sum[t][j] = Four::load(nothing);
  }
  for (std::size_t r = 0; r < rows; ++r) {
    Four of_row[fours];
    BAILIWICK_UNROLL
    for (std::size_t j = 0; j < fours; ++j)
      of_row[j] = Four::load(right + r * width + j * Four::width);
    BAILIWICK_UNROLL
    for (std::size_t t = 0; t < tall; ++t) {
      const double x = left[t * step + r];
      const double same[Four::width] = {x, x, x, x};
      const Four input = Four::load(same);
      BAILIWICK_UNROLL
      for (std::size_t j = 0; j < fours; ++j)
        sum[t][j] = fused(input, of_row[j], sum[t][j]);
    }
  }
  for (std::size_t t = 0; t < tall; ++t)
    for (std::size_t j = 0; j < fours; ++j)
      sum[t][j].store(sums[t] + j * Four::width);
}

}  // namespace

CutGradients::CutGradients(Architecture architecture, double clip, std::size_t most_rows)
    : architecture_(std::move(architecture)), clip_(clip), most_rows_(most_rows) {
  int power = 0;
  std::frexp(clip, &power);  // clip < 2^power
  exponent_ = bound_digits - power;
  bound_ = static_cast<std::uint64_t>(std::floor(std::ldexp(clip, exponent_)));
  for (const Architecture::Layer& shape : architecture_.layers()) {
    Layer& layer = layers_.emplace_back();
    layer.inputs.resize(rounded_up(shape.inputs, tall) * most_rows);
    layer.products.resize(rounded_up(shape.units, width) * most_rows);
    layer.bias.resize(shape.units * most_rows);
    if (!shape.layer_norm) continue;
    layer.gain.resize(shape.units * most_rows);
    layer.shift.resize(shape.units * most_rows);
  }
  embedded_.resize(architecture_.embedded_inputs() * most_rows);
}

double CutGradients::squared_length(const RowGradients& of, std::size_t r) const {
  double sum = squares(of.embedded, r);
  for (const RowGradients::Layer& layer : of.layers)
    sum += (1 + squares(layer.inputs, r)) * squares(layer.dense, r) + squares(layer.gain, r) +
           squares(layer.shift, r);
  return sum;
}

CutGradients::Squares CutGradients::cut_layer(const RowGradients::Layer& of, std::size_t l,
                                              std::size_t r, double scale) {
  Layer& to = layers_[l];
  const std::size_t inputs = of.inputs.extent(1), units = of.dense.extent(1);
  const float* const x = of.inputs.data() + row_of(of.inputs, r);
  const float* const g = of.dense.data() + row_of(of.dense, r);
  float largest = 0;
  for (std::size_t i = 0; i < inputs; ++i)
    largest = std::max(largest, std::fabs(x[i]));
  int power = 0;
  std::frexp(largest, &power);
  const int digits = std::isfinite(largest) ? input_digits - power : 0;
  const double of_input = std::ldexp(1.0, digits);
  std::uint64_t input_squares = 0;
  for (std::size_t i = 0; i < inputs; ++i) {
    const double value = whole(x[i] * of_input, most_input);
    to.inputs[i * most_rows_ + r] = value;
    input_squares += static_cast<std::uint64_t>(value * value);
  }
  const double of_product = std::ldexp(scale, exponent_ - digits);
  std::uint64_t product_squares = 0;
  for (std::size_t j = 0; j < units; ++j) {
    const double value = whole(g[j] * of_product, most_product);
    to.products[j / width * width * most_rows_ + r * width + j % width] = value;
    product_squares += static_cast<std::uint64_t>(value * value);
  }
  Squares sum = Squares{input_squares} * product_squares;
  const double of_element = std::ldexp(scale, exponent_);
  const auto elements = [&](const RowGradients::Floats& from, std::vector<std::int64_t>& at) {
    for (std::size_t j = 0; j < from.extent(1); ++j) {
      const double value = whole(from(r, j) * of_element, most_element);
      at[r * from.extent(1) + j] = static_cast<std::int64_t>(value);
      sum += static_cast<std::uint64_t>(value * value);
    }
  };
  elements(of.dense, to.bias);
  elements(of.gain, to.gain);
  elements(of.shift, to.shift);
  return sum;
}

bool CutGradients::cut(const RowGradients& of, std::size_t r, double& shorter) {
  Squares sum = 0;
  for (std::size_t l = 0; l < layers_.size(); ++l)
    sum += cut_layer(of.layers[l], l, r, shorter);
  const double of_element = std::ldexp(shorter, exponent_);
  for (std::size_t k = 0; k < of.embedded.extent(1); ++k) {
    const double value = whole(of.embedded(r, k) * of_element, most_element);
    embedded_[r * of.embedded.extent(1) + k] = static_cast<std::int64_t>(value);
    sum += static_cast<std::uint64_t>(value * value);
  }
  const Squares most = Squares{bound_} * bound_;
  if (sum <= most) return true;
  shorter *= room * std::sqrt(static_cast<double>(most) / static_cast<double>(sum));
  return false;
}

void CutGradients::add(const RowGradients& of, std::size_t rows, std::span<std::int64_t> words) {
  ensure(rows <= most_rows_ && words.size() == architecture_.parameters(),
         "gradients of rows have room");
  Kokkos::parallel_for("cut rows", Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>(0, rows),
                       [&](const std::size_t r) {
                         const double length = std::sqrt(squared_length(of, r));
                         // Of what is not finite nothing is left.
                         double shorter =
                             std::isfinite(length) ? std::min(1.0, room * clip_ / length) : 0.0;
                         int tries = 0;
                         while (!cut(of, r, shorter))
                           if (++tries == most_tries) shorter = 0;
                       });
  for (std::size_t l = 0; l < layers_.size(); ++l)
    add_layer(l, rows, words);
  add_embedded(of, rows, words);
}

void CutGradients::add_layer(std::size_t l, std::size_t rows, std::span<std::int64_t> words) const {
  const Architecture::Layer& shape = architecture_.layers()[l];
  const Layer& layer = layers_[l];
  const auto add_rows = [&](std::size_t first, const std::vector<std::int64_t>& from) {
    for (std::size_t i = 0; i < from.size() / most_rows_ * rows; ++i)
      words[first + i % shape.units] += from[i];
  };
  add_rows(shape.bias, layer.bias);
  add_rows(shape.gain, layer.gain);
  add_rows(shape.shift, layer.shift);
  Kokkos::parallel_for(
      "add products",
      Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>(0, (shape.units + width - 1) / width),
      [&](const std::size_t panel) {
        const double* const right = layer.products.data() + panel * width * most_rows_;
        const std::size_t columns = std::min(width, shape.units - panel * width);
        for (std::size_t i = 0; i < shape.inputs; i += tall) {
          const double* const left = layer.inputs.data() + i * most_rows_;
          double sums[tall][width];
          add_tile(rows, left, most_rows_, right, sums);
          for (std::size_t t = 0; t < std::min(tall, shape.inputs - i); ++t)
            for (std::size_t j = 0; j < columns; ++j)
              words[shape.weights + (i + t) * shape.units + panel * width + j] +=
                  static_cast<std::int64_t>(sums[t][j]);
        }
      });
}

void CutGradients::add_embedded(const RowGradients& of, std::size_t rows,
                                std::span<std::int64_t> words) const {
  const std::size_t all = architecture_.embedded_inputs();
  for (std::size_t e = 0; e < architecture_.embeddings().size(); ++e) {
    const Architecture::Embedding& at = architecture_.embeddings()[e];
    const std::size_t first = at.column - (architecture_.inputs() - all);
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t vector = at.table + of.codes[e * rows + r] * at.dimension;
      for (std::size_t k = 0; k < at.dimension; ++k)
        words[vector + k] += embedded_[r * all + first + k];
    }
  }
}

}  // namespace bailiwick
