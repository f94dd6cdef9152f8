// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "kokkos_kernels/glm/glm.hpp"
#include "lib/boundary/aggregate.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;
using namespace bailiwick::kernels;

namespace {

using Words = std::vector<std::int64_t>;

// Numbers in [-1, 1) that every machine makes alike.
struct Generator {
  std::uint64_t state = 88172645463325252U;
  double operator()() {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(static_cast<std::int64_t>(state) >> 11) * 0x1p-52;
  }
};

// The rows of a domain as plain numbers: x[row][column].
struct Data {
  std::vector<std::vector<double>> x;
  std::vector<double> y, weight;
};

constexpr std::size_t classes = 4;
constexpr double shape = -0.375;

// A family as its definition has it: a target out of a number in [-1, 1); log-likelihood,
// derivative and expected information; and the words that every build and machine gets.
struct Defined {
  long double value, residual, information;
};
struct Case {
  Family family;
  double (*target)(double u);
  Defined (*row)(long double y, long double eta);
  std::uint64_t sums, product, of_codes;
};

double proportion(double u) {
  return u < -0.2 ? 0 : u < 0.2 ? 0.25 : 1;
}
long double normal(long double x) {
  return std::erfc(-x / std::sqrt(2.0L)) / 2;
}
long double density(long double x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0L));
}
Defined bernoulli(long double y, long double p, long double q, long double slope) {
  return {y * std::log(p) + (1 - y) * std::log(q), (y - p) * slope / (p * q),
          slope * slope / (p * q)};
}

const Case cases[] = {
    {kernels::family<Gaussian>, [](double u) { return 2 * u; },
     [](long double y, long double e) -> Defined {
       return {-(y - e) * (y - e) / 2, y - e, 1};
     },
     0x8f972c9df184d3c1U, 0xf9da68faa3363201U, 0x1b564e1f8cb87a2bU},
    {kernels::family<Binomial>, [](double u) { return u < 0 ? 0.0 : 1.0; },
     [](long double y, long double e) -> Defined {
       const long double mean = 1 / (1 + std::exp(-e));
       return {y * e - std::log1p(std::exp(e)), y - mean, mean * (1 - mean)};
     },
     0x2179a9817bddef9dU, 0x2cffc2f33ca17082U, 0x4dee61b29254e811U},
    {kernels::family<Poisson>, [](double u) { return std::floor(3 * (u + 1)); },
     [](long double y, long double e) -> Defined {
       return {y * e - std::exp(e), y - std::exp(e), std::exp(e)};
     },
     0x99cc9719d5854847U, 0xe24bdf4ab37a965fU, 0xf214d98133b32855U},
    {kernels::family<kernels::Gamma>, [](double u) { return 1.5 + u; },
     [](long double y, long double e) -> Defined {
       return {-y * std::exp(-e) - e, y * std::exp(-e) - 1, 1};
     },
     0x8764d7c834f05a90U, 0xf9da68faa3363201U, 0xa50a0b43d9fb8b9cU},
    {kernels::family<InverseGaussian>, [](double u) { return 1.5 + u; },
     [](long double y, long double e) -> Defined {
       const long double m = std::exp(e);
       return {1 / m - y / (2 * m * m), (y - m) / (m * m), 1 / m};
     },
     0xafd8690d50db040aU, 0x061e14000522877fU, 0x49d7738622adbddcU},
    {kernels::family<Probit>, proportion,
     [](long double y, long double e) { return bernoulli(y, normal(e), normal(-e), density(e)); },
     0xd2c9b13006178f1fU, 0x9e432900f01d9532U, 0x44abdf3a119d08b7U},
    {kernels::family<ComplementaryLogLog>, proportion,
     [](long double y, long double e) {
       const long double m = std::exp(e);
       return bernoulli(y, -std::expm1(-m), std::exp(-m), m * std::exp(-m));
     },
     0xce1831e6d1357512U, 0xf4103dddd5dc02ddU, 0xf9bf8d27501b6f2U},
    {kernels::negative_binomial, [](double u) { return std::floor(3 * (u + 1)); },
     [](long double y, long double e) -> Defined {
       const long double theta = std::exp(static_cast<long double>(shape)), m = std::exp(e);
       return {y * e - (y + theta) * std::log1p(m / theta), (y - m) * theta / (m + theta),
               m * theta / (m + theta)};
     },
     0xfd3700a107b2005bU, 0xd62ed825a61c6ff4U, 0xc1f50e89b4d6e8daU},
    {kernels::multinomial, [](double u) { return std::floor((u + 1) * classes / 2); }, nullptr,
     0xa488db26b1afa4caU, 0xfda0f18c9647c926U, 0x6d2b9d67314c98a7U}};

