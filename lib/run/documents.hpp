// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "lib/policy/gate.hpp"
#include "lib/policy/policy.hpp"
#include "lib/run/config/run_config.hpp"

namespace bailiwick {

/// A domain's terms, and whose they are.
struct SignedPolicy {
  Policy policy;
  Digest digest;                    ///< of what was signed
  std::vector<std::string> owners;  ///< ids of those of the domain's keys that signed it
};

/// Throws `code` naming the file unless `path` is a policy that one of `keys` signed, and none of
/// them to no effect.
SignedPolicy open_policy(const std::string& path, std::span<const PublicKey> keys,
                         ExitCode code = ExitCode::policy);

/// A domain's manifests, policy and registry, opened and verified on its own ranks.
struct Documents {
  std::vector<PublicKey> keys;               ///< that the config gives the domain
  std::vector<std::string> paths;            ///< of the partitions, as files_named() finds them
  std::vector<PartitionManifest> manifests;  ///< of each; all of one schema
  Policy policy;
  Digest policy_digest;
  std::vector<std::string> owners;  ///< ids of the keys that signed the policy
  RegistryFacts registry;
  std::optional<std::string> access_log;
};

/// Those of the domain's keys that signed its policy: only they speak for its owner.
std::vector<PublicKey> owner_keys(const Documents& documents);

/// Not collective. Throws ExitCode::policy, ExitCode::integrity and ExitCode::data naming the file.
Documents open_documents(const DomainConfig& domain);

/// Whose each domain is: the number of the first domain that has a key in common with it, directly
/// or through others. `keys`: ids of the keys that signed each domain's policy.
std::vector<std::size_t> owners_of(const std::vector<std::vector<std::string>>& keys);

}  // namespace bailiwick
