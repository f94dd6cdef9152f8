// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/data/columns.hpp"

namespace bailiwick {

/// One a feature of the schema: what model.missing says of it, if anything.
using MissingRules = std::vector<std::optional<MissingFeature>>;

/// A name goes before patterns, which speak of those alone whom their rule suits. Throws
/// ExitCode::config for an entry of no feature that may be missing, and for a rule that is not for
/// numbers or not for categories.
MissingRules missing_rules(const std::map<std::string, std::string>& entries, const Schema& schema);

/// The rules of those whose value `columns` take, or the model's strata. Throws ExitCode::config
/// for a number that may be missing without a rule, for the level of missing ones where no row
/// keeps it, and for missing() of a number that never is.
std::vector<MissingFeature> select_missing(const ModelConfig& model, const Schema& schema,
                                           const MissingRules& rules, const ModelColumns& columns);

}  // namespace bailiwick
