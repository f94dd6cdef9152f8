// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/policy_yaml.hpp"
#include "lib/core/json.hpp"
#include "lib/policy/policy.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace bailiwick;

/// What an owner may write can be signed and read back.
void look_at(const std::string& input) {
  const Policy policy = parse_policy_yaml(input, "policy.yaml");
  require(policy_from_odrl(to_odrl(policy), "policy") == policy);
}
