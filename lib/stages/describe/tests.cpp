// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/describe/tests.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/data/group_sums.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/stages/describe/dominance.hpp"
#include "lib/stages/shown.hpp"

namespace bailiwick {

namespace {

using Pairs = std::span<const std::pair<std::size_t, std::size_t>>;

/// Of a domain's row and of one pair: what is added, and to which of all groups' sums.
using Add = std::function<double(double value, std::size_t pair, std::size_t group)>;

/// Rows of each group, and sums of what `add` makes of their numbers.
Aggregate sums_of_groups(const std::shared_ptr<const AggregateLayout>& layout,
                         const DescribedRows& rows, Pairs pairs, std::span<const std::size_t> first,
                         const Add& add) {
  Aggregate part(layout);
  const RowSum count(part, "rows"), sum(part, "sums");
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const std::vector<double>& number = rows.numbers[pairs[p].first];
    const std::vector<std::uint16_t>& code = rows.codes[pairs[p].second];
    for (std::size_t r = 0; r < number.size(); ++r) {
      if (std::isnan(number[r])) continue;  // missing
      const std::size_t group = first[p] + code[r];
      count.count(group);
      sum.add(add(number[r], p, group), group);
      if ((r + 1) % rows_between_carries == 0) part.normalise();
    }
    part.normalise();
  }
  return part;
}

constexpr std::size_t no_number = -1;  // in place of a number

/// Rows of each combination of levels, of those that have that number. One round.
void check_cells(const DescribedColumns& columns, std::span<const DescribedRows> domains,
                 const std::vector<std::size_t>& categories, std::size_t number, Boundary& sums) {
  std::vector<std::string> cells{""};
  for (const std::size_t category : categories) {
    const DescribedColumns::Category& of = columns.categories[category];
    if (cells.size() * of.levels.size() > 65536)
      throw Error(ExitCode::config,
                  "describe.tests: the levels of all categories together make more than 65536 "
                  "groups: describe some of them in a run of their own");
    std::vector<std::string> finer;
    for (const std::string& cell : cells)
      for (const std::string& level : of.levels)
        finer.push_back(fmt::format("{}{}{} {}", cell, cell.empty() ? "" : ", ", of.name, level));
    cells = std::move(finer);
  }
  const auto layout = std::make_shared<const AggregateLayout>(std::vector<Stream>{
      {"rows", cells.size(), counts, std::make_shared<const std::vector<std::string>>(cells)}});
  std::vector<Aggregate> parts;
  for (const DescribedRows& rows : domains) {
    const std::span words = parts.emplace_back(layout).words("rows");
    for (std::size_t r = 0; r < rows.codes[categories.front()].size(); ++r) {
      if (number != no_number && std::isnan(rows.numbers[number][r])) continue;
      std::size_t cell = 0;
      for (const std::size_t category : categories)
        cell = cell * columns.categories[category].levels.size() + rows.codes[category][r];
      words[cell] += 1;
    }
  }
  sum_groups("groups: cells", std::move(parts), sums);
}

/// Groups of several categories differ by those of all of them together, which so obey the
/// policies' minimums too: one round of counts for each list of numbers that are compared by
/// several categories and have values in the same rows.
void check_cells(const DescribedColumns& columns, std::span<const DescribedRows> domains,
                 Pairs pairs, Boundary& sums) {
  std::map<std::size_t, std::vector<std::size_t>> categories_of;  // by a number with missing values
  for (const auto& [number, category] : pairs) {
    std::vector<std::size_t>& of =
        categories_of[columns.may_be_missing.contains(number) ? number : no_number];
    if (std::ranges::find(of, category) == of.end()) of.push_back(category);
  }
  for (const auto& [number, categories] : categories_of)
    if (categories.size() > 1) check_cells(columns, domains, categories, number, sums);
}

Json test_json(const GroupTest& test) {
  return {{"statistic", test.statistic},
          {"degrees_of_freedom", test.freedom},
          {"p_value", test.p_value}};
}

std::string test_text(const char* title, const char* letter, const Json& test) {
  if (test.is_null()) return fmt::format("  {}: -\n", title);
  const Json& freedom = test["degrees_of_freedom"];
  std::string on = shown(freedom[0]);
  if (freedom.size() > 1) on += " and " + shown(freedom[1]);
  return fmt::format("  {}: {} {:.5g} on {} degree{} of freedom, p {}\n", title, letter,
                     test["statistic"].get<double>(), on, on == "1" ? "" : "s",
                     p_value_text(test["p_value"].get<double>()));
}

}  // namespace

