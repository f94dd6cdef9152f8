// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/optim/cholesky.hpp"

#include <algorithm>
#include <cmath>

#include "lib/core/error.hpp"

namespace bailiwick {
namespace {

constexpr double pivot_tolerance = 1e-12;

std::size_t row_start(std::size_t i) {
  return i * (i + 1) / 2;
}

}  // namespace

/// sum - factor * numbers, each rounded once.
void Cholesky::subtract(double factor, const Numbers& numbers, Numbers& sum) {
  for (std::size_t c = 0; c < width; ++c)
    sum[c] = std::fma(-factor, numbers[c], sum[c]);
}

void Cholesky::divide(Numbers& numbers, double by) {
  for (double& number : numbers)
    number /= by;
}

Cholesky::Cholesky(std::span<const double> packed) : factor_(packed.begin(), packed.end()) {
  while (row_start(size_) < packed.size())
    ++size_;
  ensure(row_start(size_) == packed.size(), "a packed triangle has d (d+1) / 2 entries");
  for (std::size_t i = 0; i < size_; ++i) {
    double* row = &factor_[row_start(i)];
    const double diagonal = row[i];
    if (i % width == 0) solve_rows(i, std::min(i + width, size_));
    for (std::size_t j = i / width * width; j <= i; ++j) {
      const double* other = &factor_[row_start(j)];
      double sum = row[j];
      for (std::size_t k = 0; k < j; ++k)
        sum = std::fma(-row[k], other[k], sum);
      if (j < i) {
        row[j] = sum / other[j];
      } else if (sum > pivot_tolerance * diagonal) {
        row[i] = std::sqrt(sum);
      } else {  // also where the sum is not a number
        deficient_ = i;
        return;
      }
    }
  }
}

void Cholesky::solve_rows(std::size_t first, std::size_t last) {
  std::vector<Numbers> rows(first, Numbers{});
  for (std::size_t i = first; i < last; ++i)
    for (std::size_t j = 0; j < first; ++j)
      rows[j][i - first] = factor_[row_start(i) + j];
  for (std::size_t j = 0; j < first; ++j) {
    const double* other = &factor_[row_start(j)];
    Numbers sum = rows[j];
    for (std::size_t k = 0; k < j; ++k)
      subtract(other[k], rows[k], sum);
    divide(sum, other[j]);
    rows[j] = sum;
  }
  for (std::size_t i = first; i < last; ++i)
    for (std::size_t j = 0; j < first; ++j)
      factor_[row_start(i) + j] = rows[j][i - first];
}

void Cholesky::substitute(std::span<Numbers> b) const {
  for (std::size_t i = 0; i < size_; ++i) {
    const double* row = &factor_[row_start(i)];
    Numbers sum = b[i];
    for (std::size_t k = 0; k < i; ++k)
      subtract(row[k], b[k], sum);
    divide(sum, row[i]);
    b[i] = sum;
  }
  for (std::size_t i = size_; i-- > 0;) {
    Numbers sum = b[i];
    for (std::size_t k = i + 1; k < size_; ++k)
      subtract(factor_[row_start(k) + i], b[k], sum);
    divide(sum, factor_[row_start(i) + i]);
    b[i] = sum;
  }
}

std::vector<double> Cholesky::solve(std::span<const double> b) const {
  ensure(!deficient_ && b.size() == size_, "only a factorised matrix of the same size solves");
  std::vector<Numbers> columns(size_, Numbers{});
  for (std::size_t i = 0; i < size_; ++i)
    columns[i][0] = b[i];
  substitute(columns);
  std::vector<double> x;
  for (const Numbers& of_row : columns)
    x.push_back(of_row[0]);
  return x;
}

std::vector<double> Cholesky::inverse() const {
  ensure(!deficient_, "only a factorised matrix has an inverse");
  std::vector<double> inverse(factor_.size());
  for (std::size_t first = 0; first < size_; first += width) {
    const std::size_t last = std::min(first + width, size_);
    std::vector<Numbers> columns(size_, Numbers{});
    for (std::size_t j = first; j < last; ++j)
      columns[j][j - first] = 1;
    substitute(columns);
    for (std::size_t j = first; j < last; ++j)
      for (std::size_t i = j; i < size_; ++i)
        inverse[row_start(i) + j] = columns[i][j - first];
  }
  return inverse;
}

}  // namespace bailiwick
