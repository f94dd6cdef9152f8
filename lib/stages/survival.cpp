// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/data/model_rows.hpp"
#include "lib/kinds/cox/kind.hpp"
#include "lib/kinds/cox/risk_sets.hpp"
#include "lib/kinds/cox/survival_curves.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/record/restart.hpp"
#include "lib/record/run_record.hpp"
#include "lib/run/config/section.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/shown.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

/// The section `survival` of the config.
struct SurvivalConfig {
  static constexpr const char* section = "survival";
  static constexpr const char* sentence = "Survival curves without a model.";

  std::string split, time, status, entry, by;
  double time_step = 0, time_maximum = 0;
  std::vector<double> at;
  std::optional<double> mean_to;
};

template <class Visitor>
void schema(Visitor& v, SurvivalConfig& survival) {
  v.key("split", survival.split, "Name of the split to look at; \"\": all rows.");
  v.key("time", survival.time, "Target with the time of each row; default: model.time.");
  v.key("status", survival.status,
        "Target that is 1 where the event happened, 0 where a row was censored; default: "
        "model.status.");
  v.key("entry", survival.entry, "Target after which a row is at risk; default: model.entry.");
  v.key("by", survival.by, "Category among the features, with a curve for each level.");
  v.key("time_step", survival.time_step,
        "Step of the public grid of times; all are multiples of it. Default: model.cox.time_step.",
        at_least(0));
  v.key("time_maximum", survival.time_maximum,
        "Last time of the grid; default: model.cox.time_maximum.", at_least(0));
  v.key("at", survival.at, "Times at which the table shows the curves.", distinct, at_least(0));
  v.key("mean_to", survival.mean_to, "Time up to which mean survival is computed.", positive);
}

namespace {

TimeGrid grid_of(const SurvivalConfig& how) {
  return {how.time_step, how.time_maximum};
}

/// With what the section leaves to the model.
SurvivalConfig settled(const RunConfig& config) {
  SurvivalConfig how = config.section<SurvivalConfig>();
  const ModelConfig& model = config.model;
  for (const auto& [own, other] : {std::pair{&how.time, &model.time},
                                   {&how.status, &model.status},
                                   {&how.entry, &model.entry}})
    if (own->empty()) *own = *other;
  if (how.time_step == 0) how.time_step = model.time_step;
  if (how.time_maximum == 0) how.time_maximum = model.time_maximum;
  const auto demand = [](bool holds, const char* key, const char* what) {
    if (!holds) throw Error(ExitCode::config, "survival.{}: {}", key, what);
  };
  demand(!how.time.empty(), "time", "which target holds the times?");
  demand(!how.status.empty(), "status", "which target says whether the event happened?");
  demand(how.time_maximum > 0, "time_maximum", "the last time of the public grid is missing");
  demand(grid_of(how).is_valid(), "time_step",
         "makes no grid of 1 to 1048576 times up to time_maximum");
  demand(how.at.empty() || std::ranges::max(how.at) <= how.time_maximum, "at",
         "a time beyond time_maximum, of which nothing is known");
  demand(!how.mean_to || *how.mean_to <= how.time_maximum, "mean_to",
         "beyond time_maximum, of which nothing is known");
  return how;
}

struct Groups {
  std::vector<std::string> names;
  std::size_t steps = 0;  ///< of the grid, from time 0

