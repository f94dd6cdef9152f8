// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/line/config.hpp"
#include "lib/line/memory.hpp"

namespace bailiwick {

/// A command of a line.
struct Step {
  std::string title;
  std::vector<std::string> words;  ///< of the command, without the program
  std::string inputs;              ///< all that decides what it makes, but the words
  std::string place;               ///< where it leaves that: the newest step there counts
  bool on_all_ranks = false;
  std::vector<ExitCode> also = {};  ///< ends that do not end the line
  /// More of the command, if it was begun before and did not end.
  std::vector<std::string> if_begun = {};
};

/// `words` as one would type them here.
std::string command_shown(std::vector<std::string> words);

/// The commands of a line, each a process of its own, unless it was done and nothing that decides
/// it has changed since.
class Steps {
 public:
  /// `dry`: says what would be done, and does nothing.
  Steps(const LineConfig& line, bool dry);

  /// Its exit code, of now or of when it was done; 0 in a dry run. Throws the code of a step that
  /// fails, ExitCode::stopped after a signal. `quiet`: says nothing of what is done already.
  int run(const Step& step, bool quiet = false);
  /// Whether it was done.
  bool knows(const Step& step) const { return memory_.find(key_of(step)).has_value(); }
  /// Of all that decides it.
  static Digest key_of(const Step& step);
  /// Whether something would be done, in a dry run.
  bool are_pending() const { return pending_; }
  LineMemory& memory() { return memory_; }

 private:
  const LineConfig& line_;
  const bool dry_;
  LineMemory memory_;
  bool pending_ = false;
};

/// With a line's end, at once.
void say(const std::string& text);

}  // namespace bailiwick
