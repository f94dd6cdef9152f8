// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace bailiwick {

/// L L' = A for a symmetric positive definite A, packed lower triangle by rows, in a fixed order of
/// IEEE operations: the same bits everywhere.
class Cholesky {
 public:
  /// Factorises. `deficient()` tells the first column whose pivot fell below 1e-12 of its diagonal
  /// (a linear combination of those before it); the factor is then unusable.
  explicit Cholesky(std::span<const double> packed);

  std::size_t size() const { return size_; }
  std::optional<std::size_t> deficient() const { return deficient_; }
  std::vector<double> solve(std::span<const double> b) const;
  /// A^-1, packed lower triangle by rows.
  std::vector<double> inverse() const;

 private:
  /// Sums of so many rows or columns are taken side by side, each in its own order: one after
  /// another they would wait for each other's terms.
  static constexpr std::size_t width = 16;
  using Numbers = std::array<double, width>;

  static void subtract(double factor, const Numbers& numbers, Numbers& sum);
  static void divide(Numbers& numbers, double by);
  /// The factor's rows first to last in the columns before `first`.
  void solve_rows(std::size_t first, std::size_t last);
  /// A^-1 b for so many columns b.
  void substitute(std::span<Numbers> b) const;

  std::size_t size_ = 0;
  std::vector<double> factor_;
  std::optional<std::size_t> deficient_;
};

}  // namespace bailiwick
