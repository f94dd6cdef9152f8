// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/domain/site.hpp"
#include "lib/core/json.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace bailiwick;

/// A site file that is accepted says nothing that was not understood.
void look_at(const std::string& input) {
  const Json json = parse_json(input, "site");
  const Site site = site_from_json(json, "site");
  require(to_json(site) == json);
  site.place_of("node-1", {"de", "fr"});
}
