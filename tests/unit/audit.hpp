// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "lib/boundary/noise.hpp"
#include "lib/privacy/renyi.hpp"

/// The strongest test between two neighbours, thousands of times: what epsilon does it find?
namespace bailiwick::audit {

/// The least probability at which so many successes of `trials` are not surprising at 97.5 %
/// (Clopper and Pearson 1934).
inline double lower_bound(int successes, int trials) {
  if (successes == 0) return 0;
  const auto tail = [&](double p) {  // P(X >= successes)
    double sum = 0;
    for (int k = successes; k <= trials; ++k)
      sum +=
          std::exp(std::lgamma(trials + 1.0) - std::lgamma(k + 1.0) -
                   std::lgamma(trials - k + 1.0) + k * std::log(p) + (trials - k) * std::log1p(-p));
    return sum;
  };
  double low = 0, high = 1;
  for (int i = 0; i < 50; ++i) {
    const double middle = (low + high) / 2;
    (tail(middle) < 0.025 ? low : high) = middle;
  }
  return low;
}
inline double upper_bound(int successes, int trials) {
  return 1 - lower_bound(trials - successes, trials);
}

/// What the i-th release says along a direction.
inline double draw(const Aggregate& part, const std::vector<double>& direction,
                   std::span<const NoisyStream> streams, int i, std::uint8_t which) {
  std::vector<std::optional<Secret>> seeds(1);
  seeds[0].emplace();
  for (std::size_t byte = 0; byte < 4; ++byte)
    seeds[0]->bytes()[byte] = static_cast<std::byte>(i >> (8 * byte));
  seeds[0]->bytes()[31] = static_cast<std::byte>(which);
  Noise noise(RenyiLoss::infinite(), 1, std::move(seeds), std::make_shared<NoiseUse>());
  Aggregate released = noise.release(part, streams, 0, Digest(), 0);
  released.normalise();
  double along = 0;
  std::size_t at = 0;
  for (const NoisyStream& stream : streams)
    for (const double value : released.values(stream.name))
      along += direction[at++] * value;
  return along;
}

/// The largest epsilon that what was drawn of two neighbours refutes at 95 %, over all thresholds
/// of one half tried on the other.
inline double epsilon_told(const std::vector<double>& first, const std::vector<double>& second,
                           double delta) {
  const auto times = static_cast<int>(first.size());
  const auto above = [&](const std::vector<double>& all, double threshold, bool early) {
    const auto half = all.begin() + times / 2;
    return static_cast<int>(std::count_if(early ? all.begin() : half, early ? half : all.end(),
                                          [&](double value) { return value > threshold; }));
  };
  const auto epsilon_at = [&](double threshold, bool early) {
    const int n = times / 2;
    const double found = lower_bound(above(first, threshold, early), n) - delta;
    const double wrong = upper_bound(above(second, threshold, early), n);
    return found > 0 && wrong > 0 ? std::log(found / wrong) : 0.0;
  };
  std::vector<double> thresholds = second;
  std::ranges::sort(thresholds);
  double best = thresholds.front(), most = -1;
  for (std::size_t i = 0; i < thresholds.size(); i += thresholds.size() / 40)
    if (const double epsilon = epsilon_at(thresholds[i], true); epsilon > most) {
      most = epsilon;
      best = thresholds[i];
    }
  if (const double epsilon = epsilon_at(thresholds.back(), true); epsilon > most)
    best = thresholds.back();
  return std::max(0.0, epsilon_at(best, false));
}

/// Of two neighbours' sums, along the direction in which they differ, weighed by the noise: a
/// likelihood ratio, than which no test is stronger (Neyman and Pearson).
inline double epsilon_found(Aggregate one, Aggregate two, std::span<const NoisyStream> streams,
                            double delta, int times = 4000) {
  one.normalise();
  two.normalise();
  std::vector<double> direction;
  for (const NoisyStream& stream : streams) {
    const double deviation = Noise::deviation(one.layout().stream(stream.name), stream, 1, 1);
    const std::vector<double> a = one.values(stream.name), b = two.values(stream.name);
    for (std::size_t i = 0; i < a.size(); ++i)
      direction.push_back((a[i] - b[i]) / (deviation * deviation));
  }
  std::vector<double> first, second;
  for (int i = 0; i < times; ++i) {
    first.push_back(draw(one, direction, streams, i, 1));
    second.push_back(draw(two, direction, streams, i, 2));
  }
  return epsilon_told(first, second, delta);
}

}  // namespace bailiwick::audit
