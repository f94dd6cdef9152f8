// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace bailiwick {

/// A = V diag(values) V' of a symmetric A, packed lower triangle by rows, by Jacobi's rotations in
/// a fixed order of IEEE operations: the same bits everywhere (Golub & Van Loan, Matrix
/// Computations, 4th edition, algorithm 8.5.3).
class SymmetricEigen {
 public:
  explicit SymmetricEigen(std::span<const double> packed);

  /// In no order.
  const std::vector<double>& values() const { return values_; }
  /// V diag(1 / max(values, least)) V' b: a solution that directions along which A says less than
  /// `least` do not carry away.
  std::vector<double> solve(std::span<const double> b, double least) const;
  /// What share of each coordinate's axis lies along directions whose value is below `least`.
  std::vector<double> share_below(double least) const;
  /// The inverse that solve() applies, packed.
  std::vector<double> inverse(double least) const;

 private:
  void rotate(std::vector<double>& a, std::size_t p, std::size_t q);

  std::size_t size_ = 0;
  std::vector<double> values_, vectors_;  ///< column k of V at vectors_[i * size + k]
};

}  // namespace bailiwick
