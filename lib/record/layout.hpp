// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

// What lies where in an output folder.
namespace bailiwick {

/// Within the output folder.
inline constexpr const char* checkpoints_folder = "checkpoints/";

/// Beside `lineage.jsonl` lies `resolved.yaml`, beside `evaluation.jsonl`
/// `evaluation.resolved.yaml`.
inline std::string resolved_config_path(const std::string& folder, const std::string& stem) {
  return folder + (stem == "lineage" ? "/resolved.yaml" : "/" + stem + ".resolved.yaml");
}

}  // namespace bailiwick