  std::size_t at(std::size_t group, double step) const {
    return group * steps + static_cast<std::size_t>(step);
  }
};

/// Of each group and time: events, rows that leave without one, rows at risk from then on.
Aggregate count_times(const kernels::RowBlocks& blocks, std::size_t d, const TimeGrid& grid,
                      const Groups& groups) {
  const std::size_t size = groups.names.size() * groups.steps;
  Aggregate sum(std::make_shared<const AggregateLayout>(std::vector<Stream>{
      {"events", size, counts}, {"censored", size, counts}, {"entered", size, counts}}));
  const RowSum events(sum, "events"), censored(sum, "censored"), entered(sum, "entered");
  const auto code = host_copy(blocks.factors.code);
  for (const Subject& subject : read_subjects({blocks}, d, grid, std::nullopt)) {
    // Cell 0 is that of levels that are not asked for; here all are.
    const std::size_t group =
        groups.names.size() > 1 ? code(subject.block, 0, subject.row) - std::size_t{1} : 0;
    (subject.event ? events : censored).count(groups.at(group, subject.time));
    if (subject.entry >= 0) entered.count(groups.at(group, subject.entry));
  }
  sum.normalise();
  return sum;
}

/// The grid's times at which anybody has the event or leaves, the same for all groups.
std::vector<RiskTable> tables_of(const Aggregate& sum, const Groups& groups, double step) {
  const auto events = sum.words("events"), censored = sum.words("censored"),
             entered = sum.words("entered");
  const std::size_t count = groups.names.size();
  std::vector<RiskTable> tables(count);
  for (std::size_t t = 0; t < groups.steps; ++t) {
    bool any = false;
    for (std::size_t g = 0; g < count; ++g)
      any = any || events[g * groups.steps + t] + censored[g * groups.steps + t] > 0;
    for (std::size_t g = 0; any && g < count; ++g) {
      tables[g].time.push_back(static_cast<double>(t) * step);
      tables[g].events.push_back(static_cast<double>(events[g * groups.steps + t]));
      tables[g].censored.push_back(static_cast<double>(censored[g * groups.steps + t]));
    }
  }
  for (std::size_t g = 0; g < count; ++g) {
    RiskTable& table = tables[g];
    table.at_risk.resize(table.time.size());
    double at_risk = 0;
    std::size_t late = groups.steps;  // entries at this step or later are taken away
    for (std::size_t i = table.time.size(); i-- > 0;) {
      at_risk += table.events[i] + table.censored[i];
      for (; late > static_cast<std::size_t>(std::nearbyint(table.time[i] / step)); --late)
        at_risk -= static_cast<double>(entered[g * groups.steps + late - 1]);
      table.at_risk[i] = at_risk;
    }
  }
  return tables;
}

/// Sums of the log-rank statistic within each domain, whose times the others need not know.
LogRank within_domains(const std::vector<Aggregate>& own, const Groups& groups, double step,
                       Boundary& sums) {
  const std::size_t count = groups.names.size();
  const auto layout = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"observed", count, counts},
                          {"expected", count, wide},
                          {"variance", count * (count + 1) / 2, wide}});
  std::vector<Aggregate> parts;
  for (std::size_t d = 0; d < own.size(); ++d) {
    Aggregate& part = parts.emplace_back(layout);
    Aggregate domain = own[d];
    sums.within_domain(d, domain);
    if (!sums.leads(d)) continue;
    const LogRank of_domain = log_rank(tables_of(domain, groups, step));
    for (std::size_t g = 0; g < count; ++g)
      part.words("observed")[g] = static_cast<std::int64_t>(of_domain.observed[g]);
    part.add("expected", of_domain.expected);
    part.add("variance", of_domain.variance);
    part.normalise();
  }
  Aggregate total = sums.across_domains("log-rank within domains", std::move(parts));
  total.normalise();
  const auto observed = total.words("observed");
  return {{observed.begin(), observed.end()}, total.values("expected"), total.values("variance")};
}

Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values)
    list.push_back(std::isfinite(value) ? Json(value) : Json());
  return list;
}

