// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/verdict.hpp"
#include "lib/core/json.hpp"

#include <algorithm>

namespace bailiwick {

bool Verdict::admitted() const {
  return std::ranges::all_of(clauses, &Clause::holds);
}

Json to_json(const std::vector<Clause>& clauses) {
  Json list = Json::array();
  for (const Clause& clause : clauses)
    list.push_back({{"rule", clause.rule}, {"holds", clause.holds}, {"detail", clause.detail}});
  return list;
}

std::vector<Clause> clauses_from_json(const Json& list, const std::string& what) {
  std::vector<Clause> clauses;
  for (const Json& clause : list)
    clauses.push_back({json_member<std::string>(clause, "rule", what),
                       json_member<bool>(clause, "holds", what),
                       json_member<std::string>(clause, "detail", what)});
  return clauses;
}

}  // namespace bailiwick
