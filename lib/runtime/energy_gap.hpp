// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <utility>

#include "lib/core/words.hpp"

namespace bailiwick {

/// Why the energy of a node is not known.
enum class EnergyGap { none, no_counter, not_permitted, vanished, no_number, stale, went_back };
template <>
inline constexpr std::array words<EnergyGap>{
    std::pair{EnergyGap::none, "none"},
    std::pair{EnergyGap::no_counter, "the node shows no counter of energy"},
    std::pair{EnergyGap::not_permitted, "a counter may not be read by this user"},
    std::pair{EnergyGap::vanished, "a counter was gone before the end"},
    std::pair{EnergyGap::no_number, "a counter does not hold a number"},
    std::pair{EnergyGap::stale, "a counter stood still"},
    std::pair{EnergyGap::went_back, "a counter was set back"}};

}  // namespace bailiwick
