// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/json.hpp"
#include "lib/release/request.hpp"

namespace bailiwick {

/// Packs results that an output check passed, or whose findings somebody accepted, into a folder of
/// their own, and says so in releases.jsonl of the output folder. Returns what was signed, with its
/// `head`. Throws ExitCode::integrity if the folder does not hold, ExitCode::policy naming each
/// file that may not leave and why, ExitCode::data if the bundle exists or cannot be written. Not
/// collective, needs no MPI.
Json release(const ReleaseRequest& request);

/// The same for people.
std::string release_text(const Json& released);

}  // namespace bailiwick
