// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/policy.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace bailiwick;

/// A policy that is accepted says nothing that was not understood.
void look_at(const std::string& input) {
  const Json json = parse_json(input, "policy");
  require(to_odrl(policy_from_odrl(json, "policy")) == json);
}
