// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <optional>

#include "lib/boundary/own_statistics.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/record/restart.hpp"
#include "lib/record/run_record.hpp"
#include "lib/record/stated.hpp"
#include "lib/record/verdict.hpp"
#include "lib/run/config/section.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/quality/config.hpp"
#include "lib/stages/quality/examined.hpp"
#include "lib/stages/quality/expectations.hpp"
#include "lib/stages/quality/findings.hpp"
#include "lib/stages/quality/leakage.hpp"
#include "lib/stages/quality/plan.hpp"
#include "lib/stages/quality/result.hpp"
#include "lib/stages/quality/rules.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace {

/// What is found of severity stop.
std::string stops(const Json& result, const std::string& path) {
  if (result.at("verdict") != "stop") return "";
  std::vector<std::string> names;
  for (const Json& finding : result.at("findings"))
    if (finding.at("severity") == "stop") {
      std::string name = finding.value("column", "");
      name += name.empty() ? "" : ": ";
      names.push_back(name + finding.at("what").get<std::string>());
    }
  return fmt::format("{}: these data are not as the config demands (severity stop):\n  {}", path,
                     join(names, "\n  "));
}

/// Throws ExitCode::data if the result that stands there was held against other expectations than
/// the config's file: what a run is says its name alone. Collective.
void check_expected(const Communicator& world, const std::optional<std::string>& file,
                    const std::string& path) {
  agree(world, [&] {
    if (!world.is_root() || !file) return;
    if (parse_json(read_file(path), path).value("expected", "") != sha256_file(*file).hex())
      throw Error(ExitCode::data,
                  "{}: was held against another {}; name another folder with --output", path,
                  *file);
  });
}

/// Tukey, Exploratory Data Analysis (1977): so many interquartile ranges beyond the quartiles. None
/// where half of the rows are equal.
std::optional<std::pair<double, double>> fences_of(const std::vector<double>& quantiles,
                                                   double fence) {
  if (quantiles.empty()) return std::nullopt;
  const double low = quantiles[lower_quartile], high = quantiles[upper_quartile],
               range = high - low;
  if (!(range > 0)) return std::nullopt;
  return std::pair(low - fence * range, high + fence * range);
}

/// What a domain lets all see of itself: a count of few rows stays with it.
Json own_counts(const LocalDomain& domain, const Counts& told, std::uint64_t rows) {
  Json json = {{"rows", rows}, {"counts", Json::array()}};
  const auto least = static_cast<std::int64_t>(domain.minimum_group_rows);
  for (const std::vector<std::int64_t>& parts : told)
    json["counts"].push_back(
        std::ranges::any_of(parts, [&](std::int64_t count) { return count > 0 && count < least; })
            ? Json()
            : Json(parts));
  return json;
}

/// One examination of the rows.
class Quality {
 public:
  /// `expected`: an earlier result, if there is one.
  Quality(Run& run, std::optional<ExpectedQuality> expected)
      : run_(run),
        how_(run.config().section<QualityConfig>()),
        expected_(std::move(expected)),
        columns_(run.schema()),
        examined_(read_examined(run, how_, columns_)),
        look_(look_first(run, columns_, examined_)) {
    const std::size_t numbers = columns_.numbers.size();
    quantiles_.resize(numbers);
    if (how_.findings.outliers != Severity::off || how_.findings.leakage != Severity::off)
      quantiles_ = find_quantiles(run, columns_, examined_, look_.binary);
    for (std::size_t j = 0; j < numbers; ++j)
      facts_.push_back({fences_of(quantiles_[j], how_.fence), look_.binary[j]});
  }

