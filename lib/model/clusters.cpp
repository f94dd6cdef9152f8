// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/clusters.hpp"

#include <algorithm>
#include <numeric>

#include "lib/model/row_sums.hpp"

namespace bailiwick {

void ClusterScores::add(std::uint32_t cluster, std::span<const double> score) {
  cluster_.push_back(cluster);
  score_.insert(score_.end(), score.begin(), score.end());
}

void ClusterScores::add_products(Sums& sums, std::size_t d, std::size_t clusters, FixedPoint format,
                                 Aggregate& products) const {
  constexpr std::size_t at_once = 4096;  // what bounds the memory
  std::vector<std::size_t> order(cluster_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t row) { return cluster_[row]; });
  auto next = order.begin();
  const RowSum to(products, "products");
  for (std::size_t first = 0; first < clusters; first += at_once) {
    const std::size_t count = std::min(at_once, clusters - first);
    Aggregate some(std::make_shared<const AggregateLayout>(
        std::vector<Stream>{{"scores", count * parameters_, format}}));
    const RowSum scores(some, "scores");
    std::size_t since_carry = 0;
    for (; next != order.end() && cluster_[*next] < first + count; ++next) {
      const std::size_t at = (cluster_[*next] - first) * parameters_;
      for (std::size_t j = 0; j < parameters_; ++j)
        scores.add(score_[*next * parameters_ + j], at + j);
      if (++since_carry % rows_between_carries == 0) some.normalise();
    }
    some.normalise();
    sums.within_domain(d, some);
    if (!sums.leads(d)) continue;
    some.normalise();
    products.words().front() += some.saturated();
    const std::vector<double> total = some.values("scores");
    for (std::size_t c = 0; c < count; ++c) {
      const double* const s = &total[c * parameters_];
      for (std::size_t j = 0, at = 0; j < parameters_; ++j)
        for (std::size_t k = 0; k <= j; ++k, ++at)
          to.add(s[j] * s[k], at);
    }
    products.normalise();
  }
  if (sums.leads(d)) RowSum(products, "clusters").count(0, static_cast<std::int64_t>(clusters));
}

}  // namespace bailiwick
