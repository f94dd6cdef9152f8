// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/domain/schema.hpp"
#include "lib/run/config/model_config.hpp"

namespace bailiwick {

/// What a model does where one of its features has no value.
struct MissingFeature {
  std::string name;
  MissingRule rule = MissingRule::keep;
  std::optional<double> number = {};  ///< that stands for it; once it is known
  std::string level = {};             ///< likewise, of a category

  bool operator==(const MissingFeature&) const = default;
};

/// One a feature of the schema: what model.missing says of it, if anything.
using MissingRules = std::vector<std::optional<MissingFeature>>;

/// A name goes before patterns, which speak of those alone whom their rule suits. Throws
/// ExitCode::config for an entry of no feature that may be missing, and for a rule that is not for
/// numbers or not for categories.
MissingRules missing_rules(const std::map<std::string, std::string>& entries, const Schema& schema);

}  // namespace bailiwick
