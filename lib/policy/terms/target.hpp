// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cctype>
#include <string_view>

#include "lib/domain/site.hpp"
#include "lib/policy/terms/term.hpp"

namespace bailiwick::terms {

struct Target {
  std::string target;  ///< data set it covers: partition name pattern, `*` allowed

  bool operator==(const Target&) const = default;

  void keys(auto& v) {
    v.key("target", target, "Names of the partitions covered; * stands for any text.", required);
  }

  void check(PolicyProblems& problems) const {
    const bool pattern = std::ranges::all_of(target, [](unsigned char c) {
      return std::isalnum(c) != 0 || std::string_view("-_.*").find(c) != std::string_view::npos;
    });
    problems.check(
        pattern && !target.empty(), "target",
        fmt::format("\"{}\" is not a pattern of letters, digits, \"-\", \"_\", \".\" and \"*\"",
                    target));
  }

  Clauses clauses(const AccessRequest& request) const {
    std::vector<std::string> names, outside;
    for (const PartitionManifest& partition : request.partitions) {
      names.push_back(partition.name);
      if (!matches(target, partition.name)) outside.push_back(partition.name);
    }
    const std::string covers = fmt::format("the policy covers \"{}\"", target);
    if (names.empty())
      return {{"target", false, fmt::format("no partition is named ({})", covers)}};
    return {{"target", outside.empty(),
             fmt::format("{} ({})", join(outside.empty() ? names : outside), covers)}};
  }
};

/// No key, and asked of every request: the same rows twice would count twice.
struct Once {
  bool operator==(const Once&) const = default;

  static Clauses clauses(const AccessRequest& request) {
    return {{"partitions", request.occur_again.empty(),
             request.occur_again.empty()
                 ? "each once in this run"
                 : "the same rows again: " + join(request.occur_again, "; ")}};
  }
};

}  // namespace bailiwick::terms
