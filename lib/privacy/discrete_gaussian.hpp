// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "lib/privacy/keyed_words.hpp"

namespace bailiwick {

inline constexpr std::uint64_t largest_noise_scale = std::uint64_t{1} << 40;

/// One draw of the discrete Gaussian N_Z(0, scale^2): x with a probability proportional to
/// exp(-x^2 / (2 scale^2)), exactly, for 1 <= scale <= largest_noise_scale. Algorithms 1 to 3 of
/// Canonne, Kamath and Steinke 2020 (arXiv 2004.00010) with t = scale, in integers alone: what
/// rounding would add to a probability, and an attacker could see, is not there. How long a draw
/// takes depends on its value: draw all that leaves together before any of it leaves.
std::int64_t draw_discrete_gaussian(std::uint64_t scale, KeyedWords& words);

}  // namespace bailiwick
