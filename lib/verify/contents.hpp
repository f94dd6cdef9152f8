// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/json.hpp"

namespace bailiwick {

/// What an egress report (docs/egress.md) says that cannot be: of itself, and, if `decisions` of
/// its session are there, of who holds which domains; `whole`: of a session that began at the
/// beginning. One text for each thing that does not hold. Throws ExitCode::data if members are
/// missing.
std::vector<std::string> egress_problems(const Json& report, const std::string& what,
                                         const std::optional<Json>& decisions, bool whole);

/// What the model in the file `path` says otherwise than was `asked` (model_asked). Throws
/// ExitCode::data if it is no model, or nothing was asked.
std::vector<std::string> model_problems(const std::string& path, const Json& asked);

}  // namespace bailiwick
