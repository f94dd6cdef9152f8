// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>

#include "lib/policy/terms/term.hpp"

namespace bailiwick::terms {

/// The owner's own folder (lib/owner/registry.hpp): the terms now in force, the log of access and
/// what was withdrawn; and what is counted there.
struct Registry {
  std::string registry;            ///< an absolute path; empty: there is none
  std::uint64_t serial = 0;        ///< grows with each version of the terms; 0: not counted
  std::uint64_t maximum_runs = 0;  ///< admitted under this policy; 0: any number

  bool operator==(const Registry&) const = default;

  void keys(auto& v) {
    v.key("registry", registry,
          "The owner's folder that says which policy is in force; an absolute path. Needs serial.",
          non_empty);
    v.key("serial", serial, "Number of these terms: of two the higher is newer. 0: none.");
    v.section("maximum", "How often the rows may be used.", [&](auto& s) {
      s.key("runs", maximum_runs,
            "Runs admitted under these terms, counted in the registry. 0: any number.");
    });
  }
  void odrl(auto& o) {
    o.optional_constraint(
        {"bw:registry",
         "The owner's folder where the policy in force, what was withdrawn, and the log "
         "of access lie.",
         2},
        "eq", registry, odrl::text);
    o.of_offer({"bw:serial", "Of an offer: grows with every version of the owner's terms.", 2},
               serial, odrl::count);
    o.optional_constraint({"count"}, "lteq", maximum_runs, odrl::count);
  }

  void check(PolicyProblems& problems) const {
    const std::filesystem::path path(registry);
    const bool plain =
        path.is_absolute() && path == path.lexically_normal() &&
        std::ranges::none_of(registry, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    problems.check(registry.empty() || plain, "registry",
                   fmt::format("\"{}\" is not the absolute path of a folder, without \".\", \"..\" "
                               "and control characters",
                               registry));
    problems.check(registry.empty() || serial > 0, "serial",
                   "must be given with a registry, which holds the policy with the highest");
  }

  Clauses clauses(const AccessRequest& request) const {
    const std::string problem = registry.empty() ? "" : problem_of(request);
    Clauses both = {
        {"registry", problem.empty(),
         registry.empty()
             ? "none is bound"
             : fmt::format(
                   "{}: {}", registry,
                   problem.empty() ? fmt::format("serial {} is in force", serial) : problem)}};
    if (maximum_runs == 0)
      both.push_back({"maximum runs", true, "no limit"});
    else if (registry.empty())
      both.push_back(
          {"maximum runs", false,
           fmt::format("not counted, as the policy binds no registry (at most {})", maximum_runs)});
    else
      both.push_back({"maximum runs", request.runs < maximum_runs,
                      fmt::format("{} before this one (at most {})", request.runs, maximum_runs)});
    return both;
  }

 private:
  std::string problem_of(const AccessRequest& request) const {
    const RegistryFacts& facts = request.registry;
    if (!facts.problem.empty()) return facts.problem;
    if (facts.current != request.policy)
      return fmt::format("the policy in force there has serial {}, this one {}", facts.serial,
                         serial);
    if (facts.highest_serial > serial)
      return fmt::format("serial {} was in force before, this one has {}", facts.highest_serial,
                         serial);
    std::vector<std::string> withdrawn;
    if (contains(facts.withdrawn, request.policy)) withdrawn.push_back("this policy");
    for (const PartitionManifest& partition : request.partitions)
      if (contains(facts.withdrawn, partition.root.hex()))
        withdrawn.push_back("partition " + partition.name);
    return withdrawn.empty() ? "" : join(withdrawn) + ": withdrawn";
  }
};

}  // namespace bailiwick::terms
