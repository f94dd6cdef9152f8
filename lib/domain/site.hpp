// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/core/json_fwd.hpp"

namespace bailiwick {

/// True if `text` matches `pattern`, in which `*` stands for any run of characters.
bool matches(std::string_view pattern, std::string_view text);

/// True of a country that ISO 3166-1 has, alpha-2, or something of the form of a subdivision of it:
/// "DE", "US-NC".
bool is_jurisdiction(std::string_view code);

/// What to write instead of a text that is no jurisdiction.
std::string jurisdiction_form(const std::string& text);

/// True if `place` lies in `area`: equal, or a subdivision of it.
bool lies_in(const std::string& place, const std::string& area);

/// True if it does, or may: of a place that is known no closer than an area around `area`.
bool may_lie_within(const std::string& place, const std::string& area);

/// Throws ExitCode::config unless is_jurisdiction(code).
void check_jurisdiction(const std::string& code, const std::string& where);

/// Whom to ask for Slurm's features: absolute paths; where there is none, as the system has it.
struct SlurmAccess {
  std::optional<std::string> scontrol;  ///< the program
  std::optional<std::string> conf;      ///< its configuration, slurm.conf

  bool operator==(const SlurmAccess&) const = default;
};

/// True of a path that the working folder does not change, and that a message may show.
bool is_absolute_path(const std::string& path);

/// Which node lies in which jurisdiction, as the site declares it.
struct Site {
  std::string name;
  /// Node name, or pattern with `*`, and its jurisdiction.
  std::vector<std::pair<std::string, std::string>> nodes;
  /// Feature that Slurm has of a node, and its jurisdiction.
  std::map<std::string, std::string> slurm_features;
  std::optional<SlurmAccess> slurm;

  bool operator==(const Site&) const = default;

  /// Jurisdiction of a node by its name and Slurm's features of it; empty if undeclared. Throws
  /// ExitCode::policy if two declarations that apply to the node disagree.
  std::string place_of(const std::string& node,
                       const std::vector<std::string>& features = {}) const;
};

inline constexpr const char* site_type = "application/vnd.bailiwick.site.v1+json";

/// The form that is signed (docs/site.md).
Json to_json(const Site& site);
/// Fails closed: what is not understood throws ExitCode::policy.
Site site_from_json(const Json& json, const std::string& what);

}  // namespace bailiwick
