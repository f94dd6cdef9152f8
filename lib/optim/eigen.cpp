// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/optim/eigen.hpp"

#include <algorithm>
#include <cmath>

namespace bailiwick {

SymmetricEigen::SymmetricEigen(std::span<const double> packed) {
  while (size_ * (size_ + 1) / 2 < packed.size())
    ++size_;
  std::vector<double> a(size_ * size_);
  double norm = 0;
  for (std::size_t i = 0, k = 0; i < size_; ++i)
    for (std::size_t j = 0; j <= i; ++j, ++k) {
      a[i * size_ + j] = a[j * size_ + i] = packed[k];
      norm = std::fma(packed[k], packed[k], norm);
    }
  vectors_.assign(size_ * size_, 0.0);
  for (std::size_t i = 0; i < size_; ++i)
    vectors_[i * size_ + i] = 1;
  constexpr int most_sweeps = 60;  // a handful is enough; each takes a square off the error
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    double rest = 0;
    for (std::size_t p = 0; p < size_; ++p)
      for (std::size_t q = p + 1; q < size_; ++q)
        rest = std::fma(a[p * size_ + q], a[p * size_ + q], rest);
    if (!(rest > 0x1p-104 * norm)) break;
    for (std::size_t p = 0; p < size_; ++p)
      for (std::size_t q = p + 1; q < size_; ++q)
        rotate(a, p, q);
  }
  for (std::size_t i = 0; i < size_; ++i)
    values_.push_back(a[i * size_ + i]);
}

void SymmetricEigen::rotate(std::vector<double>& a, std::size_t p, std::size_t q) {
  const double off = a[p * size_ + q];
  if (off == 0) return;
  const double tau = (a[q * size_ + q] - a[p * size_ + p]) / (2 * off);
  const double t = (tau >= 0 ? 1.0 : -1.0) / (std::fabs(tau) + std::sqrt(std::fma(tau, tau, 1.0)));
  const double c = 1 / std::sqrt(std::fma(t, t, 1.0)), s = t * c;
  for (std::size_t k = 0; k < size_; ++k) {
    const double x = a[k * size_ + p], y = a[k * size_ + q];
    a[k * size_ + p] = std::fma(c, x, -(s * y));
    a[k * size_ + q] = std::fma(s, x, c * y);
  }
  for (std::size_t k = 0; k < size_; ++k) {
    const double x = a[p * size_ + k], y = a[q * size_ + k];
    a[p * size_ + k] = std::fma(c, x, -(s * y));
    a[q * size_ + k] = std::fma(s, x, c * y);
  }
  for (std::size_t k = 0; k < size_; ++k) {
    const double x = vectors_[k * size_ + p], y = vectors_[k * size_ + q];
    vectors_[k * size_ + p] = std::fma(c, x, -(s * y));
    vectors_[k * size_ + q] = std::fma(s, x, c * y);
  }
}

std::vector<double> SymmetricEigen::solve(std::span<const double> b, double least) const {
  std::vector<double> x(size_, 0.0);
  for (std::size_t k = 0; k < size_; ++k) {
    double along = 0;
    for (std::size_t i = 0; i < size_; ++i)
      along = std::fma(vectors_[i * size_ + k], b[i], along);
    along /= std::max(values_[k], least);
    for (std::size_t i = 0; i < size_; ++i)
      x[i] = std::fma(vectors_[i * size_ + k], along, x[i]);
  }
  return x;
}

std::vector<double> SymmetricEigen::share_below(double least) const {
  std::vector<double> share(size_, 0.0);
  for (std::size_t k = 0; k < size_; ++k)
    for (std::size_t i = 0; values_[k] < least && i < size_; ++i)
      share[i] = std::fma(vectors_[i * size_ + k], vectors_[i * size_ + k], share[i]);
  return share;
}

std::vector<double> SymmetricEigen::inverse(double least) const {
  std::vector<double> packed;
  std::vector<double> unit(size_, 0.0);
  for (std::size_t i = 0; i < size_; ++i) {
    unit[i] = 1;
    const std::vector<double> column = solve(unit, least);
    unit[i] = 0;
    packed.insert(packed.end(), column.begin(),
                  column.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
  return packed;
}

}  // namespace bailiwick
