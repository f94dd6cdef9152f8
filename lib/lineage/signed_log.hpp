// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/keys.hpp"

namespace bailiwick {

/// A file of an output folder in which people and programs sign what they say of what lies there,
/// one DSSE envelope a line, each linked to the one before (docs/lineage.md, "Signed logs"). Unlike
/// a Chain it has no end, and each line may have another signer.
struct SignedLog {
  const char* file;       ///< within the output folder
  const char* predicate;  ///< type of its statements, an IRI that names its version
};

/// What a training is going to do, signed before a row is read: a line for each that released
/// anything in the folder, whatever came of it.
inline constexpr SignedLog intents_log{"intents.jsonl", "https://bailiwick.dev/intent/v1"};
/// What people decided about a result or an intent.
inline constexpr SignedLog approvals_log{"approvals.jsonl", "https://bailiwick.dev/approval/v1"};
/// What was made of rows that a replacement no longer knows.
inline constexpr SignedLog erasures_log{"erasures.jsonl", "https://bailiwick.dev/erasure/v1"};
/// What output checkers found.
inline constexpr SignedLog checks_log{"checks.jsonl", "https://bailiwick.dev/output-check/v1"};
/// What left the folder, and to whom.
inline constexpr SignedLog releases_log{"releases.jsonl", "https://bailiwick.dev/release/v1"};
/// Of output folders; each says in its lines who signed them.
inline constexpr std::array all_logs{intents_log, approvals_log, erasures_log, checks_log,
                                     releases_log};
inline bool is_log(std::string_view file) {
  return std::ranges::any_of(all_logs, [&](const SignedLog& log) { return file == log.file; });
}
/// What an approval calls a line of the other one, whose digest it names.
inline constexpr const char* intent_subject = "intent";

/// One line of it.
struct LogEntry {
  std::string subject;  ///< what it is about
  Digest subject_sha256;
  std::string time;  ///< RFC 3339, UTC, by the signer's clock; not before the line before
  std::string public_key, signer;  ///< PEM, and its id
  Json said;                       ///< the rest of the predicate
  Digest digest;                   ///< of the payload
};

/// Its lines, each of which holds under the key that it names: whose key that is, the reader must
/// know. None if there is no such file. Throws ExitCode::integrity naming the first line that does
/// not hold.
std::vector<LogEntry> read_log(const std::string& folder, const SignedLog& log);

/// The same lines as they are written, without their newlines.
std::vector<std::string> log_lines(const std::string& folder, const SignedLog& log);

/// One line that was taken out of a log: what was before it nobody can tell. Throws as read_log(),
/// naming `at`.
LogEntry read_log_line(const std::string& line, const std::string& at, const SignedLog& log);

/// Appends a line, atomically; the caller holds the lock of the folder. `said` has none of the
/// members that a line has besides. Returns the digest of the payload. Throws as read_log() of what
/// is there.
Digest append_to_log(const std::string& folder, const SignedLog& log, const std::string& subject,
                     const Digest& subject_sha256, Json said, const PrivateKey& key);

/// Takes the last line away, if it is the one of that digest: of what has come to nothing. The
/// caller holds the lock of the folder.
void drop_last(const std::string& folder, const SignedLog& log, const Digest& digest);

}  // namespace bailiwick
