// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/text.hpp"
#include "lib/core/undefined.hpp"
#include "lib/folder/facts.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/kinds/network/predictor.hpp"
#include "lib/report/markup/charts.hpp"
#include "lib/report/measures.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

/// What e to the power of a coefficient is; empty: nothing that has a name.
std::string ratio_name(const std::string& kind) {
  if (kind == "logistic" || kind == "ordinal" || kind == "multinomial") return "odds ratio";
  if (kind == "cox") return "hazard ratio";
  if (kind == "poisson" || kind == "negative_binomial") return "rate ratio";
  if (kind == "gamma" || kind == "inverse_gaussian") return "ratio of means";
  return "";
}

/// The column that the i-th coefficient is one of; none of an intercept, a threshold or a shape, of
/// which 0 is no question.
std::optional<std::size_t> column_of(const SavedModel& model, std::size_t i,
                                     const std::string& name) {
  const std::size_t j = i % model.names.size();
  const std::string& column = model.names[j];
  const bool fits = name == column || name.ends_with(":" + column);
  return fits && column != "(intercept)" ? std::optional(j) : std::nullopt;
}

std::string ratio_text(double value) {
  return std::isfinite(value) ? even_text(exact::exp(value), 4) : "-";
}

Html coefficient_table(const RunFolder& folder, const std::string& ratio) {
  std::vector<HtmlColumn> columns = {{"term"},
                                     {"estimate", true},
                                     {"std. error", true},
                                     {"lower 95 %", true},
                                     {"upper 95 %", true},
                                     {"P", true}};
  if (!ratio.empty()) {
    columns.push_back({ratio, true});
    columns.push_back({"95 % interval", true});
  }
  HtmlTable table("Coefficients, in the units of the data", columns);
  for (std::size_t i = 0; i < folder.coefficients.size(); ++i) {
    const ReportedCoefficient& c = folder.coefficients[i];
    std::vector<Html> cells = {html_text(c.name),
                               html_text(number_text(c.estimate)),
                               html_text(number_text(c.error, 5)),
                               html_text(number_text(c.lower)),
                               html_text(number_text(c.upper)),
                               html_text(p_value_text(c.p_value))};
    if (!ratio.empty()) {
      const bool has = column_of(*folder.model, i, c.name).has_value();
      cells.push_back(has ? html_text(ratio_text(c.estimate)) : Html());
      cells.push_back(has ? html("{} to {}", ratio_text(c.lower), ratio_text(c.upper)) : Html());
    }
    table.add(cells);
  }
  return table.finish();
}

/// Of one standard deviation of each column where the model knows these: else units would decide
/// who looks strong.
Html coefficient_chart(const RunFolder& folder, const std::string& ratio) {
  constexpr std::size_t most = 30;
  const SavedModel& model = *folder.model;
  const bool by_deviation = model.config.standardise == Standardisation::pooled &&
                            model.scale.size() == model.names.size();
  struct Candidate {
    Estimate estimate;
    double strength;
    std::size_t place;
  };
  std::vector<Candidate> all;
  for (std::size_t i = 0; i < folder.coefficients.size(); ++i) {
    const ReportedCoefficient& c = folder.coefficients[i];
    const auto column = column_of(model, i, c.name);
    if (!column) continue;
    const double scale = by_deviation ? model.scale[*column] : 1;
    if (!(scale > 0)) continue;
    const auto on_scale = [&](double value) {
      return ratio.empty() ? value / scale : exact::exp(value / scale);
    };
    Estimate estimate{c.name, on_scale(c.estimate), on_scale(c.lower), on_scale(c.upper), ""};
    estimate.text = fmt::format("{} [{}, {}]", even_text(estimate.value), even_text(estimate.lower),
                                even_text(estimate.upper));
    all.push_back({estimate, std::abs(c.statistic), i});
  }
  if (all.empty()) return {};
  std::string which;
  if (all.size() > most) {
    std::ranges::stable_sort(all, std::greater(), &Candidate::strength);
    which = fmt::format(" (the {} of {} with the largest statistic)", most, all.size());
    all.resize(most);
    std::ranges::sort(all, {}, &Candidate::place);
  }
  std::vector<Estimate> shown;
  for (const Candidate& candidate : all)
    shown.push_back(candidate.estimate);
  const std::string what = capital(ratio.empty() ? "coefficient" : ratio);
  const std::string unit = by_deviation ? "one standard deviation more" : "one unit more";
  return forest_chart(
      {fmt::format("{} for {}, with 95\u00a0% intervals{}", what, unit, which),
       "A line for each term of the table: its estimate and interval, and a line where there is no "
       "effect.",
       what + (ratio.empty() ? "" : " (1: no effect)")},
      shown, ratio.empty() ? 0 : 1, !ratio.empty());
}

