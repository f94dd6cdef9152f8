// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "lib/core/digest.hpp"
#include "lib/core/json.hpp"

namespace bailiwick {

/// The owner's record of who asked for its data and what was decided (docs/access-log.md): one JSON
/// object a line, each with the SHA-256 of the line before, only ever appended to. It outlives
/// runs, and is what `maximum.runs` of a policy counts. Not collective: the first rank of the
/// domain alone uses it.
class AccessLog {
 public:
  explicit AccessLog(std::string path) : path_(std::move(path)) {}

  /// Runs admitted under a policy so far; 0 if there is no log yet. Throws ExitCode::integrity if
  /// the chain is broken, ExitCode::data if the file cannot be read.
  std::uint64_t admitted(const Digest& policy) const;

  /// Appends a decision under a lock and syncs it to disk. `limit`: most runs that may be admitted
  /// under the policy, 0 for any number; if another run was faster and used it up, throws
  /// ExitCode::policy and appends nothing.
  void append(Json decision, const Digest& policy, bool admitted, std::uint64_t limit) const;

 private:
  std::string path_;
};

}  // namespace bailiwick
