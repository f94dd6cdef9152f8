// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/config/rules.hpp"
#include "lib/core/json_fwd.hpp"

namespace bailiwick {

/// A measure by which models, or the same one on other rows, may be told apart.
struct Measure {
  const char* name;  ///< member of evaluation.json
  bool more_is_better;
  std::optional<double> of_nothing;  ///< of a prediction that knows nothing

  /// How much better a value is than another, whichever way the measure goes.
  double better(double value, double than) const {
    return more_is_better ? value - than : than - value;
  }
};

/// Of all measures of evaluation.json that say how good a model is, also of those by which no stage
/// tells models apart; those above come first.
std::vector<std::string> names_of_measures();
/// Whether more of one of these is better; nothing of another word.
std::optional<bool> more_is_better(const std::string& measure);

/// What a config may ask for: the name of one of them; "": the first that the model has.
OneOf a_measure();
/// Whether it is known what a prediction that knows nothing has; of no such measure: true.
bool is_known_of_nothing(const std::string& measure);

/// The one that is asked for, or the first that `metrics` has. Throws ExitCode::data, naming the
/// config's `key`, if they have none. `of_nothing`: only those of which that is known.
const Measure& choose_measure(const Json& metrics, const std::string& asked, const std::string& key,
                              bool of_nothing = false);

}  // namespace bailiwick
