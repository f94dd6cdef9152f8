// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>

namespace bailiwick {

/// x without what its last digits owe to the unit that its column came in: as a multiple of 2^-20.
/// Values that people write fall on edges and halves of grids in one unit and beside them, by a
/// rounding, in another; of what is snapped first, each falls on the same side in all.
inline double snapped(double x) {
  return std::rint(x * 0x1p20) * 0x1p-20;  // by powers of two, which no rounding touches
}

}  // namespace bailiwick
