// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/optim/cholesky.hpp"

#include <cmath>

#include "lib/core/error.hpp"

namespace bailiwick {
namespace {

constexpr double pivot_tolerance = 1e-12;

std::size_t row_start(std::size_t i) {
  return i * (i + 1) / 2;
}

}  // namespace

Cholesky::Cholesky(std::span<const double> packed) : factor_(packed.begin(), packed.end()) {
  while (row_start(size_) < packed.size())
    ++size_;
  ensure(row_start(size_) == packed.size(), "a packed triangle has d (d+1) / 2 entries");
  for (std::size_t i = 0; i < size_; ++i) {
    double* row = &factor_[row_start(i)];
    const double diagonal = row[i];
    for (std::size_t j = 0; j <= i; ++j) {
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

void Cholesky::substitute(std::span<double> b) const {
  for (std::size_t i = 0; i < size_; ++i) {
    const double* row = &factor_[row_start(i)];
    for (std::size_t k = 0; k < i; ++k)
      b[i] = std::fma(-row[k], b[k], b[i]);
    b[i] /= row[i];
  }
  for (std::size_t i = size_; i-- > 0;) {
    for (std::size_t k = i + 1; k < size_; ++k) {
      b[i] = std::fma(-factor_[row_start(k) + i], b[k], b[i]);
    }
    b[i] /= factor_[row_start(i) + i];
  }
}

std::vector<double> Cholesky::solve(std::span<const double> b) const {
  ensure(!deficient_ && b.size() == size_, "only a factorised matrix of the same size solves");
  std::vector<double> x(b.begin(), b.end());
  substitute(x);
  return x;
}

std::vector<double> Cholesky::inverse() const {
  ensure(!deficient_, "only a factorised matrix has an inverse");
  std::vector<double> inverse(factor_.size());
  std::vector<double> column(size_);
  for (std::size_t j = 0; j < size_; ++j) {
    column.assign(size_, 0.0);
    column[j] = 1;
    substitute(column);
    for (std::size_t i = j; i < size_; ++i)
      inverse[row_start(i) + j] = column[i];
  }
  return inverse;
}

}  // namespace bailiwick