const Case& case_of(Family family) {
  for (const Case& c : cases)
    if (c.family == family) return c;
  throw std::invalid_argument("a family without a row in the table of cases");
}

Data make_data(Family family, std::size_t rows, std::size_t columns) {
  Generator next;
  Data data;
  for (std::size_t r = 0; r < rows; ++r) {
    std::vector<double> x(columns);
    for (double& value : x)
      value = 3 * next();
    x[0] = 1;
    const double u = next();
    const double w = next();
    data.x.push_back(x);
    data.y.push_back(case_of(family).target(u));
    data.weight.push_back(w < -0.8 ? 0 : w < 0.5 ? 1 : 1 + w);
  }
  return data;
}

// Blocks [first, first + count) of the data, each of `block_rows` rows padded to `padded`.
RowBlocks make_blocks(const Data& data, std::size_t block_rows, std::size_t padded,
                      std::size_t first = 0, std::size_t count = ~std::size_t{0}) {
  const std::size_t columns = data.x.front().size();
  const std::size_t all = (data.x.size() + block_rows - 1) / block_rows;
  count = std::min(count, all - first);
  RowBlocks rows{decltype(RowBlocks::x)("x", count, columns, padded),
                 decltype(RowBlocks::y)("y", count, 1, padded),
                 decltype(RowBlocks::weight)("weight", count, padded)};
  const auto x = Kokkos::create_mirror_view(rows.x);
  const auto y = Kokkos::create_mirror_view(rows.y);
  const auto weight = Kokkos::create_mirror_view(rows.weight);
  for (std::size_t b = 0; b < count; ++b)
    for (std::size_t i = 0; i < block_rows; ++i) {
      const std::size_t r = (first + b) * block_rows + i;
      if (r >= data.x.size() || data.weight[r] == 0) continue;
      for (std::size_t j = 0; j < columns; ++j)
        x(b, j, i) = data.x[r][j];
      y(b, 0, i) = data.y[r];
      weight(b, i) = data.weight[r];
    }
  Kokkos::deep_copy(rows.x, x);
  Kokkos::deep_copy(rows.y, y);
  Kokkos::deep_copy(rows.weight, weight);
  return rows;
}

std::vector<double> make_theta(Family family, std::size_t columns) {
  Generator next{99};
  std::vector<double> theta(glm_parameters(family, columns, classes));
  for (double& t : theta)
    t = next() / static_cast<double>(columns);
  return theta;
}

Words sums(const RowBlocks& rows, Family family, const std::vector<double>& theta,
           Order order = Order::hessian, Tuning tuning = {}) {
  Words words(glm_words(family, rows.columns(), classes, order, wide));
  glm_sums(rows, {family, classes, theta, shape}, order, wide, words, tuning);
  return words;
}

// Words of kernels are those of an aggregate with the same streams.
std::vector<std::vector<double>> decode(const Words& words, std::vector<std::size_t> sizes,
                                        FixedPoint format) {
  std::vector<Stream> streams;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    streams.push_back({std::to_string(i), sizes[i], format});
  Aggregate aggregate(std::make_shared<AggregateLayout>(streams));
  REQUIRE(aggregate.words().size() == words.size());
  std::copy(words.begin(), words.end(), aggregate.words().begin());
  aggregate.normalise();
  CHECK(aggregate.saturated() == 0);
  std::vector<std::vector<double>> values;
  for (const Stream& stream : streams)
    values.push_back(aggregate.values(stream.name));
  return values;
}

