// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/decisions.hpp"

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

Json duties_json(const Duties& duties) {
  Json owed = Json::object();
  if (!duties.attribute.empty()) owed["attribute"] = duties.attribute;
  if (!duties.inform.empty()) owed["inform"] = duties.inform;
  if (!duties.delete_by.empty()) owed["delete_by"] = duties.delete_by;
  if (!duties.approved_by.empty()) owed["approved_by"] = duties.approved_by;
  return owed;
}

std::string decisions_json(const Run& run) {
  Json domains = Json::array();
  for (std::size_t i = 0; i < run.domains().size(); ++i) {
    const DomainFacts& facts = run.domains()[i];
    domains.push_back({{"domain", facts.name},
                       {"policy",
                        {{"uid", facts.policy_uid},
                         {"serial", facts.policy_serial},
                         {"sha256", facts.policy.hex()}}},
                       {"owners", facts.owners},
                       {"ranks", facts.ranks},
                       {"admitted", run.verdicts()[i].admitted()},
                       {"clauses", to_json(run.verdicts()[i].clauses)},
                       {"duties", duties_json(facts.duties)}});
    if (!facts.reservation.empty()) domains.back()["reservation"] = facts.reservation;
  }
  Json ranks = Json::array();
  for (const RankPlace& rank : run.places())
    ranks.push_back({{"node", rank.node}, {"place", rank.place}});
  const Json all = {{"format", "bailiwick-decisions"},
                    {"version", 1},
                    {"site", run.site().name},
                    {"ranks", ranks},
                    {"domains", domains}};
  return all.dump(2) + "\n";
}

std::string duties_in_words(const Duties& duties) {
  std::vector<std::string> words;
  if (!duties.attribute.empty()) words.push_back("attribute to " + duties.attribute);
  if (!duties.inform.empty()) words.push_back("inform " + duties.inform);
  if (!duties.delete_by.empty()) words.push_back("delete by " + duties.delete_by);
  if (!duties.approved_by.empty())
    words.push_back("have its release approved by " + join(duties.approved_by, " or "));
  return join(words);
}

}  // namespace bailiwick
