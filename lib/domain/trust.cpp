// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/domain/trust.hpp"
#include "lib/core/json.hpp"

namespace bailiwick {

Json to_json(const TrustList& list) {
  return {{"format", "bailiwick-trust"},
          {"version", 1},
          {"name", list.name},
          {"valid_until", list.valid_until},
          {"keys", list.keys}};
}

TrustList trust_from_json(const Json& json, const std::string& what) {
  TrustList list;
  try {
    list.name = json.at("name").get<std::string>();
    list.valid_until = json.at("valid_until").get<std::string>();
    list.keys = json.at("keys").get<std::vector<std::string>>();
  } catch (const Json::exception&) {
    throw Error(ExitCode::policy, "{}: not a trust's list that this version understands", what);
  }
  // Understood, if writing down what was understood gives the same.
  if (to_json(list) != json)
    throw Error(ExitCode::policy,
                "{}: not a trust's list that this version understands: it has more members", what);
  return list;
}

}  // namespace bailiwick
