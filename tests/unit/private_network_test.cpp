// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Gradients of rows as whole numbers of a known length, what draws rows, and what both cost.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "lib/core/error.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/privacy/noise_plan.hpp"
#include "lib/privacy/sampled_gaussian.hpp"
#include "lib/private/network_sums.hpp"
#include "lib/private/unit_sampler.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/audit.hpp"

using namespace bailiwick;

namespace {

__extension__ using WideSquare = unsigned __int128;

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double without_end = std::numeric_limits<double>::infinity();

struct NetworkRow {
  double y;
  std::vector<double> x;
};

kernels::NetworkRows network_rows_of(const std::vector<NetworkRow>& rows) {
  const std::size_t columns = rows.front().x.size();
  kernels::RowBlocks blocks;
  blocks.x = decltype(blocks.x)("x", 1, columns, rows.size());
  blocks.y = decltype(blocks.y)("y", 1, 1, rows.size());
  blocks.weight = decltype(blocks.weight)("weight", 1, rows.size());
  const auto x = host_copy(blocks.x);
  const auto y = host_copy(blocks.y);
  const auto weight = host_copy(blocks.weight);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t j = 0; j < columns; ++j)
      x(0, j, r) = rows[r].x[j];
    y(0, 0, r) = rows[r].y;
    weight(0, r) = 1;
  }
  Kokkos::deep_copy(blocks.x, x);
  Kokkos::deep_copy(blocks.y, y);
  Kokkos::deep_copy(blocks.weight, weight);
  return kernels::network_rows(blocks, std::vector<std::size_t>{rows.size()});
}

std::vector<NetworkRow> plain_rows(std::size_t n, std::size_t columns, double classes = 2) {
  std::mt19937_64 draw(9);
  std::uniform_real_distribution<double> between(-1, 1);
  std::vector<NetworkRow> rows(n);
  for (NetworkRow& row : rows) {
    for (std::size_t j = 0; j < columns; ++j)
      row.x.push_back(between(draw));
    row.y = std::floor((between(draw) + 1) / 2 * classes);
  }
  return rows;
}

std::vector<NetworkRow> rows_beyond_reason(std::size_t columns) {
  std::vector<NetworkRow> rows;
  for (const double y : {0.0, 1.0, 1e30, -1e300, no_number, without_end})
    for (const double value :
         {0.0, 1.0, -1.0, 1e38, -3e38, 1e-38, 1e-45, no_number, without_end, -without_end}) {
      rows.push_back({y, std::vector<double>(columns, value)});
      rows.push_back({y, std::vector<double>(columns, 0.3)});
      rows.back().x.front() = value;
    }
  return rows;
}

Architecture shape_of(std::size_t columns, bool all_kinds, std::size_t outputs = 1) {
  std::vector<HiddenLayer> hidden{{7, kernels::Activation::relu, false, 0}};
  if (all_kinds) {
    hidden.push_back({9, kernels::Activation::gelu, true, 0.25});
    hidden.push_back({5, kernels::Activation::tanh, false, 0.5});
  }
  return {columns, hidden, outputs};
}

PrivateNetwork network_of(const std::vector<NetworkRow>& rows, const Architecture& shape,
                          kernels::Loss loss, double clip) {
  PrivateNetwork network(shape, {network_rows_of(rows)}, {{loss, 1}, clip, 3});
  network.set_parameters(shape.initial_parameters(4));
  return network;
}

std::vector<std::int64_t> sum_of(PrivateNetwork& network, const std::vector<std::uint32_t>& rows,
                                 std::uint64_t step = 0) {
  Aggregate part(network.layout());
  network.add(0, rows, step, part);
  part.normalise();
  const std::span<const std::int64_t> limbs = part.words("gradient");
  std::vector<std::int64_t> words(limbs.size() / 2);
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = limbs[i] + limbs[words.size() + i] * (std::int64_t{1} << limb_bits);
  return words;
}

WideSquare squared_length_of(const std::vector<std::int64_t>& words) {
  WideSquare sum = 0;
  for (const std::int64_t word : words)
    sum += static_cast<WideSquare>(word < 0 ? -word : word) *
           static_cast<std::uint64_t>(word < 0 ? -word : word);
  return sum;
}

}  // namespace

