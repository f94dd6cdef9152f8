// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/network/network.hpp"

#include <cmath>
#include <span>

#include "lib/crypto/sha256.hpp"
#include "lib/optim/descent.hpp"
#include "lib/run/inputs.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/network_torch.hpp"

using namespace bailiwick;
using kernels::Activation;
using kernels::Loss;

namespace {

constexpr std::size_t rows = 12, inputs = 5;

/// As network_torch.py makes them.
std::vector<double> numbers(std::size_t n, std::uint64_t salt) {
  std::vector<double> values;
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto bits = static_cast<std::uint32_t>((i + 1 + 1000 * salt) * 2654435761U);
    values.push_back(static_cast<float>(bits * 0x1p-31 - 1));
  }
  return values;
}

kernels::NetworkRows some_rows(Loss loss, std::size_t count = rows, std::size_t width = inputs) {
  kernels::NetworkRows data;
  data.dense = decltype(data.dense)("x", count, width);
  data.y = decltype(data.y)("y", count, 2);
  data.weight = decltype(data.weight)("weight", count);
  data.inputs = decltype(data.inputs)("inputs", width);
  const std::vector<double> x = numbers(count * width, 0), y = numbers(count, 2),
                            w = numbers(count, 3);
  for (std::size_t r = 0; r < count; ++r) {
    for (std::size_t j = 0; j < width; ++j)
      data.dense(r, j) = static_cast<float>(x[r * width + j]);
    data.weight(r) = std::fabs(w[r]);
    data.y(r, 0) = loss == Loss::cross_entropy ? static_cast<double>(r % 3)
                   : loss == Loss::binary      ? static_cast<double>(r % 2)
                   : loss == Loss::poisson     ? static_cast<double>(r % 4)
                   : loss == Loss::cox         ? static_cast<double>((count - r) / 2)
                                               : 3 * y[r];
    data.y(r, 1) = r % 3 > 0 ? 1 : 0;
  }
  return data;
}

struct Case {
  const char* name;
  Activation activation;
  bool layer_norm;
  Loss loss;
  double value;
  std::span<const double> gradient;
  bool embedded = false;
};

/// Two categories of 5 and 4 levels, of which two never occur.
void add_categories(kernels::NetworkRows& data) {
  data.code = decltype(data.code)("code", data.rows(), 3);
  for (std::size_t r = 0; r < data.rows(); ++r) {
    data.code(r, 0) = static_cast<std::uint16_t>(r * r % 4);
    data.code(r, 2) = static_cast<std::uint16_t>(3 * r % 5);
  }
  data.embedded = decltype(data.embedded)("embedded", 2);
  data.embedded(0) = 2;
  data.embedded(1) = 0;
}

kernels::NetworkRows rows_of(const Case& c) {
  kernels::NetworkRows data = some_rows(c.loss);
  if (c.embedded) add_categories(data);
  return data;
}

Architecture architecture_of(const Case& c) {
  if (c.embedded) return {inputs, {{6, c.activation}}, 3, {{5, 3}, {4, 2}}};
  return {inputs,
          {{7, c.activation, c.layer_norm}, {6, c.activation, c.layer_norm}},
          c.loss == Loss::cross_entropy ? 3U : 1U};
}

const Case cases[] = {
    {"relu", Activation::relu, false, Loss::cross_entropy, torch::relu_loss[0],
     torch::relu_gradient},
    {"gelu", Activation::gelu, true, Loss::cross_entropy, torch::gelu_loss[0],
     torch::gelu_gradient},
    {"tanh", Activation::tanh, false, Loss::squared_error, torch::tanh_loss[0],
     torch::tanh_gradient},
    {"silu", Activation::silu, true, Loss::huber, torch::silu_loss[0], torch::silu_gradient},
    {"sigmoid", Activation::sigmoid, false, Loss::binary, torch::sigmoid_loss[0],
     torch::sigmoid_gradient},
    {"poisson", Activation::relu, true, Loss::poisson, torch::poisson_loss[0],
     torch::poisson_gradient},
    {"cox", Activation::identity, false, Loss::cox, torch::cox_loss[0], torch::cox_gradient},
    {"embedded", Activation::tanh, false, Loss::cross_entropy, torch::embedded_loss[0],
     torch::embedded_gradient, true}};

