// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <optional>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/folder/facts.hpp"
#include "lib/privacy/json.hpp"
#include "lib/report/attribute_inference.hpp"
#include "lib/report/markup/charts.hpp"
#include "lib/report/measures.hpp"
#include "lib/report/membership.hpp"
#include "lib/report/sections.hpp"
#include "lib/stages/scorecard.hpp"

namespace bailiwick {

namespace {

/// (name, measures) of each domain, and of all.
using ScoreLines = std::vector<std::pair<std::string, Json>>;

/// Domains in the order of `owners`, which is the config's.
ScoreLines lines_of(const Json& result, const Json& owners) {
  ScoreLines lines;
  for (const Json& owner : owners)
    if (const Json& metrics = fact(fact(result, "domains"), fact_text(owner, "name"));
        metrics.is_object())
      lines.emplace_back(fact_text(owner, "name"), metrics);
  if (fact(result, "overall").is_object()) lines.emplace_back("overall", fact(result, "overall"));
  return lines;
}

Html measures_table(const ScoreLines& lines) {
  std::vector<HtmlColumn> columns = {{"domain"}};
  const std::vector<std::string> names = Scorecard::columns(lines.back().second);
  for (const std::string& name : names) {
    std::string words = name;
    std::ranges::replace(words, '_', ' ');
    columns.push_back({words, true});
  }
  HtmlTable table("Measures, by owner and over all", columns);
  for (const auto& [domain, metrics] : lines) {
    std::vector<Html> cells = {html_text(domain)};
    for (const std::string& name : names)
      cells.push_back(html_text(Scorecard::shown(metrics, name)));
    table.add(cells, &metrics == &lines.back().second);
  }
  return table.finish();
}

Html measure_chart(const Json& result, const MainMeasure& measure, const ScoreLines& lines) {
  std::vector<Estimate> dots;
  for (const auto& [domain, metrics] : lines) {
    Estimate dot{domain, fact_number(metrics, measure.name),
                 fact_number(metrics, measure.name + "_lower"),
                 fact_number(metrics, measure.name + "_upper"), ""};
    dot.text =
        fmt::format("{} ({} rows)", even_text(dot.value), count_text(fact_number(metrics, "rows")));
    dot.all = &metrics == &lines.back().second;
    dots.push_back(dot);
  }
  const auto range = range_over_domains(result, measure.name);
  Html page = forest_chart(
      {capital(measure.words) + ", by owner",
       "A dot for each owner, and a line through that of all rows.",
       fmt::format("{} ({} is better)", measure.words, measure.more_is_better ? "more" : "less")},
      dots, fact_number(result, "overall/" + measure.name), false);
  if (range && range->domains > 1)
    page += html(
        "<p>The gap between owners is <b>{}</b>: {}. With few rows much of a gap is chance.</p>\n",
        even_text(range->high - range->low), range_words(*range));
  return page;
}

/// (share of the others taken for events, share of events found) at the edges of the calibration
/// table's bins, from the highest probability down: points of the ROC curve, and nothing that the
/// table does not tell.
Series roc_of(const std::string& name, const Json& metrics) {
  Series series{name, {}};
  std::vector<std::pair<double, double>> bins;  // rows, events
  double events = 0, others = 0;
  for (const Json& bin : fact_list(metrics, "calibration")) {
    bins.emplace_back(fact_number(bin, "rows"), fact_number(bin, "events"));
    events += bins.back().second;
    others += bins.back().first - bins.back().second;
  }
  if (!(events > 0) || !(others > 0)) return series;
  double found = 0, taken = 0;
  series.points.emplace_back(0, 0);
  for (std::size_t b = bins.size(); b-- > 0;) {
    found += bins[b].second;
    taken += bins[b].first - bins[b].second;
    if (bins[b].first > 0) series.points.emplace_back(taken / others, found / events);
  }
  return series;
}

Html roc_chart(const ScoreLines& lines) {
  LineChart chart{{"ROC curve at the edges of the calibration bins",
                   "The share of events found against the share of the others taken for events, as "
                   "the threshold falls from bin to bin; between its points the curve lies higher. "
                   "On the diagonal is who guesses.",
                   "others taken for events", "events found"},
                  {}};
  chart.diagonal = true;
  constexpr std::size_t most = 8;
  for (std::size_t i = lines.size() > most ? lines.size() - 1 : 0; i < lines.size(); ++i)
    if (Series series = roc_of(lines[i].first, lines[i].second); series.points.size() > 2)
      chart.series.push_back(std::move(series));
  return chart.series.empty() ? Html() : line_chart(chart);
}

/// (mean prediction, share of events) of bins of at least so many rows.
Series calibration_of(const std::string& name, const Json& metrics, double least) {
  Series series{name, {}, true};
  double all = 0;
  for (const Json& bin : fact_list(metrics, "calibration"))
    all += std::max(0.0, fact_number(bin, "rows"));
  for (const Json& bin : fact_list(metrics, "calibration")) {
    const double rows = fact_number(bin, "rows"), predicted = fact_number(bin, "mean_prediction");
    if (!(rows >= least) || !std::isfinite(predicted)) continue;
    series.points.emplace_back(predicted, fact_number(bin, "events") / rows);
    series.sizes.push_back(2.5 + 9 * std::sqrt(rows / all));
  }
  return series;
}

Html calibration_charts(const ScoreLines& lines) {
  const ChartText axes{"", "", "mean predicted probability", "share of events"};
  const Json& overall = lines.back().second;
  Series all = calibration_of("overall", overall, 1);
  if (all.points.empty()) return {};
  LineChart chart{axes, {std::move(all)}};
  chart.says.title = "Calibration over all owners (dots by rows)";
  chart.says.description =
      "In each bin of the predicted probability: its mean, and the share of events. On the "
      "diagonal both are equal.";
  chart.diagonal = true;
  Html page = line_chart(chart);
  constexpr double least = 10;
  LineChart owners{axes, {}};
  owners.diagonal = true;
  owners.says.title = fmt::format("Calibration by owner, of bins of at least {} rows", least);
  owners.says.description = "The same, a line for each owner.";
  std::size_t points = 0;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    Series series = calibration_of(lines[i].first, lines[i].second, least);
    series.sizes.clear();
    points += series.points.size();
    if (!series.points.empty()) owners.series.push_back(std::move(series));
  }
  constexpr std::size_t most = 8;
  if (owners.series.size() > 1 && owners.series.size() <= most && points > owners.series.size())
    page += line_chart(owners);
  return page;
}

/// The cell of the true category t and the predicted one p, of a list or a list of lists.
double confusion_cell(const Json& confusion, std::size_t t, std::size_t p, std::size_t classes) {
  const auto at = [](const Json& list, std::size_t i) -> const Json& {
    static const Json none;
    return list.is_array() && i < list.size() ? list[i] : none;
  };
  const Json& row = at(confusion, t);
  const Json& cell = row.is_array() ? at(row, p) : at(confusion, t * classes + p);
  return cell.is_number() ? cell.get<double>() : undefined;
}

Html confusion_table(const Json& overall) {
  const Json& confusion = fact_list(overall, "confusion");
  const Json& categories = fact_list(overall, "categories");
  if (confusion.empty() || !categories.is_array() || categories.empty()) return {};
  const std::size_t k = categories.size();
  std::vector<HtmlColumn> columns = {{"true category"}};
  const auto name = [&](std::size_t i) {
    return categories[i].is_string() ? categories[i].get<std::string>() : categories[i].dump();
  };
  for (std::size_t p = 0; p < k; ++p)
    columns.push_back({name(p), true});
  columns.push_back({"found", true});
  HtmlTable table("Rows by true category (down) and predicted one (across), overall", columns);
  for (std::size_t t = 0; t < k; ++t) {
    double all = 0;
    for (std::size_t p = 0; p < k; ++p)
      all += confusion_cell(confusion, t, p, k);
    std::vector<Html> cells = {html_text(name(t))};
    for (std::size_t p = 0; p < k; ++p) {
      const double cell = confusion_cell(confusion, t, p, k);
      const int shade = all > 0 && std::isfinite(cell) ? static_cast<int>(cell / all * 9.999) : 0;
      cells.push_back(html("<span class=\"heat h{}\">{}</span>", shade, count_text(cell)));
    }
    const double right = confusion_cell(confusion, t, t, k);
    cells.push_back(html_text(percent_text(right / all)));
    table.add(cells);
  }
  return table.finish();
}

/// Whether a training of this config (inputs.json) took rows of the split; none: all rows.
bool has_trained_on(const std::string& given, const std::string& split) {
  const std::string key = "\n  split: \"";  // of train; of what is within that it stands deeper
  const bool all = given.find(key) == std::string::npos;
  return !given.empty() &&
         (all || split.empty() || given.find(key + split + "\"") != std::string::npos);
}

/// What the training of the folder's model was charged, by its signed inputs; none: nothing, or the
/// model is another.
std::optional<RenyiLoss> promise_of(const RunFolder& folder, const Json& result) {
  const StageRecord& main = folder.main();
  const Json& loss = fact(main.inputs, "privacy/loss");
  if (loss.is_null() || !main.stage->chain.is_training() ||
      fact_text(result, "model") != folder.model_digest)
    return std::nullopt;
  try {
    return loss_from_json(loss, main.chain_name());
  } catch (const Error&) {
    return std::nullopt;  // verify says so
  }
}

Html evaluation_page(const RunFolder& folder, const StageRecord& record) {
  const Json& result = record.result;
  if (result.is_null()) return "<p>Began, and has no result that can be read.</p>\n";
  Html page;
  const std::string standardise = fact_text(result, "standardise");
  page += html("<p>Scored on {}; standardised: {}{}.</p>\n", split_words(result),
               standardise.empty() ? "not collected" : standardise,
               fact_holds(result, "regional") ? "; each owner's rows by its own model" : "");
  if (folder.model && fact_text(result, "model") != folder.model_digest)
    page += html("<p class=\"warning\">{} its digest is {}.</p>\n",
                 mark_html(Mark::bad, "This is an evaluation of another model than model.h5:"),
                 digest_html(fact_text(result, "model")));
  const bool same = fact_text(result, "model") == folder.model_digest;
  if (same && has_trained_on(fact_text(folder.main().inputs, "given"), fact_text(result, "split")))
    page +=
        "<p class=\"note\">The model was trained on these rows, or some of them: it will do less "
        "well on others.</p>\n";
  const ScoreLines lines = lines_of(result, fact_list(record.inputs, "domains"));
  if (lines.empty() || lines.back().first != "overall") return page;
  const auto measure = main_measure(result);
  if (measure && lines.size() > 1) page += measure_chart(result, *measure, lines);
  page += roc_chart(lines);
  page += calibration_charts(lines);
  page += measures_table(lines);
  if (lines.size() == 1)
    page +=
        "<p class=\"note\">By owner: not collected. <code>evaluate.per_domain</code> asks for it, "
        "and every policy must allow it.</p>\n";
  for (const auto& [left_out, why] : fact_list(lines.back().second, "left_out").items())
    if (why.is_string())
      page += html("<p class=\"note\">Left out overall: {}: {}</p>\n", left_out,
                   why.get<std::string>());
  page += confusion_table(lines.back().second);
  if (result.contains("membership"))
    page += membership_html(result["membership"], promise_of(folder, result));
  if (result.contains("attributes")) page += attribute_inference_html(result["attributes"]);
  return page;
}

}  // namespace

Html evaluation_section(const ReportFacts& facts) {
  const RunFolder& folder = facts.folder;
  Html page;
  for (const StageRecord& record : folder.stages) {
    if (record.stage->name() != std::string_view("evaluate")) continue;
    std::string name = record.prefix;
    if (name.ends_with('/')) name.pop_back();
    if (!name.empty()) page += html("<h3>{}</h3>\n", name);
    page += evaluation_page(folder, record);
  }
  if (!page.empty()) return page;
  return folder.model
             ? Html(
                   "<p>Not evaluated yet: run <code>bailiwick evaluate …</code> with the config of "
                   "the training.</p>\n")
             : Html("<p>Nothing was evaluated in this folder.</p>\n");
}

}  // namespace bailiwick
