// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/disclosure/rules.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <string_view>
#include <tuple>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/folder/facts.hpp"
#include "lib/lineage/stage_chain.hpp"

namespace bailiwick {

namespace {

std::string name_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// The rules of one artefact.
class Judged {
 public:
  Judged(std::string file, const DisclosureThresholds& thresholds)
      : file_(std::move(file)), thresholds_(thresholds) {}

  std::vector<OutputCheck> checks() && { return std::move(checks_); }
  const DisclosureThresholds& thresholds() const { return thresholds_; }

  void look(const char* rule, bool holds, OutputVerdict otherwise, const std::string& where) {
    OutputCheck& check = of(rule);
    ++check.looked_at;
    if (holds) return;
    check.verdict = std::max(check.verdict, otherwise);
    check.against.push_back(where);
  }
  /// A number of rows or events is none, or enough.
  void count(double n, const std::string& where) {
    if (!std::isfinite(n)) return;
    look("minimum count", n == 0 || n >= thresholds_.count, OutputVerdict::fail,
         fmt::format("{}: {:g}", where, n));
  }
  /// A group of which all or none have a thing tells that of whoever is known to be in it.
  void share(double part, double whole, const std::string& where) {
    if (!(whole > 0)) return;
    look("class disclosure", part > 0 && part < whole, OutputVerdict::review,
         fmt::format("{}: {} of {:g}", where, part == 0 ? "none" : "all", whole));
  }

 private:
  OutputCheck& of(const char* rule) {
    for (OutputCheck& check : checks_)
      if (std::string_view(check.rule) == rule) return check;
    checks_.push_back({file_, rule, OutputVerdict::pass, 0, {}});
    return checks_.back();
  }

