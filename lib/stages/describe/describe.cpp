// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>

#include "lib/boundary/own_statistics.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/data/model_rows.hpp"
#include "lib/model/description.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/record/restart.hpp"
#include "lib/record/run_record.hpp"
#include "lib/run/config/section.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/describe/columns.hpp"
#include "lib/stages/describe/moments.hpp"
#include "lib/stages/describe/noisy.hpp"
#include "lib/stages/describe/tables.hpp"
#include "lib/stages/describe/tests.hpp"
#include "lib/stages/shown.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

/// The section `describe` of the config.
struct DescribeConfig {
  static constexpr const char* section = "describe";
  static constexpr const char* sentence = "Which statistics of columns are computed.";

  std::string split;
  std::vector<double> quantiles{0.05, 0.25, 0.5, 0.75, 0.95};
  int bins = 10;
  /// Pairs of categories: an input column that became indicators, or a target with categories.
  std::vector<std::vector<std::string>> tables;
  std::vector<ComparisonConfig> tests;
  bool correlation = true, per_domain = false;
};

struct Probability {
  static constexpr double exclusive_minimum = 0, exclusive_maximum = 1;
  std::string operator()(double value) const {
    return value > 0 && value < 1 ? "" : fmt::format("{} is not between 0 and 1", value);
  }
};

template <class Visitor>
void schema(Visitor& v, DescribeConfig& describe) {
  v.key("split", describe.split, "Name of the split to describe; \"\": all rows.");
  v.key("quantiles", describe.quantiles, "Exact quantiles; a round for each bit of the answer.",
        Probability{}, distinct);
  v.key("bins", describe.bins, "Bins of each histogram. 0: none.", at_least(0), at_most(1000));
  v.key("tables", describe.tables, "Pairs of categories to count together, [[ward, disease]].");
  v.key("tests", describe.tests,
        "Tests between groups, [{compare: age, by: sex}]; a category's table is counted too.");
  v.key("correlation", describe.correlation, "Correlation of all pairs of numbers.");
  v.key("per_domain", describe.per_domain,
        "Rows, means and frequencies of each domain too; every policy must allow it.");
  for (std::size_t i = 0; i < describe.tables.size(); ++i)
    v.check(describe.tables[i].size() == 2 && describe.tables[i][0] != describe.tables[i][1],
            "tables." + std::to_string(i), "name two different categories");
}

inline void check_section(YamlReader& v, const DescribeConfig& describe, const RunConfig& run) {
  v.check(!run.privacy || describe.tests.empty(), "describe.tests",
          "tests have no form with noise (privacy)");
}

