// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/verify/options.hpp"

namespace bailiwick {

/// What is asked of `bailiwick forget` (docs/forget.md).
struct ForgetRequest {
  std::string folder;                ///< output folder of the training that knew the rows
  std::string replacement;           ///< of one without them
  std::vector<std::string> folders;  ///< to look for what was made of them, besides these two
  std::string by, reason;            ///< one line each
  std::string sign_with;             ///< PEM file of the operator's private key
  VerifyOptions verification;
};

/// What a replacement no longer knows, all that was made of it in the folders, who has to be told,
/// and what it cost: a line of erasures.jsonl, which is signed into the folder. Models that knew it
/// are withdrawn, each where it lies. Returns that line, as JSON.
/// Throws ExitCode::integrity if a folder does not hold, ExitCode::data if the replacement knows
/// the same rows or was not trained from the start. Not collective, needs no MPI.
Json forget(const ForgetRequest& request);

/// The same for people.
std::string forget_text(const Json& erasure);

}  // namespace bailiwick