struct Reference {
  long double value = 0;
  std::vector<long double> score, information, product;
};

// One linear predictor after the other in long double, straight from the definitions in glm.hpp.
Reference reference(const Data& data, Family family, const std::vector<double>& theta,
                    const std::vector<double>& v) {
  const std::size_t p = data.x.front().size(), d = theta.size(), outputs = d / p;
  Reference sum;
  sum.score.resize(d);
  sum.product.resize(d);
  sum.information.resize(d * (d + 1) / 2);
  for (std::size_t r = 0; r < data.x.size(); ++r) {
    const std::vector<double>& x = data.x[r];
    const long double y = data.y[r], w = data.weight[r];
    std::vector<long double> eta(outputs), residual(outputs), h(outputs * outputs);
    for (std::size_t k = 0; k < outputs; ++k)
      for (std::size_t j = 0; j < p; ++j)
        eta[k] += static_cast<long double>(x[j]) * theta[k * p + j];
    if (family == kernels::multinomial) {
      long double total = 1;
      for (const long double e : eta)
        total += std::exp(e);
      sum.value += w * ((y > 0 ? eta[static_cast<std::size_t>(y) - 1] : 0) - std::log(total));
      for (std::size_t a = 0; a < outputs; ++a) {
        const long double pa = std::exp(eta[a]) / total;
        residual[a] = (y == static_cast<long double>(a + 1) ? 1 : 0) - pa;
        for (std::size_t b = 0; b < outputs; ++b)
          h[a * outputs + b] = pa * ((a == b ? 1 : 0) - std::exp(eta[b]) / total);
      }
    } else {
      const Defined row = case_of(family).row(y, eta[0]);
      sum.value += w * row.value;
      residual[0] = row.residual;
      h[0] = row.information;
    }
    for (std::size_t i = 0; i < d; ++i) {
      sum.score[i] += w * residual[i / p] * x[i % p];
      for (std::size_t j = 0; j < d; ++j) {
        const long double term = w * h[i / p * outputs + j / p] * x[i % p] * x[j % p];
        sum.product[i] += term * v[j];
        if (j <= i) sum.information[i * (i + 1) / 2 + j] += term;
      }
    }
  }
  return sum;
}

// Rounding to 2^-60 is far below the rounding of the sums inside a block.
void check_close(const std::vector<double>& values, const std::vector<long double>& expected,
                 long double scale) {
  REQUIRE(values.size() == expected.size());
  long double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    worst = std::max(worst, std::abs(values[i] - expected[i]));
  CHECK(static_cast<double>(worst / scale) < 1e-15);
}

std::uint64_t fingerprint(const Words& words) {  // FNV-1a
  std::uint64_t hash = 14695981039346656037U;
  for (const std::int64_t word : words)
    for (int byte = 0; byte < 8; ++byte)
      hash = (hash ^ (static_cast<std::uint64_t>(word) >> (8 * byte) & 255U)) * 1099511628211U;
  return hash;
}

// All there are: one without a row in the table has no target.
const std::vector<Family> families = [] {
  std::vector<Family> all;
  for (std::uint8_t i = 0; i <= negative_binomial.index; ++i)
    all.push_back({i});
  return all;
}();

}  // namespace

