// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "lib/model_registry/guard.hpp"
#include "lib/model_registry/registry.hpp"
#include "lib/model_registry/routes.hpp"

namespace bailiwick {

/// What a decision changed.
struct Decided {
  std::string version;
  bool changed = true;  ///< false: it was in that state already, and nothing was signed
  std::string retired;  ///< the version that was in use before; empty: none was
  Digest head{};        ///< of the line
  Json routes{};        ///< of a promotion by a rule: chosen_routes()
};

/// Puts a candidate, or a version that was in use, in use; without a version the one candidate.
/// Throws ExitCode::policy of one that was withdrawn or whose training the same key signed,
/// ExitCode::integrity if its files are not as they were added, ExitCode::usage if no version is
/// named and there is not one candidate, and as demand_no_worse() and chosen_routes().
Decided promote_model(const StateRequest& request, const std::optional<PromotionGuard>& guard,
                      const std::optional<RouteRule>& routes);

/// Takes the version in use out of use, for now. Throws ExitCode::data if none is.
Decided retire_model(const StateRequest& request);

/// Puts the version that was in use before in use again. Throws ExitCode::data if none was, or it
/// was withdrawn since.
Decided roll_back_model(const StateRequest& request);

/// Takes a version out of use for good. Throws ExitCode::usage without a reason.
Decided withdraw_model(const StateRequest& request);

}  // namespace bailiwick
