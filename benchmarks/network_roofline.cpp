// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// The kernels of one training step, 784-512-256-10 with 256 rows in five blocks, each beside the
// limit that binds it: what a core can multiply, or what it can move over as many bytes.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "benchmarks/peak.hpp"
#include "kokkos_kernels/network/dense.hpp"
#include "kokkos_kernels/network/descent.hpp"
#include "kokkos_kernels/network/losses.hpp"
#include "kokkos_kernels/network/network_rows.hpp"
#include "lib/core/stopwatch.hpp"

namespace {

using namespace bailiwick::kernels;

constexpr std::size_t rows = 256, widths[] = {784, 512, 256, 10};
constexpr std::size_t bounds[] = {0, 51, 102, 153, 204, 256};

template <class F>
double best_seconds(const F& f) {
  double best = 1e9;
  for (int i = 0; i < 100; ++i) {
    const bailiwick::Stopwatch watch;
    f();
    best = std::min(best, watch.seconds());
  }
  return best;
}

double all_seconds = 0;

void print(const char* name, double seconds, double done, double limit, const char* unit) {
  all_seconds += seconds;
  std::printf("%-22s %8.3f %10.1f %10.1f %8.2f  %s\n", name, 1e3 * seconds, 1e-9 * done / seconds,
              1e-9 * limit, done / seconds / limit, unit);
}

std::vector<float> numbers(std::size_t n) {
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i)
    values[i] = 0.01F * static_cast<float>(static_cast<int>(i % 17) - 8);
  return values;
}

}  // namespace

int main(int argc, char** argv) {
  const Kokkos::ScopeGuard kokkos(argc, argv);
  static_assert(on_host);
  const double peak = peak_flops();
  GemmScratch scratch;
  const GradientFormat format;
  std::vector<std::int64_t> words(784 * 512 + 1);
  std::printf("tiles: %s\n%-22s %8s %10s %10s %8s\n", tile_set().name, "", "ms", "achieved",
              "limit", "ratio");
  for (std::size_t l = 0; l < 3; ++l) {
    const DenseShape shape{widths[l], widths[l + 1]};
    const auto x = numbers(rows * shape.inputs), w = numbers(shape.inputs * shape.outputs),
               bias = numbers(shape.outputs), g = numbers(rows * shape.outputs);
    std::vector<float> out(rows * std::max(shape.inputs, shape.outputs));
    const double flops = 2.0 * rows * static_cast<double>(shape.inputs * shape.outputs);
    const auto name = [&, text = std::string()](const char* what) mutable {
      text = std::string(what) + " " + std::to_string(l + 1);
      return text.c_str();
    };
    auto named = name;
    print(named("forward"), best_seconds([&] {
            dense_forward(shape, rows, x.data(), {w.data(), bias.data()},
                          {Activation::relu, out.data(), nullptr}, scratch);
          }),
          flops, peak, "GFLOP/s");
    print(named("weights' gradient"), best_seconds([&] {
            const GradientWords to{words.data(), words.data() + words.size() - 1, format};
            dense_parameter_gradient(shape, {bounds, 5}, rows, {x.data(), g.data()}, {to, to},
                                     scratch);
          }),
          flops, peak, "GFLOP/s");
    if (l == 0) continue;
    print(named("inputs' gradient"), best_seconds([&] {
            dense_input_gradient(shape, rows, g.data(), w.data(),
                                 {Activation::relu, x.data(), out.data()}, scratch);
          }),
          flops, peak, "GFLOP/s");
  }
  const std::size_t p = 535818;
  std::vector<double> theta(p), first(p), second(p, 1.0);
  std::vector<float> rounded(p);
  words.resize(p);
  const double seconds = best_seconds([&] {
    adamw({1e-3, 0.9, 0.999, 1e-8, 0.1, 0.001, 0.01}, {words.data(), 1e-9}, p, theta.data(),
          {first.data(), second.data()}, rounded.data());
  });
  // theta and moments are read and written, words read, floats written: 36 bytes lie there.
  print("adamw", seconds, 60.0 * static_cast<double>(p), triad_bandwidth(36 * p), "GB/s");

  std::vector<float> gradient(rows * 10);
  std::vector<double> y(rows), weight(rows, 1.0), loss(rows);
  const auto z = numbers(rows * 10);
  const double loss_seconds = best_seconds([&] {
    loss_and_gradient({Loss::cross_entropy, 1}, 10, z.data(), {y.data(), weight.data(), rows},
                      {bounds, 5}, {gradient.data(), loss.data()});
  });
  all_seconds += loss_seconds;
  std::printf("%-22s %8.3f\n%-22s %8.3f\n", "cross entropy", 1e3 * loss_seconds, "together",
              1e3 * all_seconds);
}
