// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/json.hpp"
#include "lib/runtime/communicator.hpp"

namespace bailiwick {

/// Ends a stage as the result in the file `path` says, made now or before: throws
/// ExitCode::verdict on every rank with what `fails` says of it, unless that is "". Collective.
void end_as_judged(const Communicator& world, const std::string& path,
                   std::string (*fails)(const Json& result, const std::string& path));

}  // namespace bailiwick
