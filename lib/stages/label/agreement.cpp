// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/label/agreement.hpp"

#include <numeric>

namespace bailiwick {

namespace {

/// Classes of a square table of so many cells.
std::size_t side_of(std::size_t cells) {
  std::size_t side = 0;
  while (side * side < cells)
    ++side;
  return side;
}

std::vector<double> sums_of_rows(std::span<const double> matrix, std::size_t classes) {
  std::vector<double> sums(classes);
  for (std::size_t c = 0; c < classes; ++c)
    for (std::size_t k = 0; k < classes; ++k)
      sums[c] += matrix[c * classes + k];
  return sums;
}

/// How far apart two classes are; `labels`: how many of each there are.
double squared_difference(std::size_t c, std::size_t k, LabelScale scale,
                          std::span<const double> labels, std::span<const double> values) {
  if (c == k) return 0;
  switch (scale) {
    case LabelScale::nominal:
      return 1;
    case LabelScale::interval:
      return (values[c] - values[k]) * (values[c] - values[k]);
    case LabelScale::ordinal: {
      double between = -(labels[c] + labels[k]) / 2;
      for (std::size_t g = std::min(c, k); g <= std::max(c, k); ++g)
        between += labels[g];
      return between * between;
    }
  }
  return 1;
}

}  // namespace

std::optional<double> share_of_equal(std::span<const std::int64_t> table, std::size_t classes) {
  std::int64_t all = 0, equal = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    all += table[i];
    if (i % (classes + 1) == 0) equal += table[i];
  }
  if (all == 0) return std::nullopt;
  return static_cast<double>(equal) / static_cast<double>(all);
}

std::optional<double> cohen_kappa(std::span<const std::int64_t> table, std::size_t classes) {
  const std::optional<double> observed = share_of_equal(table, classes);
  if (!observed) return std::nullopt;
  std::vector<double> first(classes), second(classes);
  for (std::size_t i = 0; i < table.size(); ++i) {
    first[i / classes] += static_cast<double>(table[i]);
    second[i % classes] += static_cast<double>(table[i]);
  }
  const double n = std::accumulate(first.begin(), first.end(), 0.0);
  double by_chance = 0;
  for (std::size_t c = 0; c < classes; ++c)
    by_chance += first[c] / n * (second[c] / n);
  if (!(by_chance < 1)) return std::nullopt;
  return (*observed - by_chance) / (1 - by_chance);
}

void add_coincidences(std::span<const std::int64_t> votes, std::span<double> matrix) {
  const std::int64_t m = std::accumulate(votes.begin(), votes.end(), std::int64_t{0});
  if (m < 2) return;
  for (std::size_t c = 0; c < votes.size(); ++c)
    for (std::size_t k = 0; k < votes.size(); ++k)
      matrix[c * votes.size() + k] +=
          static_cast<double>(votes[c] * (votes[k] - (c == k ? 1 : 0))) /
          static_cast<double>(m - 1);
}

std::optional<double> krippendorff_alpha(std::span<const double> matrix, LabelScale scale,
                                         std::span<const double> values) {
  const std::size_t classes = side_of(matrix.size());
  const std::vector<double> labels = sums_of_rows(matrix, classes);
  const double n = std::accumulate(labels.begin(), labels.end(), 0.0);
  double observed = 0, expected = 0;
  for (std::size_t c = 0; c < classes; ++c)
    for (std::size_t k = 0; k < classes; ++k) {
      const double apart = squared_difference(c, k, scale, labels, values);
      observed += matrix[c * classes + k] * apart;
      expected += labels[c] * labels[k] * apart;
    }
  if (!(expected > 0)) return std::nullopt;
  return 1 - (n - 1) * observed / expected;
}

std::optional<double> fleiss_kappa(std::span<const double> matrix) {
  const std::size_t classes = side_of(matrix.size());
  const std::vector<double> labels = sums_of_rows(matrix, classes);
  const double n = std::accumulate(labels.begin(), labels.end(), 0.0);
  double observed = 0, by_chance = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    observed += matrix[c * classes + c] / n;
    by_chance += labels[c] / n * (labels[c] / n);
  }
  if (!(by_chance < 1)) return std::nullopt;
  return (observed - by_chance) / (1 - by_chance);
}

}  // namespace bailiwick