namespace {

double deviation(double scale) {
  return scale == 0 ? 0 : 1 / scale;  // constant columns have scale 0
}

/// Edges of a histogram: over the declared range, or else between the outermost quantiles.
std::vector<double> edges_of(const Column& column, const std::vector<double>& quantiles, int bins) {
  const auto [least, most] = std::ranges::minmax_element(quantiles);
  const double low = column.minimum ? *column.minimum : quantiles.empty() ? NAN : *least;
  const double high = column.maximum ? *column.maximum : quantiles.empty() ? NAN : *most;
  std::vector<double> edges;
  if (bins == 0 || !(low < high)) return edges;
  for (int i = 0; i <= bins; ++i)
    edges.push_back(i == bins ? high : low + (high - low) * (i / static_cast<double>(bins)));
  return edges;
}

Json number_json(const Column& column, double mean, double sd, std::uint64_t missing,
                 const std::vector<double>& probabilities, const std::vector<double>& quantiles,
                 const std::vector<double>& edges, const std::vector<std::int64_t>& bins) {
  Json json = {{"name", column.name},
               {"kind", "number"},
               {"mean", number_or_null(mean)},
               {"sd", number_or_null(sd)}};
  if (column.missing) json["missing"] = missing;
  if (!column.unit.empty()) json["unit"] = column.unit;
  json["quantiles"] = Json::array();
  for (std::size_t i = 0; i < probabilities.size(); ++i)
    json["quantiles"].push_back({probabilities[i], number_or_null(quantiles[i])});
  if (!bins.empty() && std::isfinite(edges.front()))
    json["histogram"] = {{"edges", edges}, {"rows", bins}};
  return json;
}

/// What describe.tests asks for, found in the partitions.
struct Comparison {
  ComparisonConfig names;
  bool number;        ///< or else a category
  std::size_t place;  ///< among the pairs of numbers and categories, or among the tables
};

/// Rows for each level of each category in one domain; nothing leaves it.
std::vector<std::vector<std::int64_t>> own_frequencies(
    const DescribedRows& rows, std::size_t d, const std::vector<TableColumns::Category>& categories,
    Sums& sums) {
  std::vector<std::vector<std::int64_t>> frequencies;
  for (std::size_t c = 0; c < categories.size(); ++c) {
    Aggregate count(std::make_shared<const AggregateLayout>(
        std::vector<Stream>{{"rows", categories[c].levels.size(), counts}}));
    for (const std::uint16_t code : rows.codes[c])
      ++count.words("rows")[code];
    sums.within_domain(d, count);
    const std::span words = count.words("rows");
    frequencies.emplace_back(words.begin(), words.end());
  }
  return frequencies;
}

/// What a domain lets all see of itself.
Json domain_json(double rows, const MomentsOfNumbers& moments, const TableColumns& columns,
                 const std::vector<std::vector<std::int64_t>>& frequencies) {
  Json json = {{"rows", rows}};
  for (std::size_t j = 0; j < columns.numbers.size(); ++j) {
    Json& number = json["numbers"][columns.numbers[j].name];
    number = {{"mean", number_or_null(moments.centre[j])},
              {"sd", number_or_null(deviation(moments.scale[j]))}};
    if (columns.numbers[j].missing) number["missing"] = rows - static_cast<double>(moments.rows[j]);
  }
  for (std::size_t c = 0; c < columns.categories.size(); ++c)
    for (std::size_t l = 0; l < columns.categories[c].levels.size(); ++l)
      json["categories"][columns.categories[c].name][columns.categories[c].levels[l]] =
          frequencies[c][l];
  return json;
}

std::string table_of(const Json& description) {
  const auto split = description["split"].get<std::string>();
  std::string text = fmt::format("{} rows of {}\n", description["rows"].dump(),
                                 split.empty() ? "all splits" : "split " + split);
  std::size_t width = 6;
  for (const Json& column : description["columns"])
    width = std::max(width, column["name"].get_ref<const std::string&>().size() + 2);
  bool heading = true;
  for (const Json& column : description["columns"]) {
    if (column["kind"] != "number") continue;
    if (heading) {
      text += fmt::format("\n{:<{}}{:>12}{:>12}", "number", width, "mean", "sd");
      for (const Json& quantile : column["quantiles"])
        text += fmt::format("{:>11}%", fmt::format("{:.4g}", 100 * quantile[0].get<double>()));
      text += "  unit\n";
      heading = false;
    }
    text += fmt::format("{:<{}}{:>12}{:>12}", column["name"].get<std::string>(), width,
                        shown(column["mean"]), shown(column["sd"]));
    for (const Json& quantile : column["quantiles"])
      text += fmt::format("{:>12}", shown(quantile[1]));
    text += "  " + column.value("unit", "");
    if (column.contains("missing"))
      text += fmt::format("{}{} missing", column.contains("unit") ? ", " : "",
                          with_thousands(column["missing"].get<long long>()));
    text += '\n';
  }
  for (const Json& column : description["columns"]) {
    if (column["kind"] != "category") continue;
    text += fmt::format("\n{}\n", column["name"].get<std::string>());
    for (const Json& level : column["levels"])
      text += fmt::format("  {:<24}{:>12}{:>9.1f} %\n", level[0].get<std::string>(),
                          with_thousands(level[1].get<long long>()),
                          100 * level[1].get<double>() / description["rows"].get<double>());
  }
  for (const Json& table : description["tables"]) {
    text += fmt::format("\n{} x {}\n  {:<24}", table["rows"].get<std::string>(),
                        table["columns"].get<std::string>(), "");
    for (const Json& level : table["column_levels"])
      text += fmt::format("{:>16}", level.get<std::string>());
    text += '\n';
    for (std::size_t i = 0; i < table["row_levels"].size(); ++i) {
      text += fmt::format("  {:<24}", table["row_levels"][i].get<std::string>());
      for (const Json& count : table["counts"][i])
        text += fmt::format("{:>16}", with_thousands(count.get<long long>()));
      text += '\n';
    }
  }
  if (description.contains("tests"))
    for (const Json& comparison : description["tests"])
      text += comparison_text(comparison);
  return text;
}

/// docs/describe.md: counts, means, deviations, correlations, exact quantiles, histograms,
/// frequencies, contingency tables and tests between groups.
void describe(const Stage& stage, Session& session, RunConfig config, const StageOptions&) {
  const StageChain& chain = stage.chain;
  if (is_done(session.world(), config, chain)) return;
  Run run(session, std::move(config), stage.use);
  const DescribeConfig& how = run.config().section<DescribeConfig>();
  if (run.config().privacy) {
    RunRecord record(run, chain, true);
    record.begin_session();
    const Json noisy = describe_with_noise(run, {how.split, how.quantiles, how.tables});
    const Json& privacy = noisy["privacy"];
    return record.publish_result(
        noisy,
        table_of(noisy) +
            fmt::format("\nwith noise for privacy: epsilon {} at delta {}; counts have "
                        "noise of standard deviation {:.1f}\n{}",
                        privacy["epsilon"].get<double>(), privacy["delta"].get<double>(),
                        privacy["noise"].get<double>(),
                        noise_warning(privacy["noise"].get<double>(),
                                      static_cast<std::size_t>(run.config().privacy->bins),
                                      noisy["rows"].get<double>())),
        {{"rows", noisy["rows"]}, {"split", how.split}});
  }
  const ModelColumns all = all_columns(run.schema());
  const TableColumns columns(run.schema());
  std::vector<std::pair<std::size_t, std::size_t>> tables;
  for (std::size_t c = 0; c < columns.categories.size(); ++c)
    tables.emplace_back(c, c);
  for (const std::vector<std::string>& pair : how.tables)
    tables.emplace_back(columns.category(pair[0], "describe.tables"),
                        columns.category(pair[1], "describe.tables"));
  std::vector<std::pair<std::size_t, std::size_t>> grouped;  // numbers by categories
  std::vector<Comparison> comparisons;
  for (std::size_t i = 0; i < how.tests.size(); ++i) {
    const std::string key = fmt::format("describe.tests.{}", i);
    const ComparisonConfig& names = how.tests[i];
    const std::size_t by = columns.category(names.by, key + ".by");
    if (const auto number = columns.number(names.compare, key + ".compare")) {
      comparisons.push_back({names, true, grouped.size()});
      grouped.emplace_back(*number, by);
      continue;
    }
    const std::pair table(columns.category(names.compare, key + ".compare"), by);
    const auto counted = std::ranges::find(tables, table);
    comparisons.push_back({names, false, static_cast<std::size_t>(counted - tables.begin())});
    if (counted == tables.end()) tables.push_back(table);
  }
  const DescribedColumns named = columns.names();
  RunRecord record(run, chain, true);
  record.begin_session();

  const ModelRows loaded = load_model_rows(run, ModelConfig(), all, how.split);
  NumbersOfDomains numbers{columns.numbers, {}, {}};
  std::vector<DescribedRows> rows;
  for (const LoadedRows& domain : loaded.domains) {
    numbers.rows.push_back(blocks_of_numbers(domain, columns));
    numbers.held.push_back(domain.selected);
    rows.push_back(described_rows(domain, numbers.rows.back(), columns));
  }

  Boundary& sums = run.boundary();
  MomentsOfNumbers moments;
  std::vector<MomentsOfNumbers> own_moments(rows.size());
  if (!columns.numbers.empty()) {
    moments = pooled_moments(numbers, loaded.selected, sums);
    for (std::size_t d = 0; how.per_domain && d < rows.size(); ++d)
      own_moments[d] = domain_moments(numbers, loaded.observations_in[d], d, sums);
  }
  std::vector<std::vector<Group>> groups;  // before the numbers are sorted
  std::vector<std::vector<Dominance>> dominance;
  if (!grouped.empty()) {
    groups = group_moments(named, rows, grouped, moments.centre, sums);
    dominance = group_dominance(named, rows, grouped, sums);
  }
  for (DescribedRows& of_domain : rows)  // from here on each column by itself
    for (std::vector<double>& column : of_domain.numbers)
      std::erase_if(column, [](double value) { return std::isnan(value); });
  const auto quantiles = exact_quantiles(named, rows, moments.rows, how.quantiles, sums);
  std::vector<std::vector<double>> edges;
  for (std::size_t j = 0; j < columns.numbers.size(); ++j)
    edges.push_back(edges_of(columns.numbers[j], quantiles[j], how.bins));
  std::vector<std::vector<std::int64_t>> bins(edges.size()), counted(tables.size());
  if (std::ranges::any_of(edges, [](const auto& e) { return !e.empty(); })) {
    for (std::vector<double>& e : edges)  // a column without a range: all its rows in one bin
      if (e.empty()) e = {-INFINITY, INFINITY};
    bins = histograms(named, rows, edges, sums);
  }
  if (!tables.empty()) counted = contingency_tables(named, rows, tables, sums);
  Json correlation;
  if (how.correlation && numbers.places(false).size() > 1)
    correlation = correlation_json(numbers, moments, loaded.selected, sums);

  Json description = {{"format", "bailiwick-description"},
                      {"version", 1},
                      {"rows", loaded.selected},
                      {"split", how.split}};
  Json described_columns = Json::array(), described_tables = Json::array();
  for (std::size_t j = 0; j < columns.numbers.size(); ++j)
    described_columns.push_back(number_json(
        columns.numbers[j], moments.centre[j], deviation(moments.scale[j]),
        loaded.selected - moments.rows[j], how.quantiles, quantiles[j], edges[j], bins[j]));
  for (std::size_t t = 0; t < tables.size(); ++t) {
    const auto &left = columns.categories[tables[t].first],
               &right = columns.categories[tables[t].second];
    if (t < columns.categories.size())
      described_columns.push_back(category_json(left, counted[t]));
    else
      described_tables.push_back(table_json(left, right, counted[t]));
  }
  description["columns"] = described_columns;
  description["tables"] = described_tables;
  for (const Comparison& comparison : comparisons) {
    const auto& [names, number, place] = comparison;
    const std::size_t by = number ? grouped[place].second : tables[place].second;
    const std::vector<std::string>& levels = columns.categories[by].levels;
    description["tests"].push_back(number ? comparison_json(names, levels, groups[place],
                                                            dominance[place],
                                                            moments.centre[grouped[place].first])
                                          : comparison_json(names, counted[place], levels.size()));
  }
  if (!correlation.is_null()) description["correlation"] = correlation;
  if (how.per_domain) {
    std::vector<OwnStatistics> own;
    for (std::size_t d = 0; d < rows.size(); ++d)
      own.push_back({run.local()[d].admission,
                     domain_json(static_cast<double>(loaded.observations_in[d]), own_moments[d],
                                 columns, own_frequencies(rows[d], d, named.categories, sums))});
    const std::vector<std::string> released = sums.release("per-domain statistics", own);
    for (std::size_t i = 0; i < released.size(); ++i)
      description["domains"][run.domains()[i].name] =
          parse_json(released[i], run.domains()[i].name, ExitCode::bug);
  }

  record.publish_result(description, table_of(description),
                        {{"rows", loaded.selected}, {"split", how.split}});
}

constexpr SectionType describe_section = section_type<DescribeConfig>();

}  // namespace

extern constexpr Stage describe_stage{
    .summary = "statistics of the columns over all domains",
    .help =
        "Describes the columns over all domains: rows, means, deviations, exact quantiles, "
        "histograms,\nfrequencies, contingency tables, correlations, tests between groups. Writes "
        "description.json and a\nsigned statement.",
    .page = "describe.md",
    .use = {.action = Action::describe,
            .release = Action::release_statistics,
            .of_model = false,
            .per_domain =
                [](const RunConfig& config) {
                  return config.section<DescribeConfig>().per_domain && !config.privacy;
                },
            .noise = description_noise},
    .chain = {.stage = "describe", .stem = "description", .result = "description.json"},
    .section = &describe_section,
    .run = describe};

}  // namespace bailiwick
