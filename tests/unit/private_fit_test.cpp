// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include "tests/support/catch.hpp"

#include "lib/boundary/noise.hpp"
#include "lib/core/error.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/optim/eigen.hpp"
#include "lib/privacy/noise_plan.hpp"
#include "lib/private/glm_sums.hpp"
#include "lib/run/spending.hpp"
#include "tests/unit/audit.hpp"

using namespace bailiwick;

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr double endless = std::numeric_limits<double>::infinity();

struct RowOf {
  double y;
  std::vector<double> x;  ///< between -1 and 1, if they are as they should be
};

/// `offset`: of every row; none: the blocks have none.
kernels::RowBlocks blocks_of(const std::vector<RowOf>& rows, std::size_t block_rows = 64,
                             std::optional<double> offset = {}) {
  const std::size_t blocks = (rows.size() + block_rows - 1) / block_rows;
  const std::size_t columns = rows.front().x.size();
  kernels::RowBlocks made;
  made.x = decltype(made.x)("x", blocks, columns, block_rows);
  made.y = decltype(made.y)("y", blocks, 1, block_rows);
  made.weight = decltype(made.weight)("weight", blocks, block_rows);
  const auto x = host_copy(made.x);
  const auto y = host_copy(made.y);
  const auto weight = host_copy(made.weight);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t b = i / block_rows, r = i % block_rows;
    for (std::size_t j = 0; j < columns; ++j)
      x(b, j, r) = rows[i].x[j];
    y(b, 0, r) = rows[i].y;
    weight(b, r) = 1;
  }
  Kokkos::deep_copy(made.x, x);
  Kokkos::deep_copy(made.y, y);
  Kokkos::deep_copy(made.weight, weight);
  if (offset) {
    made.offset = decltype(made.offset)("offset", blocks, block_rows);
    Kokkos::deep_copy(made.offset, *offset);
  }
  return made;
}

PrivateGlmOptions options_of(std::size_t columns, double clip = 2) {
  PrivateGlmOptions options;
  options.family = kernels::family<kernels::Binomial>;
  options.information = 0.25;
  options.clip = clip;
  for (std::size_t j = 0; j < columns; ++j)
    options.names.push_back("x" + std::to_string(j));
  return options;
}

/// A stream of the sums of these rows, in whole numbers of its grid.
std::vector<double> whole_numbers(const std::vector<RowOf>& rows, const PrivateGlmOptions& options,
                                  std::span<const double> theta, const char* stream) {
  PrivateGlm glm({blocks_of(rows)}, options);
  Aggregate part = glm.sums(theta).front();
  part.normalise();
  std::vector<double> values = part.values(stream);
  for (double& value : values)
    value = std::ldexp(value, part.layout().stream(stream).format.exponent);
  return values;
}

double length(const std::vector<double>& values) {
  double squares = 0;
  for (const double value : values)
    squares = std::fma(value, value, squares);
  return std::sqrt(squares);
}

std::vector<RowOf> ordinary_rows(std::size_t n, std::size_t columns) {
  std::mt19937_64 draw(5);
  std::uniform_real_distribution<double> between(-1, 1);
  std::vector<RowOf> rows;
  for (std::size_t i = 0; i < n; ++i) {
    RowOf& row = rows.emplace_back();
    row.x.push_back(1);
    while (row.x.size() < columns)
      row.x.push_back(between(draw));
    row.y = between(draw) < 0.5 * row.x.back() ? 1 : 0;
  }
  return rows;
}

/// Rows that somebody might put in the place of one.
std::vector<RowOf> rows_that_reach_far(std::size_t columns) {
  std::vector<RowOf> rows;
  for (const double y : {0.0, 1.0, nothing, 1e300, -endless})
    for (const double value : {0.0, 1.0, -1.0, 0.7, nothing, endless, -endless, 1e300, 1e-300})
      rows.push_back({y, std::vector<double>(columns, value)});
  return rows;
}

}  // namespace

TEST_CASE("a row's part of score and information is within its bound, in whole numbers") {
  for (const std::size_t columns : {1, 3, 9, 40})
    for (const double clip : {0.3, 1.0, 2.0, 50.0}) {
      const PrivateGlmOptions options = options_of(columns, clip);
      PrivateGlm glm({blocks_of(ordinary_rows(1, columns))}, options);
      std::vector<double> theta(columns, 0.0);
      for (const double at : {0.0, 1.0, -30.0, 1e300}) {
        theta.back() = at;
        std::vector<RowOf> rows = rows_that_reach_far(columns);
        const std::vector<RowOf> others = ordinary_rows(50, columns);
        rows.insert(rows.end(), others.begin(), others.end());
        for (const RowOf& row : rows) {
          const double score = length(whole_numbers({row}, options, theta, "score"));
          const double information = length(whole_numbers({row}, options, theta, "information"));
          REQUIRE(2 * score <= static_cast<double>(glm.score_sensitivity()));
          REQUIRE(2 * information <= static_cast<double>(glm.information_sensitivity()));
        }
      }
    }
}

