// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/core/instant.hpp"
#include "lib/policy/terms/term.hpp"

namespace bailiwick {

/// What whoever gets something out of the data has to do.
struct Duties {
  std::string attribute, inform, delete_by;   ///< empty: none
  std::vector<std::string> approved_by = {};  ///< ids of keys, one of which approves what leaves

  bool operator==(const Duties&) const = default;
};

template <class Visitor>
void schema(Visitor& v, Duties& duties) {
  v.key("attribute", duties.attribute, "Name the source with these words.", non_empty);
  v.key("inform", duties.inform, "Tell this party: an IRI, e.g. mailto:.", non_empty);
  v.key("delete_by", duties.delete_by,
        "Moment from which on a model must not be used: date and time with zone.", non_empty);
  v.key("approved_by", duties.approved_by,
        "Ids of keys: release wants the approval of a holder of one. Default: nobody's.",
        non_empty);
}

namespace terms {

struct DutyTerm {
  Duties duties;

  bool operator==(const DutyTerm&) const = default;

  void keys(auto& v) { v.key("duties", duties, "What comes with all that is released."); }
  void odrl(auto& o) {
    o.duty("attribute", {"bw:text", "Of the duty to attribute: the words to name the source with."},
           duties.attribute);
    o.duty("inform", {"informedParty"}, duties.inform);
    o.duty_before("delete", duties.delete_by);
    o.duty("obtainConsent", {"consentingParty", "", 3}, duties.approved_by,
           odrl::Names{"urn:bailiwick:key:"});
  }

  void check(PolicyProblems& problems) const {
    if (!duties.inform.empty()) problems.iris({duties.inform}, "duties.inform");
    if (!duties.delete_by.empty()) problems.moment(duties.delete_by, "duties.delete_by");
    for (std::size_t i = 0; i < duties.approved_by.size(); ++i)
      problems.key_id(duties.approved_by[i], fmt::format("duties.approved_by.{}", i));
    problems.check(!contains(duties.approved_by, ""), "duties.approved_by", "names an empty one");
    problems.distinct(duties.approved_by, "duties.approved_by");
  }

  /// What must be gone by now cannot be made any more.
  Clauses clauses(const AccessRequest& request) const {
    if (duties.delete_by.empty()) return {{"delete by", true, "no date"}};
    const auto now = parse_instant(request.now), end = parse_instant(duties.delete_by);
    return {{"delete by", now && end && *now < *end,
             fmt::format("{} (now {})", duties.delete_by, request.now)}};
  }
};

}  // namespace terms

}  // namespace bailiwick
