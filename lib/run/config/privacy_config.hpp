// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstdint>

#include "lib/config/rules.hpp"
#include "lib/privacy/noise_plan.hpp"

namespace bailiwick {

/// The section `privacy` of a run's config: what leaves has noise (docs/privacy.md).
struct PrivacyConfig {
  double epsilon = 0, delta = 1e-6, statistics_epsilon = 0.1;
  std::uint64_t unit_rows = 1;
  int rounds = 5;
  double clip = 2, residual = 1;
  double sample_rate = 0.01, max_gradient = 1;
  int bins = 20;

  /// How likely a step of a network's training takes a row, in units of 2^-32.
  std::uint64_t sampled() const {
    const auto units = static_cast<std::uint64_t>(sample_rate * static_cast<double>(every_unit));
    return std::clamp<std::uint64_t>(units, 1, every_unit);
  }
  /// So many take each row once, on average.
  std::uint64_t steps_an_epoch() const { return (every_unit + sampled() / 2) / sampled(); }
};

template <class Visitor>
void schema(Visitor& v, PrivacyConfig& privacy) {
  v.key("epsilon", privacy.epsilon, "What a training may tell of a unit, at most.", required,
        positive);
  v.key("delta", privacy.delta, "How likely it may tell more.", positive, a_fraction);
  v.key("statistics_epsilon", privacy.statistics_epsilon,
        "What an evaluation, or a description, may tell of a unit.", positive);
  v.key("unit_rows", privacy.unit_rows,
        "Rows of a unit (a column of role: unit) that count; the others are left out.", at_least(1),
        at_most(1000));
  v.key("rounds", privacy.rounds, "Newton steps of a training, which share its noise.", at_least(1),
        at_most(1000));
  v.key("clip", privacy.clip,
        "Longest row, each column brought to -1 to 1 by its declared range; longer ones weigh "
        "less.",
        at_least(0.01), at_most(1000));
  v.key("residual", privacy.residual,
        "Largest residual of a row, in the target's units; linear: in halves of its range.",
        at_least(1e-30), at_most(1e30));
  v.key("sample_rate", privacy.sample_rate,
        "Networks: how likely a step takes a row, each by chance of its own.", at_least(1e-6),
        at_most(1));
  v.key("max_gradient", privacy.max_gradient,
        "Networks: longest gradient of a row; longer ones are shortened.", at_least(1e-6),
        at_most(1e6));
  v.key("bins", privacy.bins, "Bins of predictions that an evaluation counts rows in.", at_least(2),
        at_most(4096));
}

}  // namespace bailiwick
