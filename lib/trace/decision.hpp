// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/lineage/statement.hpp"

namespace bailiwick {

/// What somebody signed about something that a chain speaks of: an approval, a refusal or a
/// withdrawal in an output folder, or what became of a model in a registry.
struct FoundDecision {
  std::string word;   ///< approved, refused, withdrawn; candidate, deployed, retired
  std::string about;  ///< "model.h5", "intent"; "NAME of REGISTRY, version VERSION"
  std::string time, by, reason;
  std::string at;      ///< FILE:LINE
  std::string key;     ///< id; the signature holds under it
  bool known = false;  ///< that key was given
  /// Of the thing: bytes of a file or payload of an intent; of a model in a registry its content.
  std::optional<Digest> sha256, content;

  bool is_about(const Statement& statement) const;
};

/// The lines of approvals.jsonl of a folder, and of all names of a registry, the oldest first.
/// Throws ExitCode::integrity of what does not hold.
std::vector<FoundDecision> approvals_in(const std::string& folder, std::span<const PublicKey> keys);
std::vector<FoundDecision> deployments_in(const std::string& registry,
                                          std::span<const PublicKey> keys);

}  // namespace bailiwick
