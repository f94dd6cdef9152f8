// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Compiled for the machine it is built on, unlike everything else: a limit is no part of a result.
#include "benchmarks/peak.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace {

template <class F>
double best_seconds(const F& f) {
  double best = 1e9;
  for (int i = 0; i < 50; ++i) {
    const auto start = std::chrono::steady_clock::now();
    f();
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

volatile float sink;

}  // namespace

double peak_flops() {
#if defined(__AVX512F__)
  constexpr int width = 16;
#elif defined(__AVX2__)
  constexpr int width = 8;
#else
  constexpr int width = 4;
#endif
  using Vector [[gnu::vector_size(4 * width)]] = float;
  constexpr int chains = 12;  // longer than a fused multiply-add takes
  constexpr int turns = 100000;
  const double seconds = best_seconds([] {
    Vector sum[chains], a, b;
    for (int l = 0; l < width; ++l) {
      a[l] = 0.999F + sink;
      b[l] = 0.001F;
    }
    for (int c = 0; c < chains; ++c)
      sum[c] = b * static_cast<float>(c);
    for (int turn = 0; turn < turns; ++turn)
#pragma GCC unroll 12
      for (int c = 0; c < chains; ++c)
        sum[c] = sum[c] * a + b;
    for (int c = 1; c < chains; ++c)
      sum[0] += sum[c];
    sink = sum[0][0] * 0;
  });
  return 2.0 * width * chains * turns / seconds;
}

double triad_bandwidth(std::size_t bytes) {
  const std::size_t n = bytes / 3 / sizeof(double);
  std::vector<double> a(n, 1), b(n, 2), c(n, 3);
  const double seconds = best_seconds([&] {
#pragma GCC ivdep
    for (std::size_t i = 0; i < n; ++i)
      a[i] = b[i] + 0.5 * c[i];
    sink = static_cast<float>(a[n / 2]) * 0;
  });
  return 3.0 * sizeof(double) * static_cast<double>(n) / seconds;
}