std::vector<std::vector<Group>> group_moments(const DescribedColumns& columns,
                                              std::span<const DescribedRows> domains, Pairs pairs,
                                              std::span<const double> centre, Boundary& sums) {
  check_cells(columns, domains, pairs, sums);
  std::vector<std::size_t> first;  // of each pair: the place of its first group
  std::vector<std::string> groups, sums_of;
  for (const auto& [number, category] : pairs) {
    first.push_back(groups.size());
    for (const std::string& level : columns.categories[category].levels) {
      groups.push_back(columns.categories[category].name + " " + level);
      sums_of.push_back(groups.back() + " with " + columns.numbers[number]);
    }
  }
  const auto named = [](const std::vector<std::string>& names) {
    return std::make_shared<const std::vector<std::string>>(names);
  };
  const auto layout = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"rows", groups.size(), counts, named(groups)},
                          {"sums", sums_of.size(), any_size, named(sums_of)}});
  const auto round = [&](const char* name, std::span<const double> parameters, const Add& add) {
    std::vector<Aggregate> parts;
    for (const DescribedRows& rows : domains)
      parts.push_back(sums_of_groups(layout, rows, pairs, first, add));
    Aggregate total = sum_groups(name, std::move(parts), sums, parameters);
    if (total.saturated() != 0)
      throw Error(ExitCode::data, "describe.tests: {} sums of groups are not finite or too large",
                  total.saturated());
    return total;
  };

  // About the centre, and then about the group's own mean: digits that all values share are gone
  // before anything is squared or subtracted.
  const Aggregate deviations =
      round("groups: means", centre, [&](double value, std::size_t pair, std::size_t) {
        return value - centre[pairs[pair].first];
      });
  std::vector<double> mean = deviations.values("sums");
  const std::span rows = deviations.words("rows");
  for (std::size_t g = 0; g < mean.size(); ++g)
    mean[g] = rows[g] == 0 ? 0 : mean[g] / static_cast<double>(rows[g]);
  const std::vector<double> squares =
      round("groups: variances", mean, [&](double value, std::size_t pair, std::size_t group) {
        const double deviation = value - centre[pairs[pair].first] - mean[group];
        return deviation * deviation;
      }).values("sums");

  std::vector<std::vector<Group>> result;
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    std::vector<Group>& of_pair = result.emplace_back();
    const std::size_t end = p + 1 < pairs.size() ? first[p + 1] : groups.size();
    for (std::size_t g = first[p]; g < end; ++g) {
      Group& group = of_pair.emplace_back(Group{static_cast<double>(rows[g]), mean[g]});
      if (group.rows < 2) continue;
      const double variance = squares[g] / (group.rows - 1);
      if (std::sqrt(variance) > 0x1p-40 * std::fabs(mean[g])) group.variance = variance;
    }
  }
  return result;
}

std::vector<std::vector<Dominance>> group_dominance(const DescribedColumns& columns,
                                                    std::span<const DescribedRows> domains,
                                                    Pairs pairs, Boundary& sums) {
  std::vector<std::size_t> first{0};
  for (const auto& [number, category] : pairs)
    first.push_back(first.back() + columns.categories[category].levels.size());
  const std::size_t groups = first.back();
  const auto layout = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"rows", groups, counts}, {"sums", groups, any_size}});
  std::vector<std::string> marks;  // of each group: n-k, p%, negative numbers
  for (std::size_t d = 0; d < domains.size(); ++d) {
    std::vector<Magnitudes> own(groups), all(groups);
    Aggregate total = sums_of_groups(layout, domains[d], pairs, first,
                                     [&](double value, std::size_t, std::size_t group) {
                                       own[group].add(value);
                                       return value;
                                     });
    sums.within_domain(d, total);
    std::vector<double> largest;
    for (const Magnitudes& of : own) {
      largest.insert(largest.end(), of.largest().begin(), of.largest().end());
      largest.push_back(of.has_negative() ? -1 : 0);
    }
    const std::vector<double> of_ranks = sums.gather_within_domain(d, largest);
    for (std::size_t i = 0; i < of_ranks.size(); ++i)
      all[i % largest.size() / 3].add(of_ranks[i]);
    const std::vector<double> sum = total.values("sums");
    std::string& mark = marks.emplace_back();
    for (std::size_t g = 0; g < groups; ++g)
      for (const bool holds :
           {all[g].two_make_most(sum[g]), all[g].largest_is_told(sum[g]), all[g].has_negative()})
        mark += holds ? '1' : '0';
  }
  const std::vector<std::int64_t> found = sums.count_domains(
      "groups: domains in which one or two rows make most", marks, std::span<const double>());
  std::vector<std::vector<Dominance>> result;
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    std::vector<Dominance>& of_pair = result.emplace_back();
    for (std::size_t g = first[p]; g < first[p + 1]; ++g)
      of_pair.push_back({found[3 * g] > 0, found[3 * g + 1] > 0, found[3 * g + 2] == 0});
  }
  return result;
}