Html network_table(const SavedModel& model) {
  HtmlTable table("Layers", {{"layer"},
                             {"inputs", true},
                             {"units", true},
                             {"activation"},
                             {"dropout", true},
                             {"layer norm"}});
  const Architecture architecture = architecture_of(model);
  const auto& layers = architecture.layers();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const bool last = i + 1 == layers.size();
    table.add({last ? Html("output") : html("{}", i + 1), html("{}", layers[i].inputs),
               html("{}", layers[i].units),
               last ? Html() : html_text(to_word(model.config.mlp.layers[i].activation)),
               last ? Html() : html_text(number_text(layers[i].dropout)),
               last                   ? Html()
               : layers[i].layer_norm ? Html("yes")
                                      : Html("no")});
  }
  Html text = html(
      "<p>A network of {} parameters; there is no interval of each, and so no forest "
      "plot.</p>\n{}",
      count_text(static_cast<double>(model.parameters.size())), table.finish());
  if (model.embeddings.empty()) return text;
  HtmlTable embeddings("Embedded categories",
                       {{"category"}, {"levels", true}, {"numbers each", true}});
  for (const EmbeddedCategory& category : model.embeddings)
    embeddings.add(
        {html_text(category.name), html("{}", category.levels), html("{}", category.dimension)});
  text += embeddings.finish();
  return text;
}

/// What stays with domains, which is theirs to read.
Html regions_words(const RunFolder& folder) {
  if (folder.regions.empty()) return {};
  return html(
      "<p>Beside the common model each of these domains has one of its own, or a state, which "
      "stays in its folder under <code>regions/</code> and is not opened here: {}.</p>\n",
      join(folder.regions));
}

/// What the config asks of the model, as inputs.json has it.
Html asked_table(const Json& inputs) {
  HtmlTable table("What was asked for", {{"key of model"}, {"value"}});
  const Json& asked = fact_list(inputs, "model");
  if (!asked.is_object()) return {};
  for (const auto& [key, value] : asked.items())
    if (!value.is_structured() && value != Json(""))
      table.add(
          {html_text(key), html_text(value.is_string() ? value.get<std::string>() : value.dump())});
    else if (value.is_structured() && !value.empty())
      table.add({html_text(key), html_text(shorten(value.dump(), 400))});
  return table.empty() ? Html() : details_html("What was asked for", table.finish());
}

}  // namespace

Html model_section(const ReportFacts& facts) {
  const RunFolder& folder = facts.folder;
  const StageRecord& main = folder.main();
  if (!main.stage->chain.is_training())
    return html("<p>No model was trained in this folder.</p>\n");
  if (!folder.model)
    return "<p>There is no <code>model.h5</code> that can be read: the training has not ended with "
           "a "
           "model, or it was taken away.</p>\n";
  const SavedModel& model = *folder.model;
  const std::string kind = model.config.kind->name;
  const char* const steps = !model.config.kind->network ? "iterations"
                            : fact(main.run, "results/rounds").is_number()
                                ? "rounds of its federated strategy"
                                : "epochs";
  Html page = html(
      "<p>{}, {} after {} {}. Its content has the digest {}; every model with these numbers has "
      "it.</p>\n",
      capital(kind_words(kind)), model.converged ? "finished" : "not finished", model.iteration,
      steps, digest_html(folder.model_digest));
  if (model.config.kind->network) {
    page += network_table(model);
    page += regions_words(folder);
    page += asked_table(main.inputs);
    return page;
  }
  const std::string ratio = ratio_name(kind);
  if (folder.coefficients.empty()) {
    HtmlTable table("Coefficients, as model.h5 has them",
                    {{"term"}, {"estimate", true}, {"std. error", true}});
    const std::vector<std::string> names = kind_of(model.config).coefficient_names(model);
    const std::vector<double>& values =
        model.coefficients.empty() ? model.parameters : model.coefficients;
    for (std::size_t i = 0; i < values.size() && i < names.size(); ++i)
      table.add({html_text(names[i]), html_text(number_text(values[i])),
                 html_text(number_text(
                     i < model.standard_errors.size() ? model.standard_errors[i] : undefined, 5))});
    page += table.finish();
    page += "<p>Intervals: not collected, as there is no <code>coefficients.csv</code>.</p>\n";
  } else {
    if (!folder.coefficients_agree)
      page += html(
          "<p class=\"warning\">{} do not believe the table before somebody has looked into "
          "it.</p>\n",
          mark_html(Mark::bad, "coefficients.csv and model.h5 differ:"));
    page += coefficient_chart(folder, ratio);
    page += coefficient_table(folder, ratio);
  }
  Html lines;
  for (std::size_t i = 1; i < folder.summary_lines.size(); ++i)
    lines += html("{}\n", folder.summary_lines[i]);
  if (!lines.empty()) page += html("<pre class=\"scroll\" tabindex=\"0\">{}</pre>\n", lines);
  page +=
      folder.coefficients_agree
          ? Html(
                "<p class=\"note\">Estimates and standard errors are those that "
                "<code>model.h5</code> holds, to the last bit; intervals, P and the lines below "
                "the table are from <code>coefficients.csv</code> and <code>model.txt</code>, "
                "which nobody signs.</p>\n")
          : Html();
  page += asked_table(main.inputs);
  return page;
}

}  // namespace bailiwick