  std::string file_;
  DisclosureThresholds thresholds_;
  std::vector<OutputCheck> checks_;
};

void check_measures(Judged& artefact, const std::string& whose, const Json& metrics) {
  const double rows = fact_number(metrics, "rows"), events = fact_number(metrics, "events");
  artefact.count(rows, whose + ": rows");
  if (std::isfinite(events)) {
    artefact.count(events, whose + ": events");
    artefact.count(rows - events, whose + ": rows without an event");
  }
  for (const Json& bin : fact_list(metrics, "calibration")) {
    const double in_bin = fact_number(bin, "rows"), found = fact_number(bin, "events");
    const std::string where = fmt::format("{}: calibration from {:g} to {:g}", whose,
                                          fact_number(bin, "lower"), fact_number(bin, "upper"));
    artefact.count(found, where + ": events");
    artefact.count(in_bin - found, where + ": rows without an event");
    artefact.share(found, in_bin, where + ": events");
  }
  // What follows from these: rows found and missed, at probability 1/2.
  const double recall = fact_number(metrics, "recall"),
               precision = fact_number(metrics, "precision");
  if (std::isfinite(events) && std::isfinite(recall)) {
    const double right = std::round(recall * events);
    artefact.count(right, whose + ": events that were found (recall)");
    artefact.count(events - right, whose + ": events that were missed (recall)");
    if (precision > 0)
      artefact.count(std::round(right / precision) - right,
                     whose + ": rows that were taken for events (precision)");
  }
  const Json& categories = fact_list(metrics, "categories");
  const Json& confusion = fact_list(metrics, "confusion");
  const std::size_t k = categories.size();
  for (std::size_t t = 0; t < k; ++t) {
    double all = 0;
    std::vector<double> cells;
    for (std::size_t p = 0; p < k; ++p) {
      const Json& line = confusion.size() == k ? confusion[t] : confusion;
      const std::size_t at = confusion.size() == k ? p : t * k + p;
      cells.push_back(at < line.size() && line[at].is_number() ? line[at].get<double>() : 0);
      all += cells.back();
    }
    for (std::size_t p = 0; p < k && confusion.size() >= k; ++p) {
      const std::string where = fmt::format("{}: {} predicted as {}", whose, name_of(categories[t]),
                                            name_of(categories[p]));
      artefact.count(cells[p], where);
      if (cells[p] == all) artefact.share(cells[p], all, where);
    }
  }
}

/// Rows of which a feature is guessed, and of its levels.
void check_attribute(Judged& artefact, const Json& attack) {
  const std::string name = fact_text(attack, "feature");
  const Json &levels = fact_list(attack, "levels"), &prior = fact_list(attack, "prior");
  for (std::size_t i = 0; i < prior.size() && i < levels.size(); ++i)
    if (prior[i].is_number())
      artefact.count(prior[i].get<double>(),
                     fmt::format("rows of the training with {} {}", name, name_of(levels[i])));
  for (const char* group : {"members", "others"}) {
    const Json& of = fact(attack, group);
    const double rows = fact_number(of, "rows"), right = fact_number(of, "right"),
                 frequent = fact_number(of, "most_frequent");
    const std::string where = fmt::format("{} of {}: ", name, group);
    artefact.count(right, where + "guessed right");
    artefact.count(rows - right, where + "guessed wrong");
    artefact.count(frequent, where + "of the most frequent level");
    artefact.count(rows - frequent, where + "of other levels");
  }
}

void check_evaluation(Judged& artefact, const Json& result) {
  check_measures(artefact, "overall", fact(result, "overall"));
  for (const auto& [domain, metrics] : fact_list(result, "domains").items())
    check_measures(artefact, domain, metrics);
  for (const Json& attack : fact_list(result, "attributes"))
    check_attribute(artefact, attack);
}

/// Each cell is none or enough, and no line of the table says all, or none, of its rows.
void check_table(Judged& artefact, const Json& table) {
  const Json &levels = fact_list(table, "row_levels"), &others = fact_list(table, "column_levels"),
             &counts = fact_list(table, "counts");
  for (std::size_t i = 0; i < counts.size() && i < levels.size(); ++i) {
    double all = 0;
    for (const Json& cell : counts[i])
      all += cell.is_number() ? cell.get<double>() : 0;
    for (std::size_t j = 0; j < counts[i].size() && j < others.size(); ++j) {
      if (!counts[i][j].is_number()) continue;
      const auto cell = counts[i][j].get<double>();
      const std::string where =
          fmt::format("{} {}, {} {}", fact_text(table, "rows"), name_of(levels[i]),
                      fact_text(table, "columns"), name_of(others[j]));
      artefact.count(cell, where);
      artefact.share(cell, all, where);
    }
  }
}

void check_quantiles(Judged& artefact, const Json& column, double rows) {
  for (const Json& quantile : fact_list(column, "quantiles"))
    if (quantile.is_array() && quantile.size() >= 2 && quantile[0].is_number()) {
      const auto p = quantile[0].get<double>();
      const double beyond = std::floor(rows * std::min(p, 1 - p));
      const bool extreme = beyond < 1;  // the smallest, or the largest
      artefact.look("value of a row", beyond >= artefact.thresholds().count,
                    extreme ? OutputVerdict::fail : OutputVerdict::review,
                    fmt::format("{}: the quantile {:g} is the value of a row, and {:g} rows lie "
                                "beyond",
                                fact_text(column, "name"), p, beyond));
    }
}

/// What quality tells of all rows, or of a domain's.
void check_quality(Judged& artefact, const Json& told, const std::string& whose) {
  const double rows = fact_number(told, "rows");
  artefact.count(rows, whose + "rows");
  for (const char* member : {"duplicates", "repeated_ids"})
    artefact.count(fact_number(told, member), whose + member);
  for (const char* member : {"across_splits", "units_across_splits"})
    for (const Json& split : fact_list(told, member))
      if (split.is_array() && split.size() == 2 && split[1].is_number())
        artefact.count(split[1].get<double>(),
                       fmt::format("{}{}: {}", whose, member, name_of(split[0])));
  for (const Json& column : fact_list(told, "columns")) {
    const std::string name = whose + fact_text(column, "name");
    for (const char* member : {"missing", "outside", "outliers"})
      artefact.count(fact_number(column, member), fmt::format("{}: rows {}", name, member));
    for (const Json& level : fact_list(column, "levels"))
      if (level.is_array() && level.size() == 2 && level[1].is_number())
        artefact.count(level[1].get<double>(), name + ": " + name_of(level[0]));
    check_quantiles(artefact, column, rows);
  }
  for (const char* member : {"findings", "held"})
    for (const Json& finding : fact_list(told, member))
      artefact.count(
          fact_number(finding, "rows"),
          fmt::format("{}: {}", fact_text(finding, "column"), fact_text(finding, "what")));
  for (const auto& [domain, own] : fact_list(told, "domains").items())
    check_quality(artefact, own, domain + ": ");
}

/// A group with the mean of a number: of enough rows, of which no one or two make most of the sum.
void check_group(Judged& artefact, const Json& group, const std::string& test) {
  const std::string level = fact_text(group, "level");
  artefact.count(fact_number(group, "rows"), fmt::format("{}: rows of {}", test, level));
  const Json& dominance = fact_list(group, "dominance");
  for (const auto& [rule, member, why] :
       {std::tuple{"n-k dominance", "n_k",
                   "in a domain the two largest are 90 % of the sum, or more"},
        std::tuple{"p% dominance", "p_percent",
                   "in a domain all but the two largest are less than 10 % of the largest"}}) {
    if (!dominance.contains(member)) continue;
    const bool is_defined = dominance[member].is_boolean();
    artefact.look(rule, is_defined && !dominance[member].get<bool>(),
                  is_defined ? OutputVerdict::fail : OutputVerdict::review,
                  fmt::format("{}: {}: {}", test, level, is_defined ? why : "some are below 0"));
  }
}

void check_description(Judged& artefact, const Json& result) {
  const double rows = fact_number(result, "rows");
  artefact.count(rows, "rows");
  for (const Json& column : fact_list(result, "columns")) {
    const std::string name = fact_text(column, "name");
    const double missing = fact_number(column, "missing");
    artefact.count(missing, name + ": rows without a value");
    if (fact_text(column, "kind") == "number")
      artefact.count(rows - (std::isfinite(missing) ? missing : 0), name + ": rows with a value");
    for (const Json& level : fact_list(column, "levels"))
      if (level.is_array() && level.size() == 2 && level[1].is_number())
        artefact.count(level[1].get<double>(), name + ": " + name_of(level[0]));
    for (const Json& bin : fact_list(fact(column, "histogram"), "rows"))
      if (bin.is_number()) artefact.count(bin.get<double>(), name + ": a bin of the histogram");
    check_quantiles(artefact, column, rows);
  }
  for (const Json& table : fact_list(result, "tables"))
    check_table(artefact, table);
  for (const Json& test : fact_list(result, "tests"))
    for (const Json& group : fact_list(test, "groups"))
      check_group(artefact, group,
                  fmt::format("{} by {}", fact_text(test, "compare"), fact_text(test, "by")));
  for (const auto& [domain, own] : fact_list(result, "domains").items()) {
    const double held = fact_number(own, "rows");
    artefact.count(held, domain + ": rows");
    for (const auto& [name, number] : fact_list(own, "numbers").items()) {
      const double missing = fact_number(number, "missing");
      if (!std::isfinite(missing)) continue;
      artefact.count(missing, fmt::format("{}: {}: rows without a value", domain, name));
      artefact.count(held - missing, fmt::format("{}: {}: rows with a value", domain, name));
    }
    for (const auto& [name, levels] : fact_list(own, "categories").items())
      for (const auto& [level, rows_of_level] : levels.items())
        if (rows_of_level.is_number())
          artefact.count(rows_of_level.get<double>(),
                         fmt::format("{}: {}: {}", domain, name, level));
  }
}

void check_survival(Judged& artefact, const Json& result) {
  for (const Json& curve : fact_list(result, "curves")) {
    const std::string group =
        fact_text(curve, "group").empty() ? "all rows" : fact_text(curve, "group");
    artefact.count(fact_number(curve, "rows"), group + ": rows");
    artefact.count(fact_number(curve, "events"), group + ": events");
    const Json &times = fact_list(curve, "time"), &events = fact_list(curve, "events_at"),
               &risk = fact_list(curve, "at_risk");
    for (std::size_t i = 0; i < events.size() && i < times.size(); ++i) {
      if (!events[i].is_number() || !times[i].is_number()) continue;
      const auto n = events[i].get<double>();
      artefact.look("steps of a curve", n == 0 || n >= artefact.thresholds().count,
                    OutputVerdict::fail,
                    fmt::format("{}: {:g} events at {:g}", group, n, times[i].get<double>()));
      if (i < risk.size() && risk[i].is_number())
        artefact.count(risk[i].get<double>(),
                       fmt::format("{}: rows at risk at {:g}", group, times[i].get<double>()));
    }
  }
}

void check_model(Judged& artefact, const SavedModel& model, const StageRecord& record) {
  const double rows = fact_number(fact(record.run, "results"), "rows");
  const auto parameters = static_cast<double>(model.parameters.size());
  if (!std::isfinite(rows)) return;
  artefact.count(rows, "rows");
  artefact.look("residual degrees of freedom", rows - parameters >= artefact.thresholds().freedom,
                OutputVerdict::fail,
                fmt::format("{:g} rows less {:g} parameters", rows, parameters));
  for (const BaselineHazard& baseline : model.baselines)
    artefact.look("steps of a curve", baseline.time.empty(), OutputVerdict::review,
                  fmt::format("a baseline hazard of {} steps, which tells at which times there "
                              "were events",
                              baseline.time.size()));
}

/// Rows of each domain, as the stage's last statement has them of the partitions that it took.
std::map<std::string, double> rows_by_domain(const StageRecord& record) {
  std::map<std::string, double> rows;
  if (!record.statements.empty())
    for (const UsedPartition& used : partitions_of(record.statements.back()))
      rows[used.domain] += static_cast<double>(used.rows);
  return rows;
}

/// A difference of two fits is made of the rows of one domain, and each fit of the rest.
void check_attribution(Judged& artefact, const RunFolder& folder, const StageRecord& record) {
  const Json& result = record.result;
  artefact.count(fact_number(result, "rows"), "rows that the measure is of");
  const std::map<std::string, double> rows = rows_by_domain(record);
  double all = 0;
  for (const auto& [domain, n] : rows)
    all += n;
  const double parameters = folder.model ? static_cast<double>(folder.model->parameters.size()) : 0;
  for (const Json& domain : fact_list(result, "domains")) {
    const std::string name = fact_text(domain, "domain");
    const auto own = rows.find(name);
    for (const char* why : {"reason", "shapley_reason"})
      if (domain.contains(why))
        artefact.look("class disclosure", false, OutputVerdict::review,
                      name + ": " + fact_text(domain, why));
    if (own == rows.end() || !domain.contains("without")) continue;
    artefact.count(own->second, name + ": rows behind its effect");
    artefact.look("residual degrees of freedom",
                  all - own->second - parameters >= artefact.thresholds().freedom,
                  OutputVerdict::fail,
                  fmt::format("without {}: {:g} rows less {:g} parameters", name, all - own->second,
                              parameters));
    artefact.look("own sums", false, OutputVerdict::review,
                  name + ": its own sums follow from the fit without it and the model");
  }
}

/// Beyond each end of a bin lies another, whose rows are counted: no end is an extreme value.
void check_monitor(Judged& artefact, const Json& result) {
  for (const char* sample : {"reference", "current"}) {
    artefact.count(fact_number(fact(result, sample), "rows"), std::string(sample) + ": rows");
    for (const Json& column : fact_list(result, "columns"))
      for (const Json& bin : fact_list(fact(column, "rows"), sample))
        if (bin.is_number())
          artefact.count(bin.get<double>(),
                         fmt::format("{}: {}: a bin or level", sample, fact_text(column, "name")));
    if (const Json& metrics = fact(fact(result, "performance"), sample); metrics.is_object())
      check_measures(artefact, sample, metrics);
    for (const Json& group : fact_list(result, "groups"))
      for (const Json& level : fact_list(group, "levels"))
        if (const Json& metrics = fact(level, sample); metrics.is_object())
          check_measures(
              artefact,
              fmt::format("{}: {} {}", sample, fact_text(group, "name"), fact_text(level, "level")),
              metrics);
  }
}

void check_labels(Judged& artefact, const Json& result) {
  artefact.count(fact_number(result, "rows"), "rows");
  for (const char* member : {"without", "ties"})
    artefact.count(fact_number(result, member), member);
  const auto count_all = [&](const Json& counts, const std::string& where) {
    for (const Json& rows : counts)
      if (rows.is_number()) artefact.count(rows.get<double>(), where);
  };
  count_all(fact_list(result, "labels"), "rows of a label");
  for (const auto& [kind, rows] : fact(result, "given_by").items())
    if (rows.is_number()) artefact.count(rows.get<double>(), "labels given by " + kind);
  for (const Json& source : fact_list(result, "sources"))
    for (const char* member : {"labels", "by_label"})
      count_all(fact_list(source, member),
                fmt::format("{}: {}", fact_text(source, "name"), member));
  const Json& agreement = fact(result, "agreement");
  count_all(fact_list(agreement, "coincidences"), "pairs of labels");
  for (const Json& pair : fact_list(agreement, "pairs"))
    count_all(fact_list(pair, "table"), "rows by the labels of two annotators");
}

/// What lies in the folder beside what is judged.
void check_others(std::vector<OutputCheck>& checks, const RunFolder& folder,
                  const std::vector<std::string>& unsigned_files) {
  Judged others(other_files, DisclosureThresholds());
  for (const StageRecord& record : folder.stages)
    if (std::string_view(record.stage->name()) == "predict")
      others.look("single rows", false, OutputVerdict::fail,
                  "predictions/: each line is of one row; they stay with their domains");
    else if (std::string_view(record.stage->name()) == "label")
      others.look("single rows", false, OutputVerdict::fail,
                  "labels/: each line is of one row; they stay with their domains");
  for (const std::string& domain : folder.regions)
    others.look("not judged", false, OutputVerdict::review,
                fmt::format("regions/{}: what stays with the domain", domain));
  for (const std::string& file : unsigned_files)
    others.look("not judged", false, OutputVerdict::review, file + ": no statement speaks of it");
  for (OutputCheck& check : std::move(others).checks())
    checks.push_back(std::move(check));
}

/// A chain goes where its result goes, and tells how many rows each partition has.
std::vector<OutputCheck> checks_of_chain(const StageRecord& record,
                                         const DisclosureThresholds& thresholds) {
  Judged chain(record.chain_name(), thresholds);
  if (!record.statements.empty())
    for (const UsedPartition& used : partitions_of(record.statements.back()))
      chain.count(static_cast<double>(used.rows),
                  fmt::format("rows of partition {}/{}", used.domain, used.name));
  return std::move(chain).checks();
}

std::vector<OutputCheck> checks_of(const RunFolder& folder, const StageRecord& record,
                                   const DisclosureThresholds& thresholds) {
  Judged artefact(record.prefix + record.stage->chain.result, thresholds);
  const std::string_view stage = record.stage->name();
  // Noise stands in the place of counts: what it lets anybody learn of a unit is known.
  if (const Json& privacy = fact(record.inputs, "privacy"); privacy.is_object()) {
    const double epsilon = fact_number(privacy, "epsilon");
    artefact.look("differential privacy", epsilon <= thresholds.epsilon, OutputVerdict::review,
                  fmt::format("epsilon {:g} at delta {:g} is above {:g}", epsilon,
                              fact_number(privacy, "delta"), thresholds.epsilon));
    if (stage != "train") return std::move(artefact).checks();
  }
  if (stage == "train" && folder.model) check_model(artefact, *folder.model, record);
  if (stage == "evaluate") check_evaluation(artefact, record.result);
  if (stage == "describe") check_description(artefact, record.result);
  if (stage == "quality") check_quality(artefact, record.result, "");
  if (stage == "survival") check_survival(artefact, record.result);
  if (stage == "attribute") check_attribution(artefact, folder, record);
  if (stage == "monitor") check_monitor(artefact, record.result);
  if (stage == "label") check_labels(artefact, record.result);
  if (stage == "explain")
    artefact.count(fact_number(record.result, "rows"), "rows that the measure is of");
  return std::move(artefact).checks();
}

}  // namespace

std::vector<OutputCheck> check_outputs(const RunFolder& folder,
                                       const std::vector<std::string>& unsigned_files,
                                       const DisclosureThresholds& thresholds) {
  std::vector<OutputCheck> all;
  for (const StageRecord& record : folder.stages)
    for (std::vector<OutputCheck> some :
         {checks_of(folder, record, thresholds), checks_of_chain(record, thresholds)})
      std::ranges::move(some, std::back_inserter(all));
  check_others(all, folder, unsigned_files);
  return all;
}

}  // namespace bailiwick
