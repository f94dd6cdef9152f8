// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/boundary/boundary.hpp"
#include "lib/core/json_fwd.hpp"
#include "lib/policy/gate.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/run/facts.hpp"
#include "lib/run/local_domain.hpp"
#include "lib/run/places.hpp"
#include "lib/run/stage_use.hpp"
#include "lib/run/verdict.hpp"
#include "lib/runtime/session.hpp"

namespace bailiwick {

struct Artefact;
class AccessOutcome;
class Spending;
struct Documents;
struct Inputs;
struct StatedLabels;

/// Blocks of a domain if its manifests can be read from here; 0 if not. For sharing out work
/// fairly: nothing else depends on it.
std::uint64_t visible_blocks(const DomainConfig& domain);

/// Reads the YAML on rank 0, broadcasts and parses it everywhere. Collective; ExitCode::config.
RunConfig load_run_config(const Communicator& world, const std::string& path,
                          const Language& language, const Overrides& overrides);

/// A run that every domain's policy has admitted. The way there (design, section 4, steps 1 to 3)
/// is the same for all stages: config, manifests, decomposition, policies, agreement.
class Run {
 public:
  /// Collective. Throws on all ranks alike; ExitCode::policy lists every domain's reasons. With
  /// `verdicts_only` a refusal does not throw and nothing may be read: for `check`.
  Run(Session& session, RunConfig config, StageUse use, bool verdicts_only = false);
  ~Run();

  const RunConfig& config() const { return config_; }
  /// When this rank began, before any policy was asked.
  const std::string& started() const { return started_; }
  const Communicator& world() const { return session_.world(); }
  /// Ranks that write files together; empty on the others.
  const Communicator& writers() const { return decomposition_->writers(); }
  Session& session() { return session_; }
  const Schema& schema() const { return domains_.front().schema; }
  const std::vector<DomainFacts>& domains() const { return domains_; }
  const std::vector<LocalDomain>& local() const { return local_; }
  /// Of the d-th local domain.
  const std::string& name_of(std::size_t d) const { return domains_[local_[d].index].name; }
  /// PEM file of the private key that signs what stays with it: its own, or else the operator's.
  const std::string& key_at_home(std::size_t d) const;
  const std::vector<Verdict>& verdicts() const { return verdicts_; }
  /// The first moment at which what comes of this run must be gone, by the policies and by what it
  /// goes on from; empty: never.
  const std::string& delete_by() const { return delete_by_; }
  void delete_by(const std::string& moment);
  /// Throws ExitCode::policy if an owner on this rank has withdrawn `what`, or `moment` is over.
  void check_usable(const std::string& path, const Digest& what, const std::string& moment) const;
  const Site& site() const { return site_.site; }
  /// Of model.labels; null without.
  const StatedLabels* labels() const { return labels_.get(); }
  const std::vector<RankPlace>& places() const { return places_; }
  const DomainDecomposition& decomposition() const { return *decomposition_; }
  Boundary& boundary() { return *boundary_; }
  const Boundary& boundary() const { return *boundary_; }
  /// What the owners' access logs are told at the end.
  const std::shared_ptr<AccessOutcome>& outcome() { return outcome_; }

  /// Digest of the resolved config.
  const Digest& config_digest() const { return config_digest_; }
  /// The dependencies every statement names: what went in, and the libraries of this rank.
  std::vector<Artefact> dependencies() const;
  /// Config, site, program, policies, partitions: the same on every rank.
  std::vector<Artefact> common_dependencies() const;
  /// What this session is to do.
  const Inputs& inputs() const { return *inputs_; }
  /// Of a training: what its model must say of itself.
  void state_model(const Json& model);
  std::uint64_t rows() const;
  /// Different owners, of one domain or several.
  std::size_t owners() const;
  /// Throws ExitCode::policy if what is to cross would be made of rows of fewer owners than a
  /// policy asks for. `has_rows`: of each local domain. Collective.
  void check_parties(const std::vector<bool>& has_rows, const std::string& split) const;
  /// "name: N rows of D domains on R ranks, P parameters".
  std::string headline(std::uint64_t rows, std::size_t parameters) const;

  /// While it lives, the domains that are not `present`, by their place in the run, take part
  /// without any row: what is fitted has the bits of a run without them.
  class Absence {
   public:
    Absence(Run& run, const std::vector<bool>& present);
    ~Absence();
    Absence(const Absence&) = delete;
    Absence& operator=(const Absence&) = delete;

   private:
    Run& run_;
    std::vector<BlockRange> held_;
  };

  /// From here on this rank holds these blocks of its d-th local domain, and other ranks the rest.
  void hold(std::size_t d, BlockRange blocks) { local_[d].blocks = blocks; }
  /// Whether, for now, that domain of the run takes part without rows.
  bool is_absent(std::size_t index) const { return !present_.empty() && !present_[index]; }

 private:
  void find_places();
  void open_labels(bool rows);
  void check_splits() const;
  void check_names() const;
  void start_masks();
  void decide(bool verdicts_only);
  void exchange_facts(const std::vector<Documents>& documents);
  void ask_policies(std::vector<Documents> documents);
  AccessRequest request_of(std::size_t d, const Documents& documents) const;
  void judge_rounds();
  std::vector<std::string> refusals() const;
  void log_decisions(bool admitted) const;
  Json budgeted(std::size_t index) const;
  void reserve_budgets(const std::vector<Documents>& terms);
  void start_noise();
  std::pair<Clause, bool> judge_rows(const LocalDomain& domain) const;
  Clause judge_parties(const DomainFacts& domain, std::size_t parties) const;
  void admit(std::size_t index, Admission admission, Documents documents);

  Session& session_;
  RunConfig config_;
  StageUse use_;
  std::unique_ptr<Inputs> inputs_;
  std::string started_;
  Digest config_digest_;
  OpenedSite site_;
  OpenedTrust trust_;
  std::vector<RankPlace> places_;  ///< of every rank
  std::optional<DomainDecomposition> decomposition_;
  std::optional<Boundary> boundary_;
  std::vector<LocalDomain> local_;
  std::vector<bool> present_;  ///< while an Absence lives
  std::vector<DomainFacts> domains_;
  std::vector<Verdict> verdicts_;
  std::vector<std::optional<std::string>> access_logs_;  ///< one a local domain
  std::vector<std::vector<std::string>> withdrawn_;      ///< digests, one list a local domain
  std::string delete_by_;
  std::shared_ptr<const StatedLabels> labels_;  ///< that are the target, if any are
  std::shared_ptr<AccessOutcome> outcome_;      ///< the session's, too
  std::shared_ptr<Spending> spending_;          ///< of a run with noise; the session's, too
};

}  // namespace bailiwick