TEST_CASE("sums of a generalised linear model are those of its definition", "[glm]") {
  const Family family = GENERATE(from_range(families));
  const std::size_t columns = GENERATE(1, 2, 3, 4, 5, 10, 13);
  const Data data = make_data(family, 1001, columns);
  const std::vector<double> theta = make_theta(family, columns), v = make_theta(family, columns);
  const std::size_t d = theta.size();
  const Reference expected = reference(data, family, theta, v);
  const RowBlocks rows = make_blocks(data, 300, 304);
  const long double scale = 10000;  // of the terms added up

  const auto values = decode(sums(rows, family, theta), {1, d, d * (d + 1) / 2}, wide);
  check_close(values[0], {expected.value}, scale);
  check_close(values[1], expected.score, scale);
  check_close(values[2], expected.information, scale);

  Words words(1 + 3 * d);
  glm_hessian_times(rows, {family, classes, theta, shape}, v, wide, words);
  check_close(decode(words, {d}, wide)[0], expected.product, scale);
}

TEST_CASE("lower orders are the beginning of higher ones", "[glm]") {
  const Family family = GENERATE(from_range(families));
  const RowBlocks rows = make_blocks(make_data(family, 500, 7), 128, 128);
  const std::vector<double> theta = make_theta(family, 7);
  const Words all = sums(rows, family, theta);
  for (const Order order : {Order::value, Order::gradient}) {
    const Words some = sums(rows, family, theta, order);
    CHECK(some == Words(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(some.size())));
  }
}

TEST_CASE("sums are the same bits for any workers, splits, padding and register width", "[glm]") {
  const Family family = GENERATE(from_range(families));
  const std::size_t columns = GENERATE(1, 6, 11, 17);
  const Data data = make_data(family, 2000, columns);
  const std::vector<double> theta = make_theta(family, columns);
  const RowBlocks whole = make_blocks(data, 272, 272);
  REQUIRE(whole.blocks() == 8);
  const Words expected = sums(whole, family, theta);
  Words product(1 + 3 * theta.size()), other = product;
  glm_hessian_times(whole, {family, classes, theta, shape}, theta, wide, product);

  for (const std::size_t workers : {1, 2, 3, 5, 8, 100})
    CHECK(sums(whole, family, theta, Order::hessian, {workers, false}) == expected);
  CHECK(sums(whole, family, theta, Order::hessian, {0, true}) == expected);
  glm_hessian_times(whole, {family, classes, theta, shape}, theta, wide, other, {3, true});
  CHECK(other == product);

  Words split(expected.size());
  for (const auto& [first, count] : {std::pair{5, 3}, std::pair{0, 1}, std::pair{1, 4}})
    glm_sums(make_blocks(data, 272, 272, first, count), {family, classes, theta, shape},
             Order::hessian, wide, split);
  CHECK(split == expected);

  CHECK(sums(make_blocks(data, 272, 280), family, theta) == expected);
  CHECK(sums(make_blocks(data, 272, 1024), family, theta) == expected);
}

TEST_CASE("packed products of many columns are the same bits as those where they lie", "[glm]") {
  const Family family = GENERATE(kernels::family<Binomial>, kernels::multinomial);
  // A whole number of tiles and not, more than one group of strips, blocks that are short and long.
  using Shape = std::pair<std::size_t, std::size_t>;
  const auto [columns, block_rows] = GENERATE(Shape(160, 8), Shape(179, 264), Shape(180, 1024));
  const RowBlocks rows = make_blocks(make_data(family, 1100, columns), block_rows, block_rows);
  const std::vector<double> theta = make_theta(family, columns);
  CHECK((sums(rows, family, theta) == sums(rows, family, theta, Order::hessian, {2, true})));
}

TEST_CASE("every build and machine gets these words", "[glm][golden]") {
  const Case& of = GENERATE(from_range(std::begin(cases), std::end(cases)));
  const Family family = of.family;
  const RowBlocks rows = make_blocks(make_data(family, 1500, 9), 256, 256);
  const std::vector<double> theta = make_theta(family, 9);
  Words product(1 + 3 * theta.size());
  glm_hessian_times(rows, {family, classes, theta, shape}, theta, wide, product);
  INFO("family " << int(family.index));
  CHECK(fingerprint(sums(rows, family, theta)) == of.sums);
  CHECK(fingerprint(product) == of.product);
}