TEST_CASE("a row's gradient is within its bound, in whole numbers, whatever the row is") {
  const std::size_t columns = 6;
  for (const kernels::Loss loss : {kernels::Loss::binary, kernels::Loss::squared_error,
                                   kernels::Loss::huber, kernels::Loss::poisson})
    for (const bool all_kinds : {false, true})
      for (const double clip : {1e-6, 0.7, 1.0, 1e6}) {
        std::vector<NetworkRow> rows = rows_beyond_reason(columns);
        const std::vector<NetworkRow> others = plain_rows(40, columns);
        rows.insert(rows.end(), others.begin(), others.end());
        const Architecture shape = shape_of(columns, all_kinds);
        PrivateNetwork network = network_of(rows, shape, loss, clip);
        for (const double times : {1.0, 0.0, 1e4, 1e30, no_number}) {
          std::vector<double> theta = shape.initial_parameters(4);
          for (double& value : theta)
            value *= times;
          network.set_parameters(theta);
          const WideSquare most =
              static_cast<WideSquare>(network.row_bound()) * network.row_bound();
          for (std::uint32_t r = 0; r < rows.size(); ++r)
            REQUIRE(squared_length_of(sum_of(network, {r}, r)) <= most);
        }
      }
}

TEST_CASE("a long gradient is shortened to the bound, and not to much less") {
  const std::vector<NetworkRow> rows = plain_rows(50, 6);
  PrivateNetwork network = network_of(rows, shape_of(6, true), kernels::Loss::binary, 1e-3);
  for (std::uint32_t r = 0; r < rows.size(); ++r) {
    const double length = std::sqrt(static_cast<double>(squared_length_of(sum_of(network, {r}))));
    CHECK(length > 0.99 * static_cast<double>(network.row_bound()));
  }
}

TEST_CASE("sums of rows' gradients are the same in any order, and what single rows add up to") {
  const std::size_t n = 700, outputs = 4;
  const std::vector<NetworkRow> rows = plain_rows(n, 6, outputs);
  PrivateNetwork network =
      network_of(rows, shape_of(6, true, outputs), kernels::Loss::cross_entropy, 1);
  std::vector<std::uint32_t> order(n);
  for (std::uint32_t r = 0; r < n; ++r)
    order[r] = r;
  const std::vector<std::int64_t> sum = sum_of(network, order, 5);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
  CHECK(sum_of(network, order, 5) == sum);
  std::vector<std::int64_t> one_by_one(sum.size(), 0);
  for (const std::uint32_t r : order) {
    const std::vector<std::int64_t> row = sum_of(network, {r}, 5);
    for (std::size_t i = 0; i < sum.size(); ++i)
      one_by_one[i] += row[i];
  }
  CHECK(one_by_one == sum);
  CHECK(sum_of(network, {}) == std::vector<std::int64_t>(sum.size(), 0));
}

TEST_CASE("with room the gradient is the loss's") {
  const std::vector<NetworkRow> rows = plain_rows(200, 6);
  for (const kernels::Loss loss : {kernels::Loss::binary, kernels::Loss::squared_error}) {
    const Architecture shape = shape_of(6, true);
    const kernels::NetworkRows held = network_rows_of(rows);
    PrivateNetwork cut(shape, {held}, {{loss, 1}, 32, 3});
    cut.set_parameters(shape.initial_parameters(4));
    Network exact(shape, rows.size());
    exact.set_parameters(shape.initial_parameters(4));
    Batch batch(6, 1, rows.size(), 1);
    batch.start();
    batch.add(held, 0, rows.size(), 0);
    batch.finish();
    const StepOptions options{{loss, 1}, gradient_format(1), 3, 7};
    std::vector<Aggregate> parts(1, Aggregate(step_layout(shape, options.format)));
    exact.sum_gradient(options, batch, parts);
    const std::vector<double> expected = parts.front().values("gradient");
    std::vector<std::uint32_t> all(rows.size());
    for (std::uint32_t r = 0; r < rows.size(); ++r)
      all[r] = r;
    const std::vector<std::int64_t> found = sum_of(cut, all, 7);
    for (std::size_t i = 0; i < found.size(); ++i)
      CHECK(std::fabs(std::ldexp(static_cast<double>(found[i]),
                                 -cut.layout()->streams()[0].format.exponent) -
                      expected[i]) < 2e-2 * std::sqrt(static_cast<double>(rows.size())) / 10);
  }
}

