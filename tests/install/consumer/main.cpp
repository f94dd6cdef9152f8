// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <lib/core/version.hpp>
#include <lib/crypto/sha256.hpp>
#include <lib/optim/cholesky.hpp>

int main() {
  const std::vector<double> matrix{4, 2, 5};  // packed lower triangle
  const std::vector<double> x = bailiwick::Cholesky(matrix).solve(std::vector<double>{8, 9});
  const bool solved = x[0] == 1.375 && x[1] == 1.25;
  const bool hashed = bailiwick::sha256(std::string_view("abc")).hex().starts_with("ba7816bf");
  return solved && hashed && !bailiwick::version().empty() ? 0 : 1;
}