Json optional_number(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

/// The curve of a group ends where nobody of it is left.
Json curve_json(const std::string& name, RiskTable table, const SurvivalConfig& how) {
  while (!table.time.empty() && table.at_risk.back() == 0)
    for (std::vector<double>* of_times :
         {&table.time, &table.at_risk, &table.events, &table.censored})
      of_times->pop_back();
  const SurvivalCurve curve = kaplan_meier(table);
  const auto total = [](const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values)
      sum += value;
    return sum;
  };
  Json json = {{"group", name},
               {"rows", total(table.events) + total(table.censored)},
               {"events", total(table.events)},
               {"time", table.time},
               {"at_risk", table.at_risk},
               {"events_at", table.events},
               {"censored_at", table.censored},
               {"survival", curve.survival},
               {"standard_error", numbers(curve.standard_error)},
               {"lower", numbers(curve.lower)},
               {"upper", numbers(curve.upper)},
               {"cumulative_hazard", curve.cumulative_hazard},
               {"median", optional_number(median_time(table.time, curve.survival))},
               {"median_lower", optional_number(median_time(table.time, curve.lower))},
               {"median_upper", optional_number(median_time(table.time, curve.upper))}};
  if (how.mean_to) {
    const RestrictedMean mean = restricted_mean(table, curve, *how.mean_to);
    const bool nobody = table.time.empty();
    json["mean"] = nobody ? Json() : Json(mean.mean);
    json["mean_standard_error"] = nobody ? Json() : Json(mean.standard_error);
  }
  return json;
}

Json test_json(const Groups& groups, const LogRank& sums) {
  Json json = {{"groups", groups.names}, {"observed", sums.observed}, {"expected", sums.expected}};
  if (const auto test = test_of(sums)) {
    json["chi_squared"] = test->chi_squared;
    json["degrees_of_freedom"] = test->freedom;
    json["p_value"] = test->p_value;
  }
  return json;
}

std::string test_text(const Json& test, const char* title) {
  if (!test.contains("p_value")) return fmt::format("{}: nothing to compare\n", title);
  return fmt::format("{}: chi-squared {:.5g} on {} degree{} of freedom, p {}\n", title,
                     test["chi_squared"].get<double>(), test["degrees_of_freedom"].dump(),
                     test["degrees_of_freedom"] == 1 ? "" : "s",
                     p_value_text(test["p_value"].get<double>()));
}

/// The last place of a curve not after `time`; unset: before the first.
std::optional<std::size_t> place_of(const Json& curve, double time) {
  std::optional<std::size_t> place;
  for (std::size_t i = 0; i < curve["time"].size() && curve["time"][i].get<double>() <= time; ++i)
    place = i;
  return place;
}

std::string table_of(const Json& result, const SurvivalConfig& how) {
  std::vector<std::vector<std::string>> groups{
      {"group", "rows", "events", "median", "lower 95 %", "upper 95 %"}};
  if (how.mean_to)
    for (const std::string& title :
         {fmt::format("mean to {:g}", *how.mean_to), std::string("std. error")})
      groups[0].push_back(title);
  std::vector<std::vector<std::string>> times{
      {"group", "time", "at risk", "survival", "std. error", "lower 95 %", "upper 95 %"}};
  for (const Json& curve : result["curves"]) {
    const auto name = curve["group"].get<std::string>();
    groups.push_back({name});
    for (const char* key : {"rows", "events", "median", "median_lower", "median_upper"})
      groups.back().push_back(shown(curve[key]));
    if (how.mean_to)
      for (const char* key : {"mean", "mean_standard_error"})
        groups.back().push_back(shown(curve[key]));
    for (const double time : how.at) {
      const bool over = curve["time"].empty() || time > curve["time"].back().get<double>();
      const auto at = place_of(curve, time);
      times.push_back({name, fmt::format("{:g}", time)});
      // At risk at a time between two events: those of the next.
      const auto next = place_of(curve, std::nextafter(time, 0.0));
      const std::size_t risk = next ? *next + 1 : 0;
      times.back().push_back(risk < curve["time"].size() ? shown(curve["at_risk"][risk]) : "0");
      for (const char* key : {"survival", "standard_error", "lower", "upper"})
        times.back().push_back(over                                   ? "-"
                               : at                                   ? shown(curve[key][*at])
                               : key == std::string("standard_error") ? "0"
                                                                      : "1");
    }
  }
  std::string text = aligned(groups);
  if (!how.at.empty()) text += '\n' + aligned(times);
  if (result.contains("log_rank"))
    text += '\n' + test_text(result["log_rank"], "log-rank test") +
            test_text(result["log_rank_within_domains"], "log-rank test within domains");
  return text;
}