TEST_CASE("no rows, no sums", "[glm]") {
  const Data data = make_data(kernels::family<Binomial>, 8, 3);
  const RowBlocks none = make_blocks(data, 8, 8, 1, 0);
  REQUIRE(none.blocks() == 0);
  const Words words = sums(none, kernels::family<Binomial>, {1, 2, 3});
  CHECK(words == Words(words.size()));
}

TEST_CASE("a row of no weight adds nothing, whatever it holds", "[glm]") {
  const Family family = GENERATE(from_range(families));
  const RowBlocks rows = make_blocks(make_data(family, 64, 3), 64, 72);
  const std::vector<double> theta = make_theta(family, 3);
  const Words expected = sums(rows, family, theta);
  rows.y(0, 0, 70) = 1e300;
  rows.x(0, 1, 70) = 1e100;
  CHECK(sums(rows, family, theta) == expected);
}

TEST_CASE("sums beyond the format are counted as saturated", "[glm]") {
  const RowBlocks rows = make_blocks(make_data(kernels::family<Poisson>, 64, 2), 64, 64);
  CHECK(sums(rows, kernels::family<Poisson>, {1000, 0}).front() > 0);
  CHECK(sums(rows, kernels::family<Poisson>, {NAN, 0}).front() > 0);
  CHECK(sums(rows, kernels::family<Binomial>, {1000, 0}).front() == 0);
}

TEST_CASE("the wrong shapes are refused", "[glm]") {
  const Data data = make_data(kernels::family<Gaussian>, 64, 2);
  const std::vector<double> theta{1, 2}, short_theta{1};
  Words words(glm_words(kernels::family<Gaussian>, 2, 0, Order::value, wide)),
      too_many(words.size() + 1);
  const auto run = [&](const RowBlocks& rows, const std::vector<double>& t, Words& w) {
    glm_sums(rows, {kernels::family<Gaussian>, 0, t}, Order::value, wide, w);
  };
  CHECK_NOTHROW(run(make_blocks(data, 64, 64), theta, words));
  CHECK_THROWS_AS(run(make_blocks(data, 64, 64), short_theta, words), std::invalid_argument);
  CHECK_THROWS_AS(run(make_blocks(data, 64, 64), theta, too_many), std::invalid_argument);
  CHECK_THROWS_AS(run(make_blocks(data, 64, 68), theta, words), std::invalid_argument);
}

TEST_CASE("moments and standardised columns", "[glm]") {
  constexpr std::size_t columns = 5;
  const Data data = make_data(kernels::family<Gaussian>, 700, columns);
  RowBlocks rows = make_blocks(data, 256, 264);
  const std::vector<double> centre{0.5, -1, 2, 0, 0.25}, scale{1, 2, 0.5, 3, 4};
  std::vector<long double> sum(columns), squares(columns);
  long double weights = 0;
  for (std::size_t r = 0; r < data.x.size(); ++r) {
    weights += data.weight[r];
    for (std::size_t j = 0; j < columns; ++j) {
      const long double difference = static_cast<long double>(data.x[r][j]) - centre[j];
      sum[j] += static_cast<long double>(data.weight[r]) * data.x[r][j];
      squares[j] += data.weight[r] * difference * difference;
    }
  }
  Words words(1 + any_size.limbs * (1 + columns)), square_words(1 + any_size.limbs * columns);
  column_sums(rows, words);
  centred_squares(rows, centre, square_words);
  const auto values = decode(words, {1, columns}, any_size);
  check_close(values[0], {weights}, 1000);
  check_close(values[1], sum, 10000);
  check_close(decode(square_words, {columns}, any_size)[0], squares, 10000);

  Words split(words.size()), square_split(square_words.size());
  for (const std::size_t block : {2, 0, 1}) {
    const RowBlocks one = make_blocks(data, 256, 512, block, 1);
    column_sums(one, split);
    centred_squares(one, centre, square_split);
  }
  CHECK(split == words);
  CHECK(square_split == square_words);
  CHECK(fingerprint(words) == 0x253852c7af7344d4U);
  CHECK(fingerprint(square_words) == 0x726d1b34f3fa85f4U);

  standardise(rows, centre, scale);
  const auto x = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), rows.x);
  std::size_t wrong = 0;
  for (std::size_t b = 0; b < x.extent(0); ++b)
    for (std::size_t i = 0; i < x.extent(2); ++i)
      for (std::size_t j = 0; j < columns; ++j) {
        const std::size_t r = b * 256 + i;
        const bool used = i < 256 && r < data.x.size() && data.weight[r] != 0;
        if (x(b, j, i) != (used ? (data.x[r][j] - centre[j]) * scale[j] : 0)) ++wrong;
      }
  CHECK(wrong == 0);
}