  Json result() {
    QualityPlan plan(how_, columns_, run_.schema(), examined_.rows, facts_);
    std::optional<LeakageOfClasses> leakage;
    if (how_.findings.leakage != Severity::off)
      leakage.emplace(plan, columns_, examined_.rows, quantiles_);
    std::vector<std::size_t> rows;
    for (const ExaminedRows& domain : examined_.rows)
      rows.push_back(domain.rows);
    std::vector<QualityFinding> others;  // that no count decides
    if (expected_ && how_.findings.expectations != Severity::off)
      others = expect_quality(plan, how_, expected_->result, columns_, examined_.rows);
    const std::vector<std::optional<std::size_t>> bins = divide_by_quantiles(plan);
    const DividedRows counted = count_divisions(run_, plan.divisions, rows);
    const std::vector<std::int64_t> broken =
        count_domains_where(run_, "domains that break a demand", plan.demands.size(),
                            [&](std::size_t d, std::size_t i) {
                              const Demand& demand = plan.demands[i];
                              return is_broken(demand, *share_in(demand, counted.own[d]));
                            });
    std::vector<QualityFinding> findings = judge(plan.demands, counted.rows, broken);
    std::ranges::move(others, std::back_inserter(findings));
    add_constant(findings);
    std::vector<Leakage> leaks;
    if (leakage) {
      leaks = leakage->measure(counted.rows);
      std::ranges::move(leakage_of_numbers(run_, columns_, examined_, look_, plan, counted.rows),
                        std::back_inserter(leaks));
      add_leakage(findings, leaks);
    }

    Json result = counts_json(plan, columns_, run_.schema(), counted.rows, examined_.selected);
    result.update({{"format", "bailiwick-quality"},
                   {"version", 1},
                   {"split", how_.split},
                   {"number_of_domains", run_.domains().size()}});
    add_facts(result["columns"], bins, counted.rows);
    for (const Leakage& leak : leaks)
      result["columns"][leak.column]["leakage"].push_back(leakage_json(leak));
    if (expected_) result["expected"] = expected_->digest.hex();
    if (how_.per_domain) add_domains(result, plan, counted, findings);
    sort_findings(findings);
    result["verdict"] = verdict_of(findings);
    result["findings"] = result["held"] = Json::array();
    for (const QualityFinding& finding : findings)
      result[finding.holds ? "held" : "findings"].push_back(finding_json(finding));
    result["notes"] = notes(result, plan, counted);
    return result;
  }

 private:
  void add_constant(std::vector<QualityFinding>& findings) const {
    if (how_.findings.constant == Severity::off) return;
    for (std::size_t i = 0; i < look_.constant.size(); ++i) {
      QualityFinding& finding = findings.emplace_back();
      finding.check = "constant";
      finding.severity = how_.findings.constant;
      finding.column = name_of(i);
      finding.holds = !look_.constant[i];
      if (!finding.holds) finding.domains = static_cast<std::int64_t>(run_.domains().size());
      finding.what = "the same value in all rows of a domain";
    }
  }

  void add_leakage(std::vector<QualityFinding>& findings, const std::vector<Leakage>& leaks) const {
    for (const Leakage& leak : leaks) {
      QualityFinding& finding = findings.emplace_back();
      finding.check = "leakage";
      finding.severity = how_.findings.leakage;
      finding.column = name_of(leak.column);
      finding.found = leak.value;
      finding.high = how_.leakage_above;
      finding.holds = leak.value <= how_.leakage_above;
      finding.what = what_leaks(leak);
    }
  }

  const std::string& name_of(std::size_t column) const {
    const std::size_t numbers = columns_.numbers.size();
    return column < numbers ? columns_.numbers[column].name
                            : columns_.categories[column - numbers].name;
  }

  /// Of each number with quantiles: its division by them, whose shares tell ties.
  std::vector<std::optional<std::size_t>> divide_by_quantiles(QualityPlan& plan) const {
    std::vector<std::optional<std::size_t>> divisions(quantiles_.size());
    for (std::size_t j = 0; j < quantiles_.size(); ++j) {
      if (quantiles_[j].empty()) continue;
      divisions[j] = plan.divisions.size();
      plan.divisions.push_back(divide_by_edges(columns_.numbers[j].name + " by its quantiles",
                                               quantiles_[j], examined_.rows, j,
                                               columns_.numbers[j].missing));
    }
    return divisions;
  }

  void add_facts(Json& columns, const std::vector<std::optional<std::size_t>>& bins,
                 const Counts& told) const {
    for (std::size_t i = 0; i < columns.size(); ++i)
      columns[i]["constant"] = bool{look_.constant[i]};
    for (std::size_t j = 0; j < quantiles_.size(); ++j) {
      if (!bins[j]) continue;
      const std::vector<std::int64_t>& rows = told[*bins[j]];
      double with_value = 0, up_to = 0;
      for (std::size_t bin = 0; !rows.empty() && bin <= quantiles_[j].size(); ++bin)
        with_value += static_cast<double>(rows[bin]);
      for (std::size_t q = 0; q < quantiles_[j].size(); ++q) {
        if (!rows.empty()) up_to += static_cast<double>(rows[q]);
        columns[j]["quantiles"].push_back({examined_quantiles[q], quantiles_[j][q],
                                           rows.empty() ? Json() : Json(up_to / with_value)});
      }
      if (const auto& fences = facts_[j].fences)
        columns[j]["fences"] = {fences->first, fences->second};
    }
  }

