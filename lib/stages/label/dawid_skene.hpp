// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lib/boundary/aggregate.hpp"

// What classes rows are of, and how often each source of labels errs, learnt from the labels alone
// (docs/label.md).
namespace bailiwick {

/// A row's labels: of each column of votes its class, from 1 on, or 0 where it has none.
/// (Of bytes GCC 12 warns where it compares them.)
using Votes = std::vector<std::uint16_t>;
/// How many rows have which.
using VotePatterns = std::map<Votes, std::int64_t>;

/// How many labels of each class a row has.
std::vector<std::int64_t> count_votes(const Votes& votes, std::size_t classes);
/// The same as shares; empty without any.
std::vector<double> vote_shares(const Votes& votes, std::size_t classes);

/// Resolution 2^-60, contributions up to 2^19: of probabilities and numbers of labels.
inline constexpr FixedPoint vote_sums{2, 60};

/// Adds numbers of rows that are equal, each rounded once, to a stream of `vote_sums`.
class PatternSum {
 public:
  PatternSum(Aggregate& sum, std::string_view stream)
      : sum_(sum), words_(sum.words(stream)), size_(sum.layout().stream(stream).size) {}
  /// `rows` times the value.
  void add(std::size_t i, double value, std::int64_t rows);

 private:
  Aggregate& sum_;
  std::span<std::int64_t> words_;
  std::size_t size_;
  std::int64_t since_carry_ = 0;
};

/// Dawid & Skene, Applied Statistics 28 (1979) 20: each source gives a row of a class one of the
/// classes with a probability of its own, independently of the others; both the rows' classes and
/// the probabilities are found by EM. Of a source that looks at every row, no vote is one more
/// answer: what says nothing but one class is known by the rows that it passes over.
class DawidSkene {
 public:
  /// `sees_all`: of each source whether it looks at every row. `source_of`: of each column of votes
  /// the source whose it is; nothing: it does not count.
  DawidSkene(std::size_t classes, std::vector<bool> sees_all,
             std::vector<std::optional<std::size_t>> source_of);

  /// Answers that a source has: the classes, and none.
  std::size_t answers() const { return classes_ + 1; }
  /// Streams `rows` (of each class) and `votes` (source, class, answer).
  const std::shared_ptr<const AggregateLayout>& layout() const { return layout_; }
  /// Expected counts of these rows, by posterior(); rows without a vote that counts add nothing.
  void add(const VotePatterns& patterns, Aggregate& to) const;
  /// The next estimate, from counts over all rows. Returns the largest change of a probability;
  /// infinity of the first.
  double take(const Aggregate& sum);

  /// Probability of each class. Without an estimate: the share of the votes. Empty without a vote
  /// that counts.
  std::vector<double> posterior(const Votes& votes) const;

  /// 0 of a class that no vote that counts is for.
  const std::vector<double>& prior() const { return prior_; }
  /// Source k's: (class, answer), row-major; zeros of a class that has no votes.
  std::span<const double> confusion(std::size_t k) const {
    return std::span(confusion_).subspan(k * classes_ * answers(), classes_ * answers());
  }
  /// All numbers of the estimate, for who must be at the same one.
  std::vector<double> parameters() const;

 private:
  /// What a row's column of votes answers; nothing: it does not count.
  std::optional<std::size_t> answer_of(const Votes& votes, std::size_t column) const;
  std::size_t place_of(std::size_t column, std::size_t of_class, std::size_t answer) const {
    return (*source_of_[column] * classes_ + of_class) * answers() + answer;
  }

  std::size_t classes_;
  std::vector<bool> sees_all_;
  std::vector<std::optional<std::size_t>> source_of_;
  std::shared_ptr<const AggregateLayout> layout_;
  std::vector<bool> is_said_;  ///< of each class whether any vote that counts is for it
  std::vector<double> prior_, confusion_;
  std::vector<double> log_prior_, log_confusion_;
};

}  // namespace bailiwick