TEST_CASE("an offset moves what a row expects, and nothing beyond its bound") {
  PrivateGlmOptions options = options_of(3);
  options.family = kernels::family<kernels::Poisson>;
  options.information = 1;
  const std::vector<double> theta{0.1, -0.2, 0.3};
  std::vector<RowOf> rows = rows_that_reach_far(3);
  const std::vector<RowOf> others = ordinary_rows(20, 3);
  rows.insert(rows.end(), others.begin(), others.end());
  for (const double offset : {0.0, -3.0, 50.0, -1e300, 1e300, nothing, endless})
    for (const RowOf& row : rows) {
      PrivateGlm glm({blocks_of({row}, 64, offset)}, options);
      Aggregate part = glm.sums(theta).front();
      part.normalise();
      const auto longest = [&](const char* stream) {
        return std::ldexp(length(part.values(stream)),
                          part.layout().stream(stream).format.exponent);
      };
      REQUIRE(2 * longest("score") <= static_cast<double>(glm.score_sensitivity()));
      REQUIRE(2 * longest("information") <= static_cast<double>(glm.information_sensitivity()));
    }
  // Twice the exposure is as much as an intercept that is larger by log 2.
  const double twice = std::log(2.0);
  PrivateGlm with({blocks_of(others, 64, twice)}, options), without({blocks_of(others)}, options);
  Aggregate one = with.sums(theta).front();
  Aggregate other = without.sums(std::vector<double>{theta[0] + twice, theta[1], theta[2]}).front();
  one.normalise();
  other.normalise();
  CHECK(std::ranges::equal(one.words(), other.words()));
}

TEST_CASE("rows in each other's place move the sums by no more than the sensitivity") {
  for (const std::size_t columns : {1, 4}) {
    const PrivateGlmOptions options = options_of(columns);
    const std::vector<double> theta(columns, 0.5);
    PrivateGlm glm({blocks_of(ordinary_rows(1, columns))}, options);
    std::vector<RowOf> rows = rows_that_reach_far(columns);
    double most = 0;
    for (const char* stream : {"score", "information"}) {
      const std::uint64_t bound =
          stream == std::string("score") ? glm.score_sensitivity() : glm.information_sensitivity();
      std::vector<std::vector<double>> parts;
      for (const RowOf& row : rows)
        parts.push_back(whole_numbers({row}, options, theta, stream));
      for (const auto& one : parts)
        for (const auto& other : parts) {
          std::vector<double> moved = one;
          for (std::size_t j = 0; j < moved.size(); ++j)
            moved[j] -= other[j];
          REQUIRE(length(moved) <= static_cast<double>(bound));
          if (stream == std::string("score"))
            most = std::max(most, length(moved) / static_cast<double>(bound));
        }
    }
    // Half of it, which is the bound where a unit only comes or goes, would be too little.
    if (columns == 4) CHECK(most > 0.5);
  }
}

TEST_CASE("sums with noise are of whole numbers: in any order, and of any blocks, the same") {
  const std::vector<RowOf> rows = ordinary_rows(3000, 7);
  std::vector<RowOf> other(rows.rbegin(), rows.rend());
  const PrivateGlmOptions options = options_of(7);
  const std::vector<double> theta{0.3, -1, 2, 0.1, 0, 0.5, -0.25};
  PrivateGlm one({blocks_of(rows, 64)}, options), two({blocks_of(other, 1024)}, options);
  Aggregate first = one.sums(theta).front(), second = two.sums(theta).front();
  first.normalise();
  second.normalise();
  CHECK(std::ranges::equal(first.words(), second.words()));
  // And they are what the rows add up to, one by one.
  std::vector<double> sum(7, 0.0);
  for (const RowOf& row : rows) {
    const std::vector<double> part = whole_numbers({row}, options, theta, "score");
    for (std::size_t j = 0; j < sum.size(); ++j)
      sum[j] += part[j];
  }
  CHECK(whole_numbers(rows, options, theta, "score") == sum);
}