  void add_domains(Json& result, const QualityPlan& plan, const DividedRows& counted,
                   std::vector<QualityFinding>& findings) {
    std::vector<OwnStatistics> own;
    for (std::size_t d = 0; d < run_.local().size(); ++d)
      own.push_back({run_.local()[d].admission,
                     own_counts(run_.local()[d], counted.own[d], examined_.selected_in[d])});
    const std::vector<std::string> released = run_.boundary().release("per-domain statistics", own);
    for (std::size_t i = 0; i < released.size(); ++i) {
      const std::string& name = run_.domains()[i].name;
      const Json json = parse_json(released[i], name, ExitCode::bug);
      Counts told;
      for (const Json& parts : json["counts"])
        told.push_back(parts.is_null() ? std::vector<std::int64_t>()
                                       : parts.get<std::vector<std::int64_t>>());
      result["domains"][name] =
          counts_json(plan, columns_, run_.schema(), told, json["rows"].get<std::uint64_t>());
      for (std::size_t f = 0; f < plan.demands.size(); ++f)
        if (const auto share = share_in(plan.demands[f], told);
            share && is_broken(plan.demands[f], *share))
          findings[f].where.push_back(name);
    }
  }

  std::vector<std::string> notes(const Json& result, const QualityPlan& plan,
                                 const DividedRows& counted) const {
    std::vector<std::string> notes;
    if (run_.boundary().contributors() > 1 &&
        (how_.findings.outliers != Severity::off || how_.findings.leakage != Severity::off))
      notes.emplace_back(
          "not looked for: outliers, and leakage of numbers, since a policy has "
          "minimum.contributors, which the search of "
          "quartiles cannot keep");
    std::vector<std::string> withheld;
    for (std::size_t i = 0; i < plan.divisions.size(); ++i)
      if (counted.rows[i].empty()) withheld.push_back(plan.divisions[i].name);
    if (!withheld.empty())
      notes.push_back(
          fmt::format("withheld (-), since a part of them has fewer rows of a domain than "
                      "minimum.group_rows, or "
                      "is of fewer domains than minimum.contributors: {}",
                      join(withheld)));
    for (const Json& finding : result["held"])
      if (finding["domains"] != 0)
        notes.push_back(fmt::format(
            "over all rows it holds, and in {} of {} domains not: {}{}{}",
            finding["domains"].dump(), run_.domains().size(), finding.value("column", ""),
            finding.contains("column") ? ": " : "", finding["what"].get<std::string>()));
    return notes;
  }

  Run& run_;
  const QualityConfig& how_;
  const std::optional<ExpectedQuality> expected_;
  const TableColumns columns_;
  const Examined examined_;
  const FirstLook look_;
  std::vector<std::vector<double>> quantiles_;  ///< of each number, or none
  std::vector<NumberFacts> facts_;
};

/// docs/quality.md: rules, what is found without them, and a verdict.
void examine(const Stage& stage, Session& session, RunConfig config, const StageOptions& options) {
  const StageChain& chain = stage.chain;
  const std::string path = config.output + "/" + chain.result;
  const std::optional<std::string> expect = config.section<QualityConfig>().expect;
  if (is_done(session.world(), config, chain)) {
    check_expected(session.world(), expect, path);
  } else {
    Run run(session, std::move(config), stage.use);
    const QualityConfig& how = run.config().section<QualityConfig>();
    check_rules(how, TableColumns(run.schema()));
    refuse_many_rules(run, how, TableColumns(run.schema()));
    RunRecord record(run, chain, true);
    std::optional<ExpectedQuality> expected;
    if (expect)
      expected = read_expected(run.world(), chain, *expect, model_keys(run, options.model_keys));
    record.begin_session();
    const Json result = Quality(run, std::move(expected)).result();
    record.publish_result(result, quality_text(result), {{"rows", result["rows"]}});
  }
  end_as_judged(session.world(), path, stops);
}

constexpr SectionType quality_section = section_type<QualityConfig>();

}  // namespace

extern constexpr Stage quality_stage{
    .summary = "rules and findings: whether data are fit for a model, in every domain",
    .help =
        "Examines the rows of quality.split by the rules of the config and by its own: missing "
        "values,\nranges, outliers, constant columns, rare classes, repeated rows, rows in two "
        "splits. Writes\nquality.json "
        "and a signed statement, and ends with 8 where something of severity stop is found.",
    .page = "quality.md",
    .use = {.action = Action::describe,
            .release = Action::release_statistics,
            .of_model = false,
            .per_domain =
                [](const RunConfig& config) {
                  return config.section<QualityConfig>().per_domain && !config.privacy;
                }},
    .chain = {.stage = "quality", .stem = "quality", .result = "quality.json"},
    .section = &quality_section,
    .run = examine};

}  // namespace bailiwick
