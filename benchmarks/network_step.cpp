// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// One step of training a network, in parts: network_step [block rows]. The network, 784-512-256-10
// with a batch of 256, is that of benchmarks/network.py, which runs PyTorch beside it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "lib/core/stopwatch.hpp"
#include "lib/kinds/network/network.hpp"
#include "lib/optim/descent.hpp"

int main(int argc, char** argv) {
  using namespace bailiwick;
  const Kokkos::ScopeGuard kokkos(argc, argv);
  const std::size_t block_rows = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 256;
  constexpr std::size_t rows = 256, inputs = 784, classes = 10;
  const Architecture architecture(inputs, {{512}, {256}}, classes);
  kernels::NetworkRows data;
  data.dense = decltype(data.dense)("x", rows, inputs);
  data.y = decltype(data.y)("y", rows, 1);
  data.weight = decltype(data.weight)("weight", rows);
  data.inputs = decltype(data.inputs)("inputs", inputs);
  const kernels::Philox random(1, kernels::RandomPurpose::dropout);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t j = 0; j < inputs; ++j)
      data.dense(r, j) = static_cast<float>(
          2 * kernels::unit_interval(random(static_cast<std::uint32_t>(j), r).word[0]) - 1);
    data.y(r, 0) = static_cast<double>(r % classes);
    data.weight(r) = 1;
  }
  const std::vector<double> start = architecture.initial_parameters(1);
  Network network(architecture, rows);
  network.set_parameters(start);
  Batch batch(inputs, 1, rows, rows);
  const StepOptions options{{kernels::Loss::cross_entropy, 1}, gradient_format(1), 1, 0};
  std::vector<Aggregate> parts(1, Aggregate(step_layout(architecture, options.format)));
  DescentOptions how;
  how.weight_decay = 0.01;
  Descent descent(how, start);

  double gather = 1, gradient = 1, update = 1, whole = 1;
  for (int turn = 0; turn < 200; ++turn) {
    Stopwatch watch;
    const Stopwatch step;
    batch.start();
    for (std::size_t first = 0; first < rows; first += block_rows)
      batch.add(data, first, std::min(block_rows, rows - first), 0);
    batch.finish();
    gather = std::min(gather, watch.lap());
    network.sum_gradient(options, batch, parts);
    gradient = std::min(gradient, watch.lap());
    parts[0].normalise();
    descent.step({.words = parts[0].words("gradient").data(),
                  .exponent = options.format.exponent,
                  .weight = parts[0].value("weight")},
                 network.parameters());
    update = std::min(update, watch.lap());
    whole = std::min(whole, step.seconds());
  }
  const double flops = architecture.flops_a_row() * rows;
  std::printf(
      "ms: gather %.3f, gradient %.3f (%.1f GFLOP/s), update %.3f, step %.3f; %.0f rows/s\n",
      1e3 * gather, 1e3 * gradient, 1e-9 * flops / gradient, 1e3 * update, 1e3 * whole,
      rows / whole);
}
