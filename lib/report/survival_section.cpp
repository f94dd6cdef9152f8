// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include "lib/core/text.hpp"
#include "lib/folder/facts.hpp"
#include "lib/report/markup/charts.hpp"
#include "lib/report/measures.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

std::string interval_text(const Json& object, const std::string& lower, const std::string& upper) {
  return fmt::format("{} to {}", number_text(fact_number(object, lower), 4),
                     number_text(fact_number(object, upper), 4));
}

Html test_words(const Json& test, const char* name) {
  const double p = fact_number(test, "p_value");
  if (!std::isfinite(p)) return {};
  return html("<p>{}: chi-squared {} on {} degrees of freedom, P {}.</p>\n", name,
              number_text(fact_number(test, "chi_squared"), 4),
              number_text(fact_number(test, "degrees_of_freedom")), p_value_text(p));
}

Html number_columns(const Json& description) {
  HtmlTable table("Numbers", {{"column"},
                              {"unit"},
                              {"mean", true},
                              {"std. deviation", true},
                              {"missing", true},
                              {"quantiles"}});
  for (const Json& column : fact_list(description, "columns")) {
    if (fact_text(column, "kind") != "number") continue;
    std::string quantiles;
    for (const Json& pair : fact_list(column, "quantiles"))
      if (pair.is_array() && pair.size() == 2 && pair[0].is_number() && pair[1].is_number())
        quantiles += fmt::format("{}{:g} %: {}", quantiles.empty() ? "" : ", ",
                                 100 * pair[0].get<double>(), number_text(pair[1].get<double>()));
    table.add({html_text(fact_text(column, "name")), html_text(fact_text(column, "unit")),
               html_text(number_text(fact_number(column, "mean"))),
               html_text(number_text(fact_number(column, "sd"))),
               html_text(count_text(fact_number(column, "missing"))), html_text(quantiles)});
  }
  return table.empty() ? Html() : table.finish();
}

Html category_columns(const Json& description) {
  HtmlTable table("Categories", {{"column"}, {"rows of each level"}});
  for (const Json& column : fact_list(description, "columns")) {
    if (fact_text(column, "kind") != "category") continue;
    std::string levels;
    for (const Json& pair : fact_list(column, "levels"))
      if (pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_number())
        levels += fmt::format("{}{}: {}", levels.empty() ? "" : ", ", pair[0].get<std::string>(),
                              count_text(pair[1].get<double>()));
    table.add({html_text(fact_text(column, "name")), html_text(levels)});
  }
  return table.empty() ? Html() : table.finish();
}

}  // namespace

Html survival_section(const ReportFacts& facts) {
  const StageRecord* record = facts.folder.find("survival");
  if (record == nullptr || record->result.is_null()) return {};
  const Json& result = record->result;
  LineChart chart;
  const std::string by = fact_text(result, "by");
  chart.says = {by.empty() ? "Kaplan-Meier curve" : "Kaplan-Meier curves by " + by,
                "The share that has not had the event yet, by time.", "time", "survival"};
  chart.steps = chart.unit = true;
  HtmlTable table("Groups", {{"group"},
                             {"rows", true},
                             {"events", true},
                             {"median", true},
                             {"95 % interval", true},
                             {"restricted mean", true}});
  for (const Json& curve : fact_list(result, "curves")) {
    const std::string group = fact_text(curve, "group").empty() ? "all" : fact_text(curve, "group");
    Series series{group, {{0, 1}}};
    const Json& time = fact_list(curve, "time");
    const Json& survival = fact_list(curve, "survival");
    for (std::size_t i = 0; i < time.size() && i < survival.size(); ++i)
      if (time[i].is_number() && survival[i].is_number())
        series.points.emplace_back(time[i].get<double>(), survival[i].get<double>());
    chart.series.push_back(std::move(series));
    table.add({html_text(group), html_text(count_text(fact_number(curve, "rows"))),
               html_text(count_text(fact_number(curve, "events"))),
               html_text(number_text(fact_number(curve, "median"))),
               html_text(interval_text(curve, "median_lower", "median_upper")),
               html_text(number_text(fact_number(curve, "mean")))});
  }
  Html page;
  constexpr std::size_t most = 8;
  if (!chart.series.empty() && chart.series.size() <= most) page += line_chart(chart);
  page += table.finish();
  page += test_words(fact(result, "log_rank"), "Log-rank test");
  page += test_words(fact(result, "log_rank_within_domains"), "Log-rank test within domains");
  return page;
}

Html description_section(const ReportFacts& facts) {
  const StageRecord* record = facts.folder.find("describe");
  if (record == nullptr || record->result.is_null()) return {};
  const Json& result = record->result;
  return html(
      "<p>{} rows of all owners together ({}). Histograms, tables and correlations are in "
      "<code>description.txt</code>.</p>\n{}{}",
      count_text(fact_number(result, "rows")), split_words(result), number_columns(result),
      category_columns(result));
}

}  // namespace bailiwick
