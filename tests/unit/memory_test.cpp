// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/kinds/network/network.hpp"
#include "lib/optim/descent.hpp"
#include "lib/run/inputs.hpp"
#include "tests/support/catch.hpp"

// What the program asks of the heap, whoever asks (labels of kernels beyond 15 letters do): the C
// library's own functions stay behind these.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace {

std::size_t calls = 0, held = 0;

void* taken(void* memory) {
  ++calls;
  held += malloc_usable_size(memory);
  return memory;
}

}  // namespace

extern "C" {
void* malloc(std::size_t size) {
  return taken(__libc_malloc(size));
}
void* calloc(std::size_t n, std::size_t size) {
  return taken(__libc_calloc(n, size));
}
void* realloc(void* old, std::size_t size) {
  held -= malloc_usable_size(old);
  return taken(__libc_realloc(old, size));
}
void* memalign(std::size_t alignment, std::size_t size) {
  return taken(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return taken(__libc_memalign(alignment, size));
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  *memory = taken(__libc_memalign(alignment, size));
  return *memory == nullptr ? ENOMEM : 0;
}
void free(void* memory) {
  held -= malloc_usable_size(memory);
  __libc_free(memory);
}
}

using namespace bailiwick;
using kernels::Activation;

TEST_CASE("A step takes no memory, and what a training holds is what is said before it") {
  constexpr std::size_t rows = 256, inputs = 100, domains = 3;
  kernels::NetworkRows data;
  data.dense = decltype(data.dense)("x", rows, inputs);
  data.y = decltype(data.y)("y", rows, 1);
  data.weight = decltype(data.weight)("weight", rows);
  data.inputs = decltype(data.inputs)("inputs", inputs);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t j = 0; j < inputs; ++j)
      data.dense(r, j) = static_cast<float>(std::sin(static_cast<double>(r * inputs + j)));
    data.y(r, 0) = static_cast<double>(r % 5);
    data.weight(r) = 1;
  }
  data.code = decltype(data.code)("code", rows, 2);
  for (std::size_t r = 0; r < rows; ++r) {
    data.code(r, 0) = static_cast<std::uint16_t>(r % 7);
    data.code(r, 1) = static_cast<std::uint16_t>(r * r % 40);
  }
  data.embedded = decltype(data.embedded)("embedded", 2);
  data.embedded(1) = 1;
  for (const bool adamw : {true, false}) {
    const Architecture architecture(
        inputs,
        {{200, Activation::gelu, true, 0.25}, {150, Activation::relu}, {70, Activation::tanh}}, 5,
        {{7, 3}, {40, 70}});
    const std::vector<double> start = architecture.initial_parameters(1);
    const StepOptions options{{kernels::Loss::cross_entropy, 1}, {}, 1, 0};
    const auto layout = step_layout(architecture, options.format);
    DescentOptions how;
    how.method = adamw ? DescentOptions::Method::adamw : DescentOptions::Method::sgd;
    how.momentum = adamw ? 0 : 0.9;
    how.clip_norm = 1;

    const std::size_t before = held;
    Network network(architecture, rows);
    Batch batch(architecture.inputs(), 1, rows, 12, 2);
    Descent descent(how, start);
    std::vector<Aggregate> parts(domains, Aggregate(layout));
    network.set_parameters(start);
    std::size_t first_calls = 0, is = 0;
    for (int step = 0; step < 3; ++step) {
      first_calls = calls;
      is = held - before;
      batch.start();
      for (std::size_t d = 0; d < domains; ++d)
        for (std::size_t block = 0; block < 3; ++block)
          batch.add(data, 80 * d + 20 * block, 20, d);
      batch.finish();
      network.sum_gradient(options, batch, parts);
      for (std::size_t d = 1; d < domains; ++d)
        parts[0].add(parts[d]);
      descent.step({.words = parts[0].words("gradient").data(),
                    .exponent = options.format.exponent,
                    .weight = parts[0].value("weight")},
                   network.parameters());
    }
    const std::size_t taken = calls - first_calls, more = held - before - is;
    CHECK(taken == 0);
    CHECK(more == 0);
    const std::size_t said =
        network.bytes() + batch.bytes() + descent.bytes() + 8 * domains * layout->words();
    CHECK(static_cast<double>(said) > 0.9 * static_cast<double>(is));
    CHECK(static_cast<double>(said) < 1.1 * static_cast<double>(is));
  }
}