/// The sums of a step over blocks of `block` rows.
class Step {
 public:
  Step(const Architecture& architecture, const NetworkLoss& loss, std::size_t count = rows)
      : options{loss, gradient_format(1), 7, 2},
        network(architecture, count),
        batch(architecture.inputs(), 2, count, count, architecture.embeddings().size()),
        parts(1, Aggregate(step_layout(architecture, options.format))) {}

  Aggregate& take(const kernels::NetworkRows& data, std::span<const double> theta,
                  std::size_t block) {
    network.set_parameters(theta);
    batch.start();
    for (std::size_t r = 0; r < data.rows(); r += block)
      batch.add(data, r, std::min(block, data.rows() - r), 0);
    batch.finish();
    network.sum_gradient(options, batch, parts);
    parts[0].normalise();
    return parts[0];
  }

  StepOptions options;
  Network network;
  Batch batch;
  std::vector<Aggregate> parts;
};

double largest(std::span<const double> values) {
  double most = 0;
  for (const double v : values)
    most = std::max(most, std::fabs(v));
  return most;
}

}  // namespace

TEST_CASE("Losses and gradients are PyTorch's, within the rounding of float32") {
  for (const Case& c : cases) {
    INFO(c.name);
    const Architecture architecture = architecture_of(c);
    REQUIRE(architecture.parameters() == c.gradient.size());
    Step step(architecture, {c.loss, 0.75});
    const Aggregate& sum = step.take(rows_of(c), numbers(architecture.parameters(), 1), rows);
    CHECK(sum.saturated() == 0);
    CHECK(std::fabs(sum.value("loss") - c.value) <= 4 * 0x1p-24 * std::fabs(c.value));
    const std::vector<double> gradient = sum.values("gradient");
    const double unit = 0x1p-24 * largest(c.gradient);
    for (std::size_t i = 0; i < gradient.size(); ++i)
      CHECK(std::fabs(gradient[i] - c.gradient[i]) <= 16 * unit);
  }
}

TEST_CASE("Steps are PyTorch's, within the rounding of float32") {
  const Architecture architecture(inputs, {{7, Activation::tanh}, {6, Activation::tanh}}, 3);
  const auto data = some_rows(Loss::cross_entropy);
  const auto check = [&](const DescentOptions& options, std::span<const double> expected) {
    Step step(architecture, {Loss::cross_entropy, 1});
    Descent descent(options, numbers(architecture.parameters(), 1));
    for (int i = 0; i < 3; ++i) {
      const Aggregate& sum = step.take(data, descent.parameters(), rows);
      descent.step({.words = sum.words("gradient").data(),
                    .exponent = step.options.format.exponent,
                    .weight = sum.value("weight")},
                   step.network.parameters());
    }
    const std::vector<double> theta = descent.parameters();
    REQUIRE(theta.size() == expected.size());
    for (std::size_t i = 0; i < theta.size(); ++i)
      CHECK(std::fabs(theta[i] - expected[i]) <= 16 * 0x1p-24);
  };
  DescentOptions options;
  options.learning_rate = 0.01;
  options.weight_decay = 0.1;
  check(options, torch::adamw_parameters);
  options = {};
  options.method = DescentOptions::Method::sgd;
  options.learning_rate = 0.1;
  options.momentum = 0.9;
  options.nesterov = true;
  options.weight_decay = 0.01;
  check(options, torch::sgd_parameters);
  options = {};
  options.method = DescentOptions::Method::sgd;
  options.learning_rate = 0.1;
  options.clip_norm = 0.25;
  check(options, torch::clipped_parameters);
}

TEST_CASE("The gradient is the slope of the loss") {
  // Central differences of the loss along random directions; float32 leaves about three digits.
  for (const Case& c : cases) {
    INFO(c.name);
    const Architecture architecture = architecture_of(c);
    Step step(architecture, {c.loss, 0.75});
    const auto data = rows_of(c);
    const std::vector<double> theta = numbers(architecture.parameters(), 1);
    const std::vector<double> gradient = step.take(data, theta, rows).values("gradient");
    const std::vector<double> direction = numbers(theta.size(), 9);
    double slope = 0;
    for (std::size_t i = 0; i < theta.size(); ++i)
      slope += gradient[i] * direction[i];
    const auto at = [&](double length) {
      std::vector<double> moved = theta;
      for (std::size_t i = 0; i < theta.size(); ++i)
        moved[i] += length * direction[i];
      return step.take(data, moved, rows).value("loss");
    };
    const double length = 0x1p-9;
    CHECK(std::fabs((at(length) - at(-length)) / (2 * length) - slope) <=
          2e-3 * (std::fabs(slope) + largest(gradient)));
  }
}

