// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/glm/glm.hpp"
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

constexpr std::size_t most_categories = 0xffff;  // of codes in 16 bits

/// The columns as they are described: numbers and categories.
struct Columns {
  std::vector<Column> numbers;  ///< features, then targets
  using Category = DescribedColumns::Category;
  std::vector<Category> categories;  ///< features, then targets
  std::vector<std::size_t> number_targets, category_targets;
  std::size_t features = 0;  ///< numbers that are features
  std::size_t factors = 0;   ///< categories that are features

  explicit Columns(const Schema& schema) : factors(schema.categories()) {
    for (const Column& column : schema.features)
      if (column.is_category())
        categories.push_back({column.name, column.levels});
      else
        numbers.push_back(column);
    features = numbers.size();
    for (std::size_t k = 0; k < schema.targets.size(); ++k) {
      const Column& column = schema.targets[k];
      if (column.categories.empty()) {
        numbers.push_back(column);
        number_targets.push_back(k);
      } else {
        if (column.categories.size() > most_categories)
          throw Error(ExitCode::data, "target \"{}\" has {} categories; describe takes {} at most",
                      column.name, column.categories.size(), most_categories);
        categories.push_back({column.name, column.categories});
        category_targets.push_back(k);
      }
    }
  }

  /// Throws ExitCode::config, as number() does, if there is none of that name.
  std::size_t category(const std::string& name, const std::string& key) const {
    return *find("category", name, categories, {}, key);
  }
  /// Nothing if it is a category.
  std::optional<std::size_t> number(const std::string& name, const std::string& key) const {
    return find("column", name, numbers, categories, key);
  }

 private:
  /// The place of `name` in the one list, nothing if it is in the other.
  template <class Named>
  static std::optional<std::size_t> find(const char* what, const std::string& name,
                                         const std::vector<Named>& list,
                                         const std::vector<Category>& others,
                                         const std::string& key) {
    std::vector<std::string> names;
    for (const Named& candidate : list)
      names.push_back(candidate.name);
    for (const Category& other : others)
      names.push_back(other.name);
    const auto found = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    if (found == names.size())
      throw Error(ExitCode::config, "{}: the partitions have no {} \"{}\"; they have: {}{}", key,
                  what, name, names.empty() ? "none" : join(names), did_you_mean(name, names));
    if (found >= list.size()) return std::nullopt;
    return found;
  }
};

/// Targets that are numbers become columns like features.
kernels::RowBlocks numbers_of(const LoadedRows& loaded, const Columns& columns) {
  kernels::RowBlocks rows;
  const kernels::RowBlocks& from = loaded.rows;
  rows.x = decltype(rows.x)("x", from.blocks(), columns.numbers.size(), from.block_rows());
  rows.y = decltype(rows.y)("y", from.blocks(), 1, from.block_rows());
  rows.weight = from.weight;
  const auto put = [&](std::size_t j, const auto& view, std::size_t k) {
    Kokkos::deep_copy(Kokkos::subview(rows.x, Kokkos::ALL, j, Kokkos::ALL),
                      Kokkos::subview(view, Kokkos::ALL, k, Kokkos::ALL));
  };
  for (std::size_t j = 0; j < columns.features; ++j)
    put(j, from.x, j);
  for (std::size_t k = 0; k < columns.number_targets.size(); ++k)
    put(columns.features + k, from.y, columns.number_targets[k]);
  return rows;
}

/// What is counted is an index: whatever reads rows has refused codes that are none.
std::uint16_t code_of(double value, const Columns::Category& category) {
  ensure(value >= 0 && value < static_cast<double>(category.levels.size()),
         "a code is less than the number of its category's levels");
  return static_cast<std::uint16_t>(value);
}

DescribedRows described(const LoadedRows& loaded, const kernels::RowBlocks& numbers,
                        const Columns& columns) {
  DescribedRows rows;
  rows.numbers.resize(columns.numbers.size());
  rows.codes.resize(columns.categories.size());
  const auto x = host_copy(numbers.x);
  const auto y = host_copy(loaded.rows.y);
  const auto weight = host_copy(loaded.rows.weight);
  const auto code = host_copy(loaded.rows.factors.code);
  for (std::size_t b = 0; b < numbers.blocks(); ++b)
    for (std::size_t r = 0; r < numbers.block_rows(); ++r) {
      if (weight(b, r) == 0) continue;
      for (std::size_t j = 0; j < rows.numbers.size(); ++j)
        rows.numbers[j].push_back(x(b, j, r));
      for (std::size_t f = 0; f < columns.factors; ++f)
        // Cell 0 is that of levels that are not asked for; here all are.
        rows.codes[f].push_back(code_of(code(b, f, r) - 1.0, columns.categories[f]));
      for (std::size_t k = 0; k < columns.category_targets.size(); ++k)
        rows.codes[columns.factors + k].push_back(
            code_of(y(b, columns.category_targets[k], r), columns.categories[columns.factors + k]));
    }
  return rows;
}

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
    const DescribedRows& rows, std::size_t d, const std::vector<Columns::Category>& categories,
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
Json domain_json(double rows, const MomentsOfNumbers& moments, const Columns& columns,
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
  const Columns columns(run.schema());
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
  DescribedColumns named{{}, columns.categories};
  for (const Column& column : columns.numbers) {
    if (column.missing) named.may_be_missing.insert(named.numbers.size());
    named.numbers.push_back(column.name);
  }
  RunRecord record(run, chain, true);
  record.begin_session();

  const ModelRows loaded = load_model_rows(run, ModelConfig(), all, how.split);
  NumbersOfDomains numbers{columns.numbers, {}, {}};
  std::vector<DescribedRows> rows;
  for (const LoadedRows& domain : loaded.domains) {
    numbers.rows.push_back(numbers_of(domain, columns));
    numbers.held.push_back(domain.selected);
    rows.push_back(described(domain, numbers.rows.back(), columns));
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
  if (!grouped.empty()) groups = group_moments(named, rows, grouped, moments.centre, sums);
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
    description["tests"].push_back(
        number ? comparison_json(names, levels, groups[place], moments.centre[grouped[place].first])
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
