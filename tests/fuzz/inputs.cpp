// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/inputs.hpp"
#include "lib/core/json.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace bailiwick;

/// Inputs that are accepted say nothing that was not understood.
void look_at(const std::string& input) {
  const Inputs inputs = inputs_from_json(parse_json(input, "inputs"), "inputs");
  const Json json = to_json(inputs);
  require(to_json(inputs_from_json(json, "inputs")) == json);
}
