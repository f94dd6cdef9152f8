// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/label/dawid_skene.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kokkos_kernels/math/exact_math.hpp"
#include "kokkos_kernels/sums/quantise.hpp"
#include "lib/core/error.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {

namespace {

/// What no probability is below where it is summed: a class that a row may be of is never counted
/// as one that it cannot be, and whether a number is zero tells of labels alone.
constexpr double least_share = 0x1p-60;

}  // namespace

std::vector<std::int64_t> count_votes(const Votes& votes, std::size_t classes) {
  std::vector<std::int64_t> counted(classes);
  for (const std::uint16_t vote : votes)
    if (vote != 0) ++counted[vote - 1U];
  return counted;
}

std::vector<double> vote_shares(const Votes& votes, std::size_t classes) {
  const std::vector<std::int64_t> counted = count_votes(votes, classes);
  const auto all = std::accumulate(counted.begin(), counted.end(), std::int64_t{0});
  if (all == 0) return {};
  std::vector<double> shares;
  for (const std::int64_t count : counted)
    shares.push_back(static_cast<double>(count) / static_cast<double>(all));
  return shares;
}

void PatternSum::add(std::size_t i, double value, std::int64_t rows) {
  std::int64_t digits[vote_sums.limbs] = {};
  const std::int64_t bad = kernels::add_quantised(&value, 1, vote_sums, digits, 1);
  ensure(bad == 0, "what rows vote is a number of vote_sums");
  while (rows > 0) {
    const auto some = std::min<std::int64_t>(rows, rows_between_carries - since_carry_);
    for (std::size_t limb = 0; limb < vote_sums.limbs; ++limb)
      words_[limb * size_ + i] += some * digits[limb];
    rows -= some;
    since_carry_ += some;
    if (since_carry_ < static_cast<std::int64_t>(rows_between_carries)) continue;
    sum_.normalise();
    since_carry_ = 0;
  }
}

DawidSkene::DawidSkene(std::size_t classes, std::vector<bool> sees_all,
                       std::vector<std::optional<std::size_t>> source_of)
    : classes_(classes),
      sees_all_(std::move(sees_all)),
      source_of_(std::move(source_of)),
      layout_(std::make_shared<const AggregateLayout>(
          std::vector<Stream>{{"rows", classes, vote_sums},
                              {"votes", sees_all_.size() * classes * answers(), vote_sums}})) {}

std::optional<std::size_t> DawidSkene::answer_of(const Votes& votes, std::size_t column) const {
  if (!source_of_[column]) return std::nullopt;
  if (votes[column] != 0) return votes[column] - 1U;
  return sees_all_[*source_of_[column]] ? std::optional(classes_) : std::nullopt;
}

void DawidSkene::add(const VotePatterns& patterns, Aggregate& to) const {
  PatternSum of_classes(to, "rows"), of_votes(to, "votes");
  std::int64_t made_of = 0;
  for (const auto& [votes, rows] : patterns) {
    const std::vector<double> shares = posterior(votes);
    if (shares.empty()) continue;
    made_of += rows;
    for (std::size_t j = 0; j < classes_; ++j) {
      const double share = std::max(shares[j], least_share);
      of_classes.add(j, share, rows);
      for (std::size_t c = 0; c < votes.size(); ++c)
        if (const auto answer = answer_of(votes, c))
          of_votes.add(place_of(c, j, *answer), share, rows);
    }
  }
  to.normalise();
  to.set_rows(made_of);
}

double DawidSkene::take(const Aggregate& sum) {
  const std::vector<double> before = parameters();
  prior_ = sum.values("rows");
  confusion_ = sum.values("votes");
  // A class that no vote is for has the least share of every row, and would grow out of it.
  if (before.empty()) {
    const double all = std::accumulate(prior_.begin(), prior_.end(), 0.0);
    for (const double rows : prior_)
      is_said_.push_back(rows > 2 * least_share * all);
  }
  for (std::size_t j = 0; j < classes_; ++j)
    if (!is_said_[j]) prior_[j] = 0;
  const auto scale = [](std::span<double> numbers) {
    const double all = std::accumulate(numbers.begin(), numbers.end(), 0.0);
    for (double& number : numbers)
      number = all > 0 ? number / all : 0;
  };
  scale(prior_);
  for (std::size_t row = 0; row < sees_all_.size() * classes_; ++row)
    scale(std::span(confusion_).subspan(row * answers(), answers()));
  const auto logs = [](const std::vector<double>& of) {
    std::vector<double> taken;
    for (const double p : of)
      taken.push_back(p > 0 ? exact::log(p) : 0);  // of what nobody says nobody asks
    return taken;
  };
  log_prior_ = logs(prior_);
  log_confusion_ = logs(confusion_);
  if (before.empty()) return std::numeric_limits<double>::infinity();
  const std::vector<double> now = parameters();
  double change = 0;
  for (std::size_t i = 0; i < now.size(); ++i)
    change = std::max(change, std::fabs(now[i] - before[i]));
  return change;
}

std::vector<double> DawidSkene::posterior(const Votes& votes) const {
  Votes counting = votes;
  for (std::size_t c = 0; c < votes.size(); ++c)
    if (!source_of_[c]) counting[c] = 0;
  std::vector<double> shares = vote_shares(counting, classes_);
  if (shares.empty() || prior_.empty()) return shares;
  for (std::size_t j = 0; j < classes_; ++j) {
    double log_likelihood = log_prior_[j];
    for (std::size_t c = 0; c < votes.size(); ++c)
      if (const auto answer = answer_of(votes, c))
        log_likelihood += log_confusion_[place_of(c, j, *answer)];
    shares[j] = log_likelihood;
  }
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t j = 0; j < classes_; ++j)
    if (is_said_[j]) most = std::max(most, shares[j]);
  double all = 0;
  for (std::size_t j = 0; j < classes_; ++j) {
    shares[j] = is_said_[j] ? exact::exp(shares[j] - most) : 0;
    all += shares[j];
  }
  for (double& share : shares)
    share /= all;
  return shares;
}

std::vector<double> DawidSkene::parameters() const {
  std::vector<double> all = prior_;
  all.insert(all.end(), confusion_.begin(), confusion_.end());
  return all;
}

}  // namespace bailiwick
