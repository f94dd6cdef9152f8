// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/network/descent.hpp"

#include <cmath>

#include "kokkos_kernels/math/exact_math_detail.hpp"
#include "kokkos_kernels/sums/lanes.hpp"
#include "kokkos_kernels/sums/quantise.hpp"
#include "kokkos_kernels/sums/rows.hpp"

namespace bailiwick::kernels {
namespace {

constexpr std::size_t chunk = on_host ? 2048 : 1;

/// Calls f(i) for every i < size; on a processor in long loops that vectorise.
template <class F>
void for_each_element(const char* label, std::size_t size, const F& f) {
  Kokkos::parallel_for(
      label, Kokkos::RangePolicy<Execution>(0, (size + chunk - 1) / chunk),
      KOKKOS_LAMBDA(const std::size_t item) {
        const std::size_t end = (item + 1) * chunk < size ? (item + 1) * chunk : size;
        BAILIWICK_INDEPENDENT
        for (std::size_t i = item * chunk; i < end; ++i)
          f(i);
      });
}

/// A word as double, rounded once. In halves: AVX2 has no conversion of 64 bits.
KOKKOS_FORCEINLINE_FUNCTION double to_double(std::int64_t word) {
  const auto bits = static_cast<std::uint64_t>(word);
  const double low =
      exact::detail::from_bits(0x4330000000000000 | (bits & 0xffffffff));  // 2^52 + low
  const double high = exact::detail::from_bits(0x4530000000000000 |
                                               ((bits >> 32) ^ 0x80000000));  // 2^84 + 2^63 + high
  return (high - (0x1p84 + 0x1p63 + 0x1p52)) + low;
}

}  // namespace

SquaredNorm::SquaredNorm(std::size_t most)
    : sums_("squares", (most + length - 1) / length), host_(Kokkos::create_mirror_view(sums_)) {}

double SquaredNorm::operator()(const SummedGradient& gradient, std::size_t size) const {
  // Eight lanes in each chunk, then the chunks in order.
  const std::size_t chunks = (size + length - 1) / length;
  const auto sums = sums_;
  const std::int64_t* const words = gradient.words;
  const double scale = gradient.scale;
  Kokkos::parallel_for(
      "squared norm", Kokkos::RangePolicy<Execution>(0, chunks),
      KOKKOS_LAMBDA(const std::size_t c) {
        double lane[lanes] = {};
        for (std::size_t i = c * length; i < size && i < (c + 1) * length; i += lanes)
          for (std::size_t l = 0; l < lanes && i + l < size; ++l) {
            const double g = to_double(words[i + l]) * scale;
            lane[l] = ::fma(g, g, lane[l]);
          }
        sums(c) = lane_sum(lane);
      });
  Kokkos::deep_copy(host_, sums_);
  double sum = 0;
  for (std::size_t c = 0; c < chunks; ++c)
    sum += host_(c);
  return sum;
}

void adamw(const AdamwStep& step, const SummedGradient& gradient, std::size_t size, double* theta,
           const AdamwMoments& moments, float* rounded) {
  const std::int64_t* const words = gradient.words;
  const double scale = gradient.scale;
  const double keep = 1.0 - step.rate * step.weight_decay;
  const double size_of_step = step.rate / step.correction1;
  const double root = 1.0 / std::sqrt(step.correction2);
  const double b1 = step.beta1, b2 = step.beta2, epsilon = step.epsilon;
  const double c1 = 1.0 - b1, c2 = 1.0 - b2;
  double *const first_moment = moments.first, *const second_moment = moments.second;
  for_each_element(
      "adamw", size, KOKKOS_LAMBDA(const std::size_t i) {
        const double g = to_double(words[i]) * scale;
        const double m = ::fma(b1, first_moment[i], c1 * g);
        const double v = ::fma(b2, second_moment[i], c2 * g * g);
        first_moment[i] = m;
        second_moment[i] = v;
        const double denominator = ::fma(::sqrt(v), root, epsilon);
        const double t = theta[i] * keep - size_of_step * m / denominator;
        theta[i] = t;
        rounded[i] = static_cast<float>(t);
      });
}

void sgd(const SgdStep& step, const SummedGradient& gradient, std::size_t size, double* theta,
         double* velocity, float* rounded) {
  const std::int64_t* const words = gradient.words;
  const double scale = gradient.scale;
  const SgdStep s = step;
  for_each_element(
      "sgd", size, KOKKOS_LAMBDA(const std::size_t i) {
        double g = ::fma(s.weight_decay, theta[i], to_double(words[i]) * scale);
        if (s.pull.anchor != nullptr) g = ::fma(s.pull.proximal, theta[i] - s.pull.anchor[i], g);
        if (s.pull.correction != nullptr) g += s.pull.correction[i];
        double direction = g;
        if (s.momentum != 0) {
          const double b = ::fma(s.momentum, velocity[i], g);
          velocity[i] = b;
          direction = s.nesterov ? ::fma(s.momentum, b, g) : b;
        }
        const double t = ::fma(-s.rate, direction, theta[i]);
        theta[i] = t;
        rounded[i] = static_cast<float>(t);
      });
}

}  // namespace bailiwick::kernels
