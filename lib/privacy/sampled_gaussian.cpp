// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/privacy/sampled_gaussian.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/privacy/plain_math.hpp"

namespace bailiwick {

namespace {

constexpr double smallest = std::numeric_limits<double>::min();

/// ln(0!), ln(1!), ...: each to a few 2^-53 of itself, since what a sum loses is kept beside it.
const std::vector<double>& log_factorials() {
  static const std::vector<double> table = [] {
    std::vector<double> result(static_cast<std::size_t>(largest_renyi_order) + 1, 0.0);
    double sum = 0.0, lost = 0.0;
    for (std::size_t k = 2; k < result.size(); ++k) {
      const double term = plain::log(static_cast<double>(k));
      const double next = sum + term;
      lost += std::max(sum, term) - next + std::min(sum, term);
      sum = next;
      result[k] = sum + lost;
    }
    return result;
  }();
  return table;
}

/// ln(e^x - 1), x > 0.
double log_expm1(double x) {
  return x < 30.0 ? plain::log(plain::expm1(x)) : x + plain::log1p(-plain::exp(-x));
}

/// The logarithms of the terms k = 2, ..., order of the sum below, each rounded up by 2^-47 of the
/// sizes of its parts: they are exact to 2^-49, so this covers their error several times.
std::vector<double> log_terms(int order, double noise_multiplier, double q) {
  const std::vector<double>& logarithms = log_factorials();
  const double log_in = plain::log(q), log_out = plain::log1p(-q);
  std::vector<double> terms;
  for (int k = 2; k <= order; ++k) {
    const int out = order - k;
    const auto factorial = [&](int n) { return logarithms[static_cast<std::size_t>(n)]; };
    const double exponent =
        0.5 * k * (k - 1.0) / noise_multiplier / noise_multiplier * (1.0 + 0x1p-50);
    // Noise without end would leave nothing to take a logarithm of.
    const double moment = log_expm1(std::max(exponent, 0x1p-1000));
    const double binomial = factorial(order) - factorial(k) - factorial(out);
    const double sizes = factorial(order) + factorial(k) + factorial(out) - k * log_in -
                         out * log_out + (moment < 0 ? -moment : moment);
    terms.push_back(binomial + k * log_in + out * log_out + moment + 0x1p-47 * sizes);
  }
  return terms;
}

}  // namespace

double sampled_gaussian_divergence(int order, double noise_multiplier, double q) {
  ensure(order >= 2 && order <= largest_renyi_order, "a Rényi order is 2 to 4096");
  if (q == 0.0) return 0.0;
  // However much noise there is, what costs something costs more than nothing.
  const double unsampled =
      std::max(0.5 * order / noise_multiplier / noise_multiplier * (1.0 + 0x1p-50), smallest);
  if (q == 1.0 || unsampled > 0x1p100) return unsampled;
  const std::vector<double> terms = log_terms(order, noise_multiplier, q);
  const double largest = std::ranges::max(terms);
  double sum = 0.0;
  for (const double term : terms)
    sum += plain::exp(term - largest);
  // 2^-40 covers 4096 roundings of the sum, and what came to e^-708 and less.
  const double log_sum = largest + plain::log(sum) + 0x1p-40;
  const double log_moment = log_sum > 0 ? log_sum + plain::log1p(plain::exp(-log_sum))
                                        : plain::log1p(plain::exp(log_sum));
  return std::clamp(log_moment / (order - 1) * (1.0 + 0x1p-44), smallest, unsampled);
}

}  // namespace bailiwick