TEST_CASE("the linear predictor adds columns in order", "[glm]") {
  const std::size_t columns = GENERATE(1, 4, 9);
  const Data data = make_data(kernels::family<Gaussian>, 100, columns);
  const RowBlocks rows = make_blocks(data, 64, 64);
  const std::vector<double> theta = make_theta(kernels::multinomial, columns);
  const auto eta = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(),
                                                       linear_predictor(rows, theta, classes - 1));
  std::size_t wrong = 0;
  for (std::size_t r = 0; r < data.x.size(); ++r)
    for (std::size_t k = 0; k < classes - 1; ++k) {
      double expected = 0;
      for (std::size_t j = 0; j < columns && data.weight[r] != 0; ++j)
        expected = std::fma(data.x[r][j], theta[k * columns + j], expected);
      if (eta(r / 64, k, r % 64) != expected) ++wrong;
    }
  CHECK(wrong == 0);
}

namespace {

// Columns of make_data, of which 2 and 4 are levels of one category and 5 is the only level of
// another.
constexpr std::size_t with_levels = 7;
const std::vector<std::vector<std::size_t>> categories{{2, 4}, {5}};

Data make_levels(Family family, std::size_t rows) {
  Data data = make_data(family, rows, with_levels);
  for (std::vector<double>& x : data.x) {
    const int first = static_cast<int>(std::floor(x[2])) % 3;
    x[2] = first == 1 ? 1 : 0;
    x[4] = first == 2 ? 1 : 0;
    x[5] = x[5] > 0 ? 1 : 0;
  }
  return data;
}

template <class View, class T>
View copied(const std::vector<T>& values) {
  View view("copied", values.size());
  const auto host = Kokkos::create_mirror_view(view);
  std::copy(values.begin(), values.end(), host.data());
  Kokkos::deep_copy(view, host);
  return view;
}

// The same rows with levels as codes.
RowBlocks coded(const RowBlocks& rows) {
  RowBlocks result{decltype(rows.x)("x", rows.blocks(), 4, rows.block_rows()), rows.y, rows.weight};
  Factors& factors = result.factors;
  factors.code = decltype(factors.code)("code", rows.blocks(), 2, rows.block_rows());
  factors.first = copied<decltype(factors.first)>(std::vector<std::size_t>{4, 7, 9});
  factors.order = copied<decltype(factors.order)>(std::vector<std::size_t>{0, 1, 5, 2, 6, 8, 3});
  factors.centre = copied<decltype(factors.centre)>(std::vector<double>(9, 0.0));
  factors.scale = copied<decltype(factors.scale)>(std::vector<double>(9, 1.0));
  const auto from = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), rows.x);
  const auto x = Kokkos::create_mirror_view(result.x);
  const auto code = Kokkos::create_mirror_view(factors.code);
  for (std::size_t b = 0; b < rows.blocks(); ++b)
    for (std::size_t r = 0; r < rows.block_rows(); ++r) {
      const std::size_t dense[] = {0, 1, 3, 6};
      for (std::size_t j = 0; j < 4; ++j)
        x(b, j, r) = from(b, dense[j], r);
      for (std::size_t f = 0; f < categories.size(); ++f)
        for (std::size_t l = 0; l < categories[f].size(); ++l)
          if (from(b, categories[f][l], r) == 1) code(b, f, r) = static_cast<std::uint16_t>(l + 1);
    }
  Kokkos::deep_copy(result.x, x);
  Kokkos::deep_copy(factors.code, code);
  return result;
}

