// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/runtime/energy_gap.hpp"

namespace bailiwick {

/// NVIDIA's counters of the GPUs that this job may see on the node, by the driver's own library
/// (NVML): of each the energy since the driver was loaded.
class GpuCounters {
 public:
  /// Nothing is loaded unless `sys`, sysfs, shows the driver's module.
  GpuCounters(const std::string& sys, const std::string& library);

  std::size_t gpus() const { return millijoules_.size(); }
  /// Of all GPUs since this was made; nothing if one of them is not known, and gap() says why.
  std::optional<double> joules();
  /// none, too, where there is no GPU.
  EnergyGap gap() const { return gap_; }

 private:
  std::vector<std::uint64_t> read();

  std::string library_;
  EnergyGap gap_ = EnergyGap::none;
  std::vector<std::uint64_t> millijoules_;  ///< at first
};

}  // namespace bailiwick
