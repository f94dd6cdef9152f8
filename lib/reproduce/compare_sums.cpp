// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/reproduce/compare_sums.hpp"

#include <filesystem>
#include <map>
#include <vector>

#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

struct Step {
  std::string name;
  Json sums;  ///< sum -> domain -> tag
};

/// What a session's report has, in its order; none of one that was killed, or is of an earlier
/// release.
std::vector<Step> tagged_steps(const std::string& path) {
  std::vector<Step> steps;
  if (!std::filesystem::exists(path)) return steps;
  const Json report = parse_json(read_file(path), path);
  for (const Json& step : report.value("tags", Json::array()))
    steps.push_back(
        {json_member<std::string>(step, "step", path), json_member<Json>(step, "sums", path)});
  return steps;
}

/// At most three sums, each with the domains of which it differs.
std::string differing(const Step& before, const Json& now, std::size_t& compared) {
  std::vector<std::string> all;
  for (const auto& [sum, tags] : before.sums.items()) {
    std::vector<std::string> domains;
    std::size_t both = 0;
    for (const auto& [domain, tag] : tags.items()) {
      const Json::json_pointer place = Json::json_pointer() / sum / domain;
      if (!now.contains(place)) continue;
      ++both;
      if (now.at(place) != tag) domains.push_back(printable(domain));
    }
    compared += both;
    if (domains.empty()) continue;
    const bool everybody = domains.size() == both && both > 1;
    all.push_back(fmt::format("\"{}\" of {}", printable(sum),
                              everybody ? "every domain" : join(domains, " and of ")));
  }
  constexpr std::size_t most = 3;
  if (all.size() > most) all = {all[0], all[1], fmt::format("{} more", all.size() - 2)};
  return join(all, ", ");
}

}  // namespace

ComparedSums compare_sums(const StageChain& chain, const std::string& folder, std::size_t sessions,
                          const std::string& again) {
  std::map<std::string, Json> now;
  for (const Step& step : tagged_steps(again + "/" + chain.session_file("egress", 1)))
    now[step.name] = step.sums;
  ComparedSums found;
  for (std::size_t session = 1; session <= sessions; ++session)
    for (const Step& step : tagged_steps(folder + "/" + chain.session_file("egress", session))) {
      const auto other = now.find(step.name);
      if (other == now.end() || !found.difference.empty()) continue;
      if (const std::string what = differing(step, other->second, found.compared); !what.empty())
        found.difference = fmt::format("{}: {}", printable(step.name), what);
    }
  return found;
}

}  // namespace bailiwick
