// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

namespace bailiwick {

/// `needs`: names of others, above it, with blanks between them. `@` in the text stands for the
/// prefix.
struct CFunction {
  std::string_view name, needs, text;
};

/// kokkos_kernels/math in C99, with <math.h> for what IEEE 754 rounds correctly: the same bits.
std::span<const CFunction> c_math();

/// Functions in C99 that a header of a model is made of: those that it uses, and what these need.
class CFunctions {
 public:
  /// What a function is called in the header: prefix and name. From now on it is in it.
  std::string use(std::string_view name);
  std::string text() const;

  explicit CFunctions(std::string prefix) : prefix_(std::move(prefix)) {}

 private:
  std::string prefix_;
  std::set<std::string, std::less<>> used_;
};

}  // namespace bailiwick
