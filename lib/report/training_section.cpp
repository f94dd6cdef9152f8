// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <cmath>

#include "lib/folder/facts.hpp"
#include "lib/report/markup/charts.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

/// What the progress of a training counts by, and what it is called in run.json.
struct Progress {
  std::string x;
  std::vector<double> at;
  std::vector<std::pair<std::string, std::vector<double>>> columns;
};

std::vector<double> numbers_of(const Json& list) {
  std::vector<double> numbers;
  for (const Json& value : list)
    numbers.push_back(value.is_number() ? value.get<double>() : undefined);
  return numbers;
}

Progress progress_of(const Json& run) {
  Progress progress;
  const Json& document = fact(run, "results/progress");
  for (const char* x : {"iteration", "epoch", "round"})
    if (fact(document, x).is_array()) {
      progress.x = x;
      progress.at = numbers_of(fact(document, x));
    }
  for (const char* y : {"logLikelihood", "loss", "validation", "decrement"})
    if (fact(document, y).is_array() && fact(document, y).size() == progress.at.size())
      progress.columns.emplace_back(y, numbers_of(fact(document, y)));
  return progress;
}

/// Puts what checkpoints hold before the first point: of sessions before the last.
std::size_t add_checkpoints(const RunFolder& folder, Progress& progress) {
  const bool network = folder.model && folder.model->config.kind->network;
  if (progress.x.empty()) progress.x = "iteration";
  if (progress.columns.empty()) {
    progress.columns.emplace_back(network ? "loss" : "logLikelihood", std::vector<double>());
    progress.at.clear();
  }
  const bool loss = progress.columns.front().first == "loss";
  const double first = progress.at.empty() ? HUGE_VAL : progress.at.front();
  std::size_t added = 0;
  for (const auto& [iteration, log_likelihood] : folder.checkpoints) {
    if (iteration >= first) break;
    const auto place = static_cast<std::ptrdiff_t>(added);
    progress.at.insert(progress.at.begin() + place, iteration);
    for (std::size_t c = 0; c < progress.columns.size(); ++c) {
      std::vector<double>& column = progress.columns[c].second;
      column.insert(column.begin() + place, c > 0  ? undefined
                                            : loss ? -log_likelihood
                                                   : log_likelihood);
    }
    ++added;
  }
  return added;
}

const char* column_words(const std::string& name) {
  if (name == "logLikelihood") return "log-likelihood";
  if (name == "validation") return "loss on the validation split";
  if (name == "loss") return "loss";
  return "decrement";
}

}  // namespace

Html training_section(const ReportFacts& facts) {
  const RunFolder& folder = facts.folder;
  const StageRecord& main = folder.main();
  if (!main.stage->chain.is_training()) return {};
  Progress progress = progress_of(main.run);
  const bool told = !progress.at.empty();
  const std::size_t added = add_checkpoints(folder, progress);
  if (progress.at.empty())
    return "<p>Not collected: neither <code>run.json</code> nor a checkpoint that is kept tells of "
           "it.</p>\n";
  constexpr std::size_t few = 40;
  LineChart chart;
  chart.whole = true;
  chart.says = {capital(column_words(progress.columns.front().first)) + " by " + progress.x,
                fmt::format("{} points from {} {} to {}.", progress.at.size(), progress.x,
                            number_text(progress.at.front()), number_text(progress.at.back())),
                progress.x, column_words(progress.columns.front().first)};
  for (const auto& [name, values] : progress.columns) {
    if (name == "decrement") continue;
    Series series{column_words(name), {}, progress.at.size() <= few};
    for (std::size_t i = 0; i < values.size(); ++i)
      if (std::isfinite(values[i])) series.points.emplace_back(progress.at[i], values[i]);
    chart.series.push_back(std::move(series));
  }
  Html page = line_chart(chart);
  const std::vector<double>& values = progress.columns.front().second;
  page += html("<p>{} {} at {} {}, {} at {} {}.</p>\n",
               capital(column_words(progress.columns.front().first)),
               number_text(values.front(), 8), progress.x, number_text(progress.at.front()),
               number_text(values.back(), 8), progress.x, number_text(progress.at.back()));
  if (!told)
    page +=
        "<p class=\"note\"><code>run.json</code> tells nothing of it: shown is what the "
        "checkpoints hold that were kept.</p>\n";
  else if (added > 0)
    page += html(
        "<p class=\"note\">The first {} points are from checkpoints of earlier sessions; "
        "what these met between is not collected.</p>\n",
        added);
  else if (progress.at.front() > 1)
    page += "<p class=\"note\">What sessions before the last met is not collected.</p>\n";
  std::vector<HtmlColumn> columns = {{progress.x, true}};
  for (const auto& column : progress.columns)
    columns.push_back({column_words(column.first), true});
  HtmlTable table("Progress", columns);
  constexpr std::size_t most = 100;
  const std::size_t every = (progress.at.size() + most - 1) / most;
  for (std::size_t i = 0; i < progress.at.size(); ++i) {
    if (i % every != 0 && i + 1 != progress.at.size()) continue;
    std::vector<Html> cells = {html_text(number_text(progress.at[i]))};
    for (const auto& [name, column] : progress.columns)
      cells.push_back(html_text(number_text(column[i], name == "decrement" ? 3 : 12)));
    table.add(cells);
  }
  page += details_html(every == 1 ? Html("As a table") : html("As a table, of {} lines one", every),
                       table.finish());
  return page;
}

}  // namespace bailiwick
