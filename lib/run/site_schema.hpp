// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// Internal to the configs: the keys of a site, alone in its file or inside a run.

#include "lib/config/rules.hpp"
#include "lib/domain/site.hpp"

namespace bailiwick {

// A node of the site: its name or pattern, and its place.
template <class Visitor>
void schema(Visitor& v, std::pair<std::string, std::string>& node) {
  v.key("match", node.first, "Name of nodes; * stands for any text.", required, non_empty,
        one_line);
  v.key("jurisdiction", node.second, "Where they lie, by ISO 3166: CH, or CH-ZH.", required,
        a_jurisdiction);
}

inline constexpr Matching an_absolute_path{is_absolute_path, "an absolute path"};

template <class Visitor>
void schema(Visitor& v, SlurmAccess& slurm) {
  v.key("scontrol", slurm.scontrol, "Slurm's program scontrol; an absolute path.",
        an_absolute_path);
  v.key("conf", slurm.conf, "Its configuration, slurm.conf; an absolute path.", an_absolute_path);
}

template <class Visitor, class... Rules>
void site_keys(Visitor& v, Site& site, const Rules&... rules) {
  v.key("name", site.name, "What people call the site; one line.", rules..., required, non_empty,
        one_line);
  v.key("nodes", site.nodes, "Nodes, by name, and where they lie; all that match must agree.",
        rules...);
  v.key("slurm_features", site.slurm_features,
        "Features that Slurm has of nodes, and where such nodes lie.", rules..., a_jurisdiction);
  v.key("slurm", site.slurm, "How Slurm is asked for features, if not as the system would.",
        rules...);
  if (exclusion(rules...) != nullptr) return;
  v.check(!site.slurm || !site.slurm_features.empty(), "slurm", "only used with slurm_features");
  v.check(!site.nodes.empty() || !site.slurm_features.empty(), "nodes",
          "say where nodes lie, by nodes or slurm_features");
  for (const auto& [feature, jurisdiction] : site.slurm_features)
    v.check(one_line(feature).empty(), "slurm_features", one_line(feature));
}

}  // namespace bailiwick
