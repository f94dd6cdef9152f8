// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lib/core/words.hpp"

namespace bailiwick {

/// What counts the energy of a node.
enum class EnergySource { none, pm_counters, rapl };
template <>
inline constexpr std::array words<EnergySource>{std::pair{EnergySource::none, "none"},
                                                std::pair{EnergySource::pm_counters, "pm_counters"},
                                                std::pair{EnergySource::rapl, "rapl"}};

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

/// What a node used, whoever ran there.
struct NodeEnergy {
  EnergySource source = EnergySource::none;
  std::optional<double> joules;       ///< pm_counters: of the whole node; rapl: of its processors
  std::optional<double> dram_joules;  ///< rapl: of its memory, which `joules` does not hold
  EnergyGap gap = EnergyGap::none;    ///< why `joules` is not known: never 0, and never a part
  std::uint64_t wraps = 0;            ///< how often a counter began again at 0
};

/// Counts the energy of this node from its making to finish(): Cray's pm_counters, or else RAPL by
/// powercap. One rank of a node has it. RAPL's counters begin again every few minutes, so that a
/// thread looks in between, every `period` seconds; 0: none does. docs/energy.md
class EnergyMeter {
 public:
  /// `sys`: where sysfs lies.
  explicit EnergyMeter(const std::string& sys = "/sys", double period = 30);
  ~EnergyMeter();
  EnergyMeter(const EnergyMeter&) = delete;
  EnergyMeter& operator=(const EnergyMeter&) = delete;

  /// Looks at the counters; at any time, from any thread.
  void look();
  NodeEnergy finish();

 private:
  class Counters;
  std::unique_ptr<Counters> counters_;
};

/// Seconds of processor time of all threads of this process so far.
double processor_seconds();

}  // namespace bailiwick
