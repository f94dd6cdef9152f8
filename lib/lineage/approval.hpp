// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/words.hpp"
#include "lib/lineage/signed_log.hpp"

namespace bailiwick {

enum class Ruling { approved, refused, withdrawn };
template <>
inline constexpr auto words<Ruling> =
    std::to_array<std::pair<Ruling, const char*>>({{Ruling::approved, "approved"},
                                                   {Ruling::refused, "refused"},
                                                   {Ruling::withdrawn, "withdrawn"}});

/// A line of approvals.jsonl: what somebody decided about a result or an intent.
struct Approval {
  LogEntry entry;
  Ruling ruling = Ruling::approved;
  std::string by, reason;  ///< in the signer's own words
  std::string chain;       ///< of the folder: the result is its end; empty of an intent
  std::string head;        ///< digest of its last statement, in hexadecimal
  /// Digest of a line of checks.jsonl, in hexadecimal: what that found against the result is
  /// accepted. Empty: nothing is said of it.
  std::string check = {};
};

/// Of a folder, the oldest first. Throws ExitCode::integrity of a line that does not hold.
std::vector<Approval> read_approvals(const std::string& folder);

/// What a line of it says. Throws ExitCode::integrity naming `at`.
Approval approval_of(LogEntry entry, const std::string& at);

/// The newest about a thing; nothing if nobody decided.
std::optional<Approval> last_approval(const std::vector<Approval>& approvals,
                                      const std::string& subject, const Digest& sha256);

/// The newest withdrawal of a thing that stands: only the key that signed it can approve the thing
/// again.
std::optional<Approval> standing_withdrawal(std::span<const Approval> approvals,
                                            const std::string& subject, const Digest& sha256);

/// "withdrawn on TIME by WHOM: WHY".
std::string withdrawn_words(const Approval& withdrawal);

/// Signs one. `subject_sha256` of a file is its bytes', of an intent its payload's. The caller
/// holds the lock of the folder.
Digest append_approval(const std::string& folder, const Approval& approval, const PrivateKey& key);

}  // namespace bailiwick
