// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "lib/core/json.hpp"
#include "lib/release/gate.hpp"

// On what it rests that a result may leave, as whoever lets it leave signs it (docs/release.md).
namespace bailiwick {

/// The check: whose, when, with what result. `enclosed`: its line goes along.
Json check_json(const LogEntry& check, bool enclosed);

/// The approvals on which results rest; a list.
Json approvals_json(const std::vector<Leaving>& leaving);

}  // namespace bailiwick
