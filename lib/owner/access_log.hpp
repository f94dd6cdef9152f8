// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/core/error.hpp"
#include "lib/core/file_lock.hpp"
#include "lib/core/json.hpp"

namespace bailiwick {

/// A refusal says which numbers too few owners are in. So many tell somebody in good faith how to
/// ask for less; more of them count as runs.
inline constexpr std::uint64_t refusals_that_are_free = 3;

/// A log as it was read: every line that follows from the one before, and what is wrong with the
/// next.
struct AccessChain {
  struct Line {
    Digest digest;
    Json entry;
    std::optional<std::size_t> outcome;  ///< of a request: the line that says how it ended
  };
  std::vector<Line> lines;
  std::string broken;  ///< "line 3: it does not end"; empty if all is well

  /// Runs admitted under a policy that count: all but those that a policy refused later on, before
  /// anything was released.
  std::uint64_t admitted(const Digest& policy) const;
};

/// Whether a line records a request, rather than how one ended.
bool is_request(const Json& entry);

/// The owner's record of who asked for its data, what was decided, and what came of it
/// (docs/access-log.md): one JSON object a line, each with the SHA-256 of the line before, only
/// ever appended to. It outlives runs, and is what `maximum.runs` of a policy counts. Not
/// collective: the first rank of the domain alone uses it.
class AccessLog {
 public:
  /// `patience`: seconds that a line waits for other jobs which hold the log.
  explicit AccessLog(std::string path, double patience = lock_patience_seconds)
      : path_(std::move(path)), patience_(patience) {}

  /// Runs that count against `maximum.runs` of a policy so far; 0 if there is no log yet. Throws
  /// ExitCode::integrity if the chain is broken, ExitCode::data if the file cannot be read.
  std::uint64_t admitted(const Digest& policy) const;

  /// Appends a decision under a lock and syncs it to disk; returns the digest of its line. `limit`:
  /// most runs that may be admitted under the policy, 0 for any number; if another run was faster
  /// and used it up, throws ExitCode::policy and appends nothing. ExitCode::data if another job
  /// holds the log for too long.
  Digest append(Json decision, const Digest& policy, bool admitted, std::uint64_t limit) const;

  /// Appends how the run that the line `request` admitted has ended.
  void append_outcome(const Digest& request, Json outcome) const;

  /// Throws ExitCode::data if the file cannot be read.
  AccessChain read() const;

 private:
  AccessChain read_whole() const;

  std::string path_;
  double patience_;
};

/// Who asks, for the log: `key`, the id of the operator's public key; this process's user, and the
/// job of Slurm that it belongs to.
Json access_identity(const std::string& key);

/// How a run ended, for the logs of this rank's domains.
class AccessOutcome {
 public:
  void add_request(const AccessLog& log, const Digest& line) { requests_.emplace_back(log, line); }

  /// Something left for good: `what` has its name and digest.
  void add_release(Json what) { released_.push_back(std::move(what)); }
  /// The same of a checkpoint or of the numbers of a single step, of which the newest is named.
  void add_step(const std::string& name);
  /// Rows are about to be read.
  void add_reading() { read_ = true; }
  bool released_anything() const { return steps_ > 0 || !released_.empty(); }

  /// Appends the outcome to every log.
  void write(ExitCode code, const std::string& message) const;

 private:
  std::vector<std::pair<AccessLog, Digest>> requests_;
  std::vector<Json> released_;
  std::uint64_t steps_ = 0;
  bool read_ = false;
  std::string last_step_;
};

}  // namespace bailiwick
