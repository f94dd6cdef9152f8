// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>

#include "lib/folder/facts.hpp"
#include "lib/report/markup/charts.hpp"
#include "lib/report/measures.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

Html measured_words(const Json& result) {
  return html("<p>Measured by <b>{}</b> ({} is better) on {}: {}.</p>\n",
              fact_text(result, "metric"), fact_holds(result, "more_is_better") ? "more" : "less",
              split_words(result), even_text(fact_number(result, "value"), 6));
}

Html reasons_html(const std::vector<std::pair<std::string, std::string>>& reasons) {
  Html list;
  for (const auto& [name, why] : reasons)
    if (!why.empty()) list += html("<p class=\"note\">{}: {}</p>\n", name, why);
  return list;
}

Html stale_words(const RunFolder& folder, const Json& result) {
  if (!folder.model || fact_text(result, "model") == folder.model_digest) return {};
  return html("<p class=\"warning\">{} its digest is {}.</p>\n",
              mark_html(Mark::bad, "This is about another model than model.h5:"),
              digest_html(fact_text(result, "model")));
}

/// Numbers, as a curve; categories, as a table.
Html dependence_html(const std::string& name, const Json& dependence) {
  const Json& values = fact_list(dependence, "values");
  const Json& predictions = fact(dependence, "predictions");
  if (values.empty() || !predictions.is_object()) return {};
  if (values.front().is_number()) {
    LineChart chart{
        {"Partial dependence on " + name,
         "The mean prediction of all rows, had they all that value.", name, "mean prediction"},
        {}};
    for (const auto& [output, means] : predictions.items()) {
      Series series{output, {}};
      for (std::size_t i = 0; i < values.size() && i < means.size(); ++i)
        if (values[i].is_number() && means[i].is_number())
          series.points.emplace_back(values[i].get<double>(), means[i].get<double>());
      std::ranges::sort(series.points);
      chart.series.push_back(std::move(series));
    }
    constexpr std::size_t most = 8;
    return chart.series.size() > most ? Html() : line_chart(chart);
  }
  std::vector<HtmlColumn> columns = {{name}};
  for (const auto& [output, means] : predictions.items())
    columns.push_back({output, true});
  HtmlTable table("Mean prediction, had all rows that value of " + name, columns);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::vector<Html> cells = {
        html_text(values[i].is_string() ? values[i].get<std::string>() : values[i].dump())};
    for (const auto& [output, means] : predictions.items())
      cells.push_back(html_text(
          i < means.size() && means[i].is_number() ? number_text(means[i].get<double>(), 4) : "-"));
    table.add(cells);
  }
  return table.finish();
}

}  // namespace

Html explanation_section(const ReportFacts& facts) {
  const StageRecord* record = facts.folder.find("explain");
  if (record == nullptr || record->result.is_null()) return {};
  const Json& result = record->result;
  std::vector<Estimate> importance;
  std::vector<std::pair<std::string, std::string>> reasons;
  Html curves;
  for (const Json& feature : fact_list(result, "features")) {
    const std::string name = fact_text(feature, "feature");
    const double mean = fact_number(feature, "importance/mean"),
                 deviation = fact_number(feature, "importance/standard_deviation");
    if (std::isfinite(mean))
      importance.push_back({name, mean, mean - deviation, mean + deviation, even_text(mean)});
    reasons.emplace_back(name, fact_text(fact(feature, "importance"), "reason"));
    reasons.emplace_back(name, fact_text(fact(feature, "partial_dependence"), "reason"));
    curves += dependence_html(name, fact(feature, "partial_dependence"));
  }
  std::ranges::stable_sort(importance, std::greater{}, &Estimate::value);
  Html page = stale_words(facts.folder, result);
  page += measured_words(result);
  if (!importance.empty())
    page += forest_chart(
        {"Importance of each feature",
         "How much worse the measure gets with the feature's values in another order within each "
         "partition; the line is a standard deviation over such orders to either side.",
         fmt::format("loss of {}", fact_text(result, "metric"))},
        importance, 0.0, false);
  page += curves;
  page += reasons_html(reasons);
  return page;
}

Html attribution_section(const ReportFacts& facts) {
  const StageRecord* record = facts.folder.find("attribute");
  if (record == nullptr || record->result.is_null()) return {};
  const Json& result = record->result;
  std::vector<Estimate> effects, shares;
  std::vector<std::pair<std::string, std::string>> reasons;
  const std::string metric = fact_text(result, "metric");
  const bool tracin = result.contains("tracin_checkpoints");
  std::vector<HtmlColumn> columns{
      {"without"}, {metric, true}, {"effect", true}, {"Shapley value", true}};
  if (tracin) columns.push_back({"TracIn", true});
  HtmlTable table("By owner", columns);
  for (const Json& domain : fact_list(result, "domains")) {
    const std::string name = fact_text(domain, "domain");
    const double effect = fact_number(domain, "effect"),
                 lower = fact_number(domain, "effect_lower"),
                 upper = fact_number(domain, "effect_upper"),
                 share = fact_number(domain, "shapley");
    const auto shown = [](double value) {
      return std::isfinite(value) ? even_text(value, 5) : std::string("-");
    };
    if (std::isfinite(effect)) effects.push_back({name, effect, lower, upper, shown(effect)});
    if (std::isfinite(share)) shares.push_back({name, share, undefined, undefined, shown(share)});
    std::vector<Html> cells{html_text(name), html_text(shown(fact_number(domain, "without/value"))),
                            html_text(shown(effect)), html_text(shown(share))};
    if (tracin) cells.push_back(html_text(shown(fact_number(domain, "tracin"))));
    table.add(cells);
    reasons.emplace_back(name, fact_text(domain, "reason"));
    reasons.emplace_back(name, fact_text(domain, "shapley_reason"));
  }
  Html page = stale_words(facts.folder, result);
  page += measured_words(result);
  page +=
      "<p>The effect of an owner is how much worse the measure gets if the model is fitted anew "
      "without the owner's rows; below 0 it gets better. Effects do not add up; Shapley values "
      "do.</p>\n";
  if (!effects.empty())
    page += forest_chart({"Effect of each owner", "A dot for each owner.",
                          "loss of " + metric + " without the owner's rows"},
                         effects, 0.0, false);
  if (!shares.empty())
    page += forest_chart({"Shapley value of each owner",
                          "What the owner adds to the measure, over all orders in which owners "
                          "come together.",
                          "share of " + metric},
                         shares, 0.0, false);
  page += table.finish();
  if (tracin)
    page += html(
        "<p class=\"note\">TracIn: by how much the owner's rows lowered the mean loss there over "
        "{} "
        "epochs, to first order; below 0 they raised it.</p>\n",
        number_text(fact_number(result, "tracin_checkpoints")));
  page += reasons_html(reasons);
  return page;
}

}  // namespace bailiwick
