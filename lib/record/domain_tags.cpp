// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/domain_tags.hpp"

#include "lib/core/json.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/run/inputs.hpp"
#include "lib/run/labels.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

void start_tags(Run& run) {
  // With what was given: else two configs could be told apart, or not, by one domain's sums.
  // Without the domains, whose files may have other names the next time; with the labels, which
  // may be others under the same name.
  RunConfig config = run.config();
  config.domains.clear();
  std::string given = given_by(config, true);
  if (run.labels() != nullptr) given += "\n" + run.labels()->result.hex();
  run.boundary().start_tags({run.local().size(), [&run, given = std::move(given)](std::size_t d) {
                               return run.local()[d].derive(
                                   "bailiwick tags v1 " +
                                   sha256(given + "\n" + run.name_of(d)).hex());
                             }});
}

Json own_tags(const Run& run) {
  Json steps = Json::array();
  if (run.boundary().tags() == nullptr) return steps;
  for (const SumTags::Step& step : run.boundary().tags()->steps()) {
    Json domains = Json::object();
    for (std::size_t d = 0; d < step.tags.size(); ++d)
      if (run.boundary().leads(d)) domains[run.name_of(d)] = step.tags[d];
    steps.push_back({step.name, domains});
  }
  return steps;
}

Json merge_tags(const std::vector<Json>& ranks) {
  Json steps = Json::array();
  for (std::size_t i = 0; i < ranks.front().size(); ++i) {  // all ranks end the same steps
    Json sums = Json::object();
    for (const Json& rank : ranks)
      for (const auto& [domain, tags] : rank[i][1].items())
        for (const auto& [sum, tag] : tags.items())
          sums[sum][domain] = tag;
    steps.push_back({{"step", ranks.front()[i][0]}, {"sums", sums}});
  }
  return steps;
}

}  // namespace bailiwick
