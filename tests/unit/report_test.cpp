// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <limits>
#include <optional>

#include "lib/core/json.hpp"
#include "lib/folder/facts.hpp"
#include "lib/report/attribute_inference.hpp"
#include "lib/report/markup/charts.hpp"
#include "lib/report/markup/html.hpp"
#include "lib/report/markup/svg.hpp"
#include "lib/report/membership.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("texts become no markup, whatever they hold", "[report]") {
  const std::string evil = "<script>alert('x')</script> & \"quoted\"";
  const std::string escaped =
      "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;quoted&quot;";
  CHECK(escape_markup(evil) == escaped);
  CHECK(html_text(evil).markup() == escaped);
  CHECK(html("<p>{}</p>", evil).markup() == "<p>" + escaped + "</p>");
  // What is markup already is not escaped again.
  CHECK(html("<b>{}</b>{}", html_text(evil), 3).markup() == "<b>" + escaped + "</b>3");
  CHECK(escape_markup("a\x1b[31mb\n") == "a\\u{1b}[31mb\\n");
  CHECK(escape_markup("Zürich") == "Zürich");

  HtmlTable table(evil, {{evil}, {"rows", true}});
  table.add({html_text(evil), html("{}", 3)});
  Svg svg(100, 50, evil, evil);
  svg.text({1, 2}, evil);
  svg.dot({1, 2}, 0, 3, evil);
  svg.dot({1, 2}, 1, 3, evil);
  const Html chart = forest_chart({evil, evil, evil}, {{evil, 1, 0.5, 2, evil}}, 1, true);
  const Html lines = line_chart({{evil, evil, evil, evil}, {{evil, {{0, 1}}, true}, {evil, {}}}});
  const Html bars = bar_chart({evil, evil, evil}, {{evil, evil, 3}});
  for (const Html& made : {table.finish(), svg.finish(), chart, lines, bars,
                           details_html(html_text(evil), html_text(evil)),
                           mark_html(Mark::bad, evil), digest_html(evil)}) {
    CHECK_THAT(made.markup(), !ContainsSubstring("<script"));
    CHECK_THAT(made.markup(), ContainsSubstring("&lt;script"));
    CHECK_THAT(made.markup(), !ContainsSubstring("\"quoted\""));
  }
}

TEST_CASE("texts are cut between characters", "[report]") {
  CHECK(shorten("abcdef", 6) == "abcdef");
  CHECK(shorten("abcdefg", 6) == "abcde…");
  CHECK(shorten("äöüäöüä", 6) == "äöüäö…");
  CHECK(shorten("äöüäöü", 6) == "äöüäöü");
  CHECK(shorten("", 6).empty());
}

TEST_CASE("numbers are as the program's tables have them", "[report]") {
  CHECK(number_text(0.1234567) == "0.123457");
  CHECK(number_text(std::numeric_limits<double>::quiet_NaN()) == "-");
  CHECK(even_text(0.88) == "0.880");
  CHECK(even_text(53.25) == "53.2");
  CHECK(even_text(345.6) == "346");
  CHECK(even_text(0.5, 4) == "0.5000");
  CHECK(even_text(-0.00042) == "-0.00042");
  CHECK(even_text(0) == "0");
  CHECK(even_text(-HUGE_VAL) == "-");
  CHECK(count_text(1402639) == "1,402,639");
  CHECK(bytes_text(999) == "999 bytes");
  CHECK(bytes_text(1) == "1 byte");
  CHECK(bytes_text(50369721642) == "50,369,721,642 bytes (50.4 GB)");
  CHECK(bytes_text(130926) == "130,926 bytes (131 kB)");
  CHECK(bytes_text(undefined) == "-");
}

TEST_CASE("ticks are round numbers within the axis", "[report]") {
  using Ticks = std::vector<double>;
  CHECK(nice_ticks(0, 1) == Ticks{0, 0.2, 0.4, 0.6, 0.8, 1});
  CHECK(nice_ticks(0.68, 0.94) == Ticks{0.7, 0.75, 0.8, 0.85, 0.9});
  CHECK(nice_ticks(-336.9, -203.2) == Ticks{-320, -300, -280, -260, -240, -220});
  CHECK(nice_ticks(-1, 1) == Ticks{-1, -0.5, 0, 0.5, 1});
  CHECK(nice_ticks(0, 7e9) == Ticks{0, 2e9, 4e9, 6e9});
  CHECK(nice_ticks(3, 3) == Ticks{3});
  CHECK(nice_ticks(1, 0).empty());
  CHECK(nice_ticks(0, HUGE_VAL).empty());
  CHECK(nice_ticks(undefined, 1).empty());
  CHECK(ratio_ticks(0.62, 2.1) == Ticks{0.7, 1, 1.5, 2});
  CHECK(ratio_ticks(0.011, 90) == Ticks{0.1, 1, 10});
  CHECK(ratio_ticks(0.98, 1.04) == Ticks{0.98, 1, 1.02, 1.04});
  CHECK(ratio_ticks(0, 1).empty());
  CHECK(ratio_ticks(-1, 1).empty());
  for (const double low : {1e-250, 1e-9, 1.0, 1e200})
    CHECK(ratio_ticks(low, 1e30 * low).size() <= 6);
}

