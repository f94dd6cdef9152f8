// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/monitor/drift.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/model/distributions.hpp"

namespace bailiwick {

namespace {

using BinCounts = std::span<const std::int64_t>;

double total(BinCounts counts) {
  return static_cast<double>(std::reduce(counts.begin(), counts.end(), std::int64_t{0}));
}

/// Of bins with rows in either sample.
std::vector<std::size_t> bins_with_rows(BinCounts reference, BinCounts current) {
  ensure(reference.size() == current.size(), "both samples are counted in the same bins");
  std::vector<std::size_t> bins;
  for (std::size_t b = 0; b < reference.size(); ++b)
    if (reference[b] != 0 || current[b] != 0) bins.push_back(b);
  return bins;
}

/// x ln (x / y), 0 where there is no x.
double relative_entropy(double x, double y) {
  return x > 0 ? x * exact::log(x / y) : 0;
}

/// The covariance of the difference of both samples' shares, about those of both together: what it
/// is if there is no drift. Of three sums of products about a centre, each over n n' of its two
/// samples.
class ShareCovariance {
 public:
  ShareCovariance(const BinnedSamples& samples, std::vector<double> shares)
      : samples_(samples), shares_(std::move(shares)) {
    for (std::size_t s = 0; s < 2; ++s)
      rows_[s] = static_cast<double>(samples.of[s].count());
    if (samples.shared.empty()) return;
    const std::size_t size = shares_.size();
    shared_rows_.assign(size, 0);
    shared_columns_.assign(size, 0);
    for (std::size_t b = 0; b < size; ++b)
      for (std::size_t c = 0; c < size; ++c) {
        shared_rows_[b] += samples.shared[b * size + c];
        shared_columns_[c] += samples.shared[b * size + c];
      }
    shared_all_ = std::reduce(shared_rows_.begin(), shared_rows_.end(), std::int64_t{0});
  }

  /// The part of one sample in the variance of a bin's share.
  double variance(std::size_t s, std::size_t b) const {
    const SampleBins& of = samples_.of[s];
    return centred(of.squares[b], of.with_all[b], of.with_all[b], of.all_squares, b, b) /
           (rows_[s] * rows_[s]);
  }
  /// Twice what both samples have in common.
  double common(std::size_t b) const { return 2 * crossed(b, b); }

  /// Where products are known.
  double covariance(std::size_t b, std::size_t c) const {
    double sum = 0;
    for (std::size_t s = 0; s < 2; ++s) {
      const SampleBins& of = samples_.of[s];
      sum += centred(samples_.products[s][b * shares_.size() + c], of.with_all[b], of.with_all[c],
                     of.all_squares, b, c) /
             (rows_[s] * rows_[s]);
    }
    return sum - crossed(b, c) - crossed(c, b);
  }

 private:
  /// sum of (x_b - x r_b) (y_c - y r_c), of the sums of x_b y_c, x_b y, x y_c and x y.
  double centred(std::int64_t both, std::int64_t first, std::int64_t second, std::int64_t all,
                 std::size_t b, std::size_t c) const {
    const double less = std::fma(-shares_[c], static_cast<double>(first),
                                 -(shares_[b] * static_cast<double>(second)));
    return static_cast<double>(both) +
           std::fma(shares_[b] * shares_[c], static_cast<double>(all), less);
  }
  double crossed(std::size_t b, std::size_t c) const {
    if (samples_.shared.empty()) return 0;
    return centred(samples_.shared[b * shares_.size() + c], shared_rows_[b], shared_columns_[c],
                   shared_all_, b, c) /
           (rows_[0] * rows_[1]);
  }

