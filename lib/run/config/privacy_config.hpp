// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "lib/config/rules.hpp"

namespace bailiwick {

/// The section `privacy` of a run's config: what leaves has noise (docs/privacy.md).
struct PrivacyConfig {
  double epsilon = 0, delta = 1e-6, statistics_epsilon = 0.1;
  std::uint64_t unit_rows = 1;
  int rounds = 5;
  double clip = 2, residual = 1;
  int bins = 20;
};

template <class Visitor>
void schema(Visitor& v, PrivacyConfig& privacy) {
  v.key("epsilon", privacy.epsilon, "What a training may tell of a unit, at most.", required,
        positive);
  v.key("delta", privacy.delta, "How likely it may tell more.", positive, a_fraction);
  v.key("statistics_epsilon", privacy.statistics_epsilon,
        "What an evaluation, or a description, may tell of a unit.", positive);
  v.key("unit_rows", privacy.unit_rows,
        "Rows of a unit (a column of role: unit) that count; the others are left out.",
        at_least(1));
  v.key("rounds", privacy.rounds, "Newton steps of a training, which share its noise.", at_least(1),
        at_most(1000));
  v.key("clip", privacy.clip,
        "Longest row, each column brought to -1 to 1 by its declared range; longer ones weigh "
        "less.",
        positive, at_most(1000));
  v.key("residual", privacy.residual,
        "Largest residual of a row, in the target's units; linear: in halves of its range.",
        positive);
  v.key("bins", privacy.bins, "Bins of predictions that an evaluation counts rows in.", at_least(2),
        at_most(4096));
}

}  // namespace bailiwick
