// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "lib/core/json_fwd.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/energy.hpp"

namespace bailiwick {

/// An estimate of what nothing measures.
struct EnergyModelConfig {
  double watts_per_core = 0;
};

/// The section `energy` of the config.
struct EnergyConfig {
  static constexpr const char* section = "energy";
  static constexpr const char* sentence = "What the energy of a run is counted as.";

  std::optional<EnergyModelConfig> model;
  std::map<std::string, double> grid_intensity;  ///< g CO2e per kWh, by jurisdiction
  std::optional<double> embodied_per_node_hour;  ///< g CO2e
};

extern const SectionType energy_section;

/// Counts what a stage costs, from its making on.
class Costs {
 public:
  explicit Costs(const Run& run);

  /// `costs` of run.json (docs/energy.md): of each node what was measured, what the model of the
  /// config says, and why not. `rows`: that the stage was about, if it says. Collective.
  Json json(std::optional<double> rows);

 private:
  const Run& run_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  double processor_ = processor_seconds();
  std::optional<EnergyMeter> meter_;  ///< of the first rank of each node
};

}  // namespace bailiwick