TEST_CASE("units are drawn by chance, each by its own, anew in every step, and by the key alone") {
  kernels::RowBlocks rows;
  const std::size_t blocks = 20, block_rows = 512;
  rows.x = decltype(rows.x)("x", blocks, 1, block_rows);
  rows.weight = decltype(rows.weight)("weight", blocks, block_rows);
  const auto weight = host_copy(rows.weight);
  for (std::size_t i = 0; i < weight.size(); ++i)
    weight.data()[i] = i % 5 == 0 ? 0 : 1;
  Kokkos::deep_copy(rows.weight, weight);
  const auto key = [](int which) {
    Secret secret;
    secret.bytes()[0] = static_cast<std::byte>(which);
    return secret;
  };
  const std::uint64_t sampled = every_unit / 50;
  UnitSampler one(key(1), sampled, 3, rows), same(key(1), sampled, 3, rows),
      other(key(2), sampled, 3, rows), all(key(1), every_unit, 3, rows);
  CHECK(one.draw(7) == same.draw(7));
  CHECK(one.draw(7) != other.draw(7));
  const std::vector<std::uint32_t> first = one.draw(0);
  CHECK(first != one.draw(1));
  CHECK(all.draw(0).size() == 8192);
  double drawn = 0;
  std::vector<int> sizes;
  for (std::uint64_t step = 0; step < 400; ++step) {
    for (const std::uint32_t row : one.draw(step))
      REQUIRE(row % 5 != 0);
    sizes.push_back(static_cast<int>(one.draw(step).size()));
    drawn += sizes.back();
  }
  const double expected = 8192.0 / 50, mean = drawn / 400;
  CHECK(std::fabs(mean - expected) < 5 * std::sqrt(expected / 400));
  double squares = 0;
  for (const int size : sizes)
    squares += (size - mean) * (size - mean);
  // A binomial count varies by about its mean.
  CHECK(std::fabs(squares / 400 - expected) < 0.3 * expected);
  // The same rows, a block less: what is drawn of the others does not change.
  kernels::RowBlocks later = rows;
  later.x = decltype(rows.x)("x", blocks - 1, 1, block_rows);
  later.weight = decltype(rows.weight)("weight", blocks - 1, block_rows);
  Kokkos::deep_copy(later.weight, 1.0);
  UnitSampler rest(key(1), sampled, 4, later);
  const std::vector<std::uint32_t> others = rest.draw(9);
  for (const std::uint32_t row : one.draw(9))
    if (row >= block_rows)
      CHECK(std::ranges::binary_search(others, static_cast<std::uint32_t>(row - block_rows)));
}

namespace {

/// The divergence of order a between mixtures at the two ends: of what is known of the sum beside
/// the others', where the unit is there either way and adds 1 or -1. By a sum over a fine grid.
double divergence_between_ends(int a, double z, double q) {
  const auto density = [&](double x, double at) {
    return std::exp(-(x - at) * (x - at) / (2 * z * z));
  };
  double sum = 0, norm = 0;
  const double step = z / 2000;
  for (double x = -(a + 12) * (z + 2); x < (a + 12) * (z + 2); x += step) {
    const double none = (1 - q) * density(x, 0);
    const double p = none + q * density(x, 1), r = none + q * density(x, -1);
    norm += density(x, 0);
    if (p > 0 && r > 0) sum += std::exp(a * std::log(p) + (1 - a) * std::log(r));
  }
  return std::log(sum / norm) / (a - 1);
}

}  // namespace

TEST_CASE(
    "a sampled release between two data sets costs what both differ at most, and not much more") {
  for (const int order : {2, 3, 5, 8, 16})
    for (const double z : {0.8, 1.5, 4.0, 30.0})
      for (const double q : {0x1p-12, 0.001, 0.01, 0.3, 0.9}) {
        INFO("order " << order << ", z " << z << ", q " << q);
        const double bound = sampled_replacement_divergence(order, z, q);
        const double ends = divergence_between_ends(order, z, q);
        CHECK(bound >= ends * (1 - 1e-6) - 1e-13);  // the grid's own rounding
        CHECK(bound <= 2.0 * order / (z * z) * (1 + 1e-9));
        if (z > 1 && order < 10 && q < 0.1) CHECK(bound < 1.05 * ends + 1e-13);
        CHECK(sampled_replacement_divergence(order, z, q) >=
              sampled_gaussian_divergence(order, z, q));
      }
  CHECK(std::fabs(sampled_replacement_divergence(7, 3, 1) - 2 * 7 / 9.0) < 1e-9);
  CHECK(std::fabs(sampled_replacement_divergence(4096, 3, 0.5) - 2 * 4096 / 9.0) < 1e-6);
  CHECK(sampled_replacement_divergence(4, 3, 0) == 0);
}

TEST_CASE("noise of sampled releases is planned for its budget, and charged as planned") {
  const PrivacyFilter filter(2, 1e-6);
  std::uint64_t before = 0;
  for (const std::uint64_t sampled :
       {every_unit / 1000, every_unit / 100, every_unit / 3, every_unit}) {
    const NoisePlan plan = plan_noise(2, 1e-6, {{"gradient", 3, 1, sampled}});
    const std::uint64_t scale = plan.release("gradient").scale;
    CHECK(scale > before);  // the more likely a unit is drawn, the more noise
    before = scale;
    CHECK(filter.allows(RenyiLoss::none(), plan.loss()));
    CHECK(filter.share_spent(plan.loss()) > 0.99);
    const auto layout =
        std::make_shared<const AggregateLayout>(std::vector<Stream>{{"gradient", 1000, {2, 20}}});
    const auto used = std::make_shared<NoiseUse>();
    Noise noise(plan.loss(), 1, {}, used);
    const std::vector<NoisyStream> streams{{"gradient", (1u << 28) - 2, scale, sampled}};
    for (int i = 0; i < 3; ++i)
      noise.charge(*layout, streams, Digest());
    CHECK(is_within(used->loss, plan.loss()));
    CHECK_THROWS_AS(noise.charge(*layout, streams, Digest()), Error);
  }
}

