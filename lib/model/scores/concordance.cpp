// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/scores/concordance.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/model/near_ties.hpp"

namespace bailiwick {
namespace {

/// Counts of ranks, with prefix sums in O(log n) (Fenwick 1994).
class RankCounts {
 public:
  explicit RankCounts(std::size_t ranks) : tree_(ranks + 1, 0) {}

  void add(std::size_t rank, std::int64_t count) {
    for (++rank; rank < tree_.size(); rank += rank & (~rank + 1))
      tree_[rank] += count;
  }
  /// How many ranks below `rank` were added.
  std::int64_t below(std::size_t rank) const {
    std::int64_t sum = 0;
    for (; rank > 0; rank &= rank - 1)
      sum += tree_[rank];
    return sum;
  }

 private:
  std::vector<std::int64_t> tree_;
};

}  // namespace

double Concordance::index() const {
  return comparable == 0 ? std::numeric_limits<double>::quiet_NaN()
                         : (static_cast<double>(concordant) + static_cast<double>(tied) / 2) /
                               static_cast<double>(comparable);
}

Concordance concordance(std::span<const double> times, std::span<const double> status,
                        std::span<const double> risk, std::span<const double> entries) {
  const std::size_t n = times.size();
  ensure(status.size() == n && risk.size() == n, "one status and one risk for each time");
  std::vector<double> all(times.begin(), times.end());
  all.insert(all.end(), entries.begin(), entries.end());
  const NearTies ties(std::move(all));
  const auto merged = [&](std::span<const double> from) {
    std::vector<double> to(from.size());
    std::transform(from.begin(), from.end(), to.begin(),
                   [&](double t) { return ties.first_of(t); });
    return to;
  };
  const std::vector<double> time = merged(times), entry = merged(entries);
  std::vector<double> levels(risk.begin(), risk.end());
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());

  // From the longest time down, at each time those that outlive its events first.
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return time[a] != time[b] ? time[a] > time[b] : status[a] < status[b];
  });
  const auto rank = [&](std::size_t row) {
    const auto at = std::lower_bound(levels.begin(), levels.end(), risk[row]);
    return static_cast<std::size_t>(at - levels.begin());
  };
  std::vector<std::size_t> entered(entry.size());  // the last first
  std::iota(entered.begin(), entered.end(), std::size_t{0});
  std::sort(entered.begin(), entered.end(),
            [&](std::size_t a, std::size_t b) { return entry[a] > entry[b]; });
  Concordance result;
  RankCounts outliving(levels.size());
  std::size_t inserted = 0, gone = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t row = order[i];
    if (status[row] == 0) continue;
    // Everyone later, and the censored of this time; not the events of this time.
    while (time[order[inserted]] > time[row] || status[order[inserted]] == 0) {
      outliving.add(rank(order[inserted++]), 1);
    }
    // Whoever has not entered yet; its time is later still, so it is among them.
    for (; gone < entered.size() && entry[entered[gone]] >= time[row]; ++gone)
      outliving.add(rank(entered[gone]), -1);
    const std::size_t own = rank(row);
    const std::int64_t lower = outliving.below(own);
    result.concordant += lower;
    result.tied += outliving.below(own + 1) - lower;
    result.comparable += static_cast<std::int64_t>(inserted) - static_cast<std::int64_t>(gone);
  }
  return result;
}

}  // namespace bailiwick
