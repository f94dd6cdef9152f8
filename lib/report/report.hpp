// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/verify/options.hpp"

namespace bailiwick {

/// One HTML page about all that a run's output folder holds, which needs nothing else to be read
/// (docs/report.md): the same bytes for the same folder. With keys in the options it says what
/// verify_run() finds by them. `itself`: the file that it is to be, which
/// is none of the run's. Throws ExitCode::data if `folder` is not the output folder of a run.
std::string report_page(const std::string& folder, const VerifyOptions& options,
                        const std::string& itself);

}  // namespace bailiwick