TEST_CASE("without noise and with room, score and information are those of the likelihood") {
  const std::vector<RowOf> rows = ordinary_rows(500, 4);
  const PrivateGlmOptions options = options_of(4, 8);
  const std::vector<double> theta{0.2, -0.4, 0.6, 0.1};
  PrivateGlm glm({blocks_of(rows)}, options);
  Aggregate part = glm.sums(theta).front();
  part.normalise();
  std::vector<double> score(4, 0.0);
  for (const RowOf& row : rows) {
    double eta = 0;
    for (std::size_t j = 0; j < 4; ++j)
      eta += theta[j] * row.x[j];
    for (std::size_t j = 0; j < 4; ++j)
      score[j] += (row.y - 1 / (1 + std::exp(-eta))) * row.x[j];
  }
  const std::vector<double> found = part.values("score");
  for (std::size_t j = 0; j < 4; ++j)
    CHECK(std::fabs(found[j] - score[j]) < 500 * std::ldexp(1.0, -12));
}

TEST_CASE("a run with noise crosses what was reserved, and no more") {
  const PrivateGlmOptions options = options_of(3);
  PrivateGlm glm({blocks_of(ordinary_rows(10, 3))}, options);
  const NoisePlan plan = plan_noise(1, 1e-6, {{"score", 2, 0.5}, {"information", 2, 0.5}});
  const std::vector<NoisyStream> streams{
      {"score", glm.score_sensitivity(), plan.release("score").scale},
      {"information", glm.information_sensitivity(), plan.release("information").scale}};
  const auto used = std::make_shared<NoiseUse>();
  Noise noise(plan.loss(), 1, {}, used);
  const Digest at = sha256("here"), elsewhere = sha256("there");
  noise.charge(*glm.layout(), streams, at);
  noise.charge(*glm.layout(), streams, elsewhere);
  CHECK(is_within(used->loss, plan.loss()));
  CHECK(used->first == at);
  CHECK_THROWS_AS(noise.charge(*glm.layout(), streams, at), Error);

  // Made again, its noise is for what it was drawn for.
  Noise again(plan.loss(), 1, {}, std::make_shared<NoiseUse>(), at);
  again.charge(*glm.layout(), streams, at);
  Noise other(plan.loss(), 1, {}, std::make_shared<NoiseUse>(), at);
  CHECK_THROWS_AS(other.charge(*glm.layout(), streams, elsewhere), Error);
}

TEST_CASE("no two sums get the same noise, and one gets the same again") {
  const PrivateGlmOptions options = options_of(3);
  PrivateGlm glm({blocks_of(ordinary_rows(10, 3))}, options);
  const std::vector<NoisyStream> streams{{"score", glm.score_sensitivity(), 1 << 22}};
  Aggregate part = glm.sums(std::vector<double>(3, 0.0)).front();
  part.normalise();
  const auto draw = [&](std::uint64_t round, const std::string& at) {
    std::vector<std::optional<Secret>> seeds(1);
    seeds[0].emplace();
    const Noise noise(RenyiLoss::infinite(), 1, std::move(seeds), std::make_shared<NoiseUse>());
    return noise.release(part, streams, round, sha256(at), 0).values("score");
  };
  CHECK(draw(0, "here") == draw(0, "here"));
  CHECK(draw(0, "here") != draw(1, "here"));
  CHECK(draw(0, "here") != draw(0, "there"));
}

TEST_CASE("a column in other units gives the same whole numbers") {
  // Values on halves of the grid of 2^-12, as people write them, in thousandths and as they are.
  std::vector<RowOf> grams, kilograms;
  for (int v = 0; v <= 16384; v += 7) {
    const double y = v % 2;
    grams.push_back({y, {1, (v - 8192.0) * (1 / 8192.0)}});
    kilograms.push_back({y, {1, (v / 1000.0 - 8.192) * (1 / 8.192)}});
  }
  const PrivateGlmOptions options = options_of(2);
  const std::vector<double> theta{0.1, -0.7};
  for (const char* stream : {"score", "information"})
    CHECK(whole_numbers(grams, options, theta, stream) ==
          whole_numbers(kilograms, options, theta, stream));
}

TEST_CASE("parties that trust each other a little add a share of the noise each, and no less") {
  for (const std::uint64_t scale : {8ull, 1000ull, 123456789ull, 1ull << 40})
    for (const std::uint64_t honest : {1ull, 2ull, 3ull, 7ull, 50ull}) {
      const std::uint64_t share = share_of_scale(scale, honest);
      const auto squares = [](std::uint64_t a, std::uint64_t times) {
        return static_cast<long double>(a) * a * times;
      };
      CHECK(squares(share, honest) >= squares(scale, 1));
      CHECK(squares(share - 1, honest) < squares(scale, 1));
    }
  for (const std::uint64_t n : {0ull, 1ull, 2ull, 3ull, 4ull, 5ull, 99ull, 100ull, 101ull}) {
    const std::uint64_t root = root_above(n);
    CHECK(root * root >= n);
    CHECK((n == 0 || (root - 1) * (root - 1) < n));
  }
}

