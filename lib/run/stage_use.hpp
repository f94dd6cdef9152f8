// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "lib/policy/action.hpp"
#include "lib/privacy/noise_plan.hpp"

namespace bailiwick {

struct RunConfig;

/// What a stage does with the rows.
struct StageUse {
  Action action{};                  ///< that every policy must permit …
  std::optional<Action> release{};  ///< … and this, if something is released
  bool crosses = true;   ///< sums of domains are added, and something of them is released
  bool of_model = true;  ///< it makes or uses a model, whose kind a policy may limit
  bool trains = false;
  bool fits = false;         ///< it trains models to measure with, which policies must permit too
  bool describes = false;    ///< it tells of columns too, which policies must permit as well
  bool own_sums = false;     ///< what it tells has domains' own sums in it
  bool event_times = false;  ///< it counts over all domains what happens at each time
  /// Whether it shows domains' own statistics to all; nullptr: never.
  bool (*per_domain)(const RunConfig& config) = nullptr;
  /// What it releases where the config asks for noise (privacy); nullptr: it has no such form.
  NoisePlan (*noise)(const RunConfig& config) = nullptr;
};

}  // namespace bailiwick
