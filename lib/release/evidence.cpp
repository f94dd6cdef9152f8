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
    if (result.approval)
      list.push_back({{"digest", result.approval->entry.digest.hex()},
                      {"file", result.file},
                      {"by", result.approval->by},
                      {"reason", result.approval->reason},
                      {"key", result.approval->entry.signer},
                      {"time", result.approval->entry.time}});
  return list;
}

}  // namespace bailiwick
