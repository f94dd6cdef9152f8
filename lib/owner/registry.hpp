// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/digest.hpp"
#include "lib/core/json_fwd.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/policy/gate.hpp"
#include "lib/policy/policy.hpp"

namespace bailiwick {

/// The folder in an owner's hands that its policy binds (docs/registry.md): which policy is in
/// force, who asked for the data, and what was withdrawn. A run uses it where it lies, or is
/// refused. Not collective.
class Registry {
 public:
  explicit Registry(std::string folder) : folder_(std::move(folder)) {}

  std::string current_policy() const { return folder_ + "/current.policy.json"; }
  std::string access_log() const { return folder_ + "/access-log.jsonl"; }
  std::string budget() const { return folder_ + "/budget.jsonl"; }
  std::string withdrawn() const { return folder_ + "/withdrawn.jsonl"; }

  /// What it says now; `keys` are the owner's. What cannot be read is `problem`.
  RegistryFacts look(std::span<const PublicKey> keys) const;

  /// Lines of what is withdrawn, each an object with a digest. Throws ExitCode::data.
  std::vector<Json> withdrawals() const;

  /// Puts a signed policy (the bytes of its file) in force. Throws ExitCode::policy if one with a
  /// serial that is not lower is in force.
  void publish(const std::string& signed_policy, const Policy& policy,
               std::span<const PublicKey> keys) const;

  /// Says that a policy, partition root or model is not to be used any more.
  void withdraw(const Digest& what, const std::string& reason) const;

 private:
  std::string folder_;
};

}  // namespace bailiwick
