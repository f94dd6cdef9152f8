// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/partition.hpp"
#include "lib/boundary/boundary.hpp"
#include "lib/config/run_config.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/policy/gate.hpp"
#include "lib/runtime/session.hpp"
#include "lib/stages/access_log.hpp"
#include "lib/stages/places.hpp"

namespace bailiwick {

/// What every rank may know of a domain before a row is read: its signed manifests and policy.
struct DomainFacts {
  struct Partition {
    std::string name;
    std::uint64_t rows = 0;
    Digest root;
  };
  std::string name;
  std::string jurisdiction;
  Digest policy;
  std::string policy_uid;
  std::vector<Partition> partitions;
  std::vector<int> ranks;
  std::uint64_t minimum_contributors = 1;  ///< asked by the policy
  std::uint64_t maximum_runs = 0;
  Duties duties;
  std::uint64_t rows() const;
};

/// One of this rank's domains, admitted.
struct LocalDomain {
  std::size_t index = 0;  ///< in the run
  Admission admission;
  std::vector<std::string> paths;
  std::vector<PartitionManifest> manifests;
  BlockRange blocks;  ///< this rank's share, counted over the partitions in order
};

/// The verdict on one domain, for `check`.
struct Verdict {
  std::string domain;
  bool admitted = false;
  std::vector<Clause> clauses;
};

Json to_json(const std::vector<Clause>& clauses);

/// Blocks of a domain if its manifests can be read from here; 0 if not. For sharing out work
/// fairly: nothing else depends on it.
std::uint64_t visible_blocks(const DomainConfig& domain);

/// Reads the YAML on rank 0, broadcasts and parses it everywhere. Collective; ExitCode::config.
RunConfig load_run_config(const Communicator& world, const std::string& path,
                          const Overrides& overrides);

/// A run that every domain's policy has admitted. The way there (design, section 4, steps 1 to 3)
/// is the same for all stages: config, manifests, decomposition, policies, agreement.
class Run {
 public:
  /// Collective. Throws on all ranks alike; ExitCode::policy lists every domain's reasons. With
  /// `verdicts_only` a refusal does not throw and nothing may be read: for `check`.
  Run(Session& session, RunConfig config, std::vector<Action> actions, bool verdicts_only = false);

  const RunConfig& config() const { return config_; }
  const Communicator& world() const { return session_.world(); }
  /// Ranks that write files together; empty on the others.
  const Communicator& writers() const { return decomposition_->writers(); }
  Session& session() { return session_; }
  const Schema& schema() const { return schema_; }
  const std::vector<DomainFacts>& domains() const { return domains_; }
  const std::vector<LocalDomain>& local() const { return local_; }
  const std::vector<Verdict>& verdicts() const { return verdicts_; }
  const Site& site() const { return site_.site; }
  const std::vector<RankPlace>& places() const { return places_; }
  const DomainDecomposition& decomposition() const { return *decomposition_; }
  Boundary& boundary() { return *boundary_; }
  /// What the owners' access logs are told at the end.
  const std::shared_ptr<AccessOutcome>& outcome() { return outcome_; }

  /// Digest of the resolved config.
  const Digest& config_digest() const { return config_digest_; }
  /// The dependencies every statement names: config, program, policies, partitions.
  std::vector<Artefact> dependencies() const;
  std::uint64_t rows() const;
  /// "name: N rows of D domains on R ranks, P parameters".
  std::string headline(std::uint64_t rows, std::size_t parameters) const;

  /// From here on this rank holds these blocks of its d-th local domain, and other ranks the rest.
  void hold(std::size_t d, BlockRange blocks) { local_[d].blocks = blocks; }

 private:
  void find_places();
  bool several_sums(const std::vector<Action>& actions) const;
  void check_splits() const;
  void log_decisions(const std::vector<Action>& actions, bool admitted) const;
  void start_masks();
  void decide(const std::vector<Action>& actions, bool verdicts_only);

  Session& session_;
  RunConfig config_;
  Digest config_digest_;
  OpenedSite site_;
  std::vector<RankPlace> places_;  ///< of every rank
  std::optional<DomainDecomposition> decomposition_;
  std::optional<Boundary> boundary_;
  std::vector<LocalDomain> local_;
  std::vector<DomainFacts> domains_;
  std::vector<Verdict> verdicts_;
  Schema schema_;
  std::shared_ptr<AccessOutcome> outcome_ =
      std::make_shared<AccessOutcome>();  ///< the session's, too
};

}  // namespace bailiwick
