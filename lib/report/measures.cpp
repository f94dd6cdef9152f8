// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/report/measures.hpp"

#include <array>
#include <cmath>
#include <utility>

#include "lib/core/undefined.hpp"
#include "lib/folder/facts.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/report/markup/html.hpp"
#include "lib/stages/influence/measures.hpp"

namespace bailiwick {

std::optional<MainMeasure> main_measure(const Json& evaluation) {
  static constexpr std::pair<const char*, const char*> measures[] = {
      {"auc", "area under the ROC curve"},
      {"c_index", "concordance"},
      {"accuracy", "accuracy"},
      {"d_squared", "share of deviance explained"},
      {"rmse", "root mean squared error"},
  };
  for (const auto& [name, words] : measures)
    if (fact(evaluation, fmt::format("overall/{}", name)).is_number())
      return MainMeasure{name, words, more_is_better(name).value()};
  return {};
}

std::optional<MeasureRange> range_over_domains(const Json& evaluation, const std::string& measure) {
  std::optional<MeasureRange> range;
  const Json& domains = fact_list(evaluation, "domains");
  if (!domains.is_object()) return {};
  for (const auto& [name, metrics] : domains.items()) {
    const double value = fact_number(metrics, measure);
    if (!std::isfinite(value)) continue;
    const double rows = fact_number(metrics, "rows");
    if (!range) range = MeasureRange{name, name, value, value, rows, rows, 0};
    ++range->domains;
    if (value < range->low) {
      range->low = value;
      range->lowest = name;
      range->low_rows = rows;
    }
    if (value > range->high) {
      range->high = value;
      range->highest = name;
      range->high_rows = rows;
    }
  }
  return range;
}

std::string range_words(const MeasureRange& range) {
  return fmt::format("from {} ({}, {} rows) to {} ({}, {} rows)", even_text(range.low),
                     range.lowest, count_text(range.low_rows), even_text(range.high), range.highest,
                     count_text(range.high_rows));
}

std::string split_words(const Json& result) {
  const std::string split = fact_text(result, "split");
  return split.empty() ? "all rows" : "split " + split;
}

double crossed_bytes(const StageRecord& record) {
  double bytes = record.egress.empty() ? undefined : 0;
  for (const Json& egress : record.egress)
    bytes += fact_number(egress, "bytes/meter");
  return bytes;
}

bool is_meter_ledger(const StageRecord& record) {
  for (const Json& egress : record.egress)
    if (fact_number(egress, "bytes/meter") != fact_number(egress, "bytes/ledger")) return false;
  return !record.egress.empty();
}

std::string kind_words(const std::string& kind) {
  static const std::array<std::pair<const char*, const char*>, 12> known = {
      {{"linear", "a linear regression"},
       {"logistic", "a logistic regression"},
       {"probit", "a probit regression"},
       {"cloglog", "a complementary log-log regression"},
       {"poisson", "a Poisson regression"},
       {"negative_binomial", "a negative binomial regression"},
       {"gamma", "a gamma regression"},
       {"inverse_gaussian", "an inverse Gaussian regression"},
       {"multinomial", "a multinomial logistic regression"},
       {"ordinal", "an ordinal (proportional odds) regression"},
       {"cox", "a Cox proportional hazards model"},
       {"mlp", "a neural network"}}};
  for (const auto& [name, words] : known)
    if (kind == name) return words;
  return kind.empty() ? "a model of a kind that is not said" : "a model of kind " + kind;
}

double rows_of_domain(const StageRecord& record, const std::string& domain) {
  double stated = 0;
  if (!record.statements.empty())
    for (const Artefact& artefact : record.statements.back().dependencies)
      if (artefact.name.starts_with(dependency::partition(domain, "")))
        stated += fact_number(artefact.annotations, "rows");
  if (stated > 0) return stated;
  for (const Json& one : fact_list(record.run, "domains"))
    if (fact_text(one, "name") == domain) return fact_number(one, "rows");
  return undefined;
}

double rows_of_domains(const StageRecord& record) {
  const Json& domains = fact_list(record.inputs, "domains");
  double rows = domains.empty() ? undefined : 0;
  for (const Json& domain : domains)
    rows += rows_of_domain(record, fact_text(domain, "name"));
  return rows;
}

}  // namespace bailiwick
