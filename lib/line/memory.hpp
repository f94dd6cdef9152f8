// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/core/json.hpp"

namespace bailiwick {

/// What a line has done, in `line.json` of its folder: for each step, by the digest of all that
/// decides it, its exit code; before that, that it began. Written anew, whole, each time.
class LineMemory {
 public:
  /// Throws ExitCode::data if there is a file that is none.
  explicit LineMemory(std::string path);

  /// Its exit code, if it ended.
  std::optional<int> find(const Digest& step) const;
  bool has_begun(const Digest& step) const;
  /// What was done before in the same place, by the step of the same title, is forgotten.
  void begin(const Digest& step, const std::string& title, const std::string& place);
  void end(const Digest& step, int code);
  /// Partitions that were found to be as those of a version's training: DOMAIN/NAME ROOT.
  std::set<std::string> monitored(const std::string& version) const;
  void add_monitored(const std::string& version, const std::vector<std::string>& partitions);
  /// What the configs said when the line made a version; nothing: it did not.
  std::optional<Digest> asked(const std::string& version) const;
  void set_asked(const std::string& version, const Digest& asked);

 private:
  void write() const;

  std::string path_;
  Json json_;
};

}  // namespace bailiwick
