// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/boundary/decomposition.hpp"
#include "lib/boundary/mask_session.hpp"
#include "lib/boundary/noise.hpp"
#include "lib/boundary/sum_tags.hpp"
#include "lib/boundary/sums.hpp"
#include "lib/boundary/team.hpp"
#include "lib/policy/gate.hpp"

namespace bailiwick {

struct OwnStatistics;

/// Crossings of one kind in a row, as the ledger keeps them.
struct LedgerLine {
  std::uint64_t round = 0;  ///< the first
  std::uint64_t rounds = 1;
  std::string name;
  std::uint64_t words = 0;  ///< 64-bit words a domain sent
  std::uint64_t domains = 0;
};

/// Rows that what a domain sends is made of, at least: its part, and each group of rows in it.
struct MinimumRows {
  std::uint64_t part = 1, group = 1;
};

/// What the number of rows that a part says is that of: all its rows, or its smallest group.
enum class MadeOf { rows, groups };

/// The gate: the one place where sums leave a domain.
class Boundary : public Sums {
 public:
  explicit Boundary(DomainDecomposition& decomposition) : decomposition_(decomposition) {}

  std::size_t local_domains() const override { return decomposition_.local_domains().size(); }
  bool leads(std::size_t d) const override { return decomposition_.leads(d); }
  void within_domain(std::size_t d, Aggregate& aggregate) override;
  std::vector<double> gather_within_domain(std::size_t d, std::span<const double> values) override;
  /// ExitCode::integrity on every rank if the masks do not cancel, ExitCode::policy if a number
  /// would hold too few domains.
  Aggregate across_domains(const std::string& round, std::vector<Aggregate> parts,
                           std::span<const double> parameters = {}) override;

  /// The same for a round that is taken again and again, without taking memory for it: the sum
  /// comes to stand in parts.front(), and what was in `parts` is lost. `at`: digest of the
  /// parameters. The parts say themselves how many rows they are made of, or their smallest group.
  void across_domains_again(const std::string& round, std::span<Aggregate> parts, const Digest& at,
                            MadeOf made_of = MadeOf::rows);

  /// A team for rounds of sums of `words` words, if every domain has ranks of its own on one node,
  /// and one has several; else none, on every rank. Collective over the world.
  std::unique_ptr<Team> make_team(std::size_t words, std::size_t floats);
  /// As across_domains_again, of parts that lie in the team's words: the sum comes to stand in the
  /// first member's, which every member reads.
  void across_domains_again(const std::string& round, Aggregate& part, const Digest& at,
                            Team& team);

  /// From here on every round is masked, so that nobody sees another domain's sum. `terms`: digest
  /// of all that the parties agreed on before. `parties`: one a domain, in the order of the run.
  /// `private_key(i)`: of domain i, asked for on the rank that leads it. Collective
  /// over the world; ExitCode::config and ExitCode::integrity name the domain, on every rank.
  void start_masks(const Digest& terms, const std::vector<MaskParty>& parties,
                   const std::function<PrivateKey(std::size_t)>& private_key);
  bool masked() const { return masked_; }

  /// From here on no number may cross that is the sum of more than 0 and fewer than `domains`
  /// domains that are not zero in it: before a round whose zeros are not those of the last of its
  /// name, the domains' counts of non-zero numbers are summed, masked like all else.
  void require_contributors(std::uint64_t domains) { contributors_ = domains; }
  std::uint64_t contributors() const { return contributors_; }
  /// The same of what will not cross, or not as it is: whole domains' parts, on the ranks that lead
  /// them. Collective over the world.
  void check_contributors(const std::string& round, std::span<const Aggregate> parts) {
    check_contributors(round, parts, digest_of(round, {}));
  }

  /// In how many domains each of these marks is set, as the check of contributors counts numbers
  /// that are not zero: one text of '0' and '1' for each of this rank's domains, of which those it
  /// leads count. Collective over the world.
  std::vector<std::int64_t> count_domains(const std::string& round,
                                          std::span<const std::string> marks,
                                          std::span<const double> parameters) {
    return count_domains(round, marks, digest_of(round, parameters));
  }

  /// From here on what a local domain sends is made of no row at all, and zero, or of so many at
  /// least: else every rank throws ExitCode::policy, and nobody has learnt a sum. One a local
  /// domain.
  void require_rows(std::vector<MinimumRows> minimum) { minimum_rows_ = std::move(minimum); }
  /// From here on the parts of across_domains() are made of so many rows of non-zero weight on this
  /// rank. One a local domain.
  void hold_rows(std::vector<std::uint64_t> rows) { rows_ = std::move(rows); }

