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
#include "lib/runtime/energy_gap.hpp"

namespace bailiwick {

/// What counts the energy of a node.
enum class EnergySource { none, pm_counters, rapl };
template <>
inline constexpr std::array words<EnergySource>{std::pair{EnergySource::none, "none"},
                                                std::pair{EnergySource::pm_counters, "pm_counters"},
                                                std::pair{EnergySource::rapl, "rapl"}};

/// What a node used, whoever ran there.
struct NodeEnergy {
  EnergySource source = EnergySource::none;
  std::optional<double> joules;         ///< pm_counters: of the whole node; rapl: of its processors
  std::optional<double> dram_joules;    ///< rapl: of its memory, which `joules` does not hold
  EnergyGap gap = EnergyGap::none;      ///< why `joules` is not known: never 0, and never a part
  std::uint64_t wraps = 0;              ///< how often a counter began again at 0
  std::uint64_t gpus = 0;               ///< NVIDIA's, that the job may see
  std::optional<double> gpu_joules;     ///< of these, by NVML; pm_counters hold them already
  EnergyGap gpu_gap = EnergyGap::none;  ///< why that is not known, where the driver is there
};

/// Counts the energy of this node from its making to finish(): Cray's pm_counters, or else RAPL by
/// powercap; and NVIDIA's GPUs. One rank of a node has it. RAPL's counters begin again every few
/// minutes, so that a thread looks in between, every `period` seconds; 0: none does. docs/energy.md
class EnergyMeter {
 public:
  /// `sys`: where sysfs lies; `nvml`: NVIDIA's library.
  explicit EnergyMeter(const std::string& sys = "/sys", double period = 30,
                       const std::string& nvml = "libnvidia-ml.so.1");
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
