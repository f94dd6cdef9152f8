// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Score and information of a GLM on one thread, as fractions of what its core can do: of fused
// multiply-adds in registers and of reads from memory, both measured in the same run. "hessian" is
// the information alone, "quantise" the share of the time spent in turning doubles into integers.
// Usage: benchmark_glm_kernels [rows] [result.json]; more than 60 columns with fewer rows.

#include <fmt/format.h>

#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "kokkos_kernels/glm/glm.hpp"
#include "kokkos_kernels/sums/lanes.hpp"
#include "kokkos_kernels/sums/quantise.hpp"

using namespace bailiwick;
using namespace bailiwick::kernels;

namespace {

constexpr std::size_t block_rows = 1024;

double best_seconds(int repeats, const std::function<void()>& run) {
  double best = 1e300;
  for (int i = 0; i < repeats; ++i) {
    const std::clock_t start = std::clock();
    run();
    const double elapsed = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    best = std::min(best, elapsed);
  }
  return best;
}

volatile double sink;

/// Independent chains of fma in registers: no kernel can do more a second.
double peak_flops() {
  using Vector = Lanes<Native::width>;
  constexpr int chains = 12, steps = 2000000;
  const double seconds = best_seconds(10, [] {
    double start[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    Vector sum[chains];
    for (Vector& s : sum)
      s = Vector::load(start);
    const Vector factor = Vector::load(start);
    for (int i = 0; i < steps; ++i)
      for (Vector& s : sum)
        s = fused(s, factor, factor);
    double total = 0;
    for (const Vector& s : sum) {
      s.store(start);
      total += start[0];
    }
    sink = total;
  });
  return 2.0 * Native::width * chains * steps / seconds;
}

double read_bytes(const double* data, std::size_t size) {
  using Vector = Lanes<Native::width>;
  const double seconds = best_seconds(5, [=] {
    double one[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    const Vector factor = Vector::load(one);
    Vector sum[8];
    for (Vector& s : sum)
      s = factor;
    for (std::size_t i = 0; i + 8 * Native::width <= size; i += 8 * Native::width)
      for (std::size_t k = 0; k < 8; ++k)
        sum[k] = fused(Vector::load(data + i + k * Native::width), factor, sum[k]);
    for (const Vector& s : sum) {
      s.store(one);
      sink = one[0];
    }
  });
  return static_cast<double>(8 * size) / seconds;
}

RowBlocks make_rows(std::size_t rows, std::size_t columns) {
  const std::size_t blocks = (rows + block_rows - 1) / block_rows;
  RowBlocks result{decltype(RowBlocks::x)("x", blocks, columns, block_rows),
                   decltype(RowBlocks::y)("y", blocks, 1, block_rows),
                   decltype(RowBlocks::weight)("weight", blocks, block_rows)};
  std::uint64_t state = 1;
  const auto next = [&] {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state >> 11) * 0x1p-52 - 1.0;
  };
  for (std::size_t b = 0; b < blocks; ++b)
    for (std::size_t r = 0; r < block_rows; ++r) {
      for (std::size_t j = 0; j < columns; ++j)
        result.x(b, j, r) = next();
      result.y(b, 0, r) = next() < 0 ? 0 : 1;
      result.weight(b, r) = 1;
    }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const Kokkos::ScopeGuard kokkos;
  const std::size_t rows = argc > 1 ? std::stoul(argv[1]) : 200000;
  const double peak = peak_flops();
  std::string json =
      fmt::format(R"({{"rows":{},"peak_gflops":{:.3f},"results":[)", rows, peak * 1e-9);
  fmt::print("{} rows, blocks of {}; fma peak of one thread {:.1f} GFLOP/s\n", rows, block_rows,
             peak * 1e-9);
  fmt::print("{:>14} {:>8} {:>8} {:>10} {:>12} {:>10} {:>12} {:>9}\n", "family", "columns",
             "ns/row", "fma, all", "fma, hessian", "reads, all", "reads, grad.", "quantise");
  const char* separator = "";
  const std::pair<Family, const char*> families[] = {{kernels::family<Gaussian>, "gaussian"},
                                                     {kernels::family<Binomial>, "binomial"},
                                                     {kernels::family<Poisson>, "poisson"},
                                                     {kernels::multinomial, "multinomial 3"}};
  for (const std::size_t columns : {4, 10, 20, 40, 60, 150, 300, 1000}) {
    const RowBlocks data = make_rows(std::min(rows, rows * 60 / columns), columns);
    const double bandwidth = read_bytes(data.x.data(), data.x.span());
    for (const auto& [family, name] : families) {
      constexpr std::size_t classes = 3;
      const std::vector<double> theta(glm_parameters(family, columns, classes), 0.01);
      const std::size_t d = theta.size();
      const auto seconds = [&](Order order) {
        std::vector<std::int64_t> words(glm_words(family, columns, classes, order, wide));
        return best_seconds(4, [&] {
          glm_sums(data, {family, classes, theta}, order, wide, words, {1});
        });
      };
      const double all = seconds(Order::hessian), gradient = seconds(Order::gradient);
      const std::size_t values = 1 + d + d * (d + 1) / 2;
      const std::vector<double> sums(values, 1.0 / 3);
      std::vector<std::int64_t> words(3 * values);
      const double quantised = best_seconds(4, [&] {
        for (std::size_t b = 0; b < data.blocks(); ++b)
          add_quantised(sums.data(), values, wide, words.data(), values);
      });
      // Useful work: predictor, score and one triangle of the information.
      const auto n = static_cast<double>(data.blocks() * block_rows);
      const double flops = n * (4.0 * static_cast<double>(d) + static_cast<double>(d * (d + 1)));
      const double bytes = 8 * n * static_cast<double>(columns + 2);
      const double hessian_flops = n * static_cast<double>(d * (d + 1));
      const double of_fma = flops / all / peak, hessian = hessian_flops / (all - gradient) / peak;
      const double reads = bytes / all / bandwidth, gradient_reads = bytes / gradient / bandwidth;
      fmt::print("{:>14} {:>8} {:>8.2f} {:>10.2f} {:>12.2f} {:>10.2f} {:>12.2f} {:>9.3f}\n", name,
                 columns, all / n * 1e9, of_fma, hessian, reads, gradient_reads, quantised / all);
      json += fmt::format(
          R"({}{{"family":"{}","columns":{},"ns_per_row":{:.3f},"fma_all":{:.3f},)"
          R"("fma_hessian":{:.3f},"reads_all":{:.3f},"reads_gradient":{:.3f},"quantise":{:.4f}}})",
          separator, name, columns, all / n * 1e9, of_fma, hessian, reads, gradient_reads,
          quantised / all);
      separator = ",";
    }
  }
  json += "]}\n";
  if (argc > 2) std::ofstream(argv[2]) << json;
  return 0;
}
