// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/core/json_fwd.hpp"
#include "lib/domain/schema.hpp"
#include "lib/policy/terms/duties.hpp"

namespace bailiwick {

struct Documents;

/// What every rank may know of a domain before a row is read: its signed manifests and policy.
struct DomainFacts {
  struct Partition {
    std::string name;
    std::uint64_t rows = 0;
    Digest root;
    std::uint64_t rows_to_train = 0;  ///< of train.split
    std::uint64_t blocks = 0;         ///< as stored
  };
  std::string name;
  std::string jurisdiction;
  Digest policy;
  std::string policy_uid;
  std::uint64_t policy_serial = 0;
  std::vector<std::string> public_keys;  ///< PEM, of the config
  std::vector<std::string> owners;       ///< ids of those that signed the policy
  std::size_t owner = 0;                 ///< equal in domains of one owner
  bool limits_partners = false;          ///< the policy says who else may take part
  std::uint64_t minimum_partner_rows = 1;
  std::vector<Partition> partitions;
  std::vector<int> ranks;
  std::uint64_t minimum_contributors = 1;  ///< asked by the policy
  std::uint64_t minimum_parties = 1;       ///< likewise
  bool two_parties = false;                ///< likewise allowed: sums of two
  std::uint64_t maximum_runs = 0;
  std::optional<std::uint64_t> colluders;  ///< that the policy reckons with; none: all others
  Duties duties;
  std::string reservation;  ///< in the owner's budget, of a run with noise: digest of the line
  Schema schema;
  std::uint64_t rows() const;
  std::uint64_t rows_to_train() const;
};

/// Of a domain's documents; `train_split` says which rows are to be trained on.
DomainFacts facts_of(const Documents& documents, const std::string& train_split);

/// From rank to rank: all that the documents say, not what the run adds (name, jurisdiction, ranks,
/// number of the owner).
Json to_json(const DomainFacts& facts);
DomainFacts facts_from_json(const Json& json);

}  // namespace bailiwick
