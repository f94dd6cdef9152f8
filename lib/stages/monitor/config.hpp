// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/run/config/section.hpp"
#include "lib/stages/influence/measures.hpp"

namespace bailiwick {

enum class BinEdges { quantiles, range };
template <>
inline constexpr auto words<BinEdges> = std::to_array<std::pair<BinEdges, const char*>>(
    {{BinEdges::quantiles, "quantiles"}, {BinEdges::range, "range"}});

/// Rows of all domains that are compared.
struct SampleConfig {
  std::string split;
  std::vector<std::string> partitions;
};

template <class Visitor>
void schema(Visitor& v, SampleConfig& sample) {
  v.key("split", sample.split, "Name of the split that the rows are of; \"\": all rows.");
  v.key("partitions", sample.partitions,
        "Names of the partitions that they lie in, of all domains or DOMAIN/NAME, or patterns; []: "
        "all.",
        distinct);
}

/// The section `monitor` of the config.
struct MonitorConfig {
  static constexpr const char* section = "monitor";
  static constexpr const char* sentence = "Whether rows have changed, by monitor.";

  SampleConfig reference, current;
  std::vector<std::string> columns;
  bool targets = true, model = true;
  std::string cluster;
  BinEdges edges = BinEdges::quantiles;
  int bins = 10;
  double level = 0.01, psi = 0.1;
  std::map<std::string, double> tolerance;
  std::vector<std::string> groups;
  bool per_domain = false;
};

/// What monitor.cluster says if every row stands for itself, or with those of its unit.
inline constexpr const char* cluster_of_rows = "rows";
inline constexpr const char* cluster_of_units = "unit";

template <class Visitor>
void schema(Visitor& v, MonitorConfig& monitor) {
  v.key("reference", monitor.reference,
        "Rows that others are held against: those of the training.");
  v.key("current", monitor.current, "Rows that may have changed: those that came last.");
  v.key("columns", monitor.columns,
        "Features that are compared; default: those that the model takes, without one all; not the "
        "one "
        "of monitor.cluster.",
        distinct);
  v.key("targets", monitor.targets,
        "Whether the current rows' targets are known: these are compared, and the model measured.");
  v.key("model", monitor.model, "Whether a model's predictions are compared too.");
  v.key(
      "cluster", monitor.cluster,
      "Column whose values tell clusters of rows apart; or unit, or rows: none do. Default: unit, "
      "if there are any.");
  v.key("edges", monitor.edges,
        "Of a number's bins: quantiles of the reference, or equal parts of the declared range.");
  v.key("bins", monitor.bins, "Bins of each number.", at_least(2), at_most(1000));
  v.key("level", monitor.level,
        "Probability of any false alarm about columns, shared out between them.", positive,
        at_most(0.5));
  v.key("psi", monitor.psi, "Population stability index from which on a change matters.",
        at_least(0));
  v.key("tolerance", monitor.tolerance,
        "How much worse a measure of evaluation.json may get, {auc: 0.02}; others are only told.",
        at_least(0));
  OneOf measure = a_measure();
  std::erase(measure.words, "");  // here one has to be named
  for (const auto& [name, loss] : monitor.tolerance)
    v.check(measure(name).empty(), "tolerance." + name, measure(name));
  v.key("groups", monitor.groups,
        "Features that are categories, whose levels the model is measured on each by itself.",
        distinct);
  v.key("per_domain", monitor.per_domain,
        "Changes in each domain too, and the verdict heeds them; every policy must allow it.");
}

inline void check_section(YamlReader& v, const MonitorConfig& monitor, const RunConfig&) {
  const bool measured = monitor.model && monitor.targets;
  v.check(monitor.tolerance.empty() || measured, "monitor.tolerance",
          "nothing is measured without monitor.model and monitor.targets");
  v.check(monitor.groups.empty() || measured, "monitor.groups",
          "nothing is measured without monitor.model and monitor.targets");
}

}  // namespace bailiwick