TEST_CASE("no attack on steps of drawn rows finds more than is claimed, and one finds less noise") {
  const double epsilon = 2, delta = 1e-6;
  const std::uint64_t sampled = every_unit / 4;
  const int times = 2000;
  const Architecture shape = shape_of(3, false);
  const NoisePlan plan = plan_noise(epsilon, delta, {{"gradient", 1, 1, sampled}});
  // One row or the other is there, alone; the attack does not know in which steps it is
  // drawn.
  for (const NetworkRow& target : {NetworkRow{1, {1, 1, 1}}, NetworkRow{no_number, {1, 0, 1}}}) {
    std::vector<NetworkRow> rows = plain_rows(4, 3);
    rows.push_back(target);
    rows.push_back({0, {1, 1, 1}});
    PrivateNetwork network = network_of(rows, shape, kernels::Loss::binary, 0.1);
    const auto alone = [&](std::uint32_t row) {
      Aggregate part(network.layout());
      network.add(0, std::vector<std::uint32_t>{row}, 0, part);
      part.normalise();
      return part.values("gradient");
    };
    std::vector<double> direction = alone(4);
    const std::vector<double> other = alone(5);
    for (std::size_t i = 0; i < direction.size(); ++i)
      direction[i] -= other[i];
    kernels::RowBlocks places;
    places.x = decltype(places.x)("x", 1, 1, 6);
    places.weight = decltype(places.weight)("weight", 1, 6);
    const auto released = [&](std::uint32_t there, std::uint64_t divisor, std::uint8_t which) {
      const std::vector<NoisyStream> streams{
          {"gradient", 2 * network.row_bound() / divisor, plan.release("gradient").scale, sampled}};
      const auto weight = host_copy(places.weight);
      for (std::uint32_t r = 0; r < 6; ++r)
        weight(0, r) = r == there ? 1 : 0;
      Kokkos::deep_copy(places.weight, weight);
      Secret key;
      key.bytes()[0] = static_cast<std::byte>(which);
      UnitSampler sampler(std::move(key), sampled, 0, places);
      std::vector<double> found;
      for (int i = 0; i < times; ++i) {
        Aggregate part(network.layout());
        network.add(0, sampler.draw(static_cast<std::uint64_t>(i)), 0, part);
        part.normalise();
        found.push_back(audit::draw(part, direction, streams, i, which));
      }
      return found;
    };
    const auto audited = [&](std::uint64_t divisor) {
      std::vector<double> one = released(4, divisor, 1), two = released(5, divisor, 2);
      const double forth = audit::epsilon_told(one, two, delta);
      for (std::vector<double>* values : {&one, &two})
        for (double& value : *values)
          value = -value;
      return std::max(forth, audit::epsilon_told(two, one, delta));
    };
    CHECK(audited(1) <= epsilon);
    CHECK(audited(32) > epsilon);
  }
}

TEST_CASE("no attack on a gradient finds more than is claimed, and one finds less noise") {
  const double epsilon = 3, delta = 1e-6;
  const Architecture shape = shape_of(3, false);
  const NoisePlan plan = plan_noise(epsilon, delta, {{"gradient", 1, 1}});
  for (const NetworkRow& target : {NetworkRow{1, {1, 1, 1}}, NetworkRow{no_number, {1, 0, 1}}}) {
    std::vector<NetworkRow> rows = plain_rows(40, 3);
    rows.push_back(target);
    rows.push_back({0, {1, 1, 1}});
    PrivateNetwork network = network_of(rows, shape, kernels::Loss::binary, 0.1);
    std::vector<std::uint32_t> one, two;
    for (std::uint32_t r = 0; r < 40; ++r) {
      one.push_back(r);
      two.push_back(r);
    }
    one.push_back(40);
    two.push_back(41);
    Aggregate with(network.layout()), without(network.layout());
    network.add(0, one, 0, with);
    network.add(0, two, 0, without);
    const auto audited = [&](std::uint64_t divisor) {
      const std::vector<NoisyStream> streams{
          {"gradient", 2 * network.row_bound() / divisor, plan.release("gradient").scale}};
      return audit::epsilon_found(with, without, streams, delta);
    };
    CHECK(audited(1) <= epsilon);
    CHECK(audited(16) > epsilon);
  }
}
