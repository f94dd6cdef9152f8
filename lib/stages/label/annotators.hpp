// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/stages/label/vote_groups.hpp"
#include "lib/stages/label/votes.hpp"

namespace bailiwick {

/// Cells of a table of classes by classes, row-major.
std::vector<std::string> cells_of_table(const std::vector<std::string>& classes);

/// How far annotators agree, over all domains.
class AnnotatorAgreement {
 public:
  /// Adds what is to be counted to `groups`. Both outlive it.
  AnnotatorAgreement(const LabelConfig& how, const VoteSources& sources, VoteGroups& groups);
  AnnotatorAgreement(const AnnotatorAgreement&) = delete;  // the groups know where it is
  AnnotatorAgreement& operator=(const AnnotatorAgreement&) = delete;

  /// What all counts say; null without annotators. One round more, if pairs of labels may be told.
  /// Collective over the world.
  Json measure(Run& run, std::span<const VotePatterns> patterns, const Counts& counted) const;

 private:
  std::vector<std::int64_t> votes_of_annotators(const Votes& votes) const;
  std::vector<double> coincidences_of(const Votes& votes) const;
  std::vector<double> sum_coincidences(Run& run, std::span<const VotePatterns> patterns) const;
  Json pairs(const Counts& counted) const;

  const LabelConfig& how_;
  const VoteSources& sources_;
  const std::size_t classes_;
  std::vector<std::size_t> annotators_;  ///< among the sources
  std::vector<std::size_t> pairs_;       ///< groups: of each pair of them
  std::size_t numbers_ = 0, coincidences_ = 0;
};

}  // namespace bailiwick
