// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "lib/core/json.hpp"
#include "lib/policy/policy.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace bailiwick;

namespace {

/// Every list in one order.
Json sorted(Json json) {
  for (Json& item : json)
    if (item.is_structured()) item = sorted(item);
  if (json.is_array()) std::sort(json.begin(), json.end());
  return json;
}

}  // namespace

/// A policy that is accepted says nothing that was not understood.
void look_at(const std::string& input) {
  const Json json = parse_json(input, "policy");
  require(sorted(to_odrl(policy_from_odrl(json, "policy"))) == sorted(json));
}
