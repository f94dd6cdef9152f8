// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/stages/quality/findings.hpp"
#include "lib/stages/quality/label_noise.hpp"
#include "lib/stages/quality/leakage.hpp"
#include "lib/stages/quality/plan.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;
using Rows = std::vector<std::int64_t>;

TEST_CASE("the area of an order counts ties half, and takes the better direction", "[quality]") {
  CHECK(area_of_order(Rows{0, 0, 5}, Rows{3, 4, 0}) == 1);
  CHECK(area_of_order(Rows{5, 0, 0}, Rows{0, 4, 3}) == 1);
  CHECK(area_of_order(Rows{2, 2}, Rows{3, 3}) == 0.5);
  CHECK(area_of_order(Rows{7}, Rows{9}) == 0.5);
  CHECK(area_of_order(Rows{1, 3}, Rows{2, 2}) == (1 * 1 + 3 * (2 + 1)) / 16.0);
  CHECK(area_of_order(Rows{0, 0}, Rows{2, 2}) == 0.5);
  // The middle part has most of the class: no order of the line tells it, the best one does.
  CHECK(area_of_order(Rows{0, 4, 0}, Rows{4, 0, 4}) == 0.5);
  CHECK(area_of_best_order(Rows{0, 4, 0}, Rows{4, 0, 4}) == 1);
  CHECK(area_of_best_order(Rows{1, 2, 0}, Rows{1, 2, 0}) == 0.5);
}

TEST_CASE("a joint of labels has the labels' shares, and a class without agreement gets a row",
          "[quality]") {
  const std::vector<double> joint = noise_joint({30, 10, 0, 5}, {60, 40});
  CHECK(joint == std::vector<double>{0.45, 0.15, 0, 0.4});
  const std::vector<double> none = noise_joint({0, 3, 0, 4}, {50, 50});
  CHECK(none == std::vector<double>{0.125, 0.375, 0, 0.5});
}

namespace {

Schema schema_of_number() {
  Schema schema;
  Column& column = schema.features.emplace_back();
  column.name = "x";
  column.minimum = 0;
  column.maximum = 10;
  column.missing = true;
  return schema;
}

/// What a plan counts of these values in one domain.
Counts counts_of(const QualityPlan& plan, std::size_t rows) {
  Counts counted;
  for (const Division& division : plan.divisions) {
    Rows& parts = counted.emplace_back(division.parts.size(), 0);
    for (std::size_t r = 0; r < rows; ++r)
      ++parts.at(division.part_of(0, r));
  }
  return counted;
}

}  // namespace

TEST_CASE("bounds cut a column once, and both ends of a range are inside", "[quality]") {
  const Schema schema = schema_of_number();
  const TableColumns columns(schema);
  std::vector<ExaminedRows> rows(1);
  rows[0].table.numbers = {{-1, std::nextafter(0.0, -1.0), 0, -0.0, 1, 2, 10,
                            std::nextafter(10.0, 11.0), 20, std::nan("")}};
  rows[0].rows = rows[0].table.numbers[0].size();
  QualityConfig how;
  how.findings.duplicates = Severity::off;
  how.rules.resize(3);
  for (ColumnRuleConfig& rule : how.rules)
    rule.columns = {"x*"};
  how.rules[0].minimum = 2;
  how.rules[1].maximum = 10;  // a bound that the declared range has too
  how.rules[2].minimum = 1;
  how.rules[2].maximum = 1;
  const std::vector<NumberFacts> facts{{std::pair(0.0, 15.0), false}};
  const QualityPlan plan(how, columns, schema, rows, facts);
  const Counts counted = counts_of(plan, rows[0].rows);
  std::vector<std::pair<std::string, std::int64_t>> found;
  for (const Demand& demand : plan.demands)
    found.emplace_back(demand.check, share_in(demand, counted)->rows);
  CHECK(
      found ==
      std::vector<std::pair<std::string, std::int64_t>>{
          {"missing", 1}, {"range", 4}, {"outliers", 3}, {"range", 5}, {"range", 2}, {"range", 8}});
  CHECK(plan.divisions[*plan.numbers[0].parts].parts.size() == 8);
  CHECK(counted[plan.sound] == Rows{0, 10});
}

TEST_CASE("what is withheld holds if no domain breaks it", "[quality]") {
  const std::vector<Demand> demands{{.check = "a",
                                     .column = "x",
                                     .division = 0,
                                     .of = {1},
                                     .among = {},
                                     .high = 0.5,
                                     .what = ""}};
  CHECK(judge(demands, {{}}, {0}).front().holds);
  CHECK(!judge(demands, {{}}, {1}).front().holds);
  CHECK(judge(demands, {{}}, {1}).front().withheld);
  CHECK(judge(demands, {{4, 4}}, {1}).front().holds);
  CHECK(!judge(demands, {{3, 5}}, {2}).front().holds);
  CHECK(judge(demands, {{0, 0}}, {0}).front().holds);
}
