// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/core/instant.hpp"
#include "lib/policy/terms/term.hpp"

namespace bailiwick {

/// What whoever gets something out of the data has to do.
struct Duties {
  std::string attribute, inform, delete_by;  ///< empty: none

  bool operator==(const Duties&) const = default;
};

template <class Visitor>
void schema(Visitor& v, Duties& duties) {
  v.key("attribute", duties.attribute, "Name the source with these words.", non_empty);
  v.key("inform", duties.inform, "Tell this party: an IRI, e.g. mailto:.", non_empty);
  v.key("delete_by", duties.delete_by,
        "Moment from which on a model must not be used: date and time with zone.", non_empty);
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
  }

  void check(PolicyProblems& problems) const {
    if (!duties.inform.empty()) problems.iris({duties.inform}, "duties.inform");
    if (!duties.delete_by.empty()) problems.moment(duties.delete_by, "duties.delete_by");
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