  /// What each domain's policy lets everybody see, e.g. its own scores: one for each of this rank's
  /// domains, of which those it leads count. All domains' texts on every rank, in the order of the
  /// run. Throws ExitCode::bug if an admission does not hold that leave. Collective over the world.
  std::vector<std::string> release(const std::string& round,
                                   const std::vector<OwnStatistics>& statistics);

  /// From here on nothing crosses but by across_domains_with_noise(), and no more than was
  /// reserved.
  void start_noise(Noise noise) { noise_.emplace(std::move(noise)); }
  /// The standard deviation of the noise in a number of such a stream, summed over all domains.
  double noise_deviation(const Stream& stream, const NoisyStream& noisy) const {
    return Noise::deviation(stream, noisy, decomposition_.domains(), noise_->honest());
  }
  /// Of the d-th local domain: on all its ranks, and on no other's (Noise::sampling_key).
  /// Collective over the domain.
  Secret sampling_key(std::size_t d);
  /// One round of the streams that are named, of parts that are made of rows by rules which nothing
  /// but a unit's own rows decides, each stream with noise of its own from every domain, drawn
  /// before the masks. Nobody counts rows or contributors: what that says is of single rows.
  /// Collective over the world.
  Aggregate across_domains_with_noise(const std::string& round, std::vector<Aggregate> parts,
                                      std::span<const NoisyStream> streams,
                                      std::span<const double> parameters);

  const std::vector<LedgerLine>& ledger() const { return ledger_; }

  /// From here on tags are kept of what each domain sends.
  void start_tags(SumTags tags) { tags_.emplace(std::move(tags)); }
  SumTags* tags() { return tags_ ? &*tags_ : nullptr; }
  const SumTags* tags() const { return tags_ ? &*tags_ : nullptr; }

 private:
  /// Whether the ledger and the meter give each crossing a line, or one to all of that name in a
  /// row.
  enum class Rounds { one, many };

  /// The parts of domains that this rank leads become those of the whole domain, fit to cross.
  void sum_within_domains(const std::string& round, std::span<Aggregate> parts, MadeOf made_of);
  void tag(const std::string& round, const Digest& at, std::span<const Aggregate> parts);
  /// A whole domain's part that is made of too few rows is not sent.
  void check_rows(const std::string& round, std::size_t d, const Aggregate& part, MadeOf made_of);
  /// ExitCode::policy if any domain's was not; collective over the world.
  void check_withheld(std::int64_t domains) const;
  /// The first part becomes the sum of those that this rank leads, ready to cross.
  void add_led(std::span<Aggregate> parts);
  /// One crossing of words: this rank's sum over the domains it leads becomes that over all
  /// domains, on every rank. Collective over the world.
  void cross(const std::string& round, const Digest& at, std::span<std::int64_t> words,
             Rounds rounds);
  /// Its part for the ranks that lead: masks, and the sum over all gateways.
  void send(const std::string& purpose, const Digest& at, std::span<std::int64_t> words);
  /// What crosses instead of a sum that is withheld.
  void hide(std::span<std::int64_t> words) const;
  void note(const std::string& round, std::size_t words, Rounds rounds);
  /// ExitCode::integrity if the count of domains is not theirs.
  void check_masks(const std::string& round, std::int64_t parties) const;
  std::vector<std::int64_t> count_domains(const std::string& round,
                                          std::span<const std::string> marks, const Digest& at);
  static Digest digest_of(const std::string& round, std::span<const double> parameters);
  /// Throws ExitCode::policy if a number of the coming round has too few contributors.
  void check_contributors(const std::string& round, std::span<const Aggregate> parts,
                          const Digest& at);

  /// One text for each of this rank's domains, of which those it leads count, becomes one for each
  /// domain of the run, on every rank. Collective over the world.
  std::vector<std::string> exchange(const std::vector<std::string>& texts) const;

  DomainDecomposition& decomposition_;
  bool masked_ = false;
  std::optional<MaskSession> session_;  ///< of ranks that lead a domain
  std::optional<Noise> noise_;
  bool has_noise_ = false;  ///< what crosses now
  std::optional<SumTags> tags_;
  std::vector<LedgerLine> ledger_;
  std::uint64_t rounds_ = 0;  ///< crossings until now
  std::uint64_t contributors_ = 1;
  std::vector<MinimumRows> minimum_rows_;  ///< one a local domain, or empty
  std::vector<std::uint64_t> rows_;        ///< likewise
  std::vector<std::string> withheld_;      ///< why this round goes without our sums
  std::map<std::string, std::string>
      approved_;  ///< round -> zeros when it last had contributors enough
};

}  // namespace bailiwick
