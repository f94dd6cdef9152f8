// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/verify/options.hpp"

namespace bailiwick {

struct ReportOptions {
  VerifyOptions verification;  ///< with keys: the page says what verify_run() finds by them
  std::string itself;          ///< the file that the page is to be, which is none of the run's
  std::string against;         ///< another run's folder, to stand beside it; may be empty
  std::string in;  ///< folder with output folders in which trainings are counted; may be empty
  std::string registry;  ///< of models, which says what became of this one; may be empty
};

/// One HTML page about all that a run's output folder holds, which needs nothing else to be read
/// (docs/report.md): the same bytes for the same folder. Throws ExitCode::data if `folder` is not
/// the output folder of a run.
std::string report_page(const std::string& folder, const ReportOptions& options);

}  // namespace bailiwick
