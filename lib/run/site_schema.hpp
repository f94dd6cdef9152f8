// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// Internal to the configs: the keys of a site, alone in its file or inside a run.

#include "lib/config/reader.hpp"
#include "lib/domain/site.hpp"

namespace bailiwick {

// A node of the site: its name or pattern, and its place.
template <class Visitor>
void schema(Visitor& v, std::pair<std::string, std::string>& node) {
  v.key("match", node.first, required, non_empty, one_line);
  v.key("jurisdiction", node.second, required, a_jurisdiction);
}

template <class Visitor>
void site_keys(Visitor& v, Site& site) {
  v.key("name", site.name, required, non_empty, one_line);
  v.key("nodes", site.nodes);
  v.key("slurm_features", site.slurm_features, a_jurisdiction);
  v.check(!site.nodes.empty() || !site.slurm_features.empty(), "nodes",
          "say where nodes lie, by nodes or slurm_features");
  for (const auto& [feature, jurisdiction] : site.slurm_features)
    v.check(one_line(feature).empty(), "slurm_features", one_line(feature));
}

}  // namespace bailiwick