TEST_CASE("Words do not depend on how a batch lies in memory, and blocks are rounded one by one") {
  for (const Case& c : {cases[1], cases[7]}) {
    INFO(c.name);
    const Architecture architecture = architecture_of(c);
    const std::vector<double> theta = numbers(architecture.parameters(), 1);
    const auto data = rows_of(c);
    Step together(architecture, {c.loss, 1});
    const Aggregate& whole = together.take(data, theta, 4);
    Aggregate sum(whole.layout_pointer());
    for (std::size_t first : {8, 0, 4}) {
      Step alone(architecture, {c.loss, 1});
      alone.network.set_parameters(theta);
      alone.batch.start();
      alone.batch.add(data, first, 4, 0);
      alone.batch.finish();
      alone.network.sum_gradient(alone.options, alone.batch, alone.parts);
      sum.add(alone.parts[0]);
    }
    sum.normalise();
    CHECK(std::ranges::equal(sum.words(), whole.words()));
  }
}

TEST_CASE("A level's gradient is that of its rows in a block, summed in order and rounded once") {
  // 150 rows of 70 columns: more than a thread takes at once.
  constexpr std::size_t count = 150, dimension = 70, levels = 11;
  const std::vector<double> g = numbers(count * dimension, 4);
  Kokkos::View<float*, kernels::Memory> gradient("gradient", g.size());
  std::copy(g.begin(), g.end(), gradient.data());
  Kokkos::View<std::uint16_t*, kernels::Memory> code("code", count);
  for (std::size_t r = 0; r < count; ++r)
    code(r) = static_cast<std::uint16_t>(r * r % 7 + r % 3);
  Kokkos::View<std::size_t*, kernels::Memory> bounds("bounds", 4);
  const std::size_t first[] = {20, 60, 61, count};  // of a batch that has other domains' rows too
  std::copy_n(first, 4, bounds.data());

  const kernels::GradientFormat format;
  std::vector<std::int64_t> words(levels * dimension, 12345);
  std::int64_t saturated = 0;
  const kernels::GradientWords to{words.data(), &saturated, format};
  kernels::clear_words(to, words.size());
  kernels::embedding_gradient({levels, dimension}, {bounds.data(), 3}, count - 20, code.data(),
                              {gradient.data(), dimension}, to);
  Kokkos::fence();
  std::vector<std::int64_t> expected(words.size());
  for (std::size_t block = 0; block < 3; ++block)
    for (std::size_t i = 0; i < words.size(); ++i) {
      float sum = 0;
      for (std::size_t r = first[block]; r < first[block + 1]; ++r)
        if (code(r) == i / dimension) sum += gradient(r * dimension + i % dimension);
      expected[i] += static_cast<std::int64_t>(std::nearbyint(std::ldexp(sum, format.exponent)));
    }
  CHECK(words == expected);
  CHECK(saturated == 0);

  gradient(61 * dimension) = INFINITY;
  gradient(62 * dimension + 1) = 0x1p20F;
  kernels::embedding_gradient({levels, dimension}, {bounds.data(), 3}, count - 20, code.data(),
                              {gradient.data(), dimension}, to);
  Kokkos::fence();
  CHECK(saturated == 2);
}

TEST_CASE("Dropout is a function of seed, epoch and the row's number") {
  const Architecture architecture(inputs, {{64, Activation::relu, false, 0.25}}, 1);
  const std::vector<double> theta = numbers(architecture.parameters(), 1);
  auto data = some_rows(Loss::squared_error);
  Step step(architecture, {Loss::squared_error, 1});
  const auto words = [&] {
    const Aggregate& sum = step.take(data, theta, 4);
    return std::vector<std::int64_t>(sum.words().begin(), sum.words().end());
  };
  const auto first = words();
  CHECK(words() == first);
  step.options.epoch = 3;
  CHECK(words() != first);
  step.options.epoch = 2;
  step.options.seed = 8;
  CHECK(words() != first);
  step.options.seed = 7;
  data.first_number = 100;
  CHECK(words() != first);

  // A quarter of the units of a layer of ones are left out, the others grow by 4/3.
  Kokkos::View<float*, kernels::Memory> ones("ones", 4000), kept("kept", 4000);
  Kokkos::View<std::uint64_t*, kernels::Memory> number("numbers", 1);
  Kokkos::deep_copy(ones, 1.0F);
  kernels::apply_dropout({kernels::Philox(1, kernels::RandomPurpose::dropout), 0, 0, 0.25}, 4000, 1,
                         number.data(), ones.data(), kept.data());
  int dropped = 0;
  for (std::size_t i = 0; i < 4000; ++i) {
    CHECK((kept(i) == 0 || kept(i) == 4.0F / 3));
    dropped += kept(i) == 0 ? 1 : 0;
  }
  CHECK(std::abs(dropped - 1000) < 100);  // 3.7 standard deviations
}

