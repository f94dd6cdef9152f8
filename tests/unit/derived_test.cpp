// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/derived.hpp"

#include <array>
#include <cmath>

#include "lib/core/error.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;

namespace {

/// Two numbers, one of them with a colon in its name, and a category of three levels.
std::optional<std::vector<DerivedColumn>> find(const std::string& name) {
  if (name == "age" || name == "day") return {{{name, {{name == "age" ? 0U : 1U, {}, {}}}}}};
  if (name == "a:b") return {{{name, {{2, {}, {}}}}}};
  if (name == "ward")
    return {{{"ward_icu", {{3, std::size_t{1}, {}}}}, {"ward_er", {{3, std::size_t{2}, {}}}}}};
  if (name == "ward_icu") return {{{name, {{3, std::size_t{1}, {}}}}}};
  if (name == "ward_er") return {{{name, {{3, std::size_t{2}, {}}}}}};
  return {};
}

const KnownColumns plain{{"age", "day", "a:b", "ward"}, find};

std::vector<DerivedColumn> columns_of(const std::string& text) {
  return parse_derived(text, plain).value();
}

std::vector<std::string> names_of(const std::string& text) {
  std::vector<std::string> names;
  for (const DerivedColumn& column : columns_of(text))
    names.push_back(column.name);
  return names;
}

double value_of(const std::string& text, double x) {
  const std::vector<DerivedColumn> columns = columns_of(text);
  REQUIRE(columns.size() == 1);
  for (const Derivation& step : columns[0].factors[0].steps)
    x = step(x);
  return x;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what is made of columns has names that ask for it again") {
  CHECK(names_of("age") == Names{"age"});
  CHECK(names_of(" log( age )") == Names{"log(age)"});
  CHECK(names_of("age ^ 2") == Names{"age^2"});
  CHECK(names_of("bin(age,40, 65)") == Names{"age[40,65)", "age[65,)"});
  CHECK(names_of("rcs(age, 30,50,70, 80)") ==
        Names{"age", "rcs(age, 30, 50, 70, 80).1", "rcs(age, 30, 50, 70, 80).2"});
  CHECK(names_of("age:ward") == Names{"age:ward_icu", "age:ward_er"});
  CHECK(names_of("a:b:age") == Names{"a:b:age"});
  CHECK(names_of("bin(month(day), 4, 7):log(age)") ==
        Names{"month(day)[4,7):log(age)", "month(day)[7,):log(age)"});
  for (const char* text :
       {"log(age)", "age^3", "bin(age, 0.1, 1e30)", "rcs(age, -1, 0, 2.5, 9)", "age:ward",
        "age^2:age^3:day^2", "a:b:age", "sqrt(log(age)^2):ward_icu:day", "rcs(age, 1, 2, 3):ward",
        "rcs(age, 1, 2, 3).1:day", "cyclic(hour(day), 24)", "cyclic(age, 0.5).cos:ward",
        "bin(month(day), 4, 7):log(age)"})
    for (const DerivedColumn& column : columns_of(text)) {
      const std::vector<DerivedColumn> again = columns_of(column.name);
      REQUIRE(again.size() == 1);
      CHECK(again[0].name == column.name);
      REQUIRE(again[0].factors.size() == column.factors.size());
      for (std::size_t f = 0; f < column.factors.size(); ++f) {
        const DerivedFactor &a = again[0].factors[f], &b = column.factors[f];
        CHECK(a.column == b.column);
        CHECK(a.level == b.level);
        REQUIRE(a.steps.size() == b.steps.size());
        for (std::size_t s = 0; s < a.steps.size(); ++s) {
          CHECK(a.steps[s].function == b.steps[s].function);
          CHECK(a.steps[s].values == b.steps[s].values);
          CHECK(a.steps[s].which == b.steps[s].which);
        }
      }
    }
}

TEST_CASE("derived columns have the values of their formulas") {
  CHECK(value_of("log(age)", 1) == 0);
  CHECK(std::isnan(value_of("log(age)", 0)));
  CHECK(std::isnan(value_of("sqrt(age)", -1)));
  CHECK(value_of("sqrt(age)", 9) == 3);
  CHECK(value_of("missing(age)", std::nan("")) == 1);
  CHECK(value_of("missing(age)", 0) == 0);
  CHECK(columns_of("missing(age)")[0].is_indicator_of_missing());
  CHECK_FALSE(columns_of("missing(age)")[0].is_free());
  CHECK(columns_of("missing(age):day")[0].is_free());
  CHECK(value_of("age^9", -2) == -512);
  CHECK(value_of("age[40,65)", 40) == 1);
  CHECK(value_of("age[40,65)", 65) == 0);
  CHECK(value_of("age[65,)", 1e300) == 1);
  // 2024-02-29 was a Thursday, 1969-12-31 a Wednesday.
  CHECK(value_of("year(day)", 19782.75) == 2024);
  CHECK(value_of("month(day)", 19782) == 2);
  CHECK(value_of("weekday(day)", 19782) == 4);
  CHECK(value_of("weekday(day)", -0.5) == 3);
  CHECK(value_of("year(day)", -0.5) == 1969);
  CHECK(value_of("log1p(age)", 0) == 0);
  CHECK(std::isnan(value_of("log1p(age)", -1)));
  for (int hour = 0; hour < 24; ++hour)  // every hour of a day that doubles cannot hold
    CHECK(value_of("hour(day)", 19782 + hour / 24.0) == hour);
  CHECK(value_of("hour(day)", 19782 + (24 - 1.0 / 3600) / 24) == 23);
  CHECK(value_of("hour(day)", -0.25) == 18);
  CHECK(value_of("year(day)", 1.09e7) == 31813);
  CHECK(std::isnan(value_of("year(day)", 1.2e7)));
  CHECK(names_of("cyclic(age, 12)") == Names{"cyclic(age, 12).sin", "cyclic(age, 12).cos"});
  const std::array<std::pair<double, double>, 5> around = {
      {{0, 1}, {0.5, std::sqrt(0.75)}, {1, 0}, {0, -1}, {-1, 0}}};
  for (const double turn : {0.0, -24.0, 12e6})  // 12 comes after 11, before 0 and after millions
    for (const auto& [month, at] : {std::pair{0, 0}, {1, 1}, {3, 2}, {6, 3}, {9, 4}}) {
      CHECK(value_of("cyclic(age, 12).sin", turn + month) == Approx(around[at].first).margin(0));
      CHECK(value_of("cyclic(age, 12).cos", turn + month) == Approx(around[at].second).margin(0));
    }
  // The same formula in R.
  for (const auto& [x, first, second] : {std::tuple{2.0, 0.020408163265306121, 0.0},
                                         {4.0, 0.55102040816326525, 0.020408163265306121},
                                         {9.0, 7.4285714285714270, 2.2448979591836733}}) {
    CHECK(value_of("rcs(age, 1, 3, 5, 8).1", x) == Approx(first).epsilon(1e-12));
    CHECK(value_of("rcs(age, 1, 3, 5, 8).2", x) == Approx(second).margin(1e-15).epsilon(1e-12));
  }
}

TEST_CASE("what cannot be made of columns is said") {
  const auto fails = [](const char* text, const char* why) {
    try {
      parse_derived(text, plain);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::config);
      CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring(why));
      return;
    }
    FAIL(text);
  };
  fails("rcs(age", "not closed");
  fails("log(aeg)", "no feature \"aeg\" (did you mean \"age\"?)");
  fails("cosh(age)", "there is no function \"cosh\"; there are: log, log1p, sqrt");
  fails("day:lgo(age):a:b", "there is no function \"lgo\"");
  fails("log(ward)", "is not one number");
  fails("log(ward_icu)", "is not one number");
  fails("log(age, 2)", "takes no numbers");
  fails("rcs(age, 1, 2)", "takes 3 to 20 numbers");
  fails("cyclic(age)", "takes one number beside");
  fails("cyclic(age, 0)", "a period is greater than 0");
  fails("cyclic(age, 12).tan", "the columns .sin and .cos");
  fails("bin(age, 2, 1)", "do not ascend");
  fails("bin(age, two)", "\"two\" is no number");
  fails("age^0.5", "a whole number from 2 to 9");
  fails("rcs(age, 1, 2, 3).2", "the columns .1 to .1");
  for (const char* text : {"nobody", "cosh(nobody)", "age:nobody", "age[65,40)", ""})
    CHECK_FALSE(parse_derived(text, plain));
}
