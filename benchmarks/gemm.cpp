// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// The exact sgemm beside OpenBLAS, on one core, at 1024^3 and at the shapes of training.
#include <cblas.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "kokkos_kernels/gemm/gemm.hpp"

namespace {

using namespace bailiwick::kernels;

template <class F>
double best_seconds(const F& f) {
  double best = 1e9;
  for (int i = 0; i < 25; ++i) {
    const auto start = std::chrono::steady_clock::now();
    f();
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

struct Case {
  const char* name;
  GemmShape shape;
  bool ta, tb;
};

constexpr Case cases[] = {{"1024^3", {1024, 1024, 1024}, false, false},
                          {"forward 1", {256, 512, 784}, false, false},
                          {"forward 2", {256, 256, 512}, false, false},
                          {"forward 3", {256, 10, 256}, false, false},
                          {"data 3", {256, 256, 10}, false, true},
                          {"data 2", {256, 512, 256}, false, true},
                          {"weights 1", {784, 512, 256}, true, false},
                          {"weights 2", {512, 256, 256}, true, false},
                          {"weights 3", {256, 10, 256}, true, false},
                          {"weights 1, 32 rows", {784, 512, 32}, true, false}};

}  // namespace

int main(int argc, char** argv) {
  const Kokkos::ScopeGuard kokkos(argc, argv);
  openblas_set_num_threads(1);
  std::printf("tiles: %s\n%-20s %10s %10s %8s\n", tile_set().name, "", "GFLOP/s", "OpenBLAS",
              "ratio");
  for (const Case& c : cases) {
    const auto [m, n, k] = c.shape;
    std::vector<float> a(m * k), b(k * n), x(m * n), y(m * n);
    for (std::size_t i = 0; i < a.size(); ++i)
      a[i] = static_cast<float>(i % 17) - 8;
    for (std::size_t i = 0; i < b.size(); ++i)
      b[i] = static_cast<float>(i % 13) - 6;
    GemmScratch scratch;
    const Operand left = c.ta ? row_major(a.data(), m).transposed() : row_major(a.data(), k);
    const Operand right = c.tb ? row_major(b.data(), k).transposed() : row_major(b.data(), n);
    const double ours = best_seconds([&] {
      gemm(c.shape, left, right, Store{x.data(), n}, scratch);
    });
    const double peer = best_seconds([&] {
      cblas_sgemm(CblasRowMajor, c.ta ? CblasTrans : CblasNoTrans, c.tb ? CblasTrans : CblasNoTrans,
                  static_cast<int>(m), static_cast<int>(n), static_cast<int>(k), 1.0F, a.data(),
                  static_cast<int>(c.ta ? m : k), b.data(), static_cast<int>(c.tb ? k : n), 0.0F,
                  y.data(), static_cast<int>(n));
    });
    const double flop = 2e-9 * static_cast<double>(m * n * k);
    std::printf("%-20s %10.1f %10.1f %8.2f%s\n", c.name, flop / ours, flop / peer, peer / ours,
                x == y ? "" : "  (sums differ)");
  }
}
