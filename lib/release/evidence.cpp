// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/release/evidence.hpp"

#include "lib/folder/facts.hpp"

namespace bailiwick {

Json check_json(const LogEntry& check, bool enclosed) {
  return {{"digest", check.digest.hex()},
          {"by", fact_text(check.said, "by")},
          {"key", check.signer},
          {"time", check.time},
          {"verdict", fact_text(check.said, "verdict")},
          {"thresholds", fact_list(check.said, "thresholds")},
          {"enclosed", enclosed}};
}

Json approvals_json(const std::vector<Leaving>& leaving) {
  Json list = Json::array();
  for (const Leaving& result : leaving)
    for (const Approval& approval : result.approvals)
      list.push_back({{"digest", approval.entry.digest.hex()},
                      {"file", result.file},
                      {"by", approval.by},
                      {"reason", approval.reason},
                      {"key", approval.entry.signer},
                      {"time", approval.entry.time}});
  return list;
}

}  // namespace bailiwick
