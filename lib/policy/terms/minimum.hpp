// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/policy/terms/term.hpp"

namespace bailiwick::terms {

/// The least company in which the rows may be used.
struct Minimum {
  std::uint64_t minimum_parties = 1;       ///< owners in the run
  std::uint64_t minimum_rows = 1;          ///< of this domain, in all that crosses
  std::uint64_t minimum_group_rows = 0;    ///< of this domain, in each group; 0: as minimum_rows
  std::uint64_t minimum_partner_rows = 1;  ///< of each other domain, in all that crosses
  std::uint64_t minimum_contributors = 1;  ///< owners in each number that crosses

  bool operator==(const Minimum&) const = default;

  void keys(auto& v) {
    v.section("minimum", "The least company in which the rows may be used.", [&](auto& s) {
      s.key("parties", minimum_parties, "Owners in the run, told by their keys.");
      s.key("rows", minimum_rows,
            "Rows of non-zero weight of the domain, in every round and step.");
      s.key("group_rows", minimum_group_rows,
            "Likewise in each level, class or stratum that a result tells of, or none. "
            "0: as rows.");
      s.key("partner_rows", minimum_partner_rows, "As rows, of every other owner's domains.");
      s.key("contributors", minimum_contributors,
            "Owners in every number that crosses and is not zero.");
    });
  }
  void odrl(auto& o) {
    o.constraint({"bw:parties", "How many owners' domains take part in the computation."}, "gteq",
                 minimum_parties, odrl::count);
    o.constraint({"bw:rows",
                  "How many rows this domain brings to the computation, and to all that "
                  "crosses in it."},
                 "gteq", minimum_rows, odrl::count);
    o.constraint({"bw:contributors",
                  "How many owners are not zero in a number that crosses and is "
                  "not zero."},
                 "gteq", minimum_contributors, odrl::count);
    o.optional_constraint({"bw:groupRows",
                           "How many rows of this domain each group has that a result tells of, "
                           "if it has any.",
                           2},
                          "gteq", minimum_group_rows, odrl::count);
    o.optional_constraint(
        {"bw:partnerRows", "How many rows every other owner's domain brings to all that crosses.",
         2},
        "gteq", minimum_partner_rows, odrl::count, 1);
  }

  void check(PolicyProblems& problems) const {
    problems.check(minimum_parties >= 1, "minimum.parties", "must be at least 1");
    problems.check(minimum_rows >= 1, "minimum.rows", "must be at least 1");
    problems.check(minimum_partner_rows >= 1, "minimum.partner_rows", "must be at least 1");
    problems.check(minimum_contributors >= 1, "minimum.contributors", "must be at least 1");
  }

  Clauses clauses(const AccessRequest& request) const {
    const std::string parties =
        request.domains > request.parties
            ? fmt::format("{} with keys of their own in this run of {} domains", request.parties,
                          request.domains)
            : fmt::format("{} in this run", request.parties);
    std::uint64_t rows = 0;
    for (const PartitionManifest& partition : request.partitions)
      rows += partition.rows;
    std::vector<std::string> few;
    for (const Partner& partner : request.partners)
      if (request.sums_cross && partner.rows < minimum_partner_rows)
        few.push_back(fmt::format("{} in domain {}", partner.rows, partner.domain));
    return {{"minimum parties", request.parties >= minimum_parties,
             fmt::format("{} (required: {})", parties, minimum_parties)},
            // Each round is asked again which numbers so many domains are in.
            {"minimum contributors", !request.sums_cross || request.parties >= minimum_contributors,
             fmt::format("at most {} (required: {})", parties, minimum_contributors)},
            {"minimum rows", rows >= minimum_rows,
             fmt::format("{} in this domain (required: {})", rows, minimum_rows)},
            {"minimum partner rows", few.empty(),
             fmt::format("{} (required: {})", few.empty() ? "as many in each" : join(few),
                         minimum_partner_rows)}};
  }
};

}  // namespace bailiwick::terms
