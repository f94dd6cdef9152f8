// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/site_yaml.hpp"
#include "lib/core/json.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace bailiwick;

/// What a site may write can be signed and read back.
void look_at(const std::string& input) {
  const Site site = parse_site_yaml(input, "site.yaml");
  require(site_from_json(to_json(site), "site") == site);
}
