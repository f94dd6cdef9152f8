// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <string>
#include <vector>

#include "lib/stages/label/agreement.hpp"
#include "lib/stages/label/dawid_skene.hpp"
#include "lib/stages/label/labelling.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

/// Words of a digit a label, from 1 on; 0: none.
std::vector<Votes> votes_of(const std::vector<std::string>& words) {
  std::vector<Votes> votes;
  for (const std::string& word : words) {
    Votes& row = votes.emplace_back();
    for (const char digit : word)
      row.push_back(static_cast<std::uint16_t>(digit - '0'));
  }
  return votes;
}

/// Dawid & Skene (1979), table 1: 45 patients; the first of five anaesthetists saw each three
/// times.
const std::vector<std::string> patients{
    "1111111", "3334334", "1122122", "2223121", "2223222", "2223322", "1222111", "3333433",
    "2222223", "2322223", "4444444", "2223343", "1111111", "2223212", "1211111", "1112111",
    "1111111", "1111111", "2222221", "2221322", "2222222", "2222221", "2223222", "2212222",
    "1111111", "1111111", "2322222", "1111111", "1111111", "1121121", "1111111", "3333233",
    "1111111", "2222222", "2223232", "4334343", "2212232", "2323233", "3333432", "1111111",
    "1111111", "1212111", "2322222", "1211111", "2222222"};

DawidSkene anaesthetists() {
  return {4, std::vector<bool>(5), {0, 0, 0, 1, 2, 3, 4}};
}

/// The estimate after so many steps, or once it does not change any more.
int learn(DawidSkene& model, const std::vector<VotePatterns>& domains, int most = 200) {
  for (int step = 1; step <= most; ++step) {
    Aggregate sum(model.layout());
    for (const VotePatterns& domain : domains) {
      Aggregate part(model.layout());
      model.add(domain, part);
      sum.add(part);
    }
    sum.normalise();
    if (model.take(sum) < 1e-12) return step;
  }
  return most;
}

}  // namespace

TEST_CASE("the anaesthetists of Dawid and Skene err as they were found to", "[label]") {
  VotePatterns patterns;
  for (const Votes& votes : votes_of(patients))
    ++patterns[votes];
  DawidSkene model = anaesthetists();
  REQUIRE(learn(model, {patterns}) < 100);
  // As they print them: marginal probabilities, and the first one's error rates.
  const std::vector<double> marginal{0.40, 0.42, 0.11, 0.07};
  const std::vector<double> first{0.89, 0.11, 0,    0, 0.07, 0.88, 0.05, 0,
                                  0,    0.34, 0.66, 0, 0,    0,    0.56, 0.44};
  for (std::size_t j = 0; j < 4; ++j)
    CHECK_THAT(model.prior()[j], WithinAbs(marginal[j], 0.005));
  for (std::size_t j = 0; j < 4; ++j)
    for (std::size_t l = 0; l < 4; ++l)
      CHECK_THAT(model.confusion(0)[j * model.answers() + l], WithinAbs(first[4 * j + l], 0.005));
  // Of all patients but one it is certain (36: class 4, where three of seven labels say so).
  CHECK(model.posterior(votes_of({"4334343"})[0])[3] > 0.9999);
  CHECK_THAT(model.posterior(votes_of({"2323233"})[0])[2], WithinAbs(0.9788, 5e-5));
}

TEST_CASE("an estimate is the same to the bit however rows are shared out", "[label]") {
  std::vector<VotePatterns> one(1), three(3);
  const std::vector<Votes> rows = votes_of(patients);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ++one[0][rows[i]];
    ++three[i * i % 3][rows[i]];
  }
  DawidSkene pooled = anaesthetists(), apart = anaesthetists();
  learn(pooled, one, 7);
  learn(apart, three, 7);
  CHECK(pooled.parameters() == apart.parameters());
}

TEST_CASE("many equal rows count as often as they are there", "[label]") {
  DawidSkene model(2, {false}, {0});
  Aggregate once(model.layout()), often(model.layout());
  const std::int64_t rows = (std::int64_t{1} << 24) + 5;  // carries are due in between
  model.add({{Votes{1}, rows}, {Votes{2}, 3 * rows}}, often);
  model.add({{Votes{1}, 1}, {Votes{2}, 3}}, once);
  CHECK(often.values("rows")[1] == 3.0 * static_cast<double>(rows));
  CHECK(once.values("rows")[1] == 3.0);
  CHECK(often.rows() == 4 * rows);
}

TEST_CASE("a source that does not count changes nothing, and rows without votes add nothing",
          "[label]") {
  DawidSkene model(2, {false, false}, {0, std::nullopt});
  CHECK(model.posterior({0, 2}).empty());
  CHECK(model.posterior({1, 2}) == std::vector<double>{1, 0});
  Aggregate sum(model.layout());
  model.add({{Votes{0, 2}, 10}, {Votes{0, 0}, 10}}, sum);
  CHECK(sum.rows() == 0);
  CHECK(sum.values("rows") == std::vector<double>{0, 0});
}

