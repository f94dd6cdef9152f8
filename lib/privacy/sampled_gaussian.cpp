// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/privacy/sampled_gaussian.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

constexpr double smallest = std::numeric_limits<double>::min();
constexpr double no_bound = std::numeric_limits<double>::infinity();

/// ln(0!), ln(1!), ...: each to a few 2^-53 of itself, since what a sum loses is kept beside it.
const std::vector<double>& log_factorials() {
  static const std::vector<double> table = [] {
    std::vector<double> result(static_cast<std::size_t>(largest_renyi_order) + 1, 0.0);
    double sum = 0.0, lost = 0.0;
    for (std::size_t k = 2; k < result.size(); ++k) {
      const double term = exact::log(static_cast<double>(k));
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
  return x < 30.0 ? exact::log(exact::expm1(x)) : x + exact::log1p(-exact::exp(-x));
}

/// The logarithms of the terms k = 2, ..., order of the sum below, each rounded up by 2^-47 of the
/// sizes of its parts: they are exact to 2^-49, so this covers their error several times.
std::vector<double> log_terms(int order, double noise_multiplier, double q) {
  const std::vector<double>& logarithms = log_factorials();
  const double log_in = exact::log(q), log_out = exact::log1p(-q);
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

/// ln(1 + sum of e^terms) / (order - 1), rounded up; terms as log_terms.
double divergence_of(const std::vector<double>& terms, int order) {
  const double largest = std::ranges::max(terms);
  double sum = 0.0;
  for (const double term : terms)
    sum += exact::exp(term - largest);
  // 2^-40 covers 4097 roundings of the sum, and what came to e^-708 and less.
  const double log_sum = largest + exact::log(sum) + 0x1p-40;
  const double log_moment = log_sum > 0 ? log_sum + exact::log1p(exact::exp(-log_sum))
                                        : exact::log1p(exact::exp(log_sum));
  return log_moment / (order - 1) * (1.0 + 0x1p-44);
}

/// By what the k-th term's last factor exceeds 1, rounded up.
double excess_of_term(double mq, double c, double step, int k) {
  const double spread = exact::expm1(step);
  const double below = -exact::expm1(-k * step), above = exact::expm1(k * step);
  const auto squares = [&](double off, double y) { return c * (off * off + spread * y * y); };
  const double opposite = mq * below + squares(below, 1 - below);
  const double grown = squares(above, 1 + above);
  const double alike = grown - mq * above + 0x1p-40 * (grown + mq * above);
  return std::max(opposite, alike) * (1.0 + 0x1p-40);
}

/// The third bound; infinite where it is of no use.
double expanded_divergence(int order, double noise_multiplier, double q) {
  const std::vector<double>& logarithms = log_factorials();
  const double log_in = exact::log(q), log_out = exact::log1p(-q), m = order - 1;
  const double step = 1.0 / noise_multiplier / noise_multiplier * (1.0 + 0x1p-50);
  if (order * step > 150.0 || -m * log_out > 150.0) return no_bound;
  // Nearly all of it may be taken off again, and its error stays.
  const double power = exact::expm1(-m * log_out);
  const double c = power - m * q + 0x1p-40 * power;
  std::vector<double> terms;
  for (int k = 0; k <= order; ++k) {
    const int out = order - k;
    const auto factorial = [&](int n) { return logarithms[static_cast<std::size_t>(n)]; };
    const double exponent =
        (0.5 * k * (k - 1.0) * step + exact::log1p(excess_of_term(m * q, c, step, k))) *
        (1.0 + 0x1p-46);
    const double moment = log_expm1(std::max(exponent, 0x1p-1000));
    const double binomial = factorial(order) - factorial(k) - factorial(out);
    const double sizes = factorial(order) + factorial(k) + factorial(out) - k * log_in -
                         out * log_out + (moment < 0 ? -moment : moment);
    terms.push_back(binomial + k * log_in + out * log_out + moment + 0x1p-46 * sizes);
  }
  return divergence_of(terms, order);
}

}  // namespace

double sampled_gaussian_divergence(int order, double noise_multiplier, double q) {
  ensure(order >= 2 && order <= largest_renyi_order, "a Rényi order is 2 to 4096");
  if (q == 0.0) return 0.0;
  // However much noise there is, what costs something costs more than nothing.
  const double unsampled =
      std::max(0.5 * order / noise_multiplier / noise_multiplier * (1.0 + 0x1p-50), smallest);
  if (q == 1.0 || unsampled > 0x1p100) return unsampled;
  return std::clamp(divergence_of(log_terms(order, noise_multiplier, q), order), smallest,
                    unsampled);
}

double sampled_replacement_divergence(int order, double noise_multiplier, double q) {
  const double all = sampled_gaussian_divergence(order, noise_multiplier / 2, 1.0);
  if (q == 0.0) return 0.0;
  if (q == 1.0 || all > 0x1p100) return all;
  double least = std::min(all, expanded_divergence(order, noise_multiplier, q));
  if (const int twice = 2 * order; twice <= largest_renyi_order) {
    const double there = sampled_gaussian_divergence(twice - 1, noise_multiplier, q);
    const double back = sampled_gaussian_divergence(twice, noise_multiplier, q);
    least = std::min(least, (there * twice / (twice - 1) + back) * (1.0 + 0x1p-48));
  }
  return std::max(least, smallest);
}

}  // namespace bailiwick