  const BinnedSamples& samples_;
  std::vector<double> shares_;
  std::array<double, 2> rows_{};
  std::vector<std::int64_t> shared_rows_, shared_columns_;
  std::int64_t shared_all_ = 0;
};

}  // namespace

std::int64_t SampleBins::count() const {
  return std::reduce(rows.begin(), rows.end(), std::int64_t{0});
}

SampleBins single_rows(std::span<const std::int64_t> rows) {
  SampleBins sample;
  sample.rows.assign(rows.begin(), rows.end());
  sample.squares = sample.with_all = sample.rows;
  sample.all_squares = sample.clusters = sample.count();
  return sample;
}

double stability_index(std::span<const std::int64_t> reference,
                       std::span<const std::int64_t> current) {
  const std::vector<std::size_t> bins = bins_with_rows(reference, current);
  const double added = 0.5 * static_cast<double>(bins.size());
  const double n = total(reference) + added, m = total(current) + added;
  double sum = 0;
  for (const std::size_t b : bins) {
    const double p = (static_cast<double>(reference[b]) + 0.5) / n,
                 q = (static_cast<double>(current[b]) + 0.5) / m;
    sum = std::fma(q - p, exact::log(q / p), sum);
  }
  return sum;
}

double jensen_shannon(std::span<const std::int64_t> reference,
                      std::span<const std::int64_t> current) {
  const double n = total(reference), m = total(current);
  double sum = 0;
  for (const std::size_t b : bins_with_rows(reference, current)) {
    const double p = static_cast<double>(reference[b]) / n, q = static_cast<double>(current[b]) / m,
                 middle = 0.5 * (p + q);
    sum += relative_entropy(p, middle) + relative_entropy(q, middle);
  }
  return 0.5 * sum;
}

double largest_difference(std::span<const std::int64_t> reference,
                          std::span<const std::int64_t> current) {
  const double n = total(reference), m = total(current);
  double largest = 0;
  std::int64_t up_to = 0, current_up_to = 0;
  for (std::size_t b = 0; b < reference.size(); ++b) {
    up_to += reference[b];
    current_up_to += current[b];
    largest = std::max(largest, std::fabs(static_cast<double>(current_up_to) / m -
                                          static_cast<double>(up_to) / n));
  }
  return largest;
}

std::optional<DriftTest> drift_test(const BinnedSamples& samples) {
  const BinCounts reference = samples.of[0].rows, current = samples.of[1].rows;
  const std::vector<std::size_t> bins = bins_with_rows(reference, current);
  const double n = total(reference), m = total(current);
  if (bins.size() < 2 || n == 0 || m == 0) return {};
  DriftTest test;
  std::vector<double> shares(reference.size());
  for (const std::size_t b : bins) {
    shares[b] = static_cast<double>(reference[b] + current[b]) / (n + m);
    const double difference =
        static_cast<double>(current[b]) / m - static_cast<double>(reference[b]) / n;
    test.distance += difference * difference / shares[b];
  }
  const ShareCovariance covariance(samples, shares);
  const SampleBins alone[] = {single_rows(reference), single_rows(current)};
  const BinnedSamples by_rows{{alone[0], alone[1]}, {}, {}};
  const ShareCovariance of_rows(by_rows, shares);
  double trace = 0, squares = 0;
  for (std::size_t s = 0; s < 2; ++s) {
    double clustered = 0, single = 0;
    for (const std::size_t b : bins) {
      clustered += covariance.variance(s, b) / shares[b];
      single += of_rows.variance(s, b) / shares[b];
    }
    test.design_effect[s] = clustered / single;
    trace += clustered;
  }
  const auto most = static_cast<double>(bins.size() - 1);
  for (const std::size_t b : bins)
    trace -= covariance.common(b) / shares[b];
  test.rows_p_value = chi_squared_p_value(test.distance / (1 / n + 1 / m), most);
  if (samples.products[0].empty()) {
    test.statistic = test.distance * most / trace;
    test.freedom = most;
  } else {
    for (const std::size_t b : bins)
      for (const std::size_t c : bins) {
        const double of_pair = covariance.covariance(b, c);
        squares += of_pair * of_pair / (shares[b] * shares[c]);
      }
    test.statistic = test.distance * trace / squares;
    test.freedom = trace * trace / squares;
  }
  // Clusters that have the same of everything in both samples leave nothing to chance.
  if (test.distance == 0) test.statistic = 0;
  test.p_value = chi_squared_p_value(test.statistic, test.freedom);
  return test;
}

std::vector<double> holm_adjusted(std::span<const double> p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p_values[i]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest,
                       std::min(1.0, static_cast<double>(order.size() - i) * p_values[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

}  // namespace bailiwick
