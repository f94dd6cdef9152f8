// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/decisions.hpp"

#include <filesystem>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/policy/instant.hpp"
#include "lib/stages/restart.hpp"
#include "lib/stages/run_record.hpp"

namespace bailiwick {

std::string decisions_json(const Run& run) {
  Json domains = Json::array();
  for (std::size_t i = 0; i < run.domains().size(); ++i) {
    const DomainFacts& facts = run.domains()[i];
    const Duties& duties = facts.duties;
    Json owed = Json::object();
    if (!duties.attribute.empty()) owed["attribute"] = duties.attribute;
    if (!duties.inform.empty()) owed["inform"] = duties.inform;
    if (!duties.delete_by.empty()) owed["delete_by"] = duties.delete_by;
    domains.push_back({{"domain", facts.name},
                       {"policy",
                        {{"uid", facts.policy_uid},
                         {"serial", facts.policy_serial},
                         {"sha256", facts.policy.hex()}}},
                       {"owners", facts.owners},
                       {"admitted", run.verdicts()[i].admitted},
                       {"clauses", to_json(run.verdicts()[i].clauses)},
                       {"duties", owed}});
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

std::string words_of(const Duties& duties) {
  std::vector<std::string> words;
  if (!duties.attribute.empty()) words.push_back("attribute to " + duties.attribute);
  if (!duties.inform.empty()) words.push_back("inform " + duties.inform);
  if (!duties.delete_by.empty()) words.push_back("delete by " + duties.delete_by);
  return join(words);
}

void check_duties(const std::string& model_path, const std::string& now) {
  std::filesystem::path folder = std::filesystem::absolute(model_path).parent_path();
  if (folder.filename() / "" == checkpoints_folder) folder = folder.parent_path();
  for (std::size_t session = 1;; ++session) {
    const std::string path = folder / session_file("decisions", session);
    if (!std::filesystem::exists(path)) return;
    const Json decisions = parse_json(read_file(path), path);
    for (const Json& domain : decisions.at("domains")) {
      const std::string end = domain.at("duties").value("delete_by", "");
      const auto instant = parse_instant(end);
      if (instant && *parse_instant(now) >= *instant)
        throw Error(ExitCode::policy,
                    "{}: must have been deleted by {}: a duty of the policy of domain {} (now {})",
                    model_path, end, domain.at("domain").get<std::string>(), now);
    }
  }
}

}  // namespace bailiwick