const std::vector<double> level_centre{0, 0.5, 0.25, -1, 0.375, 0.5, 2};
const std::vector<double> level_scale{1, 2, 0.5, 1, 3, 0.75, 0.25};

void check_close(const std::vector<std::vector<double>>& values,
                 const std::vector<std::vector<double>>& expected, long double scale) {
  for (std::size_t i = 0; i < expected.size(); ++i)
    check_close(values[i], {expected[i].begin(), expected[i].end()}, scale);
}

}  // namespace

TEST_CASE("levels of categories as codes are their indicators", "[glm][factors]") {
  const Family family = GENERATE(from_range(families));
  const bool standardised = GENERATE(false, true);
  RowBlocks expanded = make_blocks(make_levels(family, 1001), 300, 304), codes = coded(expanded);
  const long double scale = 10000;

  Words moments(1 + any_size.limbs * (1 + with_levels)), squares(1 + any_size.limbs * with_levels),
      expected = moments;
  column_sums(codes, moments);
  column_sums(expanded, expected);
  check_close(decode(moments, {1, with_levels}, any_size),
              decode(expected, {1, with_levels}, any_size), scale);
  centred_squares(codes, level_centre, squares);
  expected = Words(squares.size());
  centred_squares(expanded, level_centre, expected);
  check_close(decode(squares, {with_levels}, any_size), decode(expected, {with_levels}, any_size),
              scale);

  if (standardised) {
    standardise(expanded, level_centre, level_scale);
    standardise(codes, level_centre, level_scale);
  }
  const std::vector<double> theta = make_theta(family, with_levels);
  const std::size_t d = theta.size();
  check_close(decode(sums(codes, family, theta), {1, d, d * (d + 1) / 2}, wide),
              decode(sums(expanded, family, theta), {1, d, d * (d + 1) / 2}, wide), scale);
  Words product(1 + 3 * d), expected_product = product;
  glm_hessian_times(codes, {family, classes, theta, shape}, theta, wide, product);
  glm_hessian_times(expanded, {family, classes, theta, shape}, theta, wide, expected_product);
  check_close(decode(product, {d}, wide), decode(expected_product, {d}, wide), scale);

  const auto eta = [&](const RowBlocks& rows) {
    return Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(),
                                               linear_predictor(rows, theta, d / with_levels));
  };
  const auto from_codes = eta(codes), from_indicators = eta(expanded);
  double worst = 0;
  for (std::size_t i = 0; i < from_codes.size(); ++i)
    worst = std::max(worst, std::abs(from_codes.data()[i] - from_indicators.data()[i]));
  CHECK(worst < 1e-14);
}

TEST_CASE("sums over codes are the same bits for any workers, padding and register width",
          "[glm][factors][golden]") {
  const Case& of = GENERATE(from_range(std::begin(cases), std::end(cases)));
  const Family family = of.family;
  const Data data = make_levels(family, 2000);
  const std::vector<double> theta = make_theta(family, with_levels);
  RowBlocks rows = coded(make_blocks(data, 272, 272)), padded = coded(make_blocks(data, 272, 512));
  standardise(rows, level_centre, level_scale);
  standardise(padded, level_centre, level_scale);
  const Words expected = sums(rows, family, theta);
  for (const std::size_t workers : {1, 3, 8})
    CHECK(sums(rows, family, theta, Order::hessian, {workers, false}) == expected);
  CHECK(sums(rows, family, theta, Order::hessian, {0, true}) == expected);
  CHECK(sums(padded, family, theta) == expected);
  CHECK(fingerprint(expected) == of.of_codes);
}
