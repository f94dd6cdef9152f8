// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/line/config.hpp"

namespace bailiwick {

/// What a station far down the line would stumble over, before anything is done. Throws
/// ExitCode::config of files that are not there, of keys that do not fit each other or the
/// registry, all at once; and what parsing the run throws.
void check_line(const LineConfig& line);

}  // namespace bailiwick
