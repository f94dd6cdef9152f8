// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/policy/terms/term.hpp"

namespace bailiwick::terms {

struct Permit {
  std::vector<Action> actions;

  bool operator==(const Permit&) const = default;

  void keys(auto& v) {
    v.key("permit", actions, "What may be done; what is not named is forbidden.", required);
  }

  void check(PolicyProblems& problems) const {
    problems.check(!actions.empty(), "permit", "must name at least one");
    problems.distinct(actions, "permit");
  }

  Clauses clauses(const AccessRequest& request) const {
    std::vector<Action> refused;
    for (const Action asked : request.actions)
      if (!contains(actions, asked)) refused.push_back(asked);
    const std::string permitted = "permitted: " + list(actions);
    if (request.actions.empty())
      return {{"action", false, fmt::format("no action is named ({})", permitted)}};
    return {{"action", refused.empty(),
             fmt::format("{} ({})", list(refused.empty() ? request.actions : refused), permitted)}};
  }

 private:
  static std::string list(const std::vector<Action>& actions) {
    std::vector<std::string> words;
    for (const Action action : actions)
      words.push_back(to_word(action));
    return join(words);
  }
};

}  // namespace bailiwick::terms
