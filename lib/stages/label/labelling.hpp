// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/stages/label/dawid_skene.hpp"
#include "lib/stages/label/votes.hpp"

// How votes become labels (docs/label.md).
namespace bailiwick {

/// What a row is, by those who voted on it.
struct Label {
  std::optional<std::size_t> of_class;  ///< nothing: no vote that counts, or a tie
  bool is_tie = false;
  double posterior = 0;             ///< of the class, or of each of those that tie
  std::vector<double> posteriors;   ///< of all classes; empty: no vote that counts
  LabelSource source{};             ///< the strongest of those who gave it
  std::vector<std::size_t> givers;  ///< who voted for it; if nobody did, who voted at all
};

/// Decides rows by majority, or by what Dawid & Skene's model has learnt.
class Labelling {
 public:
  /// `believed`: of each source whether it counts. `model`: nothing for majority.
  Labelling(const VoteSources& sources, std::vector<bool> believed,
            std::optional<DawidSkene> model);

  Label decide(const Votes& votes) const;
  const std::optional<DawidSkene>& model() const { return model_; }
  bool believes(std::size_t source) const { return believed_[source]; }

 private:
  const VoteSources& sources_;
  std::vector<bool> believed_;
  std::optional<DawidSkene> model_;
};

/// -sum p log p, in nats.
double entropy_of(std::span<const double> probabilities);
/// Between the two largest.
double margin_of(std::span<const double> probabilities);

/// Writes one partition's labels, and the list of its rows that are most worth a person's, as CSV:
/// PATH and label_endings. Local.
void write_labels(const Run& run, const LabelConfig& how, const VoteSources& sources,
                  const Labelling& labelling, std::size_t d, std::size_t partition,
                  const std::string& path);

inline constexpr const char* label_endings[] = {".csv", ".worklist.csv"};

}  // namespace bailiwick
