// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

namespace bailiwick {

/// One HTML page about all that a run's output folder holds, which needs nothing else to be read
/// (docs/report.md): the same bytes for the same folder. With `key_paths` it says what verify_run()
/// finds under these keys, with or without `partitions`. `itself`: the file that it is to be, which
/// is none of the run's. Throws ExitCode::data if `folder` is not the output folder of a run.
std::string report_page(const std::string& folder, const std::vector<std::string>& key_paths,
                        bool partitions, const std::string& itself);

}  // namespace bailiwick