TEST_CASE("an axis keeps numbers within the drawing", "[report]") {
  const Axis axis(0, 10, 100, 200, false, true);
  CHECK(axis.at(5) == 150);
  CHECK(axis.at(-3) == 100);
  CHECK(axis.at(99) == 200);
  const Axis ratio(0.5, 2, 0, 100, true, true);
  CHECK(std::abs(ratio.at(1) - 50) < 1e-9);
  const Axis point(3, 3, 0, 100);  // one value alone
  CHECK(point.at(3) > 0);
  CHECK(point.at(3) < 100);
}

TEST_CASE("a document that says something else is passed over", "[report]") {
  const Json document = {{"a", {{"b", 3}, {"c", "text"}, {"d", true}}}, {"list", {1, 2}}};
  CHECK(fact_number(document, "a/b") == 3);
  CHECK(fact_text(document, "a/c") == "text");
  CHECK(fact_holds(document, "a/d"));
  CHECK(fact_list(document, "list").size() == 2);
  CHECK(fact(document, "a/b/c").is_null());
  CHECK(fact(document, "x").is_null());
  CHECK(fact_text(document, "a/b").empty());
  CHECK(std::isnan(fact_number(document, "a/c")));
  CHECK_FALSE(fact_holds(document, "a/b"));
  CHECK(fact_list(document, "a/b").empty());
  CHECK(fact_list(Json(), "list").empty());
}

TEST_CASE("what an attack found stands beside what the promise allows", "[report]") {
  const auto at = [](double found, double lower, double mistaken) {
    return Json{{"asked", 0.1},
                {"true_positive_rate", found},
                {"true_positive_lower", lower},
                {"true_positive_upper", 1.0},
                {"false_positive_rate", mistaken},
                {"false_positive_lower", 0.0},
                {"false_positive_upper", mistaken + 0.01},
                {"epsilon", 0.5}};
  };
  Json attack = {{"members", 2400}, {"others", 1200}, {"at", Json::array({at(0.5, 0.4, 0.1)})}};
  attack["best"] = at(0.5, 0.4, 0.1);
  attack["best"]["advantage"] = 0.4;
  attack["left_out"] = {"<rare>"};
  const std::string exact = membership_html(attack, std::nullopt).markup();
  CHECK_THAT(exact, ContainsSubstring("<b>0.4</b>, over 2,400 of them and 1,200 others") &&
                        ContainsSubstring("40.0 % to 100.0 %") &&
                        ContainsSubstring("no bound holds") &&
                        ContainsSubstring("class &lt;rare&gt;") &&
                        !ContainsSubstring("any attack, at most"));
  // Half of the rows at a tenth of the others is within a wide promise, and not within a narrow.
  const RenyiLoss wide = RenyiLoss::gaussian(1, 1), narrow = RenyiLoss::gaussian(1, 20);
  CHECK(highest_true_positive_rate(narrow, 0.11) < 0.4);
  CHECK(highest_true_positive_rate(wide, 0.11) > 0.4);
  CHECK_THAT(
      membership_html(attack, wide).markup(),
      ContainsSubstring(fmt::format("{:.1f} %", 100 * highest_true_positive_rate(wide, 0.1))) &&
          !ContainsSubstring("found more than the promise allows"));
  CHECK_THAT(membership_html(attack, narrow).markup(),
             ContainsSubstring("found more than the promise allows"));
  CHECK_THAT(membership_html({}, wide).markup(), ContainsSubstring("policies do not let be told"));
  CHECK(membership_html({{"at", "?"}, {"best", 3}}, wide).markup().find("- others") !=
        std::string::npos);
}

TEST_CASE("what is guessed of rows is told of the training and of others", "[report]") {
  const auto of = [](int right) {
    return Json{{"rows", 2400},       {"right", right},      {"share", right / 2400.0},
                {"share_lower", 0.5}, {"share_upper", 0.75}, {"without_model", 0.51}};
  };
  const Json attacks = {{{"feature", "<ward>"},
                         {"prior", nullptr},
                         {"members", of(1800)},
                         {"others", of(1320)},
                         {"advantage", 0.2}},
                        {{"feature", "sex"},
                         {"prior", {3, 4}},
                         {"members", nullptr},
                         {"others", nullptr},
                         {"advantage", nullptr}}};
  CHECK_THAT(attribute_inference_html(attacks).markup(),
             ContainsSubstring("&lt;ward&gt;</th>") && ContainsSubstring(">0.2<") &&
                 ContainsSubstring(">2,400<") && ContainsSubstring(">75.0 %<") &&
                 ContainsSubstring(">55.0 %<") && ContainsSubstring("50.0 % to 75.0 %") &&
                 ContainsSubstring(">51.0 %<") &&
                 ContainsSubstring("&lt;ward&gt;: policies do not let be told how frequent") &&
                 ContainsSubstring("sex: policies do not let be told how many are guessed") &&
                 !ContainsSubstring("sex: policies do not let be told how frequent"));
  CHECK_THAT(attribute_inference_html({{"feature", 3}}).markup(), ContainsSubstring(">-<"));
}