TEST_CASE("what cannot be counted has no noise beside it, and is refused") {
  CHECK(replacement_sensitivity(5, 3) == 30);
  const std::uint64_t large = std::uint64_t{1} << 61;
  CHECK(replacement_sensitivity(large, 1) == 2 * large);
  CHECK_THROWS_AS(replacement_sensitivity(large, 2), Error);
  CHECK_THROWS_AS(replacement_sensitivity(large, ~std::uint64_t{0}), Error);
  CHECK_THROWS_AS(replacement_sensitivity(std::uint64_t{1} << 39, std::uint64_t{1} << 25), Error);
  CHECK_THROWS_AS(replacement_sensitivity(0, 1), Error);
}

TEST_CASE("owners in league bring all their domains along") {
  using Colluders = std::vector<std::optional<std::uint64_t>>;
  CHECK(honest_domains({0, 1, 2, 3}, Colluders(4)) == 1);
  CHECK(honest_domains({0, 1, 2, 3}, Colluders(4, 0)) == 4);
  CHECK(honest_domains({0, 1, 2, 3}, Colluders(4, 1)) == 3);
  CHECK(honest_domains({0, 1, 2, 3}, Colluders(4, 9)) == 1);
  CHECK(honest_domains({0, 1, 2, 3}, {0, 0, 3, 0}) == 1);
  // Twelve domains of one owner, beside another's.
  std::vector<std::size_t> owner(13, 1);
  owner.front() = 0;
  CHECK(honest_domains(owner, Colluders(13, 1)) == 1);
  CHECK(honest_domains(owner, Colluders(13, 0)) == 13);
}

TEST_CASE("Jacobi's rotations give the eigenvalues, and a solution that small ones do not carry") {
  const std::vector<double> packed{4, 1, 3, 0.5, -1, 2};
  const SymmetricEigen eigen(packed);
  std::vector<double> values = eigen.values();
  std::ranges::sort(values);
  double trace = 0, squares = 0;
  for (const double value : values) {
    trace += value;
    squares += value * value;
  }
  CHECK(std::fabs(trace - 9) < 1e-13);
  CHECK(std::fabs(squares - (16 + 9 + 4 + 2 * (1 + 0.25 + 1))) < 1e-12);
  const std::vector<double> b{1, 2, 3}, x = eigen.solve(b, 1e-9);
  const double full[3][3] = {{4, 1, 0.5}, {1, 3, -1}, {0.5, -1, 2}};
  for (int i = 0; i < 3; ++i)
    CHECK(std::fabs(full[i][0] * x[0] + full[i][1] * x[1] + full[i][2] * x[2] -
                    b[static_cast<std::size_t>(i)]) < 1e-12);
  CHECK(length(eigen.solve(b, 1e6)) < 1e-5);
}

TEST_CASE("no attack on neighbours finds more than is claimed, and one finds less noise") {
  const std::size_t columns = 3;
  const double epsilon = 3, delta = 1e-6;
  const PrivateGlmOptions options = options_of(columns);
  const std::vector<double> theta{0.1, 0.5, -0.5};
  const NoisePlan plan = plan_noise(epsilon, delta, {{"score", 1, 0.5}, {"information", 1, 0.5}});
  const std::vector<RowOf> rows = ordinary_rows(60, columns);
  // The one whose place another takes: far away, no number, alone with its level.
  for (const RowOf& target :
       {RowOf{1, {1, 1, 1}}, RowOf{0, {1, -1, -1}}, RowOf{nothing, {1, nothing, endless}}}) {
    std::vector<RowOf> with = rows, without = rows;
    with.push_back(target);
    without.push_back({0, {1, 1, 1}});
    PrivateGlm one({blocks_of(with)}, options), two({blocks_of(without)}, options);
    const auto audited = [&](std::uint64_t noise_divisor) {
      const std::vector<NoisyStream> streams{
          {"score", one.score_sensitivity() / noise_divisor, plan.release("score").scale},
          {"information", one.information_sensitivity() / noise_divisor,
           plan.release("information").scale}};
      return audit::epsilon_found(one.sums(theta).front(), two.sums(theta).front(), streams, delta);
    };
    CHECK(audited(1) <= epsilon);
    if (std::isfinite(target.y) && target.y == 1) continue;  // the same row as the other
    CHECK(audited(16) > epsilon);
  }
}
