// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "lib/domain/site.hpp"
#include "lib/policy/iri.hpp"
#include "lib/policy/purposes.hpp"
#include "lib/policy/terms/term.hpp"

namespace bailiwick {

/// What is forbidden though it may be permitted elsewhere: requests that meet all conditions named
/// here.
struct Prohibition {
  std::optional<Action> action;
  std::vector<std::string> purposes, jurisdictions, recipients;  ///< empty: any

  bool operator==(const Prohibition&) const = default;

  void odrl(auto& o) {
    o.optional_constraint({"purpose"}, "isAnyOf", purposes, odrl::iris);
    o.optional_constraint({"spatial"}, "isAnyOf", jurisdictions, odrl::places);
    o.optional_constraint({"recipient"}, "isAnyOf", recipients, odrl::iris);
  }
};

template <class Visitor>
void schema(Visitor& v, Prohibition& prohibition) {
  v.key("action", prohibition.action, "What may not be done; default: anything.");
  v.key("purposes", prohibition.purposes, "For any of these purposes, and what is narrower.",
        non_empty);
  v.key("where", prohibition.jurisdictions, "On any node in these places.", non_empty);
  v.key("recipients", prohibition.recipients, "For any of these recipients.", non_empty);
}

namespace terms {

struct Forbid {
  std::vector<Prohibition> prohibitions;

  bool operator==(const Forbid&) const = default;

  void keys(auto& v) {
    v.key("forbid", prohibitions,
          "What is refused though permitted: requests that meet all that one entry names.");
  }

  void check(PolicyProblems& problems) const {
    for (std::size_t i = 0; i < prohibitions.size(); ++i) {
      const Prohibition& prohibition = prohibitions[i];
      const std::string key = fmt::format("forbid.{}", i);
      problems.check(prohibition != Prohibition(), key,
                     "forbids everything; name an action, purposes, places or recipients");
      problems.purposes(prohibition.purposes, key + ".purposes");
      problems.places(prohibition.jurisdictions, key + ".where");
      problems.iris(prohibition.recipients, key + ".recipients");
    }
    problems.distinct(prohibitions, "forbid");
  }

  /// Deny wins: one prohibition that the request meets in all it names refuses.
  Clauses clauses(const AccessRequest& request) const {
    std::vector<std::string> met;
    for (const Prohibition& prohibition : prohibitions)
      if (const std::string why = meets(request, prohibition); !why.empty()) met.push_back(why);
    return {{"forbidden", met.empty(),
             met.empty() ? fmt::format("by none of {} prohibitions", prohibitions.size())
                         : join(met, "; ")}};
  }

 private:
  /// What of the request the prohibition names; empty if it does not meet all.
  static std::string meets(const AccessRequest& request, const Prohibition& prohibition) {
    std::vector<std::string> why;
    bool all = true;
    const auto name = [&](const char* what, const std::vector<std::string>& list, const auto& hit) {
      const auto found = std::ranges::find_if(list, hit);
      if (found != list.end()) why.push_back(fmt::format("{} {}", what, *found));
      all = all && (list.empty() || found != list.end());
    };
    if (prohibition.action) why.push_back("action " + to_word(*prohibition.action));
    if (prohibition.action && !contains(request.actions, *prohibition.action)) all = false;
    name("purpose", prohibition.purposes,
         [&](const std::string& area) { return may_be_within(request.purpose, area); });
    name("place", prohibition.jurisdictions, [&](const std::string& area) {
      return std::ranges::any_of(
          request.places, [&](const std::string& place) { return may_lie_within(place, area); });
    });
    name("recipient", prohibition.recipients, [&](const std::string& forbidden) {
      return std::ranges::any_of(request.recipients, [&](const std::string& recipient) {
        return may_lie_in(recipient, forbidden);
      });
    });
    return all ? join(why, " and ") : "";
  }
};

}  // namespace terms

}  // namespace bailiwick