std::string csv_of(const Json& result) {
  std::string text =
      "group,time,at_risk,events,censored,survival,standard_error,lower,upper,cumulative_hazard\n";
  for (const Json& curve : result["curves"])
    for (std::size_t i = 0; i < curve["time"].size(); ++i) {
      text += csv_field(curve["group"].get<std::string>());
      for (const char* key : {"time", "at_risk", "events_at", "censored_at", "survival",
                              "standard_error", "lower", "upper", "cumulative_hazard"}) {
        const Json& value = curve[key][i];
        text += ',' + (value.is_null() ? "" : round_trip(value.get<double>()));
      }
      text += '\n';
    }
  return text;
}

/// docs/survival.md: Kaplan-Meier curves over all domains on a public grid of times, log-rank
/// tests.
void survive(const Stage& stage, Session& session, RunConfig config, const StageOptions&) {
  const StageChain& chain = stage.chain;
  if (is_done(session.world(), config, chain)) return;
  const SurvivalConfig how = settled(config);
  Run run(session, std::move(config), stage.use);
  std::vector<std::pair<std::string, std::string>> targets{{"survival.time", how.time},
                                                           {"survival.status", how.status}};
  if (!how.entry.empty()) targets.emplace_back("survival.entry", how.entry);
  const ModelColumns columns = some_columns(run.schema(), targets, {"survival.by", how.by});
  Groups groups{{}, grid_of(how).times()};
  for (const ModelFeature& feature : columns.features)
    groups.names.push_back(run.schema().features[feature.column].levels[*feature.level]);
  if (groups.names.empty()) groups.names.emplace_back("all");
  RunRecord record(run, chain, true);
  record.begin_session();

  ModelConfig times;  // whose rule the rows obey
  times.kind = &cox_kind().traits();
  times.strata = Strata::none;
  std::tie(times.time_step, times.time_maximum) = std::pair(how.time_step, how.time_maximum);
  const ModelRows loaded = load_model_rows(run, times, columns, how.split);
  std::vector<Aggregate> parts;
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < loaded.domains.size(); ++d)
      parts.push_back(count_times(loaded.domains[d].rows, d, grid_of(how), groups));
  });
  const Aggregate total = run.boundary().across_domains("events and rows on the time grid", parts);
  const std::vector<RiskTable> tables = tables_of(total, groups, how.time_step);

  Json result = {{"format", "bailiwick-survival"},
                 {"version", 1},
                 {"rows", loaded.selected},
                 {"split", how.split},
                 {"by", how.by},
                 {"time_step", how.time_step},
                 {"time_maximum", how.time_maximum}};
  if (how.mean_to) result["mean_to"] = *how.mean_to;
  result["curves"] = Json::array();
  for (std::size_t g = 0; g < tables.size(); ++g)
    result["curves"].push_back(curve_json(groups.names[g], tables[g], how));
  if (tables.size() > 1) {
    result["log_rank"] = test_json(groups, log_rank(tables));
    result["log_rank_within_domains"] =
        test_json(groups, within_domains(parts, groups, how.time_step, run.boundary()));
  }
  record.write_text(csv_of(result), "survival.csv");
  record.publish_result(result, table_of(result, how),
                        {{"rows", loaded.selected}, {"split", how.split}});
}

constexpr SectionType survival_section = section_type<SurvivalConfig>();

}  // namespace

extern constexpr Stage survival_stage{
    .summary = "survival curves over all domains, and their comparison",
    .help =
        "Kaplan-Meier curves over all domains, by the levels of a category, with medians, "
        "restricted "
        "means and\nlog-rank tests. Events are counted on a public grid of times. Writes "
        "survival.json and a signed statement,\nsurvival.csv for plots.",
    .page = "survival.md",
    .use = {.action = Action::describe,
            .release = Action::release_statistics,
            .of_model = false,
            .event_times = true},
    .chain = {.stage = "survival", .stem = "survival", .result = "survival.json"},
    .section = &survival_section,
    .run = survive};

}  // namespace bailiwick
