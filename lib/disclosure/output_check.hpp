// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/json.hpp"
#include "lib/disclosure/rules.hpp"
#include "lib/verify/options.hpp"

namespace bailiwick {

/// What is asked of `bailiwick check-output` (docs/check-output.md).
struct OutputRequest {
  std::string folder;  ///< the output folder of a run
  DisclosureThresholds thresholds;
  std::string by,
      sign_with;  ///< who signs what was found, and with which key (PEM file); may be empty
  VerifyOptions verification;
};

/// Judges what lies in the folder, which must verify, by the rules of disclosure control. With a
/// key what was found is signed into checks.jsonl there. Throws ExitCode::integrity if the folder
/// does not hold, ExitCode::usage of a name that is no line. Not collective, needs no MPI.
Json check_output(const OutputRequest& request);

/// Of a record as check_output() makes it, the worst that its rules say of a result and its chain;
/// review at least, if no rule looked at the result. Throws Json::exception of what is no record.
OutputVerdict verdict_on(const Json& found, const std::string& result, const std::string& chain);

/// The same for people: what does not meet a rule.
std::string output_text(const Json& found);

}  // namespace bailiwick