TEST_CASE("a class that nobody says is nobody's", "[label]") {
  const std::vector<VotePatterns> rows{{{Votes{1, 1}, 40}, {Votes{2, 2}, 40}, {Votes{1, 2}, 20}}};
  DawidSkene model(3, {false, false}, {0, 1}), without(2, {false, false}, {0, 1});
  learn(model, rows, 500);
  learn(without, rows, 500);
  CHECK(model.prior()[2] == 0);
  for (const Votes& votes : {Votes{1, 1}, Votes{2, 2}, Votes{1, 2}, Votes{0, 1}}) {
    const std::vector<double> found = model.posterior(votes);
    CHECK(found[2] == 0);
    CHECK_THAT(found[0], WithinAbs(without.posterior(votes)[0], 1e-9));
  }
}

TEST_CASE("a rule that says one class alone is known by the rows that it passes over", "[label]") {
  // Of 100 rows two people agree on 50 of each class; the rule finds most of the second class.
  const VotePatterns patterns{{Votes{1, 1, 0}, 48}, {Votes{1, 1, 2}, 2}, {Votes{2, 2, 0}, 10},
                              {Votes{2, 2, 2}, 40}, {Votes{1, 2, 0}, 5}, {Votes{1, 2, 2}, 5}};
  DawidSkene seen(2, {false, false, true}, {0, 1, 2}), missing(2, {false, false, false}, {0, 1, 2});
  learn(seen, {patterns}, 500);
  learn(missing, {patterns}, 500);
  CHECK(seen.posterior({1, 2, 2})[1] > 0.9);
  CHECK(seen.posterior({1, 2, 0})[1] < 0.5);
  CHECK(missing.posterior({1, 2, 2})[1] == missing.posterior({1, 2, 0})[1]);
  CHECK(seen.posterior({0, 0, 0}).empty());
}

TEST_CASE("agreement is what was published of the same labels", "[label]") {
  const auto matrix_of = [](const std::vector<std::string>& units, std::size_t classes) {
    std::vector<double> matrix(classes * classes);
    for (const Votes& unit : votes_of(units))
      add_coincidences(count_votes(unit, classes), matrix);
    return matrix;
  };
  const auto alpha = [](const std::vector<double>& matrix, LabelScale scale,
                        const std::vector<double>& values) {
    return krippendorff_alpha(matrix, scale, values).value();
  };
  // Krippendorff (2011), section E: four observers, twelve units, labels missing.
  const std::vector<double> reliability =
      matrix_of({"1101", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", "0555",
                 "0011", "0300"},
                5);
  const std::vector<double> values{1, 2, 3, 4, 5};
  CHECK_THAT(alpha(reliability, LabelScale::nominal, values), WithinAbs(0.743, 5e-4));
  CHECK_THAT(alpha(reliability, LabelScale::ordinal, values), WithinAbs(0.815, 5e-4));
  CHECK_THAT(alpha(reliability, LabelScale::interval, values), WithinAbs(0.849, 5e-4));

  // Fleiss (1971): thirty patients, six psychiatrists each, five diagnoses.
  const std::vector<std::string> diagnoses{
      "00060", "03003", "01401", "00006", "03030", "20400", "00402", "20310", "20040", "00006",
      "10050", "11040", "03300", "10050", "02031", "00501", "30012", "51000", "02040", "10203",
      "00006", "01050", "02013", "20040", "10041", "05010", "40002", "02040", "10500", "00006"};
  std::vector<double> matrix(25);
  for (const Votes& patient : votes_of(diagnoses))
    add_coincidences(std::vector<std::int64_t>(patient.begin(), patient.end()), matrix);
  CHECK_THAT(fleiss_kappa(matrix).value(), WithinAbs(0.430, 5e-4));

  // Of two annotators (p0 - pe) / (1 - pe), by hand: 35 of 50 are equal, by chance 26.
  CHECK_THAT(cohen_kappa(std::vector<std::int64_t>{20, 5, 10, 15}, 2).value(),
             WithinRel(0.4, 1e-15));
  CHECK(!cohen_kappa(std::vector<std::int64_t>{7, 0, 0, 0}, 2));
  CHECK(!cohen_kappa(std::vector<std::int64_t>{0, 0, 0, 0}, 2));
  CHECK(!fleiss_kappa(std::vector<double>(4)));
  CHECK(!krippendorff_alpha(std::vector<double>{6, 0, 0, 0}, LabelScale::nominal, {}));
}

TEST_CASE("rows are worth a label by entropy and by the margin between two classes", "[label]") {
  CHECK(entropy_of(std::vector<double>{1, 0}) == 0);
  CHECK_THAT(entropy_of(std::vector<double>{0.5, 0.5}), WithinRel(std::log(2), 1e-15));
  CHECK_THAT(margin_of(std::vector<double>{0.2, 0.5, 0.3}), WithinAbs(0.2, 1e-15));
  CHECK(margin_of(std::vector<double>{0.5, 0.5}) == 0);
}