TEST_CASE("A gradient that is not finite or too large is counted, and adds nothing") {
  const Architecture architecture(inputs, {}, 1);
  const auto data = some_rows(Loss::squared_error);
  Step step(architecture, {Loss::squared_error, 1});
  std::vector<double> theta(architecture.parameters(), 0.0);
  theta[0] = 1e9;
  CHECK(step.take(data, theta, rows).saturated() > 0);
  theta[0] = std::nan("");
  const Aggregate& sum = step.take(data, theta, rows);
  CHECK(sum.saturated() > 0);
  CHECK(sum.value("loss") == 0);
}

TEST_CASE("Golden words after 1 and 20 steps") {
  struct Golden {
    std::vector<kernels::EmbeddingShape> embeddings;
    const char *first, *last;
  };
  const Golden networks[] = {{{},
                              "2c63f4d6493286943f3b432dfcf3ad23adbde3d17a78a288655b2f6ce96fbbd4",
                              "66e42dd5538eeeb8a50622e984fe3b42ecab5dff1a48079d843bc1b75f76dd36"},
                             {{{5, 19}, {4, 3}},
                              "e8d328a4dde83455a6b91308f01f7a79cacb688b7241eec4300aa5a623925303",
                              "3403df3d94a1b90d2a6768ea365866542847afd6e3345a5be051ab18a5c67281"}};
  for (const Golden& golden : networks) {
    const Architecture architecture(30, {{33, Activation::relu}, {17, Activation::gelu, true, 0.2}},
                                    3, golden.embeddings);
    auto data = some_rows(Loss::cross_entropy, 90, 30);
    if (!golden.embeddings.empty()) add_categories(data);
    Step step(architecture, {Loss::cross_entropy, 1}, 90);
    DescentOptions options;
    options.learning_rate = 0.01;
    options.weight_decay = 0.01;
    options.clip_norm = 0.5;
    options.schedule = {Schedule::Kind::cosine, 20, 5, 0.1};
    Descent descent(options, architecture.initial_parameters(1));
    const auto digest = [&] {
      const std::vector<double> theta = descent.parameters();
      return sha256(std::as_bytes(std::span(theta))).hex();
    };
    for (int i = 1; i <= 20; ++i) {
      step.options.epoch = static_cast<std::uint64_t>(i);
      const Aggregate& sum = step.take(data, descent.parameters(), 16);
      descent.step({.words = sum.words("gradient").data(),
                    .exponent = step.options.format.exponent,
                    .weight = sum.value("weight")},
                   step.network.parameters());
      if (i == 1) CHECK(digest() == golden.first);
    }
    CHECK(digest() == golden.last);
  }
}

TEST_CASE("Tables start uniform with variance 1, and layers as without them") {
  const Architecture plain(8, {{4}}, 1), embedded(3, {{4}}, 1, {{300, 2}, {100, 3}});
  REQUIRE(embedded.parameters() == 900 + plain.parameters());
  const std::vector<double> theta = embedded.initial_parameters(5);
  CHECK(std::equal(theta.begin() + 900, theta.end(), plain.initial_parameters(5).begin()));
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < 900; ++i) {
    CHECK(std::fabs(theta[i]) <= std::sqrt(3.0));
    sum += theta[i];
    squares += theta[i] * theta[i];
  }
  CHECK(std::fabs(sum / 900) < 0.1);  // three standard errors
  CHECK(std::fabs(squares / 900 - 1) < 0.09);
  CHECK(embedded.embeddings()[1].table == 600);
  CHECK(embedded.embeddings()[1].column == 5);
}