Json comparison_json(const ComparisonConfig& names, const std::vector<std::string>& levels,
                     std::span<const Group> groups, std::span<const Dominance> dominance,
                     double centre) {
  Json json = {{"compare", names.compare}, {"by", names.by}, {"groups", Json::array()}};
  std::vector<Group> compared;
  std::vector<std::string> with_rows, short_of_rows, constant;
  double rows = 0;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const Group& group = groups[l];
    json["groups"].push_back({{"level", levels[l]},
                              {"rows", group.rows},
                              {"mean", number_or_null(centre + group.mean, group.rows > 0)},
                              {"sd", number_or_null(std::sqrt(group.variance), group.rows > 1)}});
    if (group.rows > 0) {
      const auto [two_make_most, largest_is_told, is_defined] = dominance[l];
      json["groups"].back()["dominance"] = {
          {"n_k", is_defined ? Json(two_make_most) : Json()},
          {"p_percent", is_defined ? Json(largest_is_told) : Json()}};
    }
    if (group.rows == 0) continue;
    compared.push_back(group);
    with_rows.push_back(levels[l]);
    rows += group.rows;
    if (group.rows < 2)
      short_of_rows.push_back(levels[l]);
    else if (group.variance == 0)
      constant.push_back(levels[l]);
  }
  const std::size_t count = compared.size();
  const bool vary = constant.size() + short_of_rows.size() < count;
  if (count == 2) {
    json["t_test"] = nullptr;
    if (short_of_rows.empty() && vary) {
      const MeanDifference test = welch_t_test(compared[0], compared[1]);
      json["t_test"] = test_json(test.test);
      json["t_test"].update({{"of", with_rows},
                             {"difference", test.difference},
                             {"standard_error", test.standard_error},
                             {"lower", test.lower},
                             {"upper", test.upper}});
    }
  } else if (count > 2) {
    json["welch_anova"] =
        short_of_rows.empty() && constant.empty() ? test_json(welch_anova(compared)) : Json();
    json["anova"] = vary && rows > static_cast<double>(count) ? test_json(anova(compared)) : Json();
  }
  if (count < 2)
    json["note"] = "all rows are of one level: there is nothing to compare";
  else if (!short_of_rows.empty())
    json["note"] = "fewer than two rows: " + join(short_of_rows);
  else if (!constant.empty() && (count > 2 || !vary))
    json["note"] = "constant: " + join(constant);
  return json;
}

Json comparison_json(const ComparisonConfig& names, std::span<const std::int64_t> table,
                     std::size_t levels) {
  Json json = {{"compare", names.compare}, {"by", names.by}, {"chi_squared", nullptr}};
  const std::optional<Independence> found = chi_squared_test(table, levels);
  if (!found) {
    json["note"] = "all rows are of one level: there is nothing to compare";
    return json;
  }
  json["chi_squared"] = test_json(found->test);
  if (found->corrected) json["yates"] = test_json(*found->corrected);
  if (found->few > 0)
    json["note"] = fmt::format(
        "{} of {} expected counts are below 5: the chi-squared distribution may be far off",
        found->few, found->cells);
  return json;
}

std::string comparison_text(const Json& comparison) {
  std::string text = fmt::format("\n{} by {}\n", comparison["compare"].get<std::string>(),
                                 comparison["by"].get<std::string>());
  if (comparison.contains("groups")) {
    std::vector<std::vector<std::string>> lines{{"  group", "rows", "mean", "sd"}};
    for (const Json& group : comparison["groups"])
      lines.push_back({"  " + group["level"].get<std::string>(),
                       with_thousands(group["rows"].get<long long>()), shown(group["mean"]),
                       shown(group["sd"])});
    text += aligned(lines);
  }
  if (comparison.contains("t_test")) {
    const Json& test = comparison["t_test"];
    if (!test.is_null())
      text += fmt::format("  difference {} - {}: {}, 95 % from {} to {}, standard error {}\n",
                          test["of"][0].get<std::string>(), test["of"][1].get<std::string>(),
                          shown(test["difference"]), shown(test["lower"]), shown(test["upper"]),
                          shown(test["standard_error"]));
    text += test_text("Welch's t-test", "t", test);
  }
  if (comparison.contains("anova")) {
    text += test_text("Welch's analysis of variance", "F", comparison["welch_anova"]);
    text += test_text("analysis of variance, equal variances", "F", comparison["anova"]);
  }
  if (comparison.contains("chi_squared"))
    text += test_text("Pearson's test", "chi-squared", comparison["chi_squared"]);
  if (comparison.contains("yates"))
    text += test_text("with Yates' correction", "chi-squared", comparison["yates"]);
  if (comparison.contains("note"))
    text += fmt::format("  note: {}\n", comparison["note"].get<std::string>());
  return text;
}

}  // namespace bailiwick
