// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/compare/compare_runs.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "lib/config/yaml.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/folder/facts.hpp"
#include "lib/lineage/stage_chain.hpp"

namespace bailiwick {

namespace {

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json side(const RunFolder& folder) {
  const StageRecord& main = folder.main();
  double bytes = 0;
  for (const Json& report : main.egress)
    bytes += fact_number(report, "bytes/ledger");
  const Statement& last = main.statements.back();
  return {{"folder", folder.path},
          {"name", fact_text(main.inputs, "name")},
          {"purpose", fact_text(main.inputs, "purpose")},
          {"kind", fact_text(main.inputs, "kind")},
          {"model", folder.model_digest},
          {"commit", last.source_commit},
          {"started", main.sessions.front().started},
          {"ranks", number(main.sessions.back().ranks)},
          {"sessions", main.sessions.size()},
          {"seconds", number(fact_number(main.run, "results/seconds/total"))},
          {"joules", number(fact_number(main.run, "costs/measured/joules"))},
          {"joules_modelled", number(fact_number(main.run, "costs/modelled/joules"))},
          {"bytes", number(main.egress.empty() ? std::nan("") : bytes)}};
}

/// Dependencies whose names begin so: name without that beginning -> digest.
std::map<std::string, std::string> named(const RunFolder& folder, const std::string& begin) {
  std::map<std::string, std::string> found;
  for (const Artefact& artefact : folder.main().statements.back().dependencies)
    if (artefact.name.starts_with(begin))
      found.emplace(artefact.name.substr(begin.size()), artefact.sha256.hex());
  return found;
}

Json documents(const RunFolder& a, const RunFolder& b, const std::string& begin) {
  const auto before = named(a, begin), now = named(b, begin);
  Json same = Json::array(), differ = Json::array(), only_a = Json::array(), only_b = Json::array();
  for (const auto& [name, digest] : before) {
    const auto other = now.find(name);
    (other == now.end() ? only_a : other->second == digest ? same : differ).push_back(name);
  }
  for (const auto& [name, digest] : now)
    if (!before.contains(name)) only_b.push_back(name);
  return {{"same", same}, {"differ", differ}, {"only_a", only_a}, {"only_b", only_b}};
}

Json coefficients(const RunFolder& a, const RunFolder& b) {
  std::vector<std::string> order;
  std::map<std::string, const ReportedCoefficient*> in_a, in_b;
  for (const auto& [folder, found] : {std::pair(&a, &in_a), std::pair(&b, &in_b)})
    for (const ReportedCoefficient& coefficient : folder->coefficients) {
      if (!in_a.contains(coefficient.name)) order.push_back(coefficient.name);
      found->emplace(coefficient.name, &coefficient);
    }
  Json all = Json::array();
  for (const std::string& name : order) {
    Json entry = {{"term", name}};
    for (const auto& [which, found] : {std::pair("a", &in_a), std::pair("b", &in_b)})
      if (const auto at = found->find(name); at != found->end())
        entry[which] = {{"estimate", number(at->second->estimate)},
                        {"std_error", number(at->second->error)}};
    all.push_back(entry);
  }
  return all;
}

/// Every number of evaluation.json: (evaluation, domain or "overall", measure) -> value.
using Measures = std::map<std::tuple<std::string, std::string, std::string>, double>;

void add_measures(Measures& measures, const std::string& evaluation, const std::string& whose,
                  const Json& statistics) {
  for (const auto& [name, value] : statistics.items())
    if (value.is_number()) measures[{evaluation, whose, name}] = value.get<double>();
}

Measures measures_of(const RunFolder& folder) {
  Measures measures;
  for (const StageRecord& record : folder.stages) {
    if (std::string(record.stage->name()) != "evaluate") continue;
    const std::string evaluation = record.prefix.empty() ? "evaluation" : record.prefix;
    add_measures(measures, evaluation, "overall", fact_list(record.result, "overall"));
    for (const auto& [domain, statistics] : fact_list(record.result, "domains").items())
      add_measures(measures, evaluation, domain, statistics);
  }
  return measures;
}

Json measures(const RunFolder& a, const RunFolder& b) {
  const Measures before = measures_of(a), now = measures_of(b);
  std::set<std::tuple<std::string, std::string, std::string>> keys;
  for (const Measures* side : {&before, &now})
    for (const auto& [key, value] : *side)
      keys.insert(key);
  Json all = Json::array();
  for (const auto& key : keys) {
    Json entry = {{"evaluation", std::get<0>(key)},
                  {"domain", std::get<1>(key)},
                  {"measure", std::get<2>(key)}};
    for (const auto& [which, side] : {std::pair("a", &before), std::pair("b", &now)})
      if (const auto at = side->find(key); at != side->end()) entry[which] = number(at->second);
    all.push_back(entry);
  }
  return all;
}

std::string shown(const Json& value) {
  if (value.is_number()) return fmt::format("{:.6g}", value.get<double>());
  if (value.is_string())
    return value.get<std::string>().empty() ? "-" : printable(value.get<std::string>());
  return "-";
}

std::string difference(const Json& a, const Json& b) {
  if (!a.is_number() || !b.is_number()) return "-";
  return a == b ? "same" : fmt::format("{:+.3g}", b.get<double>() - a.get<double>());
}

std::string list(const Json& names) {
  std::vector<std::string> words;
  for (const Json& name : names)
    words.push_back(printable(name.get<std::string>()));
  return join(words);
}

std::string documents_text(const Json& found, const char* what, const char* differ) {
  std::string text;
  const auto say = [&](const char* key, const std::string& words) {
    if (!found.at(key).empty()) text += fmt::format("  {}: {}\n", words, list(found.at(key)));
  };
  say("differ", differ);
  say("only_a", "only in A");
  say("only_b", "only in B");
  return text.empty() ? fmt::format("{}: the same\n", what) : fmt::format("{}:\n{}", what, text);
}

using Table = std::vector<std::vector<std::string>>;

std::string coefficients_text(const Json& all) {
  if (all.empty()) return "";
  Table table{{"coefficient", "A", "std. error", "B", "std. error", "B - A"}};
  const Json none;
  for (const Json& entry : all) {
    const auto value = [&](const char* which, const char* key) -> const Json& {
      return entry.contains(which) ? entry.at(which).at(key) : none;
    };
    table.push_back({printable(entry.at("term").get<std::string>()), shown(value("a", "estimate")),
                     shown(value("a", "std_error")), shown(value("b", "estimate")),
                     shown(value("b", "std_error")),
                     difference(value("a", "estimate"), value("b", "estimate"))});
  }
  return "\n" + aligned(table);
}

std::string measures_text(const Json& all) {
  if (all.empty()) return "\nnot evaluated: bailiwick evaluate tells how good a model is\n";
  Table table{{"measure", "of", "A", "B", "B - A"}};
  std::string text, evaluation;
  const auto finish = [&] {
    if (table.size() > 1) text += fmt::format("\n{}\n{}", printable(evaluation), aligned(table));
    table.resize(1);
  };
  const Json none;
  for (const Json& entry : all) {
    if (entry.at("evaluation") != evaluation) finish();
    evaluation = entry.at("evaluation").get<std::string>();
    const Json &a = entry.contains("a") ? entry.at("a") : none,
               &b = entry.contains("b") ? entry.at("b") : none;
    const auto measure = entry.at("measure").get<std::string>();
    if (measure.ends_with("_lower") || measure.ends_with("_upper")) continue;  // bounds of another
    table.push_back({measure, printable(entry.at("domain").get<std::string>()), shown(a), shown(b),
                     difference(a, b)});
  }
  finish();
  return text;
}

}  // namespace

Json compare_runs(const RunFolder& a, const RunFolder& b) {
  Json comparison = {{"format", "bailiwick-comparison"},
                     {"version", 1},
                     {"a", side(a)},
                     {"b", side(b)},
                     {"same_model", !a.model_digest.empty() && a.model_digest == b.model_digest},
                     {"config", differences(fact_text(a.main().inputs, "given"),
                                            fact_text(b.main().inputs, "given"))},
                     {"partitions", documents(a, b, dependency::partition_prefix)},
                     {"policies", documents(a, b, dependency::policy(""))},
                     {"same_program", named(a, dependency::binary) == named(b, dependency::binary)},
                     {"coefficients", coefficients(a, b)},
                     {"measures", measures(a, b)}};
  return comparison;
}

std::string runs_side_by_side(const Json& comparison) {
  const Json &a = comparison.at("a"), &b = comparison.at("b");
  Table table{{"", "A", "B"}};
  for (const char* key : {"name", "purpose", "kind", "commit", "started", "sessions", "ranks",
                          "seconds", "joules", "joules_modelled", "bytes"})
    table.push_back({key, shown(a.at(key)), shown(b.at(key))});
  std::string text =
      fmt::format("A  {}\nB  {}\n\n{}\n", printable(a.at("folder").get<std::string>()),
                  printable(b.at("folder").get<std::string>()), aligned(table));
  text += comparison.at("same_model").get<bool>() ? "model: the same, to the bit\n"
                                                  : "model: another\n";
  text += comparison.at("same_program").get<bool>() ? "program: the same file\n"
                                                    : "program: another file\n";
  const Json& config = comparison.at("config");
  text += config.empty() ? "config: the same in all that decides bits\n" : "config:\n";
  for (const Json& line : config)
    text += fmt::format("  {}\n", printable(line.get<std::string>()));
  text += documents_text(comparison.at("partitions"), "rows", "other rows");
  text += documents_text(comparison.at("policies"), "policies", "other terms");
  text += coefficients_text(comparison.at("coefficients"));
  text += measures_text(comparison.at("measures"));
  return text;
}

}  // namespace bailiwick
