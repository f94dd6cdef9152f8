// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace bailiwick {

class Run;

/// egress.json (docs/egress.md): what the meter saw cross between domains so far, what the ledger
/// declared, purpose by purpose and call by call, and their difference. The text is the first
/// rank's; the others get an empty one. Collective. Throws ExitCode::integrity on every rank if
/// they differ on any.
std::string egress_report(const Run& run);

}  // namespace bailiwick
