// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/json.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace bailiwick;

void look_at(const std::string& input) {
  const PartitionManifest manifest = manifest_from_json(parse_json(input, "manifest"), "manifest");
  require(manifest_from_json(to_json(manifest), "again") == manifest);
}
