// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>

namespace bailiwick {

/// Formats of sums are made for numbers of ordinary size, 2^-8 to 2^16. The power of two by which a
/// number of this size lies beyond: what a grid is moved by, or a column divided by, so that a
/// change of unit changes no result. 0 for what has no size.
inline int excess_power(double size) {
  constexpr int smallest = -8, largest = 16;
  if (!(size > 0) || !std::isfinite(size)) return 0;
  const int power = std::ilogb(size);
  return power > largest ? power - largest : power < smallest ? power - smallest : 0;
}

}  // namespace bailiwick
